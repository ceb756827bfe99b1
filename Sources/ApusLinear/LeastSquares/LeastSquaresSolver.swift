import ApusModels
import ApusNumerics

/// Chooses the method for a least-squares or ridge problem by shape, then by condition.
///
/// - Few rows: the dual problem in double-double arithmetic.
/// - Small: moments in double-double arithmetic, which are exact for all practical purposes.
/// - Large: float64 (for float32 features first float32) normal equations with refinement; when their condition estimate
///   is too large, moments in double-double arithmetic.
/// - Sparse: moments in double-double arithmetic while the matrix of moments is small, else LSQR.
struct LeastSquares {
  let data: RegressionData
  let problem: LinearProblem
  let context: FitContext

  /// rows · width² below which double-double arithmetic costs nothing noticeable.
  private static let smallWork = 1_000_000.0
  /// Largest order of a matrix of moments for sparse features.
  private static let largestSparseOrder = 1024

  /// A solution, with the moments when the method made them.
  struct Result {
    var solution: LinearSolution
    var moments: CrossMoments?
  }

  func solve(tolerance: Double, maximumIterations: Int? = nil) throws -> Result {
    if data.design.isSparse {
      if data.columns + data.targetCount < LeastSquares.largestSparseOrder { return try solveByMoments() }
      let solution = try LSQR.solve(
        data, problem, tolerance: tolerance, maximumIterations: maximumIterations,
        context: IterationContext(context: context, stage: "lsqr"))
      return Result(solution: solution, moments: nil)
    }
    return try solveDirectly()
  }

  /// By a Cholesky factorisation, whatever the shape.
  func solveDirectly() throws -> Result {
    if data.design.isSparse { return try solveByMoments() }
    if data.rows < data.columns {
      try data.requireFiniteFeatures()
      let solver = DualSolver(data: data, problem: problem)
      return Result(solution: try solver.solve(checkpoint: checkpoint), moments: nil)
    }
    let width = Double(data.columns + data.targetCount + 1)
    if Double(data.rows) * width * width > LeastSquares.smallWork {
      if data.dtype == .float32,
        let solution = try solveByNormalEquations(inFloat: true, limits: .float)
      {
        return Result(solution: solution, moments: nil)
      }
      if let solution = try solveByNormalEquations(inFloat: false, limits: .double) {
        return Result(solution: solution, moments: nil)
      }
    }
    try data.requireFiniteFeatures()
    return try solveByMoments()
  }

  func solveByMoments() throws -> Result {
    let empty = try CrossMoments(featureCount: data.columns, targetCount: data.targetCount)
    let moments = try empty.adding(data, checkpoint: checkpoint)
    return Result(solution: try LeastSquares.solve(moments, problem, checkpoint), moments: moments)
  }

  static func solve(
    _ moments: CrossMoments, _ problem: LinearProblem, _ checkpoint: @escaping (Double) throws -> Void
  ) throws -> LinearSolution {
    try MomentSolver(moments, fitIntercept: problem.fitIntercept, checkpoint: checkpoint).solve(problem)
  }

  private func solveByNormalEquations(
    inFloat: Bool, limits: NormalEquationsSolver.Limits
  ) throws -> LinearSolution? {
    let moments = try ShiftedMoments(
      data, centred: problem.fitIntercept, inFloat: inFloat, checkpoint: checkpoint)
    // NaN or infinity in a column is one in the sum of its squares.
    if !moments.areFinite { try data.requireFiniteFeatures() }
    return try NormalEquationsSolver(data, problem, moments)?.solve(limits: limits, checkpoint: checkpoint)
  }

  private func checkpoint(_ fraction: Double) throws { try context.checkpoint("least squares", fraction) }
}
