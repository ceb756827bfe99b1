import ApusNumerics
import RealModule

extension FactoredValue {
  /// Sum of two factored values.
  static func + (a: FactoredValue, b: FactoredValue) -> FactoredValue {
    if a.factor == 0 { return b }
    if b.factor == 0 { return a }
    let (large, small) = a.exponent.high >= b.exponent.high ? (a, b) : (b, a)
    let ratio = DoubleDouble.exp(small.exponent - large.exponent)
    return FactoredValue(exponent: large.exponent, factor: large.factor + small.factor * ratio)
  }
}

/// Two-sided p-values of discrete tests: the probability of all outcomes that are no likelier than the observed one.
enum MinimumLikelihood {
  static func pValue<D: DiscreteDistribution>(_ distribution: D, _ k: Double) -> PValue {
    let (least, most) = distribution.support
    // Masses closer than this count as equal.
    let limit = distribution.density(k).logValue + 1e-7
    let atMost = distribution.tailsAnywhere(k)
    let beyond = distribution.tailsAnywhere(k - 1)
    let mode = distribution.moments.mean
    func isUnlikely(_ j: Double) -> Bool { distribution.density(j).logValue <= limit }
    // Walk by bisection on the falling side opposite the observation.
    var own: TailProbability
    var other: TailProbability?
    if k <= mode {
      own = atMost
      var (low, high) = (Swift.max(k + 1, mode.rounded(.up)), most)
      if low <= high && isUnlikely(high) {
        while low < high {
          let middle = ((low + high) / 2).rounded(.down)
          if isUnlikely(middle) { high = middle } else { low = middle + 1 }
        }
        other = distribution.tailsAnywhere(high - 1)
        if high <= k + 1 { return PValue(1) }
      }
      return combine(own, isLower: true, other)
    }
    own = beyond
    var (low, high) = (least, Swift.min(k - 1, mode.rounded(.down)))
    if low <= high && isUnlikely(low) {
      while low < high {
        let middle = ((low + high) / 2).rounded(.up)
        if isUnlikely(middle) { low = middle } else { high = middle - 1 }
      }
      other = distribution.tailsAnywhere(low)
      if low >= k - 1 { return PValue(1) }
    }
    return combine(own, isLower: false, other)
  }

  private static func combine(_ own: TailProbability, isLower: Bool, _ other: TailProbability?) -> PValue {
    func part(_ tails: TailProbability, _ isLower: Bool) -> FactoredValue {
      tails.isLower == isLower ? tails.smaller : FactoredValue(isLower ? tails.lower : tails.upper)
    }
    var total = part(own, isLower)
    if let other { total = total + part(other, !isLower) }
    return PValue(value: Swift.min(1, total.value), logarithm: Swift.min(0, total.logValue))
  }
}

/// How an interval for a proportion is formed.
public enum ProportionInterval: String, CaseIterable, Sendable {
  /// Clopper and Pearson's, by inverting the exact test.
  case exact
  /// E. B. Wilson's, by inverting the score test (JASA 22 (1927) 209–212).
  case wilson
}

/// Exact tests of counts.
extension HypothesisTests {
  /// Whether a probability of success is `probability`. Two-sided: all outcomes no likelier than the observed one. The
  /// interval is Clopper and Pearson's (Biometrika 26 (1934) 404–413).
  public static func binomialTest(
    successes: Int, trials: Int, probability: Double = 0.5, alternative: Alternative = .twoSided,
    confidence: Double = 0.95, interval: ProportionInterval = .exact
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    guard trials >= 1 else { throw .invalidArgument(name: "n", reason: "\(trials) is below 1") }
    guard successes >= 0, successes <= trials else {
      throw .invalidArgument(name: "k", reason: "\(successes) is not in 0...\(trials)")
    }
    guard probability >= 0, probability <= 1 else {
      throw .invalidArgument(name: "p", reason: "\(probability) is not in [0, 1]")
    }
    let (k, n) = (Double(successes), Double(trials))
    let distribution = BinomialDistribution(trials: n, probability: probability)
    let p: PValue
    switch alternative {
    case .less: p = PValue(distribution.tailsAnywhere(k), .less)
    case .greater: p = PValue(upper: distribution.tailsAnywhere(k - 1))
    case .twoSided: p = MinimumLikelihood.pValue(distribution, k)
    }
    var result = TestResult(k / n, p)
    (result.estimateName, result.estimate) = ("proportion", k / n)
    (result.effectName, result.effectSize) = (
      "cohen_h", 2 * Double.asin((k / n).squareRoot()) - 2 * Double.asin(probability.squareRoot())
    )
    let tail = alternative == .twoSided ? (1 - confidence) / 2 : 1 - confidence
    if interval == .wilson {
      let (low, high) = wilson(k / n, n, tail)
      result.confidenceInterval = ConfidenceInterval(
        lower: alternative == .less ? 0 : low, upper: alternative == .greater ? 1 : high, level: confidence)
      return result
    }
    let lower =
      alternative == .less || successes == 0 ? 0 : SpecialFunctions.betaLowerInverse(k, n - k + 1, tail)
    let upper =
      alternative == .greater || successes == trials ? 1 : SpecialFunctions.betaUpperInverse(k + 1, n - k, tail)
    result.confidenceInterval = ConfidenceInterval(lower: lower, upper: upper, level: confidence)
    return result
  }

  /// Fisher's exact test of a 2 × 2 table with fixed margins. The statistic is the sample odds ratio; its interval is
  /// Woolf's on the logarithm.
  public static func fisherExact(
    _ table: NDArray, alternative: Alternative = .twoSided, confidence: Double = 0.95
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    guard table.shape == [2, 2] else {
      throw .shapeMismatch(name: "table", reason: "has shape \(table.shape), needs [2, 2]")
    }
    let counts: [Int64] = try table.converted(to: .int64, name: "table").elements()
    for (i, count) in counts.enumerated() where count < 0 || count > 1 << 50 {
      throw .invalidArgument(
        name: "table", reason: "element \(i) is \(count), counts must be at least 0 (and below 2^50)")
    }
    let (a, b, c, d) = (Double(counts[0]), Double(counts[1]), Double(counts[2]), Double(counts[3]))
    let ratio = a * d / (b * c)
    var result: TestResult
    if a + b == 0 || c + d == 0 || a + c == 0 || b + d == 0 {
      result = TestResult(statistic: .nan, pValue: 1, logPValue: 0)
      result.warnings.append("table: a row or column has no counts, the odds ratio is not defined")
      return result
    }
    let distribution = HypergeometricDistribution(population: a + b + c + d, marked: a + b, drawn: a + c)
    switch alternative {
    case .less: result = TestResult(ratio, PValue(distribution.tailsAnywhere(a), .less))
    case .greater: result = TestResult(ratio, PValue(upper: distribution.tailsAnywhere(a - 1)))
    case .twoSided: result = TestResult(ratio, MinimumLikelihood.pValue(distribution, a))
    }
    (result.effectName, result.effectSize) = ("odds_ratio", ratio)
    (result.estimateName, result.estimate) = ("odds_ratio", ratio)
    let error = (1 / a + 1 / b + 1 / c + 1 / d).squareRoot()
    let interval = normalInterval(Double.log(ratio), error, alternative, confidence)
    result.confidenceInterval =
      error.isFinite
      ? ConfidenceInterval(lower: Double.exp(interval.lower), upper: Double.exp(interval.upper), level: confidence)
      : ConfidenceInterval(lower: 0, upper: .infinity, level: confidence)
    return result
  }
}
