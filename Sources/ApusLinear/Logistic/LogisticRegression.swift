import ApusModels
import ApusNumerics

/// Logistic regression of two or more classes: minimises C Σ w loss + (1 − ρ) / 2 ‖β‖² + ρ Σ |β|.
public struct LogisticRegression: LogisticEstimator {
  public typealias Solver = LogisticSolver
  public typealias Penalty = LogisticPenalty

  public var inverseStrength = 1.0
  public var l1Ratio = 0.0
  public var warmStart = false
  public var options = LogisticOptions()
  public var inference = false
  public var covarianceType = CovarianceType.nonrobust
  public var maximumLag: Int?
  public var usesCorrection: Bool?
  public var usesT: Bool?
  public var profileAlpha: Double?

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "logistic_regression", pythonName: "LogisticRegression", pythonModule: "linear_model",
    doc: """
      Logistic regression with L2, L1, both or no penalties.

      Minimises C times the weighted log-loss plus the penalty of the coefficients; the intercept is not penalised. Several
      classes share one softmax. Two classes with up to about 1,000 dense features and no L1 term are fitted by Newton's
      method, problems with an L1 term by proximal Newton steps with coordinate descent, all others by preconditioned L-BFGS.
      Separable classes without penalty are reported.

      With inference=True and no penalty, or Firth's for two classes: standard errors, z tests, odds_ratios(), deviance,
      McFadden's R2 and summary() as statsmodels' Logit; fit takes `groups` for cov_type="cluster". get_prediction(X) gives
      the probability of the second class, its standard error and interval. For several classes as statsmodels' MNLogit:
      params_, bse_, tvalues_ and pvalues_ are (n_classes - 1, n_parameters), contrasts of every class with the first, and
      cov_params_ holds them class after class.
      """,
    role: .classifier,
    parameters: [
      Parameter(
        "C", \LogisticRegression.inverseStrength,
        range: ValueRange(0, .infinity, includesMinimum: false),
        doc: "Inverse of the strength of the penalty; inf for none."),
      Parameter(
        "l1_ratio", \LogisticRegression.l1Ratio, range: .closed(0, 1),
        doc: "Share of the L1 penalty, from 0 (L2) to 1 (L1)."),
      Parameter(
        "warm_start", \LogisticRegression.warmStart, doc: "Whether fitting again starts from the last coefficients."),
    ]
      + optionParameters(
        penalties:
          "'deprecated': L1 and L2 as l1_ratio says; 'l1', 'l2', 'elasticnet' as the names say; 'firth': bias reduction, "
          + "for two classes; None: no penalty."
      ) + inferenceParameters,
    attributes: [
      FittedAttribute("classes_", doc: "Labels in ascending order: (n_classes,)."),
      FittedAttribute("coef_", doc: "Coefficients: (1, n_features) for two classes, else (n_classes, n_features)."),
      FittedAttribute("intercept_", doc: "Constant terms: (1,) or (n_classes,)."),
      FittedAttribute("n_iter_", doc: "Iterations: (1,)."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ] + InferenceAttributes.coefficients + InferenceAttributes.likelihood + InferenceAttributes.logistic,
    operations: [
      .predict, .predictProbabilities, .predictLogProbabilities, .decisionFunction, .confidenceIntervals, .oddsRatios,
      .predictionTable,
    ],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets, .summary], fitArguments: ["groups"])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, start: nil, context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, start: warmStart ? previous as? LogisticModel : nil, context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LogisticModel(state, schema: Self.schema)
  }

  /// The share of the L1 penalty, by its new or its old name.
  private var ratio: Double {
    switch options.penalty {
    case .l1?: return 1
    case .l2?, .firth?: return 0
    case .elasticnet?, .deprecated?: return l1Ratio
    case nil: return 0
    }
  }

  private func fit(_ data: TrainingData, start: LogisticModel?, _ context: FitContext) throws -> any FittedModel {
    try validateParameters()
    try options.solver.requirePenalty(ratio)
    let groups = data.extras["groups"]
    let data = try LogisticData(data, schema: Self.schema, classWeight: options.classWeight)
    try requireClasses(data)
    try data.requireSquaresInRange()
    if inference || options.penalty == .firth { return try fitWithInference(data, groups: groups, context) }
    let fit = LogisticFit(
      inverseStrength: options.penalty == nil ? .infinity : inverseStrength, l1Ratio: ratio,
      fitIntercept: options.fitIntercept, tolerance: options.tol, maximumIterations: options.maxIterations)
    let result = try fit.fit(data, start: try start?.parameters(columns: data.columns)) {
      try context.checkpoint("logistic", $0)
    }
    warnOfConvergence(result.outcome, context)
    if result.loss.penalty < 1e-8, ratio == 0, result.outcome.value / result.totalWeight < 1e-4 {
      context.warn(
        .data,
        "y: the classes are separated perfectly by the features, and without penalty the coefficients grow without "
          + "bound; they are where the loss no longer falls")
    }
    return try result.model(data, schema: Self.schema)
  }
}

extension LogisticModel {
  /// (scores, columns + 1) parameters with intercepts last, to go on from; nil when the number of features differs.
  func parameters(columns: Int) throws(ApusError) -> Buffer<Double>? {
    guard featureCount == columns else { return nil }
    let theta = try Buffer<Double>(count: intercepts.count * (columns + 1))
    let (beta, constant) = (coefficients.pointer(Double.self), intercepts.pointer(Double.self))
    for score in 0..<intercepts.count {
      for j in 0..<columns { theta[score * (columns + 1) + j] = beta[score * columns + j] }
      theta[score * (columns + 1) + columns] = constant[score]
    }
    withExtendedLifetime(self) {}
    return theta
  }
}
