/// Copies between matrices of any strides, in tiles that stay in cache, so that a transposing copy runs at the speed of
/// memory; in parallel.
enum MatrixCopy {
  private static let tileExtent = 64

  /// Writes `source` into `target`, of the same shape and floating-point type; `target` is aligned memory of our own.
  static func copy(_ source: NDArray, into target: NDArray) throws(ApusError) {
    if source.isEmpty { return }
    let aligned = source.isAligned ? source : try source.copied()
    if source.dtype == .float32 {
      copyTiles(from: aligned.matrixView(Float.self), to: target.mutableMatrixView(Float.self))
    } else {
      copyTiles(from: aligned.matrixView(Double.self), to: target.mutableMatrixView(Double.self))
    }
  }

  @specialized(where T == Float)
  @specialized(where T == Double)
  static func copyTiles<T: LinearAlgebraScalar>(from source: MatrixView<T>, to target: MutableMatrixView<T>) {
    let rowTiles = (source.rows - 1) / tileExtent + 1
    ThreadPool.parallelFor(tasks: rowTiles) { tile in
      let rows = TileGrid.range(tile, extent: tileExtent, total: source.rows)
      var start = 0
      while start < source.columns {
        let columns = start..<Swift.min(start &+ tileExtent, source.columns)
        copyTile(from: source, to: target, rows: rows, columns: columns)
        start = columns.upperBound
      }
    }
    withExtendedLifetime(source) {}
  }

  /// One tile, with the inner loop along the contiguous axis of the target.
  @inline(__always)
  private static func copyTile<T: LinearAlgebraScalar>(
    from source: MatrixView<T>, to target: MutableMatrixView<T>, rows: Range<Int>, columns: Range<Int>
  ) {
    if target.rowStride == 1 {
      for j in columns {
        for i in rows { target.base[i &+ j &* target.columnStride] = source[i, j] }
      }
    } else {
      for i in rows {
        for j in columns { target[i, j] = source[i, j] }
      }
    }
  }
}
