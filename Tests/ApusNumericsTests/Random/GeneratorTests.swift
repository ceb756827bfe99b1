import Foundation
import Testing

@testable import ApusNumerics

@Suite struct GeneratorTests {
  @Test(arguments: GoldenStream.all) func streamsHavePyTorchsBits(golden: GoldenStream) throws {
    let generator = Generator(seed: try #require(UInt64(golden.seed)))
    for step in golden.steps {
      let bytes = try step.run(generator)
      let head = try #require(step.head)
      #expect(hexadecimal(bytes.prefix(head.utf8.count / 2)) == head)
      #expect(try fnv1a(bytes) == #require(step.hash.flatMap { UInt64($0, radix: 16) }), "\(step.call)")
    }
    #expect(Int64(bitPattern: generator.nextUInt64() & UInt64(Int64.max)) == golden.after)
  }

  struct GoldenState: Decodable, Sendable {
    let name: String
    let seed: String
    let steps: [GoldenStream.Step]
    let state: Data
    let then: String
  }

  static let states: [GoldenState] = {
    struct File: Decodable { let states: [GoldenState] }
    return GoldenStream.load(File.self, "torch-states.json").states
  }()

  @Test(arguments: states.indices) func statesHavePyTorchsLayout(index: Int) throws {
    let golden = Self.states[index]
    let generator = Generator(seed: try #require(UInt64(golden.seed)))
    for step in golden.steps { _ = try step.run(generator) }
    #expect(generator.state == Array(golden.state))

    let restored = Generator(seed: 1)
    try restored.setState(Array(golden.state))
    #expect(restored.initialSeed == UInt64(golden.seed))
    for source in [generator, restored, restored.copy()] {
      let values = try Buffer<Double>(count: 5)
      let copy = source.copy()
      try copy.fillNormal(values.pointer, count: 5)
      #expect(hexadecimal(UnsafeRawBufferPointer(UnsafeBufferPointer(values.elements))) == golden.then)
    }
  }

  @Test func invalidStatesAreRefused() throws {
    let generator = Generator(seed: 3)
    _ = generator.nextUInt32()
    let before = generator.state
    var mutations: [[UInt8]] = [[], Array(before.dropLast()), before + [0]]
    for (offset, value) in [(10, UInt8(1)), (9, 255), (11, 128), (12, 0), (12, 2), (16, 200), (18, 1), (24 + 4, 1)] {
      var bytes = before
      bytes[offset] = value
      mutations.append(bytes)
    }
    for bytes in mutations {
      #expect(throws: ApusError.self) { try generator.setState(bytes) }
      #expect(generator.state == before)
    }
  }

  @Test func manualSeedRestarts() throws {
    let generator = Generator(seed: 5)
    let values = try Buffer<Float>(count: 3)
    try generator.fillNormal(values.pointer, count: 3)
    generator.manualSeed(9)
    #expect(generator.state == Generator(seed: 9).state)
    #expect(generator.initialSeed == 9)
    #expect(Generator().initialSeed == Generator.defaultSeed)
  }

  /// The standard's 10,000th word of the generator seeded with 5489.
  @Test func tenThousandthWord() {
    var twister = MersenneTwister(seed: 5489)
    for _ in 0..<9999 { _ = twister.nextWord() }
    #expect(twister.nextWord() == 4_123_659_995)
  }

  /// Mixed word, pair and block draws see the same words as one-by-one draws.
  @Test func blockDrawsFollowTheSameStream() {
    var reference = MersenneTwister(seed: 77)
    var twister = MersenneTwister(seed: 77)
    for round in 1...400 {
      let (words, count) = twister.takeWords(atMost: round % 9 + 1)
      for index in 0..<count { #expect(words[index] == reference.nextWord()) }
      let (pairs, pairCount) = twister.takePairs(atMost: round % 5 + 1)
      for index in 0..<2 * pairCount { #expect(pairs[index] == reference.nextWord()) }
      #expect(twister.nextDoubleWord() == reference.nextDoubleWord())
      #expect(twister.nextWord() == reference.nextWord())
    }
  }

  @Test func invalidArgumentsThrowAndDrawNothing() throws {
    let generator = Generator(seed: 1)
    let before = generator.state
    let memory = try Buffer<Double>(zeroed: 8)
    let elements = UnsafeMutableRawPointer(memory.pointer)
    let output = try Buffer<Int64>(zeroed: 8)
    func refuse(_ body: () throws -> Void, line: Int = #line) {
      #expect(throws: ApusError.self, "line \(line)") { try body() }
    }
    for (low, high) in [(1.0, 0.0), (.nan, 1), (0, .nan), (0, .infinity), (-1.7e308, 1.7e308)] {
      refuse { try generator.fillUniform(elements, dtype: .float64, count: 8, from: low, to: high) }
    }
    refuse { try generator.fillUniform(elements, dtype: .float32, count: 8, from: 0, to: 1e39) }
    refuse { try generator.fillUniform(elements, dtype: .int64, count: 8) }
    for deviation in [-1, Double.nan] {
      refuse { try generator.fillNormal(elements, dtype: .float64, count: 8, standardDeviation: deviation) }
    }
    refuse { try generator.fillNormal(elements, dtype: .bool, count: 8) }
    for (low, high) in [(Int64(0), Int64(0)), (5, 4), (-1, 5), (0, 257)] {
      refuse { try generator.fillIntegers(elements, dtype: .uint8, count: 8, from: low, to: high) }
    }
    refuse { try generator.fillIntegers(elements, dtype: .int32, count: 8, from: .min, to: nil) }
    refuse { try generator.fillIntegers(elements, dtype: .int32, count: 8, from: 1 << 31, to: nil) }
    refuse { try generator.fillIntegers(elements, dtype: .float32, count: 8, from: 1 << 25, to: nil) }
    refuse { try generator.fillIntegers(elements, dtype: .float32, count: 8, from: 1 << 40 + 1, to: 1 << 40 + 2) }
    refuse { try generator.fillPermutation(elements, dtype: .float64, count: 8) }
    for p in [-0.1, 1.1, .nan] {
      refuse { try generator.fillBernoulli(elements, dtype: .float64, count: 8, probability: p) }
      refuse { try generator.fillDropoutFactors(elements, dtype: .float64, count: 8, probability: p) }
      refuse { try generator.fillBernoulli(elements, probabilities: [0, 0, 0, p], dtype: .float64, count: 4) }
      refuse { try generator.fillGeometric(elements, dtype: .float64, count: 8, probability: p) }
    }
    refuse { try generator.fillGeometric(elements, dtype: .bool, count: 8, probability: 0.5) }
    refuse { try generator.fillDropoutFactors(elements, dtype: .int32, count: 8, probability: 0.5) }
    refuse { try generator.fillExponential(elements, dtype: .float64, count: 8, rate: 0) }
    refuse { try generator.fillCauchy(elements, dtype: .float64, count: 8, scale: .nan) }
    refuse { try generator.fillLogNormal(elements, dtype: .float64, count: 8, standardDeviation: 0) }
    for (weights, draws, replacement) in [
      ([0.0, 0], 1, true), ([1, 1], 3, false), ([1, 1], 0, true), ([1e308, 1e308], 1, true), ([1, -0.5], 1, true),
      ([1, .nan], 1, false),
    ] {
      refuse {
        try generator.fillMultinomial(
          output.pointer, weights: weights, dtype: .float64, rows: 1, categories: 2, draws: draws,
          replacement: replacement)
      }
    }
    refuse { try generator.fillTruncatedNormal(elements, dtype: .float64, count: 8, low: 1, high: 1) }
    refuse { try generator.fillTruncatedNormal(elements, dtype: .float64, count: 8, mean: .nan) }
    refuse { try generator.fillTruncatedNormal(elements, dtype: .float64, count: 8, standardDeviation: 0) }
    refuse { try generator.fillTruncatedNormal(elements, dtype: .float64, count: 8, low: 3, high: .infinity) }
    #expect(generator.state == before)
  }

  @Test func unreachableIntervalEndsWithAnError() throws {
    let memory = try Buffer<Double>(zeroed: 8)
    #expect(throws: ApusError.self) {
      try Generator(seed: 1).fillTruncatedNormal(
        UnsafeMutableRawPointer(memory.pointer), dtype: .float64, count: 8, low: 30, high: 1e12)
    }
  }

  /// Threads that share a generator get different parts of its one stream.
  @Test func concurrentDrawsShareOneStream() throws {
    let shared = Generator(seed: 6)
    let reference = Generator(seed: 6)
    let drawn = try Buffer<UInt64>(count: 4000)
    ThreadPool.parallelFor(tasks: 4000) { drawn.pointer[$0] = shared.nextUInt64() }
    #expect(Set(drawn.elements) == Set((0..<4000).map { _ in reference.nextUInt64() }))
    #expect(shared.state == reference.state)
  }

  @Test func emptyFillsDrawNothing() throws {
    let generator = Generator(seed: 1)
    let before = generator.state
    let memory = try Buffer<Double>(count: 0)
    try generator.fillUniform(memory.pointer, count: 0)
    try generator.fillNormal(memory.pointer, count: 0)
    generator.fillIntegers(memory.pointer, count: 0)
    try generator.fillTruncatedNormal(UnsafeMutableRawPointer(memory.pointer), dtype: .float64, count: 0)
    #expect(generator.state == before)
  }
}
