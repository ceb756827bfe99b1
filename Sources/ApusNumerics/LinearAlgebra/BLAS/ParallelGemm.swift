extension BLAS {
  /// C ← alpha · op(A) · op(B) + beta · C, where op(A) is m × k, op(B) is k × n; `beta == 0` ignores what C held.
  ///
  /// Cut into tiles of C; when C is small and k large (`XᵀX` of a tall X) also along k, into partial results that are
  /// added in order.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)`` for the partial results or the packed operands.
  package static func gemm<T: LinearAlgebraScalar>(
    transA: Bool = false, transB: Bool = false, m: Int, n: Int, k: Int, alpha: T = 1, a: UnsafePointer<T>, lda: Int,
    b: UnsafePointer<T>, ldb: Int, beta: T = 0, c: UnsafeMutablePointer<T>, ldc: Int
  ) throws(ApusError) {
    if m == 0 || n == 0 { return }
    OpenBLASThreads.assertSingle()
    if k == 0 {
      scale(m: m, n: n, by: beta, c: c, ldc: ldc)
      return
    }
    if n == 1 {
      try gemv(
        trans: transA, m: transA ? k : m, n: transA ? m : k, alpha: alpha, a: a, lda: lda, x: b,
        incx: transB ? ldb : 1, beta: beta, y: c)
      return
    }
    if m == 1 {
      try gemv(
        trans: !transB, m: transB ? n : k, n: transB ? k : n, alpha: alpha, a: b, lda: ldb, x: a,
        incx: transA ? 1 : lda, beta: beta, y: c, incy: ldc)
      return
    }
    if Double(m) * Double(n) * Double(k) <= TileGrid.taskProducts {
      T.gemm(
        transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b, ldb: ldb, beta: beta,
        c: c, ldc: ldc)
      return
    }
    let grid = TileGrid(m: m, n: n, k: k)
    if grid.depthTiles == 1, alpha != 0, let kernels = ProductKernels<T>.available, m > kernels.panelRows,
      n > 2 * kernels.tileColumns
    {
      try SharedProduct.multiply(
        kernels, transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b, ldb: ldb,
        beta: beta, c: c, ldc: ldc)
      return
    }
    let stepA = transA ? 1 : lda
    let stepB = transB ? ldb : 1
    let elementsPerPart = m * n
    let partial = grid.depthTiles > 1 ? try Buffer<T>(count: grid.depthTiles * elementsPerPart) : nil
    ThreadPool.parallelFor(tasks: grid.outputTiles * grid.depthTiles) { task in
      let (part, tile) = task.quotientAndRemainder(dividingBy: grid.outputTiles)
      let rows = TileGrid.range(tile % grid.rowTiles, extent: grid.tileRows, total: m)
      let columns = TileGrid.range(tile / grid.rowTiles, extent: grid.tileColumns, total: n)
      let depth = TileGrid.range(part, extent: grid.tileDepth, total: k)
      let tileA = a + (transA ? rows.lowerBound * lda : rows.lowerBound) + depth.lowerBound * stepA
      let tileB = b + (transB ? columns.lowerBound : columns.lowerBound * ldb) + depth.lowerBound * stepB
      let target = partial.map { $0.pointer + part * elementsPerPart } ?? c
      let ldt = partial == nil ? ldc : m
      T.gemm(
        transA: transA, transB: transB, m: rows.count, n: columns.count, k: depth.count, alpha: alpha, a: tileA,
        lda: lda, b: tileB, ldb: ldb, beta: partial == nil ? beta : 0,
        c: target + rows.lowerBound + columns.lowerBound * ldt, ldc: ldt)
    }
    if let partial {
      addParts(partial.pointer, parts: grid.depthTiles, m: m, n: n, beta: beta, c: c, ldc: ldc, triangle: nil)
    }
  }

  /// C ← beta · C, where a zero `beta` clears even NaN.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func scale<T: LinearAlgebraScalar>(m: Int, n: Int, by beta: T, c: UnsafeMutablePointer<T>, ldc: Int) {
    if beta == 1 { return }
    for j in 0..<n {
      let column = c + j &* ldc
      if beta == 0 {
        column.update(repeating: 0, count: m)
      } else {
        for i in 0..<m { column[i] *= beta }
      }
    }
  }

  /// The half of a symmetric matrix that is stored, the diagonal included.
  enum Triangle { case lower, upper }

  /// C ← beta · C + Σ parts, added in the order of the parts; with `triangle` only that half.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func addParts<T: LinearAlgebraScalar>(
    _ partial: UnsafePointer<T>, parts: Int, m: Int, n: Int, beta: T, c: UnsafeMutablePointer<T>, ldc: Int,
    triangle: Triangle?
  ) {
    let columnsPerTask = Swift.max(1, 65_536 / m)
    ThreadPool.parallelBlocks(count: n, blockSize: columnsPerTask) { columns in
      for j in columns {
        let first = triangle == .lower ? j : 0
        let count = (triangle == .upper ? j &+ 1 : m) &- first
        let column = c + (j &* ldc &+ first)
        if beta == 0 {
          column.update(repeating: 0, count: count)
        } else if beta != 1 {
          for i in 0..<count { column[i] *= beta }
        }
        for part in 0..<parts {
          let source = partial + (part &* m &* n &+ j &* m &+ first)
          for i in 0..<count { column[i] += source[i] }
        }
      }
    }
  }
}
