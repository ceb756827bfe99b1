/// The Cholesky factorisation A = L · Lᵀ of a symmetric positive definite matrix.
public struct CholeskyDecomposition: Sendable {
  /// L, n × n, zero above the diagonal; column-major.
  public let lower: NDArray
  /// Estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁): near 1 for a well-conditioned A, below the machine epsilon for one that is
  /// numerically singular.
  public let reciprocalCondition: Double
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
