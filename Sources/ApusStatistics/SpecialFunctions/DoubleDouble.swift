import RealModule

/// An unevaluated sum `high + low` of two doubles with |low| ≤ ½ ulp(high): about 104 bits of precision.
///
/// Used where a result in double needs intermediate values of more than double precision: exponents of large magnitude,
/// and differences that cancel. Algorithms: T. J. Dekker, "A floating-point technique for extending the available
/// precision", Numer. Math. 18 (1971) 224–242, https://doi.org/10.1007/BF01397083; Y. Hida, X. S. Li, D. H. Bailey,
/// "Algorithms for quad-double precision floating point arithmetic", ARITH-15 (2001).
@frozen
package struct DoubleDouble: Sendable {
  package var high: Double
  package var low: Double

  @inline(__always)
  package init(_ high: Double, _ low: Double = 0) {
    self.high = high
    self.low = low
  }

  /// The value rounded to double.
  @inline(__always) package var value: Double { high + low }

  /// The exact sum of two doubles.
  @inline(__always)
  package static func sum(_ a: Double, _ b: Double) -> DoubleDouble {
    let s = a + b
    let t = s - a
    return DoubleDouble(s, (a - (s - t)) + (b - t))
  }

  /// The exact sum of two doubles with |a| ≥ |b|.
  @inline(__always)
  package static func orderedSum(_ a: Double, _ b: Double) -> DoubleDouble {
    let s = a + b
    return DoubleDouble(s, b - (s - a))
  }

  /// The exact product of two doubles (barring underflow).
  @inline(__always)
  package static func product(_ a: Double, _ b: Double) -> DoubleDouble {
    let p = a * b
    return DoubleDouble(p, (-p).addingProduct(a, b))
  }

  /// The quotient of two doubles.
  @inline(__always)
  package static func quotient(_ a: Double, _ b: Double) -> DoubleDouble {
    let q = a / b
    return orderedSum(q, a.addingProduct(-q, b) / b)
  }

  @inline(__always)
  package static prefix func - (a: DoubleDouble) -> DoubleDouble { DoubleDouble(-a.high, -a.low) }

  @inline(__always)
  package static func + (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let s = sum(a.high, b.high)
    let t = sum(a.low, b.low)
    let u = orderedSum(s.high, s.low + t.high)
    return orderedSum(u.high, u.low + t.low)
  }

  @inline(__always)
  package static func + (a: DoubleDouble, b: Double) -> DoubleDouble {
    let s = sum(a.high, b)
    return orderedSum(s.high, s.low + a.low)
  }

  @inline(__always)
  package static func - (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble { a + -b }

  @inline(__always)
  package static func - (a: DoubleDouble, b: Double) -> DoubleDouble { a + -b }

  @inline(__always)
  package static func * (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let p = product(a.high, b.high)
    return orderedSum(p.high, p.low + (a.high * b.low + a.low * b.high))
  }

  @inline(__always)
  package static func * (a: DoubleDouble, b: Double) -> DoubleDouble {
    let p = product(a.high, b)
    return orderedSum(p.high, p.low + a.low * b)
  }

  @inline(__always)
  package static func / (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let first = a.high / b.high
    let remainder = a - b * first
    let second = remainder.high / b.high
    let rest = remainder - b * second
    return orderedSum(first, second) + rest.high / b.high
  }

  @inline(__always)
  package static func / (a: DoubleDouble, b: Double) -> DoubleDouble {
    let first = a.high / b
    let remainder = a - product(first, b)
    return orderedSum(first, remainder.value / b)
  }
}
