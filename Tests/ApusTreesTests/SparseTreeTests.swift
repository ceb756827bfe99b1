import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// Trees on sparse features are those on the same features made dense.
@Suite struct SparseTreeTests {
  /// A sparse table with repeated, unsorted, zero and, unless told otherwise, missing entries.
  private func table(rows: Int, columns: Int, hasMissing: Bool = true) throws -> CSRMatrix {
    var random = RandomStream(seed: 70)
    var offsets: [Int64] = [0]
    var indices: [Int64] = []
    var values: [Double] = []
    for _ in 0..<rows {
      for _ in 0..<random.below(columns) {
        indices.append(Int64(random.below(columns)))
        let kind = random.below(12)
        values.append(kind == 0 && hasMissing ? .nan : kind == 1 ? 0 : (random.uniform() * 10).rounded() - 4)
      }
      offsets.append(Int64(indices.count))
    }
    return try CSRMatrix(
      rows: rows, columns: columns, rowOffsets: NDArray(offsets), columnIndices: NDArray(indices),
      values: NDArray(values))
  }

  @Test(arguments: [
    "decision_tree_classifier", "decision_tree_regressor", "extra_tree_regressor", "random_forest_classifier",
    "extra_trees_classifier", "random_forest_regressor",
  ])
  func sparseEqualsDense(kind: String) throws {
    Registry.register(TreesRoom.estimators)
    let sparse = try table(rows: 260, columns: 9)
    let dense = try sparse.dense()
    var random = RandomStream(seed: 71)
    let x = try dense.elements(as: Double.self)
    let y = try NDArray(
      (0..<260).map { row -> Double in
        let sum = (x[row * 9].isNaN ? 2 : x[row * 9]) + (x[row * 9 + 4].isNaN ? 0 : x[row * 9 + 4])
        return kind.hasSuffix("classifier") ? (sum > 1 ? 1 : 0) : sum + random.uniform()
      })
    var estimator = try Registry.make(kind)
    for (name, value) in ["n_estimators": ParameterValue.int(6), "oob_score": .bool(kind.hasPrefix("random_forest"))] {
      if let changed = try? estimator.setting(name, to: value) { estimator = changed }
    }
    let weights = try NDArray((0..<260).map { _ in Double(random.below(3)) })
    let first = try #require(
      try estimator.fit(TrainingData(.dense(dense), y, sampleWeight: weights), context: FitContext()) as? FittedTrees)
    let second = try #require(
      try estimator.fit(TrainingData(.sparse(sparse), y, sampleWeight: weights), context: FitContext())
        as? FittedTrees)
    #expect(first.trees.nodeCount > 10)
    #expect(Array(first.trees.feature.elements) == Array(second.trees.feature.elements))
    #expect(Array(first.trees.threshold.elements) == Array(second.trees.threshold.elements))
    #expect(Array(first.trees.flags.elements) == Array(second.trees.flags.elements))
    #expect(Array(first.trees.value.elements) == Array(second.trees.value.elements))
    if kind.hasPrefix("random_forest") { #expect(try first.number("oob_score_") == second.number("oob_score_")) }
    for operation in type(of: estimator).schema.operations
    where operation != TreeShapley.expectedValue && operation != TreeOperation.predictQuantiles {
      let (a, b) = (try first.apply(operation, to: .dense(dense)), try first.apply(operation, to: .sparse(sparse)))
      #expect(a.shape == b.shape)
      #expect(
        try a.converted(to: .float64).elements(as: Double.self)
          == b.converted(to: .float64).elements(as: Double.self), "\(operation.rawValue)")
    }
  }

  /// Ensembles of any estimator, and what is made of the features' extremes: members, predictions and stages.
  @Test(arguments: [
    ("ada_boost_classifier", 2), ("ada_boost_classifier", 3), ("ada_boost_regressor", 0), ("bagging_classifier", 3),
    ("bagging_regressor", 0), ("isolation_forest", 0),
  ])
  func ensemblesOnSparseEqualThoseOnDense(kind: String, classes: Int) throws {
    Registry.register(TreesRoom.estimators)
    let sparse = try table(rows: 210, columns: 7, hasMissing: !kind.hasPrefix("ada"))
    let dense = try sparse.dense()
    var random = RandomStream(seed: 73)
    let x = try dense.elements(as: Double.self)
    let y = try NDArray(
      (0..<210).map { row -> Double in
        let sum = (x[row * 7].isNaN ? 2 : x[row * 7]) + (x[row * 7 + 4].isNaN ? 0 : x[row * 7 + 4])
        return classes > 0 ? min(max(sum.rounded(), 0), Double(classes - 1)) : sum + random.uniform()
      })
    let weights = try NDArray((0..<210).map { _ in Double(random.below(3)) })
    let settings: [[String: ParameterValue]] = [
      [:], ["n_iter_no_change": .int(3)], ["max_features": .double(0.6), "bootstrap_features": .bool(true)],
      ["contamination": .double(0.1), "oob_score": .bool(true)],
    ]
    for setting in settings {
      var estimator = try Registry.make(kind)
      for (name, value) in setting { if let changed = try? estimator.setting(name, to: value) { estimator = changed } }
      let first = try estimator.fit(TrainingData(.dense(dense), y, sampleWeight: weights), context: FitContext())
      let second = try estimator.fit(TrainingData(.sparse(sparse), y, sampleWeight: weights), context: FitContext())
      for operation in type(of: estimator).schema.operations {
        let (a, b) = (try first.apply(operation, to: .dense(dense)), try second.apply(operation, to: .sparse(sparse)))
        #expect(a.shape == b.shape)
        #expect(
          try a.converted(to: .float64).elements(as: Double.self).map(\.bitPattern)
            == b.converted(to: .float64).elements(as: Double.self).map(\.bitPattern), "\(operation.rawValue)")
      }
      for name in ["estimator_weights_", "oob_score_", "offset_", "validation_score_"] {
        #expect(try first.attribute(name)?.elements == second.attribute(name)?.elements, "\(name)")
        #expect((try? first.number(name)) == (try? second.number(name)), "\(name)")
      }
    }
  }

  /// Blocks of rows are joined along the axis of the rows, the second where stages come first.
  @Test func resultsOfBlocksAreJoined() throws {
    let (rows, columns) = (5, 1 << 19)
    let X = try CSRMatrix(
      rows: rows, columns: columns, rowOffsets: NDArray((0...rows).map { Int64($0) }),
      columnIndices: NDArray([Int64](repeating: 3, count: rows)), values: NDArray((0..<rows).map { Double($0) }))
    var blocks = 0
    let stages = try SparseRowBlocks.results(X, axis: 1) { block in
      blocks += 1
      let values = try block.elements(as: Double.self)
      let column = (0..<block.shape[0]).map { values[$0 * columns + 3] }
      return try NDArray(column + column.map { -$0 }, shape: [2, column.count])
    }
    #expect(blocks == 3)
    #expect(stages.shape == [2, rows])
    #expect(try stages.elements(as: Double.self) == [0, 1, 2, 3, 4, 0, -1, -2, -3, -4])
  }

  /// A wide table: memory goes with the entries, of which there are few, not with the cells.
  @Test func aWideTableStaysSmall() throws {
    let (rows, columns) = (400, 1_000_000)
    var random = RandomStream(seed: 72)
    var offsets: [Int64] = [0]
    var indices: [Int64] = []
    var values: [Double] = []
    for row in 0..<rows {
      indices += [Int64(row % 2 == 0 ? 5 : 999_999), Int64(random.below(columns))]
      values += [3, 1]
      offsets.append(Int64(indices.count))
    }
    let X = try CSRMatrix(
      rows: rows, columns: columns, rowOffsets: NDArray(offsets), columnIndices: NDArray(indices),
      values: NDArray(values))
    let y = try NDArray((0..<rows).map { Int64($0 % 2) })
    let tree = DecisionTreeClassifier { $0.growth.maxDepth = 1 }
    let model = try tree.fit(TrainingData(.sparse(X), y), context: FitContext())
    #expect(try model.score(.sparse(X), y, sampleWeight: nil, context: FitContext()) == 1)
    let boosted = try AdaBoostClassifier { $0.boosting.nEstimators = 2 }.fit(
      TrainingData(.sparse(X), y), context: FitContext())
    #expect(try boosted.score(.sparse(X), y, sampleWeight: nil, context: FitContext()) == 1)
    let bagged = try BaggingClassifier {
      $0.bagging.nEstimators = 2
      $0.bagging.estimator = .estimator(tree)
    }.fit(TrainingData(.sparse(X), y), context: FitContext())
    #expect(try bagged.score(.sparse(X), y, sampleWeight: nil, context: FitContext()) == 1)
    let forest = try IsolationForest { $0.nEstimators = 2 }.fit(TrainingData(.sparse(X)), context: FitContext())
    #expect(try forest.predict(.sparse(X)).count == rows)
  }

  @Test func infinityIsNamed() throws {
    let X = try CSRMatrix(
      rows: 2, columns: 2, rowOffsets: NDArray([0, 1, 2] as [Int64]), columnIndices: NDArray([0, 1] as [Int64]),
      values: NDArray([1, Double.infinity]))
    #expect(
      throws: ApusError.nonFiniteValue(name: "X", reason: "contains infinity (inf), first at row 1, column 1")
    ) {
      try DecisionTreeClassifier().fit(
        TrainingData(.sparse(X), NDArray([0, 1] as [Int64])), context: FitContext())
    }
  }
}
