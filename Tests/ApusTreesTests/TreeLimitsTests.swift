import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// What the parameters of growth promise, for every kind of tree and forest.
@Suite(.serialized) struct TreeLimitsTests {
  static let kinds = [
    "decision_tree_classifier", "decision_tree_regressor", "extra_tree_classifier", "extra_tree_regressor",
    "random_forest_classifier", "random_forest_regressor", "extra_trees_classifier", "extra_trees_regressor",
  ]

  private static let rows = 300

  /// Four features, the second of which is a category of six, with noise: two classes or a number.
  private static func data(_ kind: String) throws -> (X: NDArray, y: NDArray) {
    Registry.register(TreesRoom.estimators)
    var random = RandomStream(seed: 80)
    let x = (0..<(rows * 4)).map { $0 % 4 == 1 ? Double(random.below(6)) : random.uniform() }
    let y = (0..<rows).map { row -> Double in
      let signal = x[4 * row] + (Int(x[4 * row + 1]) % 2 == 0 ? 0.6 : 0) + 0.3 * random.normal()
      return kind.hasSuffix("classifier") ? (signal > 0.8 ? 1 : 0) : signal
    }
    return (try NDArray(x, shape: [rows, 4]), try NDArray(y))
  }

  private static func fit(_ kind: String, _ parameters: [String: ParameterValue]) throws -> FittedTrees {
    let (X, y) = try data(kind)
    var estimator = try Registry.make(kind)
    if kind.contains("forest") || kind.contains("extra_trees") {
      estimator = try estimator.setting("n_estimators", to: .int(10))
    }
    for (name, value) in parameters { estimator = try estimator.setting(name, to: value) }
    return try #require(try estimator.fit(X, y) as? FittedTrees)
  }

  /// Depth of every node of a tree.
  private static func depths(_ trees: TreeEnsemble, tree: Int) -> [Int] {
    let base = trees.treeOffsets[tree]
    var depths = [Int](repeating: 0, count: trees.treeOffsets[tree + 1] - base)
    for node in depths.indices where trees.left[base + node] >= 0 {
      let left = Int(trees.left[base + node])
      (depths[left], depths[left + 1]) = (depths[node] + 1, depths[node] + 1)
    }
    return depths
  }

  @Test(arguments: kinds) func treesKeepWithinTheirLimits(kind: String) throws {
    let full = try TreeLimitsTests.fit(kind, [:]).trees
    for tree in 0..<full.treeCount { #expect(try #require(TreeLimitsTests.depths(full, tree: tree).max()) > 4) }

    let shallow = try TreeLimitsTests.fit(kind, ["max_depth": .int(3)]).trees
    for tree in 0..<shallow.treeCount { #expect(TreeLimitsTests.depths(shallow, tree: tree).max() == 3) }

    let few = try TreeLimitsTests.fit(kind, ["max_leaf_nodes": .int(7)]).trees
    for tree in 0..<few.treeCount { #expect(few.treeOffsets[tree + 1] - few.treeOffsets[tree] == 13) }

    let wide = try TreeLimitsTests.fit(kind, ["min_samples_leaf": .int(20)]).trees
    #expect(wide.nodeCount < full.nodeCount)
    for node in 0..<wide.nodeCount { #expect(wide.sampleCount[node] >= 20) }

    let large = try TreeLimitsTests.fit(kind, ["min_samples_split": .double(0.2)]).trees
    for node in 0..<large.nodeCount where large.left[node] >= 0 { #expect(large.sampleCount[node] >= 60) }

    let heavy = try TreeLimitsTests.fit(kind, ["min_weight_fraction_leaf": .double(0.1)]).trees
    for node in 0..<heavy.nodeCount { #expect(heavy.weight[node] >= 30 - 1e-9) }

    let gain = 0.01
    let rewarded = try TreeLimitsTests.fit(kind, ["min_impurity_decrease": .double(gain)]).trees
    #expect(rewarded.nodeCount < full.nodeCount)
    for tree in 0..<rewarded.treeCount {
      let base = rewarded.treeOffsets[tree]
      for node in base..<rewarded.treeOffsets[tree + 1] where rewarded.left[node] >= 0 {
        let left = base + Int(rewarded.left[node])
        let decrease =
          rewarded.weight[node] * rewarded.impurity[node] - rewarded.weight[left] * rewarded.impurity[left]
          - rewarded.weight[left + 1] * rewarded.impurity[left + 1]
        #expect(decrease / rewarded.weight[base] >= gain - 1e-9)
      }
    }

    let pruned = try TreeLimitsTests.fit(kind, ["ccp_alpha": .double(0.01)]).trees
    #expect(pruned.nodeCount < full.nodeCount && pruned.nodeCount > pruned.treeCount)
  }

  /// Along a constrained feature predictions rise, or fall, whatever the other features are.
  @Test(arguments: kinds, [1.0, -1.0]) func monotoneConstraintsHold(kind: String, direction: Double) throws {
    let model = try TreeLimitsTests.fit(
      kind, ["monotonic_cst": .array(try NDArray([direction, 0, 0, direction])), "min_samples_leaf": .int(3)])
    // Against the data a single random tree may have nothing left to split.
    if direction > 0 { #expect(model.trees.nodeCount > 3 * model.trees.treeCount) }
    var random = RandomStream(seed: 81)
    for _ in 0..<40 {
      let others = [0, Double(random.below(6)), random.uniform(), random.uniform()]
      for feature in [0, 3] {
        let grid = (0...30).flatMap { step -> [Double] in
          var row = others
          row[feature] = Double(step) / 30
          return row
        }
        let means = try model.means(NDArray(grid, shape: [31, 4]))
        let width = means.shape[1]
        let values = try means.elements(as: Double.self)
        for step in 1...30 {
          let rise = values[step * width + width - 1] - values[(step - 1) * width + width - 1]
          #expect(rise * direction >= -1e-12)
        }
      }
    }
  }

  /// Categories say more than their numbers do: with few leaves the fit is better, but for single splits drawn at random.
  @Test(arguments: kinds) func categoriesAreSets(kind: String) throws {
    let mask = ParameterValue.array(try NDArray([false, true, false, false]))
    let (X, y) = try TreeLimitsTests.data(kind)
    let limits: [String: ParameterValue] = ["max_leaf_nodes": .int(4), "max_features": .int(4)]
    let sets = try TreeLimitsTests.fit(kind, limits.merging(["categorical_features": mask]) { $1 })
    let numbers = try TreeLimitsTests.fit(kind, limits)
    if !kind.hasPrefix("extra_tree_") { #expect(try sets.score(X, y) > numbers.score(X, y)) }
    #expect((0..<sets.trees.nodeCount).contains { sets.trees.flags[$0] & GrownTree.categorical != 0 })
    let restored = try type(of: Registry.make(kind)).init().restore(sets.state())
    #expect(
      try restored.predict(X).converted(to: .float64).elements(as: Double.self)
        == sets.predict(X).converted(to: .float64).elements(as: Double.self))
  }
}
