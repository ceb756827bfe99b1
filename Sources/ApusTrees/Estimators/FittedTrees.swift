import ApusModels
import ApusNumerics
import RealModule

/// A fitted tree or forest: the mean of its trees.
public final class FittedTrees: FittedModel {
  public let trees: TreeEnsemble
  /// Distinct labels of every output; empty for regression.
  public let classes: [NDArray]
  public var featureCount: Int { trees.featureCount }
  let schema: EstimatorSchema
  let predictor: EnsemblePredictor
  /// Attributes computed during the fit.
  let extras: [String: ParameterValue]
  /// For quantiles; nil unless asked for.
  let leafTargets: LeafTargets?
  /// The bootstrap samples of the trees; nil without, and where a warm start drew differently.
  let samples: DrawnSamples?

  init(
    _ trees: TreeEnsemble, classes: [NDArray], schema: EstimatorSchema, extras: [String: ParameterValue],
    leafTargets: LeafTargets? = nil, samples: DrawnSamples? = nil
  ) throws {
    self.trees = trees
    self.classes = classes
    self.schema = schema
    self.extras = extras
    self.leafTargets = leafTargets
    self.samples = samples
    predictor = EnsemblePredictor(trees)
  }

  private var isClassifier: Bool { !classes.isEmpty }
  private var outputs: Int { isClassifier ? classes.count : trees.valueCount }

  public func attribute(_ name: String) throws -> ParameterValue? {
    if let value = extras[name] { return value }
    switch name {
    case "classes_": return isClassifier ? .array(try allClasses()) : nil
    case "n_classes_": return isClassifier ? .array(try NDArray(classes.map { Int64($0.count) })) : nil
    case "n_outputs_": return .int(Int64(outputs))
    case "feature_importances_": return .array(try NDArray(ImpurityImportance.compute(trees)))
    case "ccp_path_alphas_" where !schema.isForest: return .array(try NDArray(CostComplexity.path(trees).alphas))
    case "ccp_path_impurities_" where !schema.isForest:
      return .array(try NDArray(CostComplexity.path(trees).impurities))
    default: return try TreeArrays.attribute(name, of: trees)
    }
  }

  private func allClasses() throws(ApusError) -> NDArray {
    if classes.count == 1 { return classes[0] }
    var all: [Double] = []
    for labels in classes { all += try labels.converted(to: .float64).elements(as: Double.self) }
    return try NDArray(all)
  }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    if operation == TreeShapley.expectedValue { return try explain(operation, nil, arguments, context) }
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    if case .sparse(let sparse) = input, operation != TreeOperation.proximity {
      _ = try InputValidation.features(input, schema: schema, expectedColumns: featureCount)
      return try SparseRowBlocks.results(sparse) {
        try apply(operation, to: .dense($0), arguments: arguments, context: context)
      }
    }
    let matrix = try TreeInput.matrix(input, schema: schema, expectedColumns: featureCount)
    switch operation {
    case .predict: return isClassifier ? try labels(matrix) : try flattened(means(matrix))
    case .predictProbabilities where isClassifier: return try means(matrix)
    case .predictLogProbabilities where isClassifier:
      let result = try means(matrix)
      let pointer = result.pointer(Double.self)
      for i in 0..<result.count { pointer[i] = .log(pointer[i]) }
      return result
    case TreeOperation.apply:
      return try TreeOperation.leaves(predictor, matrix, squeezed: trees.treeCount == 1 && !schema.isForest)
    case TreeOperation.decisionPath: return try TreeOperation.decisionPath(predictor, matrix)
    case TreeOperation.proximity:
      let others = try TreeInput.argument("other", arguments, schema: schema, columns: featureCount)
      return try TreeOperation.proximity(predictor, matrix, others ?? matrix)
    case TreeOperation.predictQuantiles: return try quantiles(matrix, arguments)
    case _ where TreeShapley.operations.contains(operation):
      return try explain(operation, matrix, arguments, context)
    default:
      throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  public func predict(_ features: NDArray, into target: UnsafeMutablePointer<Double>) throws -> Bool {
    guard !isClassifier, trees.valueCount == 1 else { return false }
    let matrix = try TreeInput.matrix(.dense(features), schema: schema, expectedColumns: featureCount)
    let (rows, count) = (matrix.shape[0], Double(trees.treeCount))
    target.update(repeating: 0, count: rows)
    try predictor.accumulate(matrix, into: target, outputs: 1)
    if count != 1 { for row in 0..<rows { target[row] /= count } }
    return true
  }

  private func explain(
    _ operation: Operation, _ matrix: NDArray?, _ arguments: [String: ParameterValue], _ context: FitContext
  ) throws -> NDArray {
    let background = try TreeInput.argument("background", arguments, schema: schema, columns: featureCount)
    let model = AdditiveTrees(
      trees: trees, factor: 1 / Double(trees.treeCount), outputs: trees.valueCount, interleaved: false,
      baseline: [Double](repeating: 0, count: trees.valueCount))
    return try TreeShapley.apply(operation, model, matrix: matrix, background: background, context: context)
  }

  private func quantiles(_ matrix: NDArray, _ arguments: [String: ParameterValue]) throws -> NDArray {
    guard let leafTargets else {
      throw ApusError.unsupported(reason: "predict_quantiles: needs a fit with keep_targets=True")
    }
    var levels = [0.05, 0.5, 0.95]
    switch arguments["quantiles"] ?? .none {
    case .none: break
    case .double(let level): levels = [level]
    case .array(let array): levels = try array.converted(to: .float64, name: "quantiles").elements(as: Double.self)
    case let other: throw ApusError.unsupportedType(name: "quantiles", reason: "\(other) is not numbers")
    }
    for level in levels where !(level > 0 && level <= 1) {
      throw ApusError.invalidArgument(name: "quantiles", reason: "\(level) is not in (0, 1]")
    }
    return try leafTargets.quantiles(predictor, matrix, levels: levels)
  }

  public func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    try TreePresentation.text(name, trees, classes: classes, arguments: arguments)
  }

  /// Mean over trees of their values: (rows, values).
  func means(_ matrix: NDArray) throws -> NDArray {
    let rows = matrix.shape[0]
    let result = try NDArray(zeros: [rows, trees.valueCount])
    let sums = result.pointer(Double.self)
    try predictor.accumulate(matrix, into: sums, outputs: trees.valueCount)
    let count = Double(trees.treeCount)
    if count != 1 { for i in 0..<result.count { sums[i] /= count } }
    return result
  }

  private func flattened(_ result: NDArray) throws(ApusError) -> NDArray {
    trees.valueCount == 1 ? try result.reshaped([result.shape[0]]) : result
  }

  /// The most probable class of every output; the first of equals.
  private func labels(_ matrix: NDArray) throws -> NDArray {
    let probabilities = try means(matrix)
    return try LabelChoice.labels(probabilities, classes: classes)
  }

  public func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    let predictions = try apply(.predict, to: features)
    return isClassifier
      ? try Scores.accuracy(targets: targets, predictions: predictions, sampleWeight: sampleWeight)
      : try Scores.r2(targets: targets, predictions: predictions, sampleWeight: sampleWeight)
  }

  public func exported(_ format: String) throws -> NDArray {
    try ONNXExport.require(format, of: schema)
    return try ONNXExport.bytes(self)
  }

  public func state() throws -> ModelState {
    var state = ModelState()
    try EnsembleState.write(trees, keepsStatistics: !schema.isForest, to: &state)
    for (output, labels) in classes.enumerated() { state.tensors["classes.\(output)"] = labels }
    state.scalars["outputs"] = .int(Int64(classes.count))
    if schema.isForest { state.tensors["feature_importances"] = try NDArray(ImpurityImportance.compute(trees)) }
    for (name, value) in extras {
      switch value {
      case .array(let array): state.tensors["attribute." + name] = array
      case .estimator: break
      default: state.scalars["attribute." + name] = value
      }
    }
    try leafTargets?.write(to: &state)
    samples?.write(to: &state)
    return state
  }

  /// The inverse of ``state()``.
  convenience init(_ state: ModelState, schema: EstimatorSchema) throws {
    let trees = try EnsembleState.read(state)
    let outputs = try state.integer("outputs", in: 0...1_000_000)
    guard (schema.role == .classifier) == (outputs > 0) else {
      throw ApusError.malformedFile(reason: "model file: \(outputs) outputs with classes in a \(schema.kind)")
    }
    let classes = try (0..<outputs).map { try state.tensor("classes.\($0)", rank: 1) }
    guard outputs == 0 || classes.reduce(0, { $0 + $1.count }) == trees.valueCount else {
      throw ApusError.malformedFile(reason: "model file: classes and values of the trees differ in number")
    }
    var extras: [String: ParameterValue] = [:]
    for attribute in schema.attributes {
      if let tensor = state.tensors["attribute." + attribute.name] { extras[attribute.name] = .array(tensor) }
      if let scalar = state.scalars["attribute." + attribute.name] { extras[attribute.name] = scalar }
    }
    if let importances = state.tensors["feature_importances"] {
      guard importances.shape == [trees.featureCount] else {
        throw ApusError.malformedFile(reason: "model file: feature_importances has shape \(importances.shape)")
      }
      extras["feature_importances_"] = .array(importances)
    }
    try self.init(
      trees, classes: classes, schema: schema, extras: extras, leafTargets: try LeafTargets(state, trees: trees),
      samples: DrawnSamples(state))
  }
}

extension EstimatorSchema {
  /// Whether the kind averages many trees.
  var isForest: Bool { pythonModule == "ensemble" }
}

/// Classes from probabilities.
enum LabelChoice {
  /// (rows,) for one output, (rows, outputs) for several, in the classes' own element type.
  static func labels(_ probabilities: NDArray, classes: [NDArray]) throws(ApusError) -> NDArray {
    let rows = probabilities.shape[0]
    let width = probabilities.shape[1]
    let p = probabilities.pointer(Double.self)
    let codes = try Buffer<Int64>(count: try checkedCount([rows, classes.count], stride: 1))
    var offset = 0
    for (output, labels) in classes.enumerated() {
      for row in 0..<rows {
        var best = 0
        for k in 1..<max(labels.count, 1)
        where p[row * width + offset + k] > p[row * width + offset + best] { best = k }
        codes[output * rows + row] = Int64(best)
      }
      offset += labels.count
    }
    func decoded(_ output: Int) throws(ApusError) -> NDArray {
      let positions = try NDArray(uninitialized: [rows], dtype: .int64)
      positions.pointer(Int64.self).update(from: codes.pointer + output * rows, count: rows)
      return try ClassLabels.decode(positions, classes: classes[output])
    }
    if classes.count == 1 { return try decoded(0) }
    let result = try NDArray(zeros: [rows, classes.count])
    let target = result.pointer(Double.self)
    for output in 0..<classes.count {
      let column = try decoded(output).converted(to: .float64)
      let from = column.pointer(Double.self)
      for row in 0..<rows { target[row * classes.count + output] = from[row] }
    }
    return result
  }
}
