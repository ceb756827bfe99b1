/// The factorisation A = U · diag(s) · Vᵀ.
public struct SingularValueDecomposition: Sendable {
  /// Left singular vectors in columns: m × min(m, n), or m × m when full.
  public let u: NDArray
  /// Singular values, min(m, n), in descending order, none negative.
  public let singularValues: NDArray
  /// Right singular vectors in rows: min(m, n) × n, or n × n when full.
  public let vTransposed: NDArray
}

extension LinearAlgebra {
  /// Singular value decomposition by divide and conquer, with QR iteration as a fallback when that does not converge.
  ///
  /// - Parameters:
  ///   - a: m × n.
  ///   - full: square orthogonal U and V rather than their first min(m, n) columns.
  /// - Complexity: O(m n min(m, n)).
  public static func svd(_ a: NDArray, full: Bool = false) throws(ApusError) -> SingularValueDecomposition {
    let a = try finiteMatrix(a, name: "a")
    return a.dtype == .float32
      ? try svd(Float.self, a, job: full ? .full : .thin) : try svd(Double.self, a, job: full ? .full : .thin)
  }

  /// The singular values alone, in descending order.
  public static func singularValues(_ a: NDArray) throws(ApusError) -> NDArray {
    let a = try finiteMatrix(a, name: "a")
    return a.dtype == .float32
      ? try svd(Float.self, a, job: .none).singularValues : try svd(Double.self, a, job: .none).singularValues
  }

  /// The decomposition of the column-major memory of Aᵀ, whose factors are those of A in row-major order.
  private static func svd<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, job: SingularVectors
  ) throws(ApusError) -> SingularValueDecomposition {
    let (m, n) = (a.shape[0], a.shape[1])
    let k = Swift.min(m, n)
    let work = try NDArray(uninitialized: [m, n], dtype: T.dtype)
    try MatrixCopy.copy(a, into: work)
    let s = try NDArray(uninitialized: [k], dtype: T.dtype)
    let (leftColumns, rightRows) = job == .full ? (m, n) : job == .thin ? (k, k) : (0, 0)
    let u = try NDArray(zeros: [m, leftColumns], dtype: T.dtype)
    let v = try NDArray(zeros: [rightRows, n], dtype: T.dtype)
    if k == 0 {
      setIdentity(T.self, u)
      setIdentity(T.self, v)
    } else {
      try LAPACK.svd(
        job, m: n, n: m, a: work.pointer(T.self), lda: n, s: s.pointer(T.self), u: v.pointer(T.self), ldu: n,
        vt: u.pointer(T.self), ldvt: Swift.max(leftColumns, 1))
    }
    return SingularValueDecomposition(u: u, singularValues: s, vTransposed: v)
  }

  /// Ones on the diagonal of a zero matrix.
  private static func setIdentity<T: LinearAlgebraScalar>(_ type: T.Type, _ matrix: NDArray) {
    let pointer = matrix.pointer(T.self)
    for i in 0..<Swift.min(matrix.shape[0], matrix.shape[1]) { pointer[i * (matrix.shape[1] + 1)] = 1 }
  }
}
