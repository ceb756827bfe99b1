import ApusNumerics

/// Every hypothesis test under the name scipy.stats or statsmodels gives it, with options by name: what the C interface and Python
/// call.
public enum TestCatalogue {
  public static let names = [
    "ztest", "ttest_1samp", "ttest_ind", "ttest_rel", "proportions_ztest", "chisquare", "chi2_contingency", "mcnemar",
    "fisher_exact", "binomtest", "f_oneway", "anova_welch", "f_test", "bartlett", "levene", "mannwhitneyu", "wilcoxon",
    "kruskal", "friedmanchisquare", "ks_1samp", "ks_2samp", "shapiro", "anderson", "jarque_bera", "normaltest",
    "pearsonr", "weighted_pearsonr", "partial_corr", "pointbiserialr", "spearmanr", "kendalltau", "permutation_test",
    "bootstrap",
  ]

  /// Runs the test `name`.
  ///
  /// - Parameters:
  ///   - samples: the arrays in the test's order.
  ///   - options: `alternative`, `nan_policy`, `confidence_level` where they apply, and each test's own, under scipy's names.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an unknown name or option.
  public static func run(
    _ name: String, _ samples: [NDArray], options: [String: StatisticsOption] = [:]
  ) throws(ApusError) -> TestResult {
    var o = StatisticsOptions(options)
    let call = try prepare(name, samples, &o)
    try o.finish(name)
    return try call()
  }

  private typealias Call = () throws(ApusError) -> TestResult

  private static func prepare(
    _ name: String, _ s: [NDArray], _ o: inout StatisticsOptions
  ) throws(ApusError) -> Call {
    typealias T = HypothesisTests
    func need(_ allowed: ClosedRange<Int>) throws(ApusError) {
      guard allowed.contains(s.count) else {
        throw .invalidArgument(
          name: "samples",
          reason:
            "\(name) takes \(allowed.lowerBound)\(allowed.count > 1 ? "…\(allowed.upperBound)" : ""), got \(s.count)")
      }
    }
    func alternative() throws(ApusError) -> Alternative { try o.choice("alternative", .twoSided) }
    func missing() throws(ApusError) -> MissingPolicy { try o.choice("nan_policy", .propagate) }
    func confidence() throws(ApusError) -> Double { try o.number("confidence_level", 0.95) }
    func whole(_ array: NDArray, _ name: String) throws(ApusError) -> [Int] {
      let values: [Int64] = try array.converted(to: .int64, name: name).elements()
      return values.map(Int.init)
    }

    switch name {
    case "ztest":
      try need(1...2)
      let (mean, sigma) = (try o.number("value", 0), try o.optionalNumber("sigma"))
      let (a, c, m) = (try alternative(), try confidence(), try missing())
      return { () throws(ApusError) in
        try T.zTest(
          s[0], s.count > 1 ? s[1] : nil, mean: mean, standardDeviation: sigma, alternative: a, confidence: c,
          missing: m)
      }
    case "ttest_1samp":
      try need(1...1)
      let (mean, a, c, m) = (try o.number("popmean", 0), try alternative(), try confidence(), try missing())
      return { () throws(ApusError) in
        try T.tTestOneSample(s[0], mean: mean, alternative: a, confidence: c, missing: m)
      }
    case "ttest_ind":
      try need(2...2)
      let (equal, a, c, m) = (try o.flag("equal_var", true), try alternative(), try confidence(), try missing())
      return { () throws(ApusError) in
        try T.tTestIndependent(s[0], s[1], equalVariances: equal, alternative: a, confidence: c, missing: m)
      }
    case "ttest_rel":
      try need(2...2)
      let (a, c, m) = (try alternative(), try confidence(), try missing())
      return { () throws(ApusError) in try T.tTestPaired(s[0], s[1], alternative: a, confidence: c, missing: m) }
    case "proportions_ztest":
      try need(2...2)
      let (value, a, c) = (try o.number("value", 0.5), try alternative(), try confidence())
      return { () throws(ApusError) in
        try T.proportionsTest(
          successes: try whole(s[0], "count"), trials: try whole(s[1], "nobs"), value: value, alternative: a,
          confidence: c)
      }
    case "chisquare":
      try need(1...2)
      let (ddof, c) = (try o.integer("ddof", 0), try o.optionalNumber("confidence_level"))
      return { () throws(ApusError) in
        try T.chiSquaredGoodnessOfFit(s[0], expected: s.count > 1 ? s[1] : nil, ddof: ddof, confidence: c)
      }
    case "chi2_contingency":
      try need(1...1)
      let (correction, c) = (try o.flag("correction", true), try o.optionalNumber("confidence_level"))
      return { () throws(ApusError) in
        try T.chiSquaredIndependence(s[0], correction: correction, confidence: c).result
      }
    case "mcnemar":
      try need(1...1)
      let (exact, correction, c) = (try o.flag("exact", true), try o.flag("correction", true), try confidence())
      return { () throws(ApusError) in try T.mcNemar(s[0], exact: exact, correction: correction, confidence: c) }
    case "fisher_exact":
      try need(1...1)
      let (a, c) = (try alternative(), try confidence())
      return { () throws(ApusError) in try T.fisherExact(s[0], alternative: a, confidence: c) }
    case "binomtest":
      try need(0...0)
      let (k, n, p) = (try o.integer("k", -1), try o.integer("n", 0), try o.number("p", 0.5))
      let (a, c) = (try alternative(), try confidence())
      let method: ProportionInterval = try o.choice("method", .exact)
      return { () throws(ApusError) in
        try T.binomialTest(
          successes: k, trials: n, probability: p, alternative: a, confidence: c, interval: method)
      }
    case "f_oneway":
      let (c, m) = (try o.optionalNumber("confidence_level"), try missing())
      return { () throws(ApusError) in try T.anovaOneWay(s, confidence: c, missing: m) }
    case "anova_welch":
      let m = try missing()
      return { () throws(ApusError) in try T.anovaWelch(s, missing: m) }
    case "f_test":
      try need(2...2)
      let (a, c, m) = (try alternative(), try confidence(), try missing())
      return { () throws(ApusError) in try T.fTestVariances(s[0], s[1], alternative: a, confidence: c, missing: m) }
    case "bartlett":
      let m = try missing()
      return { () throws(ApusError) in try T.bartlett(s, missing: m) }
    case "levene":
      let center: HypothesisTests.LeveneCenter = try o.choice("center", .median)
      let (cut, m) = (try o.number("proportiontocut", 0.05), try missing())
      let c = try o.optionalNumber("confidence_level")
      return { () throws(ApusError) in
        try T.levene(s, center: center, proportionToCut: cut, confidence: c, missing: m)
      }
    case "mannwhitneyu":
      try need(2...2)
      let method: RankTestMethod = try o.choice("method", .auto)
      let (continuity, a, m) = (try o.flag("use_continuity", true), try alternative(), try missing())
      let c = try o.optionalNumber("confidence_level")
      return { () throws(ApusError) in
        try T.mannWhitneyU(
          s[0], s[1], alternative: a, method: method, continuity: continuity, confidence: c, missing: m)
      }
    case "wilcoxon":
      try need(1...2)
      let zero: HypothesisTests.ZeroMethod = try o.choice("zero_method", .wilcox)
      let method: RankTestMethod = try o.choice("method", .auto)
      let (correction, a, m) = (try o.flag("correction", false), try alternative(), try missing())
      let c = try o.optionalNumber("confidence_level")
      return { () throws(ApusError) in
        try T.wilcoxonSignedRank(
          s[0], s.count > 1 ? s[1] : nil, zeroMethod: zero, alternative: a, method: method, correction: correction,
          confidence: c, missing: m)
      }
    case "kruskal":
      let (c, m) = (try o.optionalNumber("confidence_level"), try missing())
      return { () throws(ApusError) in try T.kruskalWallis(s, confidence: c, missing: m) }
    case "friedmanchisquare":
      let (c, m) = (try o.optionalNumber("confidence_level"), try missing())
      return { () throws(ApusError) in try T.friedman(s, confidence: c, missing: m) }
    case "ks_1samp":
      // The distribution's parameters are the second array.
      try need(1...2)
      let kind = try DistributionKind(name: try o.text("cdf", "norm"))
      let method: KolmogorovMethod = try o.choice("method", .auto)
      let (a, m) = (try alternative(), try missing())
      return { () throws(ApusError) in
        let parameters: [Double] = s.count > 1 ? try s[1].converted(to: .float64, name: "args").elements() : []
        return try T.kolmogorovSmirnov(
          s[0], try Distribution(kind, parameters), alternative: a, method: method, missing: m)
      }
    case "ks_2samp":
      try need(2...2)
      let method: KolmogorovMethod = try o.choice("method", .auto)
      let (a, m) = (try alternative(), try missing())
      return { () throws(ApusError) in
        try T.kolmogorovSmirnovTwoSample(s[0], s[1], alternative: a, method: method, missing: m)
      }
    case "shapiro", "anderson", "jarque_bera", "normaltest":
      try need(1...1)
      let m = try missing()
      switch name {
      case "shapiro": return { () throws(ApusError) in try T.shapiroWilk(s[0], missing: m) }
      case "anderson": return { () throws(ApusError) in try T.andersonDarling(s[0], missing: m) }
      case "jarque_bera": return { () throws(ApusError) in try T.jarqueBera(s[0], missing: m) }
      default: return { () throws(ApusError) in try T.dagostinoPearson(s[0], missing: m) }
      }
    case "pearsonr", "pointbiserialr", "spearmanr":
      try need(2...2)
      let (a, c, m) = (try alternative(), try confidence(), try missing())
      switch name {
      case "pearsonr":
        return { () throws(ApusError) in try Correlation.pearson(s[0], s[1], alternative: a, confidence: c, missing: m)
        }
      case "spearmanr":
        return { () throws(ApusError) in try Correlation.spearman(s[0], s[1], alternative: a, confidence: c, missing: m)
        }
      default:
        return { () throws(ApusError) in
          try Correlation.pointBiserial(s[0], s[1], alternative: a, confidence: c, missing: m)
        }
      }
    case "weighted_pearsonr", "partial_corr":
      try need(3...3)
      let (a, c, m) = (try alternative(), try confidence(), try missing())
      if name == "partial_corr" {
        return { () throws(ApusError) in
          try Correlation.partial(s[0], s[1], controls: s[2], alternative: a, confidence: c, missing: m)
        }
      }
      return { () throws(ApusError) in
        try Correlation.weightedPearson(s[0], s[1], weights: s[2], alternative: a, confidence: c, missing: m)
      }
    case "kendalltau":
      try need(2...2)
      let method: RankTestMethod = try o.choice("method", .auto)
      let (a, c, m) = (try alternative(), try confidence(), try missing())
      return { () throws(ApusError) in
        try Correlation.kendall(s[0], s[1], alternative: a, method: method, confidence: c, missing: m)
      }
    case "permutation_test":
      try need(2...2)
      let statistic: ResamplingStatistic = try o.choice("statistic", .meanDifference)
      guard statistic.sampleCount == 2 else {
        throw .invalidArgument(
          name: "statistic", reason: "'\(statistic.rawValue)' is of one sample, the permutation test needs two")
      }
      return try permutationTest(
        s, ResamplingFunction(statistic), kind: statistic == .pearson ? .pairings : .independent, &o)
    case "bootstrap":
      try need(1...2)
      let statistic: ResamplingStatistic = try o.choice("statistic", .mean)
      guard statistic.sampleCount == s.count else {
        throw .invalidArgument(
          name: "statistic",
          reason: "'\(statistic.rawValue)' needs \(statistic.sampleCount) samples, got \(s.count)")
      }
      return try bootstrap(s, ResamplingFunction(statistic), isPaired: statistic == .pearson, &o)
    default:
      throw .invalidArgument(name: "test", reason: "'\(name)' is unknown, allowed are \(names.joined(separator: ", "))")
    }
  }

  /// Names of the tests that ``resample(_:_:statistic:options:)`` runs.
  public static let resamplingNames = ["permutation_test", "bootstrap"]

  /// Runs the resampling test `name` with a statistic of the caller's.
  ///
  /// - Parameter options: those of the test, and `parallel` (whether the statistic may be called on several threads at once) and
  ///   `batch` (resamples in one call at most).
  public static func resample(
    _ name: String, _ samples: [NDArray], statistic: ResamplingFunction,
    options: [String: StatisticsOption] = [:]
  ) throws(ApusError) -> TestResult {
    var o = StatisticsOptions(options)
    guard resamplingNames.contains(name) else {
      throw .invalidArgument(
        name: "test", reason: "'\(name)' is unknown, allowed are \(resamplingNames.joined(separator: ", "))")
    }
    let isParallel = try o.flag("parallel", statistic.isParallel)
    let batch = try o.integer("batch", statistic.batchSize ?? 0)
    guard batch >= 0 else { throw .invalidArgument(name: "batch", reason: "\(batch) is below 0") }
    let function = ResamplingFunction(
      name: statistic.name, isParallel: isParallel, batchSize: batch == 0 ? nil : batch, batches: statistic.body)
    let call =
      try name == "bootstrap"
      ? bootstrap(samples, function, isPaired: false, &o)
      : permutationTest(samples, function, kind: .independent, &o)
    try o.finish(name)
    return try call()
  }

  private static func permutationTest(
    _ samples: [NDArray], _ statistic: ResamplingFunction, kind: PermutationKind, _ o: inout StatisticsOptions
  ) throws(ApusError) -> Call {
    let kind: PermutationKind = try o.choice("permutation_type", kind)
    let (resamples, seed) = (try o.integer("n_resamples", 9999), try o.seed("seed"))
    let alternative: Alternative = try o.choice("alternative", .twoSided)
    let missing: MissingPolicy = try o.choice("nan_policy", .propagate)
    return { () throws(ApusError) in
      try ResampleRun.typed {
        try HypothesisTests.permutationTest(
          samples, statistic: statistic, kind: kind, resamples: resamples, alternative: alternative, seed: seed,
          missing: missing)
      }
    }
  }

  private static func bootstrap(
    _ samples: [NDArray], _ statistic: ResamplingFunction, isPaired: Bool, _ o: inout StatisticsOptions
  ) throws(ApusError) -> Call {
    let isPaired = try o.flag("paired", isPaired)
    let method: BootstrapMethod = try o.choice("method", .bca)
    let (null, resamples, seed) = (
      try o.number("null", 0), try o.integer("n_resamples", 9999), try o.seed("seed")
    )
    let alternative: Alternative = try o.choice("alternative", .twoSided)
    let confidence = try o.number("confidence_level", 0.95)
    let missing: MissingPolicy = try o.choice("nan_policy", .propagate)
    return { () throws(ApusError) in
      try ResampleRun.typed {
        try HypothesisTests.bootstrap(
          samples, statistic: statistic, isPaired: isPaired, null: null, resamples: resamples, method: method,
          alternative: alternative, confidence: confidence, seed: seed, missing: missing)
      }
    }
  }
}
