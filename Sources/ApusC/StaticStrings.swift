import ApusNumerics
import Glibc

/// C strings that live as long as the process: one copy of each text, never freed.
enum StaticStrings {
  private static let table = Lock<[String: StaticText]>([:])

  static func pointer(_ text: String) -> UnsafePointer<CChar> {
    table.withLock { table in
      if let known = table[text] { return known.pointer }
      let copy = StaticText(pointer: UnsafePointer(strdup(text)!))
      table[text] = copy
      return copy.pointer
    }
  }
}

/// An address of immutable characters, safe to share.
private struct StaticText: @unchecked Sendable {
  let pointer: UnsafePointer<CChar>
}
