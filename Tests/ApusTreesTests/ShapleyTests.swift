import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusTrees

/// Shapley values against the definition: all coalitions, one by one.
@Suite struct ShapleyTests {
  /// Rows with missing values, and targets that use all four features.
  private static func table(_ rows: Int, seed: UInt64) throws -> (NDArray, [Double]) {
    var random = RandomStream(seed: seed)
    let x = (0..<(rows * 4)).map { _ in random.below(12) == 0 ? Double.nan : (random.uniform() * 8).rounded() / 2 }
    func at(_ row: Int, _ column: Int) -> Double { x[row * 4 + column].isNaN ? 1.5 : x[row * 4 + column] }
    let y = (0..<rows).map { at($0, 0) * at($0, 1) - at($0, 2) + (at($0, 3) > 2 ? 3 : 0) + random.uniform() }
    return (try NDArray(x, shape: [rows, 4]), y)
  }

  /// The output of a model when only the features of `coalition` are known, by definition.
  private static func game(
    _ model: AdditiveTrees, _ row: [Double], _ coalition: Int, background: [Double]?
  ) -> [Double] {
    var result = model.baseline
    func descend(_ tree: Int, _ node: Int, _ share: Double) {
      let trees = model.trees
      if trees.left[node] < 0 {
        for k in 0..<model.width {
          result[model.firstOutput(tree: tree) + k] += model.factor * share * trees.value[node * model.width + k]
        }
        return
      }
      let left = trees.treeOffsets[tree] + Int(trees.left[node])
      if coalition >> Int(trees.feature[node]) & 1 == 1 {
        descend(tree, left + (model.goesLeft(node, row) ? 0 : 1), share)
      } else if let background {
        descend(tree, left + (model.goesLeft(node, background) ? 0 : 1), share)
      } else {
        let total = trees.weight[left] + trees.weight[left + 1]
        descend(tree, left, share * trees.weight[left] / total)
        descend(tree, left + 1, share * trees.weight[left + 1] / total)
      }
    }
    for tree in 0..<model.trees.treeCount { descend(tree, model.trees.treeOffsets[tree], 1) }
    return result
  }

  private static func factorial(_ n: Int) -> Double { (1...max(n, 1)).reduce(1) { $0 * Double($1) } }

  /// Shapley values (features, outputs) and interaction values (features, features, outputs) of a game on 4 features.
  private static func enumerate(_ outputs: Int, _ game: (Int) -> [Double]) -> (main: [Double], pairs: [Double]) {
    let p = 4
    let values = (0..<(1 << p)).map(game)
    var main = [Double](repeating: 0, count: p * outputs)
    var pairs = [Double](repeating: 0, count: p * p * outputs)
    for coalition in 0..<(1 << p) {
      let size = coalition.nonzeroBitCount
      for i in 0..<p where coalition >> i & 1 == 0 {
        let weight = factorial(size) * factorial(p - size - 1) / factorial(p)
        for k in 0..<outputs {
          main[i * outputs + k] += weight * (values[coalition | 1 << i][k] - values[coalition][k])
        }
        for j in 0..<p where j != i && coalition >> j & 1 == 0 {
          let weight = factorial(size) * factorial(p - size - 2) / (2 * factorial(p - 1))
          for k in 0..<outputs {
            let both = values[coalition | 1 << i | 1 << j][k]
            pairs[(i * p + j) * outputs + k] +=
              weight * (both - values[coalition | 1 << i][k] - values[coalition | 1 << j][k] + values[coalition][k])
          }
        }
      }
    }
    for i in 0..<p {
      for k in 0..<outputs {
        let others = (0..<p).filter { $0 != i }.reduce(0) { $0 + pairs[(i * p + $1) * outputs + k] }
        pairs[(i * p + i) * outputs + k] = main[i * outputs + k] - others
      }
    }
    return (main, pairs)
  }

  @Test(arguments: [
    "decision_tree_regressor", "random_forest_classifier", "extra_trees_regressor",
    "hist_gradient_boosting_regressor", "hist_gradient_boosting_classifier",
  ])
  func valuesEqualTheDefinition(kind: String) throws {
    Registry.register(TreesRoom.estimators)
    let (X, values) = try ShapleyTests.table(150, seed: 4)
    let isClassifier = kind.hasSuffix("classifier")
    let y = try isClassifier ? NDArray(values.map { Int64($0 > 6 ? 2 : ($0 > 2 ? 1 : 0)) }) : NDArray(values)
    var estimator = try Registry.make(kind)
    for (name, value) in ["n_estimators": 4, "max_iter": 4, "min_samples_leaf": 3] as [String: Int64] {
      if let changed = try? estimator.setting(name, to: .int(value)) { estimator = changed }
    }
    let model = try estimator.fit(X, y)
    let additive: AdditiveTrees
    if let forest = model as? FittedTrees {
      additive = AdditiveTrees(
        trees: forest.trees, factor: 1 / Double(forest.trees.treeCount), outputs: forest.trees.valueCount,
        interleaved: false, baseline: [Double](repeating: 0, count: forest.trees.valueCount))
    } else {
      let boosted = try #require(model as? FittedBoosting)
      additive = AdditiveTrees(
        trees: boosted.trees, factor: 1, outputs: boosted.outputs, interleaved: boosted.outputs > 1,
        baseline: boosted.baseline)
    }
    let numbers = try X.elements(as: Double.self)
    let rows = try X.slice(0..<12)
    let background = try X.slice(40..<43)
    for others in [nil, background] {
      let arguments: [String: ParameterValue] = others.map { ["background": .array($0)] } ?? [:]
      func operate(_ operation: ApusModels.Operation, _ input: NDArray?) throws -> [Double] {
        try model.apply(operation, to: input.map { .dense($0) }, arguments: arguments, context: FitContext())
          .elements(as: Double.self)
      }
      let main = try operate(TreeShapley.values, rows)
      let pairs = try operate(TreeShapley.interactions, rows)
      let expected = try operate(TreeShapley.expectedValue, nil)
      let size = 4 * additive.outputs
      for row in 0..<12 {
        let features = Array(numbers[(row * 4)..<(row * 4 + 4)])
        func game(_ coalition: Int) -> [Double] {
          guard others != nil else { return ShapleyTests.game(additive, features, coalition, background: nil) }
          var mean = [Double](repeating: 0, count: additive.outputs)
          for other in 40..<43 {
            let values = ShapleyTests.game(
              additive, features, coalition, background: Array(numbers[(other * 4)..<(other * 4 + 4)]))
            for k in mean.indices { mean[k] += values[k] / 3 }
          }
          return mean
        }
        let truth = ShapleyTests.enumerate(additive.outputs, game)
        for i in 0..<size { #expect(abs(main[row * size + i] - truth.main[i]) < 1e-12, "\(kind) row \(row)") }
        for i in 0..<(size * 4) {
          #expect(abs(pairs[row * size * 4 + i] - truth.pairs[i]) < 1e-12, "\(kind) row \(row)")
        }
        let full = game(15)
        for k in 0..<additive.outputs {
          let sum = (0..<4).reduce(expected[k]) { $0 + main[row * size + $1 * additive.outputs + k] }
          #expect(abs(sum - full[k]) < 1e-12)
        }
      }
    }
  }

  @Test func valuesHaveTheSameBitsForAnyNumberOfThreads() throws {
    let (X, values) = try ShapleyTests.table(200, seed: 8)
    let model = try RandomForestRegressor { $0.forest.nEstimators = 5 }.fit(X, try NDArray(values))
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    var reference: [Double]?
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let found = try model.apply(TreeShapley.values, to: .dense(X)).elements(as: Double.self)
      #expect(reference == nil || reference == found)
      reference = found
    }
  }

  @Test func quadratureIntegratesPolynomialsExactly() throws {
    for points in 1...40 {
      let rule = try GaussLegendre(count: points)
      for degree in 0..<(2 * points) {
        let sum = (0..<points).reduce(0) { $0 + rule.weights[$1] * pow(rule.nodes[$1], Double(degree)) }
        #expect(abs(sum * Double(degree + 1) - 1) < 1e-13, "\(points) points, degree \(degree)")
      }
    }
  }
}
