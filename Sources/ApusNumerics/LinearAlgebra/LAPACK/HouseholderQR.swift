extension LAPACK {
  /// A = Q · R of the m × n column-major `a`: R in its upper triangle, the reflectors of Q below it and in `tau`
  /// (min(m, n) elements).
  package static func qr<T: LinearAlgebraScalar>(
    m: Int, n: Int, a: UnsafeMutablePointer<T>, lda: Int, tau: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    if m == 0 || n == 0 { return }
    OpenBLASThreads.assertSingle()
    let work = try workspace(T.self) { T.geqrf(m: m, n: n, a: a, lda: lda, tau: tau, work: $0, lwork: -1) }
    try checkArguments(T.geqrf(m: m, n: n, a: a, lda: lda, tau: tau, work: work.pointer, lwork: work.count))
  }

  /// A · P = Q · R with column pivoting, the diagonal of R non-increasing in magnitude.
  ///
  /// - Parameter pivots: receives for each column of A · P its 0-based place in A; n elements.
  package static func pivotedQR<T: LinearAlgebraScalar>(
    m: Int, n: Int, a: UnsafeMutablePointer<T>, lda: Int, pivots: UnsafeMutablePointer<Int32>,
    tau: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    pivots.update(repeating: 0, count: n)
    if m == 0 || n == 0 {
      for j in 0..<n { pivots[j] = blasInt(j) }
      return
    }
    OpenBLASThreads.assertSingle()
    let work = try workspace(T.self) {
      T.geqp3(m: m, n: n, a: a, lda: lda, jpvt: pivots, tau: tau, work: $0, lwork: -1)
    }
    try checkArguments(
      T.geqp3(m: m, n: n, a: a, lda: lda, jpvt: pivots, tau: tau, work: work.pointer, lwork: work.count))
    for j in 0..<n { pivots[j] -= 1 }
  }

  /// Overwrites the reflectors in the first k columns of `a` by the first n columns of Q (m × n, k ≤ n ≤ m).
  package static func formQ<T: LinearAlgebraScalar>(
    m: Int, n: Int, k: Int, a: UnsafeMutablePointer<T>, lda: Int, tau: UnsafePointer<T>
  ) throws(ApusError) {
    if m == 0 || n == 0 { return }
    OpenBLASThreads.assertSingle()
    let work = try workspace(T.self) { T.orgqr(m: m, n: n, k: k, a: a, lda: lda, tau: tau, work: $0, lwork: -1) }
    try checkArguments(
      T.orgqr(m: m, n: n, k: k, a: a, lda: lda, tau: tau, work: work.pointer, lwork: work.count))
  }

  /// C ← op(Q) · C for the Q of k reflectors of length m in `a`; C is m × n.
  package static func applyQ<T: LinearAlgebraScalar>(
    trans: Bool, m: Int, n: Int, k: Int, a: UnsafePointer<T>, lda: Int, tau: UnsafePointer<T>,
    c: UnsafeMutablePointer<T>, ldc: Int
  ) throws(ApusError) {
    if m == 0 || n == 0 || k == 0 { return }
    OpenBLASThreads.assertSingle()
    let work = try workspace(T.self) {
      T.ormqr(
        left: true, trans: trans, m: m, n: n, k: k, a: a, lda: lda, tau: tau, c: c, ldc: ldc, work: $0, lwork: -1)
    }
    try checkArguments(
      T.ormqr(
        left: true, trans: trans, m: m, n: n, k: k, a: a, lda: lda, tau: tau, c: c, ldc: ldc, work: work.pointer,
        lwork: work.count))
  }
}
