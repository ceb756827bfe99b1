import Foundation

/// A folder of its own for one test, removed with the object.
final class TemporaryFolder {
  private let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func url(_ name: String) -> URL { root.appendingPathComponent(name) }
  func path(_ name: String) -> String { url(name).path }

  /// The names of everything in it, hidden files included.
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() }
}
