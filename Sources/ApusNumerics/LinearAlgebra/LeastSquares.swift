/// A solution of min ‖a · x − b‖₂.
public struct LeastSquaresSolution: Sendable {
  /// The minimiser of least norm: n, or n × k for k right-hand sides.
  public let x: NDArray
  /// Σ (a · x − b)² for every right-hand side, k float64 values.
  public let residualSumsOfSquares: NDArray
  /// Singular values above the tolerance.
  public let rank: Int
  /// The singular values of `a`, in descending order.
  public let singularValues: NDArray
}

extension LinearAlgebra {
  /// Least squares by the singular value decomposition, of R where `a` is tall: the solution of least norm, for a matrix
  /// of any shape and rank.
  ///
  /// - Parameters:
  ///   - a: m × n.
  ///   - b: m, or m × k.
  ///   - relativeTolerance: singular values at most this times the largest count as zero; max(m, n) · ε when nil.
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when the solution overflows.
  public static func leastSquares(
    _ a: NDArray, _ b: NDArray, relativeTolerance: Double? = nil
  ) throws(ApusError) -> LeastSquaresSolution {
    let (left, right) = try promoted(a, name: "a", b, name: "b")
    let scaled = try ScaledMatrix(matrix(left, name: "a"), name: "a")
    let target = try rightHandSide(right, rows: left.shape[0], dtype: left.dtype)
    let inner = try PseudoInverse(scaled.array, relativeTolerance: relativeTolerance)
    let scaledTarget = try ScaledMatrix(target, name: "b")
    let x = try inner.applied(to: scaledTarget.array).contiguous()
    // Residuals before the scales are undone: the same in the units of b.
    let residual = try residualSumsOfSquares(scaled.array, x, scaledTarget)
    PowerOfTwo.scale(x, exponent: scaledTarget.exponent - scaled.exponent)
    try requireSolved(x)
    PowerOfTwo.scale(inner.factors.singularValues, exponent: scaled.exponent)
    return LeastSquaresSolution(
      x: b.rank == 2 ? x : try x.reshaped([x.shape[0]]), residualSumsOfSquares: residual, rank: inner.rank,
      singularValues: inner.factors.singularValues)
  }

  /// Σ (a · x − b)² of every column, in float64.
  private static func residualSumsOfSquares(
    _ a: NDArray, _ x: NDArray, _ b: ScaledMatrix
  ) throws(ApusError) -> NDArray {
    let difference = try matmul(a, x)
    let target = try b.array.contiguous()
    if difference.dtype == .float32 {
      for i in 0..<difference.count { difference.pointer(Float.self)[i] -= target.pointer(Float.self)[i] }
    } else {
      for i in 0..<difference.count { difference.pointer(Double.self)[i] -= target.pointer(Double.self)[i] }
    }
    let sums = try ColumnReductions.sumsOfSquares(difference)
    PowerOfTwo.scale(sums, exponent: 2 * b.exponent)
    return sums
  }

  /// The Moore-Penrose pseudo-inverse, n × m.
  ///
  /// - Parameter relativeTolerance: as for ``leastSquares(_:_:relativeTolerance:)``.
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when it overflows.
  public static func pseudoInverse(_ a: NDArray, relativeTolerance: Double? = nil) throws(ApusError) -> NDArray {
    let scaled = try ScaledMatrix(matrix(a, name: "a"), name: "a")
    let result = try PseudoInverse(scaled.array, relativeTolerance: relativeTolerance).matrix().contiguous()
    PowerOfTwo.scale(result, exponent: -scaled.exponent)
    try requireSolved(result)
    return result
  }
}
