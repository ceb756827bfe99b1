import ApusNumerics
import RealModule

/// Pearson's chi-squared tests and McNemar's.
extension HypothesisTests {
  /// Whether counts follow expected frequencies: Σ (O − E)² / E with k − 1 − ddof degrees of freedom.
  ///
  /// - Parameters:
  ///   - expected: must sum to the observed total within 1e-8; equal frequencies when nil.
  ///   - ddof: parameters estimated from the data.
  ///   - confidence: with it the interval is for w, from the noncentral chi-squared distribution.
  /// - Returns: effect size Cohen's w.
  public static func chiSquaredGoodnessOfFit(
    _ observed: NDArray, expected: NDArray? = nil, ddof: Int = 0, confidence: Double? = nil
  ) throws(ApusError) -> TestResult {
    if let confidence { try requireConfidence(confidence) }
    let sample = try Sample(observed, name: "f_obs", missing: .raise, atLeast: 2)
    try requireNonNegative(sample.values, "f_obs")
    let total = sample.values.reduce(0, +)
    var reference: Sample?
    if let expected {
      let given = try Sample(expected, name: "f_exp", missing: .raise)
      guard given.count == sample.count else {
        throw .shapeMismatch(name: "f_exp", reason: "has \(given.count) elements beside \(sample.count) of f_obs")
      }
      for (i, value) in given.values.enumerated() where !(value > 0 && value.isFinite) {
        throw .invalidArgument(name: "f_exp", reason: "element \(i) is \(value), must be finite and above 0")
      }
      let sum = given.values.reduce(0, +)
      guard (sum - total).magnitude <= 1e-8 * Swift.max(sum, total) else {
        throw .invalidArgument(name: "f_exp", reason: "sums to \(sum), f_obs to \(total); the sums must agree")
      }
      reference = given
    }
    let df = Double(sample.count - 1 - ddof)
    guard ddof >= 0, df > 0 else {
      throw .invalidArgument(name: "ddof", reason: "\(ddof) leaves no degrees of freedom of \(sample.count - 1)")
    }
    if total == 0 { return .undefined("f_obs: all counts are 0") }
    var statistic = 0.0
    for i in 0..<sample.count {
      let e = reference?.values[i] ?? total / Double(sample.count)
      let d = sample.values[i] - e
      statistic += d * d / e
    }
    var result = TestResult(statistic, .chiSquared(statistic, df))
    result.degreesOfFreedom = df
    (result.effectName, result.effectSize) = ("cohen_w", (statistic / total).squareRoot())
    if let confidence {
      result.setNoncentralInterval(statistic, df, per: total, squareRoot: true, atMost: .infinity, confidence)
    }
    return result
  }

  /// Whether the rows and columns of a table of counts are independent.
  ///
  /// - Parameters:
  ///   - correction: Yates's continuity correction, applied to 2 × 2 tables only.
  ///   - confidence: with it the interval is for Cramér's V, from the noncentral chi-squared distribution of the uncorrected
  ///     statistic.
  /// - Returns: effect size Cramér's V; `expected` holds the frequencies under independence, row by row.
  public static func chiSquaredIndependence(
    _ table: NDArray, correction: Bool = true, confidence: Double? = nil
  ) throws(ApusError) -> (result: TestResult, expected: NDArray) {
    if let confidence { try requireConfidence(confidence) }
    guard table.rank == 2, table.shape[0] >= 2, table.shape[1] >= 2 else {
      throw .shapeMismatch(name: "observed", reason: "has shape \(table.shape), needs at least 2 rows and 2 columns")
    }
    let counts = try table.converted(to: .float64, name: "observed")
    let (rows, columns) = (table.shape[0], table.shape[1])
    let o = UnsafePointer(counts.pointer(Double.self))
    try requireNonNegative(UnsafeBufferPointer(start: o, count: rows * columns), "observed")
    let expected = try NDArray(zeros: [rows, columns])
    let e = expected.pointer(Double.self)
    let rowSums = try Buffer<Double>(zeroed: rows)
    let columnSums = try Buffer<Double>(zeroed: columns)
    for i in 0..<rows { for j in 0..<columns { rowSums[i] += o[i * columns + j] } }
    for i in 0..<rows { for j in 0..<columns { columnSums[j] += o[i * columns + j] } }
    let total = rowSums.elements.reduce(0, +)
    for i in 0..<rows where rowSums[i] == 0 {
      throw .invalidArgument(name: "observed", reason: "row \(i) has no counts, so its expected frequencies are 0")
    }
    for j in 0..<columns where columnSums[j] == 0 {
      throw .invalidArgument(name: "observed", reason: "column \(j) has no counts, so its expected frequencies are 0")
    }
    let isCorrected = correction && rows == 2 && columns == 2
    var (statistic, uncorrected) = (0.0, 0.0)
    for i in 0..<rows {
      for j in 0..<columns {
        let frequency = rowSums[i] * (columnSums[j] / total)
        e[i * columns + j] = frequency
        let d = (o[i * columns + j] - frequency).magnitude
        uncorrected += d * d / frequency
        let adjusted = isCorrected ? d - Swift.min(0.5, d) : d
        statistic += adjusted * adjusted / frequency
      }
    }
    let df = Double((rows - 1) * (columns - 1))
    var result = TestResult(statistic, .chiSquared(statistic, df))
    result.degreesOfFreedom = df
    (result.effectName, result.effectSize) = (
      "cramer_v", (uncorrected / total / Double(Swift.min(rows, columns) - 1)).squareRoot()
    )
    if let confidence {
      let scale = total * Double(Swift.min(rows, columns) - 1)
      result.setNoncentralInterval(uncorrected, df, per: scale, squareRoot: true, confidence)
    }
    return (result, expected)
  }

  /// Whether the marginal proportions of a paired 2 × 2 table are equal, from the discordant counts `b` and `c`.
  ///
  /// - Parameter exact: the binomial distribution; otherwise chi-squared with one degree of freedom, continuity-corrected if
  ///   `correction`.
  /// - Returns: effect size: the odds ratio b / c, with the interval that Clopper and Pearson's for b / (b + c) gives.
  public static func mcNemar(
    _ table: NDArray, exact: Bool = true, correction: Bool = true, confidence: Double = 0.95
  ) throws(ApusError) -> TestResult {
    try requireConfidence(confidence)
    guard table.shape == [2, 2] else {
      throw .shapeMismatch(name: "table", reason: "has shape \(table.shape), needs [2, 2]")
    }
    let counts = try table.converted(to: .float64, name: "table")
    let o = UnsafePointer(counts.pointer(Double.self))
    try requireNonNegative(UnsafeBufferPointer(start: o, count: 4), "table")
    let (b, c) = (o[1], o[2])
    var result: TestResult
    if b + c == 0 {
      result = TestResult(statistic: 0, pValue: 1, logPValue: 0)
      result.warnings.append("table: no discordant pairs")
    } else if exact {
      guard b == b.rounded(), c == c.rounded() else {
        throw .invalidArgument(name: "table", reason: "counts \(b) and \(c) are not whole, as the exact test needs")
      }
      let least = Swift.min(b, c)
      let tails = BinomialDistribution(trials: b + c, probability: 0.5).tailsAnywhere(least)
      let p = Swift.min(1, 2 * tails.lower)
      result = TestResult(
        least, PValue(value: p, logarithm: Swift.min(0, 0.6931471805599453 + tails.logLower)))
    } else {
      let d = (b - c).magnitude
      let corrected = correction ? Swift.max(0, d - 1) : d
      let statistic = corrected * corrected / (b + c)
      result = TestResult(statistic, .chiSquared(statistic, 1))
      result.degreesOfFreedom = 1
    }
    (result.effectName, result.effectSize) = ("odds_ratio", b / c)
    (result.estimateName, result.estimate) = ("odds_ratio", b / c)
    let tail = (1 - confidence) / 2
    func odds(_ p: Double) -> Double { p / (1 - p) }
    result.confidenceInterval = ConfidenceInterval(
      lower: b == 0 ? 0 : odds(SpecialFunctions.betaLowerInverse(b, c + 1, tail)),
      upper: c == 0 ? .infinity : odds(SpecialFunctions.betaUpperInverse(b + 1, c, tail)), level: confidence)
    return result
  }

  private static func requireNonNegative(_ values: UnsafeBufferPointer<Double>, _ name: String) throws(ApusError) {
    for (i, value) in values.enumerated() where !(value >= 0 && value.isFinite) {
      throw .invalidArgument(name: name, reason: "element \(i) is \(value), counts must be finite and at least 0")
    }
  }
}
