import ApusModels
import ApusNumerics
import RealModule

/// How raw scores become predictions.
public enum BoostingLink: String, Sendable {
  case identity
  /// exp.
  case log
  /// 1 / (1 + exp(−raw)).
  case logit
  /// 1 / (1 + exp(−2 raw)).
  case halfLogit = "half_logit"
  case softmax
}

/// A model fitted by gradient boosting: baseline plus the sum of its trees.
public final class FittedBoosting: FittedModel {
  public let trees: TreeEnsemble
  public let baseline: [Double]
  public let link: BoostingLink
  /// Distinct labels; nil for regression.
  public let classes: NDArray?
  public var featureCount: Int { trees.featureCount }
  let schema: EstimatorSchema
  let predictor: EnsemblePredictor
  let extras: [String: ParameterValue]

  init(
    _ trees: TreeEnsemble, baseline: [Double], link: BoostingLink, classes: NDArray?, schema: EstimatorSchema,
    extras: [String: ParameterValue]
  ) throws {
    self.trees = trees
    self.baseline = baseline
    self.link = link
    self.classes = classes
    self.schema = schema
    self.extras = extras
    predictor = EnsemblePredictor(trees)
  }

  /// Raw scores, trees a round.
  public var outputs: Int { baseline.count }
  static let stagedPredict = Operation("staged_predict")
  static let stagedDecision = Operation("staged_decision_function")
  static let stagedProbabilities = Operation("staged_predict_proba")

  public func attribute(_ name: String) throws -> ParameterValue? {
    if let value = extras[name] { return value }
    switch name {
    case "classes_": return classes.map { .array($0) }
    case "n_iter_", "n_estimators_": return .int(Int64(trees.treeCount / outputs))
    case "n_trees_per_iteration_": return .int(Int64(outputs))
    case "baseline_": return .array(try NDArray(baseline))
    case "feature_importances_": return .array(try NDArray(GainImportance.gains(trees)))
    case "split_importances_": return .array(try NDArray(GainImportance.splits(trees)))
    default: return try TreeArrays.attribute(name, of: trees)
    }
  }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    if operation == TreeShapley.expectedValue { return try explain(operation, nil, arguments, context) }
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let matrix = try TreeInput.matrix(input, schema: schema, expectedColumns: featureCount)
    switch operation {
    case .predict: return try predictions(try rawScores(matrix))
    case .decisionFunction:
      let raw = try rawScores(matrix)
      return outputs == 1 ? try raw.reshaped([raw.shape[0]]) : raw
    case .predictProbabilities where classes != nil: return try probabilities(try rawScores(matrix))
    case .predictLogProbabilities where classes != nil:
      let result = try probabilities(try rawScores(matrix))
      let pointer = result.pointer(Double.self)
      for i in 0..<result.count { pointer[i] = .log(pointer[i]) }
      return result
    case TreeOperation.apply: return try TreeOperation.leaves(predictor, matrix, squeezed: false)
    case TreeOperation.decisionPath: return try TreeOperation.decisionPath(predictor, matrix)
    case _ where TreeShapley.operations.contains(operation):
      return try explain(operation, matrix, arguments, context)
    case FittedBoosting.stagedPredict: return try staged(matrix, predictions)
    case FittedBoosting.stagedProbabilities where classes != nil: return try staged(matrix, probabilities)
    case FittedBoosting.stagedDecision:
      return try staged(matrix) { outputs == 1 ? try $0.reshaped([$0.shape[0]]) : $0 }
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  public func predict(_ features: NDArray, into target: UnsafeMutablePointer<Double>) throws -> Bool {
    guard classes == nil, outputs == 1 else { return false }
    let matrix = try TreeInput.matrix(.dense(features), schema: schema, expectedColumns: featureCount)
    let rows = matrix.shape[0]
    for row in 0..<rows { target[row] = baseline[0] }
    try predictor.accumulate(matrix, into: target, outputs: 1)
    if link == .log { for row in 0..<rows { target[row] = .exp(target[row]) } }
    return true
  }

  /// Shapley values of the raw scores.
  private func explain(
    _ operation: Operation, _ matrix: NDArray?, _ arguments: [String: ParameterValue], _ context: FitContext
  ) throws -> NDArray {
    let background = try TreeInput.argument("background", arguments, schema: schema, columns: featureCount)
    let model = AdditiveTrees(
      trees: trees, factor: 1, outputs: outputs, interleaved: outputs > 1, baseline: baseline)
    return try TreeShapley.apply(operation, model, matrix: matrix, background: background, context: context)
  }

  public func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    try TreePresentation.text(name, trees, classes: [], measure: "gain", arguments: arguments)
  }

  /// Raw scores (rows, outputs).
  func rawScores(_ matrix: NDArray, range: Range<Int>? = nil) throws -> NDArray {
    let rows = matrix.shape[0]
    let result = try NDArray(uninitialized: [rows, outputs], dtype: .float64)
    let target = result.pointer(Double.self)
    for row in 0..<rows { for output in 0..<outputs { target[row * outputs + output] = baseline[output] } }
    try predictor.accumulate(matrix, into: target, outputs: outputs, interleaved: outputs > 1, range: range)
    return result
  }

  private func predictions(_ raw: NDArray) throws -> NDArray {
    let rows = raw.shape[0]
    let source = raw.pointer(Double.self)
    guard let classes else {
      let result = try NDArray(uninitialized: [rows], dtype: .float64)
      let target = result.pointer(Double.self)
      for row in 0..<rows { target[row] = link == .log ? .exp(source[row]) : source[row] }
      return result
    }
    let codes = try NDArray(uninitialized: [rows], dtype: .int64)
    let target = codes.pointer(Int64.self)
    for row in 0..<rows {
      if outputs == 1 {
        target[row] = classes.count > 1 && source[row] > 0 ? 1 : 0
      } else {
        var best = 0
        for k in 1..<outputs where source[row * outputs + k] > source[row * outputs + best] { best = k }
        target[row] = Int64(best)
      }
    }
    return try ClassLabels.decode(codes, classes: classes)
  }

  private func probabilities(_ raw: NDArray) throws -> NDArray {
    let rows = raw.shape[0]
    let source = raw.pointer(Double.self)
    let width = classes?.count ?? 1
    let result = try NDArray(uninitialized: [rows, width], dtype: .float64)
    let target = result.pointer(Double.self)
    for row in 0..<rows {
      if outputs == 1 {
        let p = 1 / (1 + Double.exp(link == .halfLogit ? -2 * source[row] : -source[row]))
        if width == 1 {
          target[row] = 1
        } else {
          target[2 * row] = 1 - p
          target[2 * row + 1] = p
        }
        continue
      }
      let (from, to) = (source + row * outputs, target + row * outputs)
      var largest = from[0]
      for k in 1..<outputs { largest = max(largest, from[k]) }
      var sum = 0.0
      for k in 0..<outputs {
        to[k] = .exp(from[k] - largest)
        sum += to[k]
      }
      for k in 0..<outputs { to[k] /= sum }
    }
    return result
  }

  /// What `result` makes of the raw scores after each round: one dimension more, the rounds first.
  private func staged(_ matrix: NDArray, _ result: (NDArray) throws -> NDArray) throws -> NDArray {
    let raw = try rawScores(matrix, range: 0..<0)
    guard trees.treeCount > 0 else {
      let none = try result(raw)
      return try NDArray(zeros: [0] + none.shape, dtype: none.dtype)
    }
    return try Stages.collect(trees.treeCount / outputs) { round in
      try predictor.accumulate(
        matrix, into: raw.pointer(Double.self), outputs: outputs, interleaved: outputs > 1,
        range: (round * outputs)..<((round + 1) * outputs))
      return try result(raw)
    }
  }

  public func exported(_ format: String) throws -> NDArray {
    try ONNXExport.require(format, of: schema)
    guard link != .halfLogit else {
      throw ApusError.unsupported(reason: "export: models of loss 'exponential' cannot be written")
    }
    return try ONNXExport.bytes(self)
  }

  public func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    guard schema.role != .ranker else {
      throw ApusError.unsupported(
        reason: "score: \(schema.pythonName) is judged query by query; ask for eval_metric 'ndcg'")
    }
    let predictions = try apply(.predict, to: features)
    return classes != nil
      ? try Scores.accuracy(targets: targets, predictions: predictions, sampleWeight: sampleWeight)
      : try Scores.r2(targets: targets, predictions: predictions, sampleWeight: sampleWeight)
  }

  public func state() throws -> ModelState {
    var state = ModelState()
    try EnsembleState.write(trees, keepsStatistics: false, to: &state)
    state.tensors["baseline"] = try NDArray(baseline)
    state.tensors["classes"] = classes
    state.scalars["link"] = .string(link.rawValue)
    state.tensors["gains"] = try NDArray(GainImportance.gains(trees))
    for (name, value) in extras {
      switch value {
      case .array(let array): state.tensors["attribute." + name] = array
      case .estimator: break
      default: state.scalars["attribute." + name] = value
      }
    }
    return state
  }

  /// The inverse of ``state()``.
  convenience init(_ state: ModelState, schema: EstimatorSchema) throws {
    let trees = try EnsembleState.read(state)
    let baseline = try state.tensor("baseline", .float64, rank: 1).elements(as: Double.self)
    guard let link = BoostingLink(rawValue: try state.string("link")) else {
      throw ApusError.malformedFile(reason: "model file: link '\(try state.string("link"))' is unknown")
    }
    let classes = schema.role == .classifier ? try state.tensor("classes", rank: 1) : nil
    guard trees.valueCount == 1, baseline.count >= 1, trees.treeCount % baseline.count == 0,
      (link == .softmax) == (baseline.count > 1), classes == nil || [.softmax, .logit, .halfLogit].contains(link),
      classes.map({ link == .softmax ? $0.count == baseline.count : (1...2).contains($0.count) }) ?? true
    else { throw ApusError.malformedFile(reason: "model file: trees, baseline and classes do not fit together") }
    var extras: [String: ParameterValue] = [:]
    for attribute in schema.attributes {
      if let tensor = state.tensors["attribute." + attribute.name] { extras[attribute.name] = .array(tensor) }
      if let scalar = state.scalars["attribute." + attribute.name] { extras[attribute.name] = scalar }
    }
    let gains = try state.tensor("gains", .float64, rank: 1)
    guard gains.count == trees.featureCount else {
      throw ApusError.malformedFile(reason: "model file: gains has shape \(gains.shape)")
    }
    extras["feature_importances_"] = .array(gains)
    try self.init(trees, baseline: baseline, link: link, classes: classes, schema: schema, extras: extras)
  }
}

/// Importances of boosted trees.
enum GainImportance {
  /// Share of the total gain per feature.
  static func gains(_ trees: TreeEnsemble) -> [Double] {
    var total = [Double](repeating: 0, count: trees.featureCount)
    for node in 0..<trees.nodeCount where trees.left[node] >= 0 {
      total[Int(trees.feature[node])] += trees.impurity[node]
    }
    let sum = total.reduce(0, +)
    return sum > 0 ? total.map { $0 / sum } : total
  }

  /// Number of splits per feature.
  static func splits(_ trees: TreeEnsemble) -> [Int64] {
    var total = [Int64](repeating: 0, count: trees.featureCount)
    for node in 0..<trees.nodeCount where trees.left[node] >= 0 { total[Int(trees.feature[node])] += 1 }
    return total
  }
}
