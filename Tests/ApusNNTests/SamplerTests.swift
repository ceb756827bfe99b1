import ApusAutograd
import ApusNN
import ApusNumerics
import Testing

/// Orders of samples: PyTorch 2.15's draws, whole rounds, batches, and what is refused.
@Suite struct SamplerTests {
  private func order(_ sampler: any Sampler) throws -> [Int64] { try sampler.indices().elements(as: Int64.self) }

  @Test func everySampleComesOncePerRound() throws {
    let sampler = try RandomSampler(population: 7, samples: 20, generator: Generator(seed: 3))
    let found = try order(sampler)
    #expect(found[..<7].sorted() == Array(0..<7) && found[7..<14].sorted() == Array(0..<7))
    #expect(Set(found[14...]).count == 6)
    #expect(try order(sampler) != found)
    #expect(try order(RandomSampler(population: 0)) == [])
    #expect(try order(SequentialSampler(count: 4)) == [0, 1, 2, 3])
  }

  @Test func ordersAreThoseOfTheSeed() throws {
    Generator.default.manualSeed(11)
    let loader = try DataLoader(TensorDataset([Tensor.arange(0, 11)]), batchSize: 3, shuffle: true)
    var found: [Int64] = []
    try loader.forEachBatch { found += try $0[0].elements(as: Int64.self) }
    #expect(found == [7, 4, 6, 1, 9, 0, 3, 10, 8, 2, 5])
    let twins = try (0..<2).map { _ in
      try order(RandomSampler(population: 100, replacement: true, samples: 300, generator: Generator(seed: 9)))
    }
    #expect(twins[0] == twins[1] && Set(twins[0]).count > 60)
  }

  @Test func weightsDecideHowOftenSamplesCome() throws {
    let weights = try Tensor([0.0, 1, 0, 3])
    let sampler = try WeightedRandomSampler(weights: weights, samples: 4000, generator: Generator(seed: 1))
    let found = try order(sampler)
    let last = found.filter { $0 == 3 }.count
    #expect(found.allSatisfy { $0 == 1 || $0 == 3 } && abs(last - 3000) < 150)
    let once = try WeightedRandomSampler(weights: weights, samples: 2, replacement: false)
    #expect(try order(once).sorted() == [1, 3])
    #expect(throws: ApusError.self) { try WeightedRandomSampler(weights: weights, samples: 5, replacement: false) }
    #expect(throws: ApusError.self) { try WeightedRandomSampler(weights: weights, samples: 0) }
    let negative = try WeightedRandomSampler(weights: Tensor([1.0, -1]), samples: 1)
    #expect(throws: ApusError.self) { try negative.indices() }
  }

  @Test func subsetsAndBatches() throws {
    let sampler = try SubsetRandomSampler([5, 2, 9], generator: Generator(seed: 4))
    #expect(try order(sampler).sorted() == [2, 5, 9])
    let batches = try BatchSampler(SequentialSampler(count: 5), batchSize: 2)
    #expect(try batches.batches().map { try $0.elements(as: Int64.self) } == [[0, 1], [2, 3], [4]])
    #expect(try BatchSampler(SequentialSampler(count: 5), batchSize: 2, dropLast: true).count == 2)
    let loader = try DataLoader(TensorDataset([Tensor.arange(0, 10)]), batchSize: 2, sampler: sampler)
    #expect(loader.batchCount == 2)
    var found: [Int64] = []
    try loader.forEachBatch { found += try $0[0].elements(as: Int64.self) }
    #expect(found.sorted() == [2, 5, 9])
  }

  /// An order that does not fit.
  private final class Wrong: Sampler {
    let count = 2
    let values: [Int64]
    init(_ values: [Int64]) { self.values = values }
    func indices() throws -> Tensor { try Tensor(values) }
  }

  @Test func ordersThatDoNotFitAreRefused() throws {
    let data = try TensorDataset([Tensor.arange(0, 10)])
    for values: [Int64] in [[0, 10], [-1, 0], [0], [0, 1, 2]] {
      let loader = try DataLoader(data, sampler: Wrong(values))
      #expect(throws: ApusError.self) { try loader.makeEpoch() }
    }
    #expect(throws: ApusError.self) { try DataLoader(data, shuffle: true, sampler: Wrong([0, 1])) }
    #expect(throws: ApusError.self) { try DataLoader(data, batchSize: 0) }
    #expect(throws: ApusError.self) { try RandomSampler(population: 3, samples: 0) }
    #expect(throws: ApusError.self) { try RandomSampler(population: 0, samples: 2) }
    #expect(throws: ApusError.self) { try SequentialSampler(count: -1) }
  }
}
