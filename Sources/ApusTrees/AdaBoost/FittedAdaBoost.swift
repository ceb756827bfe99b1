import ApusModels
import ApusNumerics
import RealModule

/// A weighted vote of stumps.
public final class FittedAdaBoost: FittedModel {
  /// Leaves hold votes: 1 for the class predicted, −1 / (classes − 1) for the others.
  public let trees: TreeEnsemble
  public let weights: [Double]
  public let errors: [Double]
  public let classes: NDArray
  public var featureCount: Int { trees.featureCount }
  let schema: EstimatorSchema
  private let predictor: EnsemblePredictor

  init(_ trees: TreeEnsemble, weights: [Double], errors: [Double], classes: NDArray, schema: EstimatorSchema) throws {
    self.trees = trees
    self.weights = weights
    self.errors = errors
    self.classes = classes
    self.schema = schema
    predictor = EnsemblePredictor(trees)
  }

  public func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "classes_": return .array(classes)
    case "estimator_weights_": return .array(try NDArray(weights))
    case "estimator_errors_": return .array(try NDArray(errors))
    case "feature_importances_":
      var shares = [Double](repeating: 0, count: featureCount)
      for (tree, weight) in weights.enumerated() {
        let root = trees.treeOffsets[tree]
        if trees.left[root] >= 0 { shares[Int(trees.feature[root])] += weight }
      }
      let total = shares.reduce(0, +)
      return .array(try NDArray(total > 0 ? shares.map { $0 / total } : shares))
    default: return try TreeArrays.attribute(name, of: trees)
    }
  }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let matrix = try TreeInput.matrix(input, schema: schema, expectedColumns: featureCount)
    let votes = try votes(matrix)
    switch operation {
    case .predict: return try LabelChoice.labels(votes, classes: [classes])
    case .decisionFunction: return try decisions(votes)
    case .predictProbabilities: return try probabilities(votes)
    case .predictLogProbabilities:
      let result = try probabilities(votes)
      let pointer = result.pointer(Double.self)
      for i in 0..<result.count { pointer[i] = .log(pointer[i]) }
      return result
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  /// Weighted mean of the stumps' votes: (rows, classes).
  private func votes(_ matrix: NDArray) throws -> NDArray {
    let result = try NDArray(zeros: [matrix.shape[0], classes.count])
    let sums = result.pointer(Double.self)
    try predictor.accumulate(matrix, into: sums, outputs: classes.count, weights: weights)
    let total = weights.reduce(0, +)
    for i in 0..<result.count { sums[i] /= total }
    return result
  }

  /// For two classes the vote for the second.
  private func decisions(_ votes: NDArray) throws -> NDArray {
    guard classes.count == 2 else { return votes }
    let rows = votes.shape[0]
    let result = try NDArray(uninitialized: [rows], dtype: .float64)
    for row in 0..<rows { result.pointer(Double.self)[row] = votes.pointer(Double.self)[2 * row + 1] }
    return result
  }

  /// Softmax of votes / (classes − 1) (Zhu et al. 2009, equation 4).
  private func probabilities(_ votes: NDArray) throws -> NDArray {
    let (rows, width) = (votes.shape[0], classes.count)
    let result = try NDArray(uninitialized: [rows, width], dtype: .float64)
    let (from, to) = (votes.pointer(Double.self), result.pointer(Double.self))
    for row in 0..<rows {
      var sum = 0.0
      for k in 0..<width {
        to[row * width + k] = .exp(from[row * width + k] / Double(width - 1))
        sum += to[row * width + k]
      }
      for k in 0..<width { to[row * width + k] /= sum }
    }
    return result
  }

  public func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    try Scores.accuracy(targets: targets, predictions: apply(.predict, to: features), sampleWeight: sampleWeight)
  }

  public func state() throws -> ModelState {
    var state = ModelState()
    try EnsembleState.write(trees, keepsStatistics: false, to: &state)
    state.tensors["weights"] = try NDArray(weights)
    state.tensors["errors"] = try NDArray(errors)
    state.tensors["classes"] = classes
    return state
  }
}
