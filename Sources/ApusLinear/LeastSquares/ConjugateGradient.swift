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
        operation, b, penalty: penalty, tolerance: tolerance,
        maximumIterations: maximumIterations ?? 4 * data.columns + 100, into: x, context: context)
    }
  }

  private static func minimise(
    _ a: CentredOperator, _ b: Buffer<Double>, penalty: Double, tolerance: Double, maximumIterations: Int,
    into x: Buffer<Double>, context: IterationContext
  ) throws -> OperatorSolution.Outcome {
    let (m, n) = (a.rows, a.columns)
    let (r, q) = (try Buffer<Double>(count: m), try Buffer<Double>(count: m))
    let (s, direction) = (try Buffer<Double>(count: n), try Buffer<Double>(count: n))
    r.pointer.update(from: b.pointer, count: m)
    try a.applyAdjoint(r.pointer, into: s.pointer)
    direction.pointer.update(from: s.pointer, count: n)
    var gamma = RowProducts.dot(s.pointer, s.pointer, n)
    let goal = tolerance * tolerance * gamma
    var iteration = 0
    while gamma > goal, iteration < maximumIterations {
      iteration += 1
      try context.checkpoint(Double(iteration) / Double(maximumIterations))
      try a.apply(direction.pointer, into: q.pointer)
      let curvature =
        RowProducts.dot(q.pointer, q.pointer, m) + penalty * RowProducts.dot(direction.pointer, direction.pointer, n)
      guard curvature > 0 else { break }
      let step = gamma / curvature
      for j in 0..<n { x[j] += step * direction[j] }
      for i in 0..<m { r[i] -= step * q[i] }
      try a.applyAdjoint(r.pointer, into: s.pointer)
      for j in 0..<n { s[j] -= penalty * x[j] }
      let next = RowProducts.dot(s.pointer, s.pointer, n)
      for j in 0..<n { direction[j] = s[j] + next / gamma * direction[j] }
      gamma = next
    }
    return OperatorSolution.Outcome(iterations: iteration, converged: gamma <= goal)
  }
}
