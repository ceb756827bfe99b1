/// A number held as the unevaluated sum of two doubles with |low| ≤ ulp(high) / 2: about 32 decimal digits.
///
/// Built on error-free transformations (Dekker, "A floating-point technique for extending the available precision",
/// Numer. Math. 18, 1971, doi:10.1007/BF01397083; Joldes, Muller & Popescu, "Tight and rigorous error bounds for basic
/// building blocks of double-word arithmetic", ACM TOMS 44, 2017, doi:10.1145/3121432). Products use Dekker's splitting
/// rather than a fused multiply-add, which the baseline build would turn into a library call; they are exact while the
/// factors stay below 2^995 and the products above 2^-960.
struct DoubleDouble: BitwiseCopyable, Equatable, Sendable {
  var high: Double
  var low: Double

  @inline(__always)
  init(high: Double, low: Double) {
    self.high = high
    self.low = low
  }

  @inline(__always)
  init(_ value: Double) {
    self.init(high: value, low: 0)
  }

  static let zero = DoubleDouble(0)

  /// The nearest double.
  @inline(__always)
  var value: Double { high + low }

  /// The exact sum of two doubles (Knuth).
  @inline(__always)
  static func sum(_ a: Double, _ b: Double) -> DoubleDouble {
    let s = a + b
    let t = s - a
    return DoubleDouble(high: s, low: (a - (s - t)) + (b - t))
  }

  /// The exact sum of two doubles with |a| ≥ |b| or a = 0 (Dekker).
  @inline(__always)
  static func orderedSum(_ a: Double, _ b: Double) -> DoubleDouble {
    let s = a + b
    return DoubleDouble(high: s, low: b - (s - a))
  }

  /// The exact product of two doubles (Dekker, with Veltkamp's splitting).
  @inline(__always)
  static func product(_ a: Double, _ b: Double) -> DoubleDouble {
    let p = a * b
    let (ca, cb) = (134_217_729 * a, 134_217_729 * b)
    let ah = ca - (ca - a)
    let bh = cb - (cb - b)
    let (al, bl) = (a - ah, b - bh)
    return DoubleDouble(high: p, low: ((ah * bh - p) + ah * bl + al * bh) + al * bl)
  }

  /// Relative error at most 3 · 2^-106 (Joldes et al., algorithm 6).
  @inline(__always)
  static func + (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let s = sum(a.high, b.high)
    let t = sum(a.low, b.low)
    let v = orderedSum(s.high, s.low + t.high)
    return orderedSum(v.high, t.low + v.low)
  }

  @inline(__always)
  static prefix func - (a: DoubleDouble) -> DoubleDouble { DoubleDouble(high: -a.high, low: -a.low) }

  @inline(__always)
  static func - (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble { a + -b }

  /// Relative error below 5 · 2^-106.
  @inline(__always)
  static func * (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let p = product(a.high, b.high)
    return orderedSum(p.high, p.low + (a.high * b.low + a.low * b.high))
  }

  @inline(__always)
  static func * (a: DoubleDouble, b: Double) -> DoubleDouble {
    let p = product(a.high, b)
    return orderedSum(p.high, p.low + a.low * b)
  }

  /// Two steps of long division.
  @inline(__always)
  static func / (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let first = a.high / b.high
    let rest = a - b * first
    let second = rest.high / b.high
    let last = (rest - b * second).high / b.high
    let quotient = orderedSum(first, second)
    return orderedSum(quotient.high, quotient.low + last)
  }

  /// The square root of a positive number by one Newton step from the double one (Karp's trick).
  var squareRoot: DoubleDouble {
    if high <= 0 { return .zero }
    let root = high.squareRoot()
    let rest = self - DoubleDouble.product(root, root)
    return DoubleDouble.orderedSum(root, rest.high / (2 * root))
  }

  /// Times 2^exponent, exact while the result is a normal number.
  func scaled(byPowerOfTwo exponent: Int) -> DoubleDouble {
    DoubleDouble(
      high: Double(sign: .plus, exponent: exponent, significand: high),
      low: Double(sign: .plus, exponent: exponent, significand: low))
  }

  @inline(__always)
  static func += (a: inout DoubleDouble, b: DoubleDouble) { a = a + b }
  @inline(__always)
  static func -= (a: inout DoubleDouble, b: DoubleDouble) { a = a - b }
}
