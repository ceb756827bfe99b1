import ApusModels
import ApusNumerics
import RealModule

/// A weighted vote of classifiers.
public final class FittedAdaBoost: FittedModel {
  static let stagedProbabilities = Operation("staged_predict_proba")

  let members: BoostedMembers
  public let weights: [Double]
  public let errors: [Double]
  let validationScores: [Double]
  public let classes: NDArray
  public var featureCount: Int { members.featureCount }
  let schema: EstimatorSchema
  /// Of the fit; models from files keep them beside the trees.
  private let importances: [Double]?

  init(
    _ members: BoostedMembers, weights: [Double], errors: [Double], validationScores: [Double], classes: NDArray,
    schema: EstimatorSchema, importances: [Double]? = nil
  ) throws {
    self.members = members
    self.weights = weights
    self.errors = errors
    self.validationScores = validationScores
    self.classes = classes
    self.schema = schema
    self.importances = importances ?? members.importances(weights: weights)
  }

  public func attribute(_ name: String) throws -> ParameterValue? {
    if name == "classes_" { return .array(classes) }
    return try BoostedAttributes.attribute(
      name, members: members, weights: weights, errors: errors, validationScores: validationScores,
      importances: importances)
  }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let matrix = try TreeInput.matrix(input, schema: schema, expectedColumns: featureCount)
    let stages: [Operation: Operation] = [
      FittedBoosting.stagedPredict: .predict, FittedBoosting.stagedDecision: .decisionFunction,
      FittedAdaBoost.stagedProbabilities: .predictProbabilities,
    ]
    if let single = stages[operation] { return try staged(single, matrix) }
    if let paths = try members.paths(operation, matrix) { return paths }
    let sums = try NDArray(zeros: [matrix.shape[0], classes.count])
    try members.addVotes(
      of: 0..<members.count, weights: weights, matrix, classCount: classes.count, to: sums.pointer(Double.self))
    return try result(operation, sums: sums, total: weights.reduce(0, +))
  }

  /// What an operation makes of weighted votes.
  private func result(_ operation: Operation, sums: NDArray, total: Double) throws -> NDArray {
    let votes = try sums.copied()
    let pointer = votes.pointer(Double.self)
    for i in 0..<votes.count { pointer[i] /= total }
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

  /// The results of an operation after each round: one dimension more, the rounds first.
  private func staged(_ operation: Operation, _ matrix: NDArray) throws -> NDArray {
    let sums = try NDArray(zeros: [matrix.shape[0], classes.count])
    return try Stages.collect(members.count) { stage in
      try members.addVotes(
        of: stage..<(stage + 1), weights: weights, matrix, classCount: classes.count, to: sums.pointer(Double.self))
      return try result(operation, sums: sums, total: weights[...stage].reduce(0, +))
    }
  }

  /// For two classes the vote for the second less that for the first.
  private func decisions(_ votes: NDArray) throws -> NDArray {
    guard classes.count == 2 else { return votes }
    let rows = votes.shape[0]
    let result = try NDArray(uninitialized: [rows], dtype: .float64)
    for row in 0..<rows {
      result.pointer(Double.self)[row] = votes.pointer(Double.self)[2 * row + 1] - votes.pointer(Double.self)[2 * row]
    }
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

  public func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    try BoostedAttributes.text(name, members, arguments: arguments)
  }

  public func state() throws -> ModelState {
    var state = ModelState()
    try BoostedAttributes.write(
      members, weights: weights, errors: errors, validationScores: validationScores, importances: importances,
      to: &state)
    state.tensors["classes"] = classes
    return state
  }

  /// The inverse of ``state()``.
  convenience init(_ state: ModelState, schema: EstimatorSchema) throws {
    let read = try BoostedAttributes.read(state)
    let classes = try state.tensor("classes", rank: 1)
    guard classes.count >= 2, read.valueCount.map({ $0 == classes.count }) ?? true else {
      throw ApusError.malformedFile(reason: "model file: members and classes do not fit together")
    }
    try self.init(
      read.members, weights: read.weights, errors: read.errors, validationScores: read.validationScores,
      classes: classes, schema: schema, importances: read.importances)
  }
}

/// What both fitted AdaBoosts show and store.
enum BoostedAttributes {
  static func attribute(
    _ name: String, members: BoostedMembers, weights: [Double], errors: [Double], validationScores: [Double],
    importances: [Double]?
  ) throws -> ParameterValue? {
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

  static func text(
    _ name: String, _ members: BoostedMembers, arguments: [String: ParameterValue]
  ) throws -> String {
    guard case .trees(let trees, _) = members else {
      throw ApusError.unsupported(reason: "text: the members of this model are not trees")
    }
    return try TreePresentation.text(name, trees, classes: [], arguments: arguments)
  }

  static func write(
    _ members: BoostedMembers, weights: [Double], errors: [Double], validationScores: [Double],
    importances: [Double]?, to state: inout ModelState
  ) throws {
    try members.write(to: &state)
    state.tensors["weights"] = try NDArray(weights)
    state.tensors["errors"] = try NDArray(errors)
    if !validationScores.isEmpty { state.tensors["validation_score"] = try NDArray(validationScores) }
    if let importances { state.tensors["importances"] = try NDArray(importances) }
  }

  static func read(_ state: ModelState) throws -> (
    members: BoostedMembers, weights: [Double], errors: [Double], validationScores: [Double], importances: [Double]?,
    valueCount: Int?
  ) {
    func numbers(_ name: String) throws -> [Double] {
      try state.tensor(name, .float64, rank: 1).elements(as: Double.self)
    }
    let members = try BoostedMembers.read(state)
    let (weights, errors) = (try numbers("weights"), try numbers("errors"))
    let importances = state.tensors["importances"] == nil ? nil : try numbers("importances")
    guard members.count >= 1, weights.count == members.count, errors.count == members.count,
      weights.allSatisfy({ $0.isFinite }), importances.map({ $0.count == members.featureCount }) ?? true
    else { throw ApusError.malformedFile(reason: "model file: members, weights and errors do not fit together") }
    var valueCount: Int?
    if case .trees(let trees, _) = members { valueCount = trees.valueCount }
    let scores = state.tensors["validation_score"] == nil ? [] : try numbers("validation_score")
    return (members, weights, errors, scores, importances, valueCount)
  }
}

/// Results after each of several rounds, one below the other.
enum Stages {
  static func collect(_ count: Int, _ stage: (Int) throws -> NDArray) throws -> NDArray {
    let first = try stage(0)
    let result = try NDArray(uninitialized: [count] + first.shape, dtype: first.dtype)
    let bytes = first.count * first.dtype.stride
    for index in 0..<count {
      let part = index == 0 ? first : try stage(index)
      (result.data + index * bytes).copyMemory(from: part.data, byteCount: bytes)
      withExtendedLifetime(part) {}
    }
    return result
  }
}
