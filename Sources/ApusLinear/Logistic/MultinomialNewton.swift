import ApusNumerics
import RealModule

/// Maximum likelihood of a multinomial logistic model, log p(y = k) = η_k − ln Σ exp η with η = 0 for the first class, by
/// Newton's method with steps halved until the likelihood rises.
///
/// It works in orthonormal coordinates of the features (``OrthonormalScores``), so the condition of the features does not
/// matter to it. The likelihood is concave and Newton's method is Fisher scoring (P. McCullagh & J. Nelder, Generalized
/// Linear Models, 2nd ed., 1989, §5.3).
///
/// - Complexity: per step one pass over the rows of O(rows · (equations · coordinates)²), and O((equations · coordinates)³).
struct MultinomialNewton {
  let data: LogisticData
  let scores: OrthonormalScores
  let tolerance: Double
  let maximumIterations: Int
  let checkpoint: (Double) throws -> Void

  struct Fit {
    /// (equations, coordinates): of the classes but the first.
    let coordinates: Buffer<Double>
    /// The change of the coordinates in the last step.
    let lastStep: Buffer<Double>
    /// Lower Cholesky factor of the information at the coordinates, column-major; nil where it is not positive definite.
    var factor: Buffer<Double>?
    var logLikelihood = 0.0
    var iterations = 0
    var converged = false
    /// Found on the way, which ends there.
    var separation: Separation?
  }

  private static let halvings = 40
  /// The rise of the likelihood below which a step that still moves rows far hints at separation.
  private static let suspiciousRise = 1e-2

  /// Number of classes but one.
  var equations: Int { data.classCount - 1 }
  /// Number of coordinates of all equations.
  var count: Int { equations * scores.basis.size }

  func solve() throws -> Fit {
    let derivatives = try MultinomialDerivatives(self)
    let (m, trial) = (count, try Buffer<Double>(zeroed: count))
    var fit = Fit(coordinates: try Buffer<Double>(zeroed: m), lastStep: try Buffer<Double>(zeroed: m))
    try derivatives.evaluate(fit.coordinates.pointer)
    fit.logLikelihood = derivatives.logLikelihood
    fit.factor = try factor(derivatives.information)
    let step = try Buffer<Double>(count: m)
    while fit.iterations < maximumIterations, let factor = fit.factor {
      try checkpoint(Double(fit.iterations) / Double(maximumIterations))
      step.pointer.update(from: derivatives.gradient.pointer, count: m)
      BLAS.trsm(lower: true, m: m, n: 1, a: factor.pointer, lda: m, b: step.pointer, ldb: m)
      BLAS.trsm(lower: true, trans: true, m: m, n: 1, a: factor.pointer, lda: m, b: step.pointer, ldb: m)
      var rise = 0.0
      for index in 0..<m { rise += step[index] * derivatives.gradient[index] / 2 }
      guard rise.isFinite else { return fit }
      var (length, accepted) = (1.0, false)
      for _ in 0..<MultinomialNewton.halvings {
        for index in 0..<m { trial[index] = fit.coordinates[index] + length * step[index] }
        try derivatives.evaluate(trial.pointer)
        if derivatives.logLikelihood >= fit.logLikelihood - 1e-11 * Swift.max(1, fit.logLikelihood.magnitude) {
          accepted = true
          break
        }
        length /= 2
      }
      guard accepted else {
        fit.converged = rise <= 1e-6
        return fit
      }
      fit.coordinates.pointer.update(from: trial.pointer, count: m)
      for index in 0..<m { fit.lastStep[index] = length * step[index] }
      fit.logLikelihood = derivatives.logLikelihood
      fit.factor = try self.factor(derivatives.information)
      fit.iterations += 1
      if length == 1, rise <= tolerance * tolerance {
        fit.converged = true
        return fit
      }
      if rise <= MultinomialNewton.suspiciousRise, let found = try separation(fit) {
        fit.separation = found
        return fit
      }
    }
    return fit
  }

  private func factor(_ information: Buffer<Double>) throws(ApusError) -> Buffer<Double>? {
    let m = count
    let factor = try Buffer<Double>(count: m * m)
    factor.pointer.update(from: information.pointer, count: m * m)
    // Positive definite by more than rounding.
    for index in 0..<m {
      guard factor[index * (m + 1)] > 0, factor[index * (m + 1)].isFinite else { return nil }
    }
    return try LAPACK.cholesky(lower: true, n: m, a: factor.pointer, lda: m) == 0 ? factor : nil
  }

  /// Whether the classes are separated: the last step moves no row towards another class than its own.
  func separation(_ fit: Fit) throws(ApusError) -> Separation? {
    let (rows, size, equations) = (data.rows, scores.basis.size, equations)
    let (margins, moves, predictors) = (
      try Buffer<Double>(zeroed: rows), try Buffer<Double>(zeroed: rows), try Buffer<Double>(zeroed: rows)
    )
    let (margin, move, predictor, codes) = (margins.pointer, moves.pointer, predictors.pointer, data.codes)
    let (step, coordinates) = (fit.lastStep.pointer, fit.coordinates.pointer)
    try scores.forEachBlock(parts: scores.parts) { _, range, q in
      for row in range {
        let own = q + (row &- range.lowerBound) &* size
        let label = Int(codes[row]) &- 1
        let change = label < 0 ? 0 : RowProducts.dot(step + label &* size, own, size)
        // The first class does not move.
        margin[row] = label < 0 ? .infinity : change
        move[row] = change.magnitude
        for k in 0..<equations {
          predictor[row] = Swift.max(
            predictor[row], RowProducts.dot(coordinates + k &* size, own, size).magnitude)
          if k == label { continue }
          let other = RowProducts.dot(step + k &* size, own, size)
          margin[row] = Swift.min(margin[row], change - other)
          move[row] = Swift.max(move[row], other.magnitude)
        }
      }
    }
    let weights = data.weights
    let found = Separation.judge(rows: rows, weight: { weights[$0] }, predictor: { predictors[$0] }) {
      (margins[$0], moves[$0])
    }
    withExtendedLifetime((fit, margins, moves, predictors)) {}
    return found
  }
}
