import ApusModels
import ApusNumerics

/// The weighted median of regressors.
public final class FittedAdaBoostRegressor: FittedModel {
  let members: BoostedMembers
  public let weights: [Double]
  public let errors: [Double]
  let validationScores: [Double]
  public var featureCount: Int { members.featureCount }
  let schema: EstimatorSchema
  private let importances: [Double]?

  init(
    _ members: BoostedMembers, weights: [Double], errors: [Double], validationScores: [Double],
    schema: EstimatorSchema, importances: [Double]? = nil
  ) throws {
    self.members = members
    self.weights = weights
    self.errors = errors
    self.validationScores = validationScores
    self.schema = schema
    self.importances = importances ?? members.importances(weights: weights)
  }

  public func attribute(_ name: String) throws -> ParameterValue? {
    try BoostedAttributes.attribute(
      name, members: members, weights: weights, errors: errors, validationScores: validationScores,
      importances: importances)
  }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let matrix = try TreeInput.matrix(input, schema: schema, expectedColumns: featureCount)
    if let paths = try members.paths(operation, matrix) { return paths }
    let predictions = try members.predictions(matrix)
    switch operation {
    case .predict: return try medians(predictions, members: members.count)
    case FittedBoosting.stagedPredict:
      return try Stages.collect(members.count) { try medians(predictions, members: $0 + 1) }
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  /// The weighted median over the first members: the smallest prediction at which half the weight is reached.
  private func medians(_ predictions: NDArray, members count: Int) throws -> NDArray {
    let (rows, width) = (predictions.shape[0], predictions.shape[1])
    let result = try NDArray(uninitialized: [rows], dtype: .float64)
    let (source, target) = (predictions.pointer(Double.self), result.pointer(Double.self))
    try weights.withUnsafeBufferPointer { weights in
      nonisolated(unsafe) let weights = weights
      let block = 256
      try ThreadPool.parallelForThrowing(tasks: (rows + block - 1) / block) { task in
        let order = try Buffer<Int32>(count: count)
        for row in (task * block)..<min((task + 1) * block, rows) {
          target[row] = FittedAdaBoostRegressor.median(source + row * width, weights, order.pointer, count: count)
        }
      }
    }
    return result
  }

  private static func median(
    _ values: UnsafePointer<Double>, _ weights: UnsafeBufferPointer<Double>, _ order: UnsafeMutablePointer<Int32>,
    count: Int
  ) -> Double {
    var total = 0.0
    for i in 0..<count {
      order[i] = Int32(truncatingIfNeeded: i)
      total += weights[i]
    }
    var sorted = UnsafeMutableBufferPointer(start: order, count: count)
    sorted.sort { (values[Int($0)], $0) < (values[Int($1)], $1) }
    var sum = 0.0
    for i in 0..<count {
      sum += weights[Int(order[i])]
      if sum >= 0.5 * total { return values[Int(order[i])] }
    }
    return values[Int(order[count - 1])]
  }

  public func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    try Scores.r2(targets: targets, predictions: apply(.predict, to: features), sampleWeight: sampleWeight)
  }

  public func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    try BoostedAttributes.text(name, members, arguments: arguments)
  }

  public func state() throws -> ModelState {
    var state = ModelState()
    try BoostedAttributes.write(
      members, weights: weights, errors: errors, validationScores: validationScores, importances: importances,
      to: &state)
    return state
  }

  /// The inverse of ``state()``.
  convenience init(_ state: ModelState, schema: EstimatorSchema) throws {
    let read = try BoostedAttributes.read(state)
    guard read.valueCount.map({ $0 == 1 }) ?? true else {
      throw ApusError.malformedFile(reason: "model file: trees of a regressor have several values")
    }
    try self.init(
      read.members, weights: read.weights, errors: read.errors, validationScores: read.validationScores,
      schema: schema, importances: read.importances)
  }
}
