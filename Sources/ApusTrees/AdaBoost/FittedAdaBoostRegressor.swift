import ApusModels
import ApusNumerics

/// The weighted median of regressors.
public final class FittedAdaBoostRegressor: FittedModel {
  let boosted: WeightedMembers
  public var weights: [Double] { boosted.weights }
  public var errors: [Double] { boosted.errors }
  public var featureCount: Int { boosted.featureCount }
  let schema: EstimatorSchema

  init(_ boosted: WeightedMembers, schema: EstimatorSchema) {
    self.boosted = boosted
    self.schema = schema
  }

  public func attribute(_ name: String) throws -> ParameterValue? { try boosted.attribute(name) }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    let isStaged = operation == FittedBoosting.stagedPredict
    return try boosted.apply(to: input, schema: schema, isStaged: isStaged) { matrix in
      if let paths = try boosted.members.paths(operation, matrix) { return paths }
      guard operation == .predict || isStaged else {
        throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
      }
      let predictions = try boosted.members.predictions(matrix)
      return isStaged
        ? try Stages.collect(boosted.count) { try medians(predictions, members: $0 + 1) }
        : try medians(predictions, members: boosted.count)
    }
  }

  /// The weighted median over the first members.
  private func medians(_ predictions: NDArray, members count: Int) throws -> NDArray {
    try WeightedMedian.ofRows(
      predictions.pointer(Double.self), rows: predictions.shape[0], width: predictions.shape[1], weights: weights,
      count: count)
  }

  public func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    try Scores.r2(targets: targets, predictions: apply(.predict, to: features), sampleWeight: sampleWeight)
  }

  public func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    try boosted.text(name, arguments: arguments)
  }

  public func state() throws -> ModelState { try boosted.state() }

  /// The inverse of ``state()``.
  convenience init(_ state: ModelState, schema: EstimatorSchema) throws {
    let boosted = try WeightedMembers(state)
    guard boosted.valueCount.map({ $0 == 1 }) ?? true else {
      throw ApusError.malformedFile(reason: "model file: trees of a regressor have several values")
    }
    self.init(boosted, schema: schema)
  }
}

/// The smallest value at which half the weight is reached.
enum WeightedMedian {
  /// Of the first `count` of the `width` values of every row: (rows,).
  static func ofRows(
    _ values: UnsafePointer<Double>, rows: Int, width: Int, weights: [Double], count: Int
  ) throws -> NDArray {
    let result = try NDArray(uninitialized: [rows], dtype: .float64)
    let target = result.pointer(Double.self)
    try weights.withUnsafeBufferPointer { weights in
      nonisolated(unsafe) let (values, weights) = (values, weights)
      let block = 256
      try ThreadPool.parallelForThrowing(tasks: (rows + block - 1) / block) { task in
        let order = try Buffer<Int32>(count: count)
        for row in (task * block)..<min((task + 1) * block, rows) {
          target[row] = median(values + row * width, weights, order.pointer, count: count)
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
}
