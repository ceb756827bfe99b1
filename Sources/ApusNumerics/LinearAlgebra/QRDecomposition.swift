/// The factorisation A = Q · R, or with pivoting A[:, permutation] = Q · R.
public struct QRDecomposition: Sendable {
  /// m × min(m, n) with orthonormal columns (m × m when complete); column-major.
  public let q: NDArray
  /// min(m, n) × n (m × n when complete), zero below the diagonal; column-major.
  public let r: NDArray
  /// For each column of `r`, its place in A: n int64 values; nil without pivoting.
  public let permutation: NDArray?
}

extension LinearAlgebra {
  /// QR factorisation by Householder reflectors.
  ///
  /// - Parameters:
  ///   - a: m × n.
  ///   - complete: a square Q of order m rather than its first min(m, n) columns.
  ///   - pivoting: permutes columns so that the diagonal of R does not increase in magnitude, which reveals the rank.
  /// - Complexity: O(m n min(m, n)).
  public static func qr(
    _ a: NDArray, complete: Bool = false, pivoting: Bool = false
  ) throws(ApusError) -> QRDecomposition {
    let a = try finiteMatrix(a, name: "a")
    return a.dtype == .float32
      ? try qr(Float.self, a, complete: complete, pivoting: pivoting)
      : try qr(Double.self, a, complete: complete, pivoting: pivoting)
  }

  private static func qr<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, complete: Bool, pivoting: Bool
  ) throws(ApusError) -> QRDecomposition {
    let (m, n) = (a.shape[0], a.shape[1])
    let k = Swift.min(m, n)
    let columns = complete ? m : k
    let lda = Swift.max(m, 1)
    let work = try columnMajorCopy(a)
    let tau = try Buffer<T>(zeroed: Swift.max(k, 1))
    var permutation: NDArray?
    if pivoting {
      let pivots = try Buffer<Int32>(count: Swift.max(n, 1))
      try LAPACK.pivotedQR(
        m: m, n: n, a: work.pointer(T.self), lda: lda, pivots: pivots.pointer, tau: tau.pointer)
      let indices = try NDArray(uninitialized: [n], dtype: .int64)
      for j in 0..<n { indices.pointer(Int64.self)[j] = Int64(pivots[j]) }
      permutation = indices
    } else {
      try LAPACK.qr(m: m, n: n, a: work.pointer(T.self), lda: lda, tau: tau.pointer)
    }
    let r = try columnMajor(rows: columns, columns: n, dtype: T.dtype)
    copyUpperTriangle(rows: columns, columns: n, from: UnsafePointer(work.pointer(T.self)), lda: lda, to: r)
    let q = try columnMajor(rows: m, columns: columns, dtype: T.dtype)
    LAPACK.copyColumns(
      m: m, n: Swift.min(columns, n), from: work.pointer(T.self), lda: lda, to: q.pointer(T.self), ldb: lda)
    try LAPACK.formQ(m: m, n: columns, k: k, a: q.pointer(T.self), lda: lda, tau: tau.pointer)
    return QRDecomposition(q: q, r: r, permutation: permutation)
  }

  /// Copies the part on and above the diagonal into the column-major `target` and clears the part below.
  private static func copyUpperTriangle<T: LinearAlgebraScalar>(
    rows: Int, columns: Int, from source: UnsafePointer<T>, lda: Int, to target: NDArray
  ) {
    let pointer = target.pointer(T.self)
    for j in 0..<columns {
      let stored = Swift.min(j + 1, rows)
      (pointer + j * rows).update(from: source + j * lda, count: stored)
      (pointer + j * rows + stored).update(repeating: 0, count: rows - stored)
    }
  }
}
