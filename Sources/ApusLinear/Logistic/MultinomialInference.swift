import ApusModels
import ApusNumerics
import RealModule

/// Logistic regression of several classes without penalty, with inference: contrasts of every class with the first, as
/// statsmodels' MNLogit and R's multinom have them.
struct MultinomialInference {
  let data: LogisticData
  let fitIntercept: Bool
  let maximumIterations: Int
  let options: CovarianceOptions

  private static let tolerance = 1e-8
  /// Most parameters, whose covariance takes their square of memory.
  private static let largestCount = 4096

  struct Result {
    /// (classes, columns) and (classes,), which sum to zero over the classes.
    let coefficients: NDArray
    let intercepts: NDArray
    let iterations: Int
    let record: MultinomialRecord
  }

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for covariances it does not have; ``ApusError/unsupported(reason:)``
  ///   for too many parameters.
  func fit(_ context: FitContext) throws -> Result {
    guard options.type != .HC2, options.type != .HC3 else {
      throw ApusError.invalidArgument(
        name: "cov_type",
        reason:
          "'\(options.type.rawValue)' is for two classes: with more a row has a leverage for every pair of equations")
    }
    let checkpoint = { (fraction: Double) in try context.checkpoint("logistic", fraction) }
    let system = try system(checkpoint)
    let newton = MultinomialNewton(
      data: data, scores: try OrthonormalScores(data.design, system.basis),
      tolerance: MultinomialInference.tolerance, maximumIterations: maximumIterations, checkpoint: checkpoint)
    let fit = try newton.solve()
    if system.basis.rank < data.columns {
      context.warn(
        .data,
        "X: the features have rank \(system.basis.rank), less than their number \(data.columns); the coefficients are "
          + "those of minimum norm")
    }
    let separation = try fit.separation ?? newton.separation(fit)
    if let separation { context.warn(.data, separation.message) }
    if !fit.converged, separation == nil {
      context.warn(
        .convergence,
        "Newton's method did not converge within \(fit.iterations) iterations: increase max_iter (\(maximumIterations)) "
          + "or scale the features")
    }
    let estimates = MultinomialInference.estimates(fit, system, equations: newton.equations)
    let freedom = observationCount - Double(newton.count)
    if freedom <= 0 {
      context.warn(.data, "inference: the samples leave no degrees of freedom for \(newton.count) parameters")
    }
    let (covariance, groupCount) = try covariance(fit, newton, system)
    var record = MultinomialRecord(
      covarianceType: options.type, classes: data.labels.classes,
      coefficients: CoefficientInference(
        hasIntercept: fitIntercept, estimates: estimates, covariance: covariance,
        reference: options.usesT == true ? .studentT(groupCount.map { Double($0 - 1) } ?? freedom) : .normal),
      numbers: statistics(fit, parameters: newton.count, slopes: newton.equations * system.basis.rank))
    if let separation { record.note = separation.message }
    let (coefficients, intercepts) = try scores(estimates, equations: newton.equations)
    return Result(
      coefficients: coefficients, intercepts: intercepts, iterations: fit.iterations, record: record)
  }

  private func system(_ checkpoint: @escaping (Double) throws -> Void) throws -> OrthonormalSystem {
    let (rows, columns) = (data.rows, data.columns)
    guard !data.design.isSparse || columns <= WeightedStep.largestSparseOrder else {
      throw ApusError.unsupported(
        reason: "inference: sparse X has \(columns) features, at most \(WeightedStep.largestSparseOrder) are possible")
    }
    let parameters = (data.classCount - 1).multipliedReportingOverflow(by: columns + 1)
    guard !parameters.overflow, parameters.partialValue <= MultinomialInference.largestCount else {
      throw ApusError.unsupported(
        reason:
          "inference: \(data.classCount) classes and \(columns) features need more than "
          + "\(MultinomialInference.largestCount) parameters")
    }
    let weights = try NDArray(uninitialized: [rows], dtype: .float64)
    weights.pointer(Double.self).update(from: data.weights.pointer, count: rows)
    let regression = RegressionData(
      design: data.design, targets: try NDArray(zeros: [rows]), weights: weights, dtype: data.dtype)
    let moments = try CrossMoments(featureCount: columns, targetCount: 1).adding(regression, checkpoint: checkpoint)
    let system = try OrthonormalSystem(
      moments, fitIntercept: fitIntercept,
      tolerance: LinearProblem.rankTolerance(columns: columns, dtype: data.dtype), checkpoint: checkpoint)
    guard system.basis.size > 0 else {
      throw ApusError.numericalFailure(reason: "X: all features are zero and there is no intercept")
    }
    return system
  }

  /// β = T γ for every equation, one after the other.
  private static func estimates(
    _ fit: MultinomialNewton.Fit, _ system: OrthonormalSystem, equations: Int
  ) -> [Double] {
    let (k, size, t) = (system.parameterCount, system.basis.size, system.map.pointer(Double.self))
    let result = (0..<equations * k).map { index in
      let (equation, parameter) = index.quotientAndRemainder(dividingBy: k)
      return RowProducts.dot(t + parameter * size, fit.coordinates.pointer + equation * size, size)
    }
    return withExtendedLifetime((fit, system)) { result }
  }

  /// T S Tᵀ for every pair of equations, S being the inverse information or its sandwich with the scores of the rows; NaN
  /// where the information is singular.
  private func covariance(
    _ fit: MultinomialNewton.Fit, _ newton: MultinomialNewton, _ system: OrthonormalSystem
  ) throws -> (NDArray, groupCount: Int?) {
    let (k, size, m) = (system.parameterCount, system.basis.size, newton.count)
    let width = newton.equations * k
    let result = try NDArray(zeros: [width, width])
    guard let factor = fit.factor else {
      for index in 0..<result.count { result.pointer(Double.self)[index] = .nan }
      return (result, nil)
    }
    // Column by column Tᵀ in the places of its equation, then L⁻¹ of it.
    let map = try Buffer<Double>(zeroed: m * width)
    let t = system.map.pointer(Double.self)
    for column in 0..<width {
      let (equation, parameter) = column.quotientAndRemainder(dividingBy: k)
      for j in 0..<size { map[column * m + equation * size + j] = t[parameter * size + j] }
    }
    BLAS.trsm(lower: true, m: m, n: width, a: factor.pointer, lda: m, b: map.pointer, ldb: m)
    let target = result.pointer(Double.self)
    var groupCount: Int?
    if options.type == .nonrobust {
      try BLAS.syrk(
        lower: true, trans: true, n: width, k: m, a: map.pointer, lda: m, c: target, ldc: width, full: true)
    } else {
      BLAS.trsm(lower: true, trans: true, m: m, n: width, a: factor.pointer, lda: m, b: map.pointer, ldb: m)
      let functions = try MultinomialDerivatives(newton).estimatingFunctions(fit.coordinates.pointer)
      let (meat, factor, groups) = try meat(functions)
      groupCount = groups
      let product = try Buffer<Double>(count: m * width)
      try BLAS.gemm(
        m: m, n: width, k: m, alpha: factor, a: meat.pointer, lda: m, b: map.pointer, ldb: m,
        c: product.pointer, ldc: m)
      try BLAS.gemm(
        transA: true, m: width, n: width, k: m, a: map.pointer, lda: m, b: product.pointer, ldb: m, c: target,
        ldc: width)
      BLAS.mirror(n: width, lower: true, c: target, ldc: width)
    }
    withExtendedLifetime((fit, system, map)) {}
    return (result, groupCount)
  }

  /// The sum that the chosen covariance makes of the rows' scores, with its small-sample factor and the number of groups.
  private func meat(
    _ functions: EstimatingFunctions
  ) throws(ApusError) -> (matrix: Buffer<Double>, factor: Double, groupCount: Int?) {
    let (n, freedom) = (observationCount, observationCount - Double(functions.size))
    let sample = freedom > 0 ? n / freedom : .nan
    switch options.type {
    case .HAC:
      let lag = options.lag(rows: data.rows)
      return (try functions.autocorrelated(lag: lag), options.usesCorrection == true ? sample : 1, nil)
    case .cluster:
      guard let groups = options.groups else { return (try functions.autocorrelated(lag: 0), 1, nil) }
      let (matrix, count) = try functions.clustered(groups)
      let g = Double(count)
      let factor = freedom > 0 ? g / (g - 1) * (n - 1) / freedom : .nan
      return (matrix, options.usesCorrection != false ? factor : 1, count)
    default: return (try functions.autocorrelated(lag: 0), options.type == .HC1 ? sample : 1, nil)
    }
  }

  /// Rows with weight.
  private var observationCount: Double {
    var count = 0.0
    for row in 0..<data.rows where data.weights[row] > 0 { count += 1 }
    return count
  }

  private func statistics(_ fit: MultinomialNewton.Fit, parameters: Int, slopes: Int) -> [String: Double] {
    let n = observationCount
    var totals = [Double](repeating: 0, count: data.classCount)
    for row in 0..<data.rows { totals[Int(data.codes[row])] += data.weights[row] }
    let total = totals.reduce(0, +)
    let null = totals.reduce(0) { $1 > 0 ? $0 + $1 * Double.log($1 / total) : $0 }
    let ratio = 2 * (fit.logLikelihood - null)
    return [
      "nobs_": n, "df_model_": Double(slopes), "df_resid_": n - Double(parameters), "llf_": fit.logLikelihood,
      "llnull_": null, "llr_": ratio,
      "llr_pvalue_": ReferenceDistribution.chiSquaredUpperTail(Swift.max(0, ratio), Double(slopes)),
      "prsquared_": 1 - fit.logLikelihood / null, "prsquared_cs_": -Double.expMinusOne(-ratio / n),
      "deviance_": -2 * fit.logLikelihood, "null_deviance_": -2 * null,
      "aic_": -2 * fit.logLikelihood + 2 * Double(parameters),
      "bic_": -2 * fit.logLikelihood + Double.log(n) * Double(parameters), "iterations": Double(fit.iterations),
      "converged": fit.converged ? 1 : 0,
    ]
  }

  /// The scores of all classes out of the contrasts with the first.
  private func scores(_ estimates: [Double], equations: Int) throws(ApusError) -> (NDArray, NDArray) {
    let (p, skip) = (data.columns, fitIntercept ? 1 : 0)
    let coefficients = try NDArray(zeros: [equations + 1, p])
    let intercepts = try NDArray(zeros: [equations + 1])
    for parameter in 0..<(p + skip) {
      let values = [0] + (0..<equations).map { estimates[$0 * (p + skip) + parameter] }
      let mean = values.reduce(0, +) / Double(values.count)
      for (k, value) in values.enumerated() {
        guard value.isFinite else {
          throw .numericalFailure(reason: "X: the coefficients are not finite; scale the features")
        }
        if parameter < skip {
          intercepts.pointer(Double.self)[k] = value - mean
        } else {
          coefficients.pointer(Double.self)[k * p + parameter - skip] = value - mean
        }
      }
    }
    return (coefficients, intercepts)
  }
}
