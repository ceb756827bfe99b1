import ApusModels
import ApusNumerics
import RealModule

private let robustAttributes =
  CovarianceFitting.attributes + [
    FittedAttribute("support_", doc: "True for the rows the reweighted estimate rests on: (n_samples,)."),
    FittedAttribute("dist_", doc: "Squared Mahalanobis distances of the rows of fit: (n_samples,)."),
    FittedAttribute("raw_location_", doc: "Means of the subset of smallest determinant: (n_features,)."),
    FittedAttribute("raw_covariance_", doc: "Its covariance, before any correction: (n_features, n_features)."),
    FittedAttribute("raw_support_", doc: "True for the rows of that subset: (n_samples,)."),
  ]

private func robustFit(
  _ data: TrainingData, _ schema: EstimatorSchema, assumeCentered: Bool, supportFraction: Double?, seed: UInt64?,
  _ context: FitContext
) throws -> RobustCovariance {
  let x = try CovarianceFitting.features(data, schema, minimumRows: 2, context)
  let result = try Covariance.minimumDeterminant(
    x, supportFraction: supportFraction, assumeCentered: assumeCentered, seed: seed ?? 0
  ) { try context.checkpoint("subsets", $0) }
  for warning in result.warnings { context.warn(.data, warning) }
  return result
}

/// The minimum covariance determinant estimator.
public struct MinCovDet: Estimator {
  public var storePrecision = true
  public var assumeCentered = false
  public var supportFraction: Double?
  public var randomState: UInt64?

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "min_cov_det", pythonName: "MinCovDet", pythonModule: "covariance",
    doc: """
      Minimum covariance determinant: a robust estimator of covariance.

      The subset of rows whose covariance has the smallest determinant, found by FAST-MCD (P. J. Rousseeuw, K. Van Driessen,
      Technometrics 41 (1999) 212-223; for one feature exactly), made consistent for normal data and reweighted without the
      rows beyond the 97.5 % quantile of the chi-squared distribution. Meant for data with outliers and one mode.
      """,
    role: .densityEstimator,
    parameters: [
      Parameter("store_precision", \MinCovDet.storePrecision, doc: CovarianceFitting.storePrecisionDoc),
      Parameter("assume_centered", \MinCovDet.assumeCentered, doc: CovarianceFitting.assumeCenteredDoc),
      Parameter(
        "support_fraction", \MinCovDet.supportFraction, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Share of rows in the subset; the smallest sensible one, (n + p + 1) / 2n, when None."),
      Parameter("random_state", \MinCovDet.randomState, doc: "Seed of the random starts; None is 0."),
    ],
    attributes: robustAttributes, operations: CovarianceFitting.operations, traits: [.randomized])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let robust = try robustFit(
      data, Self.schema, assumeCentered: assumeCentered, supportFraction: supportFraction, seed: randomState, context)
    return try CovarianceModel(
      schema: Self.schema, location: robust.location, covariance: robust.covariance, storesPrecision: storePrecision,
      robust: robust)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try CovarianceModel(state, schema: Self.schema, isRobust: true)
  }
}

/// Detects outliers by their distance under a robust covariance.
public struct EllipticEnvelope: Estimator {
  public var storePrecision = true
  public var assumeCentered = false
  public var supportFraction: Double?
  public var contamination = 0.1
  public var randomState: UInt64?

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "elliptic_envelope", pythonName: "EllipticEnvelope", pythonModule: "covariance",
    doc: """
      An object for detecting outliers in a Gaussian distributed dataset.

      Fits the minimum covariance determinant; the share `contamination` of the rows with the largest distances are outliers.
      `predict` gives 1 for inliers and -1 for outliers, `decision_function` the negative squared distance less `offset_`.
      """,
    role: .outlierDetector,
    parameters: [
      Parameter("store_precision", \EllipticEnvelope.storePrecision, doc: CovarianceFitting.storePrecisionDoc),
      Parameter("assume_centered", \EllipticEnvelope.assumeCentered, doc: CovarianceFitting.assumeCenteredDoc),
      Parameter(
        "support_fraction", \EllipticEnvelope.supportFraction, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Share of rows in the subset; the smallest sensible one, (n + p + 1) / 2n, when None."),
      Parameter(
        "contamination", \EllipticEnvelope.contamination, range: ValueRange(0, 0.5, includesMinimum: false),
        doc: "Share of outliers in the data."),
      Parameter("random_state", \EllipticEnvelope.randomState, doc: "Seed of the random starts; None is 0."),
    ],
    attributes: robustAttributes + [
      FittedAttribute("offset_", .double, doc: "Negative distance below which a row is an outlier.")
    ],
    operations: [
      .predict, .decisionFunction, Operation("score_samples"), Operation("mahalanobis"), CovarianceFitting.errorNorm,
      Operation("get_precision"),
    ], traits: [.randomized])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let robust = try robustFit(
      data, Self.schema, assumeCentered: assumeCentered, supportFraction: supportFraction, seed: randomState, context)
    let sorted = try Sample(robust.distances).sorted()
    // The quantile of the negative distances, interpolated between order statistics.
    let place = contamination * Double(sorted.count - 1)
    let low = Int(place.rounded(.down))
    let last = sorted.count - 1
    let (a, b) = (-sorted.values[last - low], -sorted.values[Swift.max(last - low - 1, 0)])
    return try CovarianceModel(
      schema: Self.schema, location: robust.location, covariance: robust.covariance, storesPrecision: storePrecision,
      robust: robust, offset: a + (place - Double(low)) * (b - a))
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    let model = try CovarianceModel(state, schema: Self.schema, isRobust: true)
    guard model.offset != nil else { throw ApusError.malformedFile(reason: "model file: number 'offset' is missing") }
    return model
  }
}
