import ApusNumerics
import Glibc

/// Paths and the errors of the operating system about them.
enum FilePath {
  /// Refuses what the operating system would silently take for another path.
  static func check(_ path: String) throws(ApusError) {
    if path.isEmpty { throw .invalidArgument(name: "path", reason: "is empty") }
    if path.utf8.contains(0) { throw .invalidArgument(name: "path", reason: "contains a NUL byte") }
  }

  /// The error that the system call's `errno` says.
  static func failure(_ path: String, _ code: CInt) -> ApusError {
    var text = [CChar](repeating: 0, count: 256)
    let reason = strerror_r(code, &text, text.count) == 0 ? text.withUnsafeBufferPointer(Self.string) : "error \(code)"
    return .inputOutput(path: path, reason: reason)
  }

  /// The characters before the terminating zero.
  private static func string(_ text: UnsafeBufferPointer<CChar>) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Runs `body` and puts `path` before the reason of the errors about content that it throws.
  static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch ApusError.malformedFile(let reason) {
      throw ApusError.malformedFile(reason: "\(path): \(reason)")
    } catch ApusError.unsupportedVersion(let reason) {
      throw ApusError.unsupportedVersion(reason: "\(path): \(reason)")
    } catch ApusError.unsupported(let reason) {
      throw ApusError.unsupported(reason: "\(path): \(reason)")
    }
  }

  static func isDirectory(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFDIR }

  /// The folder of `path`, by which relative names beside it can be opened, and the last component.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }
}
