import ApusModels
import ApusNumerics
import ApusStatistics
import RealModule

/// Confidence intervals and tests of single parameters by the profile of the (penalised) likelihood
/// (D. Venzon & S. Moolgavkar, Appl. Stat. 37, 1988; G. Heinze & M. Schemper, Stat. Med. 21, 2002).
struct LikelihoodProfile {
  let logistic: BinaryLogistic
  let best: BinaryLogistic.Fit
  /// Estimates and standard errors, the intercept first.
  let inference: CoefficientInference

  /// An end farther away than this many standard errors counts as infinite.
  private static let farthest = 1e3

  /// (parameters, 2): where twice the fall of the profile equals the quantile of χ² with one degree of freedom; infinite
  /// where it never does.
  func intervals(_ alpha: Double) throws -> NDArray {
    let z = -SpecialFunctions.normalQuantile(alpha / 2)
    let fall = z * z / 2
    let result = try NDArray(uninitialized: [inference.count, 2], dtype: .float64)
    let errors = inference.standardErrors
    for index in 0..<inference.count {
      for (side, direction) in [-1.0, 1.0].enumerated() {
        result.pointer(Double.self)[2 * index + side] = try end(index, direction, fall: fall, step: z * errors[index])
      }
    }
    return result
  }

  /// P-values of the likelihood-ratio tests that a parameter is zero.
  func pValues() throws -> NDArray {
    try NDArray(
      try (0..<inference.count).map { index in
        let fit = try logistic.solve(fixed: fixed(index, 0), from: (best.coefficients, best.intercept))
        let ratio = Swift.max(0, 2 * (best.logLikelihood - fit.logLikelihood))
        return ReferenceDistribution.chiSquaredUpperTail(ratio, 1)
      })
  }

  private func fixed(_ index: Int, _ value: Double) -> BinaryLogistic.Fixed {
    let column = logistic.problem.fitIntercept ? index - 1 : index
    return BinaryLogistic.Fixed(column: column < 0 ? nil : column, value: value)
  }

  /// The root of fall(b) − `fall` on one side of the estimate: a bracket by doubling, then the Illinois variant of false
  /// position on the root of the fall, which is nearly linear in b.
  private func end(_ index: Int, _ direction: Double, fall: Double, step: Double) throws -> Double {
    let centre = inference.estimates[index]
    guard step > 0, step.isFinite else { return .nan }
    var start = (best.coefficients, best.intercept)
    func excess(_ value: Double) throws -> Double {
      let fit = try logistic.solve(fixed: fixed(index, value), from: start)
      start = (fit.coefficients, fit.intercept)
      return Swift.max(0, best.logLikelihood - fit.logLikelihood).squareRoot() - fall.squareRoot()
    }
    var (inner, innerValue) = (centre, -fall.squareRoot())
    var distance = step
    var outer = centre + direction * distance
    var outerValue = try excess(outer)
    while outerValue < 0 {
      (inner, innerValue) = (outer, outerValue)
      distance *= 2
      if distance > LikelihoodProfile.farthest * step { return direction * .infinity }
      outer = centre + direction * distance
      outerValue = try excess(outer)
    }
    for _ in 0..<60 {
      if outerValue == 0 || (outer - inner).magnitude <= 1e-10 * Swift.max(step, outer.magnitude) { break }
      let trial = outer - outerValue * (outer - inner) / (outerValue - innerValue)
      let value = try excess(trial)
      if value.magnitude < 1e-12 { return trial }
      if (value > 0) == (outerValue > 0) {
        (outer, outerValue) = (trial, value)
        innerValue /= 2
      } else {
        (inner, innerValue) = (outer, outerValue)
        (outer, outerValue) = (trial, value)
      }
    }
    return outer
  }
}
