import ApusNumerics

/// Logistic regression of two classes by Newton's method: each step solves weighted normal equations by Cholesky, with
/// the step halved until the loss falls.
///
/// The intercept is eliminated by centring at the weighted means, so the system keeps the condition of the centred
/// features. Quadratic convergence: five to eight passes of `XᵀD X`.
struct NewtonLogistic {
  let loss: SoftmaxLoss

  /// Returns nil when the Hessian is not positive definite, and the caller goes on with L-BFGS from `theta`.
  func minimise(
    _ theta: UnsafeMutablePointer<Double>, gradientTolerance: Double, maximumIterations: Int,
    checkpoint: (Int) throws -> Void
  ) throws -> LimitedMemoryBFGS.Outcome? {
    guard let array = loss.data.design.array else { return nil }
    let (p, rows) = (loss.data.columns, loss.data.rows)
    let gradient = try Buffer<Double>(count: p + 1)
    let direction = try Buffer<Double>(count: p + 1)
    let trial = try Buffer<Double>(count: p + 1)
    let curvature = try NDArray(uninitialized: [rows], dtype: .float64)
    var outcome = LimitedMemoryBFGS.Outcome()
    outcome.value = try loss.evaluate(theta, gradient: gradient.pointer, curvature: curvature.pointer(Double.self))
    while true {
      if largest(gradient) <= gradientTolerance {
        outcome.converged = true
        return outcome
      }
      if outcome.iterations >= maximumIterations { return outcome }
      try checkpoint(outcome.iterations)
      let moments = try CentredGram(array, weights: curvature, centred: loss.fitIntercept)
      guard try solve(moments, gradient, into: direction) else { return nil }
      var slope = 0.0
      for j in 0...p { slope += direction[j] * gradient[j] }
      guard slope < 0 else { return nil }
      var length = 1.0
      var accepted = false
      while length > 1e-10 {
        for j in 0...p { trial[j] = theta[j] + length * direction[j] }
        let value = try loss.evaluate(
          trial.pointer, gradient: gradient.pointer, curvature: curvature.pointer(Double.self))
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
    }
  }

  private func largest(_ gradient: Buffer<Double>) -> Double {
    var largest = 0.0
    for j in 0..<gradient.count { largest = Swift.max(largest, gradient[j].magnitude) }
    return largest
  }

  /// direction ← −H⁻¹ gradient; false when H is not safely positive definite.
  private func solve(
    _ moments: CentredGram, _ gradient: Buffer<Double>, into direction: Buffer<Double>
  ) throws(ApusError) -> Bool {
    let p = loss.data.columns
    let factor = try Buffer<Double>(count: p * p)
    let view = moments.gram.matrixView(Double.self)
    let means = moments.means.pointer(Double.self)
    var scales = [Double](repeating: 0, count: p)
    for j in 0..<p {
      let diagonal = view[j, j] + loss.penalty
      guard diagonal > 0, diagonal.isFinite else { return false }
      scales[j] = 1 / diagonal.squareRoot()
    }
    for j in 0..<p {
      for i in j..<p { factor[j * p + i] = view[i, j] * scales[i] * scales[j] }
      factor[j * p + j] = 1 + 1e-14
    }
    guard try LAPACK.cholesky(lower: true, n: p, a: factor.pointer, lda: p) == 0 else { return false }
    let shift = loss.fitIntercept ? gradient[p] : 0
    for j in 0..<p { direction[j] = -(gradient[j] - means[j] * shift) * scales[j] }
    BLAS.trsm(lower: true, m: p, n: 1, a: factor.pointer, lda: p, b: direction.pointer, ldb: p)
    BLAS.trsm(lower: true, trans: true, m: p, n: 1, a: factor.pointer, lda: p, b: direction.pointer, ldb: p)
    direction[p] = 0
    guard loss.fitIntercept else {
      for j in 0..<p { direction[j] *= scales[j] }
      return true
    }
    guard moments.totalWeight > 0 else { return false }
    var intercept = -shift / moments.totalWeight
    for j in 0..<p {
      direction[j] *= scales[j]
      intercept -= means[j] * direction[j]
    }
    direction[p] = intercept
    return direction[p].isFinite
  }
}
