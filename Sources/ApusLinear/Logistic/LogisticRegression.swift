import ApusModels
import ApusNumerics

/// Logistic regression of two or more classes: minimises C Σ w loss + (1 − ρ) / 2 ‖β‖² + ρ Σ |β|.
public struct LogisticRegression: LogisticEstimator {
  public typealias Solver = LogisticSolver
  public typealias Penalty = LogisticPenalty

  public enum Penalty: String, CaseIterable, ParameterChoice {
    case l2
    case firth
    case deprecated
  }

  public var penalty: Penalty? = .deprecated
  public var inverseStrength = 1.0
  public var l1Ratio = 0.0
  public var warmStart = false
  public var options = LogisticOptions()
  public var jobs: Int?
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
      Minimises C times the weighted log-loss plus half the squared length of the coefficients; the intercept is not
      penalised. Several classes share one softmax. Two classes with up to about 1,000 dense features are fitted by Newton's
      method whatever the solver, others by L-BFGS. Separable classes without penalty are reported.

      With inference=True and no penalty, or Firth's, for two classes: standard errors, z tests, odds_ratios(), deviance,
      McFadden's R2 and summary() as statsmodels' Logit; fit takes `groups` for cov_type="cluster". get_prediction(X) gives
      the probability of the second class, its standard error and interval.
      """,
    role: .classifier,
    parameters: [
      Parameter(
        "penalty", \LogisticRegression.penalty,
        doc: "'l2' or 'deprecated': L2 of strength 1 / C; None: no penalty; 'firth': bias reduction."),
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
          "'deprecated': L1 and L2 as l1_ratio says; 'l1', 'l2', 'elasticnet' as the names say; None: no penalty."
      ),
      Parameter(
        "n_jobs", \LogisticRegression.jobs, doc: "Accepted for compatibility: threads are set for the whole library."),
      Parameter(
        "inference", \LogisticRegression.inference,
        doc: "Whether to compute standard errors, tests and intervals; two classes, penalty None (or C=inf) or 'firth'."
      ),
      Parameter(
        "cov_type", \LogisticRegression.covarianceType,
        doc: "Covariance of the estimates: classical, robust to wrong variances, autocorrelation or correlated groups."),
      Parameter(
        "maxlags", \LogisticRegression.maximumLag, range: .atLeast(0),
        doc: "Largest lag of HAC; None: the whole part of 4 (n / 100)^(2/9)."),
      Parameter(
        "use_correction", \LogisticRegression.usesCorrection,
        doc: "Whether HAC and cluster get their small-sample factor; None: only cluster does."),
      Parameter(
        "use_t", \LogisticRegression.usesT, doc: "Whether statistics are compared with t; None: with the normal."),
      Parameter(
        "profile_alpha", \LogisticRegression.profileAlpha,
        range: ValueRange(0, 1, includesMinimum: false, includesMaximum: false),
        doc: "One minus the level of profile-likelihood intervals, with inference; None: not computed."),
    ],
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
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets, .summary])

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
    case .l2?: return 0
    case .elasticnet?, .deprecated?: return l1Ratio
    case nil: return 0
    }
  }

  private func fit(_ data: TrainingData, start: LogisticModel?, _ context: FitContext) throws -> any FittedModel {
    try validateParameters()
    try options.solver.requirePenalty(ratio)
    let data = try LogisticData(data, schema: Self.schema, classWeight: options.classWeight)
    try requireClasses(data)
    let groups = data.extras["groups"]
    let data = try LogisticData(data, schema: Self.schema, classWeight: classWeight)
    try data.requireSquaresInRange()
    let fit = LogisticFit(
      inverseStrength: options.penalty == nil ? .infinity : inverseStrength, l1Ratio: ratio,
      fitIntercept: options.fitIntercept, tolerance: options.tol, maximumIterations: options.maxIterations)
    let result = try fit.fit(data, start: try start?.parameters(columns: data.columns)) {
      try context.checkpoint("logistic", $0)
    }
    warnOfConvergence(result.outcome, context)
    if result.loss.penalty < 1e-8, ratio == 0, result.outcome.value / result.totalWeight < 1e-4 {
    if inference || penalty == .firth { return try fitWithInference(data, groups: groups, context) }
    let strength = penalty == nil ? 0 : 1 / inverseStrength
    let loss = SoftmaxLoss(data, fitIntercept: fitIntercept, penalty: strength)
    let theta = try Buffer<Double>(zeroed: loss.count)
    if let start, start.featureCount == data.columns, start.intercepts.count == loss.scores { copy(start, to: theta) }
    let outcome = try minimise(loss, theta, tolerance: tol * total, context)
    if !outcome.converged {
      context.warn(
        .convergence,
        "\(solver.rawValue) did not converge within \(outcome.iterations) iterations: increase max_iter or scale the features"
      )
    }
    warnOfSeparation(loss, outcome.value / total, context)
    return try model(data, loss, theta, outcome.iterations)
  }

  private func minimise(
    _ loss: SoftmaxLoss, _ theta: Buffer<Double>, tolerance: Double, _ context: FitContext
  ) throws -> LimitedMemoryBFGS.Outcome {
    func checkpoint(_ iteration: Int) throws {
      try context.checkpoint("logistic", Double(iteration) / Double(Swift.max(1, maxIterations)))
    }
    var done = 0
    if loss.scores == 1, loss.data.columns <= 1024 {
      let newton = NewtonLogistic(loss: loss)
      // Newton's steps are few and quadratic, so they go on until rounding, for little more.
      if let outcome = try newton.minimise(
        theta.pointer, gradientTolerance: tolerance * 1e-6, maximumIterations: maxIterations, checkpoint: checkpoint)
      {
        return outcome
      }
      done = 1
    }
    var outcome = try LimitedMemoryBFGS.minimise(
      theta.pointer, count: loss.count, gradientTolerance: tolerance,
      maximumIterations: Swift.max(0, maxIterations - done),
      function: { try loss.evaluate($0, gradient: $1) }, checkpoint: checkpoint)
    outcome.iterations += done
    return outcome
  }

  private func copy(_ start: LogisticModel, to theta: Buffer<Double>) {
    let p = start.featureCount
    for score in 0..<start.intercepts.count {
      for j in 0..<p {
        theta[score * (p + 1) + j] = start.coefficients.pointer(Double.self)[score * p + j]
      }
      theta[score * (p + 1) + p] = start.intercepts.pointer(Double.self)[score]
    }
  }

  private func warnOfSeparation(_ loss: SoftmaxLoss, _ meanLoss: Double, _ context: FitContext) {
    if loss.penalty < 1e-8, meanLoss < 1e-4 {
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
