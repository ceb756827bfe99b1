import ApusAutograd
import ApusNumerics

/// Some samples, each once, in random order.
public final class SubsetRandomSampler: Sampler {
  public let count: Int
  /// int64 (count)
  private let chosen: Tensor
  private let source: RandomSource

  public convenience init(_ chosen: [Int], generator: Generator = .default) throws {
    try self.init(Tensor(chosen.map { Int64($0) }), source: .generator(generator))
  }

  package init(_ chosen: Tensor, source: RandomSource) throws {
    guard chosen.rank == 1, !chosen.isFloatingPoint else {
      throw ApusError.shapeMismatch(
        name: "indices", reason: "\(chosen.dtype.name)\(chosen.shape) is no list of integers")
    }
    count = chosen.count
    self.chosen = try chosen.converted(to: .int64).cloned()
    self.source = source
  }

  public func indices() throws -> Tensor {
    try source.draw { try chosen.indexSelect(dim: 0, Tensor.randperm(count, generator: $0)) }
  }
}
