import ApusModels
import ApusNumerics

/// Maximum likelihood of a generalised linear model by Fisher scoring: iteratively reweighted least squares
/// (P. McCullagh & J. Nelder, Generalized Linear Models, 2nd ed., 1989, §2.5) with steps halved until half the deviance
/// plus the penalty falls.
///
/// Iteration ends when the expected fall of half the deviance is below tol² of the dispersion, at which the estimates are
/// about tol standard errors from the maximum; the last step is still taken. With links that are not canonical scoring
/// converges linearly; steps in a steady ratio are then stretched, or cut when they alternate, to reach their limit, if the
/// objective agrees (Aitken).
struct GLMSolver {
  let problem: GLMProblem
  let tolerance: Double
  let maximumIterations: Int
  let context: FitContext

  struct Fit {
    /// (1, columns) float64.
    var coefficients: NDArray
    var intercept: Double
    var iterations = 0
    var converged = false
    var rank: Int
    let rows: GLMRows
    /// The change of the linear predictor in the last step: (rows,).
    var lastDirection: Buffer<Double>?
    /// The share of that change that was taken.
    var lastLength = 0.0
  }

  private static let halvings = 40

  /// - Parameter start: coefficients (1, columns) and intercept to go on from.
  func solve(from start: (coefficients: NDArray, intercept: Double)? = nil) throws -> Fit {
    let fit = try iterate(from: start)
    // Steps move the predictor along; in the end it is that of the coefficients to the last bit.
    if fit.iterations > 0 { try fit.rows.evaluate(fit.coefficients, intercept: fit.intercept) }
    return fit
  }

  private func iterate(from start: (coefficients: NDArray, intercept: Double)?) throws -> Fit {
    let rows = try GLMRows(problem)
    let step = WeightedStep(problem: problem) { try context.checkpoint("scoring", $0) }
    var fit = Fit(
      coefficients: try start?.coefficients.copied() ?? NDArray(zeros: [1, problem.columns]),
      intercept: start?.intercept ?? 0, rank: problem.columns, rows: rows)
    try begin(&fit, start != nil, step)
    var objective = value(fit)
    let (response, fitted) = (try Buffer<Double>(count: problem.rows), try Buffer<Double>(count: problem.rows))
    let base = try Buffer<Double>(count: problem.rows)
    while fit.iterations < maximumIterations {
      try context.checkpoint("scoring", Double(fit.iterations) / Double(maximumIterations))
      workingResponse(rows, into: response)
      base.pointer.update(from: rows.predictor.pointer, count: problem.rows)
      for row in 0..<problem.rows { fitted[row] = base[row] - problem.shift(row) }
      let next = try step.solve(
        weights: rows.weight, response: response, current: (fit.coefficients, fit.intercept), fitted: fitted)
      let change = try changes(fit, next)
      let fall = expectedFall(fit, next, change)
      let old = (fit.coefficients, fit.intercept)
      let ratio = steadyRatio(fit, change)
      guard let (length, reached) = try search(rows, base, change, old.0, next, objective, ratio: ratio) else {
        // No step lowers the objective: this is its minimum in float64, or a starting point out of reach.
        try rows.evaluate(base: base, change: change, length: 0)
        fit.converged = fall <= 1e-6 * Swift.max(objective, .leastNormalMagnitude)
        return fit
      }
      fit.coefficients = try GLMSolver.mixed(old.0, next.coefficients, length)
      fit.intercept = old.1 + length * (next.intercept - old.1)
      fit.rank = next.rank
      fit.lastDirection = change
      fit.lastLength = length
      fit.iterations += 1
      objective = reached
      let unit =
        problem.family.hasUnitScale ? 1 : Swift.max(objective / Double(problem.rows), .leastNormalMagnitude)
      if length > 0.5, fall <= tolerance * tolerance * unit {
        fit.converged = true
        return fit
      }
    }
    return fit
  }

  /// The first estimate: least squares on the links of means pulled towards their average, or a constant.
  private func begin(_ fit: inout Fit, _ isWarm: Bool, _ step: WeightedStep) throws {
    if isWarm {
      try fit.rows.evaluate(fit.coefficients, intercept: fit.intercept)
      if fit.rows.deviance.isFinite { return }
    }
    fit.coefficients = try NDArray(zeros: [1, problem.columns])
    fit.intercept = 0
    try fit.rows.start()
    if maximumIterations > 0, fit.rows.deviance.isFinite {
      let response = try Buffer<Double>(count: problem.rows)
      workingResponse(fit.rows, into: response)
      let first = try step.solve(
        weights: fit.rows.weight, response: response, current: (fit.coefficients, fit.intercept))
      try fit.rows.evaluate(first.coefficients, intercept: first.intercept)
      if fit.rows.deviance.isFinite {
        (fit.coefficients, fit.intercept, fit.rank) = (first.coefficients, first.intercept, first.rank)
        fit.iterations = 1
        return
      }
    }
    fit.intercept = problem.fitIntercept ? averageIntercept() : 0
    try fit.rows.evaluate(fit.coefficients, intercept: fit.intercept)
    guard fit.rows.deviance.isFinite else {
      throw ApusError.numericalFailure(
        reason: "X: no starting point has means that the \(problem.family.title) family permits; try another link")
    }
  }

  private func averageIntercept() -> Double {
    var (sum, total, shift) = (0.0, 0.0, 0.0)
    for row in 0..<problem.rows {
      sum += problem.weight(row) * problem.target(row)
      shift += problem.weight(row) * problem.shift(row)
      total += problem.weight(row)
    }
    var average = sum / total
    if problem.family == .binomial { average = Swift.min(Swift.max(average, 1e-3), 1 - 1e-3) }
    if problem.family != .gaussian { average = Swift.max(average, 1e-6) }
    let predictor = problem.link.predictor(average)
    return (predictor.isFinite ? predictor : 0) - shift / total
  }

  /// ½ deviance + ½ penalty ‖β‖².
  private func value(_ fit: Fit) -> Double { value(fit.rows, fit.coefficients) }

  private func value(_ rows: GLMRows, _ coefficients: NDArray) -> Double {
    var sum = 0.0
    let b = coefficients.pointer(Double.self)
    for j in 0..<problem.columns { sum += b[j] * b[j] }
    withExtendedLifetime(coefficients) {}
    return rows.deviance / 2 + problem.penalty * sum / 2
  }

  /// z = η − offset + s / w; the predictor itself where the weight vanishes.
  private func workingResponse(_ rows: GLMRows, into response: Buffer<Double>) {
    for row in 0..<problem.rows {
      let weight = rows.weight[row]
      let correction = weight > 1e-280 ? rows.score[row] / weight : 0
      response[row] = rows.predictor[row] - problem.shift(row) + correction
    }
  }

  /// The fall of the objective that the quadratic model promises: half the squared weighted length of the step.
  private func expectedFall(_ fit: Fit, _ next: WeightedStep.Solution, _ change: Buffer<Double>) -> Double {
    let (old, new, rows) = (
      fit.coefficients.pointer(Double.self), next.coefficients.pointer(Double.self), fit.rows
    )
    var penalty = 0.0
    for j in 0..<problem.columns { penalty += (new[j] - old[j]) * (new[j] - old[j]) }
    var sum = 0.0
    for row in 0..<problem.rows { sum += rows.weight[row] * change[row] * change[row] }
    withExtendedLifetime((fit.coefficients, next.coefficients)) {}
    return (sum + problem.penalty * penalty) / 2
  }

  /// Changes of the linear predictor.
  private func changes(_ fit: Fit, _ next: WeightedStep.Solution) throws(ApusError) -> Buffer<Double> {
    let difference = try NDArray(uninitialized: [1, problem.columns], dtype: .float64)
    for j in 0..<problem.columns {
      difference.pointer(Double.self)[j] =
        next.coefficients.pointer(Double.self)[j] - fit.coefficients.pointer(Double.self)[j]
    }
    let predictor = try LinearPrediction.predict(
      problem.design, coefficients: difference, intercepts: NDArray([next.intercept - fit.intercept]), dtype: .float64)
    let result = try Buffer<Double>(count: problem.rows)
    result.pointer.update(from: predictor.pointer(Double.self), count: problem.rows)
    withExtendedLifetime(predictor) {}
    return result
  }

  /// The ratio of this step to the last full one, negative when they alternate, when both lie closely enough on one line
  /// to predict where the sequence ends.
  private func steadyRatio(_ fit: Fit, _ change: Buffer<Double>) -> Double? {
    guard let last = fit.lastDirection, fit.lastLength == 1 else { return nil }
    var (product, lastSquare, square) = (0.0, 0.0, 0.0)
    for row in 0..<problem.rows {
      let weight = fit.rows.weight[row]
      product += weight * change[row] * last[row]
      lastSquare += weight * last[row] * last[row]
      square += weight * change[row] * change[row]
    }
    guard lastSquare > 0, square > 0, product.magnitude > 0.95 * (square * lastSquare).squareRoot() else {
      return nil
    }
    let ratio = product / lastSquare
    return ratio.magnitude > 0.2 && ratio.magnitude < 0.98 ? ratio : nil
  }

  /// The longest step that does not raise the objective beyond rounding, and the objective there; `rows` is left at it.
  /// Halved from one; 1 / (1 − ratio) where that is lower.
  ///
  /// - Parameters:
  ///   - base: the predictor at the coefficients `old`, (rows,); `change` what the whole step adds.
  private func search(
    _ rows: GLMRows, _ base: Buffer<Double>, _ change: Buffer<Double>, _ old: NDArray, _ next: WeightedStep.Solution,
    _ objective: Double, ratio: Double?
  ) throws(ApusError) -> (length: Double, value: Double)? {
    let slack = 1e-11 * objective.magnitude + 1e-300
    func evaluate(_ length: Double) throws(ApusError) -> Double {
      try rows.evaluate(base: base, change: change, length: length)
      return value(rows, try GLMSolver.mixed(old, next.coefficients, length))
    }
    if let ratio {
      let plain = try evaluate(1)
      let limit = try evaluate(1 / (1 - ratio))
      if limit.isFinite, limit <= objective, !(plain < limit) { return (1 / (1 - ratio), limit) }
    }
    var length = 1.0
    for _ in 0..<GLMSolver.halvings {
      let reached = try evaluate(length)
      if reached.isFinite, reached <= objective + slack { return (length, reached) }
      length /= 2
    }
    return nil
  }

  /// a + length (b − a); b itself for length 1.
  private static func mixed(_ a: NDArray, _ b: NDArray, _ length: Double) throws(ApusError) -> NDArray {
    if length == 1 { return b }
    let result = try NDArray(uninitialized: a.shape, dtype: .float64)
    for index in 0..<a.count {
      let (first, second) = (a.pointer(Double.self)[index], b.pointer(Double.self)[index])
      result.pointer(Double.self)[index] = first + length * (second - first)
    }
    withExtendedLifetime((a, b)) {}
    return result
  }
}
