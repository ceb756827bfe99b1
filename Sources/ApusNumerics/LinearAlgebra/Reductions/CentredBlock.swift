/// Parts of a matrix that are centred on the way into a block of rows of several matrices side by side.
enum CentredBlock {
  /// sums[j] += Σ wᵢ (xᵢⱼ − shifts[j]) over `rows`.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  static func addSums<Element: LinearAlgebraScalar>(
    _ x: MatrixView<Element>, rows: Range<Int>, weights: VectorView<Double>?, shifts: UnsafePointer<Double>,
    into sums: UnsafeMutablePointer<Double>
  ) {
    ColumnSums<Element>.add(x, rows: rows, weights: weights, into: sums) { value, j in value - shifts[j] }
  }

  /// Copies `rows` of `x` into `block`, whose rows are `width` apart, less the means, each row times the root of its weight.
  @specialized(where Element == Float, Work == Float)
  @specialized(where Element == Float, Work == Double)
  @specialized(where Element == Double, Work == Float)
  @specialized(where Element == Double, Work == Double)
  static func load<Element: LinearAlgebraScalar, Work: LinearAlgebraScalar>(
    _ x: MatrixView<Element>, rows: Range<Int>, weights: VectorView<Double>?, means: UnsafePointer<Double>,
    into block: UnsafeMutablePointer<Work>, width: Int
  ) {
    for i in rows {
      let row = block + (i &- rows.lowerBound) &* width
      let root = weights.map { $0[i].squareRoot() } ?? 1
      for j in 0..<x.columns { row[j] = Work(root * (Double(x[i, j]) - means[j])) }
    }
  }

  /// The same into the panels of a ``PackedRows``, where column 0 of `x` is `column` of the panels.
  ///
  /// - Parameters:
  ///   - first: the first row of the packed block that `rows` are part of, `count` its rows.
  @specialized(where Element == Float, Work == Float)
  @specialized(where Element == Float, Work == Double)
  @specialized(where Element == Double, Work == Float)
  @specialized(where Element == Double, Work == Double)
  static func pack<Element: LinearAlgebraScalar, Work: LinearAlgebraScalar>(
    _ x: MatrixView<Element>, rows: Range<Int>, weights: VectorView<Double>?, means: UnsafePointer<Double>,
    column: Int, layout: PanelLayout, first: Int, count: Int, into block: UnsafeMutablePointer<Work>
  ) {
    var start = column / layout.panelColumns &* layout.panelColumns
    while start < column &+ x.columns {
      let stride = layout.rowStride(ofPanelAt: start)
      let panel = block + start &* count
      let columns = Swift.max(column, start)..<Swift.min(column &+ x.columns, start &+ stride)
      let extent = columns.count
      let (offset, source) = (columns.lowerBound &- start, columns.lowerBound &- column)
      let centre = means + source
      if x.columnStride == 1 {
        for i in rows {
          let from = x.base + (i &* x.rowStride &+ source)
          let to = panel + ((i &- first) &* stride &+ offset)
          let root = weights.map { $0[i].squareRoot() } ?? 1
          for j in 0..<extent { to[j] = Work(root * (Double(from[j]) - centre[j])) }
        }
      } else {
        for j in 0..<extent {
          let from = x.base + (source &+ j) &* x.columnStride
          let to = panel + (offset &+ j)
          for i in rows {
            let root = weights.map { $0[i].squareRoot() } ?? 1
            to[(i &- first) &* stride] = Work(root * (Double(from[i &* x.rowStride]) - centre[j]))
          }
        }
      }
      start &+= layout.panelColumns
    }
  }
}
