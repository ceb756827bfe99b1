import Foundation
import Testing

@testable import ApusNumerics

@Suite(.serialized) struct RandomStreamTests {
  // MARK: The generator

  /// The known answers distributed with Random123 (`kat_vectors`, philox4x32 with 10 rounds).
  @Test(arguments: [
    (
      [0, 0, 0, 0, 0, 0] as [UInt32], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8] as [UInt32]
    ),
    (
      [UInt32](repeating: .max, count: 6), [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
    ),
    (
      [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344, 0xA409_3822, 0x299F_31D0],
      [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
    ),
  ])
  func philoxKnownAnswers(input: [UInt32], answer: [UInt32]) {
    func pair(_ words: [UInt32], _ index: Int) -> UInt64 { UInt64(words[index]) | UInt64(words[index + 1]) << 32 }
    let block = Philox.block(key: pair(input, 4), low: pair(input, 0), high: pair(input, 2))
    #expect(block.first == pair(answer, 0))
    #expect(block.second == pair(answer, 2))
  }

  @Test func streamsAreCountersUnderAKey() {
    var stream = RandomStream(seed: 0, index: 0)
    #expect(stream.next() == 0xE169_C58D_6627_E8D5)
    #expect(stream.next() == 0x9B00_DBD8_BC57_AC4C)
    #expect(stream.position == 2)
    for (seed, index) in [(0, 0), (UInt64.max, UInt64.max), (1, 2), (2, 1)] as [(UInt64, UInt64)] {
      var stream = RandomStream(seed: seed, index: index)
      let numbers = (0..<9).map { _ in stream.next() }
      for (position, number) in numbers.enumerated() {
        var other = RandomStream(seed: seed, index: index)
        other.position = UInt64(position)
        #expect(other.next() == number)
        #expect(other.position == UInt64(position) + 1)
      }
      stream.position = .max
      _ = stream.next()
      #expect(stream.next() == numbers[0], "the counter wraps")
    }
  }

  // MARK: Fills

  /// Fills leave what single draws leave, from even and odd positions, for every size around the blocks.
  @Test(arguments: [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 32767, 32768, 32769, 100_001], [0, 1])
  func fillsEqualSingleDraws(count: Int, start: UInt64) throws {
    var reference = RandomStream(seed: 3, index: 9)
    reference.position = start
    var stream = reference
    let words = try Buffer<UInt64>(count: count)
    let doubles = try Buffer<Double>(count: count)
    let floats = try Buffer<Float>(count: count)
    let integers = try Buffer<Int32>(count: count)

    stream.fillWords(words.pointer, count: count)
    #expect(words.elements.allSatisfy { $0 == reference.next() })
    stream.fillUniform(doubles.pointer, count: count)
    #expect(doubles.elements.allSatisfy { $0 == reference.uniform() })
    stream.fillUniform(floats.pointer, count: count, from: -2, to: 5)
    #expect(floats.elements.allSatisfy { $0 == -2 + 7 * reference.uniformFloat() })
    stream.fillNormal(doubles.pointer, count: count, mean: 3, standardDeviation: 0.7)
    #expect(doubles.elements.allSatisfy { $0 == 3 + 0.7 * reference.normal() })
    stream.fillNormal(floats.pointer, count: count)
    #expect(floats.elements.allSatisfy { $0 == Float(reference.normal()) })
    stream.fillIntegers(integers.pointer, count: count, below: 17)
    #expect(integers.elements.allSatisfy { Int($0) == reference.below(17) })
    #expect(stream.position == reference.position)
  }

  @Test func fillsDoNotDependOnTheThreadCount() throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    let count = 300_001
    var hashes: Set<UInt64> = []
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      var stream = RandomStream(seed: 5)
      let values = try Buffer<Double>(count: count)
      let narrow = try Buffer<Float>(count: count)
      stream.fillUniform(values.pointer, count: count)
      var hash = fnv1a(UnsafeRawBufferPointer(UnsafeBufferPointer(values.elements)))
      stream.fillNormal(values.pointer, count: count)
      hash ^= fnv1a(UnsafeRawBufferPointer(UnsafeBufferPointer(values.elements))) &* 3
      stream.fillNormal(narrow.pointer, count: count)
      hash ^= fnv1a(UnsafeRawBufferPointer(UnsafeBufferPointer(narrow.elements))) &* 5
      hashes.insert(hash)
    }
    #expect(hashes.count == 1)
  }

  // MARK: Laws

  /// Pearson's statistic of `counts` against equal expectations.
  func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  @Test func uniformsCoverTheInterval() {
    var stream = RandomStream(seed: 11)
    var counts = [Int](repeating: 0, count: 64)
    var narrowCounts = counts
    for _ in 0..<200_000 {
      counts[Int(stream.uniform() * 64)] += 1
      narrowCounts[Int(stream.uniformFloat() * 64)] += 1
    }
    // 63 degrees of freedom: beyond 117 with probability 4e-5.
    #expect(chiSquare(counts) < 117)
    #expect(chiSquare(narrowCounts) < 117)
  }

  /// Where a remainder would give a third of the range twice the probability of the rest.
  @Test func boundedIntegersHaveNoBias() {
    var stream = RandomStream(seed: 12)
    let bound: UInt64 = 3 << 62
    var counts = [Int](repeating: 0, count: 3)
    for _ in 0..<90_000 { counts[Int(stream.below(bound) >> 62)] += 1 }
    // 2 degrees of freedom: beyond 20 with probability 5e-5.
    #expect(chiSquare(counts) < 20)

    for small in [1, 2, 3, 7, 10, 1000] {
      var counts = [Int](repeating: 0, count: small)
      for _ in 0..<20 * small { counts[stream.below(small)] += 1 }
      #expect(chiSquare(counts) < Double(small) + 5 * Double(2 * small).squareRoot() + 5)
    }
    #expect(stream.below(0) == 0 && stream.below(-5) == 0 && stream.below(UInt64(0)) == 0)
    #expect(stream.below(UInt64.max) < UInt64.max)
  }

  @Test func bernoulliFollowsItsProbability() {
    var stream = RandomStream(seed: 13)
    let successes = (0..<100_000).count { _ in stream.bernoulli(0.3) }
    // 4.5 standard deviations of 145.
    #expect(abs(successes - 30_000) < 652)
    #expect((0..<1000).allSatisfy { _ in stream.bernoulli(1) && !stream.bernoulli(0) && !stream.bernoulli(.nan) })
  }

  @Test func normalVariatesAreTheQuantiles() throws {
    for (bits, quantile) in Self.goldenVariates {
      let variate = NormalVariate.variate(bits)
      // AS 241 states 1e-16; the arithmetic around it adds a few ulps.
      #expect(abs(variate / quantile - 1) < 1.5e-15, "\(String(bits, radix: 16)): \(variate), \(quantile)")
    }
  }

  static let goldenVariates: [(UInt64, Double)] = {
    struct Case: Decodable {
      let bits: UInt64
      let quantile: Double
      init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        bits = UInt64(try container.decode(String.self), radix: 16) ?? 0
        quantile = try container.decode(Double.self)
      }
    }
    return GoldenStream.load([Case].self, "normal-variates.json").map { ($0.bits, $0.quantile) }
  }()

  @Test func normalVariatesFollowTheirLaw() {
    var stream = RandomStream(seed: 14)
    let count = 200_000
    var bins = [Int](repeating: 0, count: 50)
    for _ in 0..<count { bins[Swift.min(Int(erfc(-stream.normal() / 2.0.squareRoot()) / 2 * 50), 49)] += 1 }
    // 49 degrees of freedom: beyond 98 with probability 4e-5.
    #expect(chiSquare(bins) < 98)
  }

  // MARK: Orders and subsets

  @Test func shufflesReachEveryOrderAlike() throws {
    var stream = RandomStream(seed: 15)
    var counts = [Int](repeating: 0, count: 24)
    let elements = try Buffer<Int32>(count: 4)
    for _ in 0..<24_000 {
      for index in 0..<4 { elements[index] = Int32(index) }
      stream.shuffle(elements.pointer, count: 4)
      var rank = 0
      for index in 0..<4 {
        let smaller = (index + 1..<4).count { elements[$0] < elements[index] }
        rank = rank * (4 - index) + smaller
      }
      counts[rank] += 1
    }
    // 23 degrees of freedom: beyond 58 with probability 8e-5.
    #expect(chiSquare(counts) < 58)
    stream.shuffle(elements.pointer, count: 0)
    stream.shuffle(elements.pointer, count: 1)
    #expect(Set(elements.elements) == [0, 1, 2, 3])
  }

  @Test func partialShuffleKeepsTheElements() throws {
    var stream = RandomStream(seed: 16)
    let elements = try Buffer<Int>(count: 100)
    for index in 0..<100 { elements[index] = index }
    for chosen in [0, 1, 50, 99, 100, 1000] {
      stream.partialShuffle(elements.pointer, count: 100, choosing: chosen)
      #expect(Set(elements.elements) == Set(0..<100))
    }
  }

  /// Dense and sparse sampling are one algorithm: the same stream gives the same sample.
  @Test(arguments: [(0, 0), (0, 5), (1, 1), (5, 5), (3, 24), (3, 25), (100, 1000), (10, 1_000_000), (1000, 7999)])
  func samplesAreShufflePrefixes(count: Int, population: Int) throws {
    var reference = RandomStream(seed: 17, index: UInt64(population))
    var stream = reference
    let output = try Buffer<Int>(count: count)
    try stream.sample(output.pointer, count: count, population: population)
    let all = try Buffer<Int>(count: population)
    for index in 0..<population { all[index] = index }
    reference.partialShuffle(all.pointer, count: population, choosing: count)
    #expect(Array(output.elements) == Array(all.elements.prefix(count)))
    #expect(stream.position == reference.position)
  }

  @Test func hugePopulationsNeedLittleMemory() throws {
    var stream = RandomStream(seed: 18)
    let output = try Buffer<Int>(count: 5000)
    try stream.sample(output.pointer, count: 5000, population: .max)
    #expect(Set(output.elements).count == 5000)
    #expect(output.elements.allSatisfy { $0 >= 0 })
  }

  @Test func impossibleSamplesThrow() throws {
    var stream = RandomStream(seed: 19)
    let output = try Buffer<Int>(count: 5)
    for (count, population) in [(-1, 5), (6, 5), (1, 0), (1, -1), (.max, .max)] {
      #expect(throws: ApusError.self) {
        try stream.sample(output.pointer, count: count, population: population)
      }
    }
    #expect(stream.position == 0)
  }
}
