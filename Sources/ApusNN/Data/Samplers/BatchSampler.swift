import ApusAutograd
import ApusNumerics

/// The batches of another sampler's order.
public final class BatchSampler: Sendable {
  public let sampler: any Sampler
  public let batchSize: Int
  public let dropLast: Bool

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a batch size below 1.
  public init(_ sampler: any Sampler, batchSize: Int, dropLast: Bool = false) throws {
    try BatchRanges.check(batchSize)
    self.sampler = sampler
    self.batchSize = batchSize
    self.dropLast = dropLast
  }

  private var ranges: BatchRanges { BatchRanges(samples: sampler.count, batchSize: batchSize, dropLast: dropLast) }

  /// Batches of one epoch.
  public var count: Int { ranges.count }

  /// The batches of the next epoch, int64 of at most ``batchSize`` elements each.
  public func batches() throws -> [Tensor] {
    let order = try sampler.indices()
    return try (0..<count).map { Tensor(try order.array.slice(ranges.range($0))) }
  }
}

/// How an epoch's samples are cut into batches.
struct BatchRanges {
  let samples: Int
  let batchSize: Int
  let dropLast: Bool

  static func check(_ batchSize: Int) throws {
    guard batchSize >= 1 else {
      throw ApusError.invalidArgument(name: "batch_size", reason: "\(batchSize) is not at least 1")
    }
  }

  var count: Int { samples / batchSize &+ (dropLast || samples % batchSize == 0 ? 0 : 1) }

  /// Places of batch `index` in the epoch's order.
  func range(_ index: Int) -> Range<Int> {
    let start = index &* batchSize
    return start..<min(start &+ batchSize, samples)
  }
}
