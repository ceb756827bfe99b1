import ApusNumerics

/// Logistic regression with an L1 term by proximal Newton steps, one score after the other: the loss is replaced by its
/// second-order expansion in the coefficients of one score, a weighted elastic net that ``WorkingSetDescent`` solves, and the
/// step to its minimum is halved until the objective falls.
///
/// Friedman, Hastie & Tibshirani, J. Stat. Softw. 33, 2010, §3–4 (with a line search as in Lee, Sun & Saunders, SIAM J. Optim.
/// 24, 2014). Several classes are cycled through, each with its own curvature.
struct ProximalNewtonLogistic {
  let loss: SoftmaxLoss
  /// Weight of Σ |coefficients|.
  let l1: Double

  /// - Parameters:
  ///   - theta: starting point and result.
  ///   - tolerance: largest violation of the optimality conditions at which to stop, in units of the summed loss.
  ///   - maximumIterations: most cycles through the scores.
  func minimise(
    _ theta: UnsafeMutablePointer<Double>, tolerance: Double, maximumIterations: Int, checkpoint: (Int) throws -> Void
  ) throws -> LimitedMemoryBFGS.Outcome {
    let (count, rows) = (loss.count, loss.data.rows)
    let gradient = try Buffer<Double>(count: count)
    let trial = try Buffer<Double>(count: count)
    let target = try NDArray(uninitialized: [rows], dtype: .float64)
    let residual = try Buffer<Double>(count: rows)
    let curvature = try NDArray(uninitialized: [rows], dtype: .float64)
    let entries = loss.data.design.isSparse ? try SparseFeatureColumns(loss.data.design) : nil
    var outcome = LimitedMemoryBFGS.Outcome()
    // Whether value, gradient and the details of the score are those of `theta`.
    var isEvaluated = false
    var first = 0.0
    var score = 0
    var unchanged = 0
    while true {
      var details = SoftmaxLoss.Details(
        score: score, eta: target.pointer(Double.self), residual: residual.pointer,
        curvature: curvature.pointer(Double.self))
      if !isEvaluated {
        outcome.value = try loss.evaluate(theta, gradient: gradient.pointer, details: details) + penalty(theta)
      }
      if score == 0 {
        let violation = violation(theta, gradient.pointer)
        first = Swift.max(first, violation)
        // When rounding hides what a whole cycle changed, this is the minimum in float64.
        outcome.converged = violation <= tolerance || unchanged >= loss.scores
        if outcome.converged || outcome.iterations >= maximumIterations { return outcome }
        outcome.iterations += 1
        try checkpoint(outcome.iterations)
      }
      workingResponse(target.pointer(Double.self), residual.pointer, curvature.pointer(Double.self))
      let reached = violation(theta, gradient.pointer) / Swift.max(first, .leastNormalMagnitude)
      details.score = (score + 1) % loss.scores
      let step = try step(
        theta, trial, gradient, score: score, targets: target, weights: curvature, entries: entries,
        value: outcome.value, precision: Swift.max(1e-17, Swift.min(1e-4, 1e-3 * reached * reached)), next: details,
        checkpoint)
      isEvaluated = step.value != nil
      outcome.value = step.value ?? outcome.value
      unchanged = step.isNoticeable ? 0 : unchanged + 1
      score = details.score
    }
  }

  /// What came of a step.
  private struct Step {
    /// The objective after the step, with gradient and details evaluated there; nil when no step was made.
    var value: Double?
    /// False when the objective cannot tell the difference.
    var isNoticeable = false
  }

  private func penalty(_ theta: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for score in 0..<loss.scores {
      for j in 0..<loss.data.columns { sum += theta[score * loss.width + j].magnitude }
    }
    return l1 * sum
  }

  /// The largest component of the smallest subgradient.
  private func violation(_ theta: UnsafePointer<Double>, _ gradient: UnsafePointer<Double>) -> Double {
    var largest = 0.0
    for score in 0..<loss.scores {
      for j in 0...loss.data.columns {
        let (value, slope) = (theta[score * loss.width + j], gradient[score * loss.width + j])
        let excess: Double
        if j == loss.data.columns {
          excess = slope.magnitude
        } else if value == 0 {
          excess = slope.magnitude - l1
        } else {
          excess = (slope + (value > 0 ? l1 : -l1)).magnitude
        }
        largest = Swift.max(largest, excess)
      }
    }
    return largest
  }

  /// Replaces scores by the targets whose weighted squares expand the loss: η − r / d, with d kept away from zero.
  private func workingResponse(
    _ eta: UnsafeMutablePointer<Double>, _ residual: UnsafePointer<Double>, _ curvature: UnsafeMutablePointer<Double>
  ) {
    let weights = UnsafePointer(loss.data.weights.pointer)
    for row in 0..<loss.data.rows {
      let floor = 1e-10 * weights[row]
      if curvature[row] < floor { curvature[row] = floor }
      if curvature[row] > 0 { eta[row] -= residual[row] / curvature[row] }
    }
  }

  /// Goes from `theta` towards the minimum of the expansion.
  ///
  /// - Parameters:
  ///   - gradient: at `theta`; after a step, at the new `theta`.
  ///   - targets: of the expansion; they, the weights and the residuals are overwritten as `next` says.
  ///   - entries: the sparse features by column.
  private func step(
    _ theta: UnsafeMutablePointer<Double>, _ trial: Buffer<Double>, _ gradient: Buffer<Double>, score: Int,
    targets: NDArray, weights: NDArray, entries: SparseFeatureColumns?, value: Double, precision: Double,
    next: SoftmaxLoss.Details, _ checkpoint: (Int) throws -> Void
  ) throws -> Step {
    let (p, count) = (loss.data.columns, loss.count)
    let own = theta + score * loss.width
    let data = RegressionData(
      design: loss.data.design, targets: targets, targetCount: 1, targetsAreVector: true, weights: weights,
      dtype: .float64)
    let source: any CorrelationSource
    if data.design.isSparse {
      source = try SparseColumnSource(data, centred: loss.fitIntercept, entries: entries)
    } else if data.columns <= data.rows {
      source = try GramSource(FoldMoments(data, centred: loss.fitIntercept))
    } else {
      source = try DenseColumnSource(data, centred: loss.fitIntercept)
    }
    let members = try WorkingSet(for: source, tasks: 1)
    var descent = try WorkingSetDescent(
      source, members: members, targets: 0..<1, positive: false, tolerance: precision, maximumIterations: 200,
      shuffleSeed: nil)
    let unit = Double(sign: .plus, exponent: -source.exponent, significand: 1)
    try descent.start { j, _ in own[j] / unit }
    _ = try descent.minimise(
      l1: l1 * unit / source.totalWeight, l2: loss.penalty * unit * unit / source.totalWeight
    ) { _ in try checkpoint(0) }
    trial.pointer.update(from: theta, count: count)
    let new = trial.pointer + score * loss.width
    var (intercept, slope) = (source.targetMeans[0], 0.0)
    for j in 0..<p {
      new[j] = descent.w[j] * unit
      intercept -= source.means[j] * descent.w[j]
      slope += gradient[score * loss.width + j] * (new[j] - own[j]) + l1 * (new[j].magnitude - own[j].magnitude)
    }
    if loss.fitIntercept {
      new[p] = intercept
      slope += gradient[score * loss.width + p] * (intercept - own[p])
    }
    guard slope < 0, slope.isFinite else { return Step() }
    let goal = try Buffer<Double>(count: loss.width)
    let scratch = try Buffer<Double>(count: count)
    goal.pointer.update(from: new, count: loss.width)
    var length = 1.0
    while length > 1e-10 {
      for j in 0...p { new[j] = length == 1 ? goal.pointer[j] : own[j] + length * (goal.pointer[j] - own[j]) }
      let found =
        try loss.evaluate(trial.pointer, gradient: scratch.pointer, details: next) + penalty(trial.pointer)
      if found <= value + 1e-4 * length * slope || (found <= value && -slope < 1e-12 * value) {
        for j in 0...p { own[j] = new[j] }
        gradient.pointer.update(from: scratch.pointer, count: count)
        return Step(value: found, isNoticeable: -slope > 1e-14 * value)
      }
      length /= 2
    }
    return Step()
  }
}
