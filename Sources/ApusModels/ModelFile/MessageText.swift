/// Text from files in error messages: one line of bounded length, whatever the file says.
package enum MessageText {
  private static let limit = 80

  /// `text` in single quotes, without control characters, cut after 80 of its characters.
  package static func quoted(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(limit).map { scalar in
      scalar.value < 0x20 || scalar.value == 0x7F ? "?" : String(Character(scalar))
    }
    let isCut = text.unicodeScalars.dropFirst(limit).first != nil
    return "'\(shown.joined())\(isCut ? "…" : "")'"
  }
}
