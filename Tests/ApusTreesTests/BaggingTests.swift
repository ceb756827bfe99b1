import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusTrees

@Suite(.serialized) struct BaggingTests {
  private static func table(_ rows: Int) throws -> (X: [Double], y: [Int64], random: RandomStream) {
    var random = RandomStream(seed: 17)
    let X = (0..<(rows * 4)).map { _ in (random.uniform() * 20).rounded() / 4 }
    let y = (0..<rows).map { row -> Int64 in
      if X[row * 4] + X[row * 4 + 1] > 5 { return 4 }
      return X[row * 4 + 2] > 3 ? 1 : 0
    }
    return (X, y, random)
  }

  @Test func ensemblesShowTheirMembers() throws {
    let (X, y, _) = try BaggingTests.table(200)
    let (matrix, targets) = (try NDArray(X, shape: [200, 4]), try NDArray(y))
    let estimators: [any Estimator] = [
      RandomForestClassifier { $0.forest.nEstimators = 5 }, ExtraTreesRegressor { $0.forest.nEstimators = 5 },
      BaggingClassifier { $0.bagging.nEstimators = 5 },
    ]
    for estimator in estimators {
      let model = try #require(try estimator.fit(matrix, targets) as? any FittedEnsemble)
      #expect(model.memberCount == 5)
      let isClassifier = type(of: estimator).schema.role == .classifier
      let operation: ApusModels.Operation = isClassifier ? .predictProbabilities : .predict
      let whole = try model.apply(operation, to: .dense(matrix)).elements(as: Double.self)
      var sums = [Double](repeating: 0, count: whole.count)
      for index in 0..<5 {
        let member = try model.member(index, of: estimator)
        #expect(type(of: member.estimator).schema.role == type(of: estimator).schema.role)
        let part = try member.model.apply(operation, to: .dense(matrix)).elements(as: Double.self)
        for i in sums.indices { sums[i] += part[i] / 5 }
        // A member can be stored on its own.
        let again = try member.estimator.restore(member.model.state())
        #expect(try again.apply(operation, to: .dense(matrix)).elements(as: Double.self) == part)
      }
      for (sum, value) in zip(sums, whole) { #expect(abs(sum - value) < 1e-12) }
    }
    let tree = try DecisionTreeRegressor().fit(matrix, targets)
    #expect((tree as? any FittedEnsemble)?.memberCount == 0)
  }

  @Test func baggingAveragesAnyEstimator() throws {
    Registry.register(TreesRoom.estimators)
    let (X, y, _) = try BaggingTests.table(200)
    let (matrix, targets) = (try NDArray(X, shape: [200, 4]), try NDArray(y))
    let bases: [(any Estimator)?] = [
      nil, DecisionTreeClassifier { $0.growth.maxDepth = 3 }, AdaBoostClassifier(),
      RandomForestClassifier { $0.forest.nEstimators = 3 },
    ]
    for base in bases {
      let estimator = BaggingClassifier {
        $0.bagging.estimator = base.map { .estimator($0) } ?? .none
        $0.bagging.maxFeatures = .double(0.75)
        $0.bagging.oobScore = true
      }
      let model = try estimator.fit(matrix, targets)
      #expect(try model.score(matrix, targets) > 0.85)
      #expect(try model.number("oob_score_") > 0.6)
      #expect(try model.array("estimators_features_").shape == [10, 3])
      let probabilities = try model.predictProbabilities(matrix).elements(as: Double.self)
      for row in 0..<200 {
        #expect(abs(probabilities[(row * 3)..<(row * 3 + 3)].reduce(0, +) - 1) < 1e-12)
      }
      let restored = try estimator.restore(model.state())
      #expect(try restored.predictProbabilities(matrix).elements(as: Double.self) == probabilities)
    }
    #expect(throws: ApusError.self) {
      try BaggingClassifier { $0.bagging.estimator = .estimator(DecisionTreeRegressor()) }.fit(matrix, targets)
    }
  }

  /// Missing values go to members that take them; for others the row and column as given are named.
  @Test func missingValuesAreUpToTheMembers() throws {
    var (X, y, _) = try BaggingTests.table(120)
    for row in stride(from: 5, to: 120, by: 7) { X[row * 4 + 3] = .nan }
    let (matrix, targets) = (try NDArray(X, shape: [120, 4]), try NDArray(y))
    let model = try BaggingClassifier().fit(matrix, targets)
    #expect(try model.score(matrix, targets) > 0.85)
    let named = ApusError.nonFiniteValue(name: "X", reason: "contains NaN, first at row 5, column 3")
    let boosted = BaggingClassifier { $0.bagging.estimator = .estimator(AdaBoostClassifier()) }
    #expect(throws: named) { try boosted.fit(matrix, targets) }
    let complete = try boosted.fit(NDArray(X.map { $0.isNaN ? 0 : $0 }, shape: [120, 4]), targets)
    #expect(throws: named) { try complete.predict(matrix) }
  }

  /// Members are cancelled with the ensemble.
  @Test func cancellingReachesTheMembers() throws {
    let (X, y, _) = try BaggingTests.table(200)
    let token = CancelToken()
    let base = RandomForestClassifier { $0.forest.nEstimators = 100_000 }
    let estimator = BaggingClassifier { $0.bagging.estimator = .estimator(base) }
    let timer = Thread {
      Thread.sleep(forTimeInterval: 0.05)
      token.trip()
    }
    timer.start()
    let start = Date()
    #expect(throws: ApusError.cancelled) {
      try estimator.fit(
        TrainingData(.dense(NDArray(X, shape: [200, 4])), NDArray(y)), context: FitContext(cancel: token))
    }
    #expect(Date().timeIntervalSince(start) < 5)
  }

  @Test(arguments: [true, false])
  func anIntegerWeightEqualsRepetition(bootstrap: Bool) throws {
    var (X, y, random) = try BaggingTests.table(90)
    let weights = (0..<90).map { _ in random.below(4) }
    var order = (0..<90).flatMap { Array(repeating: $0, count: weights[$0]) }
    for i in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(i, random.below(i + 1)) }
    let estimator = BaggingRegressor {
      $0.bagging.bootstrap = bootstrap
      $0.bagging.maxSamples = .double(0.7)
    }
    let targets = y.map(Double.init)
    let weighted = try estimator.fit(
      NDArray(X, shape: [90, 4]), NDArray(targets), sampleWeight: NDArray(weights.map(Double.init)))
    let repeated = try estimator.fit(
      NDArray(order.flatMap { X[($0 * 4)..<($0 * 4 + 4)] }, shape: [order.count, 4]),
      NDArray(order.map { targets[$0] }))
    let probe = try NDArray(X, shape: [90, 4])
    #expect(
      try weighted.predict(probe).elements(as: Double.self) == repeated.predict(probe).elements(as: Double.self))
  }

  @Test func warmStartGoesOn() throws {
    let (X, y, _) = try BaggingTests.table(100)
    let data = TrainingData(.dense(try NDArray(X, shape: [100, 4])), try NDArray(y))
    var estimator = BaggingClassifier { $0.bagging.warmStart = true }
    let first = try estimator.fit(data, context: FitContext())
    estimator.bagging.nEstimators = 25
    let more = try estimator.refit(data, previous: first, context: FitContext())
    let whole = try estimator.fit(data, context: FitContext())
    #expect(
      try more.apply(.predictProbabilities, to: data.features).elements(as: Double.self)
        == whole.apply(.predictProbabilities, to: data.features).elements(as: Double.self))
  }
}
