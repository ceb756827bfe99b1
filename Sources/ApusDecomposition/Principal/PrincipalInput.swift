import ApusModels
import ApusNumerics

/// Features as the solvers of principal components read them: validated, and of moderate magnitude.
struct PrincipalInput {
  /// Dense float32 or float64, or CSR; the caller's features divided by 2^exponent. Integers and bools only if they were to
  /// be kept.
  let features: FeatureMatrix
  /// Element type of results.
  let dtype: DType
  let exponent: Int
  /// Where they were found while the features were validated.
  private(set) var moments: CovarianceMoments?

  var rows: Int { features.rows }
  var columns: Int { features.columns }

  /// - Parameters:
  ///   - allowsMissing: NaN stands for a missing value.
  ///   - keepsIntegers: leave integers and bools to a solver that converts them block by block, so that no copy of X is made.
  init(
    _ features: FeatureMatrix, schema: EstimatorSchema, expectedColumns: Int? = nil, allowsMissing: Bool = false,
    keepsIntegers: Bool = false
  ) throws(ApusError) {
    var input = features
    var type: DType?
    if case .dense(let array) = features, !array.dtype.isFloatingPoint {
      if !keepsIntegers { input = .dense(try PrincipalInput.floating(array)) }
      type = .float64
    }
    let checked: FeatureMatrix
    if allowsMissing, case .dense(let array) = input {
      try FiniteCheck.requireFinite(array, name: "X", policy: .allowNaN)
      checked = try InputValidation.features(
        input, schema: schema.accepting(.missingValues), expectedColumns: expectedColumns)
    } else {
      checked = try InputValidation.features(
        input, schema: schema, expectedColumns: expectedColumns, keepsIntegers: keepsIntegers)
    }
    switch checked {
    case .dense(let array):
      dtype = type ?? array.dtype
      if allowsMissing || !array.dtype.isFloatingPoint {
        (self.features, exponent) = (checked, 0)
      } else {
        let scaled = try ScaledMatrix(array, name: "X")
        (self.features, exponent) = (.dense(scaled.array), scaled.exponent)
      }
    case .sparse(let matrix):
      dtype = matrix.values.dtype
      let scaled = try ScaledMatrix(matrix.values, name: "X.data")
      exponent = scaled.exponent
      self.features = .sparse(
        scaled.exponent == 0
          ? matrix
          : try CSRMatrix(
            rows: matrix.rows, columns: matrix.columns, rowOffsets: matrix.rowOffsets,
            columnIndices: matrix.columnIndices, values: scaled.array))
    }
  }

  /// Features on a small grid, whose moments tell at once that they are finite and of moderate magnitude, so that they are
  /// read only once; nil where they are something else, valid or not.
  ///
  /// - Parameter precision: see ``CovarianceMoments``.
  init?(
    onGrid features: FeatureMatrix, schema: EstimatorSchema, precision: DType,
    checkpoint: () throws(ApusError) -> Void
  ) throws(ApusError) {
    guard case .dense(let source) = features, source.dtype.isFloatingPoint || source.dtype.stride == 1,
      case .dense(let array) = try InputValidation.features(
        features, schema: schema, keepsIntegers: true, defersFiniteTest: true),
      let moments = try ByteMoments.moments(array, precision: precision, checkpoint: checkpoint)
    else { return nil }
    self.features = .dense(array)
    dtype = array.dtype.isFloatingPoint ? array.dtype : .float64
    exponent = 0
    self.moments = moments
  }

  /// Integers as floating-point numbers: bytes are exact in float32, in half the memory.
  static func floating(_ array: NDArray) throws(ApusError) -> NDArray {
    if array.dtype.isFloatingPoint { return array }
    return try array.converted(to: array.dtype.stride == 1 ? .float32 : .float64)
  }
}

extension EstimatorSchema {
  /// The schema with further traits.
  func accepting(_ more: EstimatorTraits) -> EstimatorSchema {
    EstimatorSchema(
      kind: kind, pythonName: pythonName, pythonModule: pythonModule, doc: doc, role: role, parameters: parameters,
      attributes: attributes, operations: operations, traits: traits.union(more))
  }
}
