import ApusNumerics
import RealModule

/// The pieces of Stirling's formula that the gamma, beta, and related densities are built from.
///
/// `ln Γ(x) = (x − ½) ln x − x + ½ ln 2π + stirlingError(x)`. Evaluating densities through this error term and the
/// deviance `δ − ln(1 + δ)` avoids the cancellation between large logarithms: C. Loader, "Fast and Accurate Computation
/// of Binomial Probabilities" (2000). Here both pieces carry the precision of ``DoubleDouble``.
package enum Stirling {
  /// ½ ln 2π.
  package static let halfLogTwoPi = DoubleDouble(0.9189385332046728, -3.8782941580672414e-17)

  /// From this argument on the asymptotic series alone is accurate to 1e-31.
  private static let seriesStart = 24.0

  /// The remainder of Stirling's formula for x > 0.
  package static func error(_ x: Double) -> DoubleDouble {
    if x >= seriesStart { return series(DoubleDouble(x)) }
    let main = DoubleDouble.log(x) * (DoubleDouble.sum(x, -0.5)) - x + halfLogTwoPi
    return logGamma(DoubleDouble(x)) - main
  }

  /// Σ B₂ₖ / (2k(2k−1) x²ᵏ⁻¹), DLMF 5.11.1, x ≥ 24.
  private static func series(_ x: DoubleDouble) -> DoubleDouble {
    if x.high > 1e17 { return DoubleDouble(1 / (12 * x.high)) }
    let inverse = DoubleDouble(1) / x
    let square = inverse * inverse
    let t = square.high
    var tail = 13.402864044168393 - 156.84828462600203 * t
    tail = tail * t - 1.3924322169059011
    tail = tail * t + 0.17964437236883057
    tail = tail * t - 0.029550653594771242
    tail = tail * t + 0.00641025641025641
    tail = tail * t - 0.0019175269175269176
    tail = tail * t + 0.0008417508417508417
    var sum = square * tail + leading[3]
    for k in stride(from: 2, through: 0, by: -1) { sum = sum * square + leading[k] }
    return sum * inverse
  }

  /// The first coefficients of the series.
  private static let leading = [
    DoubleDouble(0.08333333333333333, 4.625929269271485e-18),
    DoubleDouble(-0.002777777777777778, 1.0601087908747154e-19),
    DoubleDouble(0.0007936507936507937, 6.883823317368282e-22),
    DoubleDouble(-0.0005952380952380953, 5.36938218754726e-20),
  ]

  /// ln Γ(x) for x > 0 with an absolute error near 1e-30 · max(1, |ln Γ(x)|).
  package static func logGamma(_ x: DoubleDouble) -> DoubleDouble {
    if x.high >= seriesStart {
      return DoubleDouble.log(x) * (x - 0.5) - x + halfLogTwoPi + series(x)
    }
    var product = x
    var shifted = x + 1
    while shifted.high < seriesStart {
      product = product * shifted
      shifted = shifted + 1
    }
    return logGamma(shifted) - DoubleDouble.log(product)
  }

  /// ln(Γ(x + h) / Γ(x)) for x > 0 and 0 ≤ h ≤ 1, without cancellation for large x.
  package static func logGammaRatio(_ x: Double, _ h: Double) -> DoubleDouble {
    let shifted = DoubleDouble.sum(x, h)
    if x < 1e6 { return logGamma(shifted) - logGamma(DoubleDouble(x)) }
    // (x + h − ½) ln(1 + h/x) + h ln x − h + series difference.
    let growth = DoubleDouble.log1p(DoubleDouble(h) / DoubleDouble(x)) * (shifted - 0.5)
    return growth + DoubleDouble.log(x) * h - h + (series(shifted) - series(DoubleDouble(x)))
  }

  /// ln Γ(1 + x) for x > −1, accurate relative to the result also when x → 0.
  package static func logGamma1p(_ x: Double) -> DoubleDouble {
    if Swift.abs(x) < 1e-12 {
      return (DoubleDouble(0.8224670334241132) * x - DoubleDouble(0.5772156649015329, -4.942915152430645e-18)) * x
    }
    return logGamma(DoubleDouble.sum(1, x))
  }

  /// `δ − ln(1 + δ)` ≥ 0 for δ > −1; relative error below 1e-19.
  package static func deviance(_ delta: DoubleDouble) -> DoubleDouble {
    guard Swift.abs(delta.high) < 0x1p-6 else { return delta - DoubleDouble.log1p(delta) }
    // δ²(1/2 − δ/3 + δ²/4 − …)
    let d = delta.high
    var tail = 1.0 / 12
    tail = 1.0 / 11 - tail * d
    tail = 0.1 - tail * d
    tail = 1.0 / 9 - tail * d
    tail = 0.125 - tail * d
    tail = 1.0 / 7 - tail * d
    tail = 1.0 / 6 - tail * d
    tail = 0.2 - tail * d
    tail = 0.25 - tail * d
    let inner = DoubleDouble(0.5) - delta * (DoubleDouble(0.3333333333333333, 1.850371707708594e-17) - delta * tail)
    return delta * delta * inner
  }

  /// `ln(1 + z) − z` ≤ 0 in double, relative error a few ulp, for z > −1.
  @inline(__always)
  package static func log1pMinusArgument(_ z: Double) -> Double {
    guard z > -0.45, z < 0.9 else { return Double.log(onePlus: z) - z }
    // ln(1 + z) = 2 artanh r with r = z / (2 + z).
    let r = z / (2 + z)
    let s = r * r
    var sum = 1.0 / 37
    sum = sum * s + 1.0 / 35
    sum = sum * s + 1.0 / 33
    sum = sum * s + 1.0 / 31
    sum = sum * s + 1.0 / 29
    sum = sum * s + 1.0 / 27
    sum = sum * s + 1.0 / 25
    sum = sum * s + 1.0 / 23
    sum = sum * s + 1.0 / 21
    sum = sum * s + 1.0 / 19
    sum = sum * s + 1.0 / 17
    sum = sum * s + 1.0 / 15
    sum = sum * s + 1.0 / 13
    sum = sum * s + 1.0 / 11
    sum = sum * s + 1.0 / 9
    sum = sum * s + 1.0 / 7
    sum = sum * s + 1.0 / 5
    sum = sum * s + 1.0 / 3
    return r * (2 * s * sum - z)
  }
}
