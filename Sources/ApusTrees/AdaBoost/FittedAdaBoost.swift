import ApusModels
import ApusNumerics
import RealModule

/// A weighted vote of classifiers.
public final class FittedAdaBoost: FittedModel {
  let boosted: WeightedMembers
  public var weights: [Double] { boosted.weights }
  public var errors: [Double] { boosted.errors }
  public let classes: NDArray
  public var featureCount: Int { boosted.featureCount }
  let schema: EstimatorSchema

  init(_ boosted: WeightedMembers, classes: NDArray, schema: EstimatorSchema) {
    self.boosted = boosted
    self.classes = classes
    self.schema = schema
  }

  public func attribute(_ name: String) throws -> ParameterValue? {
    name == "classes_" ? .array(classes) : try boosted.attribute(name)
  }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    let stages: [Operation: Operation] = [
      FittedBoosting.stagedPredict: .predict, FittedBoosting.stagedDecision: .decisionFunction,
      FittedBoosting.stagedProbabilities: .predictProbabilities,
    ]
    let single = stages[operation]
    return try boosted.apply(to: input, schema: schema, isStaged: single != nil) { matrix in
      if let single { return try staged(single, matrix) }
      if let paths = try boosted.members.paths(operation, matrix) { return paths }
      let sums = try NDArray(zeros: [matrix.shape[0], classes.count])
      try addVotes(of: 0..<boosted.count, matrix, to: sums)
      return try result(operation, sums: sums, total: weights.reduce(0, +))
    }
  }

  private func addVotes(of range: Range<Int>, _ matrix: NDArray, to sums: NDArray) throws {
    try boosted.members.addVotes(
      of: range, weights: weights, matrix, classCount: classes.count, to: sums.pointer(Double.self))
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
    return try Stages.collect(boosted.count) { stage in
      try addVotes(of: stage..<(stage + 1), matrix, to: sums)
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
    try boosted.text(name, arguments: arguments)
  }

  public func state() throws -> ModelState {
    var state = try boosted.state()
    state.tensors["classes"] = classes
    return state
  }

  /// The inverse of ``state()``.
  convenience init(_ state: ModelState, schema: EstimatorSchema) throws {
    let boosted = try WeightedMembers(state)
    let classes = try state.tensor("classes", rank: 1)
    guard classes.count >= 2, boosted.valueCount.map({ $0 == classes.count }) ?? true else {
      throw ApusError.malformedFile(reason: "model file: members and classes do not fit together")
    }
    self.init(boosted, classes: classes, schema: schema)
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
