import ApusNumerics
import RealModule

/// Student's and Welch's t tests.
extension HypothesisTests {
  /// Whether the mean of a normal sample is `mean`: t = (x̄ − μ₀) / (s/√n) with n − 1 degrees of freedom.
  ///
  /// Effect size: Cohen's d. The interval is for the mean.
  public static func tTestOneSample(
    _ x: NDArray, mean: Double = 0, alternative: Alternative = .twoSided, confidence: Double = 0.95,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    let sample = try Sample(x, name: "x", missing: missing, atLeast: 2)
    if sample.hasMissing { return .undefined }
    let m = sample.summary
    return oneSample(m, mean, alternative, confidence, estimateName: "mean", constant: "x")
  }

  /// Whether paired differences x − y have mean zero: the one-sample test of the differences.
  public static func tTestPaired(
    _ x: NDArray, _ y: NDArray, alternative: Alternative = .twoSided, confidence: Double = 0.95,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    let (a, b) = try Sample.pairs(x, y, missing: missing, atLeast: 2)
    if a.hasMissing { return .undefined }
    let differences = try NDArray(uninitialized: [a.count], dtype: .float64)
    let d = differences.pointer(Double.self)
    for i in 0..<a.count { d[i] = a.values[i] - b.values[i] }
    return oneSample(
      Sample(differences).summary, 0, alternative, confidence, estimateName: "mean_difference",
      constant: "the differences")
  }

  private static func oneSample(
    _ m: SampleMoments, _ mean: Double, _ alternative: Alternative, _ confidence: Double, estimateName: String,
    constant: String
  ) -> TestResult {
    let n = Double(m.count)
    let deviation = m.standardDeviation()
    let error = deviation / n.squareRoot()
    let difference = m.mean - mean
    let t = difference / error
    var result = TestResult(t, .t(t, n - 1, alternative))
    result.degreesOfFreedom = n - 1
    (result.effectName, result.effectSize) = ("cohen_d", difference / deviation)
    (result.estimateName, result.estimate) = (estimateName, m.mean)
    result.confidenceInterval = tInterval(m.mean, error, n - 1, alternative, confidence)
    result.extras = [("standard_error", error)]
    if m.isConstant {
      result.warnings.append("\(constant): all values are equal, the t statistic is not defined by them")
    }
    return result
  }

  /// Whether two independent normal samples have equal means.
  ///
  /// - Parameter equalVariances: true pools the variances (Student); false uses Welch's with Satterthwaite's degrees of freedom
  ///   (B. L. Welch, Biometrika 34 (1947) 28–35).
  /// - Returns: effect size Cohen's d on the pooled deviation; the interval is for mean(x) − mean(y).
  public static func tTestIndependent(
    _ x: NDArray, _ y: NDArray, equalVariances: Bool = true, alternative: Alternative = .twoSided,
    confidence: Double = 0.95, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    let a = try Sample(x, name: "x", missing: missing, atLeast: equalVariances ? 1 : 2)
    let b = try Sample(y, name: "y", missing: missing, atLeast: equalVariances ? 1 : 2)
    try Sample.require(count: a.count + b.count, 3, "x and y together")
    if a.hasMissing || b.hasMissing { return .undefined }
    let (p, q) = (a.summary, b.summary)
    let scale = Swift.max(p.scale, q.scale)
    let (m, n) = (Double(p.count), Double(q.count))
    // Variances in units of scale².
    let (sp, sq) = (p.scale / scale, q.scale / scale)
    let (squaresX, squaresY) = (p.scaledSquares * sp * sp, q.scaledSquares * sq * sq)
    let pooled = (squaresX + squaresY) / (m + n - 2)
    let squaredError: Double
    let df: Double
    if equalVariances {
      (squaredError, df) = (pooled * (1 / m + 1 / n), m + n - 2)
    } else {
      let (u, v) = (squaresX / (m - 1) / m, squaresY / (n - 1) / n)
      squaredError = u + v
      df = squaredError * squaredError / (u * u / (m - 1) + v * v / (n - 1))
    }
    let error = squaredError.squareRoot() * scale
    let difference = p.mean - q.mean
    let t = difference / error
    var result = TestResult(t, .t(t, df, alternative))
    result.degreesOfFreedom = df
    (result.effectName, result.effectSize) = ("cohen_d", difference / (pooled.squareRoot() * scale))
    (result.estimateName, result.estimate) = ("mean_difference", difference)
    result.confidenceInterval = tInterval(difference, error, df, alternative, confidence)
    result.extras = [("standard_error", error)]
    if p.isConstant && q.isConstant {
      result.warnings.append("x and y: both are constant, the t statistic is not defined by them")
    }
    return result
  }

  static func tInterval(
    _ estimate: Double, _ error: Double, _ df: Double, _ alternative: Alternative, _ confidence: Double
  ) -> ConfidenceInterval {
    guard df > 0 else { return ConfidenceInterval(lower: .nan, upper: .nan, level: confidence) }
    let distribution = StudentTDistribution(degreesOfFreedom: df)
    return interval(estimate, error, alternative, confidence) { distribution.quantileAnywhere($0, isLower: false) }
  }

  /// estimate ± quantile · error, one-sided for a one-sided alternative.
  static func interval(
    _ estimate: Double, _ error: Double, _ alternative: Alternative, _ confidence: Double,
    upperQuantile: (Double) -> Double
  ) -> ConfidenceInterval {
    switch alternative {
    case .twoSided:
      let margin = upperQuantile((1 - confidence) / 2) * error
      return ConfidenceInterval(lower: estimate - margin, upper: estimate + margin, level: confidence)
    case .less:
      return ConfidenceInterval(
        lower: -.infinity, upper: estimate + upperQuantile(1 - confidence) * error, level: confidence)
    case .greater:
      return ConfidenceInterval(
        lower: estimate - upperQuantile(1 - confidence) * error, upper: .infinity, level: confidence)
    }
  }

  static func requireConfidence(_ confidence: Double) throws(ApusError) {
    guard confidence > 0, confidence < 1 else {
      throw .invalidArgument(name: "confidence", reason: "\(confidence) is not in (0, 1)")
    }
  }
}
