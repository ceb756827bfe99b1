import ApusModels
import ApusNumerics

/// Division of sparse rows into blocks that are made dense one at a time.
enum SparseRowBlocks {
  /// Cells of a block.
  private static let cells = 1 << 20

  /// Calls `body` with every block, as a dense matrix, and the number of its first row.
  static func forEach(_ features: FeatureMatrix, _ body: (_ block: NDArray, _ start: Int) throws -> Void) throws {
    switch features {
    case .dense(let matrix): try body(matrix, 0)
    case .sparse(let matrix):
      let size = max(cells / max(matrix.columns, 1), 1)
      for start in stride(from: 0, to: matrix.rows, by: size) {
        try body(try dense(matrix, start..<min(start + size, matrix.rows)), start)
      }
    }
  }

  /// The results of an operation that treats every row alone, block by block, joined along the axis of the rows.
  ///
  /// - Parameter axis: the axis of the results that is the rows': 1 where stages come first.
  static func results(
    _ matrix: CSRMatrix, axis: Int = 0, _ operation: (NDArray) throws -> NDArray
  ) throws -> NDArray {
    var result: NDArray?
    try forEach(.sparse(matrix)) { block, start in
      let part = try operation(block).contiguous()
      var shape = part.shape
      shape[axis] = matrix.rows
      let whole = try result ?? NDArray(uninitialized: shape, dtype: part.dtype)
      let rowBytes = shape.dropFirst(axis + 1).reduce(part.dtype.stride, *)
      let bytes = part.shape[axis] * rowBytes
      for outer in 0..<shape.prefix(axis).reduce(1, *) {
        (whole.data + (outer * matrix.rows + start) * rowBytes).copyMemory(
          from: part.data + outer * bytes, byteCount: bytes)
      }
      result = whole
      withExtendedLifetime(part) {}
    }
    guard let result else { throw ApusError.shapeMismatch(name: "X", reason: "has no rows") }
    return result
  }

  private static func dense(_ matrix: CSRMatrix, _ rows: Range<Int>) throws(ApusError) -> NDArray {
    let result = try NDArray(zeros: [rows.count, matrix.columns], dtype: matrix.values.dtype)
    func fill<Element: NDElement & BinaryFloatingPoint>(_ type: Element.Type) {
      let (offsets, indices) = (matrix.rowOffsets.pointer(Int64.self), matrix.columnIndices.pointer(Int64.self))
      let (source, target) = (matrix.values.pointer(type), result.pointer(type))
      for row in rows {
        let line = target + (row - rows.lowerBound) * matrix.columns
        for entry in Int(offsets[row])..<Int(offsets[row + 1]) { line[Int(indices[entry])] += source[entry] }
      }
    }
    if matrix.values.dtype == .float32 { fill(Float.self) } else { fill(Double.self) }
    return result
  }
}
