import ApusNumerics

@testable import ApusModels

/// Builds and alters files in memory, for tests of their readers.
enum FileBytes {
  /// A safetensors file with this header and data; with `alignment`, the header is padded as the library's writer does.
  static func safetensors(_ header: String, data: [UInt8] = [], alignment: Int = 1) -> [UInt8] {
    var text = Array(header.utf8)
    while (text.count + 8) % alignment != 0 { text.append(0x20) }
    return word(UInt64(text.count)) + text + data
  }

  /// The eight bytes of a header length.
  static func word(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

  /// The header of a file as text, padding removed.
  static func header(of file: [UInt8]) -> String {
    let length = Int(file[0]) | Int(file[1]) << 8 | Int(file[2]) << 16
    return String(decoding: file[8..<(8 + length)], as: UTF8.self).trimmed
  }

  static func data(of file: [UInt8]) -> [UInt8] {
    let length = Int(file[0]) | Int(file[1]) << 8 | Int(file[2]) << 16
    return Array(file[(8 + length)...])
  }

  /// `file` with the checksum it should have, if it states one.
  static func withChecksum(_ file: [UInt8]) -> [UInt8] {
    let marker = Array("\"checksum\":\"xxh64:".utf8)
    guard let start = firstRange(of: marker, in: file), start + 16 <= file.count else { return file }
    var result = file
    result.replaceSubrange(start..<(start + 16), with: repeatElement(UInt8(ascii: "0"), count: 16))
    var hash = XXH64()
    result.withUnsafeBytes { hash.update($0) }
    result.replaceSubrange(start..<(start + 16), with: Hexadecimal.text(hash.value).utf8)
    return result
  }

  /// A model file with the same data and an edited header, laid out and signed as a valid one.
  static func editingHeader(_ file: [UInt8], _ edit: (String) -> String) -> [UInt8] {
    withChecksum(safetensors(edit(header(of: file)), data: data(of: file), alignment: 64))
  }

  /// Where the first occurrence of `pattern` ends.
  private static func firstRange(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= pattern.count else { return nil }
    for start in 0...(bytes.count - pattern.count) where bytes[start] == pattern[0] {
      if bytes[start..<(start + pattern.count)].elementsEqual(pattern) { return start + pattern.count }
    }
    return nil
  }

  static func decodeModel(_ bytes: [UInt8]) throws -> SavedModel {
    try bytes.withUnsafeBytes { try ModelFile.decode($0) }
  }

  static func decodeTensors(_ bytes: [UInt8]) throws -> Safetensors.Contents {
    try bytes.withUnsafeBytes { try Safetensors.decode($0) }
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
