/// The factorisation A = U · diag(s) · Vᵀ.
public struct SingularValueDecomposition: Sendable {
  /// Left singular vectors in columns: m × min(m, n), or m × m when full.
  public let u: NDArray
  /// Singular values, min(m, n), in descending order, none negative.
  public let singularValues: NDArray
  /// Right singular vectors in rows: min(m, n) × n, or n × n when full. The largest element of each of the first
  /// min(m, n), the first of equals, is positive.
  public let vTransposed: NDArray
}

extension LinearAlgebra {
  /// Singular value decomposition by divide and conquer, with QR iteration as a fallback when that does not converge.
  ///
  /// A matrix with many more rows than columns (or columns than rows) is first reduced by ``TallQR``.
  ///
  /// - Parameters:
  ///   - a: m × n.
  ///   - full: square orthogonal U and V rather than their first min(m, n) columns.
  /// - Complexity: O(m n min(m, n)).
  public static func svd(_ a: NDArray, full: Bool = false) throws(ApusError) -> SingularValueDecomposition {
    try svd(ScaledMatrix(matrix(a, name: "a"), name: "a"), job: full ? .full : .thin)
  }

  /// The singular values alone, in descending order.
  public static func singularValues(_ a: NDArray) throws(ApusError) -> NDArray {
    try svd(ScaledMatrix(matrix(a, name: "a"), name: "a"), job: .none).singularValues
  }

  /// The decomposition with the singular values in their true scale.
  private static func svd(
    _ a: ScaledMatrix, job: SingularVectors
  ) throws(ApusError) -> SingularValueDecomposition {
    let result = try scaledSVD(a.array, job: job)
    PowerOfTwo.scale(result.singularValues, exponent: a.exponent)
    return result
  }

  /// The decomposition of a finite matrix of moderate magnitude; without vectors u and vᵀ are empty.
  static func scaledSVD(_ a: NDArray, job: SingularVectors) throws(ApusError) -> SingularValueDecomposition {
    // The transpose has the factors the other way round.
    let isWide = a.shape[0] < a.shape[1]
    let tall = isWide ? a.transposed : a
    let factors =
      tall.dtype == .float32 ? try tallSVD(Float.self, tall, job: job) : try tallSVD(Double.self, tall, job: job)
    let result =
      isWide
      ? SingularValueDecomposition(
        u: factors.vTransposed.transposed, singularValues: factors.singularValues, vTransposed: factors.u.transposed)
      : factors
    if job != .none { try orientRows(result) }
    return result
  }

  private static func tallSVD<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, job: SingularVectors
  ) throws(ApusError) -> SingularValueDecomposition {
    let (m, n) = (a.shape[0], a.shape[1])
    guard job != .full, TallQR<T>.suits(rows: m, columns: n) else { return try directSVD(type, a, job: job) }
    let q = try NDArray(uninitialized: [m, n], dtype: T.dtype)
    let r = try columnMajor(rows: n, columns: n, dtype: T.dtype)
    try TallQR<T>.factor(a, q: q, r: r.pointer(T.self))
    let inner = try directSVD(type, r, job: job)
    if job == .none { return inner }
    return SingularValueDecomposition(
      u: try matmul(q, inner.u), singularValues: inner.singularValues, vTransposed: inner.vTransposed)
  }

  /// The decomposition of the column-major memory of Aᵀ, whose factors are those of A in row-major order.
  private static func directSVD<T: LinearAlgebraScalar>(
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

  /// Gives every pair of singular vectors the sign that makes the largest element of the right one positive.
  private static func orientRows(_ factors: SingularValueDecomposition) throws(ApusError) {
    if factors.u.dtype == .float32 {
      try orientRows(Float.self, factors)
    } else {
      try orientRows(Double.self, factors)
    }
  }

  private static func orientRows<T: LinearAlgebraScalar>(
    _ type: T.Type, _ factors: SingularValueDecomposition
  ) throws(ApusError) {
    let count = factors.singularValues.count
    let signs = try Buffer<T>(count: Swift.max(count, 1))
    ColumnOrientation.orient(
      factors.vTransposed.mutableMatrixView(type), with: factors.u.mutableMatrixView(type), count: count,
      signs: signs.pointer)
    withExtendedLifetime(signs) {}
  }
}
