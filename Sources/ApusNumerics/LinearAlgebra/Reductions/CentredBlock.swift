/// Loads one block of rows and centres it.
enum CentredBlock {
  /// Copies `rows` of `x` into `block`, whose rows are `width` apart, and subtracts the weighted column means, which go to
  /// `mean`; each row is then multiplied by the root of its weight. The means are corrected by the mean of the residuals about them, so that a constant column becomes zero.
  /// `residual` is scratch of as many elements.
  @specialized(where Element == Float, Work == Float)
  @specialized(where Element == Float, Work == Double)
  @specialized(where Element == Double, Work == Float)
  @specialized(where Element == Double, Work == Double)
  static func load<Element: LinearAlgebraScalar, Work: LinearAlgebraScalar>(
    _ x: MatrixView<Element>, rows: Range<Int>, weights: VectorView<Double>?, total: Double, centred: Bool,
    into block: UnsafeMutablePointer<Work>, width: Int, mean: UnsafeMutablePointer<Double>,
    residual: UnsafeMutablePointer<Double>
  ) {
    let columns = x.columns
    mean.update(repeating: 0, count: columns)
    if centred && total != 0 {
      ColumnSums<Element>.add(x, rows: rows, weights: weights, into: mean) { value, _ in value }
      for j in 0..<columns { mean[j] /= total }
      residual.update(repeating: 0, count: columns)
      ColumnSums<Element>.add(x, rows: rows, weights: weights, into: residual) { value, j in value - mean[j] }
      for j in 0..<columns { mean[j] += residual[j] / total }
    }
    for i in rows {
      let row = block + (i &- rows.lowerBound) &* width
      let root = weights.map { $0[i].squareRoot() } ?? 1
      for j in 0..<columns { row[j] = Work(root * (Double(x[i, j]) - mean[j])) }
    }
  }
}
