import ApusNumerics

/// Least squares and ridge regression by Golub–Kahan bidiagonalisation: no product of X with itself is formed, so that
/// wide sparse features take O(entries) an iteration. Without penalty it converges to the solution of minimum norm.
///
/// C. C. Paige & M. A. Saunders, "LSQR: an algorithm for sparse linear equations and sparse least squares", ACM TOMS 8,
/// 1982, doi:10.1145/355984.355989; stopping rules 1 and 2 with atol = btol = `tolerance`.
enum LSQR {
  static func solve(
    _ data: RegressionData, _ problem: LinearProblem, tolerance: Double, maximumIterations: Int?,
    context: IterationContext
  ) throws -> LinearSolution {
    let frame = try OperatorSolution(data, problem)
    return try frame.solve(method: "lsqr", context: context) { operation, b, penalty, x in
      try minimise(
        operation, b, damping: penalty.squareRoot(), tolerance: tolerance,
        maximumIterations: maximumIterations ?? 4 * Swift.min(data.rows, data.columns) + 100, into: x,
        context: context)
    }
  }

  /// Minimises ‖A x − b‖² + damping² ‖x‖².
  private static func minimise(
    _ a: CentredOperator, _ b: Buffer<Double>, damping: Double, tolerance: Double, maximumIterations: Int,
    into x: Buffer<Double>, context: IterationContext
  ) throws -> OperatorSolution.Outcome {
    let (m, n) = (a.rows, a.columns)
    let (v, w) = (try Buffer<Double>(count: n), try Buffer<Double>(count: n))
    let (u, scratch) = (try Buffer<Double>(count: m), try Buffer<Double>(count: Swift.max(m, n)))
    u.pointer.update(from: b.pointer, count: m)
    var beta = normalise(u.pointer, m)
    if beta == 0 { return OperatorSolution.Outcome(iterations: 0, converged: true) }
    try a.applyAdjoint(u.pointer, into: v.pointer)
    var alpha = normalise(v.pointer, n)
    if alpha == 0 { return OperatorSolution.Outcome(iterations: 0, converged: true) }
    w.pointer.update(from: v.pointer, count: n)
    let norm = beta
    var (rhoBar, phiBar) = (alpha, beta)
    var (frobenius, dampedRest, xNorm) = (0.0, 0.0, 0.0)
    var iteration = 0
    while iteration < maximumIterations {
      iteration += 1
      try context.checkpoint(Double(iteration) / Double(maximumIterations))
      try a.apply(v.pointer, into: scratch.pointer)
      for i in 0..<m { u[i] = scratch[i] - alpha * u[i] }
      beta = normalise(u.pointer, m)
      frobenius += alpha * alpha + beta * beta + damping * damping
      try a.applyAdjoint(u.pointer, into: scratch.pointer)
      for j in 0..<n { v[j] = scratch[j] - beta * v[j] }
      alpha = normalise(v.pointer, n)
      // Rotation that eliminates the damping, then the one that eliminates beta.
      let damped = hypotenuse(rhoBar, damping)
      let psi = damping / damped * phiBar
      phiBar = rhoBar / damped * phiBar
      let rho = hypotenuse(damped, beta)
      let (cosine, sine) = (damped / rho, beta / rho)
      let theta = sine * alpha
      rhoBar = -cosine * alpha
      let phi = cosine * phiBar
      phiBar = sine * phiBar
      dampedRest += psi * psi
      var square = 0.0
      for j in 0..<n {
        x[j] += phi / rho * w[j]
        w[j] = v[j] - theta / rho * w[j]
        square += x[j] * x[j]
      }
      xNorm = square.squareRoot()
      let residual = (phiBar * phiBar + dampedRest).squareRoot()
      let normal = (phiBar * alpha * cosine).magnitude
      let matrixNorm = frobenius.squareRoot()
      if residual <= tolerance * (norm + matrixNorm * xNorm) || normal <= tolerance * matrixNorm * residual
        || alpha == 0 || beta == 0
      {
        return OperatorSolution.Outcome(iterations: iteration, converged: true)
      }
    }
    return OperatorSolution.Outcome(iterations: iteration, converged: false)
  }

  private static func hypotenuse(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }

  /// Divides the vector by its length, which is returned.
  private static func normalise(_ x: UnsafeMutablePointer<Double>, _ count: Int) -> Double {
    let length = RowProducts.dot(x, x, count).squareRoot()
    if length > 0 { for i in 0..<count { x[i] /= length } }
    return length
  }
}
