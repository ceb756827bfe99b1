import ApusNumerics

extension StatisticsCatalogue {
  /// A fit with its settings by name: `fix_NAME`, `lower_NAME`, `upper_NAME` for the parameters and `nan_policy`.
  public static func fit(
    _ distribution: String, _ data: NDArray, options: [String: StatisticsOption]
  ) throws(ApusError) -> DistributionFit {
    let kind = try DistributionKind(name: distribution)
    var o = StatisticsOptions(options)
    let missing: MissingPolicy = try o.choice("nan_policy", .raise)
    let fixed = try o.numbers(prefix: "fix_")
    let (lower, upper) = (try o.numbers(prefix: "lower_"), try o.numbers(prefix: "upper_"))
    try o.finish("fit")
    var bounds: [String: ClosedRange<Double>] = [:]
    for name in Set(lower.keys).union(upper.keys).sorted() {
      let (low, high) = (lower[name] ?? -.infinity, upper[name] ?? .infinity)
      guard low <= high else {
        throw .invalidArgument(name: name, reason: "the lower bound \(low) is not at most the upper one \(high)")
      }
      bounds[name] = low...high
    }
    return try Distribution.fit(kind, data, fixed: fixed, bounds: bounds, missing: missing)
  }
}

extension DistributionFit {
  /// (k + 1, k + 3): a row a parameter with its value, its standard error, 1 where it was fixed, and its row of the covariance; then
  /// the log-likelihood, the number of data and 1 for convergence, followed by zeros.
  public func table() throws(ApusError) -> NDArray {
    let k = parameters.count
    let errors = standardErrors
    var rows = (0..<k).map { i in
      [parameters[i], errors[i], isFixed[i] ? 1 : 0] + covariance[i * k..<(i + 1) * k]
    }
    rows.append(
      [logLikelihood, Double(observations), converged ? 1 : 0] + [Double](repeating: 0, count: k))
    return try NDArray(rows: rows)
  }
}
