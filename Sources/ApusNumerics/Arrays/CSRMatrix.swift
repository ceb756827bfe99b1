/// A sparse matrix in compressed sparse row form (CSR): the entries of row i are `values[rowOffsets[i]..<rowOffsets[i+1]]`
/// in the columns `columnIndices` at the same positions.
///
/// Values are float32 or float64; offsets and indices are int64, contiguous. Indices of a row need not be sorted, and
/// repeated indices add up, as in SciPy.
public struct CSRMatrix: Sendable {
  public let rows: Int
  public let columns: Int
  /// `rows + 1` offsets, int64, from 0 to the number of entries.
  public let rowOffsets: NDArray
  /// Column of every entry, int64.
  public let columnIndices: NDArray
  /// Value of every entry, float32 or float64.
  public let values: NDArray

  /// Validates the structure in one pass over it.
  ///
  /// - Throws: ``ApusError/shapeMismatch(name:reason:)`` or ``ApusError/invalidArgument(name:reason:)`` naming the first
  ///   offset or index that is wrong.
  /// - Complexity: O(rows + entries).
  public init(
    rows: Int, columns: Int, rowOffsets: NDArray, columnIndices: NDArray, values: NDArray
  ) throws(ApusError) {
    guard rows >= 0, columns >= 0 else {
      throw .invalidArgument(name: "shape", reason: "(\(rows), \(columns)) has a negative extent")
    }
    guard rowOffsets.rank == 1, rowOffsets.count - 1 == rows else {
      throw .shapeMismatch(name: "indptr", reason: "has shape \(rowOffsets.shape), needs [\(rows) + 1]")
    }
    guard columnIndices.rank == 1, values.rank == 1, columnIndices.count == values.count else {
      throw .shapeMismatch(
        name: "indices", reason: "has shape \(columnIndices.shape) beside data of shape \(values.shape)")
    }
    guard values.dtype.isFloatingPoint else {
      throw .unsupportedType(name: "data", reason: "holds \(values.dtype.name), allowed are float32 and float64")
    }
    self.rows = rows
    self.columns = columns
    self.rowOffsets = try rowOffsets.converted(to: .int64, name: "indptr")
    self.columnIndices = try columnIndices.converted(to: .int64, name: "indices")
    self.values = try values.contiguous()
    let offsets = self.rowOffsets.pointer(Int64.self)
    let indices = self.columnIndices.pointer(Int64.self)
    guard offsets[0] == 0, offsets[rows] == Int64(values.count) else {
      throw .invalidArgument(
        name: "indptr", reason: "runs from \(offsets[0]) to \(offsets[rows]), must run from 0 to \(values.count)")
    }
    for row in 0..<rows where offsets[row] > offsets[row + 1] {
      throw .invalidArgument(name: "indptr", reason: "decreases at row \(row)")
    }
    for entry in 0..<values.count where indices[entry] < 0 || indices[entry] >= Int64(columns) {
      throw .invalidArgument(
        name: "indices", reason: "entry \(entry) names column \(indices[entry]), allowed are 0..<\(columns)")
    }
  }

  /// The dense equivalent, row-major; repeated indices are added.
  public func dense() throws(ApusError) -> NDArray {
    let result = try NDArray(zeros: [rows, columns], dtype: values.dtype)
    func fill<Element: NDElement & BinaryFloatingPoint>(_ type: Element.Type) {
      let (offsets, indices) = (rowOffsets.pointer(Int64.self), columnIndices.pointer(Int64.self))
      let (source, target) = (values.pointer(type), result.pointer(type))
      for row in 0..<rows {
        for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
          target[row * columns + Int(indices[entry])] += source[entry]
        }
      }
    }
    if values.dtype == .float32 { fill(Float.self) } else { fill(Double.self) }
    return result
  }
}
