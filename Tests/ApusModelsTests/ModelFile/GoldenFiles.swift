import Foundation

/// Reference files that are part of the repository.
enum GoldenFiles {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func url(_ name: String) -> URL { tests.appendingPathComponent("Golden").appendingPathComponent(name) }
}

/// Real files beside the repository, which it does not contain.
enum SharedData {
  /// The folder `name`, or nil when it is absent.
  static func folder(_ name: String) -> URL? {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let url = root.deletingLastPathComponent().appendingPathComponent("shared/data").appendingPathComponent(name)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }
}
