import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusTrees

/// Histogram gradient boosting: finite differences, closed forms, exact equalities.
@Suite(.serialized) struct BoostingTests {
  /// A table with a smooth signal, one missing value in nine if asked for.
  static func table(rows: Int, columns: Int, seed: UInt64, missing: Bool = false) throws -> (NDArray, [Double]) {
    var random = RandomStream(seed: seed, index: 0)
    var x = (0..<(rows * columns)).map { _ in random.uniform() }
    let y = (0..<rows).map {
      sin(6 * x[$0 * columns]) + x[$0 * columns + 1] * x[$0 * columns + 1] + 0.1 * random.uniform()
    }
    if missing { for i in x.indices where random.below(9) == 0 { x[i] = .nan } }
    return (try NDArray(x, shape: [rows, columns]), y)
  }

  @Test func gradientsAreDerivativesOfTheLosses() {
    let losses: [any BoostingLoss] = [
      SquaredLoss(), HuberLoss(delta: 0.7), PoissonLoss(), GammaLoss(), TweedieLoss(power: 1.3), LogisticLoss(),
      QuantileLoss(quantile: 0.3), AbsoluteLoss(),
    ]
    let step = 1e-5
    for loss in losses {
      for y in [0.0, 1.0] where !(loss is GammaLoss && y == 0) {
        for raw in [-1.3, -0.2, 0.4, 1.7] {
          let (g, h) = loss.gradient(y, raw)
          let slope = (loss.loss(y, raw + step) - loss.loss(y, raw - step)) / (2 * step)
          #expect(abs(Double(g) - slope) < 5e-6, "\(loss) y=\(y) raw=\(raw)")
          if loss.renewsLeaves || loss is HuberLoss { continue }
          let curvature = (Double(loss.gradient(y, raw + 1e-3).0) - Double(loss.gradient(y, raw - 1e-3).0)) / 2e-3
          #expect(abs(Double(h) - curvature) < 5e-4, "\(loss) y=\(y) raw=\(raw)")
        }
      }
    }
  }

  @Test func histogramsEqualAPlainLoop() throws {
    let (X, _) = try BoostingTests.table(rows: 70_000, columns: 5, seed: 1, missing: true)
    let mapper = try BinMapper(X, weights: nil, maxBins: 60, categorical: [])
    let binned = try BinnedMatrix(X, mapper: mapper)
    let table = try GradientTable(rows: 70_000, totalCount: 70_000, multiplicity: nil)
    var random = RandomStream(seed: 2, index: 0)
    let steps = (0..<70_000).map { _ in SIMD2(Float(random.uniform() - 0.5), Float(random.uniform())) }
    let layout = HistogramLayout(mapper)
    for quantisation in [nil, (bits: 4, seed: UInt64(5))] {
      #expect(table.load(steps, weights: nil, largestWeight: 1, quantisation: quantisation))
      for count in [0, 1, 777, 3000, 70_000] {
        let rows = (0..<70_000).filter { _ in count == 70_000 || random.below(70_000) < count }.map { UInt32($0) }
        let histogram = try Buffer<HistogramCell>(count: layout.cellCount)
        let scratch = try Buffer<HistogramCell>(count: 3 * layout.cellCount)
        HistogramKernel.build(
          matrix: binned, table: table, rows: rows, count: rows.count, layout: layout, histogram: histogram.pointer,
          scratch: scratch.pointer, scratchCount: 3)
        var plain = [HistogramCell](repeating: HistogramCell(), count: layout.cellCount)
        for row in rows {
          for feature in 0..<5 {
            plain[feature * layout.stride + Int(binned.bins[Int(row) * 5 + feature])] &+= table.cell(Int(row))
          }
        }
        #expect(Array(histogram.elements) == plain)
      }
    }
  }

  @Test func binsSeparateValuesAtTheirThresholds() throws {
    let values: [Double] = [3, 1, 2, 2, .nan, 7, 3, 1]
    let X = try NDArray(values, shape: [8, 1])
    let mapper = try BinMapper(X, weights: nil, maxBins: 255, categorical: [])
    #expect(mapper.features[0].edges == [1.5, 2.5, 5])
    #expect(mapper.features[0].hasMissing)
    let bins = try BinnedMatrix(X, mapper: mapper).bins
    #expect(Array(bins.elements) == [2, 0, 1, 1, 4, 3, 2, 0])
    // Equal-weight bins of many distinct values.
    let many = try NDArray((0..<1000).map(Double.init), shape: [1000, 1])
    let coarse = try BinMapper(many, weights: nil, maxBins: 10, categorical: [])
    #expect(coarse.features[0].edges == stride(from: 99.5, to: 990, by: 100).map { $0 })
  }

  @Test func oneRoundOnOneSplitIsNewtonsStep() throws {
    // Two groups with means −1 and 3 around the mean 1: the leaves move by rate · (group mean − 1).
    let X = try NDArray((0..<40).map { $0 < 20 ? 0.0 : 1.0 }, shape: [40, 1])
    let y = try NDArray((0..<40).map { $0 < 20 ? -1.0 : 3.0 })
    let estimator = try HistGradientBoostingRegressor().setting("max_iter", to: .int(1))
    let model = try estimator.fit(X, y)
    let predicted = try model.predict(X).elements(as: Double.self)
    #expect(abs(predicted[0] - 0.8) < 1e-7)
    #expect(abs(predicted[39] - 1.2) < 1e-7)
  }

  /// The same two groups: G = ±40 and H = 20 on each side, so that values are ∓(40 − α) / (20 + λ) and the gain is
  /// 2 (40 − α)² / (20 + λ).
  @Test(arguments: [0.0, 5]) func penaltiesAndLimitsFollowTheirFormulas(l1: Double) throws {
    let X = try NDArray((0..<40).map { $0 < 20 ? 0.0 : 1.0 }, shape: [40, 1])
    let y = try NDArray((0..<40).map { $0 < 20 ? -1.0 : 3.0 })
    let estimator = try HistGradientBoostingRegressor().setting("max_iter", to: .int(1))
      .setting("learning_rate", to: .double(1)).setting("l1_regularization", to: .double(l1))
      .setting("l2_regularization", to: .double(10))
    func prediction(_ name: String, _ value: Double) throws -> [Double] {
      try estimator.setting(name, to: .double(value)).fit(X, y).predict(X).elements(as: Double.self)
    }
    let (step, gain) = ((40 - l1) / 30, 2 * (40 - l1) * (40 - l1) / 30)
    for (name, allowed, refused) in [
      ("min_split_gain", gain - 0.01, gain + 0.01), ("min_child_weight", 19.99, 20.01),
    ] {
      let split = try prediction(name, allowed)
      #expect(abs(split[0] - (1 - step)) < 1e-6)
      #expect(abs(split[39] - (1 + step)) < 1e-6)
      #expect(try prediction(name, refused).allSatisfy { $0 == 1 }, "\(name)")
    }
  }

  @Test func samplesHaveTheirSharesAndKeepSums() throws {
    let rows = 50_000
    var random = RandomStream(seed: 14, index: 0)
    let steps = try Buffer<SIMD2<Float>>(count: rows)
    var options = BoostingOptions()
    options.subsample = 0.3
    let some = try #require(
      try RowSampling.draw(options, rows: rows, seed: 1, weights: nil, steps: steps.pointer))
    #expect(abs(Double(some.count) / Double(rows) - 0.3) < 0.01)
    for row in 0..<rows { steps[row] = SIMD2(Float(random.uniform() - 0.3), 1) }
    let before = steps.elements.reduce(SIMD2<Double>()) { $0 + SIMD2(Double($1.x), Double($1.y)) }
    options.subsample = 1
    options.oneSide = (0.2, 0.1)
    let kept = try #require(
      try RowSampling.draw(options, rows: rows, seed: 1, weights: nil, steps: steps.pointer))
    #expect(abs(Double(kept.count) / Double(rows) - 0.3) < 0.01)
    let after = kept.elements.reduce(SIMD2<Double>()) {
      $0 + SIMD2(Double(steps[Int($1)].x), Double(steps[Int($1)].y))
    }
    #expect(abs(after.x / before.x - 1) < 0.05 && abs(after.y / before.y - 1) < 0.05)
  }

  /// Ways to be faster or more random cost little on rows that were not seen.
  @Test(arguments: ["gradient_bits", "goss", "dart", "subsample", "max_features", "max_features_tree"])
  func variantsAreAboutAsAccurate(variant: String) throws {
    let (X, values) = try BoostingTests.table(rows: 6000, columns: 4, seed: 15)
    let (other, expected) = try BoostingTests.table(rows: 3000, columns: 4, seed: 16)
    var estimator: any Estimator = HistGradientBoostingRegressor()
    func score() throws -> Double {
      try estimator.fit(X, try NDArray(values)).score(
        .dense(other), try NDArray(expected), sampleWeight: nil, context: FitContext())
    }
    let exact = try score()
    switch variant {
    case "goss", "dart": estimator = try estimator.setting("boosting", to: .string(variant))
    case "gradient_bits": estimator = try estimator.setting(variant, to: .int(4))
    default: estimator = try estimator.setting(variant, to: .double(0.5))
    }
    let found = try score()
    #expect(exact > 0.99 && found > exact - 0.02, "\(found) \(exact)")
    if variant == "max_features_tree" {
      let trees = try #require(try estimator.fit(X, try NDArray(values)) as? FittedBoosting).trees
      for tree in 0..<trees.treeCount {
        let nodes = trees.treeOffsets[tree]..<trees.treeOffsets[tree + 1]
        #expect(Set(nodes.filter { trees.left[$0] >= 0 }.map { trees.feature[$0] }).count <= 2)
      }
    }
  }

  @Test(arguments: ["gbdt", "dart", "goss", "quantised", "subsample", "columns", "softmax"])
  func theModelHasTheSameBitsForAnyNumberOfThreads(mode: String) throws {
    let (X, values) = try BoostingTests.table(rows: 40_000, columns: 6, seed: 4, missing: true)
    let y = try NDArray(values.map { Int64($0 > 1 ? (mode == "softmax" && $0 > 1.4 ? 2 : 1) : 0) })
    var estimator: any Estimator = try HistGradientBoostingClassifier().setting("max_iter", to: .int(6))
    switch mode {
    case "dart", "goss": estimator = try estimator.setting("boosting", to: .string(mode))
    case "quantised": estimator = try estimator.setting("gradient_bits", to: .int(4))
    case "subsample": estimator = try estimator.setting("subsample", to: .double(0.6))
    case "columns": estimator = try estimator.setting("max_features", to: .double(0.5))
    default: break
    }
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    var reference: [Double]?
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let model = try #require(try estimator.fit(X, y) as? FittedBoosting)
      let bits = Array(model.trees.threshold.elements) + Array(model.trees.value.elements)
      #expect(reference == nil || reference == bits)
      reference = bits
      let accuracy = try model.score(.dense(X), y, sampleWeight: nil, context: FitContext())
      #expect(accuracy > 0.7)
    }
  }

  @Test(arguments: ["squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma", "tweedie"])
  func everyLossFalls(loss: String) throws {
    let (X, values) = try BoostingTests.table(rows: 600, columns: 4, seed: 5, missing: true)
    let y = try NDArray(values.map { $0 + 2.5 })
    let estimator = try HistGradientBoostingRegressor().setting("loss", to: .string(loss))
      .setting("quantile", to: .double(0.7)).setting("early_stopping", to: .bool(true))
      .setting("validation_fraction", to: .none).setting("max_iter", to: .int(60))
    let model = try estimator.fit(X, y)
    let scores = try #require(try model.attribute("train_score_")?.elements)
    #expect(scores.count == 61)
    for i in 1..<scores.count { #expect(scores[i] >= scores[i - 1] - 1e-9) }
    let predicted = try model.predict(X).elements(as: Double.self)
    let target = try y.elements(as: Double.self)
    let below = zip(predicted, target).filter { $0 > $1 }.count
    if loss == "quantile" { #expect(abs(Double(below) / 600 - 0.7) < 0.06) }
  }

  @Test(arguments: [false, true]) func anIntegerWeightEqualsRepetition(classifier: Bool) throws {
    let (X, values) = try BoostingTests.table(rows: 300, columns: 3, seed: 6, missing: true)
    var random = RandomStream(seed: 7, index: 0)
    let weights = (0..<300).map { _ in random.below(4) }
    var order = (0..<300).flatMap { Array(repeating: $0, count: weights[$0]) }
    for i in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(i, random.below(i + 1)) }
    let x = try X.elements(as: Double.self)
    let y = classifier ? values.map { $0 > 0.8 ? 1.0 : 0.0 } : values
    let estimator: any Estimator = classifier ? HistGradientBoostingClassifier() : HistGradientBoostingRegressor()
    let weighted = try estimator.fit(X, try NDArray(y), sampleWeight: try NDArray(weights.map(Double.init)))
    let repeated = try estimator.fit(
      try NDArray(order.flatMap { x[($0 * 3)..<($0 * 3 + 3)] }, shape: [order.count, 3]),
      try NDArray(order.map { y[$0] }))
    let a = try weighted.apply(.decisionFunction, to: .dense(X)).elements(as: Double.self)
    let b = try repeated.apply(.decisionFunction, to: .dense(X)).elements(as: Double.self)
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func constraintsHold() throws {
    let (X, values) = try BoostingTests.table(rows: 800, columns: 3, seed: 8)
    let y = try NDArray(values)
    let estimator = try HistGradientBoostingRegressor().setting("monotonic_cst", to: .array(try NDArray([1.0, 0, -1])))
    let model = try estimator.fit(X, y)
    var random = RandomStream(seed: 9, index: 0)
    for _ in 0..<50 {
      let (a, b) = (random.uniform(), random.uniform())
      let rising = try NDArray((0..<100).flatMap { [Double($0) / 100, a, b] }, shape: [100, 3])
      let falling = try NDArray((0..<100).flatMap { [a, b, Double($0) / 100] }, shape: [100, 3])
      let up = try model.predict(rising).elements(as: Double.self)
      let down = try model.predict(falling).elements(as: Double.self)
      for i in 1..<100 {
        #expect(up[i] >= up[i - 1])
        #expect(down[i] <= down[i - 1])
      }
    }
    let sets = try NDArray([1.0, 1, 0, 0, 0, 1], shape: [2, 3])
    let apart = try HistGradientBoostingRegressor().setting("interaction_cst", to: .array(sets)).fit(X, y)
    let trees = try #require(apart as? FittedBoosting).trees
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      var path = [Int: Set<Int32>]()
      path[0] = []
      for node in 0..<(trees.treeOffsets[tree + 1] - base) where trees.left[base + node] >= 0 {
        let used = (path[node] ?? []).union([trees.feature[base + node]])
        #expect(!(used.contains(2) && used.count > 1))
        path[Int(trees.left[base + node])] = used
        path[Int(trees.left[base + node]) + 1] = used
      }
    }
  }

  @Test(arguments: [("pairwise", 2), ("no_interactions", 1)])
  func constraintsLimitTheFeaturesOfAPath(name: String, most: Int) throws {
    var random = RandomStream(seed: 3)
    let cells = (0..<1200).map { _ in random.uniform() }
    let X = try NDArray(cells, shape: [300, 4])
    let products = (0..<300).map { (row: Int) -> Double in
      let x = cells[(4 * row)..<(4 * row + 4)]
      return x.prefix(3).reduce(1, *) + x[4 * row + 3]
    }
    let y = try NDArray(products)
    let estimator = try HistGradientBoostingRegressor().setting("interaction_cst", to: .string(name))
    let model = try estimator.setting("min_samples_leaf", to: .int(5)).fit(X, y)
    let trees = try #require(model as? FittedBoosting).trees
    var found = 0
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      var path: [Int: Set<Int32>] = [0: []]
      for node in 0..<(trees.treeOffsets[tree + 1] - base) where trees.left[base + node] >= 0 {
        let used = (path[node] ?? []).union([trees.feature[base + node]])
        found = max(found, used.count)
        path[Int(trees.left[base + node])] = used
        path[Int(trees.left[base + node]) + 1] = used
      }
    }
    #expect(found == most)
  }

  @Test func categoriesSplitAsSets() throws {
    // Only the parity of the category matters: one split on a set explains everything.
    let categories = (0..<400).map { Double($0 % 10) }
    let X = try NDArray(categories, shape: [400, 1])
    let y = try NDArray(categories.map { Int($0) % 2 == 0 ? -1.0 : 1.0 })
    let estimator = try HistGradientBoostingRegressor().setting(
      "categorical_features", to: .array(try NDArray([Int64(0)]))
    )
    .setting("max_iter", to: .int(1)).setting("max_leaf_nodes", to: .int(2)).setting("learning_rate", to: .double(1))
    let model = try estimator.fit(X, y)
    let predicted = try model.predict(X).elements(as: Double.self)
    for (p, t) in zip(predicted, try y.elements(as: Double.self)) { #expect(abs(p - t) < 1e-6) }
    let restored = try estimator.restore(try model.state())
    #expect(try restored.predict(X).elements(as: Double.self) == predicted)
  }

  @Test func stagesAndWarmStartsAgree() throws {
    let (X, values) = try BoostingTests.table(rows: 500, columns: 3, seed: 10)
    let y = try NDArray(values)
    let long = try HistGradientBoostingRegressor().setting("max_iter", to: .int(20)).setting(
      "warm_start", to: .bool(true))
    let short = try long.setting("max_iter", to: .int(12))
    let whole = try long.fit(X, y)
    let first = try short.fit(X, y)
    let continued = try long.refit(TrainingData(.dense(X), y), previous: first, context: FitContext())
    let expected = try whole.predict(X).elements(as: Double.self)
    for (a, b) in zip(try continued.predict(X).elements(as: Double.self), expected) { #expect(abs(a - b) < 1e-9) }
    let stages = try whole.apply(Operation("staged_predict"), to: .dense(X)).elements(as: Double.self)
    #expect(Array(stages[(11 * 500)..<(12 * 500)]) == (try first.predict(X).elements(as: Double.self)))
    #expect(Array(stages[(19 * 500)...]) == expected)
  }

  @Test func earlyStoppingStops() throws {
    var random = RandomStream(seed: 12, index: 0)
    let X = try NDArray((0..<3000).map { _ in random.uniform() }, shape: [1000, 3])
    let y = try NDArray((0..<1000).map { _ in random.uniform() })
    let estimator = try HistGradientBoostingRegressor().setting("early_stopping", to: .bool(true))
      .setting("n_iter_no_change", to: .int(5)).setting("max_iter", to: .int(200))
    let model = try #require(try estimator.fit(X, y) as? FittedBoosting)
    #expect(model.trees.treeCount < 50)
    let scores = try #require(try model.attribute("validation_score_")?.elements)
    #expect(scores.count == model.trees.treeCount + 1)
  }

  /// Gradients beyond float32, and scores that run away, end in an error that names the round.
  @Test func divergenceIsAnError() throws {
    let (X, values) = try BoostingTests.table(rows: 300, columns: 3, seed: 13)
    func reason(_ estimator: any Estimator, _ y: [Double], initial: Double? = nil) throws -> String {
      var data = TrainingData(.dense(X), try NDArray(y))
      if let initial { data.extras["initial_score"] = try NDArray(y.map { $0 * initial }) }
      do {
        let model = try estimator.fit(data, context: FitContext())
        #expect(try model.predict(X).elements(as: Double.self).allSatisfy(\.isFinite))
        return ""
      } catch let error as ApusError {
        guard case .numericalFailure(let reason) = error else { throw error }
        return reason
      }
    }
    let plain = HistGradientBoostingRegressor()
    let huge = values.map { $0 * 1e300 }
    #expect(try reason(plain, huge).hasPrefix("boosting round 1: "))
    #expect(try reason(plain.setting("gradient_bits", to: .int(4)), huge).hasPrefix("boosting round 1: "))
    #expect(try reason(plain.setting("boosting", to: .string("goss")), huge).hasPrefix("boosting round 1: "))
    #expect(try reason(plain, values, initial: 1e300).hasPrefix("boosting round 1: "))
    #expect(try reason(GradientBoostingRegressor(), huge).hasPrefix("boosting round 1: "))
    #expect(try reason(plain, values.map { $0 * 1e30 }) == "")
    #expect(try reason(plain, values.map { $0 * 1e-300 }) == "")
    let wild = try plain.setting("learning_rate", to: .double(1e5)).setting("max_iter", to: .int(300))
    for loss in ["squared_error", "poisson", "gamma", "tweedie"] {
      let message = try reason(wild.setting("loss", to: .string(loss)), values.map { $0 + 2 })
      #expect(message.hasPrefix("boosting round "), "\(loss): \(message)")
    }
  }

  @Test func noRoundsGiveTheBaseline() throws {
    let X = try NDArray([1.0, 2, 3, 4], shape: [4, 1])
    let y = try NDArray([1.0, 2, 3, 6])
    let model = try HistGradientBoostingRegressor().setting("max_iter", to: .int(0)).fit(X, y)
    #expect(try model.predict(X).elements(as: Double.self) == [3, 3, 3, 3])
    let one = try HistGradientBoostingClassifier().fit(X, try NDArray([5, 5, 5, 5] as [Int64]))
    #expect(try one.predict(X).elements(as: Int64.self) == [5, 5, 5, 5])
  }
}
