import ApusModels
import ApusNumerics

/// The lasso: minimises 1/(2n) Σ (y − X β − c)² + α Σ |β|.
public struct Lasso: CoordinateDescentEstimator {
  public var alpha = 1.0
  public var precompute = false
  public var warmStart = false
  public var descent = CoordinateDescentOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "lasso", pythonName: "Lasso", pythonModule: "linear_model",
    doc: """
      Linear least squares with L1 regularisation, which sets coefficients to zero.

      Coordinate descent on working sets found by strong rules, ended by the duality gap. The intercept is not penalised.
      Dense features with at least as many rows as columns are reduced to their Gram matrix; others are read column by column,
      and sparse features are never densified.
      """,
    role: .regressor, parameters: elasticNetParameters(hasRatio: false),
    attributes: CoordinateDescentAttributes.single, operations: [.predict],
    traits: [.sparseInput, .multiOutput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, l1Ratio: 1, start: nil, context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, l1Ratio: 1, start: previous, context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}

extension Lasso: ElasticNetEstimator {
  var ratio: Double {
    get { 1 }
    set {}
  }
}

/// What Lasso and ElasticNet, for single targets and for several together, declare and do alike.
protocol ElasticNetEstimator: CoordinateDescentEstimator {
  var alpha: Double { get set }
  /// Share of the L1 penalty.
  var ratio: Double { get set }
  var warmStart: Bool { get set }
  var precompute: Bool { get set }
  static var joinsTargets: Bool { get }
}

extension ElasticNetEstimator {
  static var joinsTargets: Bool { false }

  static func elasticNetParameters(hasRatio: Bool) -> [Parameter] {
    var parameters = [
      Parameter(
        "alpha", \Self.alpha, range: .atLeast(0), doc: "Weight of the penalty; larger values give fewer coefficients.")
    ]
    if hasRatio {
      parameters.append(
        Parameter(
          "l1_ratio", \Self.ratio, range: .closed(0, 1),
          doc: "Share of the L1 penalty, from 0 (ridge) to 1 (lasso)."))
    }
    if !joinsTargets {
      parameters.append(
        Parameter(
          "precompute", \Self.precompute,
          doc: "True: reduce dense features to their Gram matrix; False: choose by shape."))
    }
    parameters += descentParameters(positive: !joinsTargets)
    parameters.append(
      Parameter("warm_start", \Self.warmStart, doc: "Whether fitting again starts from the last coefficients."))
    return parameters
  }

  func fit(
    _ data: TrainingData, l1Ratio: Double, start: (any FittedModel)?, _ context: FitContext
  ) throws -> any FittedModel {
    try validateParameters()
    let data = try RegressionData(data, schema: Self.schema, keepsColumnTargets: Self.joinsTargets)
    let fit = ElasticNetFit(
      l1Ratio: l1Ratio, options: descent, joinsTargets: Self.joinsTargets, precompute: precompute)
    return try fit.fit(
      data, alpha: alpha, schema: Self.schema, start: warmStart ? start as? LinearModel : nil, context: context)
  }
}
