/// Text from files in error messages: one line of bounded length, whatever the file says.
package enum MessageText {
  private static let limit = 80

  /// `text` in single quotes, without control characters, cut after 80 of its characters.
  package static func quoted(_ text: String) -> String {
    let isCut = text.unicodeScalars.dropFirst(limit).first != nil
    return "'\(line(text.unicodeScalars.prefix(limit)))\(isCut ? "…" : "")'"
  }

  /// `text` as one line, with question marks for control characters.
  package static func line(_ text: String) -> String {
    text.unicodeScalars.contains(where: isControl) ? line(text.unicodeScalars.prefix(.max)) : text
  }

  private static func line(_ scalars: Substring.UnicodeScalarView) -> String {
    scalars.map { isControl($0) ? "?" : String(Character($0)) }.joined()
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || scalar.value == 0x7F }
}
