import ApusModels
import ApusNumerics
import RealModule

/// Least squares with inference, and generalised least squares.
extension LinearRegression {
  /// Refuses targets whose sums of squares under- or overflow; those of the features show in the covariance.
  private func requireModerateTargets(_ data: RegressionData) throws(ApusError) {
    var largest = 0.0
    for index in 0..<data.rows { largest = Swift.max(largest, data.targetPointer[index].magnitude) }
    guard largest == 0 || (1e-140...1e140).contains(largest) else {
      throw .numericalFailure(
        reason:
          "y: its largest magnitude is \(largest), whose square is out of range; scale it to between 1e-140 and 1e140")
    }
  }

  /// By moments whatever the size, because their factor gives the covariance.
  func fitWithInference(_ training: TrainingData, _ context: FitContext) throws -> any FittedModel {
    let original = try RegressionData(training, schema: Self.schema, keepsColumnTargets: false)
    guard original.targetCount == 1, !positive else {
      throw ApusError.invalidArgument(
        name: inference ? "inference" : "sigma",
        reason: "is available for one target and without positive=True; y has \(original.targetCount) target(s)")
    }
    let options = try CovarianceOptions(
      type: covarianceType, maximumLag: maximumLag, usesCorrection: usesCorrection, usesT: usesT,
      groups: training.extras["groups"]
    ).checked(rows: original.rows)
    let errors = try ErrorCovariance(training.extras["sigma"], original, fitIntercept: fitIntercept)
    let intercept = fitIntercept && !errors.prefixesConstant
    let data = errors.data
    if inference { try requireModerateTargets(data) }
    let problem = LinearProblem(
      fitIntercept: intercept, penalties: [0], rankTolerance: LinearProblem.rankTolerance(original))
    let checkpoint = { (fraction: Double) in try context.checkpoint("least squares", fraction) }
    let moments = try CrossMoments(featureCount: data.columns, targetCount: 1).adding(data, checkpoint: checkpoint)
    let solution = try LeastSquares.solve(moments, problem, checkpoint)
    LinearFitting.warnOfRank(solution, rows: data.rows, columns: data.columns, context)
    var model = try LinearModel(
      errors.prefixesConstant ? solution.withoutLeadingConstant() : solution,
      moments: errors.prefixesConstant ? nil : moments,
      featureCount: original.columns, targetCount: 1, targetsAreVector: true, schema: Self.schema,
      fitIntercept: fitIntercept, dtype: original.dtype, solver: nil, rowCount: original.rows)
    if !inference { return model }
    let system = try OrthonormalSystem(
      moments, fitIntercept: intercept, tolerance: problem.rankTolerance, checkpoint: checkpoint)
    model.inference = try LeastSquaresInference(
      data: data, solution: solution, moments: moments, system: system, prefixesConstant: errors.prefixesConstant,
      logDeterminant: errors.logDeterminant, residuals: residuals(model, original), name: errors.name
    ).record(options, context)
    return model
  }

  /// y − ŷ.
  private func residuals(_ model: LinearModel, _ data: RegressionData) throws -> NDArray {
    let fitted = try LinearPrediction.predict(
      data.design, coefficients: model.coefficients, intercepts: model.intercepts, dtype: .float64)
    let result = try NDArray(uninitialized: [data.rows], dtype: .float64)
    for row in 0..<data.rows {
      result.pointer(Double.self)[row] = data.targetPointer[row] - fitted.pointer(Double.self)[row]
    }
    return result
  }
}

/// What is known of the errors' covariance, as a problem with independent errors.
private struct ErrorCovariance {
  let data: RegressionData
  let prefixesConstant: Bool
  let logDeterminant: Double
  let name: String

  init(_ sigma: NDArray?, _ original: RegressionData, fitIntercept: Bool) throws(ApusError) {
    guard let sigma else {
      data = original
      prefixesConstant = false
      logDeterminant = original.weights.map { ErrorCovariance.logSum($0) } ?? 0
      name = original.weights == nil ? "OLS" : "WLS"
      return
    }
    guard original.weights == nil else {
      throw .invalidArgument(name: "sigma", reason: "and sample_weight cannot both be given")
    }
    let rows = original.rows
    if sigma.shape == [rows] {
      let weights = try sigma.converted(to: .float64, name: "sigma").copied()
      try FiniteCheck.requireFinite(weights, name: "sigma")
      let w = weights.pointer(Double.self)
      for row in 0..<rows {
        guard w[row] > 0, (1 / w[row]).isFinite else {
          throw .invalidArgument(name: "sigma", reason: "variance \(w[row]) at row \(row) is not in (0, inf)")
        }
        w[row] = 1 / w[row]
      }
      data = RegressionData(
        design: original.design, targets: original.targets, weights: weights, dtype: original.dtype)
      prefixesConstant = false
      logDeterminant = ErrorCovariance.logSum(weights)
      name = "WLS"
      return
    }
    guard sigma.shape == [rows, rows] else {
      throw .shapeMismatch(
        name: "sigma",
        reason: "has shape \(InputValidation.tuple(sigma.shape)), allowed are (\(rows),) and (\(rows), \(rows))")
    }
    let whitened = try WhitenedRegression(original, covariance: sigma, fitIntercept: fitIntercept)
    data = whitened.data
    prefixesConstant = fitIntercept
    logDeterminant = whitened.logDeterminant
    name = "GLS"
  }

  /// Σ ln w over positive weights.
  private static func logSum(_ weights: NDArray) -> Double {
    var sum = 0.0
    let w = weights.pointer(Double.self)
    for row in 0..<weights.count where w[row] > 0 { sum += Double.log(w[row]) }
    withExtendedLifetime(weights) {}
    return sum
  }
}

extension LinearSolution {
  /// The solution with the coefficient of the first column as intercept; the factor, which is not that of centred
  /// features, is left out.
  fileprivate func withoutLeadingConstant() throws(ApusError) -> LinearSolution {
    let count = coefficients.count - 1
    let rest = try Buffer<Double>(count: count)
    for index in 0..<count { rest[index] = coefficients[index + 1] }
    return LinearSolution(
      coefficients: rest, intercepts: [coefficients[0]], rank: rank.map { Swift.max(0, $0 - 1) },
      residualSums: residualSums, factor: nil, iterations: iterations)
  }
}
