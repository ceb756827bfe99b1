/// A fixed choice among the two signs of a singular vector or eigenvector.
enum ColumnOrientation {
  /// Turns every column of the rows × columns column-major `a` so that its element of largest magnitude, the first of
  /// equals, is positive.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func orient<T: LinearAlgebraScalar>(rows: Int, columns: Int, a: UnsafeMutablePointer<T>) {
    for j in 0..<columns {
      let column = a + j &* rows
      var largest: T = 0
      var isNegative = false
      for i in 0..<rows where column[i].magnitude > largest {
        largest = column[i].magnitude
        isNegative = column[i] < 0
      }
      if isNegative {
        for i in 0..<rows { column[i] = -column[i] }
      }
    }
  }

  /// Turns row i of `rows` and column i of `columns`, for i < `count`, where the element of largest magnitude of the row,
  /// the first of equals, is negative. `signs` is scratch of `count` elements.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func orient<T: LinearAlgebraScalar>(
    _ rows: MutableMatrixView<T>, with columns: MutableMatrixView<T>, count: Int, signs: UnsafeMutablePointer<T>
  ) {
    var isAnyNegative = false
    for i in 0..<count {
      var largest: T = 0
      signs[i] = 1
      for j in 0..<rows.columns {
        let element = rows[i, j]
        if element.magnitude > largest {
          largest = element.magnitude
          signs[i] = element < 0 ? -1 : 1
        }
      }
      if signs[i] < 0 {
        isAnyNegative = true
        for j in 0..<rows.columns { rows[i, j] = -rows[i, j] }
      }
    }
    if !isAnyNegative { return }
    ThreadPool.parallelBlocks(count: columns.rows, blockSize: 1024) { block in
      for row in block {
        for i in 0..<count { columns[row, i] *= signs[i] }
      }
    }
  }
}
