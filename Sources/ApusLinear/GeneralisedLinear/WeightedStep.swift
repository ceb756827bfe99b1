import ApusModels
import ApusNumerics

/// One step of iteratively reweighted least squares: the minimum over (β, c) of Σ w (z − xᵀβ − c)² + penalty ‖β‖² for
/// working responses z.
struct WeightedStep {
  let problem: GLMProblem
  let checkpoint: (Double) throws -> Void

  /// rows · columns² below which double-double arithmetic costs nothing noticeable.
  private static let smallWork = 2_000_000.0
  /// Most columns of sparse features whose moments are formed.
  static let largestSparseOrder = 1024
  /// Columns of sparse features from which a penalised step is quicker by products with vectors alone.
  private static let iterativeOrder = 64
  /// Fall of the gradient at which conjugate gradients stop; the steps that follow begin where this one ends.
  private static let iterativeTolerance = 1e-6

  /// Whether no product of the features with themselves is formed.
  private var isIterative: Bool {
    guard problem.design.isSparse else { return false }
    let limit = problem.penalty > 0 ? WeightedStep.iterativeOrder : WeightedStep.largestSparseOrder
    return problem.columns > limit
  }

  /// Whether moments in double-double arithmetic are formed; else those of float64, with the same from their residuals.
  private var isPrecise: Bool {
    let width = Double(problem.columns + 2)
    return problem.design.isSparse || Double(problem.rows) * width * width <= WeightedStep.smallWork
  }

  struct Solution {
    var coefficients: NDArray
    var intercept: Double
    var rank: Int
  }

  /// - Parameters:
  ///   - weights: (rows,), none negative.
  ///   - response: z without the offset: (rows,).
  ///   - current: coefficients (1, columns) and intercept, from which residuals are formed in float64.
  ///   - fitted: predictors of the current coefficients without the offset, (rows,); nil for zeros.
  func solve(
    weights: Buffer<Double>, response: Buffer<Double>, current: (coefficients: NDArray, intercept: Double),
    fitted: Buffer<Double>? = nil
  ) throws -> Solution {
    if isIterative {
      let (solution, converged) = try solveIteratively(weights, response, current, fitted)
      if converged || problem.columns > WeightedStep.largestSparseOrder { return solution }
    }
    if !isPrecise, let solution = try solveByGram(weights, response, current, fitted) { return solution }
    return try solvePrecisely(weights, response)
  }

  /// By conjugate gradients from the current coefficients: time O(entries) an iteration, and no memory but vectors.
  private func solveIteratively(
    _ weights: Buffer<Double>, _ response: Buffer<Double>, _ current: (coefficients: NDArray, intercept: Double),
    _ fitted: Buffer<Double>?
  ) throws -> (Solution, converged: Bool) {
    let (p, rows) = (problem.columns, problem.rows)
    let (target, weight) = (
      try NDArray(uninitialized: [rows], dtype: .float64), try NDArray(uninitialized: [rows], dtype: .float64)
    )
    for row in 0..<rows {
      target.pointer(Double.self)[row] = response[row] - (fitted?[row] ?? 0)
      weight.pointer(Double.self)[row] = weights[row]
    }
    let features = try CentredOperator(
      RegressionData(design: problem.design, targets: target, weights: weight, dtype: problem.dtype),
      centred: problem.fitIntercept)
    let (residual, mean) = try features.target(0, exponent: 0, centred: problem.fitIntercept)
    // Coefficients of the features as the operator scales them.
    let unit = Double(sign: .plus, exponent: features.exponent, significand: 1)
    let x = try Buffer<Double>(count: p)
    let old = current.coefficients.pointer(Double.self)
    for j in 0..<p { x[j] = old[j] * unit }
    let outcome = try ConjugateGradient.minimise(
      features, residual: residual, penalty: problem.penalty / unit / unit,
      tolerance: WeightedStep.iterativeTolerance, maximumIterations: 2 * Swift.min(rows, p) + 100, into: x,
      checkpoint: checkpoint)
    let coefficients = try NDArray(uninitialized: [1, p], dtype: .float64)
    var intercept = problem.fitIntercept ? current.intercept + mean : 0
    for j in 0..<p {
      if problem.fitIntercept { intercept -= features.means[j] * (x[j] - old[j] * unit) }
      coefficients.pointer(Double.self)[j] = x[j] / unit
    }
    withExtendedLifetime((target, weight, current.coefficients)) {}
    return (Solution(coefficients: coefficients, intercept: intercept, rank: p), outcome.converged)
  }

  private func solvePrecisely(_ weights: Buffer<Double>, _ response: Buffer<Double>) throws -> Solution {
    let moments = try moments(weights, response)
    let solution = try LeastSquares.solve(
      moments,
      LinearProblem(
        fitIntercept: problem.fitIntercept, penalties: [problem.penalty],
        rankTolerance: LinearProblem.rankTolerance(columns: problem.columns, dtype: problem.dtype)), checkpoint)
    let coefficients = try NDArray(uninitialized: [1, problem.columns], dtype: .float64)
    coefficients.pointer(Double.self).update(from: solution.coefficients.pointer, count: problem.columns)
    return Solution(
      coefficients: coefficients, intercept: solution.intercepts[0], rank: solution.rank ?? problem.columns)
  }

  /// Moments of features and working response, from which inference goes on.
  func moments(_ weights: Buffer<Double>, _ response: Buffer<Double>) throws -> CrossMoments {
    let (target, weight) = (
      try NDArray(uninitialized: [problem.rows], dtype: .float64),
      try NDArray(uninitialized: [problem.rows], dtype: .float64)
    )
    target.pointer(Double.self).update(from: response.pointer, count: problem.rows)
    weight.pointer(Double.self).update(from: weights.pointer, count: problem.rows)
    let data = RegressionData(design: problem.design, targets: target, weights: weight, dtype: problem.dtype)
    return try CrossMoments(featureCount: problem.columns, targetCount: 1).adding(data, checkpoint: checkpoint)
  }

  /// By a Cholesky factorisation in float64 of the equilibrated centred Gram matrix, for the change of the coefficients
  /// that the residuals of the current ones ask for; nil when it is not safely positive definite.
  private func solveByGram(
    _ weights: Buffer<Double>, _ response: Buffer<Double>, _ current: (coefficients: NDArray, intercept: Double),
    _ fitted: Buffer<Double>?
  ) throws -> Solution? {
    guard let array = problem.design.array else { return nil }
    let (p, rows) = (problem.columns, problem.rows)
    let residuals = try NDArray(uninitialized: [rows], dtype: .float64)
    let weight = try NDArray(uninitialized: [rows], dtype: .float64)
    for row in 0..<rows {
      residuals.pointer(Double.self)[row] = response[row] - (fitted?[row] ?? 0)
      weight.pointer(Double.self)[row] = weights[row]
    }
    let moments = try CentredGram(array, y: residuals, weights: weight, centred: problem.fitIntercept)
    let gram = moments.gram.matrixView(Double.self)
    let cross = try moments.cross.contiguous()
    let old = current.coefficients.pointer(Double.self)
    let (factor, x) = (try Buffer<Double>(zeroed: p * p), try Buffer<Double>(zeroed: p))
    var scales = [Double](repeating: 0, count: p)
    for j in 0..<p {
      let diagonal = gram[j, j] + problem.penalty
      guard diagonal > 0, diagonal.isFinite else { return nil }
      scales[j] = 1 / diagonal.squareRoot()
    }
    for j in 0..<p {
      for i in j..<p { factor[j * p + i] = gram[i, j] * scales[i] * scales[j] }
      factor[j * p + j] = 1
      x[j] = (cross.pointer(Double.self)[j] - problem.penalty * old[j]) * scales[j]
    }
    var norm = 0.0
    for j in 0..<p {
      var sum = 0.0
      for i in 0..<p { sum += (i >= j ? factor[j * p + i] : factor[i * p + j]).magnitude }
      norm = Swift.max(norm, sum)
    }
    guard try LAPACK.cholesky(lower: true, n: p, a: factor.pointer, lda: p) == 0,
      try LAPACK.choleskyReciprocalCondition(lower: true, n: p, factor: factor.pointer, lda: p, norm: norm) > 1e-10
    else { return nil }
    BLAS.trsm(lower: true, m: p, n: 1, a: factor.pointer, lda: p, b: x.pointer, ldb: p)
    BLAS.trsm(lower: true, trans: true, m: p, n: 1, a: factor.pointer, lda: p, b: x.pointer, ldb: p)
    let result = try NDArray(uninitialized: [1, p], dtype: .float64)
    var intercept = problem.fitIntercept ? current.intercept + moments.targetMeans.pointer(Double.self)[0] : 0
    for j in 0..<p {
      let change = x[j] * scales[j]
      result.pointer(Double.self)[j] = old[j] + change
      if problem.fitIntercept { intercept -= moments.means.pointer(Double.self)[j] * change }
    }
    withExtendedLifetime((cross, current.coefficients)) {}
    return intercept.isFinite ? Solution(coefficients: result, intercept: intercept, rank: p) : nil
  }
}
