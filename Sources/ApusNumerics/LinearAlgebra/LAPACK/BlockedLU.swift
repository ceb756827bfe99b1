extension LAPACK {
  /// Columns that are factored on one thread.
  private static let luBlock = 128

  /// P · A = L · U in place of the n × n column-major `a`, with partial pivoting.
  ///
  /// Right-looking blocked algorithm (Golub & Van Loan, Matrix Computations, 4th ed., §3.4.7): factor a panel, exchange
  /// rows, solve for the block row, update the rest; all but the panel in parallel.
  ///
  /// - Parameter pivots: receives for each row the 0-based row it was exchanged with, n elements.
  /// - Returns: 0, or the 1-based number of the first pivot that is exactly zero; the factorisation is completed.
  /// - Complexity: 2 n³ / 3 operations.
  static func lu<T: LinearAlgebraScalar>(
    n: Int, a: UnsafeMutablePointer<T>, lda: Int, pivots: UnsafeMutablePointer<Int32>
  ) throws(ApusError) -> Int {
    OpenBLASThreads.assertSingle()
    var firstZero = 0
    for start in stride(from: 0, to: n, by: luBlock) {
      let size = Swift.min(luBlock, n - start)
      let panel = a + start * (lda + 1)
      let info = T.getrf(m: n - start, n: size, a: panel, lda: lda, ipiv: pivots + start)
      try checkArguments(info)
      if info > 0 && firstZero == 0 { firstZero = start + info }
      for i in start..<start + size { pivots[i] += blasInt(start - 1) }
      let after = start + size
      exchangeRows(columns: 0..<start, a: a, lda: lda, pivots: pivots, rows: start..<after)
      exchangeRows(columns: after..<n, a: a, lda: lda, pivots: pivots, rows: start..<after)
      if after == n { break }
      let right = a + start + after * lda
      BLAS.trsm(lower: true, unit: true, m: size, n: n - after, a: UnsafePointer(panel), lda: lda, b: right, ldb: lda)
      try BLAS.gemm(
        m: n - after, n: n - after, k: size, alpha: -1, a: UnsafePointer(panel + size), lda: lda,
        b: UnsafePointer(right), ldb: lda, beta: 1, c: right + size, ldc: lda)
    }
    return firstZero
  }

  /// Exchanges row i with row `pivots[i]`, for i in `rows` in order (or backwards), in the given columns.
  static func exchangeRows<T: LinearAlgebraScalar>(
    columns: Range<Int>, a: UnsafeMutablePointer<T>, lda: Int, pivots: UnsafePointer<Int32>, rows: Range<Int>,
    backwards: Bool = false
  ) {
    ThreadPool.parallelBlocks(count: columns.count, blockSize: 256) { block in
      exchangeRowsSerially(
        columns: columns.lowerBound + block.lowerBound..<columns.lowerBound + block.upperBound, a: a, lda: lda,
        pivots: pivots, rows: rows, backwards: backwards)
    }
  }

  @specialized(where T == Float)
  @specialized(where T == Double)
  private static func exchangeRowsSerially<T: LinearAlgebraScalar>(
    columns: Range<Int>, a: UnsafeMutablePointer<T>, lda: Int, pivots: UnsafePointer<Int32>, rows: Range<Int>,
    backwards: Bool
  ) {
    for j in columns {
      let column = a + j &* lda
      for step in 0..<rows.count {
        let i = backwards ? rows.upperBound &- 1 &- step : rows.lowerBound &+ step
        let other = Int(pivots[i])
        let held = column[i]
        column[i] = column[other]
        column[other] = held
      }
    }
  }
}
