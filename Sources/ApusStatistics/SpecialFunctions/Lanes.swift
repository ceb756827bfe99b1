import ApusNumerics
import CSIMD

/// What a kernel needs of its values, so that one body serves a single `Double` and a SIMD vector of them with the same
/// bits.
package protocol Lanes {
  init(splat: Double)
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static prefix func - (a: Self) -> Self
  /// a · b + c, rounded once where the build's target processor has a fused multiply-add, else twice.
  static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self
  func lanesSquareRoot() -> Self
  func lanesMagnitude() -> Self
  /// `self` where the lane of `condition` is below `bound`, else `other`. NaN compares false.
  func chosen(where condition: Self, isBelow bound: Self, else other: Self) -> Self
  /// The lane's leading 25 significant bits.
  func leadingBits() -> Self
  /// The significand in [0.75, 1.5) and the exponent that goes with it, for a positive normal number.
  func mantissaAndExponent() -> (Self, Self)
  /// 2^k for whole k in −1022…1023.
  static func powerOfTwo(_ k: Self) -> Self
}

extension Lanes {
  /// As ``multiplyAdd(_:_:_:)`` with a constant: one step of Horner's scheme.
  @inline(__always)
  package static func multiplyAdd(_ a: Self, _ b: Self, _ c: Double) -> Self { multiplyAdd(a, b, Self(splat: c)) }
}

/// Adding this to |x| < 2⁵¹ rounds to a whole number, whose two's complement then stands in the low bits.
private let roundingShift = 0x1.8p52

extension Double: Lanes {
  @inline(__always) package init(splat: Double) { self = splat }
  @inline(__always)
  package static func multiplyAdd(_ a: Double, _ b: Double, _ c: Double) -> Double {
    apus_simd_is_fused() ? c.addingProduct(a, b) : a * b + c
  }
  @inline(__always) package func lanesSquareRoot() -> Double { squareRoot() }
  @inline(__always) package func lanesMagnitude() -> Double { magnitude }
  @inline(__always)
  package func chosen(where condition: Double, isBelow bound: Double, else other: Double) -> Double {
    condition < bound ? self : other
  }
  @inline(__always)
  package func leadingBits() -> Double { Double(bitPattern: bitPattern & 0xffff_ffff_f000_0000) }
  @inline(__always)
  package func mantissaAndExponent() -> (Double, Double) {
    let shifted = bitPattern &- 0x3fe8_0000_0000_0000
    let exponent = Int64(bitPattern: shifted) >> 52
    return (Double(bitPattern: bitPattern &- UInt64(bitPattern: exponent << 52)), Double(exponent))
  }
  @inline(__always)
  package static func powerOfTwo(_ k: Double) -> Double {
    Double(bitPattern: ((k + roundingShift).bitPattern << 52) &+ 0x3ff0_0000_0000_0000)
  }
}

/// A SIMD vector of doubles whose lanes the kernels use.
extension SIMD8<Double>: Lanes {
  @inline(__always) package init(splat: Double) { self.init(repeating: splat) }
  @inline(__always)
  package static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self { VectorMath.multiplyAdd(a, b, c) }
  @inline(__always) package func lanesSquareRoot() -> Self { VectorMath.sqrt(self) }
  @inline(__always) package func lanesMagnitude() -> Self { VectorMath.magnitude(self) }
  @inline(__always)
  package func chosen(where condition: Self, isBelow bound: Self, else other: Self) -> Self {
    other.replacing(with: self, where: condition .< bound)
  }
  @inline(__always)
  package func leadingBits() -> Self { Self(bits & SIMD8<UInt64>(repeating: 0xffff_ffff_f000_0000)) }
  @inline(__always)
  package func mantissaAndExponent() -> (Self, Self) {
    // The biased exponent is below 2⁵²: or-ing it under the bits of 2⁵² turns it into a double.
    let shifted = bits &- SIMD8<UInt64>(repeating: 0x3fe8_0000_0000_0000 &- (1024 << 52))
    let biased = VectorMath.shiftRight(shifted, 52)
    let exponent =
      Self(biased | SIMD8<UInt64>(repeating: 0x4330_0000_0000_0000)) - Self(repeating: 0x1p52 + 1024)
    let removed = VectorMath.shiftLeft(biased &- SIMD8<UInt64>(repeating: 1024), 52)
    return (Self(bits &- removed), exponent)
  }
  @inline(__always)
  package static func powerOfTwo(_ k: Self) -> Self {
    let bits = (k + Self(repeating: roundingShift)).bits
    return Self(VectorMath.shiftLeft(bits, 52) &+ SIMD8<UInt64>(repeating: 0x3ff0_0000_0000_0000))
  }
  @inline(__always) private var bits: SIMD8<UInt64> { unsafeBitCast(self, to: SIMD8<UInt64>.self) }
  @inline(__always) private init(_ bits: SIMD8<UInt64>) { self = unsafeBitCast(bits, to: Self.self) }
}
