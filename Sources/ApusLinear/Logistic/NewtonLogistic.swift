import ApusNumerics

/// Logistic regression of two classes by Newton's method: each step solves weighted normal equations by Cholesky, with
/// the step halved until the loss falls.
///
/// The intercept is eliminated by centring at the weighted means, so the system keeps the condition of the centred
/// features. Convergence is quadratic. For many rows a factor is used again while steps with it reduce the gradient well (the
/// chord method), which saves passes of `XᵀD X`.
struct NewtonLogistic {
  let loss: SoftmaxLoss
  /// Reduction of the gradient from which a factor is worth another step.
  private static let chordReduction = 0.2

  /// Returns nil when the Hessian is not positive definite, and the caller goes on with L-BFGS from `theta`.
  ///
  /// - Parameter factor: of a matrix near the Hessian at `theta`, or nil; the last one used when it returns.
  func minimise(
    _ theta: UnsafeMutablePointer<Double>, gradientTolerance: Double, maximumIterations: Int,
    factor: inout NewtonFactor?, checkpoint: (Int) throws -> Void
  ) throws -> LimitedMemoryBFGS.Outcome? {
    guard let array = loss.data.design.array else { return nil }
    let (p, rows) = (loss.data.columns, loss.data.rows)
    let gradient = try Buffer<Double>(count: p + 1)
    let direction = try Buffer<Double>(count: p + 1)
    let trial = try Buffer<Double>(count: p + 1)
    let curvature = try NDArray(uninitialized: [rows], dtype: .float64)
    let details = SoftmaxLoss.Details(score: 0, curvature: curvature.pointer(Double.self))
    let usesChords = rows * p >= 1 << 20
    var outcome = LimitedMemoryBFGS.Outcome()
    outcome.value = try loss.evaluate(theta, gradient: gradient.pointer, details: details)
    var isStale = factor == nil
    while true {
      let steepest = largest(gradient)
      if steepest <= gradientTolerance {
        outcome.converged = true
        return outcome
      }
      if outcome.iterations >= maximumIterations { return outcome }
      try checkpoint(outcome.iterations)
      if isStale {
        let moments = try CentredGram(array, weights: curvature, centred: loss.fitIntercept)
        factor = try NewtonFactor(moments, penalty: loss.penalty, fitIntercept: loss.fitIntercept)
      }
      guard let current = factor, current.solve(gradient, into: direction) else { return nil }
      var slope = 0.0
      for j in 0...p { slope += direction[j] * gradient[j] }
      guard slope < 0 else { return nil }
      var length = 1.0
      var accepted = false
      while length > 1e-10 {
        for j in 0...p { trial[j] = theta[j] + length * direction[j] }
        let value = try loss.evaluate(trial.pointer, gradient: gradient.pointer, details: details)
        if value <= outcome.value + 1e-4 * length * slope || (value <= outcome.value && -slope < 1e-12 * value) {
          outcome.value = value
          accepted = true
          break
        }
        length /= 2
      }
      // Rounding hides further progress.
      if !accepted {
        outcome.converged = -slope <= 1e-9 * Swift.max(outcome.value, 1e-300)
        return outcome
      }
      for j in 0...p { theta[j] = trial[j] }
      outcome.iterations += 1
      // Where the loss can no longer tell steps apart, the gradient has to.
      if -slope <= 1e-13 * outcome.value, largest(gradient) > 0.5 * steepest {
        outcome.converged = true
        return outcome
      }
      isStale = !usesChords || length < 1 || largest(gradient) > NewtonLogistic.chordReduction * steepest
    }
  }

  private func largest(_ gradient: Buffer<Double>) -> Double {
    var largest = 0.0
    for j in 0..<gradient.count { largest = Swift.max(largest, gradient[j].magnitude) }
    return largest
  }
}

/// The Cholesky factor of the Hessian of a logistic loss, with the intercept eliminated.
struct NewtonFactor {
  private let p: Int
  private let factor: Buffer<Double>
  /// 1 / √diagonal.
  private let scales: Buffer<Double>
  private let means: Buffer<Double>
  private var totalWeight: Double
  private let fitIntercept: Bool

  /// - Parameter moments: of the features, weighted by the curvatures of the rows.
  /// - Returns: nil when the Hessian is not safely positive definite.
  init?(_ moments: CentredGram, penalty: Double, fitIntercept: Bool) throws(ApusError) {
    p = moments.means.count
    self.fitIntercept = fitIntercept
    totalWeight = moments.totalWeight
    factor = try Buffer<Double>(count: p * p)
    scales = try Buffer<Double>(count: p)
    means = try Buffer<Double>(count: p)
    means.pointer.update(from: moments.means.pointer(Double.self), count: p)
    let view = moments.gram.matrixView(Double.self)
    for j in 0..<p {
      let diagonal = view[j, j] + penalty
      guard diagonal > 0, diagonal.isFinite else { return nil }
      scales[j] = 1 / diagonal.squareRoot()
    }
    for j in 0..<p {
      for i in j..<p { factor.pointer[j * p + i] = view[i, j] * scales.pointer[i] * scales.pointer[j] }
      factor[j * p + j] = 1 + 1e-14
    }
    withExtendedLifetime(moments) {}
    guard try LAPACK.cholesky(lower: true, n: p, a: factor.pointer, lda: p) == 0 else { return nil }
    guard !fitIntercept || totalWeight > 0 else { return nil }
  }

  /// Becomes the factor of the Hessian times a number.
  mutating func scale(by number: Double) {
    for j in 0..<p { scales[j] /= number.squareRoot() }
    totalWeight *= number
  }

  /// direction ← −H⁻¹ gradient, `p + 1` elements with the intercept last; false when it overflows.
  func solve(_ gradient: Buffer<Double>, into direction: Buffer<Double>) -> Bool {
    let shift = fitIntercept ? gradient[p] : 0
    for j in 0..<p { direction[j] = -(gradient[j] - means[j] * shift) * scales[j] }
    BLAS.trsm(lower: true, m: p, n: 1, a: factor.pointer, lda: p, b: direction.pointer, ldb: p)
    BLAS.trsm(lower: true, trans: true, m: p, n: 1, a: factor.pointer, lda: p, b: direction.pointer, ldb: p)
    var intercept = fitIntercept ? -shift / totalWeight : 0
    for j in 0..<p {
      direction[j] *= scales[j]
      if fitIntercept { intercept -= means[j] * direction[j] }
    }
    direction[p] = intercept
    return intercept.isFinite
  }
}
