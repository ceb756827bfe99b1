/// An unevaluated sum `high + low` of two doubles with |low| ≤ ½ ulp(high): about 104 bits of precision.
///
/// Used where a result in double needs intermediate values of more than double precision: exponents of large magnitude,
/// differences that cancel, moments and factorisations of ill-conditioned data. Algorithms: T. J. Dekker, "A floating-point
/// technique for extending the available precision", Numer. Math. 18 (1971) 224–242, doi:10.1007/BF01397083; Y. Hida, X. S. Li,
/// D. H. Bailey, "Algorithms for quad-double precision floating point arithmetic", ARITH-15 (2001); error bounds: M. Joldes,
/// J.-M. Muller, V. Popescu, ACM TOMS 44 (2017), doi:10.1145/3121432. Products use the fused multiply-add: one instruction in the
/// v3 and v4 builds, a call of libm's (which picks the instruction where the processor has it) in the baseline build.
@frozen
package struct DoubleDouble: BitwiseCopyable, Equatable, Sendable {
  package var high: Double
  package var low: Double

  @inlinable @inline(__always)
  package init(_ high: Double, _ low: Double = 0) {
    self.high = high
    self.low = low
  }

  @inlinable @inline(__always)
  package init(high: Double, low: Double) {
    self.high = high
    self.low = low
  }

  @inlinable @inline(__always)
  package static var zero: DoubleDouble { DoubleDouble(0) }

  /// The value rounded to double.
  @inlinable @inline(__always)
  package var value: Double { high + low }

  /// The exact sum of two doubles.
  @inlinable @inline(__always)
  package static func sum(_ a: Double, _ b: Double) -> DoubleDouble {
    let s = a + b
    let t = s - a
    return DoubleDouble(s, (a - (s - t)) + (b - t))
  }

  /// The exact sum of two doubles with |a| ≥ |b| or a = 0.
  @inlinable @inline(__always)
  package static func orderedSum(_ a: Double, _ b: Double) -> DoubleDouble {
    let s = a + b
    return DoubleDouble(s, b - (s - a))
  }

  /// The exact product of two doubles (barring underflow).
  @inlinable @inline(__always)
  package static func product(_ a: Double, _ b: Double) -> DoubleDouble {
    let p = a * b
    return DoubleDouble(p, (-p).addingProduct(a, b))
  }

  /// The quotient of two doubles.
  @inlinable @inline(__always)
  package static func quotient(_ a: Double, _ b: Double) -> DoubleDouble {
    let q = a / b
    return orderedSum(q, a.addingProduct(-q, b) / b)
  }

  @inlinable @inline(__always)
  package static prefix func - (a: DoubleDouble) -> DoubleDouble { DoubleDouble(-a.high, -a.low) }

  /// Relative error at most 3 · 2⁻¹⁰⁶ (Joldes et al., algorithm 6).
  @inlinable @inline(__always)
  package static func + (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let s = sum(a.high, b.high)
    let t = sum(a.low, b.low)
    let u = orderedSum(s.high, s.low + t.high)
    return orderedSum(u.high, u.low + t.low)
  }

  @inlinable @inline(__always)
  package static func + (a: DoubleDouble, b: Double) -> DoubleDouble {
    let s = sum(a.high, b)
    return orderedSum(s.high, s.low + a.low)
  }

  @inlinable @inline(__always)
  package static func - (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble { a + -b }

  @inlinable @inline(__always)
  package static func - (a: DoubleDouble, b: Double) -> DoubleDouble { a + -b }

  /// Relative error below 5 · 2⁻¹⁰⁶.
  @inlinable @inline(__always)
  package static func * (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let p = product(a.high, b.high)
    return orderedSum(p.high, p.low + (a.high * b.low + a.low * b.high))
  }

  @inlinable @inline(__always)
  package static func * (a: DoubleDouble, b: Double) -> DoubleDouble {
    let p = product(a.high, b)
    return orderedSum(p.high, p.low + a.low * b)
  }

  /// Three steps of long division.
  @inlinable @inline(__always)
  package static func / (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let first = a.high / b.high
    let remainder = a - b * first
    let second = remainder.high / b.high
    let rest = remainder - b * second
    return orderedSum(first, second) + rest.high / b.high
  }

  @inlinable @inline(__always)
  package static func / (a: DoubleDouble, b: Double) -> DoubleDouble {
    let first = a.high / b
    let remainder = a - product(first, b)
    return orderedSum(first, remainder.value / b)
  }

  @inlinable @inline(__always)
  package static func += (a: inout DoubleDouble, b: DoubleDouble) { a = a + b }

  @inlinable @inline(__always)
  package static func -= (a: inout DoubleDouble, b: DoubleDouble) { a = a - b }

  /// The square root of a positive number by one Newton step from the double one (Karp's trick); 0 for others.
  @inlinable
  package var squareRoot: DoubleDouble {
    if high <= 0 { return .zero }
    let root = high.squareRoot()
    let rest = self - DoubleDouble.product(root, root)
    return DoubleDouble.orderedSum(root, rest.high / (2 * root))
  }

  /// Times 2^exponent, exact while the result is a normal number.
  @inlinable
  package func scaled(byPowerOfTwo exponent: Int) -> DoubleDouble {
    DoubleDouble(
      Double(sign: .plus, exponent: exponent, significand: high),
      Double(sign: .plus, exponent: exponent, significand: low))
  }
}
