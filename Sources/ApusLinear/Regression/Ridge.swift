import ApusModels
import ApusNumerics

/// Ridge regression: minimises Σ w (y − X β − c)² + α ‖β‖², with a penalty for every target.
public struct Ridge: Estimator {
  /// How the coefficients are found.
  public enum Solver: String, CaseIterable, ParameterChoice {
    case auto, svd, cholesky, lsqr
    case sparseConjugateGradient = "sparse_cg"
    case lbfgs, sag, saga
  }

  /// One penalty, or an array with one for every target.
  public var alpha = ParameterValue.double(1)
  public var fitIntercept = true
  public var copyX = true
  public var maxIterations: Int?
  public var tol = 1e-4
  public var solver = Solver.auto
  public var positive = false
  public var randomState: UInt64?

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "ridge", pythonName: "Ridge", pythonModule: "linear_model",
    doc: """
      Linear least squares with L2 regularisation.

      Minimises the weighted sum of squared residuals plus alpha times the squared length of the coefficients; the intercept
      is not penalised. With alpha towards 0 the solution tends to the one of minimum norm. Fewer samples than features are
      solved in the dual form. Sparse features are never densified.
      """,
    role: .regressor,
    parameters: [
      Parameter(
        "alpha", \Ridge.alpha, types: [.double, .array], range: .atLeast(0),
        doc: "Penalty, or one for every target; larger values shrink the coefficients more."),
      Parameter("fit_intercept", \Ridge.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter("copy_X", \Ridge.copyX, doc: "Accepted for compatibility: X is never changed."),
      Parameter(
        "max_iter", \Ridge.maxIterations, range: .atLeast(1),
        doc: "Most iterations of the iterative solvers lsqr and sparse_cg; by default chosen by the size of X."),
      Parameter("tol", \Ridge.tol, range: .atLeast(0), doc: "Relative precision of the iterative solvers."),
      Parameter(
        "solver", \Ridge.solver,
        doc:
          "'auto', 'sag' and 'saga' choose by shape and condition; 'svd' and 'cholesky' are direct, 'lsqr' and 'sparse_cg' iterative; "
          + "'lbfgs' only with positive=True, where the active-set method is used."),
      Parameter("positive", \Ridge.positive, doc: "Whether coefficients must not be negative."),
      Parameter(
        "random_state", \Ridge.randomState, doc: "Accepted for compatibility: no solver here draws random numbers."),
    ],
    attributes: [
      FittedAttribute("coef_", doc: "Coefficients: (n_features,), or (n_targets, n_features) for several targets."),
      FittedAttribute("intercept_", doc: "Constant term: a number, or (n_targets,)."),
      FittedAttribute("n_iter_", doc: "Iterations for each target: (n_targets,); 1 for direct solvers."),
      FittedAttribute("solver_", .string, doc: "The solver that was used."),
      FittedAttribute("residues_", doc: "Sums of squared residuals: a number, or (n_targets,)."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ],
    operations: [.predict],
    traits: [.sparseInput, .multiOutput, .sampleWeight, .partialFit, .float32, .needsTargets, .mergeable])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    try requireConsistentSolver()
    let data = try RegressionData(
      data, schema: Self.schema, keepsColumnTargets: false, defersFiniteTest: leavesFiniteTest)
    let problem = try problem(columns: data.columns, targets: data.targetCount, dtype: data.dtype)
    var (result, used) = try solve(data, problem, context)
    result.solution.factor = nil
    return try LinearModel(result, data, schema: Self.schema, fitIntercept: fitIntercept, solver: used.rawValue)
  }

  /// Whether the solver is ``LeastSquares``, which tests features as it reads them.
  private var leavesFiniteTest: Bool {
    switch solver {
    case _ where positive: return false
    case .auto, .lbfgs, .sag, .saga, .cholesky: return true
    case .svd, .lsqr, .sparseConjugateGradient: return false
    }
  }

  /// The solution for validated data.
  func solve(_ data: RegressionData, _ context: FitContext) throws -> LinearSolution {
    try requireConsistentSolver()
    let problem = try problem(columns: data.columns, targets: data.targetCount, dtype: data.dtype)
    return try solve(data, problem, context).0.solution
  }

  private func solve(
    _ data: RegressionData, _ problem: LinearProblem, _ context: FitContext
  ) throws -> (LeastSquares.Result, Solver) {
    let leastSquares = LeastSquares(data: data, problem: problem, context: context)
    switch solver {
    case _ where positive:
      let moments = try LinearFitting.moments(of: data, context)
      let solution = try LinearFitting.solve(moments, problem, positive: true, context)
      return (LeastSquares.Result(solution: solution, moments: moments), .lbfgs)
    case .auto, .lbfgs, .sag, .saga:
      let result = try leastSquares.solve(tolerance: tol, maximumIterations: maxIterations)
      return (result, result.solution.iterations == nil ? .cholesky : .lsqr)
    case .cholesky: return (try leastSquares.solveDirectly(), .cholesky)
    case .svd:
      guard !data.design.isSparse else {
        throw ApusError.invalidArgument(
          name: "solver", reason: "'svd' does not support sparse X; use 'auto', 'cholesky', 'lsqr' or 'sparse_cg'")
      }
      let solution = try RidgeSVDSolver(data: data, problem: problem).solve { try context.checkpoint("svd", $0) }
      return (LeastSquares.Result(solution: solution, moments: nil), .svd)
    case .lsqr:
      let solution = try LSQR.solve(
        data, problem, tolerance: tol, maximumIterations: maxIterations,
        context: IterationContext(context: context, stage: "lsqr"))
      return (LeastSquares.Result(solution: solution, moments: nil), .lsqr)
    case .sparseConjugateGradient:
      let solution = try ConjugateGradient.solve(
        data, problem, tolerance: tol, maximumIterations: maxIterations,
        context: IterationContext(context: context, stage: "sparse_cg"))
      return (LeastSquares.Result(solution: solution, moments: nil), .sparseConjugateGradient)
    }
  }

  public func partialFit(
    _ data: TrainingData, continuing previous: (any FittedModel)?, context: FitContext
  ) throws -> any FittedModel {
    try validateParameters()
    try requireConsistentSolver()
    let data = try RegressionData(
      data, schema: Self.schema, expectedColumns: previous?.featureCount, keepsColumnTargets: false)
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

  private func model(
    _ moments: CrossMoments, dtype: DType, targetsAreVector: Bool, _ context: FitContext
  ) throws -> LinearModel {
    let problem = try problem(columns: moments.featureCount, targets: moments.targetCount, dtype: dtype)
    var solution = try LinearFitting.solve(moments, problem, positive: positive, context)
    solution.factor = nil
    return try LinearModel(
      solution, moments: moments, featureCount: moments.featureCount, targetCount: moments.targetCount,
      targetsAreVector: targetsAreVector, schema: Self.schema, fitIntercept: fitIntercept, dtype: dtype,
      solver: (positive ? Solver.lbfgs : Solver.cholesky).rawValue, rowCount: moments.rowCount)
  }

  private func requireConsistentSolver() throws(ApusError) {
    if positive, solver != .auto, solver != .lbfgs {
      throw .invalidArgument(
        name: "solver", reason: "'\(solver.rawValue)' does not support positive=True; use 'auto' or 'lbfgs'")
    }
    if !positive, solver == .lbfgs {
      throw .invalidArgument(name: "solver", reason: "'lbfgs' can be used only with positive=True")
    }
  }

  private func problem(columns: Int, targets: Int, dtype: DType) throws(ApusError) -> LinearProblem {
    LinearProblem(
      fitIntercept: fitIntercept, penalties: try penalties(targets: targets),
      rankTolerance: LinearProblem.rankTolerance(columns: columns, dtype: dtype))
  }

  /// One penalty a target.
  private func penalties(targets: Int) throws(ApusError) -> [Double] {
    switch alpha {
    case .double(let value): return [Double](repeating: value, count: targets)
    case .int(let value): return [Double](repeating: Double(value), count: targets)
    case .array(let array):
      let values = try array.converted(to: .float64, name: "alpha").elements(as: Double.self)
      if values.count == 1 { return [Double](repeating: values[0], count: targets) }
      guard values.count == targets else {
        throw .shapeMismatch(
          name: "alpha", reason: "has \(values.count) penalties for \(targets) targets; the numbers do not correspond")
      }
      return values
    default: throw .unsupportedType(name: "alpha", reason: "\(alpha) is not a number or an array")
    }
  }
}
