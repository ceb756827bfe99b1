/// A version of the library: `major.minor.patch`.
public struct LibraryVersion: Sendable, Comparable {
  public let major: Int
  public let minor: Int
  public let patch: Int

  /// The version of this library, the same as `APUS_VERSION_…` of the C interface.
  public static let current = LibraryVersion(major: 0, minor: 1, patch: 0)

  private init(major: Int, minor: Int, patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// The version that `text` says; nil unless it is three numbers with dots between them.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, let major = parts[0], let minor = parts[1], let patch = parts[2] else { return nil }
    guard major >= 0, minor >= 0, patch >= 0 else { return nil }
    self.init(major: major, minor: minor, patch: patch)
  }

  public static func < (first: LibraryVersion, second: LibraryVersion) -> Bool {
    (first.major, first.minor, first.patch) < (second.major, second.minor, second.patch)
  }
}

extension LibraryVersion: CustomStringConvertible {
  public var description: String { "\(major).\(minor).\(patch)" }
}
