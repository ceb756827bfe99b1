import ApusModels
import ApusNumerics

/// Ordinary least squares: minimises Σ w (y − X β − c)².
///
/// Collinear columns and more columns than rows give the solution of minimum norm, with the rank reported. The method is
/// chosen by shape and condition, see `LeastSquares`.
public struct LinearRegression: Estimator {
  public var fitIntercept = true
  public var copyX = true
  public var tol = 1e-6
  public var jobs: Int?
  public var positive = false
  public var inference = false
  public var covarianceType = CovarianceType.nonrobust
  public var maximumLag: Int?
  public var usesCorrection: Bool?
  public var usesT: Bool?

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "linear_regression", pythonName: "LinearRegression", pythonModule: "linear_model",
    doc: """
      Ordinary least squares linear regression.

      Minimises the weighted sum of squared residuals. Large well-conditioned problems are solved by blocked normal
      equations with refinement against the data, all others in double-double arithmetic, which reaches the digits that
      the input permits even for polynomials of degree 10. Collinear features, or more features than samples, give the
      solution of minimum norm and the rank. Sparse features are never densified.

      With inference=True, for one target: standard errors, t or z tests, confidence and prediction intervals, R2, F, AIC,
      BIC, robust covariances, influence of rows and summary(), in the conventions of statsmodels: sample_weight holds
      inverse relative variances, fit takes `sigma` (the variances or the covariance matrix of the errors, generalised
      least squares) and `groups` (for cov_type="cluster"). get_prediction(X) gives mean, its standard error, the interval
      of the mean and that of an observation.
      """,
    role: .regressor,
    parameters: [
      Parameter("fit_intercept", \LinearRegression.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter("copy_X", \LinearRegression.copyX, doc: "Accepted for compatibility: X is never changed nor copied."),
      Parameter(
        "tol", \LinearRegression.tol, range: .atLeast(0),
        doc: "Relative precision of the iterative solver (LSQR) used for sparse X with more than about 1,000 features."),
      .jobs(\LinearRegression.jobs),
      Parameter("positive", \LinearRegression.positive, doc: "Whether coefficients must not be negative."),
      Parameter(
        "inference", \LinearRegression.inference,
        doc: "Whether to compute standard errors, tests and intervals; for one target."),
      Parameter(
        "cov_type", \LinearRegression.covarianceType,
        doc:
          "Covariance of the estimates: classical, robust to unequal variances, autocorrelation or correlated groups."
      ),
      Parameter(
        "maxlags", \LinearRegression.maximumLag, range: .atLeast(0),
        doc: "Largest lag of HAC; None: the whole part of 4 (n / 100)^(2/9)."),
      Parameter(
        "use_correction", \LinearRegression.usesCorrection,
        doc: "Whether HAC and cluster get their small-sample factor; None: only cluster does."),
      Parameter(
        "use_t", \LinearRegression.usesT,
        doc: "Whether statistics are compared with t rather than the normal; None: for cov_type='nonrobust'."),
    ],
    attributes: [
      FittedAttribute("coef_", doc: "Coefficients: (n_features,), or (n_targets, n_features) for two-dimensional y."),
      FittedAttribute("intercept_", doc: "Constant term: a number, or (n_targets,)."),
      FittedAttribute("rank_", .int, doc: "Numerical rank of the centred X; for dense X and small sparse X."),
      FittedAttribute("singular_", doc: "Singular values of the centred X, descending: (min(n_samples, n_features),)."),
      FittedAttribute("residues_", doc: "Sums of squared residuals: a number, or (n_targets,)."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ] + InferenceAttributes.coefficients + InferenceAttributes.leastSquares,
    operations: [.predict, .confidenceIntervals, .predictionTable],
    traits: [.sparseInput, .multiOutput, .sampleWeight, .partialFit, .float32, .needsTargets, .mergeable, .summary],
    fitArguments: ["groups", "sigma"])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    if inference || data.extras["sigma"] != nil { return try fitWithInference(data, context) }
    let data = try RegressionData(data, schema: Self.schema, defersFiniteTest: !positive)
    let problem = problem(columns: data.columns, targets: data.targetCount, dtype: data.dtype)
    var result: LeastSquares.Result
    if positive {
      let moments = try LinearFitting.moments(of: data, context)
      result = LeastSquares.Result(
        solution: try LinearFitting.solve(moments, problem, positive: true, context), moments: moments)
    } else {
      result = try LeastSquares(data: data, problem: problem, context: context).solve(tolerance: tol)
      LinearFitting.warnOfRank(result.solution, rows: data.rows, columns: data.columns, context)
    }
    return try LinearModel(result, data, schema: Self.schema, fitIntercept: fitIntercept)
  }

  public func partialFit(
    _ data: TrainingData, continuing previous: (any FittedModel)?, context: FitContext
  ) throws -> any FittedModel {
    try validateParameters()
    let data = try RegressionData(data, schema: Self.schema, expectedColumns: previous?.featureCount)
    let moments = try LinearFitting.moments(of: data, continuing: previous, context)
    return try model(moments, dtype: data.dtype, targetsAreVector: data.targetsAreVector, context)
  }

  public func merge(_ first: any FittedModel, _ second: any FittedModel) throws -> any FittedModel {
    let (merged, example) = try LinearFitting.mergedMoments(first, second)
    return try model(
      merged, dtype: example.dtype, targetsAreVector: example.targetsAreVector, FitContext())
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }

  private func problem(columns: Int, targets: Int, dtype: DType) -> LinearProblem {
    LinearProblem(
      fitIntercept: fitIntercept, penalties: [Double](repeating: 0, count: targets),
      rankTolerance: LinearProblem.rankTolerance(columns: columns, dtype: dtype))
  }

  private func model(
    _ moments: CrossMoments, dtype: DType, targetsAreVector: Bool, _ context: FitContext
  ) throws -> LinearModel {
    let problem = problem(columns: moments.featureCount, targets: moments.targetCount, dtype: dtype)
    let solution = try LinearFitting.solve(moments, problem, positive: positive, context)
    LinearFitting.warnOfRank(solution, rows: moments.rowCount, columns: moments.featureCount, context)
    return try LinearModel(
      solution, moments: moments, featureCount: moments.featureCount, targetCount: moments.targetCount,
      targetsAreVector: targetsAreVector, schema: Self.schema, fitIntercept: fitIntercept, dtype: dtype, solver: nil,
      rowCount: moments.rowCount)
  }
}
