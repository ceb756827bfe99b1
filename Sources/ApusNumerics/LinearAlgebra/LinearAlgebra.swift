/// Dense linear algebra on ``NDArray``: products, factorisations, solvers and what follows from them.
///
/// Arguments are float32 or float64 matrices of any strides; rows or columns that are contiguous are read in place, any
/// other layout is copied once. Integers and Booleans are taken as float64, and when two arguments differ in type both
/// are. Results have the type of the arguments and the same bits for every thread count.
///
/// Factorisations and solvers refuse NaN and infinity, naming row and column
/// (``ApusError/nonFiniteValue(name:reason:)``); products pass them through. Extents beyond 2³¹ − 1 are refused
/// (``ApusError/sizeOverflow(reason:)``). Empty matrices give empty results. A matrix that is singular or not positive
/// definite where it must be is ``ApusError/numericalFailure(reason:)``.
public enum LinearAlgebra {
  /// `array` as a float32 or float64 array.
  static func floating(_ array: NDArray, name: String) throws(ApusError) -> NDArray {
    array.dtype.isFloatingPoint ? array : try array.converted(to: .float64, name: name)
  }

  /// `array` as a floating-point matrix, or an error that names it.
  static func matrix(_ array: NDArray, name: String) throws(ApusError) -> NDArray {
    guard array.rank == 2 else {
      throw .shapeMismatch(name: name, reason: "has \(array.rank) dimensions, needs 2")
    }
    try BLAS.checkExtents(array.shape, name: name)
    return try floating(array, name: name)
  }

  /// `array` as a floating-point square matrix.
  static func squareMatrix(_ array: NDArray, name: String) throws(ApusError) -> NDArray {
    let result = try matrix(array, name: name)
    guard result.shape[0] == result.shape[1] else {
      throw .shapeMismatch(name: name, reason: "has shape \(result.shape), needs a square matrix")
    }
    return result
  }

  /// `array` as a finite floating-point square matrix.
  static func finiteSquareMatrix(_ array: NDArray, name: String) throws(ApusError) -> NDArray {
    let result = try squareMatrix(array, name: name)
    try FiniteCheck.requireFinite(result, name: name)
    return result
  }

  /// Both arrays in float32 if both are, else in float64.
  static func promoted(
    _ first: NDArray, name firstName: String, _ second: NDArray, name secondName: String
  ) throws(ApusError) -> (NDArray, NDArray) {
    if first.dtype == second.dtype && first.dtype.isFloatingPoint { return (first, second) }
    return (
      try first.converted(to: .float64, name: firstName), try second.converted(to: .float64, name: secondName)
    )
  }

  /// An uninitialised array in column-major order.
  static func columnMajor(rows: Int, columns: Int, dtype: DType) throws(ApusError) -> NDArray {
    try NDArray(uninitialized: [columns, rows], dtype: dtype).transposed
  }

  /// A column-major copy of a matrix.
  static func columnMajorCopy(_ source: NDArray) throws(ApusError) -> NDArray {
    let result = try columnMajor(rows: source.shape[0], columns: source.shape[1], dtype: source.dtype)
    try MatrixCopy.copy(source, into: result)
    return result
  }
}
