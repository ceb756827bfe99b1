/// An element type of ``VectorMath`` with the register that the kernels work on: `Float` in 16 lanes, `Double` in 8.
///
/// The requirements are ``VectorMath``'s functions of the same names, for code that is generic over the element type.
@usableFromInline
package protocol VectorMathScalar: NDElement, BinaryFloatingPoint, SIMDScalar, Codable {
  associatedtype Lanes: SIMD where Lanes.Scalar == Self

  static func exp(lanes x: Lanes) -> Lanes
  static func exp2(lanes x: Lanes) -> Lanes
  static func expm1(lanes x: Lanes) -> Lanes
  static func log(lanes x: Lanes) -> Lanes
  static func log2(lanes x: Lanes) -> Lanes
  static func log1p(lanes x: Lanes) -> Lanes
  static func log1pExp(lanes x: Lanes) -> Lanes
  static func tanh(lanes x: Lanes) -> Lanes
  static func sigmoid(lanes x: Lanes) -> Lanes
  static func erf(lanes x: Lanes) -> Lanes
  static func erfc(lanes x: Lanes) -> Lanes
  static func sin(lanes x: Lanes) -> Lanes
  static func cos(lanes x: Lanes) -> Lanes
  static func sqrt(lanes x: Lanes) -> Lanes
  static func sinCos(lanes x: Lanes) -> (sin: Lanes, cos: Lanes)
  static func pow(lanes x: Lanes, _ y: Lanes) -> Lanes
}

extension Float: VectorMathScalar {
  @usableFromInline package typealias Lanes = SIMD16<Float>

  @inlinable @inline(__always)
  package static func exp(lanes x: Lanes) -> Lanes { VectorMath.exp(x) }
  @inlinable @inline(__always)
  package static func exp2(lanes x: Lanes) -> Lanes { VectorMath.exp2(x) }
  @inlinable @inline(__always)
  package static func expm1(lanes x: Lanes) -> Lanes { VectorMath.expm1(x) }
  @inlinable @inline(__always)
  package static func log(lanes x: Lanes) -> Lanes { VectorMath.log(x) }
  @inlinable @inline(__always)
  package static func log2(lanes x: Lanes) -> Lanes { VectorMath.log2(x) }
  @inlinable @inline(__always)
  package static func log1p(lanes x: Lanes) -> Lanes { VectorMath.log1p(x) }
  @inlinable @inline(__always)
  package static func log1pExp(lanes x: Lanes) -> Lanes { VectorMath.log1pExp(x) }
  @inlinable @inline(__always)
  package static func tanh(lanes x: Lanes) -> Lanes { VectorMath.tanh(x) }
  @inlinable @inline(__always)
  package static func sigmoid(lanes x: Lanes) -> Lanes { VectorMath.sigmoid(x) }
  @inlinable @inline(__always)
  package static func erf(lanes x: Lanes) -> Lanes { VectorMath.erf(x) }
  @inlinable @inline(__always)
  package static func erfc(lanes x: Lanes) -> Lanes { VectorMath.erfc(x) }
  @inlinable @inline(__always)
  package static func sin(lanes x: Lanes) -> Lanes { VectorMath.sin(x) }
  @inlinable @inline(__always)
  package static func cos(lanes x: Lanes) -> Lanes { VectorMath.cos(x) }
  @inlinable @inline(__always)
  package static func sqrt(lanes x: Lanes) -> Lanes { VectorMath.sqrt(x) }
  @inlinable @inline(__always)
  package static func sinCos(lanes x: Lanes) -> (sin: Lanes, cos: Lanes) { VectorMath.sinCos(x) }
  @inlinable @inline(__always)
  package static func pow(lanes x: Lanes, _ y: Lanes) -> Lanes { VectorMath.pow(x, y) }
}

extension Double: VectorMathScalar {
  @usableFromInline package typealias Lanes = SIMD8<Double>

  @inlinable @inline(__always)
  package static func exp(lanes x: Lanes) -> Lanes { VectorMath.exp(x) }
  @inlinable @inline(__always)
  package static func exp2(lanes x: Lanes) -> Lanes { VectorMath.exp2(x) }
  @inlinable @inline(__always)
  package static func expm1(lanes x: Lanes) -> Lanes { VectorMath.expm1(x) }
  @inlinable @inline(__always)
  package static func log(lanes x: Lanes) -> Lanes { VectorMath.log(x) }
  @inlinable @inline(__always)
  package static func log2(lanes x: Lanes) -> Lanes { VectorMath.log2(x) }
  @inlinable @inline(__always)
  package static func log1p(lanes x: Lanes) -> Lanes { VectorMath.log1p(x) }
  @inlinable @inline(__always)
  package static func log1pExp(lanes x: Lanes) -> Lanes { VectorMath.log1pExp(x) }
  @inlinable @inline(__always)
  package static func tanh(lanes x: Lanes) -> Lanes { VectorMath.tanh(x) }
  @inlinable @inline(__always)
  package static func sigmoid(lanes x: Lanes) -> Lanes { VectorMath.sigmoid(x) }
  @inlinable @inline(__always)
  package static func erf(lanes x: Lanes) -> Lanes { VectorMath.erf(x) }
  @inlinable @inline(__always)
  package static func erfc(lanes x: Lanes) -> Lanes { VectorMath.erfc(x) }
  @inlinable @inline(__always)
  package static func sin(lanes x: Lanes) -> Lanes { VectorMath.sin(x) }
  @inlinable @inline(__always)
  package static func cos(lanes x: Lanes) -> Lanes { VectorMath.cos(x) }
  @inlinable @inline(__always)
  package static func sqrt(lanes x: Lanes) -> Lanes { VectorMath.sqrt(x) }
  @inlinable @inline(__always)
  package static func sinCos(lanes x: Lanes) -> (sin: Lanes, cos: Lanes) { VectorMath.sinCos(x) }
  @inlinable @inline(__always)
  package static func pow(lanes x: Lanes, _ y: Lanes) -> Lanes { VectorMath.pow(x, y) }
}
