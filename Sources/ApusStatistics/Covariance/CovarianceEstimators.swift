import ApusModels
import ApusNumerics

/// What the covariance estimators share.
enum CovarianceFitting {
  static let storePrecisionDoc = "Whether `precision_` is kept as an attribute."
  static let assumeCenteredDoc = "Whether the data have mean zero already; the location is then 0."

  static let attributes = [
    FittedAttribute("location_", doc: "Means: (n_features,)."),
    FittedAttribute("covariance_", doc: "The covariance matrix: (n_features, n_features)."),
    FittedAttribute("precision_", doc: "Its pseudo-inverse: (n_features, n_features); with store_precision."),
    FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
  ]

  static let errorNorm = Operation("error_norm", arguments: ["comp_cov", "norm", "scaling", "squared"])
  static let operations = [Operation("mahalanobis"), Operation("score"), errorNorm, Operation("get_precision")]

  /// Dense float64 features.
  static func features(
    _ data: TrainingData, _ schema: EstimatorSchema, minimumRows: Int = 1, _ context: FitContext
  ) throws -> NDArray {
    try InputValidation.arguments(data, schema: schema)
    let checked = try InputValidation.features(data.features, schema: schema, minimumRows: minimumRows)
    guard case .dense(let x) = checked else { throw ApusError.unsupportedType(name: "X", reason: "is sparse") }
    if x.shape[0] == 1 {
      context.warn(.data, "X: only one sample available, you may want to reshape your data array (n_samples = 1)")
    }
    return x
  }

  static func model(
    _ estimate: CovarianceEstimate, _ schema: EstimatorSchema, storesPrecision: Bool, shrinks: Bool
  ) throws(ApusError) -> CovarianceModel {
    try FiniteCheck.requireFinite(estimate.covariance, name: "covariance of X")
    return try CovarianceModel(
      schema: schema, location: estimate.location, covariance: estimate.covariance, storesPrecision: storesPrecision,
      shrinkage: shrinks ? estimate.shrinkage : nil)
  }
}

/// The maximum-likelihood covariance, divisor n.
public struct EmpiricalCovariance: Estimator {
  public var storePrecision = true
  public var assumeCentered = false

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "empirical_covariance", pythonName: "EmpiricalCovariance", pythonModule: "covariance",
    doc: """
      Maximum likelihood covariance estimator.

      The matrix of mean products of deviations, with divisor n. `mahalanobis` gives squared distances under it, `score` the
      mean log-likelihood of further rows under the normal distribution, `error_norm` its distance from another matrix.
      """,
    role: .densityEstimator,
    parameters: [
      Parameter("store_precision", \EmpiricalCovariance.storePrecision, doc: CovarianceFitting.storePrecisionDoc),
      Parameter("assume_centered", \EmpiricalCovariance.assumeCentered, doc: CovarianceFitting.assumeCenteredDoc),
    ],
    attributes: CovarianceFitting.attributes, operations: CovarianceFitting.operations)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let x = try CovarianceFitting.features(data, Self.schema, context)
    return try CovarianceFitting.model(
      try Covariance.empirical(x, assumeCentered: assumeCentered), Self.schema, storesPrecision: storePrecision,
      shrinks: false)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try CovarianceModel(state, schema: Self.schema, isRobust: false)
  }
}

/// (1 − s) S + s · (tr S / p) I for a given s.
public struct ShrunkCovariance: Estimator {
  public var storePrecision = true
  public var assumeCentered = false
  public var shrinkage = 0.1

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "shrunk_covariance", pythonName: "ShrunkCovariance", pythonModule: "covariance",
    doc: """
      Covariance estimator with shrinkage.

      (1 - shrinkage) S + shrinkage (trace(S) / n_features) I for the empirical covariance S.
      """,
    role: .densityEstimator,
    parameters: [
      Parameter("store_precision", \ShrunkCovariance.storePrecision, doc: CovarianceFitting.storePrecisionDoc),
      Parameter("assume_centered", \ShrunkCovariance.assumeCentered, doc: CovarianceFitting.assumeCenteredDoc),
      Parameter(
        "shrinkage", \ShrunkCovariance.shrinkage, range: .closed(0, 1),
        doc: "Weight of the scaled identity; 1 leaves only the mean variance."),
    ],
    attributes: CovarianceFitting.attributes, operations: CovarianceFitting.operations)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let x = try CovarianceFitting.features(data, Self.schema, context)
    return try CovarianceFitting.model(
      try Covariance.shrunk(x, shrinkage: shrinkage, assumeCentered: assumeCentered), Self.schema,
      storesPrecision: storePrecision, shrinks: false)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try CovarianceModel(state, schema: Self.schema, isRobust: false)
  }
}

/// Shrinkage with the weight of Ledoit and Wolf.
public struct LedoitWolf: Estimator {
  public var storePrecision = true
  public var assumeCentered = false
  public var blockSize = 1000

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "ledoit_wolf", pythonName: "LedoitWolf", pythonModule: "covariance",
    doc: """
      Ledoit-Wolf estimator.

      Shrinks the empirical covariance towards a multiple of the identity by the weight that minimises the expected squared
      error: O. Ledoit, M. Wolf, J. Multivariate Anal. 88 (2004) 365-411.
      """,
    role: .densityEstimator,
    parameters: [
      Parameter("store_precision", \LedoitWolf.storePrecision, doc: CovarianceFitting.storePrecisionDoc),
      Parameter("assume_centered", \LedoitWolf.assumeCentered, doc: CovarianceFitting.assumeCenteredDoc),
      Parameter(
        "block_size", \LedoitWolf.blockSize, range: .atLeast(1),
        doc: "Accepted for compatibility: the computation needs no blocks."),
    ],
    attributes: CovarianceFitting.attributes + [
      FittedAttribute("shrinkage_", .double, doc: "Weight of the scaled identity, 0 to 1.")
    ], operations: CovarianceFitting.operations)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let x = try CovarianceFitting.features(data, Self.schema, context)
    return try CovarianceFitting.model(
      try Covariance.ledoitWolf(x, assumeCentered: assumeCentered), Self.schema, storesPrecision: storePrecision,
      shrinks: true)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try CovarianceModel(state, schema: Self.schema, isRobust: false)
  }
}

/// Shrinkage with the weight of the oracle approximation.
public struct OAS: Estimator {
  public var storePrecision = true
  public var assumeCentered = false

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "oas", pythonName: "OAS", pythonModule: "covariance",
    doc: """
      Oracle approximating shrinkage estimator.

      Shrinks the empirical covariance towards a multiple of the identity: Y. Chen, A. Wiesel, Y. Eldar, A. Hero, IEEE
      Trans. Signal Process. 58 (2010) 5016-5029, equation 23, in scikit-learn's form.
      """,
    role: .densityEstimator,
    parameters: [
      Parameter("store_precision", \OAS.storePrecision, doc: CovarianceFitting.storePrecisionDoc),
      Parameter("assume_centered", \OAS.assumeCentered, doc: CovarianceFitting.assumeCenteredDoc),
    ],
    attributes: CovarianceFitting.attributes + [
      FittedAttribute("shrinkage_", .double, doc: "Weight of the scaled identity, 0 to 1.")
    ], operations: CovarianceFitting.operations)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let x = try CovarianceFitting.features(data, Self.schema, context)
    return try CovarianceFitting.model(
      try Covariance.oracleApproximating(x, assumeCentered: assumeCentered), Self.schema,
      storesPrecision: storePrecision, shrinks: true)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try CovarianceModel(state, schema: Self.schema, isRobust: false)
  }
}
