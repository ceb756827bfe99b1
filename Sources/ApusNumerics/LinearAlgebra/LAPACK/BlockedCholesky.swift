extension LAPACK {
  /// Order of the diagonal blocks that are factored on one thread.
  private static let choleskyBlock = 192

  /// A = L · Lᵀ (`lower`) or Uᵀ · U in place of one triangle of the n × n symmetric positive definite `a`.
  ///
  /// Right-looking blocked algorithm (Golub & Van Loan, Matrix Computations, 4th ed., §4.2.6): factor a diagonal block,
  /// solve for the panel beside it, update the rest; the last two in parallel.
  ///
  /// - Returns: 0, or the order of the first leading minor that is not positive definite.
  /// - Complexity: n³ / 3 multiplications.
  package static func cholesky<T: LinearAlgebraScalar>(
    lower: Bool, n: Int, a: UnsafeMutablePointer<T>, lda: Int
  ) throws(ApusError) -> Int {
    OpenBLASThreads.assertSingle()
    var start = 0
    while start < n {
      let size = Swift.min(choleskyBlock, n - start)
      let diagonal = a + start * (lda + 1)
      let info = T.potrf(lower: lower, n: size, a: diagonal, lda: lda)
      try checkArguments(info)
      if info > 0 { return start + info }
      let rest = n - start - size
      if rest > 0 {
        let panel = diagonal + size * (lower ? 1 : lda)
        BLAS.trsm(
          left: !lower, lower: lower, trans: true, m: lower ? rest : size, n: lower ? size : rest, a: diagonal,
          lda: lda, b: panel, ldb: lda)
        try BLAS.syrk(
          lower: lower, trans: !lower, n: rest, k: size, alpha: -1, a: panel, lda: lda, beta: 1,
          c: diagonal + size * (lda + 1), ldc: lda)
      }
      start += size
    }
    return 0
  }

  /// Estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁) from the Cholesky factor and ‖A‖₁ (Higham's estimator; at most a few n² operations).
  package static func choleskyReciprocalCondition<T: LinearAlgebraScalar>(
    lower: Bool, n: Int, factor: UnsafePointer<T>, lda: Int, norm: T
  ) throws(ApusError) -> T {
    if n == 0 { return 1 }
    OpenBLASThreads.assertSingle()
    let work = try Buffer<T>(count: 3 * n)
    let iwork = try Buffer<Int32>(count: n)
    var reciprocal: T = 0
    try checkArguments(
      T.pocon(
        lower: lower, n: n, a: factor, lda: lda, anorm: norm, rcond: &reciprocal, work: work.pointer,
        iwork: iwork.pointer))
    return reciprocal
  }
}
