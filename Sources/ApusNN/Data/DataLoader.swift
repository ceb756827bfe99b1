import ApusAutograd
import ApusNumerics

/// Batches of a data set, in PyTorch's order for the same seed.
///
/// Each epoch draws from the generator what `torch.utils.data.DataLoader` draws: one number for its workers, then what
/// the sampler draws.
public final class DataLoader: @unchecked Sendable {
  public let dataset: TensorDataset
  public let batchSize: Int
  public let shuffle: Bool
  public let dropLast: Bool
  /// Decides on the order; nil for the data's own.
  public let sampler: (any Sampler)?
  private let generator: Generator

  /// - Parameters:
  ///   - shuffle: whether a ``RandomSampler`` of `generator` decides on the order.
  ///   - sampler: decides on the order instead.
  ///   - dropLast: whether a last batch that is not full is left out.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a batch size below 1, or for a sampler beside `shuffle`.
  public init(
    _ dataset: TensorDataset, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil,
    dropLast: Bool = false, generator: Generator = .default
  ) throws {
    try BatchRanges.check(batchSize)
    guard sampler == nil || !shuffle else {
      throw ApusError.invalidArgument(name: "sampler", reason: "and shuffle exclude each other")
    }
    self.dataset = dataset
    self.batchSize = batchSize
    self.shuffle = shuffle
    self.dropLast = dropLast
    self.generator = generator
    self.sampler =
      shuffle
      ? try RandomSampler(population: dataset.count, generator: generator === Generator.default ? nil : generator)
      : sampler
  }

  private var ranges: BatchRanges {
    BatchRanges(samples: sampler?.count ?? dataset.count, batchSize: batchSize, dropLast: dropLast)
  }

  /// Batches of one epoch.
  public var batchCount: Int { ranges.count }

  /// Places of batch `index` in an epoch's order.
  func range(_ index: Int) -> Range<Int> { ranges.range(index) }

  /// Draws the next epoch's order; nil for the data's own.
  func drawOrder() throws -> Tensor? {
    _ = generator.drawSeed()
    guard let sampler else { return nil }
    let order = try sampler.indices().contiguous()
    guard order.dtype == .int64, order.shape == [sampler.count] else {
      throw ApusError.shapeMismatch(
        name: "sampler", reason: "gave \(order.dtype.name)\(order.shape), int64[\(sampler.count)] is needed")
    }
    let indices = order.array.raw(Int64.self)
    for place in 0..<order.count where indices[place] < 0 || indices[place] >= dataset.count {
      throw ApusError.invalidArgument(
        name: "sampler", reason: "index \(indices[place]) at place \(place) is not in 0..<\(dataset.count)")
    }
    return order
  }

  /// Batch `index` of an epoch.
  func batch(_ index: Int, order: Tensor?) throws -> [Tensor] {
    let range = range(index)
    guard let order else { return try dataset.slice(range) }
    return try dataset.gather(
      UnsafeBufferPointer(start: order.array.raw(Int64.self).advanced(by: range.lowerBound), count: range.count))
  }

  /// The next epoch.
  public func makeEpoch() throws -> Epoch { Epoch(loader: self, order: try drawOrder()) }

  /// Calls `body` with every batch of one epoch.
  public func forEachBatch(_ body: ([Tensor]) throws -> Void) throws {
    var epoch = try makeEpoch()
    while let batch = try epoch.next() { try body(batch) }
  }

  /// The batches of one epoch, one after the other.
  public struct Epoch: Sendable {
    let loader: DataLoader
    let order: Tensor?
    private var position = 0

    init(loader: DataLoader, order: Tensor?) {
      self.loader = loader
      self.order = order
    }

    /// The next batch, one tensor for each of the data set's; nil after the last.
    public mutating func next() throws -> [Tensor]? {
      guard position < loader.batchCount else { return nil }
      let batch = try loader.batch(position, order: order)
      position &+= 1
      return batch
    }
  }
}
