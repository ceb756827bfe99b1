import ApusNumerics

/// Raw elements of a file as an array of one of the library's types.
enum ElementReader {
  /// Element types by NumPy's codes.
  enum Kind: String {
    case bool = "b1"
    case uint8 = "u1"
    case int8 = "i1"
    case uint16 = "u2"
    case int16 = "i2"
    case uint32 = "u4"
    case int32 = "i4"
    case int64 = "i8"
    case float16 = "f2"
    case float32 = "f4"
    case float64 = "f8"

    var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8: return 1
      case .uint16, .int16, .float16: return 2
      case .uint32, .int32, .float32: return 4
      case .int64, .float64: return 8
      }
    }
  }

  /// - Throws: ``ApusError/malformedFile(reason:)`` unless `bytes` are exactly the elements of `shape`.
  static func array(
    _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ kind: Kind, isBigEndian: Bool, format: String
  ) throws -> NDArray {
    let needed = try checkedCount(shape, stride: kind.byteCount)
    guard needed == bytes.count else {
      throw ApusError.malformedFile(
        reason: "\(format): \(bytes.count) bytes of elements, shape \(shape) needs \(needed)")
    }
    switch kind {
    case .bool: return try converted(bytes, shape, .bool, isBigEndian) { (x: UInt8) -> UInt8 in x == 0 ? 0 : 1 }
    case .uint8: return try converted(bytes, shape, .uint8, isBigEndian) { (x: UInt8) -> UInt8 in x }
    case .int8: return try converted(bytes, shape, .int32, isBigEndian) { (x: Int8) -> Int32 in Int32(x) }
    case .uint16: return try converted(bytes, shape, .int32, isBigEndian) { (x: UInt16) -> Int32 in Int32(x) }
    case .int16: return try converted(bytes, shape, .int32, isBigEndian) { (x: Int16) -> Int32 in Int32(x) }
    case .uint32: return try converted(bytes, shape, .int64, isBigEndian) { (x: UInt32) -> Int64 in Int64(x) }
    case .int32: return try converted(bytes, shape, .int32, isBigEndian) { (x: Int32) -> Int32 in x }
    case .int64: return try converted(bytes, shape, .int64, isBigEndian) { (x: Int64) -> Int64 in x }
    case .float16:
      return try converted(bytes, shape, .float32, isBigEndian) { (x: UInt16) -> Float in halfPrecision(x) }
    case .float32:
      return try converted(bytes, shape, .float32, isBigEndian) { (x: UInt32) -> Float in Float(bitPattern: x) }
    case .float64:
      return try converted(bytes, shape, .float64, isBigEndian) { (x: UInt64) -> Double in Double(bitPattern: x) }
    }
  }

  private static func converted<Stored: FixedWidthInteger & BitwiseCopyable, Element>(
    _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ dtype: DType, _ isBigEndian: Bool,
    _ convert: (Stored) -> Element
  ) throws -> NDArray {
    let result = try NDArray(uninitialized: shape, dtype: dtype)
    let target = result.data.assumingMemoryBound(to: Element.self)
    for index in 0..<result.count {
      let stored = bytes.loadUnaligned(fromByteOffset: index &* MemoryLayout<Stored>.size, as: Stored.self)
      target[index] = convert(isBigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored))
    }
    return result
  }

  /// IEEE 754 binary16 bits as float32, exactly.
  private static func halfPrecision(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    if exponent == 0x1F { return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13) }
    if exponent == 0 {
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    }
    return Float(bitPattern: sign | (exponent &+ 112) << 23 | fraction << 13)
  }
}
