/// Writes JSON text without white space, members in the order they are given.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// The text written so far.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func beginObject() { open("{") }
  mutating func endObject() { close("}") }
  mutating func beginArray() { open("[") }
  mutating func endArray() { close("]") }

  /// Writes a key, whose value comes next, and returns the bytes between its quotes.
  @discardableResult
  mutating func key(_ name: String) -> Int {
    separate()
    needsComma = false
    let before = bytes.count
    string(name)
    let written = bytes.count &- before &- 2
    bytes.append(0x3A)
    needsComma = false
    return written
  }

  mutating func null() { raw("null") }
  mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
  mutating func int<Integer: BinaryInteger>(_ value: Integer) { raw(String(value)) }

  /// Writes the shortest text that reads back as `value`, which must be finite; always with a fraction or exponent.
  mutating func double(_ value: Double) { raw(value.description) }

  mutating func string(_ value: String) {
    separate()
    bytes.append(0x22)
    for byte in value.utf8 {
      switch byte {
      case 0x22, 0x5C: bytes.append(contentsOf: [0x5C, byte])
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20: bytes.append(contentsOf: "\\u00\(byte < 0x10 ? "0" : "1")\(String(byte & 0xF, radix: 16))".utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
  }

  private mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func open(_ bracket: Unicode.Scalar) {
    separate()
    bytes.append(UInt8(ascii: bracket))
    needsComma = false
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(0x2C) }
    needsComma = true
  }
}
