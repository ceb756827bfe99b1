/// The rows of [X | Y] with their weights, from which blocks are loaded for ``CentredGramKernel``.
struct CentredBlockSource {
  let x: NDArray
  let y: NDArray?
  let weights: NDArray?
  let centred: Bool

  var rows: Int { x.shape[0] }
  var featureCount: Int { x.shape[1] }
  /// Columns of X and Y together.
  var columns: Int { featureCount + (y.map { $0.rank == 2 ? $0.shape[1] : 1 } ?? 0) }

  /// Copies `rows` of [X | Y] into `block` (row-major, `columns` wide), less their means if `centred`, each row times the
  /// square root of its weight.
  ///
  /// - Parameter mean: receives the block's weighted means (zeros unless `centred`); `2 * columns` elements, the second
  ///   half scratch.
  /// - Returns: the sum of the weights of the block.
  func load<Work: LinearAlgebraScalar>(
    _ rows: Range<Int>, into block: UnsafeMutablePointer<Work>, mean: UnsafeMutablePointer<Double>
  ) -> Double {
    let weightView = weights?.vectorView(Double.self)
    let p = featureCount
    let q = columns
    var total = 0.0
    if let weightView { for i in rows { total += weightView[i] } } else { total = Double(rows.count) }
    let pieceColumns = p > CentredGramKernel<Work>.widestGrouped ? 64 : Swift.max(p, 1)
    let sum = total
    ThreadPool.parallelBlocks(count: p, blockSize: pieceColumns) { columns in
      loadColumns(
        columns, of: x, rows: rows, weights: weightView, total: sum, into: block + columns.lowerBound, width: q,
        mean: mean + columns.lowerBound)
    }
    if let y {
      loadColumns(
        0..<q - p, of: y, rows: rows, weights: weightView, total: sum, into: block + p, width: q, mean: mean + p)
    }
    return total
  }

  private func loadColumns<Work: LinearAlgebraScalar>(
    _ range: Range<Int>, of array: NDArray, rows: Range<Int>, weights: VectorView<Double>?, total: Double,
    into block: UnsafeMutablePointer<Work>, width: Int, mean: UnsafeMutablePointer<Double>
  ) {
    if array.dtype == .float32 {
      CentredBlock.load(
        array.matrixView(Float.self).columns(range), rows: rows, weights: weights, total: total, centred: centred,
        into: block, width: width, mean: mean, residual: mean + columns)
    } else {
      CentredBlock.load(
        array.matrixView(Double.self).columns(range), rows: rows, weights: weights, total: total, centred: centred,
        into: block, width: width, mean: mean, residual: mean + columns)
    }
  }
}
