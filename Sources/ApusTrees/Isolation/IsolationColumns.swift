import ApusNumerics

/// Values of some rows, one feature at a time.
protocol IsolationColumns {
  /// Features.
  var count: Int { get }

  /// Writes the values that rows have in a feature, in the order of the rows.
  func load(
    _ feature: Int, rows: UnsafePointer<UInt32>, count: Int, into values: UnsafeMutablePointer<Double>)
}

/// The columns of a dense matrix.
struct DenseIsolationColumns<Element: BinaryFloatingPoint & BitwiseCopyable>: IsolationColumns {
  let view: MatrixView<Element>
  var count: Int { view.columns }

  func load(
    _ feature: Int, rows: UnsafePointer<UInt32>, count: Int, into values: UnsafeMutablePointer<Double>
  ) {
    let column = view.base + feature &* view.columnStride
    for i in 0..<count { values[i] = Double(column[Int(rows[i]) &* view.rowStride]) }
  }
}

/// The columns of a few sparse rows.
struct SparseIsolationColumns: IsolationColumns {
  let columns: SparseColumns
  /// One number per row.
  private let line: Buffer<Double>
  var count: Int { columns.columns }

  init(_ matrix: CSRMatrix) throws(ApusError) {
    columns = try SparseColumns(matrix)
    line = try Buffer(count: matrix.rows)
  }

  /// - Complexity: O(rows + entries of the feature).
  func load(
    _ feature: Int, rows: UnsafePointer<UInt32>, count: Int, into values: UnsafeMutablePointer<Double>
  ) {
    let (line, rowOf, numbers) = (line.pointer, columns.rowOf.pointer, columns.values.pointer)
    for i in 0..<count { line[Int(rows[i])] = 0 }
    for entry in columns.starts[feature]..<columns.starts[feature + 1] { line[Int(rowOf[entry])] = numbers[entry] }
    for i in 0..<count { values[i] = line[Int(rows[i])] }
  }
}
