import ApusModels
import ApusNumerics

/// Poisson regression with log link and an L2 penalty.
public struct PoissonRegressor: PenalisedGLMEstimator {
  public var options = PenalisedGLMOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "poisson_regressor", pythonName: "PoissonRegressor", pythonModule: "linear_model",
    doc: """
      Poisson regression with log link and L2 penalty.

      For counts or rates, variance equal to the mean. Fitted by iteratively reweighted least squares.
      """,
    role: .regressor, parameters: optionParameters(), attributes: PenalisedGLM.attributes, operations: [.predict],
    traits: PenalisedGLM.traits.union(.positiveTargets))

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, family: .poisson, link: .log, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, family: .poisson, link: .log, previous: previous, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try GLMModel(state, schema: Self.schema, family: .poisson, link: .log)
  }
}
