import ApusModels
import ApusNumerics

/// A fitted linear regression of any kind in this room: ŷ = X coefᵀ + intercept.
struct LinearModel: FittedModel {
  let schema: EstimatorSchema
  let featureCount: Int
  let targetCount: Int
  /// Whether coefficients and predictions have one dimension.
  let targetsAreVector: Bool
  /// (targets, columns) float64.
  let coefficients: NDArray
  /// (targets,) float64.
  let intercepts: NDArray
  let fitIntercept: Bool
  /// Element type of attributes, and of predictions for features of the same type.
  let dtype: DType
  let rowCount: Int
  let rank: Int?
  let residualSums: [Double]
  /// See ``LinearSolution/factor``.
  let factor: NDArray?
  let iterations: [Int]?
  /// The method that was used, as scikit-learn names it.
  let solver: String?
  /// What `partial_fit` and `merge` go on from.
  let moments: CrossMoments?
  /// Duality gaps at the end of coordinate descent, one a target.
  var dualGaps: [Double]?
  /// Further attributes by name, such as what a cross-validation chose; they go before those of the same name here.
  var extras: [String: ParameterValue] = [:]
  /// Present after a fit with inference.
  var inference: InferenceRecord?

  /// Makes the intercepts those of features with the offsets that they were fitted without; for a model just made.
  func restore(_ offsets: FeatureOffsets) {
    for k in 0..<targetCount {
      intercepts.pointer(Double.self)[k] -= offsets.constant(coefficients.pointer(Double.self) + k * featureCount)
    }
  }

  func attribute(_ name: String) throws -> ParameterValue? {
    guard schema.attributes.contains(where: { $0.name == name }) else { return nil }
    if let extra = extras[name] { return extra }
    switch name {
    case "coef_":
      let array = targetsAreVector ? try coefficients.reshaped([featureCount]) : coefficients
      return .array(try array.converted(to: dtype))
    case "intercept_":
      if !fitIntercept { return .double(0) }
      if targetsAreVector { return .double(rounded(intercepts.pointer(Double.self)[0])) }
      return .array(try intercepts.converted(to: dtype))
    case "rank_": return rank.map { .int(Int64($0)) }
    case "singular_": return try singularValues().map { .array($0) }
    case "residues_":
      if targetsAreVector { return .double(residualSums[0]) }
      return .array(try NDArray(residualSums))
    case "n_features_in_": return .int(Int64(featureCount))
    case "n_iter_":
      let iterations = iterations ?? [Int](repeating: 1, count: targetCount)
      if dualGaps != nil, targetsAreVector { return .int(Int64(iterations[0])) }
      return .array(try NDArray(iterations.map { Int64($0) }))
    case "dual_gap_":
      guard let dualGaps else { return nil }
      return targetsAreVector ? .double(dualGaps[0]) : .array(try NDArray(dualGaps))
    case "solver_": return solver.map { .string($0) }
    default: return try inference?.attribute(name)
    }
  }

  private func rounded(_ value: Double) -> Double { dtype == .float32 ? Double(Float(value)) : value }

  /// Descending, min(rows, columns) of them; zeros beyond the rank.
  private func singularValues() throws(ApusError) -> NDArray? {
    guard let factor else { return nil }
    let count = Swift.min(rowCount, featureCount)
    let result = try NDArray(zeros: [count], dtype: .float64)
    if factor.isEmpty { return try result.converted(to: dtype) }
    let values = try LinearAlgebra.singularValues(factor)
    result.pointer(Double.self).update(
      from: values.pointer(Double.self), count: Swift.min(count, values.count))
    return try result.converted(to: dtype)
  }

  func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    if operation == .confidenceIntervals {
      return try fittedInference().coefficients.intervals(InferenceArguments(arguments, allowed: ["alpha"]).alpha)
    }
    guard operation == .predict || operation == .predictionTable else {
      throw ApusError.unsupported(reason: "\(operation.rawValue): \(schema.kind) only predicts")
    }
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let features = try InputValidation.features(input, schema: schema, expectedColumns: featureCount)
    if operation == .predictionTable { return try predictionTable(features, arguments) }
    let predictions: NDArray
    switch features {
    case .dense(let array):
      let type: DType = array.dtype == .float32 && dtype == .float32 ? .float32 : .float64
      predictions = try LinearPrediction.predict(
        DesignMatrix(dense: array), coefficients: coefficients, intercepts: intercepts, dtype: type)
    case .sparse(let matrix):
      let type: DType = matrix.values.dtype == .float32 && dtype == .float32 ? .float32 : .float64
      predictions = try LinearPrediction.predict(
        DesignMatrix(sparse: matrix), coefficients: coefficients, intercepts: intercepts, dtype: type)
    }
    return targetsAreVector ? try predictions.reshaped([input.rows]) : predictions
  }

  func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    let predictions = try apply(.predict, to: features, arguments: [:], context: context)
    let checked = try InputValidation.targets(targets, rows: features.rows, schema: schema)
    return try Scores.r2(targets: checked, predictions: predictions, sampleWeight: sampleWeight)
  }
}

/// Inference about a fitted model.
extension LinearModel {
  func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    guard name == "summary" else {
      throw ApusError.unsupported(reason: "text: '\(name)' is not a report of \(schema.kind); known is 'summary'")
    }
    let record = try fittedInference()
    return try LeastSquaresSummary.text(
      record, InferenceArguments(arguments, allowed: ["alpha", "xname", "yname", "title"]))
  }

  private func fittedInference() throws(ApusError) -> InferenceRecord {
    if let inference { return inference }
    throw .unsupported(reason: "inference: \(schema.pythonName) was fitted without inference=True")
  }

  /// (rows, 6): mean, its standard error, its interval, the interval of an observation.
  private func predictionTable(
    _ features: FeatureMatrix, _ arguments: [String: ParameterValue]
  ) throws -> NDArray {
    let record = try fittedInference()
    let arguments = try InferenceArguments(arguments, allowed: ["alpha"])
    let design: DesignMatrix
    switch features {
    case .dense(let array): design = DesignMatrix(dense: array)
    case .sparse(let matrix): design = try DesignMatrix(sparse: matrix)
    }
    let means = try LinearPrediction.predict(
      design, coefficients: coefficients, intercepts: intercepts, dtype: .float64)
    let errors = try record.predictorErrors(design)
    let result = try NDArray(uninitialized: [design.rows, 6], dtype: .float64)
    let (mean, error, target) = (
      means.pointer(Double.self), errors.pointer(Double.self), result.pointer(Double.self)
    )
    let critical = record.coefficients.reference.criticalValue(arguments.alpha)
    let variance = record.number("scale_")
    for row in 0..<design.rows {
      let (line, own) = (target + 6 * row, error[row])
      let spread = critical * (own * own + variance).squareRoot()
      line[0] = mean[row]
      line[1] = own
      line[2] = mean[row] - critical * own
      line[3] = mean[row] + critical * own
      line[4] = mean[row] - spread
      line[5] = mean[row] + spread
    }
    withExtendedLifetime((means, errors)) {}
    return result
  }
}
