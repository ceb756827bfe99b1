import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// Search on bins in large nodes: where every value has a bin of its own it finds what exact search finds.
@Suite(.serialized) struct BinnedSearchTests {
  /// A table of `levels` distinct values a feature, some missing, with targets that need deep trees.
  private func table(rows: Int, levels: Double, seed: UInt64) throws -> (X: NDArray, y: [Double]) {
    var random = RandomStream(seed: seed, index: 0)
    let X = (0..<(rows * 4)).map { _ in
      random.uniform() < 0.05 ? Double.nan : (random.uniform() * levels).rounded(.down)
    }
    let y = (0..<rows).map { row in
      (0..<4).reduce(random.uniform()) { $0 + (X[row * 4 + $1].isNaN ? 0.4 : X[row * 4 + $1] / levels) }
    }
    return (try NDArray(X, shape: [rows, 4]), y)
  }

  /// - Parameter sides: whether missing values take the same sides, which without any in training depends on counts of rows.
  private func expectSameTree(_ a: any FittedModel, _ b: any FittedModel, sides: Bool = true) throws {
    let (a, b) = (try #require(a as? FittedTrees).trees, try #require(b as? FittedTrees).trees)
    #expect(Array(a.feature.elements) == Array(b.feature.elements))
    #expect(Array(a.threshold.elements) == Array(b.threshold.elements))
    #expect(!sides || Array(a.flags.elements) == Array(b.flags.elements))
    #expect(Array(a.value.elements) == Array(b.value.elements))
  }

  /// Sums over bins (two classes, one output) and sorted bins (three classes, absolute error) against sorted ranks.
  @Test(arguments: [("classifier", 2.0, "gini"), ("classifier", 2, "entropy"), ("classifier", 3, "gini")])
  func aBinForEveryValueIsExactSearch(role: String, classes: Double, criterion: String) throws {
    let (X, y) = try table(rows: 4000, levels: 40, seed: 1)
    let labels = try NDArray(y.map { Int64($0 * classes / 5) })
    let exact = DecisionTreeClassifier { $0.growth.criterion = criterion }
    try expectSameTree(exact.setting("max_bins", to: .int(60)).fit(X, labels), exact.fit(X, labels))
  }

  @Test(arguments: ["squared_error", "poisson", "absolute_error"])
  func aBinForEveryValueIsExactSearchForNumbers(criterion: String) throws {
    let (X, y) = try table(rows: 4000, levels: 40, seed: 2)
    let exact = DecisionTreeRegressor { $0.growth.criterion = criterion }
    try expectSameTree(exact.setting("max_bins", to: .int(60)).fit(X, NDArray(y)), exact.fit(X, NDArray(y)))
  }

  /// Fewer bins than values: the best boundary is found in the bins beside it, and nodes below 32 rows a bin search every
  /// threshold, so that a full tree still remembers its targets.
  @Test func boundariesWithinBinsAreFound() throws {
    var random = RandomStream(seed: 3, index: 0)
    let values = (0..<1000).map { _ in random.uniform() }
    let X = try NDArray(values, shape: [1000, 1])
    let y = try NDArray(values.map { $0 < 0.4321 ? 1e6 * $0 : 1e6 * (1 + $0) })
    let tree = DecisionTreeRegressor { $0.growth.maxBins = 4 }
    let model = try tree.fit(X, y)
    #expect(try model.predict(X).elements(as: Double.self) == y.elements(as: Double.self))
    let below = try #require(values.filter { $0 < 0.4321 }.max())
    let above = try #require(values.filter { $0 >= 0.4321 }.min())
    #expect(try #require(model as? FittedTrees).trees.threshold[0] == below / 2 + above / 2)
  }

  @Test(arguments: ["random_forest_classifier", "random_forest_regressor", "decision_tree_regressor"])
  func weightsAreRepetitionsAndThreadsDoNotMatter(kind: String) throws {
    Registry.register(TreesRoom.estimators)
    defer { try? ThreadPool.setThreadCount(2) }
    var random = RandomStream(seed: 4, index: 0)
    let rows = 900
    let x = (0..<(rows * 3)).map { _ in random.uniform() }
    let isClassifier = kind.hasSuffix("classifier")
    let y = (0..<rows).map { row in
      let signal = x[row * 3] + x[row * 3 + 1] * random.uniform()
      return isClassifier ? Double(Int(signal * 2)) : signal
    }
    let weights = (0..<rows).map { _ in random.below(4) }
    let order = (0..<rows).flatMap { Array(repeating: $0, count: weights[$0]) }.reversed()
    let again = try NDArray(order.flatMap { x[($0 * 3)..<($0 * 3 + 3)] }, shape: [order.count, 3])
    let targets = try NDArray(order.map { y[$0] })
    var estimator = try Registry.make(kind).setting("max_bins", to: .int(16))
    if kind.contains("forest") { estimator = try estimator.setting("n_estimators", to: .int(5)) }
    let X = try NDArray(x, shape: [rows, 3])
    let weighted = try estimator.fit(X, NDArray(y), sampleWeight: NDArray(weights.map(Double.init)))
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      try expectSameTree(weighted, estimator.fit(again, targets), sides: false)
    }
  }

  @Test func sparseFeaturesHaveTheBinsOfDenseOnes() throws {
    var random = RandomStream(seed: 5, index: 0)
    let rows = 600
    let cells = (0..<(rows * 3)).map { _ in random.uniform() < 0.6 ? 0 : random.uniform() - 0.3 }
    let y = try NDArray((0..<rows).map { cells[$0 * 3] > 0.1 ? 1 : cells[$0 * 3 + 1] })
    let filled = cells.indices.filter { cells[$0] != 0 }
    let starts = (0...rows).map { row in Int64(filled.count { $0 < row * 3 }) }
    let sparse = try CSRMatrix(
      rows: rows, columns: 3, rowOffsets: NDArray(starts), columnIndices: NDArray(filled.map { Int64($0 % 3) }),
      values: NDArray(filled.map { cells[$0] }))
    let tree = DecisionTreeRegressor { $0.growth.maxBins = 8 }
    try expectSameTree(
      tree.fit(TrainingData(.sparse(sparse), y), context: FitContext()),
      tree.fit(TrainingData(.dense(NDArray(cells, shape: [rows, 3])), y), context: FitContext()))
  }
}
