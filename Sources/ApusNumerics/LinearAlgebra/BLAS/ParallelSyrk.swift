extension BLAS {
  /// One triangle of C ← alpha · A · Aᵀ + beta · C (A is n × k), or with `trans` of alpha · Aᵀ · A (A is k × n).
  ///
  /// With ``ProductKernels`` a large C is cut into strips, for which A is packed once. Any other is cut into square blocks:
  /// those on the diagonal are a `syrk` each, the others a `gemm` of half the triangle. A small C with a long sum is also
  /// cut along k, into partial results added in order.
  ///
  /// - Parameter full: also writes the other triangle, so that C is a full symmetric matrix.
  /// - Throws: ``ApusError/outOfMemory(bytes:)`` for the partial results or the packed operand.
  package static func syrk<T: LinearAlgebraScalar>(
    lower: Bool, trans: Bool, n: Int, k: Int, alpha: T = 1, a: UnsafePointer<T>, lda: Int, beta: T = 0,
    c: UnsafeMutablePointer<T>, ldc: Int, full: Bool = false
  ) throws(ApusError) {
    if n == 0 { return }
    OpenBLASThreads.assertSingle()
    if k == 0 {
      scale(m: n, n: n, by: beta, c: c, ldc: ldc)
    } else if alpha != 0, let kernels = ProductKernels<T>.available, n >= SharedProduct.smallestOrder(kernels) {
      try SharedProduct.square(
        kernels, lower: lower, trans: trans, n: n, k: k, alpha: alpha, a: a, lda: lda, beta: beta, c: c, ldc: ldc)
    } else {
      try syrkTiles(
        lower: lower, trans: trans, n: n, k: k, alpha: alpha, a: a, lda: lda, beta: beta, c: c, ldc: ldc)
    }
    if full { mirror(n: n, lower: lower, c: c, ldc: ldc) }
  }

  private static func syrkTiles<T: LinearAlgebraScalar>(
    lower: Bool, trans: Bool, n: Int, k: Int, alpha: T, a: UnsafePointer<T>, lda: Int, beta: T,
    c: UnsafeMutablePointer<T>, ldc: Int
  ) throws(ApusError) {
    let grid = TileGrid(m: n, n: n, k: k)
    // A square grid, so that blocks on the diagonal are symmetric.
    let blocks = grid.rowTiles
    let extent = grid.tileRows
    let (stepN, stepK) = trans ? (lda, 1) : (1, lda)
    let pairs = blocks * (blocks + 1) / 2
    let partial = grid.depthTiles > 1 ? try Buffer<T>(count: grid.depthTiles * n * n) : nil
    ThreadPool.parallelFor(tasks: pairs * grid.depthTiles) { task in
      let (part, pair) = task.quotientAndRemainder(dividingBy: pairs)
      let (outer, inner) = trianglePair(pair)
      let (rowBlock, columnBlock) = lower ? (outer, inner) : (inner, outer)
      let rows = TileGrid.range(rowBlock, extent: extent, total: n)
      let columns = TileGrid.range(columnBlock, extent: extent, total: n)
      let depth = TileGrid.range(part, extent: grid.tileDepth, total: k)
      let ldt = partial == nil ? ldc : n
      let target =
        (partial.map { $0.pointer + part * n * n } ?? c) + rows.lowerBound + columns.lowerBound * ldt
      let scaleOfTarget: T = partial == nil ? beta : 0
      let left = a + rows.lowerBound * stepN + depth.lowerBound * stepK
      if outer == inner {
        T.syrk(
          lower: lower, trans: trans, n: rows.count, k: depth.count, alpha: alpha, a: left, lda: lda,
          beta: scaleOfTarget, c: target, ldc: ldt)
      } else {
        let right = a + columns.lowerBound * stepN + depth.lowerBound * stepK
        T.gemm(
          transA: trans, transB: !trans, m: rows.count, n: columns.count, k: depth.count, alpha: alpha, a: left,
          lda: lda, b: right, ldb: lda, beta: scaleOfTarget, c: target, ldc: ldt)
      }
    }
    if let partial {
      addParts(
        partial.pointer, parts: grid.depthTiles, m: n, n: n, beta: beta, c: c, ldc: ldc,
        triangle: lower ? .lower : .upper)
    }
  }

  /// The pair (i, j), j ≤ i, that comes at place `index` in the order (0,0), (1,0), (1,1), (2,0), …
  private static func trianglePair(_ index: Int) -> (Int, Int) {
    var row = 0
    var first = 0
    while first + row + 1 <= index {
      first += row + 1
      row += 1
    }
    return (row, index - first)
  }

  /// Copies the stored triangle of a symmetric matrix onto the other one, in blocks that stay in cache.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func mirror<T: LinearAlgebraScalar>(n: Int, lower: Bool, c: UnsafeMutablePointer<T>, ldc: Int) {
    let extent = 64
    let blocks = (n + extent - 1) / extent
    for columnBlock in 0..<blocks {
      let columns = TileGrid.range(columnBlock, extent: extent, total: n)
      for rowBlock in columnBlock..<blocks {
        let rows = TileGrid.range(rowBlock, extent: extent, total: n)
        for j in columns {
          for i in Swift.max(rows.lowerBound, j &+ 1)..<Swift.max(rows.upperBound, j &+ 1) {
            if lower { c[j &+ i &* ldc] = c[i &+ j &* ldc] } else { c[i &+ j &* ldc] = c[j &+ i &* ldc] }
          }
        }
      }
    }
  }
}
