/// Exact conversions from 16-bit floating point, bit patterns in, float32 out; every value has a float32 of its own.
enum HalfPrecision {
  /// IEEE 754 binary16. Infinities stay infinities and NaNs keep sign and payload.
  ///
  /// The exponent and fraction move into place as those of a float32 whose exponent is 112 too small; the multiplication
  /// by 2¹¹² mends that, and normalises subnormal numbers at the same time.
  @inline(__always)
  static func float16(_ bits: UInt16) -> Float {
    let magnitude = UInt32(truncatingIfNeeded: bits & 0x7FFF) &<< 13
    let sign = UInt32(truncatingIfNeeded: bits & 0x8000) &<< 16
    let isFinite = bits & 0x7C00 != 0x7C00
    let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    return Float(bitPattern: sign | (isFinite ? scaled : magnitude | 0x7F80_0000))
  }

  /// bfloat16: the upper half of a float32.
  @inline(__always)
  static func brainFloat16(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: bits) &<< 16) }

  /// Converts `count` little-endian values.
  static func convert(
    _ source: UnsafeRawPointer, to target: UnsafeMutablePointer<Float>, count: Int, isBrainFloat: Bool
  ) {
    if isBrainFloat {
      for index in 0..<count {
        target[index] = brainFloat16(
          UInt16(littleEndian: source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)))
      }
    } else {
      for index in 0..<count {
        target[index] = float16(
          UInt16(littleEndian: source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)))
      }
    }
  }
}
