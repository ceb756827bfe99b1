import ApusNumerics
import RealModule

// Resample k draws from random stream k of the seed: results are the same for every number of threads.

extension HypothesisTests {
  /// A permutation test of two samples.
  ///
  /// - Parameters:
  ///   - statistic: of two samples; for `pearson` the second sample is permuted against the first, else the values are dealt
  ///     anew to both.
  ///   - resamples, and the result: as for the test of any statistic.
  public static func permutationTest(
    _ x: NDArray, _ y: NDArray, statistic: ResamplingStatistic = .meanDifference, resamples: Int = 9999,
    alternative: Alternative = .twoSided, seed: UInt64 = 0, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    guard statistic.sampleCount == 2 else {
      throw .invalidArgument(
        name: "statistic", reason: "'\(statistic.rawValue)' is of one sample, the permutation test needs two")
    }
    return try ResampleRun.typed {
      try permutationTest(
        [x, y], statistic: ResamplingFunction(statistic), kind: statistic == .pearson ? .pairings : .independent,
        resamples: resamples, alternative: alternative, seed: seed, missing: missing)
    }
  }

  /// A permutation test of any statistic of one or more samples.
  ///
  /// - Parameters:
  ///   - kind: what is permuted; for `samples` and `pairings` the samples must be of one length, and `omit` leaves out the
  ///     observations with NaN.
  ///   - resamples: random permutations, 1…100,000,000; all of them instead when there are no more than that.
  /// - Returns: p = (k + 1) / (resamples + 1) with k resamples at least as extreme (k / all for a complete enumeration);
  ///   two-sided: twice the smaller side.
  public static func permutationTest(
    _ samples: [NDArray], statistic: ResamplingFunction, kind: PermutationKind = .independent, resamples: Int = 9999,
    alternative: Alternative = .twoSided, seed: UInt64 = 0, missing: MissingPolicy = .propagate
  ) throws -> TestResult {
    try ResampleRun.requireResamples(resamples)
    let least = kind == .pairings ? 1 : 2
    guard samples.count >= least else {
      throw ApusError.invalidArgument(
        name: "samples", reason: "\(samples.count) given, permuting '\(kind.rawValue)' needs at least \(least)")
    }
    let names = samples.count == 2 ? ["x", "y"] : samples.indices.map { "sample \($0)" }
    var checked: [Sample] = []
    if kind == .independent {
      let atLeast = samples.count == 2 ? 2 : 1
      for (sample, name) in zip(samples, names) {
        checked.append(try Sample(sample, name: name, missing: missing, atLeast: atLeast))
      }
    } else {
      checked = try Sample.rows(samples, names: names, missing: missing, atLeast: 2)
    }
    if checked.contains(where: \.hasMissing) { return .undefined }
    let run = try ResampleRun(checked, statistic)
    let observed = try run.observed()
    if observed.isNaN { return .undefined("statistic: not defined for the samples themselves") }
    let ways = PermutationEnumeration.count(kind, run.sizes)
    let isComplete = ways <= Double(resamples)
    let values = isComplete ? try completed(run, kind, Int(ways)) : try drawn(run, kind, resamples, seed)
    let (count, warnings) = ResampleRun.defined(values)
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
    (result.estimateName, result.estimate) = (statistic.name, observed)
    result.extras = [("resamples", Double(count))]
    result.warnings = warnings
    return result
  }

  /// The statistic of all permutations: written in turn in batches, which are evaluated in parallel.
  private static func completed(
    _ run: ResampleRun, _ kind: PermutationKind, _ count: Int
  ) throws -> Buffer<Double> {
    let batch = Swift.min(count, Swift.max(1, (1 << 20) / run.width))
    let permuted = try Buffer<Double>(count: batch * run.width)
    let values = try Buffer<Double>(count: count)
    var enumeration = PermutationEnumeration(kind, run.sizes)
    for first in stride(from: 0, to: count, by: batch) {
      let length = Swift.min(batch, count - first)
      for k in 0..<length {
        enumeration.write(run.pool.pointer, permuted.pointer + k * run.width)
        enumeration.advance()
      }
      let source = permuted.pointer
      let part = try run.evaluate(count: length, sizes: run.sizes) { k, resample in
        resample.update(from: source + k * run.width, count: run.width)
      }
      (values.pointer + first).update(from: part.pointer, count: length)
      withExtendedLifetime(part) {}
    }
    withExtendedLifetime(permuted) {}
    return values
  }

  private static func drawn(
    _ run: ResampleRun, _ kind: PermutationKind, _ count: Int, _ seed: UInt64
  ) throws -> Buffer<Double> {
    let (pool, sizes, width) = (UnsafePointer(run.pool.pointer), run.sizes, run.width)
    return try run.evaluate(count: count, sizes: sizes) { k, resample in
      var stream = RandomStream(seed: seed, index: UInt64(k))
      resample.update(from: pool, count: width)
      switch kind {
      case .independent: stream.shuffle(resample, count: width)
      case .samples:
        // The values of an observation lie one sample apart: Fisher and Yates in place.
        let n = sizes[0]
        for i in 0..<n {
          var rest = sizes.count
          while rest > 1 {
            let j = stream.below(rest)
            rest -= 1
            let (u, v) = (resample + (rest * n + i), resample + (j * n + i))
            (u.pointee, v.pointee) = (v.pointee, u.pointee)
          }
        }
      case .pairings:
        let n = sizes[0]
        for sample in (sizes.count > 1 ? 1 : 0)..<sizes.count { stream.shuffle(resample + sample * n, count: n) }
      }
    }
  }
}
