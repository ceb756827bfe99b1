/// The kernels of ``ColumnReductions``: block by block, columns innermost where rows are contiguous, else rows innermost.
enum ColumnSums<Element: LinearAlgebraScalar> {
  typealias Accumulator = UnsafeMutablePointer<Double>

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  static func sums(_ x: MatrixView<Element>, weights: VectorView<Double>?, into result: Accumulator) throws(ApusError) {
    try reduce(x, into: result) { rows, partial in
      add(x, rows: rows, weights: weights, into: partial) { value, _ in value }
    }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  static func squares(
    _ x: MatrixView<Element>, weights: VectorView<Double>?, into result: Accumulator
  ) throws(ApusError) {
    try reduce(x, into: result) { rows, partial in
      add(x, rows: rows, weights: weights, into: partial) { value, _ in value * value }
    }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  static func magnitudes(
    _ x: MatrixView<Element>, weights: VectorView<Double>?, into result: Accumulator
  ) throws(ApusError) {
    try reduce(x, into: result) { rows, partial in
      add(x, rows: rows, weights: weights, into: partial) { value, _ in value.magnitude }
    }
  }

  /// Runs `body` on every block of rows with a row of zeros to add to, and sums those rows in order into `result`.
  @inline(__always)
  private static func reduce(
    _ x: MatrixView<Element>, into result: Accumulator, _ body: (Range<Int>, Accumulator) -> Void
  ) throws(ApusError) {
    let blocks = RowBlocks(x)
    let columns = x.columns
    let partial = try Buffer<Double>(zeroed: blocks.count * columns)
    ThreadPool.parallelFor(tasks: blocks.count) { block in
      body(blocks.range(block), partial.pointer + block &* columns)
    }
    for block in 0..<blocks.count {
      let source = partial.pointer + block &* columns
      for j in 0..<columns { result[j] += source[j] }
    }
  }

  /// sumⱼ += Σ wᵢ term(xᵢⱼ, j) over `rows`.
  @inline(__always)
  static func add(
    _ x: MatrixView<Element>, rows: Range<Int>, weights: VectorView<Double>?, into sum: Accumulator,
    _ term: (Double, Int) -> Double
  ) {
    if x.columnStride == 1 && x.columns > 1 {
      addAlongRows(x, rows: rows, weights: weights, into: sum, term)
    } else {
      for j in 0..<x.columns { sum[j] += columnSum(x.column(j), rows: rows, weights: weights) { term($0, j) } }
    }
  }

  /// Four rows at a time, so that the accumulators are loaded and stored once for four elements.
  @inline(__always)
  private static func addAlongRows(
    _ x: MatrixView<Element>, rows: Range<Int>, weights: VectorView<Double>?, into sum: Accumulator,
    _ term: (Double, Int) -> Double
  ) {
    let columns = x.columns
    var i = rows.lowerBound
    if weights == nil {
      while i &+ 4 <= rows.upperBound {
        let a = x.base + i &* x.rowStride
        let (b, c, d) = (a + x.rowStride, a + 2 &* x.rowStride, a + 3 &* x.rowStride)
        for j in 0..<columns {
          sum[j] += (term(Double(a[j]), j) + term(Double(b[j]), j)) + (term(Double(c[j]), j) + term(Double(d[j]), j))
        }
        i &+= 4
      }
    }
    while i < rows.upperBound {
      let a = x.base + i &* x.rowStride
      let weight = weights.map { $0[i] } ?? 1
      for j in 0..<columns { sum[j] += weight * term(Double(a[j]), j) }
      i &+= 1
    }
  }

  /// Σ wᵢ term(xᵢ) over `rows` of one column, in eight lanes.
  @inline(__always)
  static func columnSum(
    _ column: VectorView<Element>, rows: Range<Int>, weights: VectorView<Double>?, _ term: (Double) -> Double
  ) -> Double {
    var lanes = SIMD8<Double>()
    var i = rows.lowerBound
    while i &+ 8 <= rows.upperBound {
      var values = SIMD8<Double>()
      for lane in 0..<8 {
        let weight = weights.map { $0[i &+ lane] } ?? 1
        values[lane] = weight * term(Double(column[i &+ lane]))
      }
      lanes += values
      i &+= 8
    }
    var rest = 0.0
    while i < rows.upperBound {
      rest += (weights.map { $0[i] } ?? 1) * term(Double(column[i]))
      i &+= 1
    }
    return lanes.sum() + rest
  }
}
