extension LAPACK {
  /// From this extent on matrices are reduced by our own parallel code; below it LAPACK's drivers are as quick.
  static let parallelExtent = 160

  /// A = U · diag(s) · Vᵀ of the m × n `a`, m ≥ n ≥ 1, by parallel bidiagonalisation and divide and conquer.
  ///
  /// - Parameters:
  ///   - a: column-major; destroyed.
  ///   - s: n values, descending.
  ///   - vectors: u (m × `leftColumns`, n or m) and v (n × n) receive the singular vectors in columns; not touched
  ///     otherwise.
  /// - Returns: false when the iteration did not converge; the results are then undefined.
  static func parallelSVD<T: LinearAlgebraScalar>(
    vectors: Bool, leftColumns: Int, m: Int, n: Int, a: UnsafeMutablePointer<T>, lda: Int, s: UnsafeMutablePointer<T>,
    u: UnsafeMutablePointer<T>, ldu: Int, v: UnsafeMutablePointer<T>, ldv: Int
  ) throws(ApusError) -> Bool {
    let reduced = try Bidiagonalization(m: m, n: n, a: a, lda: lda)
    s.update(from: reduced.diagonal.pointer, count: n)
    if vectors {
      do throws(ApusError) {
        try BidiagonalDivideAndConquer.decompose(
          n: n, d: s, e: reduced.superDiagonal.pointer, u: u, ldu: ldu, v: v, ldv: ldv)
      } catch {
        guard case .numericalFailure = error else { throw error }
        return false
      }
      for j in 0..<n { (u + j * ldu + n).update(repeating: 0, count: m - n) }
      for j in n..<Swift.max(leftColumns, n) {
        (u + j * ldu).update(repeating: 0, count: m)
        u[j * (ldu + 1)] = 1
      }
      try reduced.applyQ(to: u, k: leftColumns, ldc: ldu)
      try reduced.applyP(to: v, k: n, ldc: ldv)
    } else {
      let work = try Buffer<T>(count: 4 * n)
      let info = T.bdsqr(
        n: n, columns: 0, rows: 0, d: s, e: reduced.superDiagonal.pointer, vt: nil, ldvt: 1, u: nil, ldu: 1,
        work: work.pointer)
      try checkArguments(info)
      if info > 0 { return false }
      withExtendedLifetime(work) {}
    }
    withExtendedLifetime(reduced) {}
    return true
  }
}
