import ApusNumerics

/// The frame of solvers that only multiply by the features: every target in turn, in scaled units, then intercept and
/// residual sum.
struct OperatorSolution {
  struct Outcome {
    let iterations: Int
    let converged: Bool
  }

  private let data: RegressionData
  private let problem: LinearProblem

  init(_ data: RegressionData, _ problem: LinearProblem) throws(ApusError) {
    self.data = data
    self.problem = problem
  }

  /// - Parameter minimise: finds x (zeros at first) that minimises ‖A x − b‖² + penalty ‖x‖².
  func solve(
    method: String, context: IterationContext,
    _ minimise: (_ a: CentredOperator, _ b: Buffer<Double>, _ penalty: Double, _ x: Buffer<Double>) throws -> Outcome
  ) throws -> LinearSolution {
    let (p, t, centred) = (data.columns, data.targetCount, problem.fitIntercept)
    let operation = try CentredOperator(data, centred: centred)
    let targetExponents = try ColumnScales.exponents(data).suffix(t)
    var solution = LinearSolution(
      coefficients: try Buffer<Double>(zeroed: p * t), intercepts: [], rank: nil, residualSums: [], factor: nil,
      iterations: [])
    var unconverged = 0
    let fitted = try Buffer<Double>(count: data.rows)
    for (k, exponent) in zip(0..<t, targetExponents) {
      let (y, mean) = try operation.target(k, exponent: exponent, centred: centred)
      let x = try Buffer<Double>(zeroed: p)
      let penalty = Double(
        sign: .plus, exponent: -2 * operation.exponent, significand: problem.penalties[k])
      let outcome = try minimise(operation, y, penalty, x)
      if !outcome.converged { unconverged += 1 }
      solution.iterations?.append(outcome.iterations)
      var intercept = mean
      for j in 0..<p {
        intercept -= operation.means[j] * x[j]
        solution.coefficients[k * p + j] = Double(
          sign: .plus, exponent: exponent - operation.exponent, significand: x[j])
      }
      solution.intercepts.append(centred ? Double(sign: .plus, exponent: exponent, significand: intercept) : 0)
      try operation.apply(x.pointer, into: fitted.pointer)
      var sum = 0.0
      for row in 0..<data.rows {
        let residual = y[row] - fitted[row]
        sum += residual * residual
      }
      solution.residualSums.append(Double(sign: .plus, exponent: 2 * exponent, significand: sum))
    }
    if unconverged > 0 { context.warnNotConverged(method, unconverged, of: t) }
    try solution.requireFinite()
    return solution
  }
}
