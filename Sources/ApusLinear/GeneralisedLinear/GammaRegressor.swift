import ApusModels
import ApusNumerics

/// Gamma regression with log link and an L2 penalty.
public struct GammaRegressor: Estimator {
  public var alpha = 1.0
  public var fitIntercept = true
  public var solver = GLMSolverName.lbfgs
  public var maxIterations = 100
  public var tol = 1e-4
  public var warmStart = false
  public var verbose = 0

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "gamma_regressor", pythonName: "GammaRegressor", pythonModule: "linear_model",
    doc: """
      Gamma regression with log link and L2 penalty.

      For positive responses, variance in proportion to the squared mean. Fitted by iteratively reweighted least squares.
      """,
    role: .regressor,
    parameters: [
      Parameter("alpha", \GammaRegressor.alpha, range: .atLeast(0), doc: "Strength of the L2 penalty."),
      Parameter("fit_intercept", \GammaRegressor.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter("solver", \GammaRegressor.solver, doc: "Accepted for compatibility: reweighted least squares is used."),
      Parameter("max_iter", \GammaRegressor.maxIterations, range: .atLeast(0), doc: "Most iterations."),
      Parameter(
        "tol", \GammaRegressor.tol, range: .greaterThan(0), doc: "Precision of the estimates; at most 1e-9 is used."),
      Parameter(
        "warm_start", \GammaRegressor.warmStart, doc: "Whether fitting again starts from the last coefficients."),
      Parameter("verbose", \GammaRegressor.verbose, doc: "Accepted for compatibility."),
    ],
    attributes: PenalisedGLM.attributes, operations: [.predict], traits: PenalisedGLM.traits.union(.positiveTargets))

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel { try fit(data, nil, context) }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, warmStart ? previous as? GLMModel : nil, context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try GLMModel(state, schema: Self.schema, family: .gamma, link: .log)
  }

  private func fit(_ data: TrainingData, _ previous: GLMModel?, _ context: FitContext) throws -> GLMModel {
    try validateParameters()
    return try PenalisedGLM.fit(
      data, schema: Self.schema, family: .gamma, link: .log,
      parameters: PenalisedGLMParameters(
        alpha: alpha, fitIntercept: fitIntercept, solver: solver.rawValue, maxIterations: maxIterations, tol: tol),
      previous: previous, context: context)
  }
}
