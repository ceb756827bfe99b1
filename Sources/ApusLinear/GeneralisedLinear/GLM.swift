import ApusModels
import ApusNumerics

/// A generalised linear model fitted by maximum likelihood, with inference.
public struct GLM: Estimator {
  public enum Family: String, CaseIterable, ParameterChoice {
    case gaussian, binomial, poisson
    case negativeBinomial = "negative_binomial"
    case gamma
    case inverseGaussian = "inverse_gaussian"
    case tweedie
  }

  public enum Link: String, CaseIterable, ParameterChoice {
    case identity, log, logit, probit, cloglog, inverse
    case inverseSquared = "inverse_squared"
    case sqrt, power
  }

  public enum Weights: String, CaseIterable, ParameterChoice {
    case variance, frequency
  }

  public var family = Family.gaussian
  public var link: Link?
  public var linkPower = 1.0
  public var variancePower = 1.5
  public var alpha: Double? = 1
  public var scale = ParameterValue.none
  public var fitIntercept = true
  public var weights = Weights.variance
  public var covarianceType = CovarianceType.nonrobust
  public var maximumLag: Int?
  public var usesCorrection: Bool?
  public var usesT: Bool?
  public var tol = 1e-8
  public var maxIterations = 100

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "glm", pythonName: "GLM", pythonModule: "linear_model",
    doc: """
      Generalised linear model with inference.

      Maximises the likelihood by iteratively reweighted least squares with step halving. y holds responses; for the
      binomial family shares of successes (with the numbers of trials as sample_weight), 0 and 1, or two columns with the
      counts of successes and failures. fit takes `offset` and `exposure` (log link), and `groups` for
      cov_type="cluster". Results carry the names of statsmodels; get_prediction(X) gives the mean, its standard error and
      interval.
      """,
    role: .regressor,
    parameters: [
      Parameter("family", \GLM.family, doc: "Distribution of the responses."),
      Parameter("link", \GLM.link, doc: "Link function; None: the family's usual one (canonical, or log)."),
      Parameter("link_power", \GLM.linkPower, range: .closed(-10, 10), doc: "Exponent of link='power'; 0 means log."),
      Parameter(
        "var_power", \GLM.variancePower, range: .closed(-10, 10),
        doc: "Tweedie's power of the variance: at most 0 or at least 1."),
      Parameter(
        "alpha", \GLM.alpha, range: .greaterThan(0),
        doc: "Dispersion of the negative binomial, variance mu + alpha mu^2; None: estimated by maximum likelihood."),
      Parameter(
        "scale", \GLM.scale, types: [.none, .double, .string],
        range: .greaterThan(0), choices: ["X2", "dev"],
        doc: "Dispersion: a number, 'X2' (Pearson) or 'dev' over degrees of freedom; None: 1 or 'X2' by family."),
      Parameter("fit_intercept", \GLM.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "weights", \GLM.weights,
        doc: "What sample_weight holds: inverse relative variances ('variance') or numbers of equal rows ('frequency')."
      ),
      Parameter(
        "cov_type", \GLM.covarianceType,
        doc: "Covariance of the estimates: classical, robust to wrong variances, autocorrelation or correlated groups."),
      Parameter(
        "maxlags", \GLM.maximumLag, range: .atLeast(0),
        doc: "Largest lag of HAC; None: the whole part of 4 (n / 100)^(2/9)."),
      Parameter(
        "use_correction", \GLM.usesCorrection,
        doc: "Whether HAC and cluster get their small-sample factor; None: only cluster does."),
      Parameter("use_t", \GLM.usesT, doc: "Whether statistics are compared with t; None: with the normal."),
      Parameter(
        "tol", \GLM.tol, range: .greaterThan(0), doc: "Distance from the maximum, in standard errors, at which to stop."
      ),
      Parameter("max_iter", \GLM.maxIterations, range: .atLeast(0), doc: "Most iterations."),
    ],
    attributes: [
      FittedAttribute("coef_", doc: "Coefficients: (n_features,)."),
      FittedAttribute("intercept_", .double, doc: "Constant term."),
      FittedAttribute("n_iter_", .int, doc: "Iterations."),
      FittedAttribute("converged_", .bool, doc: "Whether the maximum was reached."),
      FittedAttribute("alpha_", .double, doc: "Dispersion of the negative binomial."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ] + InferenceAttributes.coefficients + InferenceAttributes.likelihood + InferenceAttributes.generalised,
    operations: [.predict, .confidenceIntervals, .predictionTable],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets, .summary, .countTargets],
    fitArguments: ["groups", "offset", "exposure"])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let problem = try problem(data)
    try GLMInference.requireMoments(problem.design)
    let options = try CovarianceOptions(
      type: covarianceType, maximumLag: maximumLag, usesCorrection: usesCorrection, usesT: usesT,
      groups: data.extras["groups"]
    ).checked(rows: problem.rows)
    guard covarianceType == .nonrobust || problem.frequencies == nil else {
      throw ApusError.invalidArgument(
        name: "cov_type", reason: "'\(covarianceType.rawValue)' needs weights='variance'; repeat the rows instead")
    }
    let estimatesAlpha = family == .negativeBinomial && alpha == nil
    let fit =
      estimatesAlpha
      ? try NegativeBinomialDispersion.fit(
        problem, tolerance: tol, maximumIterations: maxIterations, context: context)
      : try GLMSolver(problem: problem, tolerance: tol, maximumIterations: maxIterations, context: context).solve()
    GLMWarnings.report(fit, maximumIterations: maxIterations, context)
    var inference = GLMInference(fit: fit, scaleEstimate: try scaleEstimate(), name: "GLM")
    if estimatesAlpha { inference.extraParameters = 1 }
    return GLMModel(fit, schema: Self.schema, inference: try inference.record(options, context))
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    let family = try familyValue()
    return try GLMModel(state, schema: Self.schema, family: family, link: try linkValue(family))
  }

  private func familyValue() throws(ApusError) -> GLMFamily {
    switch family {
    case .gaussian: return .gaussian
    case .binomial: return .binomial
    case .poisson: return .poisson
    case .negativeBinomial: return .negativeBinomial(alpha: alpha ?? 1)
    case .gamma: return .gamma
    case .inverseGaussian: return .inverseGaussian
    case .tweedie:
      guard variancePower <= 0 || variancePower >= 1 else {
        throw .invalidArgument(
          name: "var_power", reason: "\(variancePower) is in (0, 1), where no such distribution exists")
      }
      return .tweedieFamily(power: variancePower)
    }
  }

  private func linkValue(_ family: GLMFamily) throws(ApusError) -> GLMLink {
    guard let link else { return self.family == .tweedie ? .log : family.canonicalLink }
    guard let value = GLMLink(link.rawValue, power: linkPower) else {
      throw .internalError(reason: "link: \(link.rawValue) is declared but unknown")
    }
    if value.isProbability, family != .binomial {
      throw .invalidArgument(name: "link", reason: "'\(link.rawValue)' is for the binomial family")
    }
    return value
  }

  private func scaleEstimate() throws(ApusError) -> ScaleEstimate {
    switch scale {
    case .double(let value): return .fixed(value)
    case .string("X2"): return .pearson
    case .string: return .deviance
    default: return .standard
    }
  }

  /// Refuses responses that are all zero, whose likelihood rises as the mean falls to zero.
  private func requireCounts(_ response: GLMResponse) throws(ApusError) {
    let y = response.values.pointer(Double.self)
    for row in 0..<response.values.count where y[row] > 0 { return }
    throw .numericalFailure(
      reason: "y: all values are 0, so that the likelihood of the \(family.rawValue) family has no maximum")
  }

  private func problem(_ data: TrainingData) throws(ApusError) -> GLMProblem {
    try InputValidation.arguments(data, schema: Self.schema)
    let (design, dtype) = try DesignMatrix.validated(try InputValidation.features(data.features, schema: Self.schema))
    let family = try familyValue()
    let link = try linkValue(family)
    let byFrequency = weights == .frequency
    let response = try GLMResponse(
      data.targets, sampleWeight: byFrequency ? nil : data.sampleWeight, rows: design.rows, schema: Self.schema,
      family: family)
    if family.countsFromZero, link == .log { try requireCounts(response) }
    let frequencies = byFrequency ? try InputValidation.sampleWeight(data.sampleWeight, rows: design.rows) : nil
    return GLMProblem(
      design: design, response: response.values, priorWeights: response.weights, frequencies: frequencies,
      offset: try GLMOffset.shift(
        offset: data.extras["offset"], exposure: data.extras["exposure"], rows: design.rows, link: link),
      family: family, link: link, fitIntercept: fitIntercept, penalty: 0, dtype: dtype)
  }
}

/// Warnings that all generalised linear models share.
enum GLMWarnings {
  static func report(_ fit: GLMSolver.Fit, maximumIterations: Int, _ context: FitContext) {
    let problem = fit.rows.problem
    if fit.rank < problem.columns, fit.iterations > 0 {
      context.warn(
        .data,
        "X: the weighted features have rank \(fit.rank), less than their number \(problem.columns); the coefficients are "
          + "those of minimum norm")
    }
    let separated = Separation.find(fit)
    if let separated { context.warn(.data, separated.message) }
    if !fit.converged, separated == nil {
      context.warn(
        .convergence,
        "scoring did not converge within \(fit.iterations) iterations: increase max_iter (\(maximumIterations)) or scale "
          + "the features")
    }
  }
}
