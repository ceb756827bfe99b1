import ApusNumerics

/// Least squares and ridge regression with coefficients that are not negative, by the active-set method on the normal
/// equations in double-double arithmetic, one target at a time.
///
/// C. L. Lawson & R. J. Hanson, Solving Least Squares Problems, 1974, ch. 23, in the form of R. Bro & S. De Jong, "A fast
/// non-negativity-constrained least squares algorithm", J. Chemometrics 11, 1997,
/// doi:10.1002/(SICI)1099-128X(199709/10)11:5<393::AID-CEM483>3.0.CO;2-L. A column whose addition would make the chosen
/// ones dependent stays out.
struct NonNegativeSolver {
  let moments: CrossMoments
  let problem: LinearProblem
  let context: IterationContext

  func solve() throws -> LinearSolution {
    let checkpoint = context.checkpoint
    let solver = try MomentSolver(moments, fitIntercept: problem.fitIntercept, checkpoint: checkpoint)
    let (p, t) = (moments.featureCount, moments.targetCount)
    var free = problem
    free.penalties = [Double](repeating: 0, count: t)
    var solution = try solver.solve(free)
    solution.intercepts = []
    solution.residualSums = []
    for target in 0..<t {
      let x = try Buffer<DoubleDouble>(repeating: .zero, count: p)
      try fill(x, target, solver)
      solver.finish(target, x.pointer, &solution)
    }
    try solution.requireFinite()
    return solution
  }

  private func fill(_ x: Buffer<DoubleDouble>, _ target: Int, _ solver: MomentSolver) throws {
    let p = moments.featureCount
    var passive: [Int] = []
    var refused = Set<Int>()
    let penalty = problem.penalties[target]
    for iteration in 0..<(3 * p + 10) {
      try context.checkpoint(Double(iteration) / Double(3 * p + 10))
      // The gradient of the columns at zero, relative to their lengths.
      var (best, bestSlope) = (-1, 0.0)
      for j in 0..<p where !passive.contains(j) && !refused.contains(j) {
        let (slope, scale) = solver.slope(j, x.pointer, passive, target, penalty: penalty)
        if slope > 1e-14 * scale, slope / solver.length(j) > bestSlope {
          (best, bestSlope) = (j, slope / solver.length(j))
        }
      }
      if best < 0 { return }
      passive.append(best)
      guard try descend(x, &passive, target, solver, entering: best, penalty) else {
        refused.insert(best)
        continue
      }
      refused.removeAll()
    }
    context.warnNotConverged("the active-set method", 1, of: moments.targetCount)
  }

  /// Moves to the minimum over the passive columns, dropping those that would turn negative on the way. False when the
  /// entering column cannot grow.
  private func descend(
    _ x: Buffer<DoubleDouble>, _ passive: inout [Int], _ target: Int, _ solver: MomentSolver, entering: Int,
    _ penalty: Double
  ) throws -> Bool {
    var isFirst = true
    while true {
      guard let z = try solver.solve(on: passive, target, penalty: penalty, tolerance: problem.rankTolerance) else {
        passive.removeAll { $0 == entering }
        return false
      }
      if isFirst, let last = z.last, last.value <= 0 {
        passive.removeAll { $0 == entering }
        return false
      }
      isFirst = false
      var step = 1.0
      for (k, j) in passive.enumerated() where z[k].value <= 0 {
        step = Swift.min(step, x[j].value / (x[j].value - z[k].value))
      }
      if step >= 1 {
        for (k, j) in passive.enumerated() { x[j] = z[k] }
        return true
      }
      for (k, j) in passive.enumerated() { x[j] += (z[k] - x[j]) * step }
      for (k, j) in passive.enumerated() where z[k].value <= 0 && x[j].value <= 1e-14 * z[k].value.magnitude {
        x[j] = .zero
      }
      // The column that stopped the step leaves, exactly.
      let leaving = passive.filter { x[$0].value <= 0 }
      if leaving.isEmpty { return true }
      for j in leaving { x[j] = .zero }
      passive.removeAll { leaving.contains($0) }
    }
  }
}
