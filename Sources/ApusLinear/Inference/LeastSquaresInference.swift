import ApusModels
import ApusNumerics
import ApusStatistics
import RealModule

/// Inference for ordinary, weighted and generalised least squares, in statsmodels' conventions: weights are inverse
/// relative variances, and rows count once whatever their weight. Rows of weight zero do not count at all.
struct LeastSquaresInference {
  /// The problem that was solved; for generalised least squares the whitened one.
  let data: RegressionData
  let solution: LinearSolution
  let moments: CrossMoments
  let system: OrthonormalSystem
  /// Whether the first column is the whitened constant.
  let prefixesConstant: Bool
  /// Σ ln w, or −ln det Σ.
  let logDeterminant: Double
  /// y − ŷ in the units of y: (rows,).
  let residuals: NDArray
  /// The name of the model in summaries.
  let name: String

  private var hasConstant: Bool { system.basis.hasIntercept || prefixesConstant }

  func record(_ options: CovarianceOptions, _ context: FitContext) throws -> InferenceRecord {
    let n = observationCount
    let rank = system.basis.size
    let freedom = n - rank
    if freedom <= 0 {
      context.warn(
        .data,
        "inference: \(n) samples leave no degrees of freedom for \(rank) parameters; standard errors are not defined")
    }
    let squares = solution.residualSums[0]
    let scale = freedom > 0 ? squares / Double(freedom) : .nan
    let weighted = try weightedResiduals()
    let scores = try OrthonormalScores(data.design, system.basis)
    let leverages = try scores.leverages(weights: data.weightPointer)
    try context.checkpoint("inference", 0.5)
    let robust = try coordinates(options, scores, weighted, leverages, freedom: Double(freedom), n)
    let covariance = try system.covariance(coordinates: robust?.matrix, scale: scale)
    let testFreedom = robust?.groupCount.map { Double($0 - 1) } ?? Double(freedom)
    let usesT = options.usesT ?? (options.type == .nonrobust)
    let intercepts = system.basis.hasIntercept ? [solution.intercepts[0]] : []
    let coefficients = CoefficientInference(
      hasIntercept: hasConstant, estimates: intercepts + (0..<data.columns).map { solution.coefficients[$0] },
      covariance: covariance, reference: usesT ? .studentT(testFreedom) : .normal)
    var numbers = statistics(n, squares, scale)
    numbers["condition_number_"] = system.conditionNumber
    let total = totalSum
    numbers["ssr_"] = squares
    numbers["ess_"] = total - squares
    numbers["tss_"] = total
    numbers["mse_resid_"] = scale
    numbers["mse_total_"] = total / Double(n - (hasConstant ? 1 : 0))
    let modelFreedom = Double(rank - (hasConstant ? 1 : 0))
    var f = Double.nan
    if modelFreedom > 0 {
      f =
        options.type == .nonrobust
        ? (total - squares) / modelFreedom / scale : try coefficients.wald() / modelFreedom
    }
    numbers["mse_model_"] = (total - squares) / modelFreedom
    numbers["fvalue_"] = f
    numbers["f_pvalue_"] = ReferenceDistribution.fUpperTail(f, modelFreedom, testFreedom)
    try addNormality(&numbers, weighted)
    var arrays = [
      "resid_": residuals, "leverage_": leverages,
      "resid_pearson_": try LeastSquaresInference.divided(weighted, by: scale.squareRoot()),
    ]
    if data.weights != nil || name == "GLS" { arrays["wresid_"] = weighted }
    if !prefixesConstant { arrays["vif_"] = try NDArray(system.varianceInflation) }
    return InferenceRecord(
      model: name, covarianceType: options.type, coefficients: coefficients, numbers: numbers, arrays: arrays,
      basis: system.basis,
      coordinateCovariance: try InferenceRecord.coordinateMatrix(
        robust?.matrix, scale: scale, size: system.basis.size),
      prefixesConstant: prefixesConstant)
  }

  private static func divided(_ array: NDArray, by number: Double) throws(ApusError) -> NDArray {
    let result = try array.copied()
    let target = result.pointer(Double.self)
    for row in 0..<result.count { target[row] /= number }
    return result
  }

  /// Rows with weight.
  private var observationCount: Int {
    guard let weights = data.weightPointer else { return data.rows }
    var count = 0
    for row in 0..<data.rows where weights[row] > 0 { count += 1 }
    return count
  }

  /// √w (y − ŷ); for generalised least squares the residuals of the whitened problem.
  private func weightedResiduals() throws -> NDArray {
    let result = try NDArray(uninitialized: [data.rows], dtype: .float64)
    let target = result.pointer(Double.self)
    if name == "GLS" {
      let fitted = try fittedValues()
      for row in 0..<data.rows { target[row] = data.targetPointer[row] - fitted.pointer(Double.self)[row] }
      return result
    }
    for row in 0..<data.rows {
      target[row] = residuals.pointer(Double.self)[row] * (data.weightPointer.map { $0[row].squareRoot() } ?? 1)
    }
    return result
  }

  private func fittedValues() throws -> NDArray {
    let coefficients = try NDArray(uninitialized: [1, data.columns], dtype: .float64)
    coefficients.pointer(Double.self).update(from: solution.coefficients.pointer, count: data.columns)
    return try LinearPrediction.predict(
      data.design, coefficients: coefficients, intercepts: NDArray(solution.intercepts), dtype: .float64)
  }

  private func coordinates(
    _ options: CovarianceOptions, _ scores: OrthonormalScores, _ weighted: NDArray, _ leverages: NDArray,
    freedom: Double, _ n: Int
  ) throws -> (matrix: Buffer<Double>, groupCount: Int?)? {
    if options.type == .nonrobust { return nil }
    let functions = try Buffer<Double>(count: data.rows)
    for row in 0..<data.rows {
      functions[row] =
        weighted.pointer(Double.self)[row] * (data.weightPointer.map { $0[row].squareRoot() } ?? 1)
    }
    let result = try RobustCovariance(scores: scores, residuals: UnsafePointer(functions.pointer)).coordinates(
      options, leverages: UnsafePointer(leverages.pointer(Double.self)), observations: Double(n),
      residualFreedom: freedom)
    withExtendedLifetime((functions, leverages)) {}
    return result
  }

  /// Σ w (y − ȳ)², or Σ w y² without a constant; with a whitened constant the residual sum of the constant alone.
  private var totalSum: Double {
    let p = moments.featureCount
    let exponent = moments.exponents[p]
    var sum = moments.moment(p, p)
    let ones = system.basis.hasIntercept ? moments.onesIndex : 0
    if hasConstant, moments.moment(ones, ones).high > 0 {
      let product = moments.moment(ones, p)
      sum -= product / moments.moment(ones, ones) * product
    }
    return Swift.max(0, sum.scaled(byPowerOfTwo: 2 * exponent).value)
  }

  private func statistics(_ n: Int, _ squares: Double, _ scale: Double) -> [String: Double] {
    let (count, rank) = (Double(n), Double(system.basis.size))
    let constant = hasConstant ? 1.0 : 0
    let freedom = count - rank
    let total = totalSum
    let rSquared = total > 0 ? 1 - squares / total : .nan
    let likelihood = -count / 2 * (Double.log(2 * .pi) + Double.log(squares / count) + 1) + logDeterminant / 2
    return [
      "nobs_": count, "df_resid_": freedom, "df_model_": rank - constant, "scale_": scale, "rsquared_": rSquared,
      "rsquared_adj_": freedom > 0 ? 1 - (1 - rSquared) * (count - constant) / freedom : .nan, "llf_": likelihood,
      "aic_": -2 * likelihood + 2 * rank, "bic_": -2 * likelihood + Double.log(count) * rank,
    ]
  }

  /// Durbin and Watson's, Jarque and Bera's and D'Agostino and Pearson's statistics of the weighted residuals.
  private func addNormality(_ numbers: inout [String: Double], _ weighted: NDArray) throws(ApusError) {
    let (e, rows) = (weighted.pointer(Double.self), weighted.count)
    var (sum, differences) = (e[0] * e[0], 0.0)
    for row in 1..<Swift.max(1, rows) {
      sum += e[row] * e[row]
      differences += (e[row] - e[row - 1]) * (e[row] - e[row - 1])
    }
    numbers["durbin_watson_"] = differences / sum
    let test = rows >= 2 ? try HypothesisTests.jarqueBera(weighted) : nil
    numbers["jarque_bera_"] = test?.statistic ?? .nan
    numbers["jarque_bera_pvalue_"] = test?.pValue ?? .nan
    numbers["skew_"] = test?.extras.first { $0.name == "skewness" }?.value ?? .nan
    numbers["kurtosis_"] = (test?.extras.first { $0.name == "kurtosis" }?.value ?? .nan) + 3
    let omnibus = rows >= 8 ? try HypothesisTests.dagostinoPearson(weighted) : nil
    numbers["omnibus_"] = omnibus?.statistic ?? .nan
    numbers["omnibus_pvalue_"] = omnibus?.pValue ?? .nan
  }
}

extension InferenceRecord {
  /// S as an array: the given matrix, or a multiple of the identity.
  static func coordinateMatrix(_ matrix: Buffer<Double>?, scale: Double, size: Int) throws(ApusError) -> NDArray {
    let extent = Swift.max(1, size)
    let result = try NDArray(zeros: [extent, extent])
    let target = result.pointer(Double.self)
    if let matrix {
      target.update(from: matrix.pointer, count: size * size)
    } else {
      for index in 0..<size { target[index * size + index] = scale }
    }
    return result
  }
}
