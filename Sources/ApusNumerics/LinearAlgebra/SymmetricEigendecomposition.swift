/// Eigenvalues and eigenvectors of a symmetric matrix: A · vectors = vectors · diag(values).
public struct SymmetricEigendecomposition: Sendable {
  /// The eigenvalues in ascending order.
  public let values: NDArray
  /// Orthonormal eigenvectors, one a column, n × `values.count`; column-major, each with its largest element positive.
  public let vectors: NDArray
}

extension LinearAlgebra {
  /// Eigenvalues and eigenvectors of a symmetric matrix; only its lower triangle is read.
  ///
  /// - Parameters:
  ///   - a: n × n.
  ///   - largest: compute only this many of the largest eigenvalues, 1…n; all when nil.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for `largest` out of range.
  /// - Complexity: O(n³).
  public static func eigh(_ a: NDArray, largest: Int? = nil) throws(ApusError) -> SymmetricEigendecomposition {
    try eigh(a, largest: largest, vectors: true)
  }

  /// The eigenvalues alone, ascending.
  public static func eigvalsh(_ a: NDArray, largest: Int? = nil) throws(ApusError) -> NDArray {
    try eigh(a, largest: largest, vectors: false).values
  }

  private static func eigh(
    _ a: NDArray, largest: Int?, vectors: Bool
  ) throws(ApusError) -> SymmetricEigendecomposition {
    let scaled = try ScaledMatrix(squareMatrix(a, name: "a"), name: "a")
    let n = scaled.array.shape[0]
    if let largest, largest < 1 || largest > n {
      throw .invalidArgument(name: "largest", reason: "\(largest) is not in 1...\(n)")
    }
    let result =
      scaled.array.dtype == .float32
      ? try eigh(Float.self, scaled.array, largest: largest, vectors: vectors)
      : try eigh(Double.self, scaled.array, largest: largest, vectors: vectors)
    PowerOfTwo.scale(result.values, exponent: scaled.exponent)
    return result
  }

  private static func eigh<T: LinearAlgebraScalar>(
    _ type: T.Type, _ a: NDArray, largest: Int?, vectors: Bool
  ) throws(ApusError) -> SymmetricEigendecomposition {
    let n = a.shape[0]
    let work = try columnMajorCopy(a)
    let values = try NDArray(uninitialized: [n], dtype: T.dtype)
    let pointer = work.pointer(T.self)
    if let largest, largest < n {
      let z = try columnMajor(rows: n, columns: vectors ? largest : 0, dtype: T.dtype)
      try LAPACK.symmetricEigen(
        range: n - largest..<n, vectors: vectors, lower: true, n: n, a: pointer, lda: n,
        values: values.pointer(T.self), z: z.pointer(T.self), ldz: n)
      orientColumns(T.self, z)
      return SymmetricEigendecomposition(values: try values.slice(0..<largest).copied(), vectors: z)
    }
    try LAPACK.symmetricEigen(
      vectors: vectors, lower: true, n: n, a: pointer, lda: Swift.max(n, 1), values: values.pointer(T.self))
    if vectors { orientColumns(T.self, work) }
    return SymmetricEigendecomposition(values: values, vectors: work)
  }

  /// Turns every column so that its element of largest magnitude, the first of equals, is positive: eigenvectors are
  /// determined only up to sign, and this makes them reproducible.
  private static func orientColumns<T: LinearAlgebraScalar>(_ type: T.Type, _ matrix: NDArray) {
    ColumnOrientation.orient(rows: matrix.shape[0], columns: matrix.shape[1], a: matrix.pointer(type))
  }
}
