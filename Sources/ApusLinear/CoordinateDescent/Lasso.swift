import ApusModels
import ApusNumerics

/// The lasso: minimises 1/(2n) Σ (y − X β − c)² + α Σ |β|.
public struct Lasso: Estimator {
  public var alpha = 1.0
  public var fitIntercept = true
  public var precompute = false
  public var copyX = true
  public var maxIterations = 1000
  public var tol = 1e-4
  public var warmStart = false
  public var positive = false
  public var randomState: UInt64?
  public var selection = CoordinateSelection.cyclic

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "lasso", pythonName: "Lasso", pythonModule: "linear_model",
    doc: """
      Linear least squares with L1 regularisation, which sets coefficients to zero.

      Coordinate descent on the Gram matrix, ended by the duality gap. The intercept is not penalised. Memory grows with the
      square of the number of features; sparse features are never densified.
      """,
    role: .regressor,
    parameters: [
      Parameter(
        "alpha", \Lasso.alpha, range: .atLeast(0), doc: "Weight of the penalty; larger values give fewer coefficients."),
      Parameter("fit_intercept", \Lasso.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "precompute", \Lasso.precompute, doc: "Accepted for compatibility: the Gram matrix is always computed."),
      Parameter("copy_X", \Lasso.copyX, doc: "Accepted for compatibility: X is never changed."),
      Parameter("max_iter", \Lasso.maxIterations, range: .atLeast(1), doc: "Most passes over the coordinates."),
      Parameter(
        "tol", \Lasso.tol, range: .atLeast(0), doc: "Duality gap, relative to the mean square of y, at which to stop."),
      Parameter("warm_start", \Lasso.warmStart, doc: "Whether fitting again starts from the last coefficients."),
      Parameter("positive", \Lasso.positive, doc: "Whether coefficients must not be negative."),
      Parameter("random_state", \Lasso.randomState, doc: "Seed of the order of coordinates for selection='random'."),
      Parameter("selection", \Lasso.selection, doc: "Order of the coordinates in a pass: 'cyclic' or 'random'."),
    ],
    attributes: ElasticNetAttributes.all, operations: [.predict],
    traits: [.sparseInput, .multiOutput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, start: nil, context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, start: warmStart ? previous as? LinearModel : nil, context)
  }

  private func fit(_ data: TrainingData, start: LinearModel?, _ context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let data = try RegressionData(data, schema: Self.schema, keepsColumnTargets: false)
    let fit = ElasticNetFit(
      alpha: alpha, l1Ratio: 1, fitIntercept: fitIntercept, maxIterations: maxIterations, tolerance: tol,
      positive: positive, shuffleSeed: selection == .random ? randomState ?? 0 : nil)
    return try fit.fit(data, schema: Self.schema, start: start, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}

/// Order of the coordinates in a pass of coordinate descent.
public enum CoordinateSelection: String, CaseIterable, ParameterChoice {
  case cyclic, random
}

enum ElasticNetAttributes {
  static let all = [
    FittedAttribute("coef_", doc: "Coefficients: (n_features,), or (n_targets, n_features) for several targets."),
    FittedAttribute("intercept_", doc: "Constant term: a number, or (n_targets,)."),
    FittedAttribute("n_iter_", doc: "Passes over the coordinates: a number, or (n_targets,)."),
    FittedAttribute("dual_gap_", doc: "Duality gap at the end: a number, or (n_targets,)."),
    FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
  ]
}
