import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusTrees

/// Models and numbers of LightGBM, XGBoost and scikit-learn (Tests/Golden/boosting/generate.py).
@Suite(.serialized) struct BoostingGoldenTests {
  static func file(_ name: String) throws -> Data {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/boosting/\(name)")
    return try Data(contentsOf: url)
  }

  private struct ImportCase: Decodable {
    var name: String
    var format: String
    var columns: Int
    var outputs: Int
    var x: [Double?]
    var raw: [Double]
    var prediction: [Double]
  }

  private static func load(_ name: String, _ format: String) throws -> (any Estimator, FittedBoosting) {
    let data = try file(format == "lightgbm" ? "\(name).txt" : "\(name).json")
    let (estimator, model) = try data.withUnsafeBytes { try ModelImport.load(format: format, bytes: $0) }
    return (estimator, try #require(model as? FittedBoosting))
  }

  @Test func importedModelsPredictEqually() throws {
    let cases = try JSONDecoder().decode([ImportCase].self, from: BoostingGoldenTests.file("imports.json"))
    #expect(cases.count == 11)
    for expected in cases where expected.name != "lightgbm-zero-missing" {
      let (estimator, model) = try BoostingGoldenTests.load(expected.name, expected.format)
      let rows = expected.x.count / expected.columns
      let X = try NDArray(expected.x.map { $0 ?? .nan }, shape: [rows, expected.columns])
      let raw = try model.apply(.decisionFunction, to: .dense(X)).elements(as: Double.self)
      // LightGBM sums in float64, in the same order; XGBoost in float32.
      let tolerance = expected.format == "lightgbm" ? 1e-14 : 1e-6
      try #require(raw.count == expected.raw.count)
      for i in raw.indices { #expect(abs(raw[i] - expected.raw[i]) < tolerance * 4, "\(expected.name) row \(i)") }
      let isClassifier = model.classes != nil
      let predicted = try model.apply(isClassifier ? .predictProbabilities : .predict, to: .dense(X))
      var values = try predicted.elements(as: Double.self)
      if isClassifier, expected.outputs == 1 { values = (0..<rows).map { values[2 * $0 + 1] } }
      for i in values.indices {
        #expect(
          abs(values[i] - expected.prediction[i]) < tolerance * max(4, abs(expected.prediction[i])), "\(expected.name)")
      }
      // A model that came in can be saved and loaded.
      let again = try #require(try estimator.restore(try model.state()) as? FittedBoosting)
      #expect(try again.apply(.decisionFunction, to: .dense(X)).elements(as: Double.self) == raw)
      // float32 rows go where XGBoost's go.
      if expected.format == "xgboost" {
        let narrow = try X.converted(to: .float32)
        #expect(try model.apply(.decisionFunction, to: .dense(narrow)).elements(as: Double.self) == raw)
      }
    }
  }

  @Test func thresholdsAreTheLargestNumbersThatRoundBelow() {
    for limit in [
      Float(1), 1.5, -3, Float.leastNormalMagnitude / 16, 0, 3.4e38, Float(1).nextUp, -Float.leastNonzeroMagnitude,
    ] {
      let threshold = XGBoostTreeLoader.threshold(below: limit)
      #expect(Float(threshold) < limit)
      #expect(!(Float(threshold.nextUp) < limit))
    }
  }

  @Test func modelsWithoutCounterpartAreRefused() throws {
    func message(_ data: Data, _ format: String) throws -> String {
      do {
        _ = try data.withUnsafeBytes { try ModelImport.load(format: format, bytes: $0) }
        return ""
      } catch let error as ApusError {
        guard case .unsupported(let reason) = error else { throw error }
        return reason
      }
    }
    #expect(try message(BoostingGoldenTests.file("lightgbm-zero-missing.txt"), "lightgbm").contains("zeros as missing"))
    let binary = try String(decoding: BoostingGoldenTests.file("lightgbm-binary.txt"), as: UTF8.self)
    let steep = binary.replacingOccurrences(of: "sigmoid:1", with: "sigmoid:2")
    #expect(try message(Data(steep.utf8), "lightgbm").contains("objective 'binary sigmoid:2'"))
    let linear = binary.replacingOccurrences(of: "is_linear=0", with: "is_linear=1")
    #expect(try message(Data(linear.utf8), "lightgbm").contains("linear models"))
    let logistic = try String(decoding: BoostingGoldenTests.file("xgboost-logistic.json"), as: UTF8.self)
    let survival = logistic.replacingOccurrences(of: "binary:logistic", with: "survival:cox")
    #expect(try message(Data(survival.utf8), "xgboost").contains("objective 'survival:cox'"))
    #expect(throws: ApusError.self) { try message(Data(binary.utf8), "catboost") }
  }

  /// Truncated, mutated and hostile files give errors or models that work.
  @Test func hostileFilesDoNoHarm() throws {
    func use(_ bytes: [UInt8], _ format: String) {
      guard let (_, model) = try? bytes.withUnsafeBytes({ try ModelImport.load(format: format, bytes: $0) }),
        model.featureCount <= 64, let rows = try? NDArray(zeros: [40, model.featureCount])
      else { return }
      _ = try? model.apply(.predict, to: .dense(rows))
      _ = try? model.state()
    }
    var random = RandomStream(seed: 3)
    for (name, format) in [("lightgbm-multiclass.txt", "lightgbm"), ("xgboost-logistic.json", "xgboost")] {
      let bytes = [UInt8](try BoostingGoldenTests.file(name))
      for length in stride(from: 0, to: bytes.count, by: 41) { use(Array(bytes[..<length]), format) }
      for _ in 0..<400 {
        var mutated = bytes
        for _ in 0...random.below(3) { mutated[random.below(bytes.count)] = UInt8(random.below(96) + 32) }
        use(mutated, format)
      }
    }
    let sound =
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n\nTree=0\n"
      + "num_leaves=3\nnum_cat=0\nsplit_feature=0 0\nthreshold=0 1\ndecision_type=2 2\nleft_child=1 -3\nright_child=-1 -2\n"
      + "leaf_value=1 2 3\n\nend of trees\n"
    // Line of the file, and what stands there instead.
    let changes: [[(String, String)]] = [
      [("left_child=1 -3", "left_child=1 0")], [("left_child=1 -3", "left_child=1 1")],
      [("left_child=1 -3", "left_child=1 7")], [("left_child=1 -3", "left_child=1 -1")],
      [("split_feature=0 0", "split_feature=0 1")],
      [("num_leaves=3", "num_leaves=999999999")],
      [("num_leaves=3", "num_leaves=-1")],
      [("threshold=0 1", "threshold=nan 1")],
      [("right_child=-1 -2", "right_child=-4 -2")],
      [("right_child=-1 -2", "right_child=1e30 -2")],
      [("leaf_value=1 2 3", "leaf_value=1 inf 3")],
      [("leaf_value=1 2 3", "leaf_value=1 2")],
      [("decision_type=2 2", "decision_type=1 2")],
      [
        ("num_cat=0", "num_cat=1\ncat_boundaries=0 99999\ncat_threshold=1"), ("decision_type=2 2", "decision_type=1 2"),
      ],
      [("num_tree_per_iteration=1", "num_tree_per_iteration=7")],
      [("max_feature_idx=0", "max_feature_idx=4611686018427387904")],
      [("version=v4", "version=v9")],
    ]
    let (_, whole) = try Array(sound.utf8).withUnsafeBytes { try ModelImport.load(format: "lightgbm", bytes: $0) }
    #expect(
      try whole.apply(.predict, to: .dense(try NDArray([-1, 0.5, 2], shape: [3, 1]))).elements(as: Double.self)
        == [3, 1, 1])
    var hostile = changes.map { changes in
      (changes.reduce(sound) { $0.replacingOccurrences(of: $1.0, with: $1.1) }, "lightgbm")
    }
    hostile += [
      (String(repeating: "[", count: 100_000), "xgboost"),
      ("{\"learner\":" + String(repeating: "{\"a\":", count: 100_000), "xgboost"),
      ("{\"learner\":{\"learner_model_param\":{\"num_feature\":\"9999999999999999999\"}}}", "xgboost"),
    ]
    for (text, format) in hostile {
      #expect(throws: ApusError.self) {
        try Array(text.utf8).withUnsafeBytes { try ModelImport.load(format: format, bytes: $0) }
      }
    }
  }

  /// Trees of an XGBoost file whose arrays contradict each other.
  @Test func hostileTreesOfXGBoostAreRefused() throws {
    func file(_ changes: [String: String]) -> String {
      var tree = [
        "left_children": "[1,-1,-1]", "right_children": "[2,-1,-1]", "split_indices": "[0,0,0]",
        "split_conditions": "[0.5,-1,1]", "default_left": "[0,0,0]", "split_type": "[0,0,0]",
        "sum_hessian": "[2,1,1]", "loss_changes": "[1,0,0]", "categories": "[]", "categories_nodes": "[]",
        "categories_segments": "[]", "categories_sizes": "[]",
      ]
      tree.merge(changes) { $1 }
      let members = tree.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
      return "{\"learner\":{\"learner_model_param\":{\"num_feature\":\"2\",\"base_score\":\"0\"},"
        + "\"objective\":{\"name\":\"reg:squarederror\"},\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{"
        + "\"trees\":[{\(members)}],\"tree_info\":[0]}}},\"version\":[3,0,0]}"
    }
    func load(_ changes: [String: String]) throws -> any FittedModel {
      try Array(file(changes).utf8).withUnsafeBytes { try ModelImport.load(format: "xgboost", bytes: $0).model }
    }
    let sound = try load([:])
    #expect(
      try sound.apply(.predict, to: .dense(try NDArray([0, 0, 1, 0], shape: [2, 2]))).elements(as: Double.self)
        == [-1, 1])
    let hostile: [[String: String]] = [
      ["left_children": "[0,-1,-1]"], ["left_children": "[2,-1,-1]"], ["left_children": "[7,-1,-1]"],
      ["left_children": "[1,0,-1]", "right_children": "[2,0,-1]"], ["left_children": "[1e300,-1,-1]"],
      ["right_children": "[-2,-1,-1]"], ["right_children": "[2,-1]"], ["split_indices": "[2,0,0]"],
      ["split_indices": "[-5,0,0]"], ["split_indices": "[4294967296,0,0]"], ["split_conditions": "[0.5,1e400,1]"],
      ["split_conditions": "[0.5]"], ["sum_hessian": "[2,-1,1]"], ["split_type": "[1,0,0]"],
      ["split_type": "[1,0,0]", "categories_nodes": "[0]", "categories_segments": "[0]", "categories_sizes": "[9]"],
      [
        "split_type": "[1,0,0]", "categories_nodes": "[0]", "categories_segments": "[-1]", "categories_sizes": "[1]",
        "categories": "[1]",
      ],
      [
        "split_type": "[1,0,0]", "categories_nodes": "[0]", "categories_segments": "[0]", "categories_sizes": "[1]",
        "categories": "[65536]",
      ],
      ["categories_nodes": "[0]"],
    ]
    for changes in hostile { #expect(throws: ApusError.self, "\(changes)") { try load(changes) } }
  }

  private struct Classic: Decodable {
    struct Case: Decodable {
      var kind: String
      var loss: String
      var y: [Double]
      var prediction: [Double]
    }
    var x: [Double]
    var columns: Int
    var cases: [Case]
  }

  @Test func classicBoostingEqualsScikitLearn() throws {
    let golden = try JSONDecoder().decode(Classic.self, from: BoostingGoldenTests.file("classic.json"))
    let X = try NDArray(golden.x, shape: [golden.x.count / golden.columns, golden.columns])
    for expected in golden.cases {
      let isRegression = expected.kind == "regressor"
      var estimator: any Estimator = isRegression ? GradientBoostingRegressor() : GradientBoostingClassifier()
      estimator = try estimator.setting("n_estimators", to: .int(12))
      if isRegression { estimator = try estimator.setting("loss", to: .string(expected.loss)) }
      let y = try NDArray(expected.y)
      let model = try estimator.fit(X, isRegression ? y : try y.converted(to: .int64))
      let predicted = try model.apply(isRegression ? .predict : .predictProbabilities, to: .dense(X))
        .elements(as: Double.self)
      try #require(predicted.count == expected.prediction.count)
      if expected.loss == "absolute_error" {
        // Gradients of ±1 make many splits equally good; which is taken is left to chance there.
        func error(_ values: [Double]) -> Double { zip(values, expected.y).reduce(0) { $0 + abs($1.0 - $1.1) } }
        #expect(abs(error(predicted) / error(expected.prediction) - 1) < 0.03)
        continue
      }
      let worst = zip(predicted, expected.prediction).map { abs($0 - $1) }.max() ?? 1
      // Gradients are float32 here.
      #expect(worst < 2e-5, "\(expected.kind) \(expected.loss) \(expected.y.max() ?? 0)")
    }
  }

  private struct Ranking: Decodable {
    struct Case: Decodable {
      var truncation: Int
      var normalises: Bool
      var gradient: [Double]
      var hessian: [Double]
    }
    var sizes: [Int]
    var y: [Double]
    var raw: [Double]
    var cases: [Case]
  }

  @Test func lambdaGradientsEqualTheDoubleLoop() throws {
    let golden = try JSONDecoder().decode(Ranking.self, from: BoostingGoldenTests.file("lambdarank.json"))
    let offsets = golden.sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let y = try Buffer<Double>(count: golden.y.count)
    for (i, value) in golden.y.enumerated() { y[i] = value }
    for expected in golden.cases {
      let ranking = try LambdaRank(
        offsets: offsets, y: UnsafePointer(y.pointer), truncation: expected.truncation,
        normalises: expected.normalises)
      let steps = try Buffer<SIMD2<Float>>(count: y.count)
      try ranking.fill(raw: golden.raw, into: steps.pointer)
      for i in 0..<y.count {
        #expect(abs(Double(steps[i].x) - expected.gradient[i]) < 1e-6)
        #expect(abs(Double(steps[i].y) - expected.hessian[i]) < 1e-6)
      }
      // The best order has NDCG 1.
      #expect(abs(ranking.ndcg(raw: golden.y) - 1) < 1e-12)
    }
    withExtendedLifetime(y) {}
  }

  @Test func rankingImprovesAndDoesNotDependOnThreads() throws {
    var random = RandomStream(seed: 8)
    let rows = 3000
    let x = (0..<(rows * 3)).map { _ in random.uniform() }
    let y = try NDArray((0..<rows).map { (3 * x[3 * $0] + random.uniform()).rounded(.down) })
    var data = TrainingData(.dense(try NDArray(x, shape: [rows, 3])), y)
    data.extras["group"] = try NDArray([Int64](repeating: 20, count: rows / 20))
    let estimator = try HistGradientBoostingRanker().setting("max_iter", to: .int(20))
      .setting("eval_metric", to: .string("ndcg"))
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    var reference: [Double]?
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let model = try estimator.fit(data, context: FitContext())
      let bits = try model.apply(.predict, to: data.features).elements(as: Double.self)
      #expect(reference == nil || reference == bits)
      reference = bits
      let metrics = try model.array("train_metrics_").elements(as: Double.self)
      #expect(metrics.count == 21)
      #expect(metrics[20] > 0.95 && metrics[20] > metrics[0] + 0.1)
      let shares = try model.apply(TreeShapley.values, to: data.features).elements(as: Double.self)
      let start = try model.apply(TreeShapley.expectedValue, to: nil, arguments: [:], context: FitContext()).elements(
        as: Double.self)[0]
      for row in 0..<50 {
        #expect(abs(start + shares[3 * row] + shares[3 * row + 1] + shares[3 * row + 2] - bits[row]) < 1e-9)
      }
    }
  }

  @Test func aUsersLogisticLossGivesTheTreesOfTheBuiltInOne() throws {
    let (X, values) = try BoostingTests.table(rows: 2000, columns: 4, seed: 5)
    let y = try NDArray(values.map { Int64($0 > 1 ? 1 : 0) })
    let estimator = try HistGradientBoostingClassifier().setting("max_iter", to: .int(5))
    let builtIn = try #require(try estimator.fit(X, y) as? FittedBoosting)
    var data = TrainingData(.dense(X), y)
    let baseline = builtIn.baseline[0]
    // The raw scores of a user's loss start at 0: shifted by the baseline they are the same problem.
    data.objective = TrainingObjective { call in
      for row in 0..<call.rows {
        let (g, h) = LogisticLoss().gradient(call.y[row], call.raw[row] + baseline)
        call.gradients[row] = g
        call.hessians[row] = h
      }
    }
    let model = try #require(try estimator.fit(data, context: FitContext()) as? FittedBoosting)
    #expect(model.baseline == [0])
    #expect(Array(model.trees.feature.elements) == Array(builtIn.trees.feature.elements))
    for i in 0..<model.trees.nodeCount where model.trees.left[i] < 0 {
      #expect(abs(model.trees.value[i] - builtIn.trees.value[i]) < 1e-6)
    }
    data.objective = TrainingObjective { _ in }
    #expect(throws: ApusError.self) { try estimator.fit(data, context: FitContext()) }
  }

  @Test func initialScoresStandInForTheBaseline() throws {
    let (X, values) = try BoostingTests.table(rows: 1500, columns: 4, seed: 6)
    let start = (0..<1500).map { Double($0 % 5) / 2 }
    let shifted = zip(values, start).map { $0 - $1 }
    let mean = shifted.reduce(0, +) / 1500
    let estimator = try HistGradientBoostingRegressor().setting("max_iter", to: .int(5))
    var data = TrainingData(.dense(X), try NDArray(values.map { $0 - mean }))
    data.extras["initial_score"] = try NDArray(start)
    let model = try estimator.fit(data, context: FitContext())
    let reference = try estimator.fit(X, try NDArray(shifted.map { $0 - mean }))
    let (a, b) = (try model.predict(X).elements(as: Double.self), try reference.predict(X).elements(as: Double.self))
    for i in a.indices { #expect(abs(a[i] - b[i]) < 1e-6) }
    data.extras["initial_score"] = try NDArray(Array(start.dropLast()))
    #expect(throws: ApusError.self) { try estimator.fit(data, context: FitContext()) }
  }

  @Test func metricsEqualTheirDefinitions() throws {
    // The same targets as numbers and as classes of one byte.
    let numbers = TargetStore(try NDArray([0.0, 1, 1, 0, 1]))
    let classes = try TargetStore.classes([0, 1, 1, 0, 1], count: 5, classes: 2)
    defer { withExtendedLifetime((numbers, classes)) {} }
    let (y, codes) = (numbers.view, classes.view)
    let raw: [Double] = [-1, 0.5, -1, 0.2, 2]
    let objective = BoostingObjective.single(LogisticLoss())
    // Pairs (positive, negative): (0.5: beats both), (-1: half of one), (2: both) of 6.
    #expect(try BoostingMetric.auc.value(objective, y: y, raw: raw, weights: nil, rows: 5) == 4.5 / 6)
    #expect(try BoostingMetric.auc.value(objective, y: codes, raw: raw, weights: nil, rows: 5) == 4.5 / 6)
    #expect(try BoostingMetric.error.value(objective, y: y, raw: raw, weights: nil, rows: 5) == 2.0 / 5)
    let squared = BoostingObjective.single(SquaredLoss())
    #expect(abs(try BoostingMetric.mae.value(squared, y: y, raw: raw, weights: nil, rows: 5) - 0.94) < 1e-12)
    let weights: [Double] = [1, 2, 0, 1, 1]
    #expect(
      try BoostingMetric.auc.value(objective, y: y, raw: raw, weights: weights, rows: 5) == 1)
  }
}
