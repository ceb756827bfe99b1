/// Hexadecimal text of 64-bit words.
enum Hexadecimal {
  /// The value of one digit of either case; nil for other characters.
  static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: return digit &- 0x30
    case 0x41...0x46: return digit &- 0x37
    case 0x61...0x66: return digit &- 0x57
    default: return nil
    }
  }

  /// Sixteen lower-case digits.
  static func text(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return "\(String(repeating: "0", count: max(16 &- digits.utf8.count, 0)))\(digits)"
  }

  /// The word that ``text(_:)`` writes as `text`; nil for anything else, such as upper-case digits.
  static func word(_ text: some StringProtocol) -> UInt64? {
    guard text.utf8.count == 16 else { return nil }
    var word: UInt64 = 0
    for digit in text.utf8 {
      guard let value = value(of: digit), !(0x41...0x46).contains(digit) else { return nil }
      word = word &<< 4 | UInt64(truncatingIfNeeded: value)
    }
    return word
  }
}
