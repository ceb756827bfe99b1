import ApusNumerics
import ApusStatistics
import RealModule

/// The distribution an estimate over its standard error is compared with.
enum ReferenceDistribution: Sendable, Equatable {
  case normal
  /// Student's t with these degrees of freedom, not necessarily whole.
  case studentT(Double)

  /// P(|Z| ≥ |statistic|); NaN for NaN or without freedom.
  func twoSidedPValue(_ statistic: Double) -> Double {
    if statistic.isNaN { return .nan }
    switch self {
    case .normal: return SpecialFunctions.erfc(statistic.magnitude / 2.0.squareRoot())
    case .studentT(let freedom):
      guard freedom > 0 else { return .nan }
      if statistic.isInfinite { return 0 }
      return Swift.min(1, 2 * StudentTDistribution(degreesOfFreedom: freedom).tails(statistic.magnitude).upper)
    }
  }

  /// The quantile with `alpha` / 2 above it; NaN without freedom.
  func criticalValue(_ alpha: Double) -> Double {
    switch self {
    case .normal: return -SpecialFunctions.normalQuantile(alpha / 2)
    case .studentT(let freedom):
      guard freedom > 0 else { return .nan }
      let x = SpecialFunctions.betaLowerInverse(freedom / 2, 0.5, alpha)
      return (freedom * (1 - x) / x).squareRoot()
    }
  }

  /// P(F ≥ f) for the F distribution; NaN where it is not defined.
  static func fUpperTail(_ f: Double, _ numerator: Double, _ denominator: Double) -> Double {
    guard f >= 0, numerator > 0, denominator > 0 else { return .nan }
    if f.isInfinite { return 0 }
    return FDistribution(numerator: numerator, denominator: denominator).tails(f).upper
  }

  /// P(X ≥ x) for the chi-squared distribution; NaN where it is not defined.
  static func chiSquaredUpperTail(_ x: Double, _ freedom: Double) -> Double {
    guard x >= 0, freedom > 0 else { return .nan }
    return x.isInfinite ? 0 : SpecialFunctions.gammaUpper(freedom / 2, x / 2)
  }
}

/// Reading the argument `alpha` of intervals.
enum IntervalLevel {
  /// One minus the confidence level, 0.05 unless given.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` outside (0, 1).
  static func checked(_ alpha: Double?) throws(ApusError) -> Double {
    let alpha = alpha ?? 0.05
    guard alpha > 0, alpha < 1 else {
      throw .invalidArgument(name: "alpha", reason: "\(alpha) is not in (0, 1)")
    }
    return alpha
  }
}
