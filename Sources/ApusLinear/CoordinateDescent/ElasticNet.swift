import ApusModels
import ApusNumerics

/// The elastic net: minimises 1/(2n) Σ (y − X β − c)² + α ρ Σ |β| + ½ α (1 − ρ) Σ β².
public struct ElasticNet: CoordinateDescentEstimator {
  public var alpha = 1.0
  public var l1Ratio = 0.5
  public var precompute = false
  public var warmStart = false
  public var descent = CoordinateDescentOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "elastic_net", pythonName: "ElasticNet", pythonModule: "linear_model",
    doc: """
      Linear least squares with combined L1 and L2 regularisation.

      Coordinate descent on working sets found by strong rules, ended by the duality gap. The intercept is not penalised.
      Dense features with at least as many rows as columns are reduced to their Gram matrix; others are read column by column,
      and sparse features are never densified.
      """,
    role: .regressor, parameters: elasticNetParameters(hasRatio: true),
    attributes: CoordinateDescentAttributes.single, operations: [.predict],
    traits: [.sparseInput, .multiOutput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, l1Ratio: l1Ratio, start: nil, context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, l1Ratio: l1Ratio, start: previous, context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}

extension ElasticNet: ElasticNetEstimator {
  var ratio: Double {
    get { l1Ratio }
    set { l1Ratio = newValue }
  }
}
