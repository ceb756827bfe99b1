import Glibc

/// The Cholesky factorisation A = L · Lᵀ of a symmetric positive definite matrix.
public struct CholeskyDecomposition: Sendable {
  /// L, n × n, zero above the diagonal; column-major.
  public let lower: NDArray
  /// Estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁): near 1 for a well-conditioned A, below the machine epsilon for one that is
  /// numerically singular.
  public let reciprocalCondition: Double

  /// The solution of A · x = b, n or n × k.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when it overflows.
  public func solve(_ b: NDArray) throws(ApusError) -> NDArray {
    let right = try LinearAlgebra.rightHandSide(b, rows: lower.shape[0], dtype: lower.dtype)
    let x = try LinearAlgebra.columnMajorCopy(right)
    if lower.dtype == .float32 { substitute(Float.self, x) } else { substitute(Double.self, x) }
    try LinearAlgebra.requireSolved(x)
    return b.rank == 2 ? x : try x.reshaped([x.shape[0]])
  }

  /// The inverse of A, symmetric to the bit.
  public func inverse() throws(ApusError) -> NDArray {
    let n = lower.shape[0]
    let result = try NDArray(zeros: [n, n], dtype: lower.dtype)
    if lower.dtype == .float32 { try invert(Float.self, into: result) } else { try invert(Double.self, into: result) }
    try LinearAlgebra.requireSolved(result)
    return result
  }

  /// The natural logarithm of the determinant of A.
  public var logDeterminant: Double {
    let n = lower.shape[0]
    var sum = 0.0
    for i in 0..<n {
      sum += log(
        lower.dtype == .float32
          ? Double(lower.pointer(Float.self)[i * (n + 1)]) : lower.pointer(Double.self)[i * (n + 1)])
    }
    return 2 * sum
  }

  private func substitute<T: LinearAlgebraScalar>(_ type: T.Type, _ x: NDArray) {
    let n = lower.shape[0]
    if x.isEmpty { return }
    let factor = UnsafePointer(lower.pointer(type))
    BLAS.trsm(lower: true, m: n, n: x.shape[1], a: factor, lda: n, b: x.pointer(type), ldb: n)
    BLAS.trsm(lower: true, trans: true, m: n, n: x.shape[1], a: factor, lda: n, b: x.pointer(type), ldb: n)
  }

  /// A⁻¹ = L⁻ᵀ · L⁻¹.
  private func invert<T: LinearAlgebraScalar>(_ type: T.Type, into result: NDArray) throws(ApusError) {
    let n = lower.shape[0]
    if n == 0 { return }
    let inverse = try NDArray(zeros: [n, n], dtype: T.dtype)
    let pointer = inverse.pointer(type)
    for i in 0..<n { pointer[i * (n + 1)] = 1 }
    BLAS.trsm(lower: true, m: n, n: n, a: UnsafePointer(lower.pointer(type)), lda: n, b: pointer, ldb: n)
    try BLAS.syrk(
      lower: true, trans: true, n: n, k: n, a: UnsafePointer(pointer), lda: n, c: result.pointer(type), ldc: n,
      full: true)
  }
}

extension LinearAlgebra {
  /// Factors a symmetric positive definite matrix; only its lower triangle is read.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` naming the first leading minor that is not positive definite.
  /// - Complexity: n³ / 3 multiplications.
  public static func cholesky(_ a: NDArray) throws(ApusError) -> CholeskyDecomposition {
    let a = try finiteSquareMatrix(a, name: "a")
    return a.dtype == .float32 ? try cholesky(Float.self, a) : try cholesky(Double.self, a)
  }

  private static func cholesky<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray
  ) throws(ApusError) -> CholeskyDecomposition {
    let n = a.shape[0]
    let factor = try columnMajorCopy(a)
    let pointer = factor.pointer(T.self)
    let lda = Swift.max(n, 1)
    let norm = SymmetricNorm.one(lower: true, n: n, a: UnsafePointer(pointer), lda: lda)
    let minor = try LAPACK.cholesky(lower: true, n: n, a: pointer, lda: lda)
    guard minor == 0 else {
      throw .numericalFailure(reason: "a: not positive definite: its leading minor of order \(minor) is not positive")
    }
    for j in 0..<n { (pointer + j * n).update(repeating: 0, count: j) }
    let reciprocal = try LAPACK.choleskyReciprocalCondition(
      lower: true, n: n, factor: UnsafePointer(pointer), lda: lda, norm: norm)
    return CholeskyDecomposition(lower: factor, reciprocalCondition: Double(reciprocal))
  }
}
