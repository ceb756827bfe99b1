/// QR of a tall matrix by a tree (Demmel, Grigori, Hoemmen & Langou, SIAM J. Sci. Comput. 34(1), 2012): blocks of rows
/// are factored side by side, their R factors stacked and factored again, until one block is left.
enum TreeQR<T: LinearAlgebraScalar> {
  /// Rows of a block: several times the columns, so that each level is much smaller than the one below it.
  private static func blockRows(columns: Int) -> Int { Swift.max(512, 4 * columns) }

  /// Overwrites the row-major m × n `rows`, m ≥ n, by Q and writes R (n × n, column-major, zero below the diagonal).
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  /// - Complexity: about 4 m n² operations.
  static func factor(
    m: Int, n: Int, rows: UnsafeMutablePointer<T>, r: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    let extent = blockRows(columns: n)
    // The last block takes the remainder, so that every block has at least `extent` rows.
    let blocks = m / extent
    if blocks < 2 {
      try factorWhole(m: m, n: n, rows: rows, r: r)
      return
    }
    OpenBLASThreads.assertSingle()
    let packed = try Buffer<T>(count: m * n)
    let tau = try Buffer<T>(count: blocks * n)
    let workCount = 64 * n
    let work = try Buffer<T>(count: blocks * workCount)
    // The R factors of the blocks, one below the other, row-major.
    let stack = try Buffer<T>(count: blocks * n * n)
    func range(_ block: Int) -> Range<Int> { block * extent..<(block == blocks - 1 ? m : (block + 1) * extent) }
    ThreadPool.parallelFor(tasks: blocks) { block in
      let range = range(block)
      let a = packed.pointer + range.lowerBound * n
      transpose(rows + range.lowerBound * n, rows: range.count, columns: n, into: a)
      _ = T.geqrf(
        m: range.count, n: n, a: a, lda: range.count, tau: tau.pointer + block * n,
        work: work.pointer + block * workCount, lwork: workCount)
      let top = stack.pointer + block * n * n
      for i in 0..<n {
        for j in 0..<n { top[i * n + j] = j < i ? 0 : a[i + j * range.count] }
      }
    }
    try factor(m: blocks * n, n: n, rows: stack.pointer, r: r)
    ThreadPool.parallelFor(tasks: blocks) { block in
      let range = range(block)
      let a = packed.pointer + range.lowerBound * n
      _ = T.orgqr(
        m: range.count, n: n, k: n, a: a, lda: range.count, tau: tau.pointer + block * n,
        work: work.pointer + block * workCount, lwork: workCount)
      // Row-major Q ← Q_block · S, as Qᵀ ← Sᵀ · Q_blockᵀ in column-major order.
      T.gemm(
        transA: false, transB: true, m: n, n: range.count, k: n, alpha: 1, a: stack.pointer + block * n * n, lda: n,
        b: UnsafePointer(a), ldb: range.count, beta: 0, c: rows + range.lowerBound * n, ldc: n)
    }
  }

  private static func factorWhole(
    m: Int, n: Int, rows: UnsafeMutablePointer<T>, r: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    let a = try Buffer<T>(count: m * n)
    transpose(rows, rows: m, columns: n, into: a.pointer)
    let factors = try HouseholderQR(m: m, n: n, a: a.pointer, lda: m)
    factors.copyR(rows: n, into: r, ldr: n)
    let q = try Buffer<T>(count: m * n)
    try factors.formQ(columns: n, into: q.pointer, ldq: m)
    transpose(q.pointer, rows: n, columns: m, into: rows)
    withExtendedLifetime((a, q)) {}
  }

  /// Column-major `target` ← row-major `source`, in tiles that stay in cache.
  private static func transpose(
    _ source: UnsafePointer<T>, rows: Int, columns: Int, into target: UnsafeMutablePointer<T>
  ) {
    MatrixCopy.copyTiles(
      from: MatrixView(base: source, rows: rows, columns: columns, rowStride: columns),
      to: MutableMatrixView(base: target, rows: rows, columns: columns, rowStride: 1, columnStride: rows))
  }
}
