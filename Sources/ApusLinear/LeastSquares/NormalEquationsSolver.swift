import ApusNumerics

/// Least squares and ridge regression by Cholesky factorisation of the float64 normal equations, with the condition
/// number watched and the solution refined against the data.
///
/// Forming XᵀX squares the condition number, so the solver declines (returns nil) when its estimate exceeds a limit, and
/// the caller goes on to a more accurate method. Within the limit the steps of refinement, whose residuals come from the
/// rows themselves, reduce the error below that of a QR solution (Björck, Numerical Methods for Least Squares Problems,
/// 1996, §2.9.3).
struct NormalEquationsSolver {
  let data: RegressionData
  let problem: LinearProblem
  let moments: ShiftedMoments
  private let centred: CentredMoments

  private var p: Int { data.columns }
  private var t: Int { data.targetCount }

  /// Nil when a moment is not finite or a column is constant.
  init?(_ data: RegressionData, _ problem: LinearProblem, _ moments: ShiftedMoments) throws(ApusError) {
    self.data = data
    self.problem = problem
    self.moments = moments
    guard let centred = try CentredMoments(data, problem, overwriting: moments) else { return nil }
    self.centred = centred
  }

  /// What the reciprocal condition of the equilibrated normal equations must reach for the method to be used at all, to
  /// need one refinement step rather than two, and to need none.
  struct Limits {
    let decline: Double
    let oneStep: Double
    let noStep: Double

    static let double = Limits(decline: 1e-8, oneStep: 1e-5, noStep: 1e-2)
    static let float = Limits(decline: 1e-4, oneStep: 1e-2, noStep: 0.05)
  }

  /// Below this share of the targets' squares, residual sums come from the residuals themselves.
  private static let smallResidualShare = 1e-3

  func solve(limits: Limits, checkpoint: (Double) throws -> Void) throws -> LinearSolution? {
    let systems = try PenalisedSystems(centred, problem.penalties, exponents: moments.exponents)
    guard systems.reciprocalCondition >= limits.decline else { return nil }
    // (targets, columns) in shifted, scaled and equilibrated units.
    let x = try Buffer<Double>(zeroed: t * p)
    for k in 0..<t { for j in 0..<p { x[k * p + j] = centred.crossProducts[k * p + j] } }
    systems.solve(x.pointer)
    var residualSums = (0..<t).map { centred.residualSum(x.pointer + $0 * p, systems.scaledPenalties($0), target: $0) }
    let steps = stepCount(systems.reciprocalCondition, limits, residualSums)
    for _ in 0..<steps {
      let residual = try ResidualPass(data, moments, centred, problem, x, checkpoint: checkpoint)
      let gradient = residual.gradient
      // (G + α) δ = Zᵀr − α x
      let rightSide = try Buffer<Double>(count: t * p)
      for k in 0..<t {
        let penalties = systems.scaledPenalties(k)
        for j in 0..<p { rightSide[k * p + j] = gradient[k * p + j] - penalties[j] * x[k * p + j] }
      }
      let correction = try Buffer<Double>(count: t * p)
      correction.pointer.update(from: rightSide.pointer, count: t * p)
      systems.solve(correction.pointer)
      for k in 0..<t {
        // ‖r − Z δ‖² = ‖r‖² − 2 δᵀZᵀr + δᵀG δ
        let penalties = systems.scaledPenalties(k)
        var change = 0.0
        for j in 0..<p {
          let delta = correction[k * p + j]
          change += delta * (rightSide[k * p + j] - 2 * gradient[k * p + j] - penalties[j] * delta)
        }
        residualSums[k] = Swift.max(0, residual.squares[k] + change)
      }
      for index in 0..<(t * p) { x[index] += correction[index] }
    }
    return try finish(x, residualSums, systems)
  }

  private func stepCount(_ condition: Double, _ limits: Limits, _ residualSums: [Double]) -> Int {
    let cancels = (0..<t).contains {
      residualSums[$0] < NormalEquationsSolver.smallResidualShare * centred.targetSquares[$0]
    }
    if condition >= limits.noStep && !cancels { return 0 }
    return condition >= limits.oneStep ? 1 : 2
  }

  private func finish(_ x: Buffer<Double>, _ residualSums: [Double], _ systems: PenalisedSystems) throws
    -> LinearSolution
  {
    let coefficients = try Buffer<Double>(count: t * p)
    var (intercepts, sums) = ([Double](), [Double]())
    for k in 0..<t {
      let exponent = moments.exponents[p + k]
      for j in 0..<p {
        coefficients[k * p + j] = Double(
          sign: .plus, exponent: exponent - moments.exponents[j],
          significand: x[k * p + j] / centred.lengths[j])
      }
      var intercept = DoubleDouble.zero
      if problem.fitIntercept {
        intercept = DoubleDouble(centred.mean(p + k))
        for j in 0..<p { intercept -= DoubleDouble.product(coefficients[k * p + j], centred.mean(j)) }
      }
      intercepts.append(intercept.value)
      sums.append(Double(sign: .plus, exponent: 2 * exponent, significand: residualSums[k]))
    }
    let solution = LinearSolution(
      coefficients: coefficients, intercepts: intercepts, rank: p, residualSums: sums,
      factor: try centred.unscaledFactor(exponents: moments.exponents), iterations: nil)
    try solution.requireFinite()
    return solution
  }
}
