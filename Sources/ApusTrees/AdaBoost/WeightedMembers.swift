import ApusModels
import ApusNumerics

/// Members with their weights: what both fitted AdaBoosts are made of, show and store.
struct WeightedMembers: Sendable {
  let members: BoostedMembers
  let weights: [Double]
  let errors: [Double]
  /// Scores on held-out rows after every round; empty without early stopping.
  let validationScores: [Double]
  /// Of the fit; models from files keep them beside the trees. Nil for members that are not trees.
  let importances: [Double]?

  init(_ members: BoostedMembers, weights: [Double], errors: [Double], validationScores: [Double]) {
    self.members = members
    self.weights = weights
    self.errors = errors
    self.validationScores = validationScores
    importances = members.importances(weights: weights)
  }

  var count: Int { members.count }
  var featureCount: Int { members.featureCount }
  /// Values of a leaf; nil for members that are not trees.
  var valueCount: Int? {
    if case .trees(let trees, _) = members { return trees.valueCount }
    return nil
  }

  func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "estimator_weights_": return .array(try NDArray(weights))
    case "estimator_errors_": return .array(try NDArray(errors))
    case "n_estimators_": return .int(Int64(weights.count))
    case "validation_score_": return validationScores.isEmpty ? nil : .array(try NDArray(validationScores))
    case "feature_importances_": return try importances.map { .array(try NDArray($0)) }
    default:
      guard case .trees(let trees, _) = members else { return nil }
      return try TreeArrays.attribute(name, of: trees)
    }
  }

  func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    guard case .trees(let trees, _) = members else {
      throw ApusError.unsupported(reason: "text: the members of this model are not trees")
    }
    return try TreePresentation.text(name, trees, classes: [], arguments: arguments)
  }

  /// Carries out an operation that treats every row alone on dense or sparse features.
  ///
  /// - Parameter isStaged: its results have the stages first and the rows second.
  func apply(
    to input: FeatureMatrix?, schema: EstimatorSchema, isStaged: Bool, _ operation: (NDArray) throws -> NDArray
  ) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    switch try InputValidation.features(input, schema: schema, expectedColumns: featureCount) {
    case .dense(let matrix): return try operation(matrix)
    case .sparse(let matrix): return try SparseRowBlocks.results(matrix, axis: isStaged ? 1 : 0, operation)
    }
  }

  func state() throws -> ModelState {
    var state = ModelState()
    try members.write(to: &state)
    state.tensors["weights"] = try NDArray(weights)
    state.tensors["errors"] = try NDArray(errors)
    if !validationScores.isEmpty { state.tensors["validation_score"] = try NDArray(validationScores) }
    if let importances { state.tensors["importances"] = try NDArray(importances) }
    return state
  }

  /// The inverse of ``state()``.
  init(_ state: ModelState) throws {
    func numbers(_ name: String) throws -> [Double] {
      try state.tensor(name, .float64, rank: 1).elements(as: Double.self)
    }
    let members = try BoostedMembers.read(state)
    self.members = members
    weights = try numbers("weights")
    errors = try numbers("errors")
    validationScores = state.tensors["validation_score"] == nil ? [] : try numbers("validation_score")
    let kept = state.tensors["importances"] == nil ? nil : try numbers("importances")
    guard members.count >= 1, weights.count == members.count, errors.count == members.count,
      weights.allSatisfy({ $0.isFinite }), kept.map({ $0.count == members.featureCount }) ?? true
    else { throw ApusError.malformedFile(reason: "model file: members, weights and errors do not fit together") }
    importances = kept ?? members.importances(weights: weights)
  }
}
