extension LinearAlgebra {
  /// The solution of op(a) · x = b for a triangular matrix, of which one half is read.
  ///
  /// - Parameters:
  ///   - a: n × n.
  ///   - b: n, or n × k.
  ///   - lower: which half of `a` is read.
  ///   - transposed: solve aᵀ · x = b.
  ///   - unitDiagonal: take the diagonal as ones without reading it.
  /// - Throws: ``ApusError/numericalFailure(reason:)`` naming a zero on the diagonal, or when the solution overflows.
  /// - Complexity: n² k operations.
  public static func solveTriangular(
    _ a: NDArray, _ b: NDArray, lower: Bool, transposed: Bool = false, unitDiagonal: Bool = false
  ) throws(ApusError) -> NDArray {
    let (left, right) = try promoted(a, name: "a", b, name: "b")
    let matrix = try finiteSquareMatrix(left, name: "a")
    let x = try columnMajorCopy(rightHandSide(right, rows: matrix.shape[0], dtype: matrix.dtype))
    if matrix.dtype == .float32 {
      try solveTriangular(Float.self, matrix, x, lower: lower, transposed: transposed, unit: unitDiagonal)
    } else {
      try solveTriangular(Double.self, matrix, x, lower: lower, transposed: transposed, unit: unitDiagonal)
    }
    try requireSolved(x)
    return b.rank == 2 ? x : try x.reshaped([x.shape[0]])
  }

  private static func solveTriangular<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, _ x: NDArray, lower: Bool, transposed: Bool, unit: Bool
  ) throws(ApusError) {
    let operand = try MatrixOperand<T>(a, name: "a")
    let n = operand.rows
    if n == 0 || x.isEmpty { return }
    if !unit {
      for i in 0..<n where operand.pointer[i * (operand.leadingDimension + 1)] == 0 {
        throw .numericalFailure(reason: "a: singular: element \(i) of its diagonal is zero")
      }
    }
    // Memory that holds the transpose has the other half and is transposed once more.
    BLAS.trsm(
      lower: lower != operand.trans, trans: transposed != operand.trans, unit: unit, m: n, n: x.shape[1],
      a: operand.pointer, lda: operand.leadingDimension, b: x.pointer(type), ldb: n)
    withExtendedLifetime(operand) {}
  }
}
