import ApusNumerics

/// A = unitary · positive.
public struct PolarDecomposition: Sendable {
  /// m × n with orthonormal columns (m ≥ n) or rows (m < n): of all such matrices the nearest to A.
  public let unitary: NDArray
  /// n × n, symmetric and positive semi-definite.
  public let positive: NDArray
}

extension LinearAlgebra {
  /// The polar decomposition by the singular value decomposition: unitary = U · Vᵀ, positive = V · diag(s) · Vᵀ (Higham,
  /// *Functions of Matrices*, 2008, chapter 8).
  ///
  /// - Parameter a: m × n, float32 or float64.
  /// - Complexity: that of ``svd(_:full:)``.
  public static func polar(_ a: NDArray) throws(ApusError) -> PolarDecomposition {
    let factors = try svd(a)
    let scaled = try factors.vTransposed.copied()
    if scaled.dtype == .float32 {
      scaleRows(scaled.pointer(Float.self), by: factors.singularValues.pointer(Float.self), scaled.shape)
    } else {
      scaleRows(scaled.pointer(Double.self), by: factors.singularValues.pointer(Double.self), scaled.shape)
    }
    let positive = try matmul(factors.vTransposed.transposed, scaled)
    if positive.dtype == .float32 {
      BLAS.mirror(
        n: positive.shape[0], lower: true, c: positive.pointer(Float.self), ldc: Swift.max(1, positive.shape[0]))
    } else {
      BLAS.mirror(
        n: positive.shape[0], lower: true, c: positive.pointer(Double.self), ldc: Swift.max(1, positive.shape[0]))
    }
    return PolarDecomposition(unitary: try matmul(factors.u, factors.vTransposed), positive: positive)
  }

  private static func scaleRows<T: LinearAlgebraScalar>(
    _ rows: UnsafeMutablePointer<T>, by factors: UnsafePointer<T>, _ shape: [Int]
  ) {
    for i in 0..<shape[0] {
      for j in 0..<shape[1] { rows[i * shape[1] + j] *= factors[i] }
    }
  }
}
