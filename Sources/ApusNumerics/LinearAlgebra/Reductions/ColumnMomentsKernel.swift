/// Means and sums of squared deviations in one pass over memory.
///
/// Each block of rows fits in cache and is read twice: its means first, then the deviations from them. Blocks are
/// combined in order by the update of Chan, Golub & LeVeque (The American Statistician 37(3), 1983, eq. 2.1).
enum ColumnMomentsKernel<Element: LinearAlgebraScalar> {
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  static func moments(
    _ x: MatrixView<Element>, weights: VectorView<Double>?, means: UnsafeMutablePointer<Double>,
    squares: UnsafeMutablePointer<Double>
  ) throws(ApusError) -> Double {
    let blocks = RowBlocks(x)
    let columns = x.columns
    let partial = try Buffer<Double>(zeroed: 2 * blocks.count * columns)
    let blockWeights = try Buffer<Double>(count: Swift.max(blocks.count, 1))
    ThreadPool.parallelFor(tasks: blocks.count) { block in
      let rows = blocks.range(block)
      let mean = partial.pointer + 2 &* block &* columns
      let square = mean + columns
      var weight = Double(rows.count)
      if let weights {
        weight = 0
        for i in rows { weight += weights[i] }
      }
      blockWeights.pointer[block] = weight
      if weight == 0 { return }
      deviations(x, rows: rows, weights: weights, weight: weight, mean: mean, square: square)
    }
    var total = 0.0
    for block in 0..<blocks.count {
      let weight = blockWeights.pointer[block]
      if weight == 0 { continue }
      let mean = partial.pointer + 2 &* block &* columns
      let fraction = weight / (total + weight)
      for j in 0..<columns {
        let shift = mean[j] - means[j]
        means[j] += shift * fraction
        // In this order the first block adds zero even where the square of the shift overflows.
        squares[j] += mean[columns &+ j] + shift * fraction * total * shift
      }
      total += weight
    }
    return total
  }

  /// Means and squared deviations of one block, zero before.
  @inline(__always)
  private static func deviations(
    _ x: MatrixView<Element>, rows: Range<Int>, weights: VectorView<Double>?, weight: Double,
    mean: UnsafeMutablePointer<Double>, square: UnsafeMutablePointer<Double>
  ) {
    if x.columnStride == 1 && x.columns > 1 {
      ColumnSums<Element>.add(x, rows: rows, weights: weights, into: mean) { value, _ in value }
      for j in 0..<x.columns { mean[j] /= weight }
      ColumnSums<Element>.add(x, rows: rows, weights: weights, into: square) { value, j in
        (value - mean[j]) * (value - mean[j])
      }
      return
    }
    for j in 0..<x.columns {
      let column = x.column(j)
      let center = ColumnSums<Element>.columnSum(column, rows: rows, weights: weights) { $0 } / weight
      mean[j] = center
      square[j] = ColumnSums<Element>.columnSum(column, rows: rows, weights: weights) { ($0 - center) * ($0 - center) }
    }
  }
}
