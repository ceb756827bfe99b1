import ApusNumerics
import RealModule

/// A statistic of one or two samples for permutation and bootstrap tests.
public enum ResamplingStatistic: String, CaseIterable, Sendable {
  /// Of one sample.
  case mean, median
  case standardDeviation = "std"
  case variance = "var"
  /// Of two samples.
  case meanDifference = "mean_difference"
  case medianDifference = "median_difference"
  case tStatistic = "t"
  case varianceRatio = "variance_ratio"
  /// Of pairs.
  case pearson

  var sampleCount: Int {
    switch self {
    case .mean, .median, .standardDeviation, .variance: return 1
    default: return 2
    }
  }

  /// Evaluates on scratch memory, whose order it may change.
  func evaluate(_ x: UnsafeMutableBufferPointer<Double>, _ y: UnsafeMutableBufferPointer<Double>?) -> Double {
    let (a, b) = (Summary(x), y.map(Summary.init))
    switch self {
    case .mean: return a.mean
    case .median: return Self.median(x)
    case .standardDeviation: return (a.squares / (a.count - 1)).squareRoot()
    case .variance: return a.squares / (a.count - 1)
    case .meanDifference: return a.mean - (b?.mean ?? .nan)
    case .medianDifference: return Self.median(x) - (y.map(Self.median) ?? .nan)
    case .tStatistic:
      guard let b else { return .nan }
      let pooled = (a.squares + b.squares) / (a.count + b.count - 2)
      return (a.mean - b.mean) / (pooled * (1 / a.count + 1 / b.count)).squareRoot()
    case .varianceRatio:
      guard let b else { return .nan }
      return a.squares / (a.count - 1) / (b.squares / (b.count - 1))
    case .pearson:
      guard let y, let b else { return .nan }
      var sum = 0.0
      for i in 0..<x.count { sum += (x[i] - a.mean) * (y[i] - b.mean) }
      return sum / (a.squares * b.squares).squareRoot()
    }
  }

  private struct Summary {
    let count: Double
    var mean = 0.0
    var squares = 0.0
    init(_ x: UnsafeMutableBufferPointer<Double>) {
      count = Double(x.count)
      for value in x { mean += value }
      mean /= count
      for value in x { squares += (value - mean) * (value - mean) }
    }
  }

  private static func median(_ x: UnsafeMutableBufferPointer<Double>) -> Double {
    var x = x
    x.sort()
    return 0.5 * (x[(x.count - 1) / 2] + x[x.count / 2])
  }
}

/// How a bootstrap interval is formed.
public enum BootstrapMethod: String, CaseIterable, Sendable {
  case percentile, basic
  /// Bias-corrected and accelerated (B. Efron, JASA 82 (1987) 171–185).
  case bca = "BCa"
}

/// Permutation and bootstrap tests. Resample k draws from random stream k of the seed: the result is the same for every
/// number of threads.
extension HypothesisTests {
  /// A permutation test of two samples.
  ///
  /// - Parameters:
  ///   - statistic: of two samples; for `pearson` the second sample is permuted against the first, else the values are dealt
  ///     anew to both. The enumeration is complete when there are no more than `resamples` ways to deal.
  ///   - resamples: random permutations, 1…100,000,000.
  /// - Returns: p = (k + 1) / (resamples + 1) with k resamples at least as extreme (k / all for a complete enumeration);
  ///   two-sided: twice the smaller side.
  public static func permutationTest(
    _ x: NDArray, _ y: NDArray, statistic: ResamplingStatistic = .meanDifference, resamples: Int = 9999,
    alternative: Alternative = .twoSided, seed: UInt64 = 0, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try requireResamples(resamples)
    guard statistic.sampleCount == 2 else {
      throw .invalidArgument(
        name: "statistic", reason: "'\(statistic.rawValue)' is of one sample, the permutation test needs two")
    }
    let (a, b): (Sample, Sample)
    if statistic == .pearson {
      (a, b) = try Sample.pairs(x, y, missing: missing, atLeast: 2)
    } else {
      (a, b) = (
        try Sample(x, name: "x", missing: missing, atLeast: 2), try Sample(y, name: "y", missing: missing, atLeast: 2)
      )
    }
    if a.hasMissing || b.hasMissing { return .undefined }
    let (m, n) = (a.count, b.count)
    let pool = try Buffer<Double>(count: m + n)
    for i in 0..<m { pool[i] = a.values[i] }
    for i in 0..<n { pool[m + i] = b.values[i] }
    func value(_ p: UnsafeMutablePointer<Double>) -> Double {
      statistic.evaluate(
        UnsafeMutableBufferPointer(start: p, count: m), UnsafeMutableBufferPointer(start: p + m, count: n))
    }
    let copy = try Buffer<Double>(count: m + n)
    copy.pointer.update(from: pool.pointer, count: m + n)
    let observed = value(copy.pointer)
    let ways = statistic == .pearson ? Double.infinity : waysToDeal(m, n)
    let isComplete = ways <= Double(resamples)
    let count = isComplete ? Int(ways) : resamples
    let values = try Buffer<Double>(count: count)
    if isComplete {
      try enumerateDeals(pool, m, n) { k, p in values[k] = value(p) }
    } else {
      try resample(count, width: m + n, seed: seed) { k, stream, scratch in
        scratch.update(from: pool.pointer, count: m + n)
        if statistic == .pearson {
          stream.shuffle(scratch + m, count: n)
        } else {
          stream.shuffle(scratch, count: m + n)
        }
        values[k] = value(scratch)
      }
    }
    // Permutations that differ only by rounding count as equal.
    let slack = 1e-14 * observed.magnitude
    var (below, above) = (0.0, 0.0)
    for k in 0..<count {
      if values[k] <= observed + slack { below += 1 }
      if values[k] >= observed - slack { above += 1 }
    }
    let extra = isComplete ? 0.0 : 1.0
    let total = Double(count) + extra
    var result = TestResult(
      observed, PValue(exactTails: ((below + extra) / total, (above + extra) / total), alternative))
    (result.estimateName, result.estimate) = (statistic.rawValue, observed)
    result.extras = [("resamples", Double(count))]
    return result
  }

  /// A bootstrap estimate of a statistic: standard error and confidence interval, and the p-value of the hypothesis that it is
  /// `null`, by inverting the percentile interval.
  ///
  /// - Parameter y: the second sample of a statistic of two; resampled with `x` for `pearson`, by itself otherwise.
  public static func bootstrap(
    _ x: NDArray, _ y: NDArray? = nil, statistic: ResamplingStatistic = .mean, null: Double = 0,
    resamples: Int = 9999, method: BootstrapMethod = .bca, alternative: Alternative = .twoSided,
    confidence: Double = 0.95, seed: UInt64 = 0, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try requireResamples(resamples)
    try requireConfidence(confidence)
    guard (y == nil) == (statistic.sampleCount == 1) else {
      throw .invalidArgument(
        name: "statistic",
        reason: "'\(statistic.rawValue)' needs \(statistic.sampleCount) samples, got \(y == nil ? 1 : 2)")
    }
    let a: Sample
    var b: Sample?
    if let y, statistic == .pearson {
      let (first, second) = try Sample.pairs(x, y, missing: missing, atLeast: 3)
      (a, b) = (first, second)
    } else {
      a = try Sample(x, name: "x", missing: missing, atLeast: 2)
      if let y { b = try Sample(y, name: "y", missing: missing, atLeast: 2) }
    }
    if a.hasMissing || b?.hasMissing == true { return .undefined }
    let (m, n) = (a.count, b?.count ?? 0)
    func evaluate(_ p: UnsafeMutablePointer<Double>, _ m: Int, _ n: Int) -> Double {
      statistic.evaluate(
        UnsafeMutableBufferPointer(start: p, count: m),
        b == nil ? nil : UnsafeMutableBufferPointer(start: p + m, count: n))
    }
    let all = try Buffer<Double>(count: m + n)
    for i in 0..<m { all[i] = a.values[i] }
    for i in 0..<n { all[m + i] = b?.values[i] ?? 0 }
    let observed = evaluate(all.pointer, m, n)
    let values = try Buffer<Double>(count: resamples)
    try resample(resamples, width: m + n, seed: seed) { k, stream, scratch in
      for i in 0..<m {
        let j = stream.below(m)
        scratch[i] = a.values[j]
        if statistic == .pearson { scratch[m + i] = b?.values[j] ?? 0 }
      }
      if statistic != .pearson { for i in 0..<n { scratch[m + i] = b?.values[stream.below(n)] ?? 0 } }
      values[k] = evaluate(scratch, m, n)
    }
    var elements = values.elements
    elements.sort()
    let moments = SampleMoments(UnsafeBufferPointer(elements))
    var shares = (lower: alternative == .twoSided ? (1 - confidence) / 2 : 1 - confidence, upper: 0.0)
    shares.upper = 1 - shares.lower
    if method == .bca {
      shares = try accelerated(shares, a, b, statistic, observed, values, evaluate)
    }
    var interval = (lower: quantile(values, shares.lower), upper: quantile(values, shares.upper))
    if method == .basic {
      interval = (2 * observed - interval.upper, 2 * observed - interval.lower)
    }
    var (below, above) = (1.0, 1.0)
    for k in 0..<resamples {
      if values[k] <= null { below += 1 }
      if values[k] >= null { above += 1 }
    }
    let total = Double(resamples) + 1
    // A statistic above the null value speaks for "greater": few resamples fall below it.
    var result = TestResult(
      observed, PValue(exactTails: (above / total, below / total), alternative))
    (result.estimateName, result.estimate) = (statistic.rawValue, observed)
    result.confidenceInterval = ConfidenceInterval(
      lower: alternative == .less ? -.infinity : interval.lower,
      upper: alternative == .greater ? .infinity : interval.upper, level: confidence)
    result.extras = [("standard_error", moments.standardDeviation()), ("bias", moments.mean - observed)]
    if moments.isConstant { result.warnings.append("x: all resamples give the same value") }
    return result
  }

  /// Shares of the bootstrap distribution after bias correction and acceleration, the latter by the jackknife.
  private static func accelerated(
    _ shares: (lower: Double, upper: Double), _ a: Sample, _ b: Sample?, _ statistic: ResamplingStatistic,
    _ observed: Double, _ sorted: Buffer<Double>,
    _ evaluate: (UnsafeMutablePointer<Double>, Int, Int) -> Double
  ) throws(ApusError) -> (lower: Double, upper: Double) {
    let (m, n) = (a.count, b?.count ?? 0)
    let isPaired = statistic == .pearson
    let scratch = try Buffer<Double>(count: m + n)
    var (cubes, squares) = (0.0, 0.0)
    for side in 0..<(b == nil || isPaired ? 1 : 2) {
      let size = side == 0 ? m : n
      let values = try Buffer<Double>(count: size)
      for left in 0..<size {
        var k = 0
        for i in 0..<m where side == 1 || i != left {
          scratch[k] = a.values[i]
          k += 1
        }
        let first = k
        for i in 0..<n where !(isPaired && i == left) && !(side == 1 && i == left) {
          scratch[k] = b?.values[i] ?? 0
          k += 1
        }
        values[left] = evaluate(scratch.pointer, first, k - first)
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
    for value in sorted.elements {
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
  private static func quantile(_ sorted: Buffer<Double>, _ share: Double) -> Double {
    let place = Swift.min(1, Swift.max(0, share)) * Double(sorted.count - 1)
    let low = Int(place.rounded(.down))
    let high = Swift.min(low + 1, sorted.count - 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }

  private static func requireResamples(_ resamples: Int) throws(ApusError) {
    guard (1...100_000_000).contains(resamples) else {
      throw .invalidArgument(name: "n_resamples", reason: "\(resamples) is not in 1...100000000")
    }
  }

  /// Runs `body` for every resample in parallel, each with its own stream and `width` doubles of scratch.
  private static func resample(
    _ count: Int, width: Int, seed: UInt64,
    _ body: (Int, inout RandomStream, UnsafeMutablePointer<Double>) -> Void
  ) throws(ApusError) {
    let block = 64
    do {
      try ThreadPool.parallelForThrowing(tasks: (count + block - 1) / block) { task in
        let scratch = try Buffer<Double>(count: width)
        for k in task * block..<Swift.min(count, (task + 1) * block) {
          var stream = RandomStream(seed: seed, index: UInt64(k))
          body(k, &stream, scratch.pointer)
        }
      }
    } catch let error as ApusError {
      throw error
    } catch {
      throw .internalError(reason: "\(error)")
    }
  }

  private static func waysToDeal(_ m: Int, _ n: Int) -> Double {
    var ways = 1.0
    for i in 1...m { ways = (ways * Double(n + i) / Double(i)).rounded() }
    return ways
  }

  /// Calls `body` with every division of the pool into m and n values, in lexicographic order of the chosen positions.
  private static func enumerateDeals(
    _ pool: Buffer<Double>, _ m: Int, _ n: Int, _ body: (Int, UnsafeMutablePointer<Double>) -> Void
  ) throws(ApusError) {
    var chosen = Array(0..<m)
    let scratch = try Buffer<Double>(count: m + n)
    var k = 0
    while true {
      var (next, first, second) = (0, 0, m)
      for i in 0..<m + n {
        if next < m && chosen[next] == i {
          scratch[first] = pool[i]
          first += 1
          next += 1
        } else {
          scratch[second] = pool[i]
          second += 1
        }
      }
      body(k, scratch.pointer)
      k += 1
      var i = m - 1
      while i >= 0 && chosen[i] == n + i { i -= 1 }
      if i < 0 { return }
      chosen[i] += 1
      for j in i + 1..<Swift.max(m, i + 1) { chosen[j] = chosen[j - 1] + 1 }
    }
  }
}
