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
}
