import ApusAutograd
import ApusNumerics

/// Samples drawn with probabilities proportional to weights.
public final class WeightedRandomSampler: Sampler {
  public let count: Int
  /// float64 (population)
  private let weights: Tensor
  private let replacement: Bool
  private let source: RandomSource

  /// - Parameters:
  ///   - weights: one per sample; their sum may be anything positive.
  ///   - samples: samples of one epoch.
  ///   - replacement: whether a sample may come more than once in an epoch.
  /// - Throws: ``ApusError/shapeMismatch(name:reason:)`` for weights that are no list,
  ///   ``ApusError/invalidArgument(name:reason:)`` for a number of samples out of range. Weights that are negative or not
  ///   finite are found by ``indices()``.
  public convenience init(
    weights: Tensor, samples: Int, replacement: Bool = true, generator: Generator = .default
  ) throws {
    try self.init(weights: weights, samples: samples, replacement: replacement, source: .generator(generator))
  }

  package init(weights: Tensor, samples: Int, replacement: Bool, source: RandomSource) throws {
    guard weights.rank == 1 else {
      throw ApusError.shapeMismatch(name: "weights", reason: "has shape \(weights.shape), one dimension is needed")
    }
    guard samples >= 1, replacement || samples <= weights.count else {
      throw ApusError.invalidArgument(
        name: "num_samples",
        reason: replacement
          ? "\(samples) is not at least 1" : "\(samples) is not in 1...\(weights.count) without replacement")
    }
    count = samples
    self.weights = try weights.detached().converted(to: .float64).cloned()
    self.replacement = replacement
    self.source = source
  }

  public func indices() throws -> Tensor {
    try source.draw { try weights.multinomial(count, replacement: replacement, generator: $0) }
  }
}
