import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// Closed forms and metamorphic properties of trees and forests.
@Suite(.serialized) struct TreePropertyTests {
  @Test func giniOfThreeToSevenIs042() throws {
    let X = try NDArray((0..<10).map(Double.init), shape: [10, 1])
    let y = try NDArray([0, 1, 1, 0, 1, 1, 0, 1, 1, 1] as [Int64])
    let model = try #require(try DecisionTreeClassifier().fit(X, y) as? FittedTrees)
    #expect(model.trees.impurity[0] == 0.42)
    let entropy = try #require(
      try DecisionTreeClassifier().setting("criterion", to: .string("entropy")).fit(X, y) as? FittedTrees)
    // −0.3 log2 0.3 − 0.7 log2 0.7
    #expect(abs(entropy.trees.impurity[0] - 0.8812908992306927) < 1e-10)
  }

  @Test func aFullTreeRemembersItsTargets() throws {
    var random = RandomStream(seed: 3, index: 0)
    let X = try NDArray((0..<600).map { _ in random.uniform() }, shape: [200, 3])
    let targets = (0..<200).map { _ in 1e6 + random.uniform() }
    let y = try NDArray(targets)
    let model = try DecisionTreeRegressor().fit(X, y)
    #expect(try model.predict(X).elements(as: Double.self) == targets)
  }

  /// Two interleaved halves of the same data with weights against repeated and shuffled rows.
  @Test(arguments: [
    "decision_tree_classifier", "decision_tree_regressor", "extra_tree_classifier", "extra_tree_regressor",
    "random_forest_classifier", "random_forest_regressor", "extra_trees_classifier", "extra_trees_regressor",
  ])
  func anIntegerWeightEqualsRepetition(kind: String) throws {
    Registry.register(TreesRoom.estimators)
    var random = RandomStream(seed: 11, index: 0)
    let rows = 120
    let X = (0..<(rows * 3)).map { _ in (random.uniform() * 20).rounded() / 4 }
    let isClassifier = kind.hasSuffix("classifier")
    let y = (0..<rows).map {
      isClassifier ? Double(Int(X[$0 * 3] + random.uniform()) % 3) : X[$0 * 3] + random.uniform()
    }
    let weights = (0..<rows).map { _ in random.below(4) }
    var order = (0..<rows).flatMap { Array(repeating: $0, count: weights[$0]) }
    for i in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(i, random.below(i + 1)) }
    let repeatedX = try NDArray(order.flatMap { X[($0 * 3)..<($0 * 3 + 3)] }, shape: [order.count, 3])
    let repeatedY = try NDArray(order.map { y[$0] })
    var estimator = try Registry.make(kind)
    if kind.contains("forest") || kind.contains("extra_trees") {
      estimator = try estimator.setting("n_estimators", to: .int(7))
    }
    let weighted = try estimator.fit(
      try NDArray(X, shape: [rows, 3]), try NDArray(y), sampleWeight: try NDArray(weights.map(Double.init)))
    let repeated = try estimator.fit(repeatedX, repeatedY)
    let probe = try NDArray(X, shape: [rows, 3])
    #expect(
      try weighted.predict(probe).converted(to: .float64).elements(as: Double.self)
        == repeated.predict(probe).converted(to: .float64).elements(as: Double.self))
    let (a, b) = (try #require(weighted as? FittedTrees).trees, try #require(repeated as? FittedTrees).trees)
    #expect(Array(a.feature.elements) == Array(b.feature.elements))
    #expect(Array(a.threshold.elements) == Array(b.threshold.elements))
    #expect(Array(a.value.elements) == Array(b.value.elements))
  }

  /// Out-of-bag estimates after a warm start, from memory or from a file, are those of one fit; where the earlier trees drew
  /// differently there are none, and a warning says so.
  @Test(arguments: ["random_forest_classifier", "random_forest_regressor", "bagging_classifier", "bagging_regressor"])
  func warmStartsHaveTheOutOfBagEstimatesOfOneFit(kind: String) throws {
    Registry.register(TreesRoom.estimators)
    var random = RandomStream(seed: 12, index: 0)
    let x = (0..<300).map { _ in random.uniform() }
    let isClassifier = kind.hasSuffix("classifier")
    let y = try NDArray((0..<100).map { isClassifier ? (x[3 * $0] * 3).rounded(.down) : x[3 * $0] + random.uniform() })
    let weights = try NDArray((0..<100).map { _ in Double(random.below(3)) })
    let data = TrainingData(.dense(try NDArray(x, shape: [100, 3])), y, sampleWeight: weights)
    func estimator(_ count: Int64, seed: Int64 = 1) throws -> any Estimator {
      var result = try Registry.make(kind)
      for (name, value) in [
        "n_estimators": ParameterValue.int(count), "oob_score": .bool(true), "warm_start": .bool(true),
        "random_state": .int(seed), "max_samples": .double(0.8),
      ] { result = try result.setting(name, to: value) }
      return result
    }
    let few = try estimator(8).fit(data, context: FitContext())
    let whole = try estimator(20).fit(data, context: FitContext())
    let stored = try estimator(8).restore(few.state())
    let name = isClassifier ? "oob_decision_function_" : "oob_prediction_"
    for earlier in [few, stored, whole] {
      let more = try estimator(20).refit(data, previous: earlier, context: FitContext())
      #expect(try more.number("oob_score_") == whole.number("oob_score_"))
      #expect(
        try more.array(name).elements(as: Double.self).map(\.bitPattern)
          == whole.array(name).elements(as: Double.self).map(\.bitPattern))
    }
    let context = FitContext()
    let other = try estimator(20, seed: 2).refit(data, previous: few, context: context)
    #expect(try other.attribute("oob_score_") == nil)
    #expect(context.warnings.contains { $0.message.hasPrefix("oob_score: the earlier members") })
    if isClassifier {
      let shifted = try NDArray(y.elements(as: Double.self).map { $0 + 1 })
      let renamed = TrainingData(data.features, shifted, sampleWeight: weights)
      #expect(
        throws: ApusError.invalidArgument(
          name: "y", reason: "warm start: the classes differ from those of the earlier fit")
      ) { try estimator(20).refit(renamed, previous: few, context: FitContext()) }
    }
  }

  @Test(arguments: ["random_forest_classifier", "random_forest_regressor", "extra_trees_classifier"])
  func aForestHasTheSameBitsForAnyNumberOfThreads(kind: String) throws {
    Registry.register(TreesRoom.estimators)
    var random = RandomStream(seed: 5, index: 0)
    let X = try NDArray((0..<2000).map { _ in random.uniform() }, shape: [400, 5])
    let y = try NDArray((0..<400).map { _ in Double(random.below(3)) })
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    var reference: [Double]?
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let estimator = try Registry.make(kind).setting("n_estimators", to: .int(20))
      let model = try #require(try estimator.fit(X, y) as? FittedTrees)
      let values = Array(model.trees.threshold.elements) + Array(model.trees.value.elements)
      #expect(reference == nil || reference == values)
      reference = values
    }
  }

  @Test func aRowAloneIsPredictedLikeAmongOthers() throws {
    var random = RandomStream(seed: 9, index: 0)
    let numbers = (0..<1500).map { _ in random.below(9) == 0 ? Double.nan : random.uniform() }
    let X = try NDArray(numbers, shape: [300, 5])
    let y = try NDArray((0..<300).map { _ in random.uniform() })
    let estimator = try RandomForestRegressor().setting("n_estimators", to: .int(15))
    let model = try estimator.fit(X, y)
    let all = try model.predict(X).elements(as: Double.self)
    for row in 0..<300 {
      #expect(try model.predict(X.slice(row..<(row + 1))).elements(as: Double.self) == [all[row]])
    }
    // float32 rows take the way of the same numbers in float64.
    let narrow = try X.converted(to: .float32)
    #expect(
      try model.predict(narrow).elements(as: Double.self)
        == model.predict(narrow.converted(to: .float64)).elements(as: Double.self))
  }

  @Test func stateAndBack() throws {
    var random = RandomStream(seed: 21, index: 0)
    let X = try NDArray((0..<900).map { _ in random.uniform() }, shape: [300, 3])
    let y = try NDArray((0..<300).map { _ in Int64(random.below(3)) })
    for kind in ["decision_tree_classifier", "random_forest_classifier"] {
      Registry.register(TreesRoom.estimators)
      let estimator = try Registry.make(kind)
      let model = try estimator.fit(X, y)
      let restored = try estimator.restore(try model.state())
      #expect(
        try model.predictProbabilities(X).elements(as: Double.self)
          == restored.predictProbabilities(X).elements(as: Double.self))
      #expect(
        try model.attribute("feature_importances_")?.elements == restored.attribute("feature_importances_")?.elements)
    }
  }

  @Test func hostileStatesAreRefused() throws {
    var random = RandomStream(seed: 22, index: 0)
    let X = try NDArray((0..<300).map { _ in random.uniform() }, shape: [100, 3])
    let y = try NDArray((0..<100).map { _ in random.uniform() })
    let estimator = DecisionTreeRegressor()
    let good = try estimator.fit(X, y).state()
    func refuses(_ change: (inout ModelState) throws -> Void) throws {
      var state = good
      try change(&state)
      #expect(throws: ApusError.self) { try estimator.restore(state) }
    }
    for name in good.tensors.keys {
      if name == "tree.samples" { continue }
      try refuses { $0.tensors[name] = nil }
      try refuses { $0.tensors[name] = try NDArray([1.0, 2, 3, 4, 5]) }
    }
    let flags = try good.tensor("tree.flags").elements(as: UInt8.self)
    try refuses { $0.tensors["tree.flags"] = try NDArray([UInt8](repeating: 0, count: flags.count)) }
    try refuses { $0.tensors["tree.flags"] = try NDArray([UInt8](repeating: 128, count: flags.count)) }
    try refuses { $0.tensors["tree.flags"] = try NDArray(flags.map { $0 | 2 }) }
    let features = try good.tensor("tree.feature").elements(as: UInt8.self)
    try refuses { $0.tensors["tree.feature"] = try NDArray(features.map { _ in Int32(3) }) }
    try refuses { $0.tensors["tree.feature"] = try NDArray(features.map { _ in Int32(-5) }) }
    try refuses { $0.tensors["tree.offsets"] = try NDArray([0, Int64.max, Int64(flags.count)]) }
    // Any exchange of leaves and inner nodes keeps the counts but not the shape of one tree, or gives a valid tree.
    for i in 0..<(flags.count - 1) where flags[i] != flags[i + 1] {
      var swapped = flags
      swapped.swapAt(i, i + 1)
      var state = good
      state.tensors["tree.flags"] = try NDArray(swapped)
      if let model = try? estimator.restore(state) { _ = try model.predict(X) }
    }
  }
}
