import ApusModels
import ApusNumerics

/// The multi-task lasso with its penalty chosen by cross-validation.
public struct MultiTaskLassoCV: CoordinateDescentEstimator {
  public var eps = 1e-3
  public var alphas = ParameterValue.int(100)
  public var cv = ParameterValue.none
  public var verbose = ParameterValue.bool(false)
  public var jobs: Int?
  public var descent = CoordinateDescentOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "multi_task_lasso_cv", pythonName: "MultiTaskLassoCV", pythonModule: "linear_model",
    doc: "The multi-task lasso with its penalty chosen by cross-validation along a path.",
    role: .regressor, parameters: searchParameters(hasRatio: false),
    attributes: CoordinateDescentAttributes.multiTask + CoordinateDescentAttributes.searched, operations: [.predict],
    traits: [.sparseInput, .multiOutput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel { try search(data, context) }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}

extension MultiTaskLassoCV: ElasticNetSearchEstimator {
  static var joinsTargets: Bool { true }
  var ratios: ParameterValue {
    get { .double(1) }
    set {}
  }
  var precompute: ParameterValue {
    get { .string("auto") }
    set {}
  }
}

/// The multi-task elastic net with its penalty, and the share of its L1 part, chosen by cross-validation.
public struct MultiTaskElasticNetCV: CoordinateDescentEstimator {
  /// One share of the L1 penalty, or an array to choose from.
  public var l1Ratio = ParameterValue.double(0.5)
  public var eps = 1e-3
  public var alphas = ParameterValue.int(100)
  public var cv = ParameterValue.none
  public var verbose = ParameterValue.int(0)
  public var jobs: Int?
  public var descent = CoordinateDescentOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "multi_task_elastic_net_cv", pythonName: "MultiTaskElasticNetCV", pythonModule: "linear_model",
    doc:
      "The multi-task elastic net with its penalty, and the share of its L1 part, chosen by cross-validation along paths.",
    role: .regressor, parameters: searchParameters(hasRatio: true),
    attributes: CoordinateDescentAttributes.multiTask + CoordinateDescentAttributes.searched
      + [FittedAttribute("l1_ratio_", .double, doc: "The share of the L1 penalty chosen by cross-validation.")],
    operations: [.predict], traits: [.sparseInput, .multiOutput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel { try search(data, context) }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}

extension MultiTaskElasticNetCV: ElasticNetSearchEstimator {
  static var joinsTargets: Bool { true }
  var ratios: ParameterValue {
    get { l1Ratio }
    set { l1Ratio = newValue }
  }
  var precompute: ParameterValue {
    get { .string("auto") }
    set {}
  }
}
