import ApusAutograd
import ApusNumerics

/// Batches of a data set, in PyTorch's order for the same seed.
///
/// Each epoch draws from the generator what `torch.utils.data.DataLoader` draws: one number for its workers, and with
/// `shuffle` one more that seeds the permutation; a generator of its own makes the permutation itself.
public final class DataLoader: @unchecked Sendable {
  public let dataset: TensorDataset
  public let batchSize: Int
  public let shuffle: Bool
  public let dropLast: Bool
  private let generator: Generator

  public init(
    _ dataset: TensorDataset, batchSize: Int = 1, shuffle: Bool = false, dropLast: Bool = false,
    generator: Generator = .default
  ) throws {
    guard batchSize >= 1 else {
      throw ApusError.invalidArgument(name: "batch_size", reason: "\(batchSize) is not at least 1")
    }
    self.dataset = dataset
    self.batchSize = batchSize
    self.shuffle = shuffle
    self.dropLast = dropLast
    self.generator = generator
  }

  /// Batches of one epoch.
  public var batchCount: Int {
    dataset.count / batchSize &+ (dropLast || dataset.count % batchSize == 0 ? 0 : 1)
  }

  /// The samples of batch `index` in an epoch's order.
  func range(_ index: Int) -> Range<Int> {
    let start = index &* batchSize
    return start..<min(start &+ batchSize, dataset.count)
  }

  /// Draws the next epoch's order; nil for the data's own.
  func drawOrder() throws -> Tensor? {
    _ = drawSeed()
    guard shuffle else { return nil }
    if generator !== Generator.default {
      let order = try Tensor.randperm(dataset.count, generator: generator)
      // PyTorch's sampler draws once more at the end of an epoch, for a remainder that is empty.
      _ = try Tensor.randperm(dataset.count, generator: generator)
      return order
    }
    return try Tensor.randperm(dataset.count, generator: Generator(seed: UInt64(bitPattern: drawSeed())))
  }

  private func drawSeed() -> Int64 {
    var seed: Int64 = 0
    generator.fillIntegers(&seed, dtype: .int64, count: 1)
    return seed
  }

  /// Batch `index` of an epoch.
  func batch(_ index: Int, order: Tensor?) throws -> [Tensor] {
    let range = range(index)
    guard let order else { return try dataset.slice(range) }
    return try dataset.gather(
      UnsafeBufferPointer(start: order.array.raw(Int64.self).advanced(by: range.lowerBound), count: range.count))
  }

  /// Calls `body` with every batch of one epoch.
  public func forEachBatch(_ body: ([Tensor]) throws -> Void) throws {
    let order = try drawOrder()
    for index in 0..<batchCount { try body(try batch(index, order: order)) }
  }
}
