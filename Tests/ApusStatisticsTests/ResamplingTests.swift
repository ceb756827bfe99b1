import ApusNumerics
import ApusStatistics
import Foundation
import Testing

/// Permutation tests and bootstraps of a caller's statistic.
@Suite struct ResamplingTests {
  private let spread = ResamplingFunction { samples in
    var result = samples[0].max() ?? .nan
    for other in samples.dropFirst() { result -= other.max() ?? .nan }
    return result
  }

  /// All permutations of each kind, counted by hand.
  @Test func completeEnumerations() throws {
    let (x, y) = (try NDArray([4.0, 7, 9]), try NDArray([1.0, 2, 3]))
    let independent = try HypothesisTests.permutationTest([x, y], statistic: spread)
    // The difference is 6 when 9 and 3 are the largest: {1, 2} beside 3, 1 of C(6, 3) = 20 ways.
    #expect(independent.statistic == 6 && independent.extras[0].value == 20)
    #expect(isClose(independent.pValue, 2.0 / 20, 1e-14))
    let paired = try HypothesisTests.permutationTest([x, y], statistic: spread, kind: .samples, alternative: .greater)
    // (9, 3) must stay, and (7, 2) and (4, 1) not lift the second sample's largest.
    #expect(paired.extras[0].value == 8)
    #expect(isClose(paired.pValue, 1.0 / 8, 1e-14))
    let products = ResamplingFunction { s in zip(s[0], s[1]).reduce(0) { $0 + $1.0 * $1.1 } }
    let pairings = try HypothesisTests.permutationTest(
      [x, y], statistic: products, kind: .pairings, alternative: .greater)
    #expect(pairings.extras[0].value == 6 && isClose(pairings.pValue, 1.0 / 6, 1e-14))
    let three = try HypothesisTests.permutationTest(
      [x, y, try NDArray([5.0])], statistic: spread, kind: .independent, resamples: 1000)
    #expect(three.extras[0].value == 140)
    #expect(
      try HypothesisTests.permutationTest([x], statistic: ResamplingFunction { $0[0][0] }, kind: .pairings).extras[0]
        .value
        == 6)
  }

  /// Drawn permutations and resamples: the same for any number of threads, any batch, one thread or several; and near the complete
  /// answer.
  @Test func resultsDependOnTheSeedAlone() throws {
    var samples: [NDArray] = []
    for k in 0..<3 {
      var values: [Double] = []
      for i in 0..<7 { values.append(sin(Double(i * 3 + k) * 1.3) + 0.4 * Double(k)) }
      samples.append(try NDArray(values))
    }
    let statistic: @Sendable ([UnsafeBufferPointer<Double>]) throws -> Double = { s in
      var sum = 0.0
      for (k, sample) in s.enumerated() { sum += Double(k) * sample.reduce(0, +) }
      return sum
    }
    let body: ResamplingFunction.Body = { batch, out in
      for k in 0..<batch.count { out[k] = try statistic(batch.samples(k)) }
    }
    let functions = [
      ResamplingFunction(statistic), ResamplingFunction(isParallel: false, statistic),
      ResamplingFunction(batchSize: 5, batches: body),
      ResamplingFunction(isParallel: false, batchSize: 17, batches: body),
    ]
    let threads = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(threads) }
    for kind in PermutationKind.allCases {
      var first: [Double]?
      for count in [1, 2, 3, 8] {
        try ThreadPool.setThreadCount(count)
        for function in functions {
          let p = try HypothesisTests.permutationTest(
            samples, statistic: function, kind: kind, resamples: 700, alternative: .greater, seed: 5)
          let b = try HypothesisTests.bootstrap(
            samples, statistic: function, isPaired: kind == .samples, resamples: 700, seed: 5)
          let interval = try #require(b.confidenceInterval)
          let values = [p.pValue, b.pValue, interval.lower, interval.upper]
          #expect(first == nil || first == values)
          first = values
        }
      }
      #expect(try #require(first)[0] > 0)
    }
    let (x, y) = (try NDArray([4.0, 7, 9, 5.5, 3]), try NDArray([1.0, 2, 3, 6, 8]))
    let complete = try HypothesisTests.permutationTest([x, y], statistic: spread, alternative: .greater)
    let drawn = try HypothesisTests.permutationTest(
      [x, y], statistic: spread, resamples: 200, alternative: .greater, seed: 2)
    #expect(complete.extras[0].value == 252 && drawn.extras[0].value == 200)
    #expect(abs(complete.pValue - drawn.pValue) < 0.1)
  }

  private struct Refusal: Error {}

  @Test func failuresComeOut() throws {
    let (x, y) = (try NDArray([4.0, 7, 9]), try NDArray([1.0, 2, 3, 4]))
    #expect(throws: Refusal.self) {
      try HypothesisTests.bootstrap([x], statistic: ResamplingFunction { _ in throw Refusal() })
    }
    #expect(throws: ApusError.self) { try HypothesisTests.permutationTest([x, y], statistic: spread, kind: .samples) }
    #expect(throws: ApusError.self) { try HypothesisTests.permutationTest([x], statistic: spread) }
    #expect(throws: ApusError.self) { try HypothesisTests.bootstrap([], statistic: spread) }
    #expect(throws: ApusError.self) { try HypothesisTests.bootstrap([x, y], statistic: spread, isPaired: true) }
    let undefined = try HypothesisTests.bootstrap([x], statistic: ResamplingFunction { _ in .nan })
    #expect(undefined.pValue.isNaN && undefined.warnings.count == 1)
    let partly = try HypothesisTests.bootstrap(
      [y], statistic: ResamplingFunction { $0[0][0] == $0[0][1] ? .nan : $0[0].reduce(0, +) }, resamples: 300, seed: 1)
    #expect(partly.warnings.count == 1 && partly.confidenceInterval?.lower.isFinite == true)
    let missing = try NDArray([1, .nan, 3.0, 4])
    #expect(try HypothesisTests.bootstrap([missing], statistic: spread).statistic.isNaN)
    #expect(try HypothesisTests.bootstrap([missing], statistic: spread, missing: .omit).statistic == 4)
  }
}
