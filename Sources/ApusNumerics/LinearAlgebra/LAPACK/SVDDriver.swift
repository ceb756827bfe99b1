extension LAPACK {
  /// A = U · diag(s) · Vᵀ of the m × n column-major `a`, which is destroyed; singular values in descending order.
  ///
  /// Divide and conquer (gesdd), after our own parallel reduction from ``parallelExtent`` on; should that fail to converge, QR iteration (gesvd) on a copy kept for the purpose.
  /// `u` is m × min(m, n) (m × m for `.full`), `vt` min(m, n) × n (n × n); neither is touched for `.none`.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when both methods fail.
  package static func svd<T: LinearAlgebraScalar>(
    _ job: SingularVectors, m: Int, n: Int, a: UnsafeMutablePointer<T>, lda: Int, s: UnsafeMutablePointer<T>,
    u: UnsafeMutablePointer<T>, ldu: Int, vt: UnsafeMutablePointer<T>, ldvt: Int
  ) throws(ApusError) {
    if m == 0 || n == 0 { return }
    OpenBLASThreads.assertSingle()
    let saved = try Buffer<T>(count: m * n)
    copyColumns(m: m, n: n, from: a, lda: lda, to: saved.pointer, ldb: m)
    if Swift.min(m, n) >= parallelExtent {
      if try parallelSVD(job, m: m, n: n, a: a, lda: lda, s: s, u: u, ldu: ldu, vt: vt, ldvt: ldvt) { return }
      copyColumns(m: m, n: n, from: saved.pointer, lda: m, to: a, ldb: lda)
    }
    let iwork = try Buffer<Int32>(count: 8 * Swift.min(m, n))
    let work = try workspace(T.self) {
      T.gesdd(
        job: job, m: m, n: n, a: a, lda: lda, s: s, u: u, ldu: ldu, vt: vt, ldvt: ldvt, work: $0, lwork: -1,
        iwork: iwork.pointer)
    }
    let info = T.gesdd(
      job: job, m: m, n: n, a: a, lda: lda, s: s, u: u, ldu: ldu, vt: vt, ldvt: ldvt, work: work.pointer,
      lwork: work.count, iwork: iwork.pointer)
    try checkArguments(info)
    if info == 0 { return }
    copyColumns(m: m, n: n, from: saved.pointer, lda: m, to: a, ldb: lda)
    let retryWork = try workspace(T.self) {
      T.gesvd(
        job: job, m: m, n: n, a: a, lda: lda, s: s, u: u, ldu: ldu, vt: vt, ldvt: ldvt, work: $0, lwork: -1)
    }
    let retryInfo = T.gesvd(
      job: job, m: m, n: n, a: a, lda: lda, s: s, u: u, ldu: ldu, vt: vt, ldvt: ldvt, work: retryWork.pointer,
      lwork: retryWork.count)
    try checkArguments(retryInfo)
    if retryInfo > 0 {
      throw .numericalFailure(reason: "svd: \(retryInfo) superdiagonals did not converge to zero")
    }
  }

  /// The decomposition by ``parallelSVD(vectors:leftColumns:m:n:a:lda:s:u:ldu:v:ldv:)``, of the transpose where m < n.
  private static func parallelSVD<T: LinearAlgebraScalar>(
    _ job: SingularVectors, m: Int, n: Int, a: UnsafeMutablePointer<T>, lda: Int, s: UnsafeMutablePointer<T>,
    u: UnsafeMutablePointer<T>, ldu: Int, vt: UnsafeMutablePointer<T>, ldvt: Int
  ) throws(ApusError) -> Bool {
    let (longer, shorter) = (Swift.max(m, n), Swift.min(m, n))
    let vectors = job != .none
    let leftColumns = job == .full ? longer : shorter
    let other = try Buffer<T>(count: vectors ? (m >= n ? shorter * shorter : longer * leftColumns) : 1)
    if m >= n {
      guard
        try parallelSVD(
          vectors: vectors, leftColumns: leftColumns, m: m, n: n, a: a, lda: lda, s: s, u: u, ldu: ldu,
          v: other.pointer, ldv: n)
      else { return false }
      if vectors { transpose(other.pointer, rows: n, columns: n, into: vt, ldb: ldvt) }
      return true
    }
    let transposed = try Buffer<T>(count: m * n)
    MatrixCopy.copyTiles(
      from: MatrixView(base: UnsafePointer(a), rows: n, columns: m, rowStride: lda),
      to: MutableMatrixView(base: transposed.pointer, rows: n, columns: m, rowStride: 1, columnStride: n))
    guard
      try parallelSVD(
        vectors: vectors, leftColumns: leftColumns, m: n, n: m, a: transposed.pointer, lda: n, s: s, u: other.pointer,
        ldu: n, v: u, ldv: ldu)
    else { return false }
    if vectors { transpose(other.pointer, rows: n, columns: leftColumns, into: vt, ldb: ldvt) }
    return true
  }

  /// B ← Aᵀ for the rows × columns column-major `a` without gaps.
  private static func transpose<T: LinearAlgebraScalar>(
    _ a: UnsafePointer<T>, rows: Int, columns: Int, into b: UnsafeMutablePointer<T>, ldb: Int
  ) {
    MatrixCopy.copyTiles(
      from: MatrixView(base: a, rows: columns, columns: rows, rowStride: rows),
      to: MutableMatrixView(base: b, rows: columns, columns: rows, rowStride: 1, columnStride: ldb))
  }

  /// B ← A for m × n column-major matrices.
  static func copyColumns<T: LinearAlgebraScalar>(
    m: Int, n: Int, from a: UnsafePointer<T>, lda: Int, to b: UnsafeMutablePointer<T>, ldb: Int
  ) {
    for j in 0..<n { (b + j * ldb).update(from: a + j * lda, count: m) }
  }
}
