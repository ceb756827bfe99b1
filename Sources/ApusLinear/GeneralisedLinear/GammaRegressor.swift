import ApusModels
import ApusNumerics

/// Gamma regression with log link and an L2 penalty.
public struct GammaRegressor: PenalisedGLMEstimator {
  public var options = PenalisedGLMOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "gamma_regressor", pythonName: "GammaRegressor", pythonModule: "linear_model",
    doc: """
      Gamma regression with log link and L2 penalty.

      For positive responses, variance in proportion to the squared mean. Fitted by iteratively reweighted least squares.
      """,
    role: .regressor, parameters: optionParameters(), attributes: PenalisedGLM.attributes, operations: [.predict],
    traits: PenalisedGLM.traits.union(.positiveTargets))

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, family: .gamma, link: .log, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, family: .gamma, link: .log, previous: previous, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try GLMModel(state, schema: Self.schema, family: .gamma, link: .log)
  }
}
