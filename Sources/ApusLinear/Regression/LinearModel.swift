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
    default: return nil
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
    guard operation == .predict else {
      throw ApusError.unsupported(reason: "\(operation.rawValue): \(schema.kind) only predicts")
    }
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let features = try InputValidation.features(input, schema: schema, expectedColumns: featureCount)
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
