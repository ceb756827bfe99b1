import ApusModels
import ApusNumerics

/// An estimator by gradient boosting. All of them fit, refit and restore alike; they differ in what they minimise.
public protocol FitsBoosting: Estimator {
  /// The fit, with parameters that are valid.
  ///
  /// - Parameter previous: an earlier fit, which a warm start goes on from; others leave it aside.
  func boosted(_ data: TrainingData, previous: FittedBoosting?, context: FitContext) throws -> FittedBoosting
}

extension FitsBoosting {
  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    return try boosted(data, previous: nil, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    return try boosted(data, previous: previous as? FittedBoosting, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try FittedBoosting(state, schema: Self.schema)
  }
}
