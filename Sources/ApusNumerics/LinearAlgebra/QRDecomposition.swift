/// The factorisation A = Q · R, or with pivoting A[:, permutation] = Q · R.
public struct QRDecomposition: Sendable {
  /// m × min(m, n) with orthonormal columns (m × m when complete).
  public let q: NDArray
  /// min(m, n) × n (m × n when complete), zero below the diagonal; column-major.
  public let r: NDArray
  /// For each column of `r`, its place in A: n int64 values; nil without pivoting.
  public let permutation: NDArray?
}

extension LinearAlgebra {
  /// QR factorisation, with the diagonal of R non-negative, which makes it unique for a matrix of full column rank.
  ///
  /// Householder reflectors; tall matrices by ``TallQR``.
  ///
  /// - Parameters:
  ///   - a: m × n.
  ///   - complete: a square Q of order m rather than its first min(m, n) columns.
  ///   - pivoting: permutes columns so that the diagonal of R does not increase, which reveals the rank.
  /// - Complexity: O(m n min(m, n)).
  public static func qr(
    _ a: NDArray, complete: Bool = false, pivoting: Bool = false
  ) throws(ApusError) -> QRDecomposition {
    let scaled = try ScaledMatrix(matrix(a, name: "a"), name: "a")
    let result =
      scaled.array.dtype == .float32
      ? try qr(Float.self, scaled.array, complete: complete, pivoting: pivoting)
      : try qr(Double.self, scaled.array, complete: complete, pivoting: pivoting)
    PowerOfTwo.scale(result.r, exponent: scaled.exponent)
    return result
  }

  private static func qr<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, complete: Bool, pivoting: Bool
  ) throws(ApusError) -> QRDecomposition {
    let (m, n) = (a.shape[0], a.shape[1])
    if !complete && TallQR<T>.suits(rows: m, columns: n) {
      let q = try NDArray(uninitialized: [m, n], dtype: T.dtype)
      let r = try columnMajor(rows: n, columns: n, dtype: T.dtype)
      try TallQR<T>.factor(a, q: q, r: r.pointer(T.self))
      if !pivoting { return QRDecomposition(q: q, r: r, permutation: nil) }
      // Column norms of R are those of A, so both choose the same pivots.
      let inner = try pivotedQR(T.self, r, complete: false)
      return QRDecomposition(q: try matmul(q, inner.q), r: inner.r, permutation: inner.permutation)
    }
    return pivoting
      ? try pivotedQR(T.self, a, complete: complete) : try householderQR(T.self, a, complete: complete)
  }

  private static func householderQR<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, complete: Bool
  ) throws(ApusError) -> QRDecomposition {
    let (m, n) = (a.shape[0], a.shape[1])
    let columns = complete ? m : Swift.min(m, n)
    let work = try columnMajorCopy(a)
    let factors = try HouseholderQR(m: m, n: n, a: work.pointer(T.self), lda: Swift.max(m, 1))
    let r = try columnMajor(rows: columns, columns: n, dtype: T.dtype)
    factors.copyR(rows: columns, into: r.pointer(T.self), ldr: columns)
    let q = try columnMajor(rows: m, columns: columns, dtype: T.dtype)
    try factors.formQ(columns: columns, into: q.pointer(T.self), ldq: m)
    withExtendedLifetime(work) {}
    makeDiagonalNonNegative(T.self, q: q, r: r)
    return QRDecomposition(q: q, r: r, permutation: nil)
  }

  private static func pivotedQR<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, complete: Bool
  ) throws(ApusError) -> QRDecomposition {
    let (m, n) = (a.shape[0], a.shape[1])
    let k = Swift.min(m, n)
    let columns = complete ? m : k
    let work = try columnMajorCopy(a)
    let pointer = work.pointer(T.self)
    let tau = try Buffer<T>(zeroed: Swift.max(k, 1))
    let pivots = try Buffer<Int32>(count: Swift.max(n, 1))
    try LAPACK.pivotedQR(m: m, n: n, a: pointer, lda: Swift.max(m, 1), pivots: pivots.pointer, tau: tau.pointer)
    let permutation = try NDArray(uninitialized: [n], dtype: .int64)
    for j in 0..<n { permutation.pointer(Int64.self)[j] = Int64(pivots[j]) }
    let r = try NDArray(zeros: [n, columns], dtype: T.dtype).transposed
    let q = try columnMajor(rows: m, columns: columns, dtype: T.dtype)
    for j in 0..<n { (r.pointer(T.self) + j * columns).update(from: pointer + j * m, count: Swift.min(j + 1, columns)) }
    LAPACK.copyColumns(m: m, n: k, from: pointer, lda: m, to: q.pointer(T.self), ldb: m)
    try LAPACK.formQ(m: m, n: columns, k: k, a: q.pointer(T.self), lda: Swift.max(m, 1), tau: tau.pointer)
    makeDiagonalNonNegative(T.self, q: q, r: r)
    return QRDecomposition(q: q, r: r, permutation: permutation)
  }

  /// Turns rows of R where its diagonal is negative, and the columns of Q with them; both column-major.
  private static func makeDiagonalNonNegative<T: LinearAlgebraScalar>(_ type: T.Type, q: NDArray, r: NDArray) {
    let (m, n, rows) = (q.shape[0], r.shape[1], r.shape[0])
    let (qPointer, rPointer) = (q.pointer(T.self), r.pointer(T.self))
    for i in 0..<Swift.min(rows, n) where rPointer[i * (rows + 1)] < 0 {
      for j in i..<n { rPointer[i + j * rows] = -rPointer[i + j * rows] }
      for j in 0..<m { qPointer[j + i * m] = -qPointer[j + i * m] }
    }
  }
}
