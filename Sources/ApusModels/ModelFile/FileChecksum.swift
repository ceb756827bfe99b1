/// The checksum of a model file: XXH64 of all its bytes, where the sixteen digits of the checksum itself count as `0`.
///
/// In the metadata it reads `xxh64:` and sixteen lower-case hexadecimal digits.
struct FileChecksum {
  static let digitCount = 16
  static let placeholder = "\(prefix)\(String(repeating: "0", count: digitCount))"
  private static let prefix = "xxh64:"

  private var hash = XXH64()

  mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bytes) }

  /// The digits for the bytes taken in.
  var digits: String { Hexadecimal.text(hash.value) }

  /// The hash that the metadata entry `text` states; nil when it is malformed.
  static func hash(_ text: String) -> UInt64? {
    text.hasPrefix(prefix) ? Hexadecimal.word(text.dropFirst(prefix.count)) : nil
  }
}
