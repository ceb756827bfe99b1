import ApusNumerics
import RealModule

/// How a bootstrap interval is formed.
public enum BootstrapMethod: String, CaseIterable, Sendable {
  case percentile, basic
  /// Bias-corrected and accelerated (B. Efron, JASA 82 (1987) 171–185).
  case bca = "BCa"
}

extension HypothesisTests {
  /// A bootstrap estimate of a statistic: standard error and confidence interval, and the p-value of the hypothesis that it is
  /// `null`, by inverting the percentile interval.
  ///
  /// - Parameter y: the second sample of a statistic of two; resampled with `x` for `pearson`, by itself otherwise.
  public static func bootstrap(
    _ x: NDArray, _ y: NDArray? = nil, statistic: ResamplingStatistic = .mean, null: Double = 0,
    resamples: Int = 9999, method: BootstrapMethod = .bca, alternative: Alternative = .twoSided,
    confidence: Double = 0.95, seed: UInt64 = 0, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    guard (y == nil) == (statistic.sampleCount == 1) else {
      throw .invalidArgument(
        name: "statistic",
        reason: "'\(statistic.rawValue)' needs \(statistic.sampleCount) samples, got \(y == nil ? 1 : 2)")
    }
    return try ResampleRun.typed {
      try bootstrap(
        y.map { [x, $0] } ?? [x], statistic: ResamplingFunction(statistic), isPaired: statistic == .pearson, null: null,
        resamples: resamples, method: method, alternative: alternative, confidence: confidence, seed: seed,
        missing: missing)
    }
  }

  /// As the bootstrap above for any statistic of one or more samples. Resample k draws from random stream k of the seed.
  ///
  /// - Parameters:
  ///   - isPaired: observations are drawn with their values in all samples, which must be of one length; otherwise every sample is
  ///     resampled by itself.
  ///   - resamples: 1…100,000,000. Those for which the statistic is NaN are left out, with a warning.
  /// - Complexity: O(resamples) evaluations; `bca` adds one for every observation.
  public static func bootstrap(
    _ samples: [NDArray], statistic: ResamplingFunction, isPaired: Bool = false, null: Double = 0,
    resamples: Int = 9999, method: BootstrapMethod = .bca, alternative: Alternative = .twoSided,
    confidence: Double = 0.95, seed: UInt64 = 0, missing: MissingPolicy = .propagate
  ) throws -> TestResult {
    try ResampleRun.requireResamples(resamples)
    try requireConfidence(confidence)
    guard samples.count >= 1 else {
      throw ApusError.invalidArgument(name: "samples", reason: "0 given, at least 1 is needed")
    }
    let names = samples.count <= 2 ? ["x", "y"] : samples.indices.map { "sample \($0)" }
    var checked: [Sample] = []
    if isPaired && samples.count > 1 {
      checked = try Sample.rows(samples, names: names, missing: missing, atLeast: 3)
    } else {
      for (sample, name) in zip(samples, names) {
        checked.append(try Sample(sample, name: name, missing: missing, atLeast: 2))
      }
    }
    if checked.contains(where: \.hasMissing) { return .undefined }
    let run = try ResampleRun(checked, statistic)
    let observed = try run.observed()
    if observed.isNaN { return .undefined("statistic: not defined for the samples themselves") }
    let all = try resampled(run, isPaired, resamples, seed)
    let (count, warnings) = ResampleRun.defined(all)
    guard count > 0 else { return .undefined("statistic: not defined for any resample") }
    var values = UnsafeMutableBufferPointer(start: all.pointer, count: count)
    values.sort()
    let sorted = UnsafeBufferPointer(values)
    let moments = SampleMoments(sorted)
    var shares = (lower: alternative == .twoSided ? (1 - confidence) / 2 : 1 - confidence, upper: 0.0)
    shares.upper = 1 - shares.lower
    if method == .bca { shares = try accelerated(shares, run, isPaired, observed, sorted) }
    var interval = (lower: quantile(sorted, shares.lower), upper: quantile(sorted, shares.upper))
    if method == .basic {
      interval = (2 * observed - interval.upper, 2 * observed - interval.lower)
    }
    var (below, above) = (1.0, 1.0)
    for value in sorted {
      if value <= null { below += 1 }
      if value >= null { above += 1 }
    }
    let total = Double(count) + 1
    // A statistic above the null value speaks for "greater": few resamples fall below it.
    var result = TestResult(observed, PValue(exactTails: (above / total, below / total), alternative))
    (result.estimateName, result.estimate) = (statistic.name, observed)
    result.confidenceInterval = ConfidenceInterval(
      lower: alternative == .less ? -.infinity : interval.lower,
      upper: alternative == .greater ? .infinity : interval.upper, level: confidence)
    result.extras = [("standard_error", moments.standardDeviation()), ("bias", moments.mean - observed)]
    result.warnings = warnings
    if moments.isConstant { result.warnings.append("x: all resamples give the same value") }
    withExtendedLifetime(all) {}
    return result
  }

  private static func resampled(
    _ run: ResampleRun, _ isPaired: Bool, _ count: Int, _ seed: UInt64
  ) throws -> Buffer<Double> {
    let (pool, sizes) = (UnsafePointer(run.pool.pointer), run.sizes)
    return try run.evaluate(count: count, sizes: sizes) { k, resample in
      var stream = RandomStream(seed: seed, index: UInt64(k))
      if isPaired {
        let n = sizes[0]
        for i in 0..<n {
          let j = stream.below(n)
          for sample in sizes.indices { resample[sample &* n &+ i] = pool[sample &* n &+ j] }
        }
        return
      }
      var start = 0
      for size in sizes {
        for i in 0..<size { resample[start &+ i] = pool[start &+ stream.below(size)] }
        start &+= size
      }
    }
  }

  /// Shares of the bootstrap distribution after bias correction and acceleration, the latter by the jackknife.
  private static func accelerated(
    _ shares: (lower: Double, upper: Double), _ run: ResampleRun, _ isPaired: Bool, _ observed: Double,
    _ sorted: UnsafeBufferPointer<Double>
  ) throws -> (lower: Double, upper: Double) {
    let pool = UnsafePointer(run.pool.pointer)
    var (cubes, squares) = (0.0, 0.0)
    for side in isPaired ? 0..<1 : run.sizes.indices {
      let size = run.sizes[side]
      // Every sample, or only this one, without the observation.
      let isShorter = run.sizes.indices.map { isPaired || $0 == side }
      let sizes = run.sizes.indices.map { isShorter[$0] ? run.sizes[$0] - 1 : run.sizes[$0] }
      let values = try run.evaluate(count: size, sizes: sizes) { left, resample in
        var (from, to) = (pool, resample)
        for sample in sizes.indices {
          let n = run.sizes[sample]
          let kept = isShorter[sample] ? left : n
          to.update(from: from, count: kept)
          if kept < n { (to + kept).update(from: from + (kept + 1), count: n - kept - 1) }
          (from, to) = (from + n, to + sizes[sample])
        }
      }
      let mean = values.elements.reduce(0, +) / Double(size)
      for i in 0..<size {
        let d = (mean - values[i]) * Double(size - 1) / Double(size)
        cubes += d * d * d
        squares += d * d
      }
    }
    let acceleration = squares > 0 ? cubes / (6 * squares * squares.squareRoot()) : 0
    var (below, equal) = (0.0, 0.0)
    for value in sorted {
      if value < observed { below += 1 } else if value == observed { equal += 1 }
    }
    let bias = SpecialFunctions.normalQuantile((below + equal / 2) / Double(sorted.count))
    if !bias.isFinite { return shares }
    func corrected(_ share: Double) -> Double {
      let z = bias + SpecialFunctions.normalQuantile(share)
      return SpecialFunctions.normalCDF(bias + z / (1 - acceleration * z))
    }
    return (corrected(shares.lower), corrected(shares.upper))
  }

  /// Linear interpolation between order statistics, as numpy's default.
  private static func quantile(_ sorted: UnsafeBufferPointer<Double>, _ share: Double) -> Double {
    if share.isNaN { return .nan }
    let place = Swift.min(1, Swift.max(0, share)) * Double(sorted.count - 1)
    let low = Int(place.rounded(.down))
    let high = Swift.min(low + 1, sorted.count - 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }
}
