import ApusModels
import ApusNumerics

/// What both baggings are told.
public struct BaggingParameters: Sendable {
  /// The estimator to average; none for a decision tree.
  public var estimator: ParameterValue = .none
  public var nEstimators = 10
  public var maxSamples: ParameterValue = .none
  public var maxFeatures: ParameterValue = .double(1)
  public var bootstrap = true
  public var bootstrapFeatures = false
  public var oobScore = false
  public var warmStart = false
  public var randomState: UInt64?
  public var jobs: Int?
  public var verbose = ParameterValue.int(0)

  public init() {}
}

/// An estimator that averages copies of another on samples of the rows and features.
///
/// Breiman 1996, "Bagging predictors", Machine Learning 24:123–140, doi:10.1007/BF00058655; Louppe, Geurts 2012, "Ensembles
/// on random patches".
public protocol Bags: Estimator {
  var bagging: BaggingParameters { get set }
}

extension Bags {
  static func baggingSchema(kind: String, pythonName: String, role: EstimatorRole) -> EstimatorSchema {
    let isClassifier = role == .classifier
    return EstimatorSchema(
      kind: kind, pythonName: pythonName, pythonModule: "ensemble",
      doc: """
        Averages copies of any \(role == .classifier ? "classifier" : "regressor") on samples of the rows and features \
        (Breiman 1996; Louppe and Geurts 2012).
        Samples do not depend on the order of the rows; a row of weight 2 counts as two rows.
        """,
      role: role, parameters: parameters(),
      attributes: (isClassifier ? [FittedAttribute("classes_", doc: "Distinct labels, shape (classes,).")] : []) + [
        FittedAttribute("n_estimators_", .int, doc: "Members made."),
        FittedAttribute("estimators_features_", doc: "Features of every member, shape (members, features drawn)."),
        FittedAttribute("oob_score_", .double, doc: "Accuracy or R² on rows the members have not seen."),
        FittedAttribute(
          isClassifier ? "oob_decision_function_" : "oob_prediction_",
          doc: "Mean over the members that have not seen the row; NaN where all have, shape (rows, values)."),
      ],
      operations: isClassifier ? [.predict, .predictProbabilities, .predictLogProbabilities] : [.predict],
      traits: [.sparseInput, .missingValues, .sampleWeight, .float32, .randomized, .needsTargets, .members])
  }

  private static func parameters() -> [Parameter] {
    [
      Parameter(
        "estimator", \Self.bagging.estimator, types: [.none, .estimator],
        doc: "The estimator to average; None for a decision tree."),
      Parameter(
        "n_estimators", \Self.bagging.nEstimators, range: .closed(1, 100_000),
        doc: "Number of members; more lowers the variance and costs time in proportion."),
      Parameter(
        "max_samples", \Self.bagging.maxSamples, types: [.none, .int, .double], range: .greaterThan(0),
        doc: "Rows drawn per member: a count, a share, or None for as many as there are."),
      Parameter(
        "max_features", \Self.bagging.maxFeatures, types: [.int, .double], range: .greaterThan(0),
        doc: "Features drawn per member: a count or a share."),
      Parameter("bootstrap", \Self.bagging.bootstrap, doc: "Whether rows are drawn with replacement."),
      Parameter(
        "bootstrap_features", \Self.bagging.bootstrapFeatures, doc: "Whether features are drawn with replacement."),
      Parameter(
        "oob_score", \Self.bagging.oobScore,
        doc: "Whether to score on the rows each member has not seen; needs bootstrap."),
      Parameter(
        "warm_start", \Self.bagging.warmStart, doc: "Whether a further fit keeps the members and adds new ones."),
      Parameter(
        "random_state", \Self.bagging.randomState,
        doc: "Seed, 0 when None, of the samples and of members with a random_state of their own."),
      .jobs(\Self.bagging.jobs),
      .verbosity(\Self.bagging.verbose),
    ]
  }
}

/// Averages classifiers.
public struct BaggingClassifier: Bags {
  public var bagging = BaggingParameters()

  public init() {}

  public static let schema = baggingSchema(
    kind: "bagging_classifier", pythonName: "BaggingClassifier", role: .classifier)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try BaggingFit.fit(self, data, previous: nil, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try BaggingFit.fit(self, data, previous: previous as? FittedBagging, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel { try FittedBagging(state, schema: Self.schema) }
}

/// Averages regressors.
public struct BaggingRegressor: Bags {
  public var bagging = BaggingParameters()

  public init() {}

  public static let schema = baggingSchema(
    kind: "bagging_regressor", pythonName: "BaggingRegressor", role: .regressor)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try BaggingFit.fit(self, data, previous: nil, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try BaggingFit.fit(self, data, previous: previous as? FittedBagging, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel { try FittedBagging(state, schema: Self.schema) }
}
