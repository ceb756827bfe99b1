import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// Sample weights of any scale.
@Suite(.serialized) struct WeightScaleTests {
  @Test func wholeWeightsStayAndOthersAreDividedByAPowerOfTwo() throws {
    func scaled(_ weights: [Double]) throws -> (unit: Double, weights: [Double]) {
      let buffer = try Buffer<Double>(count: weights.count)
      for (i, weight) in weights.enumerated() { buffer[i] = weight }
      let unit = WeightScale.normalise(buffer, largestWhole: 100, wholeTotal: 150)
      return (unit, Array(buffer.elements))
    }
    #expect(try scaled([1, 0, 100]) == (1, [1, 0, 100]))
    #expect(try scaled([1, 101]) == (128, [1.0 / 128, 101.0 / 128]))
    #expect(try scaled([90, 90]) == (128, [90.0 / 128, 90.0 / 128]))
    #expect(try scaled([0.5, 0.25]) == (0.5, [1, 0.5]))
    #expect(try scaled([3e-300]).weights[0] > 0.5)
    #expect(try scaled([1.7e308]).weights[0] < 2)
    #expect(try scaled([0, 0]) == (1, [0, 0]))
  }

  /// Multiplying all weights by a power of two changes nothing but the weights a tree shows.
  @Test(arguments: [
    "decision_tree_regressor", "decision_tree_classifier", "extra_trees_regressor", "hist_gradient_boosting_regressor",
    "hist_gradient_boosting_classifier", "gradient_boosting_regressor", "ada_boost_classifier", "ada_boost_regressor",
  ])
  func theScaleOfWeightsDoesNotMatter(kind: String) throws {
    Registry.register(TreesRoom.estimators)
    var random = RandomStream(seed: 6, index: 0)
    let rows = 200
    let x = (0..<(rows * 3)).map { _ in random.uniform() - 0.5 }
    let signal = (0..<rows).map { abs(x[$0 * 3]) + x[$0 * 3 + 1] }
    let y = try NDArray(kind.hasSuffix("classifier") ? signal.map { $0 > 0.2 ? 1.0 : 0 } : signal)
    let X = try NDArray(x, shape: [rows, 3])
    let weights = (0..<rows).map { _ in 0.5 + random.uniform() }
    var estimator = try Registry.make(kind)
    if kind.hasPrefix("hist") { estimator = try estimator.setting("min_child_weight", to: .double(0)) }
    if kind.hasPrefix("decision") { estimator = try estimator.setting("max_depth", to: .int(4)) }
    let model = try estimator.fit(X, y, sampleWeight: NDArray(weights))
    for exponent in [-60, -20, 20, 60] {
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      let scaled = try estimator.fit(X, y, sampleWeight: NDArray(weights.map { $0 * factor }))
      #expect(
        try scaled.predict(X).converted(to: .float64).elements(as: Double.self)
          == model.predict(X).converted(to: .float64).elements(as: Double.self))
      guard let a = (scaled as? FittedTrees)?.trees, let b = (model as? FittedTrees)?.trees else { continue }
      #expect(a.weight.elements.map { $0 } == b.weight.elements.map { $0 * factor })
    }
  }

  /// Penalties and limits are in units of the weights as given: with all of them scaled alike, so are gains.
  @Test func penaltiesKeepTheirUnits() throws {
    var random = RandomStream(seed: 7, index: 0)
    let x = (0..<600).map { _ in random.uniform() }
    let X = try NDArray(x, shape: [300, 2])
    let targets = (0..<300).map { (row: Int) -> Double in 3 * x[2 * row] + x[2 * row + 1] }
    let y = try NDArray(targets)
    let weights = (0..<300).map { _ in 0.5 + random.uniform() }
    func fit(_ factor: Double) throws -> FittedBoosting {
      var estimator = HistGradientBoostingRegressor()
      estimator.boosting.l1Regularization = 0.3 * factor
      estimator.boosting.l2Regularization = 2 * factor
      estimator.boosting.minChildWeight = 5 * factor
      estimator.boosting.minSplitGain = 0.01 * factor
      let model = try estimator.fit(X, y, sampleWeight: NDArray(weights.map { $0 * factor }))
      return try #require(model as? FittedBoosting)
    }
    let one = try fit(1)
    let large = try fit(0x1p40)
    #expect(try one.predict(X).elements(as: Double.self) == large.predict(X).elements(as: Double.self))
    #expect(one.trees.impurity.elements.map { $0 * 0x1p40 } == large.trees.impurity.elements.map { $0 })
  }

  @Test func targetsWhoseSquaresOverflowAreRefused() throws {
    let X = try NDArray([0.0, 1, 2], shape: [3, 1])
    #expect(throws: ApusError.self) { try DecisionTreeRegressor().fit(X, NDArray([0, 1e160, 2])) }
    let largest = try DecisionTreeRegressor().fit(X, NDArray([0, 1e150, 2]))
    #expect(try largest.predict(X).elements(as: Double.self) == [0, 1e150, 2])
  }
}
