import ApusNumerics

/// A message in protocol buffers' wire format. https://protobuf.dev/programming-guides/encoding
struct ProtobufWriter {
  private(set) var bytes: GrowableBuffer<UInt8>

  init() throws(ApusError) { bytes = try GrowableBuffer(capacity: 64) }

  private mutating func varint(_ value: UInt64) throws(ApusError) {
    var rest = value
    while rest >= 0x80 {
      try bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    try bytes.append(UInt8(rest))
  }

  private mutating func tag(_ field: Int, wireType: Int) throws(ApusError) { try varint(UInt64(field << 3 | wireType)) }

  mutating func integer(_ field: Int, _ value: Int) throws(ApusError) {
    try tag(field, wireType: 0)
    try varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func string(_ field: Int, _ value: String) throws(ApusError) {
    try tag(field, wireType: 2)
    try varint(UInt64(value.utf8.count))
    for byte in value.utf8 { try bytes.append(byte) }
  }

  mutating func message(_ field: Int, _ value: ProtobufWriter) throws(ApusError) {
    try tag(field, wireType: 2)
    try varint(UInt64(value.bytes.count))
    try bytes.extend(by: value.bytes.count).update(from: value.bytes.pointer, count: value.bytes.count)
  }

  /// A nested message written by `body`.
  mutating func message(_ field: Int, _ body: (inout ProtobufWriter) throws -> Void) throws {
    var inner = try ProtobufWriter()
    try body(&inner)
    try message(field, inner)
  }

  /// Numbers side by side, little-endian.
  mutating func packed(_ field: Int, floats values: some Collection<Float>) throws(ApusError) {
    try tag(field, wireType: 2)
    try varint(UInt64(values.count * 4))
    for value in values { try little(value.bitPattern) }
  }

  mutating func packed(_ field: Int, integers values: some Collection<Int>) throws(ApusError) {
    var inner = try ProtobufWriter()
    for value in values { try inner.varint(UInt64(bitPattern: Int64(value))) }
    try message(field, inner)
  }

  private mutating func little(_ value: UInt32) throws(ApusError) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      try bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
