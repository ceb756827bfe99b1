import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// Trees on sparse features are those on the same features made dense.
@Suite struct SparseTreeTests {
  /// A sparse table with repeated, unsorted, zero and missing entries.
  private func table(rows: Int, columns: Int) throws -> CSRMatrix {
    var random = RandomStream(seed: 70)
    var offsets: [Int64] = [0]
    var indices: [Int64] = []
    var values: [Double] = []
    for _ in 0..<rows {
      for _ in 0..<random.below(columns) {
        indices.append(Int64(random.below(columns)))
        let kind = random.below(12)
        values.append(kind == 0 ? .nan : kind == 1 ? 0 : (random.uniform() * 10).rounded() - 4)
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
