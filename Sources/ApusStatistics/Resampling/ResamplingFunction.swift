import ApusNumerics

/// Resamples of one or more samples, one after the other: in each the values of the first sample, then those of the second, ….
public struct ResampleBatch {
  /// Owned by the caller of ``ResamplingFunction``, valid during the call; may be put in another order within a sample.
  public let values: UnsafeMutablePointer<Double>
  /// Number of resamples.
  public let count: Int
  /// Number of values of each sample.
  public let sizes: [Int]

  /// Values of one resample.
  public var width: Int { sizes.reduce(0, +) }

  /// The samples of the resample `index`.
  public func samples(_ index: Int) -> [UnsafeBufferPointer<Double>] {
    var start = UnsafePointer(values) + index * width
    return sizes.map { size in
      defer { start += size }
      return UnsafeBufferPointer(start: start, count: size)
    }
  }
}

/// A statistic of the caller's for permutation and bootstrap tests.
///
/// It must be a function of its samples alone: it is evaluated in any order, and on several threads at once unless told otherwise.
/// NaN says that it is not defined.
public struct ResamplingFunction: Sendable {
  /// Writes the statistic of every resample of a batch.
  public typealias Body = @Sendable (_ batch: ResampleBatch, _ out: UnsafeMutablePointer<Double>) throws -> Void

  let name: String
  let isParallel: Bool
  /// Resamples in one call, nil for the library's choice.
  let batchSize: Int?
  let body: Body

  /// - Parameter isParallel: false to call `statistic` on the calling thread only.
  public init(
    name: String = "statistic", isParallel: Bool = true,
    _ statistic: @escaping @Sendable (_ samples: [UnsafeBufferPointer<Double>]) throws -> Double
  ) {
    self.init(name: name, isParallel: isParallel) { batch, out in
      for k in 0..<batch.count { out[k] = try statistic(batch.samples(k)) }
    }
  }

  /// - Parameters:
  ///   - batchSize: resamples in one call at most; the result does not depend on it.
  ///   - body: evaluates whole batches, for statistics that gain from it.
  public init(
    name: String = "statistic", isParallel: Bool = true, batchSize: Int? = nil, batches body: @escaping Body
  ) {
    (self.name, self.isParallel, self.batchSize, self.body) = (name, isParallel, batchSize, body)
  }

  init(_ statistic: ResamplingStatistic) {
    self.init(name: statistic.rawValue) { batch, out in
      let (m, n) = (batch.sizes[0], batch.sizes.count > 1 ? batch.sizes[1] : 0)
      for k in 0..<batch.count {
        let start = batch.values + k &* (m &+ n)
        out[k] = statistic.evaluate(
          UnsafeMutableBufferPointer(start: start, count: m),
          n > 0 ? UnsafeMutableBufferPointer(start: start + m, count: n) : nil)
      }
    }
  }
}
