import ApusModels
import ApusNumerics
import RealModule

/// How the dispersion of a generalised linear model is estimated.
enum ScaleEstimate {
  /// One for families whose dispersion is one, else Pearson's statistic over the residual degrees of freedom.
  case standard
  /// Pearson's statistic over the residual degrees of freedom.
  case pearson
  /// The deviance over the residual degrees of freedom.
  case deviance
  case fixed(Double)
}

/// Inference for a generalised linear model at its maximum: covariance from the expected information, statistics of the
/// fit, residuals.
struct GLMInference {
  let fit: GLMSolver.Fit
  let scaleEstimate: ScaleEstimate
  /// The name of the model in summaries.
  let name: String
  /// Parameters estimated besides the coefficients, for information criteria.
  var extraParameters = 0.0

  private var problem: GLMProblem { fit.rows.problem }

  func record(_ options: CovarianceOptions, _ context: FitContext) throws -> InferenceRecord {
    let problem = problem
    let system = try system(context)
    let n = problem.observationCount
    let rank = Double(system.basis.size)
    let freedom = n - rank
    if freedom <= 0 {
      context.warn(
        .data, "inference: the samples leave no degrees of freedom for \(system.basis.size) parameters")
    }
    let pearson = pearsonStatistic
    let scale = scale(pearson, freedom)
    let scores = try OrthonormalScores(problem.design, system.basis)
    let leverages = try scores.leverages(weights: UnsafePointer(fit.rows.weight.pointer))
    let robust: (matrix: Buffer<Double>, groupCount: Int?)? =
      options.type == .nonrobust
      ? nil
      : try RobustCovariance(scores: scores, residuals: UnsafePointer(fit.rows.score.pointer)).coordinates(
        options, leverages: UnsafePointer(leverages.pointer(Double.self)), observations: n,
        residualFreedom: freedom)
    let estimates = (problem.fitIntercept ? [fit.intercept] : []) + coefficients
    let testFreedom = robust?.groupCount.map { Double($0 - 1) } ?? freedom
    let inference = CoefficientInference(
      hasIntercept: problem.fitIntercept, estimates: estimates,
      covariance: try system.covariance(coordinates: robust?.matrix, scale: scale),
      reference: options.usesT == true ? .studentT(testFreedom) : .normal)
    let numbers = try statistics(n: n, rank: rank, pearson: pearson, scale: scale)
    var arrays = try residualArrays()
    arrays["leverage_"] = leverages
    return InferenceRecord(
      model: name, covarianceType: options.type, coefficients: inference, numbers: numbers, arrays: arrays,
      words: ["family": problem.family.title, "link": problem.link.title], basis: system.basis,
      coordinateCovariance: try InferenceRecord.coordinateMatrix(
        robust?.matrix, scale: scale, size: system.basis.size),
      prefixesConstant: false)
  }

  private var coefficients: [Double] {
    let values = fit.coefficients.pointer(Double.self)
    return withExtendedLifetime(fit) { (0..<problem.columns).map { values[$0] } }
  }

  /// Refuses sparse features that are too many for the moments inference needs.
  static func requireMoments(_ design: DesignMatrix) throws(ApusError) {
    guard !design.isSparse || design.columns <= WeightedStep.largestSparseOrder else {
      throw .unsupported(
        reason:
          "inference: sparse X has \(design.columns) features, at most \(WeightedStep.largestSparseOrder) are possible"
      )
    }
  }

  private func system(_ context: FitContext) throws -> OrthonormalSystem {
    let checkpoint = { (fraction: Double) in try context.checkpoint("inference", fraction) }
    let target = try Buffer<Double>(zeroed: problem.rows)
    let moments = try WeightedStep(problem: problem, checkpoint: checkpoint).moments(fit.rows.weight, target)
    guard moments.totalWeight.high > 0 else {
      throw ApusError.numericalFailure(reason: "inference: all working weights vanish; the fit has no information left")
    }
    return try OrthonormalSystem(
      moments, fitIntercept: problem.fitIntercept,
      tolerance: LinearProblem.rankTolerance(columns: problem.columns, dtype: problem.dtype), checkpoint: checkpoint)
  }

  /// Σ w (y − μ)² / V.
  private var pearsonStatistic: Double {
    var sum = 0.0
    for row in 0..<problem.rows where problem.weight(row) > 0 {
      let residual = problem.target(row) - fit.rows.mean[row]
      sum += problem.weight(row) * residual * residual / problem.family.variance(fit.rows.mean[row])
    }
    return sum
  }

  private func scale(_ pearson: Double, _ freedom: Double) -> Double {
    switch scaleEstimate {
    case .fixed(let value): return value
    case .standard where problem.family.hasUnitScale: return 1
    case .standard, .pearson: return freedom > 0 ? pearson / freedom : .nan
    case .deviance: return freedom > 0 ? fit.rows.deviance / freedom : .nan
    }
  }

  private func statistics(
    n: Double, rank: Double, pearson: Double, scale: Double
  ) throws -> [String: Double] {
    let modelFreedom = rank - (problem.fitIntercept ? 1 : 0)
    let null = try NullModel.fit(problem)
    var (likelihoodScale, nullScale) = (scale, scale)
    if problem.family == .gaussian, case .standard = scaleEstimate {
      // The normal likelihoods are taken at their maxima over the dispersion too, as for least squares.
      (likelihoodScale, nullScale) = (pearson / n, null.deviance / n)
    }
    let likelihood = try logLikelihood(fit.rows, scale: likelihoodScale)
    let nullLikelihood = try logLikelihood(null, scale: nullScale)
    let parameters = rank + extraParameters
    let ratio = 2 * (likelihood - nullLikelihood)
    return [
      "nobs_": n, "df_model_": modelFreedom, "df_resid_": n - rank, "scale_": scale, "deviance_": fit.rows.deviance,
      "null_deviance_": null.deviance, "pearson_chi2_": pearson, "llf_": likelihood, "llnull_": nullLikelihood,
      "llr_": ratio, "llr_pvalue_": ReferenceDistribution.chiSquaredUpperTail(Swift.max(0, ratio), modelFreedom),
      "prsquared_": 1 - likelihood / nullLikelihood,
      "prsquared_cs_": -Double.expMinusOne(-ratio / n),
      "aic_": -2 * likelihood + 2 * parameters, "bic_": -2 * likelihood + Double.log(n) * parameters,
      "bic_deviance_": fit.rows.deviance - (n - rank) * Double.log(n), "iterations": Double(fit.iterations),
      "converged": fit.converged ? 1 : 0,
    ]
  }

  private func logLikelihood(_ rows: GLMRows, scale: Double) throws(ApusError) -> Double {
    let (problem, count) = (problem, problem.rows)
    let parts = Swift.max(1, Swift.min(16, count >> 9))
    let sums = try Buffer<Double>(zeroed: parts)
    let (mean, total) = (rows.mean.pointer, sums.pointer)
    ThreadPool.parallelFor(tasks: parts) { part in
      var sum = 0.0
      for row in (part * count / parts)..<((part + 1) * count / parts) where problem.weight(row) > 0 {
        let term = problem.family.logLikelihood(
          problem.target(row), mean[row], weight: problem.priorWeight(row), scale: scale)
        sum += problem.frequency(row) * term
      }
      total[part] = sum
    }
    return (0..<parts).reduce(0.0) { $0 + sums[$1] }
  }

  /// Means and residuals: of the response, Pearson's, of the deviance, and working ones; with frequencies those of one of
  /// the equal rows.
  private func residualArrays() throws(ApusError) -> [String: NDArray] {
    let rows = problem.rows
    let names = ["fittedvalues_", "resid_response_", "resid_pearson_", "resid_deviance_", "resid_working_"]
    var arrays: [String: NDArray] = [:]
    for name in names { arrays[name] = try NDArray(uninitialized: [rows], dtype: .float64) }
    let targets = names.compactMap { arrays[$0]?.pointer(Double.self) }
    for row in 0..<rows {
      let (y, mu, weight) = (problem.target(row), fit.rows.mean[row], problem.priorWeight(row))
      let residual = y - mu
      targets[0][row] = mu
      targets[1][row] = residual
      targets[2][row] = residual * (weight / problem.family.variance(mu)).squareRoot()
      let deviance = Swift.max(0, weight * problem.family.deviance(y, mu)).squareRoot()
      targets[3][row] = residual < 0 ? -deviance : deviance
      targets[4][row] = residual / problem.link.mean(fit.rows.predictor[row]).slope
    }
    withExtendedLifetime(arrays) {}
    return arrays
  }
}

/// The model with a constant only, offset included.
private enum NullModel {
  /// Without offset the mean is that of the responses, whatever the link; else by scoring in one dimension.
  static func fit(_ problem: GLMProblem) throws -> GLMRows {
    let zeros = try NDArray(zeros: [problem.rows, 1])
    let null = GLMProblem(
      design: DesignMatrix(dense: zeros), response: problem.response, priorWeights: problem.priorWeights,
      frequencies: problem.frequencies, offset: problem.offset, family: problem.family, link: problem.link,
      fitIntercept: true, penalty: 0, dtype: .float64)
    if problem.offset == nil {
      var (sum, total) = (0.0, 0.0)
      for row in 0..<problem.rows {
        sum += problem.weight(row) * problem.target(row)
        total += problem.weight(row)
      }
      let intercept = problem.link.predictor(sum / total)
      if intercept.isFinite {
        let rows = try GLMRows(null)
        try rows.evaluate(NDArray(zeros: [1, 1]), intercept: intercept)
        if rows.deviance.isFinite { return rows }
      }
    }
    return try GLMSolver(problem: null, tolerance: 1e-8, maximumIterations: 200, context: FitContext()).solve().rows
  }
}
