extension LAPACK {
  /// A · P = Q · R with column pivoting, the diagonal of R non-increasing in magnitude (LAPACK's `geqp3`): R on and above
  /// the diagonal of the m × n `a`, reflectors below and in `tau` (min(m, n) elements).
  ///
  /// - Parameter pivots: receives for each column of A · P its 0-based place in A; n elements.
  static func pivotedQR<T: LinearAlgebraScalar>(
    m: Int, n: Int, a: UnsafeMutablePointer<T>, lda: Int, pivots: UnsafeMutablePointer<Int32>,
    tau: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    if m == 0 || n == 0 {
      for j in 0..<n { pivots[j] = blasInt(j) }
      return
    }
    pivots.update(repeating: 0, count: n)
    OpenBLASThreads.assertSingle()
    let work = try workspace(T.self) {
      T.geqp3(m: m, n: n, a: a, lda: lda, jpvt: pivots, tau: tau, work: $0, lwork: -1)
    }
    try checkArguments(
      T.geqp3(m: m, n: n, a: a, lda: lda, jpvt: pivots, tau: tau, work: work.pointer, lwork: work.count))
    for j in 0..<n { pivots[j] -= 1 }
  }

  /// Overwrites the k reflectors in the first columns of `a` by the first n columns of Q (m × n, k ≤ n ≤ m).
  static func formQ<T: LinearAlgebraScalar>(
    m: Int, n: Int, k: Int, a: UnsafeMutablePointer<T>, lda: Int, tau: UnsafePointer<T>
  ) throws(ApusError) {
    if m == 0 || n == 0 { return }
    OpenBLASThreads.assertSingle()
    let work = try workspace(T.self) { T.orgqr(m: m, n: n, k: k, a: a, lda: lda, tau: tau, work: $0, lwork: -1) }
    try checkArguments(
      T.orgqr(m: m, n: n, k: k, a: a, lda: lda, tau: tau, work: work.pointer, lwork: work.count))
  }
}
