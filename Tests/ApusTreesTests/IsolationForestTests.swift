import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusTrees

@Suite struct IsolationForestTests {
  @Test func meanDepthOfABinaryTree() {
    #expect(IsolationTree.meanDepth(0) == 0)
    #expect(IsolationTree.meanDepth(1) == 0)
    #expect(IsolationTree.meanDepth(2) == 1)
    // 2 (ln 255 + γ) − 2 · 255 / 256
    #expect(abs(IsolationTree.meanDepth(256) - 10.244770920119918) < 1e-12)
  }

  private func cluster() throws -> NDArray {
    var random = RandomStream(seed: 3)
    var x = (0..<400).map { _ in random.normal() }
    x += [9, 9, -8, 7]
    return try NDArray(x, shape: [202, 2])
  }

  @Test func outliersHaveTheLowestScores() throws {
    let X = try cluster()
    let estimator = IsolationForest { $0.contamination = .double(0.01) }
    let model = try estimator.fit(X)
    let scores = try model.apply(FittedIsolationForest.scoreSamples, to: .dense(X)).elements(as: Double.self)
    let lowest = scores.indices.sorted { scores[$0] < scores[$1] }.prefix(2)
    #expect(Set(lowest) == [200, 201])
    #expect(scores.allSatisfy { $0 < 0 && $0 > -1 })
    let predicted = try model.predict(X).elements(as: Int64.self)
    #expect(predicted.filter { $0 == -1 }.count == 3)
    #expect(try model.score(X, NDArray((0..<202).map { Int64($0 < 200 ? 1 : -1) })) == 201.0 / 202)
    let offset = try model.number("offset_")
    let decisions = try model.apply(.decisionFunction, to: .dense(X)).elements(as: Double.self)
    for row in 0..<202 { #expect(decisions[row] == scores[row] - offset) }
    let restored = try estimator.restore(model.state())
    #expect(try restored.apply(.decisionFunction, to: .dense(X)).elements(as: Double.self) == decisions)
  }

  @Test func aWarmStartAddsTrees() throws {
    let X = try cluster()
    func forest(_ trees: Int) -> IsolationForest {
      IsolationForest {
        $0.nEstimators = trees
        $0.warmStart = true
        $0.randomState = 5
      }
    }
    let begun = try forest(8).fit(X)
    let more = try forest(20).refit(TrainingData(.dense(X)), previous: begun, context: FitContext())
    let whole = try forest(20).fit(X)
    let score = FittedIsolationForest.scoreSamples
    #expect(
      try more.apply(score, to: .dense(X)).elements(as: Double.self)
        == whole.apply(score, to: .dense(X)).elements(as: Double.self))
    #expect(throws: ApusError.self) {
      try forest(3).refit(TrainingData(.dense(X)), previous: begun, context: FitContext())
    }
  }

  /// Being missing isolates a row among equal ones; predictions of missing values are finite and the same for rows alone.
  @Test func missingValuesIsolate() throws {
    var values = [Double](repeating: 1, count: 60)
    values[34] = .nan
    let X = try NDArray(values, shape: [30, 2])
    let model = try IsolationForest { $0.nEstimators = 20 }.fit(X)
    let scores = try model.apply(FittedIsolationForest.scoreSamples, to: .dense(X)).elements(as: Double.self)
    #expect(scores.allSatisfy { $0 >= -1 && $0 < 0 })
    #expect(scores.indices.filter { scores[$0] == scores.min() } == [17])
    var random = RandomStream(seed: 9)
    let mixed = try NDArray(
      (0..<400).map { _ in random.below(5) == 0 ? .nan : random.normal() }, shape: [100, 4])
    let other = try IsolationForest { $0.nEstimators = 10 }.fit(mixed)
    let all = try other.apply(FittedIsolationForest.scoreSamples, to: .dense(mixed)).elements(as: Double.self)
    #expect(all.allSatisfy { $0 > -1 && $0 < 0 })
    for row in 0..<100 {
      let one = try mixed.slice(row..<(row + 1), axis: 0)
      #expect(
        try other.apply(FittedIsolationForest.scoreSamples, to: .dense(one)).elements(as: Double.self) == [all[row]])
    }
  }

  /// A row of weight 3 is three rows, and neither the order of the rows nor the number of threads matters.
  @Test func weightsRepetitionsOrderAndThreads() throws {
    let X = try cluster().elements(as: Double.self)
    var random = RandomStream(seed: 8)
    let weights = (0..<202).map { _ in random.below(4) }
    var order = (0..<202).flatMap { Array(repeating: $0, count: weights[$0]) }
    for i in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(i, random.below(i + 1)) }
    let probe = try NDArray(X, shape: [202, 2])
    let repeated = try NDArray(order.flatMap { X[(2 * $0)..<(2 * $0 + 2)] }, shape: [order.count, 2])
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    var reference: [Double]?
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let estimator = IsolationForest {
        $0.nEstimators = 20
        $0.contamination = .double(0.05)
      }
      for model in [
        try estimator.fit(probe, nil, sampleWeight: NDArray(weights.map(Double.init))), try estimator.fit(repeated),
      ] {
        let found = try model.apply(.decisionFunction, to: .dense(probe)).elements(as: Double.self)
        #expect(reference == nil || reference == found)
        reference = found
      }
    }
  }
}
