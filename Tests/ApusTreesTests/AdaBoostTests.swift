import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusTrees

@Suite struct AdaBoostTests {
  private func classifier(_ configure: (inout AdaBoostParameters) -> Void) -> AdaBoostClassifier {
    AdaBoostClassifier { configure(&$0.boosting) }
  }

  /// One round by hand: the split between 3 and 4 misclassifies one row of six, so alpha = log 5.
  @Test func theFirstRoundIsTheClosedForm() throws {
    let X = try NDArray([1.0, 2, 3, 4, 5, 6], shape: [6, 1])
    let y = try NDArray([0, 0, 0, 1, 1, 0] as [Int64])
    let model = try classifier { $0.nEstimators = 1 }.fit(X, y)
    let errors = try #require(try model.attribute("estimator_errors_")?.elements)
    let weights = try #require(try model.attribute("estimator_weights_")?.elements)
    #expect(abs(errors[0] - 1.0 / 6) < 1e-15)
    #expect(abs(weights[0] - log(5)) < 1e-14)
    #expect(try model.predict(X).elements(as: Int64.self) == [0, 0, 0, 1, 1, 1])
  }

  @Test func moreRoundsLearnWhatOneStumpCannot() throws {
    // Three intervals need three stumps.
    let X = try NDArray((0..<90).map { Double($0) }, shape: [90, 1])
    let y = try NDArray((0..<90).map { Int64($0 / 30 == 1 ? 7 : 3) })
    let model = try classifier { $0.nEstimators = 40 }.fit(X, y)
    #expect(try model.score(.dense(X), y, sampleWeight: nil, context: FitContext()) == 1)
    let restored = try AdaBoostClassifier().restore(try model.state())
    #expect(
      try model.predictProbabilities(X).elements(as: Double.self)
        == restored.predictProbabilities(X).elements(as: Double.self))
    #expect(
      try model.attribute("feature_importances_")?.elements == restored.attribute("feature_importances_")?.elements)
  }

  @Test func threeClassesAndThePerfectStump() throws {
    let X = try NDArray((0..<60).map { Double($0 % 20) }, shape: [60, 1])
    let three = try NDArray((0..<60).map { Int64(($0 % 20) / 7) })
    let model = try AdaBoostClassifier().fit(X, three)
    #expect(try model.score(.dense(X), three, sampleWeight: nil, context: FitContext()) == 1)
    let two = try NDArray((0..<60).map { Int64($0 % 20 < 10 ? 0 : 1) })
    let perfect = try AdaBoostClassifier().fit(X, two)
    #expect(try perfect.attribute("estimator_weights_")?.elements == [1])
    let leaves = try perfect.apply(TreeOperation.apply, to: .dense(X))
    #expect(try leaves.elements(as: Int64.self) == two.elements(as: Int64.self).map { $0 + 1 })
    #expect(try perfect.apply(TreeOperation.decisionPath, to: .dense(X)).shape == [60, 3])
  }

  private static func noisy(_ rows: Int, classes: Int) throws -> (X: [Double], y: [Int64], random: RandomStream) {
    var random = RandomStream(seed: 31)
    let X = (0..<(rows * 3)).map { _ in (random.uniform() * 12).rounded() }
    let y = (0..<rows).map { row -> Int64 in
      if random.below(5) == 0 { return Int64(random.below(classes)) }
      return X[row * 3] + X[row * 3 + 1] > 11 ? 1 : 0
    }
    return (X, y, random)
  }

  /// Rows with weights against repeated and shuffled rows: the same stumps and the same weights, to the last bit.
  @Test(arguments: [2, 3])
  func anIntegerWeightEqualsRepetition(classes: Int) throws {
    var (X, y, random) = try AdaBoostTests.noisy(80, classes: classes)
    let weights = (0..<80).map { _ in random.below(5) }
    var order = (0..<80).flatMap { Array(repeating: $0, count: weights[$0]) }
    for i in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(i, random.below(i + 1)) }
    let estimator = classifier { $0.nEstimators = 60 }
    let weighted = try estimator.fit(
      NDArray(X, shape: [80, 3]), NDArray(y), sampleWeight: NDArray(weights.map(Double.init)))
    let repeated = try estimator.fit(
      NDArray(order.flatMap { X[($0 * 3)..<($0 * 3 + 3)] }, shape: [order.count, 3]), NDArray(order.map { y[$0] }))
    for name in ["estimator_weights_", "estimator_errors_", "tree_threshold_", "tree_feature_", "tree_value_"] {
      #expect(try weighted.attribute(name)?.elements == repeated.attribute(name)?.elements, "\(name)")
    }
    #expect(try weighted.attribute("estimator_weights_")?.elements?.count ?? 0 > 10)
  }

  /// The fast search for stumps finds what boosting trees of depth 1 one by one finds.
  @Test func stumpsEqualTreesOfDepthOne() throws {
    let (X, y, _) = try AdaBoostTests.noisy(120, classes: 2)
    let (matrix, targets) = (try NDArray(X, shape: [120, 3]), try NDArray(y))
    let fast = try classifier { $0.nEstimators = 20 }.fit(matrix, targets)
    // One parameter off the default sends the same trees the general way.
    let tree = DecisionTreeClassifier {
      $0.growth.maxDepth = 1
      $0.growth.minImpurityDecrease = 1e-300
    }
    let general = try classifier {
      $0.nEstimators = 20
      $0.estimator = .estimator(tree)
    }.fit(matrix, targets)
    #expect(
      try fast.apply(.decisionFunction, to: .dense(matrix)).elements(as: Double.self)
        == general.apply(.decisionFunction, to: .dense(matrix)).elements(as: Double.self))
  }

  @Test func stagesEndWithThePrediction() throws {
    let (X, y, _) = try AdaBoostTests.noisy(100, classes: 3)
    let (matrix, targets) = (try NDArray(X, shape: [100, 3]), try NDArray(y))
    let tree = DecisionTreeClassifier { $0.growth.maxDepth = 2 }
    for estimator in [
      classifier { $0.nEstimators = 8 },
      classifier {
        $0.nEstimators = 8
        $0.estimator = .estimator(tree)
      },
      classifier {
        $0.nEstimators = 8
        $0.estimator = .estimator(RandomForestClassifier { $0.forest.nEstimators = 2 })
      },
    ] {
      let model = try estimator.fit(matrix, targets)
      let stages = try model.apply(FittedBoosting.stagedPredict, to: .dense(matrix))
      let rounds = stages.shape[0]
      #expect(
        try stages.slice((rounds - 1)..<rounds).reshaped([100]).elements(as: Int64.self)
          == model.predict(matrix).elements(as: Int64.self))
      let restored = try estimator.restore(try model.state())
      #expect(
        try restored.predictProbabilities(matrix).elements(as: Double.self)
          == model.predictProbabilities(matrix).elements(as: Double.self))
    }
  }

  @Test func earlyStoppingEndsBoosting() throws {
    var random = RandomStream(seed: 2)
    let X = try NDArray((0..<400).map { _ in random.uniform() }, shape: [200, 2])
    let y = try NDArray((0..<200).map { _ in Int64(random.below(2)) })
    let model = try classifier {
      $0.nEstimators = 200
      $0.nIterNoChange = 5
    }.fit(X, y)
    let scores = try #require(try model.attribute("validation_score_")?.elements)
    #expect(scores.count < 200 && scores.count >= 5)
    #expect(try model.attribute("estimator_weights_")?.elements?.count == scores.count)
  }

  @Test func membersNoBetterThanChanceAreRefused() throws {
    let X = try NDArray([1.0, 1, 1, 1], shape: [4, 1])
    let y = try NDArray([0, 1, 0, 1] as [Int64])
    #expect(throws: ApusError.self) { try AdaBoostClassifier().fit(X, y) }
    let regressor = classifier { $0.estimator = .estimator(DecisionTreeRegressor()) }
    #expect(throws: ApusError.self) { try regressor.fit(X, y) }
  }
}

@Suite struct AdaBoostRegressorTests {
  /// One round by hand: a tree of depth 1 on four points predicts 0 and 3; the errors are 0, 0, 1, 1 and relative to the
  /// largest 0, 0, 1, 1; their mean is one half, which ends boosting.
  @Test func aMeanLossOfOneHalfEndsBoosting() throws {
    let X = try NDArray([0.0, 1, 2, 3], shape: [4, 1])
    let y = try NDArray([0.0, 0, 2, 4])
    let stump = DecisionTreeRegressor { $0.growth.maxDepth = 1 }
    let model = try AdaBoostRegressor { $0.boosting.estimator = .estimator(stump) }.fit(X, y)
    #expect(try model.attribute("estimator_errors_")?.elements == [0.5])
    #expect(try model.predict(X).elements(as: Double.self) == [0, 0, 3, 3])
  }

  /// Errors 1/3 of the weight: β = 1/2, so the weight of the member is log 2.
  @Test(arguments: AdaBoostLoss.allCases)
  func theFirstWeightIsTheClosedForm(loss: AdaBoostLoss) throws {
    let error: Double = loss == .exponential ? (1.0 - exp(-1.0)) / 3.0 : 1.0 / 3.0
    let X = try NDArray([0.0, 1, 1, 2, 2, 2], shape: [6, 1])
    let y = try NDArray([5.0, 1, 3, 7, 7, 7])
    let model = try AdaBoostRegressor {
      $0.loss = loss
      $0.boosting.nEstimators = 1
    }.fit(X, y)
    let errors = try #require(try model.attribute("estimator_errors_")?.elements)
    let weights = try #require(try model.attribute("estimator_weights_")?.elements)
    // Losses are rounded to a grid of 2^-51 of the total.
    #expect(abs(errors[0] - error) < 1e-14)
    #expect(abs(weights[0] - log((1 - error) / error)) < 1e-13)
  }

  @Test(arguments: AdaBoostLoss.allCases)
  func boostingBeatsItsMembers(loss: AdaBoostLoss) throws {
    var random = RandomStream(seed: 14)
    let X = (0..<600).map { _ in random.uniform() }
    let targets = (0..<300).map { sin(6 * X[$0 * 2]) + X[$0 * 2 + 1] + 0.05 * random.normal() }
    let (matrix, y) = (try NDArray(X, shape: [300, 2]), try NDArray(targets))
    let estimator = AdaBoostRegressor { $0.loss = loss }
    let model = try estimator.fit(matrix, y)
    let single = try DecisionTreeRegressor { $0.growth.maxDepth = 3 }.fit(matrix, y)
    #expect(try model.score(matrix, y) > single.score(matrix, y) + 0.02)
    let stages = try model.apply(FittedBoosting.stagedPredict, to: .dense(matrix))
    let rounds = stages.shape[0]
    let final = try model.predict(matrix).elements(as: Double.self)
    #expect(try stages.slice((rounds - 1)..<rounds).reshaped([300]).elements(as: Double.self) == final)
    #expect(try estimator.restore(model.state()).predict(matrix).elements(as: Double.self) == final)
  }
}

/// Learning rates beyond reason, and members from hostile files.
@Suite struct AdaBoostLimitTests {
  @Test(arguments: [1e300, 1e-300])
  func extremeLearningRatesStayFinite(rate: Double) throws {
    var random = RandomStream(seed: 90)
    let X = try NDArray((0..<200).map { _ in random.uniform() }, shape: [100, 2])
    let classes = try NDArray((0..<100).map { _ in Int64(random.below(3)) })
    let values = try NDArray((0..<100).map { _ in random.uniform() })
    let classifier = try AdaBoostClassifier { $0.boosting.learningRate = rate }.fit(X, classes)
    let scores = try classifier.apply(.decisionFunction, to: .dense(X)).elements(as: Double.self)
    #expect(scores.allSatisfy { $0.isFinite })
    let regressor = try AdaBoostRegressor { $0.boosting.learningRate = rate }.fit(X, values)
    #expect(try regressor.predict(X).elements(as: Double.self).allSatisfy { $0.isFinite })
  }

  /// A member with two outputs predicts two values a row: refused instead of written beyond the sums.
  @Test func membersWithSeveralOutputsAreRefused() throws {
    var random = RandomStream(seed: 91)
    let X = try NDArray((0..<80).map { _ in random.uniform() }, shape: [40, 2])
    let pairs = try NDArray((0..<80).map { _ in random.uniform() }, shape: [40, 2])
    let base = DecisionTreeRegressor()
    let child = SavedModel(estimator: base, state: try base.fit(X, pairs).state())
    let bagging = BaggingRegressor { $0.bagging.estimator = .estimator(base) }
    let y = try NDArray((0..<40).map { _ in random.uniform() })
    var state = try bagging.fit(X, y).state()
    state.children = state.children.map { _ in child }
    #expect(throws: ApusError.self) { try bagging.restore(state).predict(X) }
    var boosted = ModelState()
    boosted.children = [child]
    boosted.tensors = ["weights": try NDArray([1.0]), "errors": try NDArray([0.1])]
    #expect(throws: ApusError.self) { try AdaBoostRegressor().restore(boosted).predict(X) }
  }
}
