import ApusNumerics

/// The samples of a resampling test, and the evaluation of a statistic on resamples of them.
struct ResampleRun {
  let sizes: [Int]
  /// All values, the first sample's first.
  let pool: Buffer<Double>
  let statistic: ResamplingFunction

  /// Resamples that one call of the statistic gets.
  private static let batchSize = 64
  /// As many as that for a statistic that is called on one thread, where calls are dear.
  private static let serialBatchSize = 4096
  /// Doubles that a batch may hold.
  private static let batchCapacity = 1 << 21

  var width: Int { pool.count }

  init(_ samples: [Sample], _ statistic: ResamplingFunction) throws(ApusError) {
    sizes = samples.map(\.count)
    pool = try Buffer<Double>(count: sizes.reduce(0, +))
    var position = pool.pointer
    for sample in samples {
      for value in sample.values {
        position.pointee = value
        position += 1
      }
    }
    self.statistic = statistic
  }

  /// The statistic of the samples themselves.
  func observed() throws -> Double {
    let copy = try Buffer<Double>(count: width)
    copy.pointer.update(from: pool.pointer, count: width)
    var result = Double.nan
    try statistic.body(ResampleBatch(values: copy.pointer, count: 1, sizes: sizes), &result)
    withExtendedLifetime(copy) {}
    return result
  }

  /// The statistic of `count` resamples of `sizes` values.
  ///
  /// - Parameter fill: writes resample `k`; called for each, in any order, on several threads.
  func evaluate(
    count: Int, sizes: [Int], fill: (_ k: Int, _ resample: UnsafeMutablePointer<Double>) -> Void
  ) throws -> Buffer<Double> {
    let width = sizes.reduce(0, +)
    let values = try Buffer<Double>(count: count)
    let most = Swift.max(1, ResampleRun.batchCapacity / Swift.max(width, 1))
    let usual = statistic.isParallel ? ResampleRun.batchSize : ResampleRun.serialBatchSize
    let batch = Swift.max(1, Swift.min(most, statistic.batchSize ?? usual))
    let out = values.pointer
    if statistic.isParallel {
      try ThreadPool.parallelForThrowing(tasks: (count + batch - 1) / batch) { task in
        let (first, length) = (task * batch, Swift.min(batch, count - task * batch))
        let scratch = try Buffer<Double>(count: length * width)
        for k in 0..<length { fill(first + k, scratch.pointer + k * width) }
        try statistic.body(ResampleBatch(values: scratch.pointer, count: length, sizes: sizes), out + first)
        withExtendedLifetime(scratch) {}
      }
    } else {
      let scratch = try Buffer<Double>(count: Swift.min(batch, count) * width)
      let resamples = scratch.pointer
      for first in stride(from: 0, to: count, by: batch) {
        let length = Swift.min(batch, count - first)
        ThreadPool.parallelBlocks(count: length, blockSize: ResampleRun.batchSize) { range in
          for k in range { fill(first + k, resamples + k * width) }
        }
        try statistic.body(ResampleBatch(values: resamples, count: length, sizes: sizes), out + first)
      }
      withExtendedLifetime(scratch) {}
    }
    return values
  }

  /// The values that are not NaN moved to the front; their number, and what to say when there are others.
  static func defined(_ values: Buffer<Double>) -> (count: Int, warnings: [String]) {
    var kept = 0
    for k in 0..<values.count where !values[k].isNaN {
      values[kept] = values[k]
      kept += 1
    }
    if kept == values.count { return (kept, []) }
    return (
      kept,
      ["statistic: not defined for \(values.count - kept) of \(values.count) resamples, which are left out"]
    )
  }

  /// Errors of the library as they are; others, which its own statistics do not have, as internal ones.
  static func typed(_ body: () throws -> TestResult) throws(ApusError) -> TestResult {
    do {
      return try body()
    } catch let error as ApusError {
      throw error
    } catch {
      throw .internalError(reason: "\(error)")
    }
  }

  static func requireResamples(_ resamples: Int) throws(ApusError) {
    guard (1...100_000_000).contains(resamples) else {
      throw .invalidArgument(name: "n_resamples", reason: "\(resamples) is not in 1...100000000")
    }
  }
}
