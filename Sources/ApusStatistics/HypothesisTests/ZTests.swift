import ApusNumerics
import RealModule

/// Tests on the normal distribution of a mean or a proportion.
extension HypothesisTests {
  /// Whether the mean of a sample is `mean`, or with `y` whether the means of two samples differ by `mean`, on the normal
  /// distribution.
  ///
  /// - Parameters:
  ///   - standardDeviation: known σ of one observation; estimated (pooled for two samples) when nil.
  public static func zTest(
    _ x: NDArray, _ y: NDArray? = nil, mean: Double = 0, standardDeviation: Double? = nil,
    alternative: Alternative = .twoSided, confidence: Double = 0.95, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    if let sigma = standardDeviation, !(sigma > 0 && sigma.isFinite) {
      throw .invalidArgument(name: "sigma", reason: "\(sigma) is not allowed, must be finite and above 0")
    }
    let least = standardDeviation == nil ? 2 : 1
    let a = try Sample(x, name: "x", missing: missing, atLeast: least)
    var second: Sample?
    if let y { second = try Sample(y, name: "y", missing: missing, atLeast: least) }
    if a.hasMissing || second?.hasMissing == true { return .undefined }
    let p = a.summary
    let n = Double(p.count)
    var difference = p.mean
    var deviation = standardDeviation ?? p.standardDeviation()
    var error = deviation / n.squareRoot()
    if let q = second?.summary {
      let m = Double(q.count)
      difference = p.mean - q.mean
      if standardDeviation == nil {
        let (u, v) = (p.standardDeviation(), q.standardDeviation())
        let top = Swift.max(u, v, Double.leastNormalMagnitude)
        let (s, t) = (u / top, v / top)
        deviation = ((s * s * (n - 1) + t * t * (m - 1)) / (n + m - 2)).squareRoot() * top
      }
      error = deviation * (1 / n + 1 / m).squareRoot()
    }
    let z = (difference - mean) / error
    var result = TestResult(z, .normal(z, alternative))
    (result.effectName, result.effectSize) = ("cohen_d", (difference - mean) / deviation)
    (result.estimateName, result.estimate) = (second == nil ? "mean" : "mean_difference", difference)
    result.confidenceInterval = normalInterval(difference, error, alternative, confidence)
    result.extras = [("standard_error", error)]
    if error == 0 { result.warnings.append("x: all values are equal, the z statistic is not defined by them") }
    return result
  }

  static func normalInterval(
    _ estimate: Double, _ error: Double, _ alternative: Alternative, _ confidence: Double
  ) -> ConfidenceInterval {
    interval(estimate, error, alternative, confidence) { -SpecialFunctions.normalQuantile($0) }
  }

  /// Whether a proportion is `value`, or with two counts whether two proportions are equal.
  ///
  /// - Parameters:
  ///   - successes: one or two counts.
  ///   - trials: as many numbers of trials.
  ///   - value: the proportion under the null hypothesis for one sample; ignored for two.
  /// - Returns: the z statistic with the variance under the null hypothesis; effect size Cohen's h. The interval is Wilson's for
  ///   one proportion (E. B. Wilson, JASA 22 (1927) 209–212), Newcombe's hybrid for the difference of two
  ///   (R. Newcombe, Stat. Med. 17 (1998) 873–890, method 10).
  public static func proportionsTest(
    successes: [Int], trials: [Int], value: Double = 0.5, alternative: Alternative = .twoSided,
    confidence: Double = 0.95
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    guard (1...2).contains(successes.count), successes.count == trials.count else {
      throw .shapeMismatch(
        name: "count",
        reason: "\(successes.count) counts for \(trials.count) numbers of trials, allowed are 1 or 2 of each")
    }
    for (k, n) in zip(successes, trials) {
      guard n >= 1 else { throw .invalidArgument(name: "nobs", reason: "\(n) is below 1") }
      guard k >= 0, k <= n else { throw .invalidArgument(name: "count", reason: "\(k) is not in 0...\(n)") }
    }
    let p = zip(successes, trials).map { Double($0) / Double($1) }
    let n = trials.map(Double.init)
    let arcsines = p.map { 2 * Double.asin($0.squareRoot()) }
    let z: Double
    var result: TestResult
    if p.count == 1 {
      guard value > 0, value < 1 else { throw .invalidArgument(name: "value", reason: "\(value) is not in (0, 1)") }
      z = (p[0] - value) / (value * (1 - value) / n[0]).squareRoot()
      result = TestResult(z, .normal(z, alternative))
      (result.estimateName, result.estimate) = ("proportion", p[0])
      (result.effectName, result.effectSize) = ("cohen_h", arcsines[0] - 2 * Double.asin(value.squareRoot()))
      let (low, high) = wilson(p[0], n[0], tail(alternative, confidence))
      result.confidenceInterval = oneSided(low, high, 0, 1, alternative, confidence)
    } else {
      let pooled = Double(successes[0] + successes[1]) / (n[0] + n[1])
      z = (p[0] - p[1]) / (pooled * (1 - pooled) * (1 / n[0] + 1 / n[1])).squareRoot()
      result = TestResult(z, .normal(z, alternative))
      (result.estimateName, result.estimate) = ("difference", p[0] - p[1])
      (result.effectName, result.effectSize) = ("cohen_h", arcsines[0] - arcsines[1])
      let tail = tail(alternative, confidence)
      let (a, b) = (wilson(p[0], n[0], tail), wilson(p[1], n[1], tail))
      func root(_ u: Double, _ v: Double) -> Double { (u * u + v * v).squareRoot() }
      let difference = p[0] - p[1]
      result.confidenceInterval = oneSided(
        difference - root(p[0] - a.0, b.1 - p[1]), difference + root(a.1 - p[0], p[1] - b.0), -1, 1, alternative,
        confidence)
      if pooled == 0 || pooled == 1 {
        result.warnings.append("count: all proportions are \(pooled), the z statistic is not defined")
      }
    }
    return result
  }

  /// Probability in one tail of the interval.
  private static func tail(_ alternative: Alternative, _ confidence: Double) -> Double {
    alternative == .twoSided ? (1 - confidence) / 2 : 1 - confidence
  }

  private static func oneSided(
    _ low: Double, _ high: Double, _ least: Double, _ most: Double, _ alternative: Alternative, _ confidence: Double
  ) -> ConfidenceInterval {
    ConfidenceInterval(
      lower: alternative == .less ? least : low, upper: alternative == .greater ? most : high, level: confidence)
  }

  static func wilson(_ p: Double, _ n: Double, _ tail: Double) -> (Double, Double) {
    let z = -SpecialFunctions.normalQuantile(tail)
    let centre = p + z * z / (2 * n)
    let margin = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    let rest = 1 + z * z / n
    return (Swift.max(0, (centre - margin) / rest), Swift.min(1, (centre + margin) / rest))
  }
}
