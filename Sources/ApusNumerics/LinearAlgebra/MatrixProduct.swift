extension LinearAlgebra {
  /// The matrix product of `a` and `b`, with numpy's rules for vectors: a one-dimensional `a` is a row, a
  /// one-dimensional `b` a column, and the axis so added is taken away from the result.
  ///
  /// - Parameters:
  ///   - a: m × k, or k elements.
  ///   - b: k × n, or k elements.
  /// - Returns: row-major m × n. NaN and infinity propagate.
  /// - Throws: ``ApusError/shapeMismatch(name:reason:)`` when the inner extents differ.
  /// - Complexity: O(m n k).
  public static func matmul(_ a: NDArray, _ b: NDArray) throws(ApusError) -> NDArray {
    for (array, name) in [(a, "a"), (b, "b")] where array.rank != 1 && array.rank != 2 {
      throw .shapeMismatch(name: name, reason: "has \(array.rank) dimensions, needs 1 or 2")
    }
    let inner = a.shape[a.rank - 1]
    guard inner == b.shape[0] else {
      throw .shapeMismatch(
        name: "b", reason: "has \(b.shape[0]) rows beside a of shape \(a.shape), needs \(inner)")
    }
    let (left, right) = try promoted(a, name: "a", b, name: "b")
    let row = left.rank == 1 ? rowVector(left) : left
    let result = try NDArray(uninitialized: [row.shape[0], right.rank == 2 ? right.shape[1] : 1], dtype: left.dtype)
    if left.dtype == .float32 {
      try multiply(Float.self, row, right, into: result)
    } else {
      try multiply(Double.self, row, right, into: result)
    }
    return try result.reshaped(Array(a.shape.dropLast() + b.shape.dropFirst()))
  }

  /// The symmetric n × n matrix `aᵀ · a` of an m × n matrix: half the work of a product.
  ///
  /// - Complexity: O(m n²).
  public static func gram(_ a: NDArray) throws(ApusError) -> NDArray {
    let a = try matrix(a, name: "a")
    let result = try NDArray(uninitialized: [a.shape[1], a.shape[1]], dtype: a.dtype)
    if a.dtype == .float32 { try gram(Float.self, a, into: result) } else { try gram(Double.self, a, into: result) }
    return result
  }

  private static func rowVector(_ vector: NDArray) -> NDArray {
    NDArray(
      storage: vector.storage, data: vector.data, dtype: vector.dtype, shape: [1, vector.shape[0]],
      strides: [vector.dtype.stride, vector.strides[0]])
  }

  /// C = A · B, computed as the column-major Cᵀ = Bᵀ · Aᵀ.
  private static func multiply<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, _ b: NDArray, into result: NDArray
  ) throws(ApusError) {
    let left = try MatrixOperand<T>(a, name: "a")
    let right = try MatrixOperand<T>(b, name: "b")
    try BLAS.gemm(
      transA: !right.trans, transB: !left.trans, m: right.columns, n: left.rows, k: left.columns, a: right.pointer,
      lda: right.leadingDimension, b: left.pointer, ldb: left.leadingDimension, c: result.pointer(T.self),
      ldc: Swift.max(right.columns, 1))
    withExtendedLifetime((left, right)) {}
  }

  private static func gram<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, into result: NDArray
  ) throws(ApusError) {
    let operand = try MatrixOperand<T>(a, name: "a")
    try BLAS.syrk(
      lower: true, trans: !operand.trans, n: operand.columns, k: operand.rows, a: operand.pointer,
      lda: operand.leadingDimension, c: result.pointer(T.self), ldc: Swift.max(operand.columns, 1), full: true)
    withExtendedLifetime(operand) {}
  }
}
