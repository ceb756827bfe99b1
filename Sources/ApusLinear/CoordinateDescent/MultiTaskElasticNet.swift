import ApusModels
import ApusNumerics

/// The multi-task lasso: minimises 1/(2n) ‖Y − X B − c‖² + α Σ_j ‖B_j‖, where B_j are the coefficients of feature j for all
/// targets, which become zero together.
public struct MultiTaskLasso: CoordinateDescentEstimator {
  public var alpha = 1.0
  public var warmStart = false
  public var descent = CoordinateDescentOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "multi_task_lasso", pythonName: "MultiTaskLasso", pythonModule: "linear_model",
    doc: """
      Least squares for several targets that select the same features, by a penalty on the lengths of their coefficients.

      Blockwise coordinate descent on working sets found by strong rules, ended by the duality gap.
      """,
    role: .regressor, parameters: elasticNetParameters(hasRatio: false),
    attributes: CoordinateDescentAttributes.multiTask, operations: [.predict],
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

extension MultiTaskLasso: ElasticNetEstimator {
  static var joinsTargets: Bool { true }
  var ratio: Double {
    get { 1 }
    set {}
  }
  var precompute: Bool {
    get { false }
    set {}
  }
}

/// The multi-task elastic net: minimises 1/(2n) ‖Y − X B − c‖² + α ρ Σ_j ‖B_j‖ + ½ α (1 − ρ) ‖B‖².
public struct MultiTaskElasticNet: CoordinateDescentEstimator {
  public var alpha = 1.0
  public var l1Ratio = 0.5
  public var warmStart = false
  public var descent = CoordinateDescentOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "multi_task_elastic_net", pythonName: "MultiTaskElasticNet", pythonModule: "linear_model",
    doc: """
      Least squares for several targets that select the same features, with a further L2 penalty.

      Blockwise coordinate descent on working sets found by strong rules, ended by the duality gap.
      """,
    role: .regressor, parameters: elasticNetParameters(hasRatio: true),
    attributes: CoordinateDescentAttributes.multiTask, operations: [.predict],
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

extension MultiTaskElasticNet: ElasticNetEstimator {
  static var joinsTargets: Bool { true }
  var ratio: Double {
    get { l1Ratio }
    set { l1Ratio = newValue }
  }
  var precompute: Bool {
    get { false }
    set {}
  }
}
