import ApusModels
import ApusNumerics

/// Generalised linear regression with an L2 penalty under scikit-learn's names: minimises
/// 1 / (2 Σw) Σ w d(y, μ) + ½ α ‖β‖² for the unit deviance d of the family.
enum PenalisedGLM {
  static let attributes = [
    FittedAttribute("coef_", doc: "Coefficients: (n_features,)."),
    FittedAttribute("intercept_", .double, doc: "Constant term."),
    FittedAttribute("n_iter_", .int, doc: "Iterations."),
    FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
  ]

  static let traits: EstimatorTraits = [.sparseInput, .sampleWeight, .float32, .needsTargets]

  /// Beyond it the coefficients are zero in float64, and products stay finite.
  private static let largestPenalty = 1e290

  static func fit(
    _ data: TrainingData, schema: EstimatorSchema, family: GLMFamily, link: GLMLink, parameters: PenalisedGLMParameters,
    previous: GLMModel?, context: FitContext
  ) throws -> GLMModel {
    try InputValidation.arguments(data, schema: schema)
    let (design, dtype) = try DesignMatrix.validated(try InputValidation.features(data.features, schema: schema))
    let response = try GLMResponse(
      data.targets, sampleWeight: data.sampleWeight, rows: design.rows, schema: schema, family: family)
    var total = Double(design.rows)
    if let weights = response.weights {
      total = 0
      for row in 0..<design.rows { total += weights.pointer(Double.self)[row] }
      withExtendedLifetime(weights) {}
    }
    let problem = GLMProblem(
      design: design, response: response.values, priorWeights: response.weights, frequencies: nil, offset: nil,
      family: family, link: link, fitIntercept: parameters.fitIntercept,
      penalty: Swift.min(parameters.alpha * total, largestPenalty), dtype: dtype
    )
    let start = previous.flatMap { $0.featureCount == design.columns ? ($0.coefficients, $0.intercept) : nil }
    let fit = try GLMSolver(
      problem: problem, tolerance: Swift.min(1e-9, parameters.tol), maximumIterations: parameters.maxIterations,
      context: context
    ).solve(from: start)
    if !fit.converged {
      context.warn(
        .convergence,
        "\(parameters.solver) did not converge within \(fit.iterations) iterations: increase max_iter or scale the features"
      )
    }
    return GLMModel(fit, schema: schema)
  }
}

/// What the penalised generalised linear regressions share.
struct PenalisedGLMParameters {
  var alpha: Double
  var fitIntercept: Bool
  var solver: String
  var maxIterations: Int
  var tol: Double
}

/// The solvers scikit-learn names; all are iteratively reweighted least squares here.
public enum GLMSolverName: String, CaseIterable, ParameterChoice {
  case lbfgs
  case newtonCholesky = "newton-cholesky"
}

/// Generalised linear regression of Tweedie's family with an L2 penalty.
public struct TweedieRegressor: Estimator {
  public enum Link: String, CaseIterable, ParameterChoice {
    case auto, identity, log
  }

  public var power = 0.0
  public var alpha = 1.0
  public var fitIntercept = true
  public var link = Link.auto
  public var solver = GLMSolverName.lbfgs
  public var maxIterations = 100
  public var tol = 1e-4
  public var warmStart = false
  public var verbose = 0

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "tweedie_regressor", pythonName: "TweedieRegressor", pythonModule: "linear_model",
    doc: """
      Generalised linear model of Tweedie's family with L2 penalty.

      The power of the variance chooses the distribution: 0 normal, 1 Poisson, (1, 2) compound Poisson-gamma, 2 gamma, 3
      inverse Gaussian. Fitted by iteratively reweighted least squares.
      """,
    role: .regressor,
    parameters: [
      Parameter(
        "power", \TweedieRegressor.power, range: .closed(-10, 10), doc: "Power of the variance, not in (0, 1)."),
      Parameter("alpha", \TweedieRegressor.alpha, range: .atLeast(0), doc: "Strength of the L2 penalty."),
      Parameter("fit_intercept", \TweedieRegressor.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "link", \TweedieRegressor.link, doc: "'identity', 'log', or 'auto': identity for power <= 0, else log."),
      Parameter(
        "solver", \TweedieRegressor.solver, doc: "Accepted for compatibility: reweighted least squares is used."),
      Parameter("max_iter", \TweedieRegressor.maxIterations, range: .atLeast(0), doc: "Most iterations."),
      Parameter(
        "tol", \TweedieRegressor.tol, range: .greaterThan(0), doc: "Precision of the estimates; at most 1e-9 is used."),
      Parameter(
        "warm_start", \TweedieRegressor.warmStart, doc: "Whether fitting again starts from the last coefficients."),
      Parameter("verbose", \TweedieRegressor.verbose, doc: "Accepted for compatibility."),
    ],
    attributes: PenalisedGLM.attributes, operations: [.predict], traits: PenalisedGLM.traits)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel { try fit(data, nil, context) }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, warmStart ? previous as? GLMModel : nil, context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try GLMModel(state, schema: Self.schema, family: try family(), link: linkValue)
  }

  private func fit(_ data: TrainingData, _ previous: GLMModel?, _ context: FitContext) throws -> GLMModel {
    try validateParameters()
    return try PenalisedGLM.fit(
      data, schema: Self.schema, family: try family(), link: linkValue,
      parameters: PenalisedGLMParameters(
        alpha: alpha, fitIntercept: fitIntercept, solver: solver.rawValue, maxIterations: maxIterations, tol: tol),
      previous: previous, context: context)
  }

  private func family() throws(ApusError) -> GLMFamily {
    guard power <= 0 || power >= 1 else {
      throw .invalidArgument(name: "power", reason: "\(power) is in (0, 1), where no such distribution exists")
    }
    return .tweedieFamily(power: power)
  }

  private var linkValue: GLMLink {
    switch link {
    case .identity: return .identity
    case .log: return .log
    case .auto: return power <= 0 ? .identity : .log
    }
  }
}
