import ApusAutograd
import ApusNumerics

/// Samples in random order: every one once, or each drawn independently of the others.
///
/// Without a generator of its own, every epoch draws a seed from the default generator and its order from the generator of
/// that seed.
public final class RandomSampler: Sampler {
  public let count: Int
  private let population: Int
  private let replacement: Bool
  private let source: RandomSource?

  /// - Parameters:
  ///   - population: samples to choose from.
  ///   - replacement: whether a sample may come again before all others have come.
  ///   - samples: samples of one epoch; nil for `population`. Without replacement more than that begin another round.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for numbers out of range.
  public convenience init(
    population: Int, replacement: Bool = false, samples: Int? = nil, generator: Generator? = nil
  ) throws {
    try self.init(
      population: population, replacement: replacement, samples: samples, source: generator.map { .generator($0) })
  }

  package init(population: Int, replacement: Bool, samples: Int?, source: RandomSource?) throws {
    guard population >= 0 else {
      throw ApusError.invalidArgument(name: "population", reason: "\(population) is negative")
    }
    if let samples, samples < 1 || population == 0 {
      throw ApusError.invalidArgument(
        name: "num_samples", reason: "\(samples) samples of \(population), at least 1 of at least 1 is needed")
    }
    count = samples ?? population
    self.population = population
    self.replacement = replacement
    self.source = source
  }

  public func indices() throws -> Tensor {
    let source = source ?? .generator(Generator(seed: UInt64(bitPattern: Generator.default.drawSeed())))
    let result = try Tensor.empty([count], dtype: .int64)
    if population > 0 {
      try source.draw { replacement ? try fillIndependent(result, $0) : try fillRounds(result, $0) }
    }
    return result
  }

  private func fillIndependent(_ result: Tensor, _ generator: Generator) throws {
    try generator.fillIntegers(result.array.data, dtype: .int64, count: count, from: 0, to: Int64(population))
  }

  /// Whole permutations, then the beginning of one more, which is drawn even where nothing of it is needed.
  private func fillRounds(_ result: Tensor, _ generator: Generator) throws {
    let stride = MemoryLayout<Int64>.stride
    let whole = count - count % population
    for start in Swift.stride(from: 0, to: whole, by: population) {
      try generator.fillPermutation(result.array.data + start * stride, dtype: .int64, count: population)
    }
    let rest = try Tensor.randperm(population, generator: generator)
    (result.array.data + whole * stride).copyMemory(from: rest.array.data, byteCount: (count - whole) * stride)
    withExtendedLifetime((result, rest)) {}
  }
}

extension Generator {
  /// A number of 64 bits: what data loaders and samplers draw their seeds by.
  func drawSeed() -> Int64 {
    var seed: Int64 = 0
    fillIntegers(&seed, dtype: .int64, count: 1)
    return seed
  }
}
