import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// Splits on categories, sorted lists, and the form of trees in model files.
@Suite(.serialized) struct CategoricalTreeTests {
  /// Six categories of column 0 with unrelated order, column 1 a weak number, some categories missing.
  private static func table(rows: Int, missing: Bool) throws -> (X: NDArray, codes: [Double], y: [Double]) {
    var random = RandomStream(seed: 12)
    let effects = [3.0, -1, 2, -2, 0.5, 4]
    var x: [Double] = []
    var codes: [Double] = []
    var y: [Double] = []
    for _ in 0..<rows {
      let code = random.below(6)
      let isMissing = missing && random.below(7) == 0
      codes.append(isMissing ? .nan : Double(code * 9))
      x += [codes[codes.count - 1], random.uniform()]
      y.append(effects[code] + x[x.count - 1] / 10 + 0.1 * random.normal())
    }
    return (try NDArray(x, shape: [rows, 2]), codes, y)
  }

  /// Weighted impurity Σ (y − mean)² of both sides.
  private static func cost(_ y: [Double], _ goesLeft: [Bool]) -> Double {
    [true, false].reduce(0) { sum, side in
      let own = zip(y, goesLeft).filter { $0.1 == side }.map(\.0)
      let mean = own.reduce(0, +) / Double(max(own.count, 1))
      return sum + own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
  }

  /// The first split is the best of all sets of categories, missing values on either side.
  @Test(arguments: [false, true], [false, true])
  func theBestOfAllSetsIsFound(classification: Bool, missing: Bool) throws {
    let (X, codes, values) = try CategoricalTreeTests.table(rows: 200, missing: missing)
    let y = classification ? values.map { $0 > 1 ? 1.0 : 0 } : values
    var growth = TreeGrowthParameters(criterion: classification ? "gini" : "squared_error")
    growth.maxDepth = 1
    growth.categoricalFeatures = .array(try NDArray([0.0]))
    let model =
      classification
      ? try DecisionTreeClassifier { $0.growth = growth }.fit(X, NDArray(y.map { Int64($0) }))
      : try DecisionTreeRegressor { $0.growth = growth }.fit(X, NDArray(y))
    let trees = try #require(model as? FittedTrees).trees
    #expect(trees.feature[0] == 0)
    var best = Double.infinity
    for set in 1..<64 {
      for missingLeft in [false, true] {
        let goesLeft = codes.map { $0.isNaN ? missingLeft : set >> Int($0 / 9) & 1 == 1 }
        if goesLeft.contains(true) && goesLeft.contains(false) {
          best = min(best, CategoricalTreeTests.cost(y, goesLeft))
        }
      }
    }
    let leaves = try model.apply(TreeOperation.apply, to: .dense(X)).elements(as: Int64.self)
    let found = CategoricalTreeTests.cost(y, leaves.map { $0 == 1 })
    #expect(abs(found - best) < 1e-9)
    // A category that training has not seen goes right.
    let unseen = try NDArray([1.0, 0.5], shape: [1, 2])
    #expect(try model.apply(TreeOperation.apply, to: .dense(unseen)).elements(as: Int64.self) == [2])
    let again =
      classification
      ? try DecisionTreeClassifier().restore(model.state()) : try DecisionTreeRegressor().restore(model.state())
    #expect(try again.apply(TreeOperation.apply, to: .dense(X)).elements(as: Int64.self) == leaves)
    #expect(try model.text("export_text", arguments: [:]).contains("feature_0 in {"))
  }

  @Test func forestsTakeCategories() throws {
    let (X, _, values) = try CategoricalTreeTests.table(rows: 400, missing: true)
    let y = try NDArray(values.map { Int64($0 > 2 ? 2 : ($0 > 0 ? 1 : 0)) })
    for random in [false, true] {
      var growth = TreeGrowthParameters(criterion: "gini", maxFeatures: .int(1), randomThresholds: random)
      growth.categoricalFeatures = .array(try NDArray([true, false]))
      let model = try RandomForestClassifier {
        $0.growth = growth
        $0.forest.nEstimators = 10
      }.fit(X, y)
      #expect(try model.score(X, y) > 0.9)
      let shap = try model.apply(TreeShapley.values, to: .dense(X.slice(0..<5)))
      #expect(shap.shape == [5, 2, 3])
    }
    var growth = TreeGrowthParameters(criterion: "gini")
    growth.categoricalFeatures = .array(try NDArray([1.0]))
    #expect(throws: ApusError.self) { try DecisionTreeClassifier { $0.growth = growth }.fit(X, y) }
    growth.categoricalFeatures = .array(try NDArray([2.0]))
    #expect(throws: ApusError.self) { try DecisionTreeClassifier { $0.growth = growth }.fit(X, y) }
  }

  /// Lists sorted once and ranks sorted in every node lead to the same tree.
  @Test(arguments: [Criterion.gini, .entropy, .squaredError, .absoluteError, .poisson])
  func sortedListsChangeNothing(criterion: Criterion) throws {
    var random = RandomStream(seed: 40)
    let x = (0..<1500).map { _ in random.below(10) == 0 ? Double.nan : (random.uniform() * 30).rounded() }
    let X = try NDArray(x, shape: [300, 5])
    let table = try RankedFeatures(X)
    let isClassifier = criterion == .gini || criterion == .entropy
    let y = (0..<300).map { _ in Double(random.below(3)) + (isClassifier ? 0 : random.uniform()) }
    let weights = try Buffer<Double>(repeating: 1, count: 300)
    let problem: TrainingProblem
    if isClassifier {
      let labels = try Buffer<UInt32>(count: 300)
      for row in 0..<300 { labels[row] = UInt32(y[row]) }
      problem = try TrainingProblem(
        table: table, labels: labels, classCounts: [3], criterion: criterion, weights: weights, largestTotal: 300)
    } else {
      let values = try Buffer<Double>(count: 300)
      for row in 0..<300 { values[row] = y[row] }
      problem = try TrainingProblem(table: table, values: values, outputs: 1, criterion: criterion, weights: weights)
    }
    for limit in [nil, 20] {
      var grown: [GrownTree] = []
      for keepsLists in [true, false] {
        var options = GrowthOptions()
        options.maxFeatures = 5
        options.maxLeafNodes = limit
        options.keepsLists = keepsLists
        grown.append(
          try problem.grow(counts: nil, options: options, random: RandomStream(seed: 0), isCancelled: { false }))
      }
      #expect(grown[0].nodeCount == grown[1].nodeCount && grown[0].nodeCount > 30)
      for node in 0..<min(grown[0].nodeCount, grown[1].nodeCount) {
        #expect(grown[0].feature[node] == grown[1].feature[node])
        #expect(grown[0].threshold[node] == grown[1].threshold[node])
        #expect(grown[0].value[node] == grown[1].value[node])
      }
    }
  }

  private func fitted() throws -> [(any Estimator, any FittedModel)] {
    var random = RandomStream(seed: 50)
    let X = try NDArray((0..<6000).map { _ in random.uniform() }, shape: [1000, 6])
    let classes = try NDArray((0..<1000).map { _ in Int64(random.below(3)) })
    let values = try NDArray((0..<1000).map { _ in random.uniform() })
    let forest = RandomForestClassifier { $0.forest.nEstimators = 5 }
    let weighted = RandomForestClassifier {
      $0.forest.nEstimators = 5
      $0.growth.maxDepth = 6
      $0.classWeight = .string("balanced")
    }
    return [
      (DecisionTreeClassifier(), try DecisionTreeClassifier().fit(X, classes)),
      (DecisionTreeRegressor(), try DecisionTreeRegressor().fit(X, values)),
      (forest, try forest.fit(X, classes)), (weighted, try weighted.fit(X, classes)),
      (RandomForestRegressor(), try RandomForestRegressor { $0.forest.nEstimators = 5 }.fit(X, values)),
      (AdaBoostClassifier(), try AdaBoostClassifier().fit(X, classes)),
      (IsolationForest(), try IsolationForest().fit(X)),
    ]
  }

  @Test func filesNeedLessThan24BytesANode() throws {
    for (estimator, model) in try fitted() {
      let state = try model.state()
      let bytes = state.tensors.values.reduce(0) { $0 + $1.count * $1.dtype.stride }
      let nodes = try model.array("tree_feature_").count
      #expect(bytes < 24 * nodes, "\(type(of: estimator)): \(bytes) bytes for \(nodes) nodes")
    }
  }

  /// Thousands of damaged states: refused, or usable without leaving any array.
  @Test func damagedStatesAreRefusedOrHarmless() throws {
    var random = RandomStream(seed: 60)
    let probe = try NDArray((0..<24).map { _ in random.uniform() }, shape: [4, 6])
    var refused = 0
    for (estimator, model) in try fitted() {
      let good = try model.state()
      let names = good.tensors.keys.sorted()
      for _ in 0..<300 {
        var state = good
        let name = names[random.below(names.count)]
        let tensor = try #require(good.tensors[name])
        switch random.below(4) {
        case 0: state.tensors[name] = nil
        case 1:
          let kept = random.below(tensor.shape[0] + 1)
          state.tensors[name] = try tensor.slice(0..<kept).copied()
        default:
          let damaged = try tensor.copied()
          for _ in 0..<(1 + random.below(3)) where damaged.count > 0 {
            let byte = random.below(damaged.count * damaged.dtype.stride)
            (damaged.data + byte).storeBytes(of: UInt8(truncatingIfNeeded: random.next()), as: UInt8.self)
          }
          state.tensors[name] = damaged
        }
        guard let restored = try? estimator.restore(state) else {
          refused += 1
          continue
        }
        for operation in type(of: estimator).schema.operations {
          _ = try? restored.apply(operation, to: .dense(probe))
        }
        _ = try? restored.text("export_svg", arguments: [:])
        for attribute in type(of: estimator).schema.attributes { _ = try? restored.attribute(attribute.name) }
      }
    }
    #expect(refused > 500)
  }
}
