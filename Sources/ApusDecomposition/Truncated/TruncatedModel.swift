import ApusModels
import ApusNumerics

/// A fitted truncated singular value decomposition: T = X Vᵀ.
struct TruncatedModel: FittedModel {
  let schema: EstimatorSchema
  /// (k, p) float64.
  let components: NDArray
  let singularValues: NDArray
  let variances: NDArray
  let ratios: NDArray
  let iterations: Int
  let dtype: DType

  var featureCount: Int { components.shape[1] }

  init(_ factors: TruncatedFactors, input: PrincipalInput, count: Int, schema: EstimatorSchema) throws(ApusError) {
    self.schema = schema
    components = try factors.vTransposed.slice(0..<count).copied()
    singularValues = try factors.singularValues.slice(0..<count).copied()
    iterations = factors.iterations
    dtype = input.dtype
    let (n, total) = (Double(input.rows), try TruncatedModel.totalVariance(input))
    // Column means of T = U diag(s) give its variances: E[t²] = s² / n.
    let means = try ColumnReductions.means(factors.u)
    variances = try NDArray(uninitialized: [count], dtype: .float64)
    ratios = try NDArray(uninitialized: [count], dtype: .float64)
    for k in 0..<count {
      let s = singularValues.pointer(Double.self)[k]
      let mean = means.pointer(Double.self)[k]
      let variance = Swift.max(s * s * (1 / n - mean * mean), 0)
      variances.pointer(Double.self)[k] = variance
      ratios.pointer(Double.self)[k] = total > 0 ? variance / total : 0
    }
    PowerOfTwo.scale(singularValues, exponent: input.exponent)
    PowerOfTwo.scale(variances, exponent: 2 * input.exponent)
    if count > 0, !variances.pointer(Double.self)[0].isFinite {
      throw .numericalFailure(reason: "X: its variance exceeds the range of float64; divide the features by a constant")
    }
  }

  private static func totalVariance(_ input: PrincipalInput) throws(ApusError) -> Double {
    switch input.features {
    case .sparse(let matrix):
      return try SparseColumns(matrix, standardize: false).totalVariance * Double(Swift.max(input.rows - 1, 1))
        / Double(input.rows)
    case .dense(let array):
      let squares = try ColumnReductions.moments(array).squaredDeviations
      return try squares.elements(as: Double.self).reduce(0, +) / Double(input.rows)
    }
  }

  func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "components_": return .array(try components.converted(to: dtype))
    case "singular_values_": return .array(try singularValues.converted(to: dtype))
    case "explained_variance_": return .array(try variances.converted(to: dtype))
    case "explained_variance_ratio_": return .array(try ratios.converted(to: dtype))
    case "n_iter_": return .int(Int64(iterations))
    case "n_features_in_": return .int(Int64(featureCount))
    default: return nil
    }
  }

  func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let expected = operation == .inverseTransform ? components.shape[0] : featureCount
    let checked = try InputValidation.features(input, schema: schema, expectedColumns: expected)
    let inputType: DType
    switch checked {
    case .dense(let array): inputType = array.dtype
    case .sparse(let matrix): inputType = matrix.values.dtype
    }
    let type: DType = inputType == .float32 && dtype == .float32 ? .float32 : .float64
    switch operation {
    case .transform: return try RowProjection(components.transposed).apply(checked, dtype: type)
    case .inverseTransform: return try RowProjection(components).apply(checked, dtype: type)
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  func state() throws -> ModelState {
    ModelState(
      tensors: [
        "components": components, "singular_values": singularValues, "variances": variances, "ratios": ratios,
      ],
      scalars: ["n_iter": .int(Int64(iterations)), "dtype": .string(dtype.name)])
  }

  init(_ state: ModelState, schema: EstimatorSchema) throws {
    self.schema = schema
    components = try StoredNumbers.finite(state, "components", rank: 2)
    singularValues = try StoredNumbers.finite(state, "singular_values", rank: 1)
    variances = try StoredNumbers.finite(state, "variances", rank: 1)
    ratios = try StoredNumbers.finite(state, "ratios", rank: 1)
    iterations = try state.integer("n_iter")
    dtype = try StoredNumbers.dtype(state)
    let count = components.shape[0]
    guard count >= 1, components.shape[1] >= 1, singularValues.count == count, variances.count == count,
      ratios.count == count
    else { throw ApusError.malformedFile(reason: "model file: shapes of components and singular values do not fit") }
  }
}
