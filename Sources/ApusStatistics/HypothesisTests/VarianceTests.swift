import ApusNumerics
import RealModule

/// Tests of equal variances.
extension HypothesisTests {
  /// Whether two normal samples have equal variances: F = s²(x) / s²(y). The interval is for the ratio of variances.
  public static func fTestVariances(
    _ x: NDArray, _ y: NDArray, alternative: Alternative = .twoSided, confidence: Double = 0.95,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    let a = try Sample(x, name: "x", missing: missing, atLeast: 2)
    let b = try Sample(y, name: "y", missing: missing, atLeast: 2)
    if a.hasMissing || b.hasMissing { return .undefined }
    let ratio = a.summary.standardDeviation() / b.summary.standardDeviation()
    let f = ratio * ratio
    let (m, n) = (Double(a.count - 1), Double(b.count - 1))
    if f.isNaN { return .undefined("x and y: both are constant") }
    let distribution = FDistribution(numerator: m, denominator: n)
    let tails = distribution.tailsAnywhere(f)
    var result: TestResult
    if alternative == .twoSided {
      let p = (2 * Swift.min(tails.lower, tails.upper)).atMost(1)
      let log = Swift.min(0, 0.6931471805599453 + Swift.min(tails.logLower, tails.logUpper))
      result = TestResult(f, PValue(value: p, logarithm: log))
    } else {
      result = TestResult(f, PValue(tails, alternative))
    }
    (result.degreesOfFreedom, result.denominatorDegreesOfFreedom) = (m, n)
    (result.effectName, result.effectSize) = ("variance_ratio", f)
    (result.estimateName, result.estimate) = ("variance_ratio", f)
    let tail = alternative == .twoSided ? (1 - confidence) / 2 : 1 - confidence
    result.confidenceInterval = ConfidenceInterval(
      lower: alternative == .less ? 0 : f / distribution.quantileAnywhere(tail, isLower: false),
      upper: alternative == .greater ? .infinity : f / distribution.quantileAnywhere(tail, isLower: true),
      level: confidence)
    return result
  }

  /// Whether several normal samples have equal variances (M. S. Bartlett, Proc. R. Soc. A 160 (1937) 268–282). Effect size: the
  /// largest variance over the smallest.
  public static func bartlett(
    _ samples: [NDArray], missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    let groups = try Sample.groups(samples, missing: missing, groups: 2, atLeast: 2)
    if groups.contains(where: \.hasMissing) { return .undefined }
    let moments = groups.map(\.summary)
    let scale = moments.map(\.scale).max() ?? 1
    let squares = moments.map { $0.scaledSquares * ($0.scale / scale) * ($0.scale / scale) }
    let k = Double(groups.count)
    let total = groups.reduce(0.0) { $0 + Double($1.count) }
    let pooled = squares.reduce(0, +) / (total - k)
    var (statistic, reciprocals) = (0.0, 0.0)
    for (square, group) in zip(squares, groups) {
      let df = Double(group.count - 1)
      statistic += df * Double.log(pooled / (square / df))
      reciprocals += 1 / df
    }
    statistic /= 1 + (reciprocals - 1 / (total - k)) / (3 * (k - 1))
    var result = TestResult(statistic, .chiSquared(statistic, k - 1))
    result.degreesOfFreedom = k - 1
    let variances = zip(squares, groups).map { $0 / Double($1.count - 1) }
    (result.effectName, result.effectSize) = ("variance_ratio", (variances.max() ?? .nan) / (variances.min() ?? .nan))
    if squares.contains(0) { result.warnings.append("samples: a constant sample has variance 0") }
    return result
  }

  /// What Levene's test measures deviations from.
  public enum LeveneCenter: String, CaseIterable, Sendable { case median, mean, trimmed }

  /// Whether several samples have equal variances: one-way analysis of variance of |x − centre|; with the median the
  /// Brown–Forsythe test (M. Brown, A. Forsythe, JASA 69 (1974) 364–367).
  ///
  /// - Parameters:
  ///   - proportionToCut: share cut from each end for the trimmed mean, at least 0 and below ½.
  ///   - confidence: with it the interval is for η² of the deviations, from the noncentral F distribution.
  /// - Returns: effect size η² of the deviations.
  public static func levene(
    _ samples: [NDArray], center: LeveneCenter = .median, proportionToCut: Double = 0.05, confidence: Double? = nil,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    guard proportionToCut >= 0, proportionToCut < 0.5 else {
      throw .invalidArgument(name: "proportiontocut", reason: "\(proportionToCut) is not in [0, 0.5)")
    }
    let groups = try Sample.groups(samples, missing: missing, groups: 2, atLeast: 1)
    if groups.contains(where: \.hasMissing) { return .undefined }
    var deviations: [NDArray] = []
    for group in groups {
      let sorted = try group.sorted()
      let n = sorted.count
      let cut = center == .trimmed ? Int(proportionToCut * Double(n)) : 0
      let middle =
        center == .median
        ? sorted.values[(n - 1) / 2] + (sorted.values[n / 2] - sorted.values[(n - 1) / 2]) / 2
        : SampleMoments(UnsafeBufferPointer(rebasing: sorted.values[cut..<n - cut])).mean
      let kept = try NDArray(uninitialized: [n], dtype: .float64)
      let d = kept.pointer(Double.self)
      for i in 0..<n { d[i] = (sorted.values[i] - middle).magnitude }
      deviations.append(kept)
    }
    return try anovaOneWay(deviations, confidence: confidence)
  }
}
