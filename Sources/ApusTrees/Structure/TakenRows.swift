import ApusModels
import ApusNumerics

/// Copies of chosen rows.
enum TakenRows {
  /// Rows of an array of at least one dimension, in the order given, row-major.
  static func take<Rows: Collection>(
    _ array: NDArray, _ rows: Rows
  ) throws(ApusError) -> NDArray where Rows.Element: BinaryInteger {
    let source = try array.contiguous()
    var shape = source.shape
    let width = shape.dropFirst().reduce(1, *) * source.dtype.stride
    shape[0] = rows.count
    let result = try NDArray(uninitialized: shape, dtype: source.dtype)
    for (place, row) in rows.enumerated() {
      (result.data + place * width).copyMemory(from: source.data + Int(row) * width, byteCount: width)
    }
    return result
  }

  /// Rows of a sparse matrix, in the order given.
  ///
  /// - Complexity: O(rows + entries taken).
  static func take<Rows: Collection>(
    _ matrix: CSRMatrix, _ rows: Rows
  ) throws(ApusError) -> CSRMatrix where Rows.Element: BinaryInteger {
    let starts = matrix.rowOffsets.pointer(Int64.self)
    let offsets = try NDArray(uninitialized: [rows.count + 1], dtype: .int64)
    let ends = offsets.pointer(Int64.self)
    ends[0] = 0
    for (place, row) in rows.enumerated() {
      ends[place + 1] = ends[place] + starts[Int(row) + 1] - starts[Int(row)]
    }
    let (from, numbers) = (matrix.columnIndices, matrix.values)
    let indices = try NDArray(uninitialized: [Int(ends[rows.count])], dtype: .int64)
    let values = try NDArray(uninitialized: [Int(ends[rows.count])], dtype: numbers.dtype)
    let size = numbers.dtype.stride
    for (place, row) in rows.enumerated() {
      let (source, target) = (Int(starts[Int(row)]), Int(ends[place]))
      let count = Int(ends[place + 1]) - target
      (indices.data + 8 * target).copyMemory(from: from.data + 8 * source, byteCount: 8 * count)
      (values.data + size * target).copyMemory(from: numbers.data + size * source, byteCount: size * count)
    }
    withExtendedLifetime((matrix, from, numbers)) {}
    return try CSRMatrix(
      rows: rows.count, columns: matrix.columns, rowOffsets: offsets, columnIndices: indices, values: values)
  }

  /// Rows of dense or sparse features, in the order given.
  static func take<Rows: Collection>(
    _ features: FeatureMatrix, _ rows: Rows
  ) throws(ApusError) -> FeatureMatrix where Rows.Element: BinaryInteger {
    switch features {
    case .dense(let matrix): return .dense(try take(matrix, rows))
    case .sparse(let matrix): return .sparse(try take(matrix, rows))
    }
  }
}
