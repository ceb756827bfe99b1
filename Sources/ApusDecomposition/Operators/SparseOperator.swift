import ApusNumerics

/// A CSR matrix as an operator, with its columns centred and scaled without touching the zeros:
/// A = (X − 1 · meansᵀ) · diag(factors).
struct SparseOperator: MatrixOperator {
  let rows: Int
  let columns: Int
  private let matrix: SparseEntries
  /// The same entries column by column.
  private let transposed: SparseEntries
  private let means: NDArray?
  private let factors: NDArray?

  /// - Parameters:
  ///   - means: (columns,) float64, subtracted from the columns; nil for none.
  ///   - factors: (columns,) float64 the centred columns are multiplied with; nil for ones.
  /// - Throws: ``ApusError/outOfMemory(bytes:)``. Memory: one more copy of the entries.
  init(_ matrix: CSRMatrix, means: NDArray? = nil, factors: NDArray? = nil) throws(ApusError) {
    rows = matrix.rows
    columns = matrix.columns
    self.matrix = try SparseEntries(matrix)
    transposed = try self.matrix.transposed(columns: matrix.columns)
    self.means = means
    self.factors = factors
  }

  func apply(_ v: NDArray) throws -> NDArray {
    let scaled = try v.copied()
    scale(scaled)
    let result = try matrix.multiply(scaled)
    guard let means else { return result }
    let b = v.shape[1]
    let offset = try Buffer<Double>(zeroed: b)
    let (mean, source, target) = (means.pointer(Double.self), scaled.pointer(Double.self), result.pointer(Double.self))
    for j in 0..<columns {
      for k in 0..<b { offset.pointer[k] += mean[j] * source[j &* b &+ k] }
    }
    for i in 0..<rows {
      for k in 0..<b { target[i &* b &+ k] -= offset.pointer[k] }
    }
    return result
  }

  func applyAdjoint(_ u: NDArray) throws -> NDArray {
    let block = try u.contiguous()
    let result = try transposed.multiply(block)
    if let means {
      let b = u.shape[1]
      let sums = try Buffer<Double>(zeroed: b)
      let (mean, source, target) = (means.pointer(Double.self), block.pointer(Double.self), result.pointer(Double.self))
      for i in 0..<rows {
        for k in 0..<b { sums.pointer[k] += source[i &* b &+ k] }
      }
      for j in 0..<columns {
        for k in 0..<b { target[j &* b &+ k] -= mean[j] * sums.pointer[k] }
      }
    }
    scale(result)
    return result
  }

  private func scale(_ block: NDArray) {
    guard let factors else { return }
    let (b, factor, pointer) = (block.shape[1], factors.pointer(Double.self), block.pointer(Double.self))
    for j in 0..<columns {
      for k in 0..<b { pointer[j &* b &+ k] *= factor[j] }
    }
  }
}

/// Compressed rows with float64 values.
struct SparseEntries: Sendable {
  let rows: Int
  let offsets: NDArray
  let indices: NDArray
  let values: NDArray

  init(_ matrix: CSRMatrix) throws(ApusError) {
    self.init(
      rows: matrix.rows, offsets: matrix.rowOffsets, indices: matrix.columnIndices,
      values: try matrix.values.converted(to: .float64))
  }

  /// The entries of some of the rows; the arrays are shared.
  func slice(_ range: Range<Int>) throws(ApusError) -> SparseEntries {
    let (source, starts) = (
      offsets.pointer(Int64.self), try NDArray(uninitialized: [range.count + 1], dtype: .int64)
    )
    for row in 0...range.count {
      starts.pointer(Int64.self)[row] = source[range.lowerBound + row] - source[range.lowerBound]
    }
    let entries = Int(source[range.lowerBound])..<Int(source[range.upperBound])
    return SparseEntries(
      rows: range.count, offsets: starts, indices: try indices.slice(entries), values: try values.slice(entries))
  }

  func copied() throws(ApusError) -> SparseEntries {
    SparseEntries(
      rows: rows, offsets: try offsets.copied(), indices: try indices.copied(), values: try values.copied())
  }

  /// As a matrix of `columns` columns.
  func matrix(columns: Int) throws(ApusError) -> CSRMatrix {
    try CSRMatrix(rows: rows, columns: columns, rowOffsets: offsets, columnIndices: indices, values: values)
  }

  private init(rows: Int, offsets: NDArray, indices: NDArray, values: NDArray) {
    self.rows = rows
    self.offsets = offsets
    self.indices = indices
    self.values = values
  }

  /// The same entries ordered by column, rows ascending within each: a counting sort.
  func transposed(columns: Int) throws(ApusError) -> SparseEntries {
    let count = values.count
    let starts = try NDArray(zeros: [columns + 1], dtype: .int64)
    let newIndices = try NDArray(uninitialized: [count], dtype: .int64)
    let newValues = try NDArray(uninitialized: [count], dtype: .float64)
    let next = try Buffer<Int64>(count: columns + 1)
    let (start, index, value) = (starts.pointer(Int64.self), indices.pointer(Int64.self), values.pointer(Double.self))
    let (toIndex, toValue) = (newIndices.pointer(Int64.self), newValues.pointer(Double.self))
    let offset = offsets.pointer(Int64.self)
    for entry in 0..<count { start[Int(index[entry]) &+ 1] &+= 1 }
    for column in 0..<columns { start[column &+ 1] &+= start[column] }
    next.pointer.update(from: start, count: columns + 1)
    for row in 0..<rows {
      for entry in Int(offset[row])..<Int(offset[row &+ 1]) {
        let column = Int(index[entry])
        let place = Int(next.pointer[column])
        next.pointer[column] &+= 1
        toIndex[place] = Int64(row)
        toValue[place] = value[entry]
      }
    }
    return SparseEntries(rows: columns, offsets: starts, indices: newIndices, values: newValues)
  }

  /// The rows times a block (width, b): (rows, b), row-major.
  func multiply(_ block: NDArray) throws(ApusError) -> NDArray {
    let source = try block.contiguous()
    let b = block.shape[1]
    let result = try NDArray(zeros: [rows, b])
    let (from, to) = (source.pointer(Double.self), result.pointer(Double.self))
    let (offset, index, value) = (
      offsets.pointer(Int64.self), indices.pointer(Int64.self), values.pointer(Double.self)
    )
    let parts = Swift.max(1, Swift.min(64, values.count * b >> 15))
    ThreadPool.parallelFor(tasks: parts) { part in
      for row in (part * rows / parts)..<((part + 1) * rows / parts) {
        let target = to + row &* b
        for entry in Int(offset[row])..<Int(offset[row &+ 1]) {
          let (factor, line) = (value[entry], from + Int(index[entry]) &* b)
          for k in 0..<b { target[k] += factor * line[k] }
        }
      }
    }
    withExtendedLifetime(source) {}
    return result
  }
}
