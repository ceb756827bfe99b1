import ApusModels
import ApusNumerics

/// Rows that a kernel compares others with.
enum KernelRows: Sendable {
  /// (n, p) float64, row-major.
  case dense(NDArray)
  /// float64 values.
  case sparse(SparseEntries, columns: Int)

  /// - Parameter features: validated; dense ones are copied unless they are float64 without gaps.
  init(_ features: FeatureMatrix) throws(ApusError) {
    switch features {
    case .dense(let array): self = .dense(try array.converted(to: .float64).contiguous())
    case .sparse(let matrix): self = .sparse(try SparseEntries(matrix), columns: matrix.columns)
    }
  }

  var count: Int {
    switch self {
    case .dense(let rows): return rows.shape[0]
    case .sparse(let entries, _): return entries.rows
    }
  }

  var columns: Int {
    switch self {
    case .dense(let rows): return rows.shape[1]
    case .sparse(_, let columns): return columns
    }
  }

  /// All rows dense.
  func dense() throws(ApusError) -> NDArray {
    switch self {
    case .dense(let rows): return rows
    case .sparse(let entries, let columns): return try entries.matrix(columns: columns).dense()
    }
  }

  /// A copy that shares no memory with a caller.
  func copied() throws(ApusError) -> KernelRows {
    switch self {
    case .dense(let rows): return .dense(try rows.copied())
    case .sparse(let entries, let columns): return .sparse(try entries.copied(), columns: columns)
    }
  }

  /// Some of the rows.
  func slice(_ range: Range<Int>) throws(ApusError) -> KernelRows {
    switch self {
    case .dense(let rows): return .dense(try rows.slice(range))
    case .sparse(let entries, let columns): return .sparse(try entries.slice(range), columns: columns)
    }
  }

  /// The inner products of all rows with each other: (n, n), symmetric to the last bit.
  ///
  /// - Complexity: for sparse rows, half the sum of the squares of the entries in every column.
  func products() throws(ApusError) -> NDArray {
    switch self {
    case .dense(let rows): return try LinearAlgebra.gram(rows.transposed)
    case .sparse(let entries, let columns):
      let n = entries.rows
      let result = try NDArray(zeros: [n, n])
      let target = result.pointer(Double.self)
      let byColumn = try entries.transposed(columns: columns)
      ThreadPool.parallelBlocks(count: n, blockSize: 16) { block in
        for row in block { entries.addProducts(row, byColumn, last: row, into: target + row &* n) }
      }
      BLAS.mirror(n: n, lower: false, c: target, ldc: n)
      return result
    }
  }

  /// The inner product of every row with itself: (n,).
  func squares() throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [count], dtype: .float64)
    let target = result.pointer(Double.self)
    switch self {
    case .dense(let rows):
      let (source, p) = (rows.pointer(Double.self), rows.shape[1])
      for i in 0..<rows.shape[0] {
        var sum = 0.0
        for j in 0..<p { sum += source[i &* p &+ j] * source[i &* p &+ j] }
        target[i] = sum
      }
    case .sparse(let entries, let columns):
      let (offsets, indices, values) = (
        entries.offsets.pointer(Int64.self), entries.indices.pointer(Int64.self), entries.values.pointer(Double.self)
      )
      // Entries of one column add up before they are squared.
      let spread = try Buffer<Double>(zeroed: columns)
      for i in 0..<entries.rows {
        let range = Int(offsets[i])..<Int(offsets[i + 1])
        for entry in range { spread.pointer[Int(indices[entry])] += values[entry] }
        var sum = 0.0
        for entry in range { sum += spread.pointer[Int(indices[entry])] * values[entry] }
        for entry in range { spread.pointer[Int(indices[entry])] = 0 }
        target[i] = sum
      }
    }
    return result
  }
}

/// Inner products of other rows with those of a ``KernelRows``, prepared once.
struct KernelProducts {
  private enum Samples {
    case dense(RowProjection)
    case sparse(byColumn: SparseEntries, count: Int)
  }

  private let samples: Samples

  init(_ rows: KernelRows) throws(ApusError) {
    switch rows {
    case .dense(let array): samples = .dense(try RowProjection(array.transposed))
    case .sparse(let entries, let columns):
      samples = .sparse(byColumn: try entries.transposed(columns: columns), count: entries.rows)
    }
  }

  /// (rows of the block, n). A row gives the same bits in any block.
  func apply(_ block: KernelRows) throws(ApusError) -> NDArray {
    switch (samples, block) {
    case (.dense(let projection), .dense(let rows)): return try projection.apply(.dense(rows), dtype: .float64)
    case (.dense(let projection), .sparse(let entries, let columns)):
      return try projection.apply(.sparse(entries.matrix(columns: columns)), dtype: .float64)
    case (.sparse(let byColumn, let count), .sparse(let entries, _)):
      let result = try NDArray(zeros: [entries.rows, count])
      let target = result.pointer(Double.self)
      ThreadPool.parallelBlocks(count: entries.rows, blockSize: 16) { range in
        for row in range { entries.addProducts(row, byColumn, last: count - 1, into: target + row &* count) }
      }
      return result
    case (.sparse(let byColumn, let count), .dense(let rows)):
      let p = rows.shape[1]
      let result = try NDArray(zeros: [rows.shape[0], count])
      let (source, target) = (rows.pointer(Double.self), result.pointer(Double.self))
      ThreadPool.parallelBlocks(count: rows.shape[0], blockSize: 16) { range in
        for row in range {
          for column in 0..<p where source[row &* p &+ column] != 0 {
            byColumn.addRow(column, times: source[row &* p &+ column], last: count - 1, into: target + row &* count)
          }
        }
      }
      withExtendedLifetime(rows) {}
      return result
    }
  }
}

extension SparseEntries {
  /// Adds the inner products of row `row` with the rows 0 ... `last` of the matrix whose transpose is `byColumn`.
  @inline(__always)
  func addProducts(_ row: Int, _ byColumn: SparseEntries, last: Int, into target: UnsafeMutablePointer<Double>) {
    let (offset, index, value) = (offsets.pointer(Int64.self), indices.pointer(Int64.self), values.pointer(Double.self))
    for entry in Int(offset[row])..<Int(offset[row &+ 1]) {
      byColumn.addRow(Int(index[entry]), times: value[entry], last: last, into: target)
    }
  }

  /// Adds `factor` times the entries of a row, whose indices ascend, up to index `last`.
  @inline(__always)
  func addRow(_ row: Int, times factor: Double, last: Int, into target: UnsafeMutablePointer<Double>) {
    let (offset, index, value) = (offsets.pointer(Int64.self), indices.pointer(Int64.self), values.pointer(Double.self))
    for entry in Int(offset[row])..<Int(offset[row &+ 1]) {
      let place = Int(index[entry])
      if place > last { return }
      target[place] += factor * value[entry]
    }
  }
}
