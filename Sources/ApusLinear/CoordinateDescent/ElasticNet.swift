import ApusModels
import ApusNumerics

/// The elastic net: minimises 1/(2n) Σ (y − X β − c)² + α ρ Σ |β| + ½ α (1 − ρ) Σ β².
public struct ElasticNet: Estimator {
  public var alpha = 1.0
  public var l1Ratio = 0.5
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
    kind: "elastic_net", pythonName: "ElasticNet", pythonModule: "linear_model",
    doc: """
      Linear least squares with combined L1 and L2 regularisation.

      Coordinate descent on the Gram matrix, ended by the duality gap. The intercept is not penalised. Memory grows with the
      square of the number of features; sparse features are never densified.
      """,
    role: .regressor,
    parameters: [
      Parameter(
        "alpha", \ElasticNet.alpha, range: .atLeast(0),
        doc: "Weight of the penalty; larger values give fewer coefficients."),
      Parameter(
        "l1_ratio", \ElasticNet.l1Ratio, range: .closed(0, 1),
        doc: "Share of the L1 penalty, from 0 (ridge) to 1 (lasso)."),
      Parameter("fit_intercept", \ElasticNet.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "precompute", \ElasticNet.precompute, doc: "Accepted for compatibility: the Gram matrix is always computed."),
      Parameter("max_iter", \ElasticNet.maxIterations, range: .atLeast(1), doc: "Most passes over the coordinates."),
      Parameter("copy_X", \ElasticNet.copyX, doc: "Accepted for compatibility: X is never changed."),
      Parameter(
        "tol", \ElasticNet.tol, range: .atLeast(0),
        doc: "Duality gap, relative to the mean square of y, at which to stop."),
      Parameter("warm_start", \ElasticNet.warmStart, doc: "Whether fitting again starts from the last coefficients."),
      Parameter("positive", \ElasticNet.positive, doc: "Whether coefficients must not be negative."),
      Parameter(
        "random_state", \ElasticNet.randomState, doc: "Seed of the order of coordinates for selection='random'."),
      Parameter("selection", \ElasticNet.selection, doc: "Order of the coordinates in a pass: 'cyclic' or 'random'."),
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
      alpha: alpha, l1Ratio: l1Ratio, fitIntercept: fitIntercept, maxIterations: maxIterations, tolerance: tol,
      positive: positive, shuffleSeed: selection == .random ? randomState ?? 0 : nil)
    return try fit.fit(data, schema: Self.schema, start: start, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}
