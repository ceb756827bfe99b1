import ApusNumerics
import RealModule

/// Power of tests: the probability of rejecting when the effect is as given, and the sample size or effect for a wanted power.
public enum PowerAnalysis {
  /// Which t test.
  public enum TTestKind: String, CaseIterable, Sendable {
    /// One sample, or pairs.
    case oneSample = "one_sample"
    /// Two samples of n and n · ratio.
    case twoSample = "two_sample"
  }

  /// Power of a t test for the standardised effect Cohen's d.
  ///
  /// - Parameters:
  ///   - observations: n, of the first sample; need not be whole.
  ///   - ratio: size of the second sample over the first.
  public static func tTest(
    effectSize: Double, observations: Double, alpha: Double = 0.05, kind: TTestKind = .twoSample, ratio: Double = 1,
    alternative: Alternative = .twoSided
  ) throws(ApusError) -> Double {
    try require(alpha, "alpha")
    guard ratio > 0, ratio.isFinite else { throw .invalidArgument(name: "ratio", reason: "\(ratio) is not above 0") }
    guard observations >= 2, observations.isFinite else {
      throw .invalidArgument(name: "nobs", reason: "\(observations) is below 2")
    }
    guard effectSize.isFinite else {
      throw .invalidArgument(name: "effect_size", reason: "\(effectSize) is not finite")
    }
    let df = kind == .oneSample ? observations - 1 : observations * (1 + ratio) - 2
    let effective = kind == .oneSample ? observations : observations * ratio / (1 + ratio)
    let delta = effectSize * effective.squareRoot()
    let distribution = StudentTDistribution(degreesOfFreedom: df)
    switch alternative {
    case .twoSided:
      let t = distribution.quantileAnywhere(alpha / 2, isLower: false)
      return Noncentral.tUpper(t, df, delta) + Noncentral.tUpper(t, df, -delta)
    case .greater: return Noncentral.tUpper(distribution.quantileAnywhere(alpha, isLower: false), df, delta)
    case .less: return Noncentral.tUpper(distribution.quantileAnywhere(alpha, isLower: false), df, -delta)
    }
  }

  /// Power of the z test of two proportions (or of means with known deviation) for Cohen's effect h.
  public static func zTest(
    effectSize: Double, observations: Double, alpha: Double = 0.05, ratio: Double = 1,
    alternative: Alternative = .twoSided
  ) throws(ApusError) -> Double {
    try require(alpha, "alpha")
    guard ratio >= 0, ratio.isFinite, observations > 0, observations.isFinite, effectSize.isFinite else {
      throw .invalidArgument(
        name: "nobs",
        reason: "nobs \(observations), ratio \(ratio), effect_size \(effectSize): sizes must be positive and finite")
    }
    // A ratio of 0 means one sample.
    let effective = ratio == 0 ? observations : observations * ratio / (1 + ratio)
    let shift = effectSize * effective.squareRoot()
    switch alternative {
    case .twoSided:
      let z = -SpecialFunctions.normalQuantile(alpha / 2)
      return SpecialFunctions.normalSF(z - shift) + SpecialFunctions.normalCDF(-z - shift)
    case .greater: return SpecialFunctions.normalSF(-SpecialFunctions.normalQuantile(alpha) - shift)
    case .less: return SpecialFunctions.normalCDF(SpecialFunctions.normalQuantile(alpha) - shift)
    }
  }

  /// Cohen's h of two proportions: 2 asin √p − 2 asin √q.
  public static func proportionEffectSize(_ p: Double, _ q: Double) throws(ApusError) -> Double {
    for (name, value) in [("prop1", p), ("prop2", q)] where !(value >= 0 && value <= 1) {
      throw .invalidArgument(name: name, reason: "\(value) is not in [0, 1]")
    }
    return 2 * (Double.asin(p.squareRoot()) - Double.asin(q.squareRoot()))
  }

  /// Power of one-way analysis of variance for Cohen's f with `observations` in all groups together.
  public static func anova(
    effectSize: Double, observations: Double, groups: Int, alpha: Double = 0.05
  ) throws(ApusError) -> Double {
    try require(alpha, "alpha")
    guard groups >= 2 else { throw .invalidArgument(name: "k_groups", reason: "\(groups) is below 2") }
    guard observations > Double(groups), observations.isFinite else {
      throw .invalidArgument(name: "nobs", reason: "\(observations) is not above k_groups = \(groups)")
    }
    guard effectSize >= 0, effectSize.isFinite else {
      throw .invalidArgument(name: "effect_size", reason: "\(effectSize) is not at least 0 and finite")
    }
    let (m, n) = (Double(groups - 1), observations - Double(groups))
    let critical = FDistribution(numerator: m, denominator: n).quantileAnywhere(alpha, isLower: false)
    return Noncentral.fUpper(critical, m, n, effectSize * effectSize * observations)
  }

  /// The argument at which an increasing power reaches `power`, by bisection between the bounds.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when it is not reached there.
  public static func solve(
    power: Double, between lower: Double, and upper: Double, _ function: (Double) throws(ApusError) -> Double
  ) throws(ApusError) -> Double {
    try require(power, "power")
    var (low, high) = (lower, upper)
    let (first, last) = (try function(low), try function(high))
    guard first <= power, last >= power else {
      throw .invalidArgument(
        name: "power", reason: "\(power) is not reached: it runs from \(first) at \(lower) to \(last) at \(upper)")
    }
    for _ in 0..<200 {
      let middle = 0.5 * (low + high)
      if middle == low || middle == high { break }
      if try function(middle) < power { low = middle } else { high = middle }
    }
    return high
  }

  private static func require(_ probability: Double, _ name: String) throws(ApusError) {
    guard probability > 0, probability < 1 else {
      throw .invalidArgument(name: name, reason: "\(probability) is not in (0, 1)")
    }
  }
}
