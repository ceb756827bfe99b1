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
    let iwork = try Buffer<Int32>(count: 8 * n)
    let work = try Buffer<T>(count: vectors ? 3 * n * n + 4 * n : 8 * n)
    let inner = try Buffer<T>(count: vectors ? 2 * n * n : 1)
    let (left, right) = (inner.pointer, inner.pointer + (vectors ? n * n : 0))
    let info = T.bdsdc(
      vectors: vectors, n: n, d: s, e: reduced.superDiagonal.pointer, u: left, vt: right, work: work.pointer,
      iwork: iwork.pointer)
    try checkArguments(info)
    if info > 0 { return false }
    if vectors {
      for j in 0..<n {
        (u + j * ldu).update(from: left + j * n, count: n)
        (u + j * ldu + n).update(repeating: 0, count: m - n)
      }
      for j in n..<Swift.max(leftColumns, n) {
        (u + j * ldu).update(repeating: 0, count: m)
        u[j * (ldu + 1)] = 1
      }
      MatrixCopy.copyTiles(
        from: MatrixView(base: UnsafePointer(right), rows: n, columns: n, rowStride: n),
        to: MutableMatrixView(base: v, rows: n, columns: n, rowStride: 1, columnStride: ldv))
      try reduced.applyQ(to: u, k: leftColumns, ldc: ldu)
      try reduced.applyP(to: v, k: n, ldc: ldv)
    }
    withExtendedLifetime((reduced, iwork, work, inner)) {}
    return true
  }
}
