import ApusModels
import ApusNumerics
import RealModule

/// Binary logistic regression without penalty, or with Firth's, with inference.
struct LogisticInference {
  let data: LogisticData
  let fitIntercept: Bool
  let isFirth: Bool
  let maximumIterations: Int
  let options: CovarianceOptions
  /// One minus the level of profile intervals, or nil for none.
  let profileAlpha: Double?

  private static let tolerance = 1e-8
  /// Firth's method converges linearly and costs little more to the end; times the root of the rows, for rounding.
  private static let firthTolerance = 1e-12

  struct Result {
    let coefficients: NDArray
    let intercept: Double
    let iterations: Int
    let record: InferenceRecord
  }

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for more than two classes.
  func fit(_ context: FitContext) throws -> Result {
    guard data.classCount == 2 else {
      throw ApusError.invalidArgument(
        name: "y", reason: "holds \(data.classCount) classes; Firth's penalty is for two")
    }
    let problem = try problem()
    let checkpoint = { (fraction: Double) in try context.checkpoint("logistic", fraction) }
    let logistic = BinaryLogistic(
      problem: problem, isFirth: isFirth,
      tolerance: isFirth
        ? LogisticInference.firthTolerance * Double(data.rows).squareRoot() : LogisticInference.tolerance,
      maximumIterations: maximumIterations, checkpoint: checkpoint)
    let fit: GLMSolver.Fit
    var best: BinaryLogistic.Fit?
    if isFirth {
      let firth = try logistic.solve()
      if !firth.converged {
        context.warn(
          .convergence, "Firth's method did not converge within \(firth.iterations) iterations: increase max_iter")
      }
      best = firth
      fit = GLMSolver.Fit(
        coefficients: firth.coefficients, intercept: firth.intercept, iterations: firth.iterations,
        converged: firth.converged, rank: data.columns, rows: firth.rows, lastDirection: nil)
    } else {
      fit = try GLMSolver(
        problem: problem, tolerance: LogisticInference.tolerance, maximumIterations: maximumIterations, context: context
      ).solve()
      GLMWarnings.report(fit, maximumIterations: maximumIterations, context)
    }
    var record = try GLMInference(fit: fit, scaleEstimate: .standard, name: "Logit").record(options, context)
    record.words["method"] = isFirth ? "Firth" : "MLE"
    if let separation = isFirth ? nil : Separation.find(fit) { record.words["note"] = separation.message }
    if let best { record.numbers["penalised_llf_"] = best.logLikelihood }
    if let profileAlpha {
      let top = try best ?? logistic.solve(from: (fit.coefficients, fit.intercept))
      let profile = LikelihoodProfile(logistic: logistic, best: top, inference: record.coefficients)
      record.arrays["profile_conf_int_"] = try profile.intervals(profileAlpha)
      record.arrays["profile_pvalues_"] = try profile.pValues()
    }
    return Result(
      coefficients: fit.coefficients, intercept: fit.intercept, iterations: fit.iterations, record: record)
  }

  private func problem() throws(ApusError) -> GLMProblem {
    let (response, weights) = (
      try NDArray(uninitialized: [data.rows], dtype: .float64), try NDArray(uninitialized: [data.rows], dtype: .float64)
    )
    for row in 0..<data.rows {
      response.pointer(Double.self)[row] = Double(data.codes[row])
      weights.pointer(Double.self)[row] = data.weights[row]
    }
    return GLMProblem(
      design: data.design, response: response, priorWeights: weights, frequencies: nil, offset: nil, family: .binomial,
      link: .logit, fitIntercept: fitIntercept, penalty: 0, dtype: data.dtype)
  }
}

extension Operation {
  /// (parameters, 3): odds ratios and the ends of their intervals, the intercept first; for several classes
  /// (classes − 1, parameters, 3). Argument `alpha`, default 0.05.
  public static let oddsRatios = Operation("odds_ratios", arguments: ["alpha"])
}

extension CoefficientInference {
  /// exp of the estimates and of the ends of their intervals.
  func oddsRatios(_ alpha: Double) throws(ApusError) -> NDArray {
    let intervals = try intervals(alpha)
    let result = try NDArray(uninitialized: [count, 3], dtype: .float64)
    let (ends, target) = (intervals.pointer(Double.self), result.pointer(Double.self))
    for index in 0..<count {
      target[3 * index] = Double.exp(estimates[index])
      target[3 * index + 1] = Double.exp(ends[2 * index])
      target[3 * index + 2] = Double.exp(ends[2 * index + 1])
    }
    withExtendedLifetime(intervals) {}
    return result
  }
}
