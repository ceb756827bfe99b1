import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// All ways through an ensemble lead to the same leaves and add them up in the same order.
@Suite(.serialized) struct PredictionTests {
  /// A random ensemble of the given size, with missing values, thresholds of +∞ and, if asked for, categories.
  private static func ensemble(trees: Int, leaves: Int, features: Int, categories: Bool, seed: UInt64) throws
    -> TreeEnsemble
  {
    var random = RandomStream(seed: seed, index: 0)
    let grown = try (0..<trees).map { _ in
      var tree = try GrownTree(valueCount: 1)
      func leaf() throws -> Int32 {
        let (node, value) = try tree.appendLeaf(samples: 1, weight: 1, impurity: 0)
        value[0] = random.uniform() - 0.5
        return Int32(node)
      }
      var open = [try leaf()]
      for _ in 1..<leaves {
        let node = Int(open.remove(at: random.below(open.count)))
        let (left, right) = (try leaf(), try leaf())
        (tree.left[node], tree.right[node]) = (left, right)
        let feature = random.below(features)
        tree.feature[node] = Int32(feature)
        tree.flags[node] = random.below(2) == 0 ? GrownTree.missingLeft : 0
        tree.threshold[node] = random.below(20) == 0 ? .infinity : Double(random.below(90)) / 90
        if categories, feature == 0 {
          tree.flags[node] |= GrownTree.categorical
          tree.threshold[node] = Double(tree.setOffsets.count - 1)
          try tree.setWords.append(UInt32(truncatingIfNeeded: random.next()))
          try tree.setOffsets.append(Int32(tree.setWords.count))
        }
        open += [left, right]
      }
      return tree
    }
    return try TreeEnsemble(grown, featureCount: features, valueCount: 1)
  }

  private static func rows(_ count: Int, features: Int, missing: Bool, categories: Bool) -> [Double] {
    var random = RandomStream(seed: 77, index: 1)
    return (0..<(count * features)).map { i in
      if missing, random.below(7) == 0 { return .nan }
      if categories, i % features == 0 { return [Double(random.below(40)), 2.5, -1, 1e9][random.below(16) / 13] }
      // Some values equal thresholds.
      return random.below(3) == 0 ? Double(random.below(90)) / 90 : random.uniform()
    }
  }

  /// The sum over trees of the leaf values, one row and one node at a time.
  private static func plain(_ trees: TreeEnsemble, _ x: [Double], row: Int) throws -> Double {
    let matrix = try NDArray(
      Array(x[(row * trees.featureCount)..<((row + 1) * trees.featureCount)]), shape: [1, trees.featureCount])
    var sum = 0.0
    for tree in 0..<trees.treeCount {
      let leaf = TreeDescent.leaf(trees, tree: tree, view: matrix.matrixView(Double.self), row: 0)
      sum += trees.value[trees.treeOffsets[tree] + Int(leaf)]
    }
    return sum
  }

  @Test(arguments: [1, 2, 31, 200, 256, 400], [(false, false), (true, false), (false, true), (true, true)])
  func everyWayGivesTheSumOfTheLeaves(leaves: Int, with: (missing: Bool, categories: Bool)) throws {
    let (missing, categories) = with
    let features = 5
    let trees = try PredictionTests.ensemble(
      trees: 19, leaves: leaves, features: features, categories: categories, seed: UInt64(leaves))
    let predictor = EnsemblePredictor(trees)
    let count = 700
    let values = PredictionTests.rows(count, features: features, missing: missing, categories: categories)
    let expected = try (0..<count).map { try PredictionTests.plain(trees, values, row: $0) }
    let X = try NDArray(values, shape: [count, features])
    for rows in [1, 3, 7, 8, 20, 31, 32, 257, 700] {
      let sums = try Buffer<Double>(zeroed: rows)
      try predictor.accumulate(try X.slice(0..<rows, axis: 0), into: sums.pointer, outputs: 1)
      #expect(Array(sums.elements) == Array(expected[..<rows]), "\(rows) rows")
    }
    // Values that float32 holds take the same way in float32; so do strided views.
    let narrow = values.map { Float($0) }
    let rounded = narrow.map { Double($0) }
    let single = try NDArray(narrow, shape: [count, features])
    let transposed = try NDArray(
      (0..<(count * features)).map { narrow[$0 % count * features + $0 / count] }, shape: [features, count])
    let wide = try (0..<count).map { try PredictionTests.plain(trees, rounded, row: $0) }
    for matrix in [single, transposed.transposed] {
      for rows in [5, 16, 40, 700] {
        let sums = try Buffer<Double>(zeroed: rows)
        try predictor.accumulate(try matrix.slice(0..<rows, axis: 0), into: sums.pointer, outputs: 1)
        #expect(Array(sums.elements) == Array(wide[..<rows]), "\(rows) float32 rows")
      }
    }
  }

  @Test func manyFeaturesFitWiderLinks() throws {
    let features = 70_000
    let trees = try PredictionTests.ensemble(trees: 3, leaves: 30_000, features: features, categories: false, seed: 5)
    #expect(try PackedTrees<Float, UInt32>(trees) == nil)
    let values = PredictionTests.rows(9, features: features, missing: true, categories: false)
    let X = try NDArray(values.map { Float($0) }, shape: [9, features])
    let rounded = values.map { Double(Float($0)) }
    let sums = try Buffer<Double>(zeroed: 9)
    try EnsemblePredictor(trees).accumulate(X, into: sums.pointer, outputs: 1)
    for row in 0..<9 { #expect(try sums[row] == PredictionTests.plain(trees, rounded, row: row)) }
  }

  @Test func infinityIsFoundInEveryLayout() throws {
    for dtype in [DType.float32, .float64] {
      let X = try NDArray(zeros: [300, 40], dtype: dtype)
      try FiniteCheck.requireFinite(X, name: "X", policy: .allowNaN)
      if dtype == .float32 {
        X.pointer(Float.self)[5 * 40 + 7] = -.infinity
      } else {
        X.pointer(Double.self)[207] = .infinity
      }
      for matrix in [X, X.transposed] {
        do {
          try FiniteCheck.requireFinite(matrix, name: "X", policy: .allowNaN)
          Issue.record("no error")
        } catch {
          let place = matrix.shape[0] == 300 ? "row 5, column 7" : "row 7, column 5"
          #expect("\(error)".contains(place))
        }
      }
    }
  }
}
