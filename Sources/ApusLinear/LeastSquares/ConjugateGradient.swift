import ApusNumerics

/// Ridge regression by conjugate gradients on the normal equations (AᵀA + α I) x = Aᵀ b, in the form that keeps the
/// residual of the data (CGLS: Hestenes & Stiefel 1952; Björck 1996, §7.4.2).
enum ConjugateGradient {
  static func solve(
    _ data: RegressionData, _ problem: LinearProblem, tolerance: Double, maximumIterations: Int?,
    context: IterationContext
  ) throws -> LinearSolution {
    let frame = try OperatorSolution(data, problem)
    return try frame.solve(method: "sparse_cg", context: context) { operation, b, penalty, x in
      try minimise(
        operation, residual: b, penalty: penalty, tolerance: tolerance,
        maximumIterations: maximumIterations ?? 4 * data.columns + 100, into: x, checkpoint: context.checkpoint)
    }
  }

  /// Rounding errors of Aᵀ r in units of eps ‖A‖ ‖r‖, below which a gradient means nothing.
  private static let noise = 16 * Double.ulpOfOne

  /// Minimises ‖A x − b‖² + penalty ‖x‖² from a starting point, until the gradient has fallen by the tolerance or is nothing
  /// but rounding errors. ‖A‖ is the largest stretch of a direction so far.
  ///
  /// - Parameters:
  ///   - residual: b − A x for the x to start from.
  ///   - x: the starting point; receives the solution.
  static func minimise(
    _ a: CentredOperator, residual b: Buffer<Double>, penalty: Double, tolerance: Double, maximumIterations: Int,
    into x: Buffer<Double>, checkpoint: (Double) throws -> Void
  ) throws -> OperatorSolution.Outcome {
    let (m, n) = (a.rows, a.columns)
    let (r, q) = (try Buffer<Double>(count: m), try Buffer<Double>(count: m))
    let (s, direction) = (try Buffer<Double>(count: n), try Buffer<Double>(count: n))
    r.pointer.update(from: b.pointer, count: m)
    try a.applyAdjoint(r.pointer, into: s.pointer)
    for j in 0..<n { s[j] -= penalty * x[j] }
    direction.pointer.update(from: s.pointer, count: n)
    var gamma = RowProducts.dot(s.pointer, s.pointer, n)
    let goal = tolerance * tolerance * gamma
    var (iteration, stretch, floor) = (0, 0.0, 0.0)
    while gamma > Swift.max(goal, floor), iteration < maximumIterations {
      iteration += 1
      try checkpoint(Double(iteration) / Double(maximumIterations))
      try a.apply(direction.pointer, into: q.pointer)
      let (image, length) = (
        RowProducts.dot(q.pointer, q.pointer, m), RowProducts.dot(direction.pointer, direction.pointer, n)
      )
      let curvature = image + penalty * length
      guard curvature > 0 else { break }
      let step = gamma / curvature
      for j in 0..<n { x[j] += step * direction[j] }
      for i in 0..<m { r[i] -= step * q[i] }
      try a.applyAdjoint(r.pointer, into: s.pointer)
      for j in 0..<n { s[j] -= penalty * x[j] }
      if length > 0 { stretch = Swift.max(stretch, image / length) }
      floor =
        noise * noise
        * (stretch * RowProducts.dot(r.pointer, r.pointer, m)
          + penalty * penalty * RowProducts.dot(x.pointer, x.pointer, n))
      let next = RowProducts.dot(s.pointer, s.pointer, n)
      for j in 0..<n { direction[j] = s[j] + next / gamma * direction[j] }
      gamma = next
    }
    return OperatorSolution.Outcome(iterations: iteration, converged: gamma <= Swift.max(goal, floor))
  }
}
