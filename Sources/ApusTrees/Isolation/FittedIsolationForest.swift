import ApusModels
import ApusNumerics
import RealModule

/// A fitted isolation forest.
public final class FittedIsolationForest: FittedModel {
  static let scoreSamples = Operation("score_samples")

  public let trees: TreeEnsemble
  public let offset: Double
  let draws: Int
  public var featureCount: Int { trees.featureCount }
  let schema: EstimatorSchema
  private let predictor: EnsemblePredictor

  init(_ trees: TreeEnsemble, offset: Double, draws: Int, schema: EstimatorSchema) throws {
    self.trees = trees
    self.offset = offset
    self.draws = draws
    self.schema = schema
    predictor = EnsemblePredictor(trees)
  }

  public func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "offset_": return .double(offset)
    case "max_samples_": return .int(Int64(draws))
    default: return try TreeArrays.attribute(name, of: trees)
    }
  }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    if case .sparse(let sparse) = input {
      _ = try InputValidation.features(input, schema: schema, expectedColumns: featureCount)
      return try SparseRowBlocks.results(sparse) {
        try apply(operation, to: .dense($0), arguments: arguments, context: context)
      }
    }
    let matrix = try TreeInput.matrix(input, schema: schema, expectedColumns: featureCount)
    switch operation {
    case FittedIsolationForest.scoreSamples: return try scores(matrix)
    case .decisionFunction:
      let result = try scores(matrix)
      for row in 0..<result.count { result.pointer(Double.self)[row] -= offset }
      return result
    case .predict:
      let scores = try scores(matrix)
      let result = try NDArray(uninitialized: [scores.count], dtype: .int64)
      for row in 0..<scores.count {
        result.pointer(Int64.self)[row] = scores.pointer(Double.self)[row] < offset ? -1 : 1
      }
      return result
    case TreeOperation.apply: return try TreeOperation.leaves(predictor, matrix, squeezed: false)
    case TreeOperation.decisionPath: return try TreeOperation.decisionPath(predictor, matrix)
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  /// `−2^(−mean depth / c(ψ))`, between −1 (outlier) and 0: (rows,).
  func scores(_ matrix: NDArray) throws -> NDArray {
    let result = try NDArray(zeros: [matrix.shape[0]])
    let target = result.pointer(Double.self)
    try predictor.accumulate(matrix, into: target, outputs: 1)
    let scale = IsolationTree.meanDepth(draws) * Double(trees.treeCount)
    for row in 0..<result.count { target[row] = scale > 0 ? -Double.exp2(-target[row] / scale) : -1 }
    return result
  }

  /// The share of the rows whose labels, 1 for inliers and -1 for outliers, are predicted.
  public func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    try Scores.accuracy(
      targets: targets, predictions: apply(.predict, to: features), sampleWeight: sampleWeight)
  }

  public func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    try TreePresentation.text(name, trees, classes: [], arguments: arguments)
  }

  public func state() throws -> ModelState {
    var state = ModelState()
    try EnsembleState.write(trees, keepsStatistics: false, to: &state)
    state.scalars["offset"] = .double(offset)
    state.scalars["draws"] = .int(Int64(draws))
    return state
  }

  /// The inverse of ``state()``.
  convenience init(_ state: ModelState, schema: EstimatorSchema) throws {
    let trees = try EnsembleState.read(state)
    let offset = try state.double("offset")
    guard trees.valueCount == 1, trees.treeCount >= 1, offset.isFinite else {
      throw ApusError.malformedFile(reason: "model file: trees and offset do not make an isolation forest")
    }
    try self.init(
      trees, offset: offset, draws: try state.integer("draws", in: 1...Int(Int32.max)), schema: schema)
  }
}
