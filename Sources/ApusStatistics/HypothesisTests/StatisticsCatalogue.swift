import ApusNumerics

/// Computations whose result is an array, by name: what the C interface and Python call.
public enum StatisticsCatalogue {
  public static let names =
    [
      "pearson_matrix", "spearman_matrix", "covariance", "empirical_covariance", "shrunk_covariance", "ledoit_wolf",
      "oas", "min_cov_det", "shrink", "mahalanobis", "adjust_p_values", "tukey_hsd", "anova_two_way", "expected_freq",
      "ttest_1samp_columns", "ttest_ind_columns", "autocorrelation", "kl_divergence", "moment",
    ] + PowerCatalogue.names + MultivariateCatalogue.names

  /// Runs the computation `name`; shapes are those of the interface's documentation.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an unknown name or option.
  public static func run(
    _ name: String, _ arrays: [NDArray], options: [String: StatisticsOption] = [:]
  ) throws(ApusError) -> (result: NDArray, warnings: [String]) {
    var o = StatisticsOptions(options)
    func array(_ index: Int) throws(ApusError) -> NDArray {
      guard index < arrays.count else {
        throw .invalidArgument(name: "arrays", reason: "\(name) needs at least \(index + 1), got \(arrays.count)")
      }
      return arrays[index]
    }
    func optional(_ index: Int) -> NDArray? {
      index < arrays.count && arrays[index].count > 0 ? arrays[index] : nil
    }
    switch name {
    case "pearson_matrix", "spearman_matrix":
      let missing: PairwisePolicy = try o.choice("nan_policy", .propagate)
      let repair = name == "pearson_matrix" ? try o.flag("repair", false) : false
      try o.finish(name)
      let x = try array(0)
      let matrix =
        name == "pearson_matrix"
        ? try Correlation.pearsonMatrix(x, missing: missing, repair: repair)
        : try Correlation.spearmanMatrix(x, missing: missing)
      return (matrix.table, matrix.warnings)
    case "covariance":
      let ddof = try o.number("ddof", 1)
      try o.finish(name)
      return (
        try Covariance.matrix(
          try array(0), ddof: ddof, frequencyWeights: optional(1), reliabilityWeights: optional(2)), []
      )
    case "empirical_covariance", "shrunk_covariance", "ledoit_wolf", "oas":
      let centered = try o.flag("assume_centered", false)
      let shrinkage = name == "shrunk_covariance" ? try o.number("shrinkage", 0.1) : 0
      try o.finish(name)
      let x = try array(0)
      let estimate: CovarianceEstimate
      switch name {
      case "empirical_covariance": estimate = try Covariance.empirical(x, assumeCentered: centered)
      case "shrunk_covariance": estimate = try Covariance.shrunk(x, shrinkage: shrinkage, assumeCentered: centered)
      case "ledoit_wolf": estimate = try Covariance.ledoitWolf(x, assumeCentered: centered)
      default: estimate = try Covariance.oracleApproximating(x, assumeCentered: centered)
      }
      let p = estimate.location.count
      let last = try NDArray([Double](repeating: estimate.shrinkage, count: p))
      return (try stack([estimate.covariance, estimate.location, last]).reshaped([p + 2, p]), [])
    case "min_cov_det":
      let (fraction, seed) = (try o.optionalNumber("support_fraction"), try o.seed("random_state"))
      try o.finish(name)
      let r: RobustCovariance
      do {
        r = try Covariance.minimumDeterminant(try array(0), supportFraction: fraction, seed: seed)
      } catch let error as ApusError {
        throw error
      } catch {
        throw .internalError(reason: "\(error)")
      }
      let p = r.location.count
      return (
        try stack([r.covariance, r.location, r.rawCovariance, r.rawLocation]).reshaped([2 * p + 2, p]), r.warnings
      )
    case "mahalanobis":
      try o.finish(name)
      return (try Covariance.mahalanobis(try array(0), location: try array(1), covariance: try array(2)), [])
    case "adjust_p_values":
      let method: MultipleTestingMethod = try o.choice("method", .benjaminiHochberg)
      try o.finish(name)
      return (try HypothesisTests.adjustPValues(try array(0), method: method), [])
    case "tukey_hsd":
      let (confidence, missing) = (try o.number("confidence_level", 0.95), try nanPolicy(&o))
      try o.finish(name)
      let rows = try HypothesisTests.tukeyHSD(arrays, confidence: confidence, missing: missing)
      return (
        try NDArray(
          rows: rows.map {
            [
              Double($0.first), Double($0.second), $0.difference, $0.statistic, $0.pValue, $0.confidenceInterval.lower,
              $0.confidenceInterval.upper,
            ]
          }), []
      )
    case "anova_two_way":
      let missing = try nanPolicy(&o)
      try o.finish(name)
      let rows = try HypothesisTests.anovaTwoWay(
        try array(0), factorA: try array(1), factorB: try array(2), missing: missing)
      return (
        try NDArray(
          rows: rows.map {
            [$0.sumOfSquares, $0.degreesOfFreedom, $0.f, $0.pValue, $0.logPValue, $0.partialEtaSquared]
          }), []
      )
    case "expected_freq":
      try o.finish(name)
      return (try HypothesisTests.chiSquaredIndependence(try array(0)).expected, [])
    case "autocorrelation":
      let lags = try o.integer("nlags", 1)
      try o.finish(name)
      return (try Correlation.autocorrelation(try array(0), lags: lags), [])
    case "ttest_1samp_columns", "ttest_ind_columns":
      let alternative: Alternative = try o.choice("alternative", .twoSided)
      let result: ColumnTestResult
      if name == "ttest_1samp_columns" {
        let mean = try o.number("popmean", 0)
        try o.finish(name)
        result = try HypothesisTests.tTestOneSampleColumns(try array(0), mean: mean, alternative: alternative)
      } else {
        let equal = try o.flag("equal_var", true)
        try o.finish(name)
        result = try HypothesisTests.tTestIndependentColumns(
          try array(0), try array(1), equalVariances: equal, alternative: alternative)
      }
      return (result.table, [])
    case "shrink":
      let shrinkage = try o.number("shrinkage", 0.1)
      try o.finish(name)
      return (try Covariance.shrink(try array(0), shrinkage: shrinkage), [])
    case let name where PowerCatalogue.names.contains(name): return (try PowerCatalogue.run(name, &o), [])
    case let name where MultivariateCatalogue.names.contains(name):
      return (try MultivariateCatalogue.run(name, array, optional, &o), [])
    case "moment":
      let kind = try DistributionKind(name: try o.text("distribution", ""))
      let order = try o.integer("order", 1)
      try o.finish(name)
      let frozen = try Distribution(kind, try array(0).converted(to: .float64, name: "parameters").elements())
      return (try NDArray([try frozen.rawMoment(order)], shape: []), [])
    case "kl_divergence":
      let kind = try DistributionKind(name: try o.text("distribution", ""))
      try o.finish(name)
      let first = try Distribution(kind, try array(0).converted(to: .float64, name: "p").elements())
      let second = try Distribution(kind, try array(1).converted(to: .float64, name: "q").elements())
      return (try NDArray([try first.kullbackLeiblerDivergence(to: second)], shape: []), [])
    default:
      throw .invalidArgument(
        name: "name", reason: "'\(name)' is unknown, allowed are \(names.joined(separator: ", "))")
    }
  }

  private static func nanPolicy(_ o: inout StatisticsOptions) throws(ApusError) -> MissingPolicy {
    try o.choice("nan_policy", .propagate)
  }

  /// The elements of several float64 arrays one after the other.
  private static func stack(_ parts: [NDArray]) throws(ApusError) -> NDArray {
    let total = parts.reduce(0) { $0 + $1.count }
    let result = try NDArray(uninitialized: [total], dtype: .float64)
    var position = result.pointer(Double.self)
    for part in parts {
      let source = try part.contiguous()
      position.update(from: source.pointer(Double.self), count: source.count)
      position += source.count
    }
    return result
  }
}
