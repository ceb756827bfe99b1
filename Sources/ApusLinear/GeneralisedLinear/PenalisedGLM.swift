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
    _ data: TrainingData, schema: EstimatorSchema, family: GLMFamily, link: GLMLink, options: PenalisedGLMOptions,
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
      family: family, link: link, fitIntercept: options.fitIntercept,
      penalty: Swift.min(options.alpha * total, largestPenalty), dtype: dtype
    )
    let start = previous.flatMap { $0.featureCount == design.columns ? ($0.coefficients, $0.intercept) : nil }
    let fit = try GLMSolver(
      problem: problem, tolerance: Swift.min(1e-9, options.tol), maximumIterations: options.maxIterations,
      context: context
    ).solve(from: start)
    if !fit.converged {
      context.warn(
        .convergence,
        "\(options.solver.rawValue) did not converge within \(fit.iterations) iterations: increase max_iter or scale the features"
      )
    }
    return GLMModel(fit, schema: schema)
  }
}

/// The parameters that penalised generalised linear regressions have in common.
public struct PenalisedGLMOptions: Sendable {
  public var alpha = 1.0
  public var fitIntercept = true
  public var solver = GLMSolverName.lbfgs
  public var maxIterations = 100
  public var tol = 1e-4
  public var warmStart = false
  public var verbose = ParameterValue.int(0)
}

/// The solvers scikit-learn names; all are iteratively reweighted least squares here.
public enum GLMSolverName: String, CaseIterable, ParameterChoice {
  case lbfgs
  case newtonCholesky = "newton-cholesky"
}

/// A penalised generalised linear regression. The options are its properties too: `PoissonRegressor { $0.alpha = 0.1 }`.
@dynamicMemberLookup
public protocol PenalisedGLMEstimator: Estimator {
  var options: PenalisedGLMOptions { get set }
}

extension PenalisedGLMEstimator {
  public subscript<Value>(dynamicMember path: WritableKeyPath<PenalisedGLMOptions, Value>) -> Value {
    get { options[keyPath: path] }
    set { options[keyPath: path] = newValue }
  }

  /// The schema of ``PenalisedGLMOptions``.
  ///
  /// - Parameter link: a choice of the link, listed after the intercept.
  static func optionParameters(link: Parameter? = nil) -> [Parameter] {
    [
      Parameter("alpha", \Self.options.alpha, range: .atLeast(0), doc: "Strength of the L2 penalty."),
      Parameter("fit_intercept", \Self.options.fitIntercept, doc: "Whether to fit a constant term."),
    ] + (link.map { [$0] } ?? []) + [
      Parameter("solver", \Self.options.solver, doc: "Accepted for compatibility: reweighted least squares is used."),
      Parameter("max_iter", \Self.options.maxIterations, range: .atLeast(0), doc: "Most iterations."),
      Parameter(
        "tol", \Self.options.tol, range: .greaterThan(0), doc: "Precision of the estimates; at most 1e-9 is used."),
      Parameter(
        "warm_start", \Self.options.warmStart, doc: "Whether fitting again starts from the last coefficients."),
      .verbosity(\Self.options.verbose),
    ]
  }

  /// - Parameters:
  ///   - family: looked at after the parameters are validated.
  ///   - previous: a model to go on from, with warm starts.
  func fit(
    _ data: TrainingData, family: @autoclosure () throws -> GLMFamily, link: GLMLink,
    previous: (any FittedModel)? = nil, context: FitContext
  ) throws -> GLMModel {
    try validateParameters()
    return try PenalisedGLM.fit(
      data, schema: Self.schema, family: family(), link: link, options: options,
      previous: options.warmStart ? previous as? GLMModel : nil, context: context)
  }
}
