/// QR factorisation of matrices with many more rows than columns, at the speed of matrix products.
///
/// Cholesky QR, twice over, where the Gram matrix is well enough conditioned; otherwise the tree of Householder
/// factorisations of ``TreeQR``, which is stable for every matrix.
enum TallQR<T: LinearAlgebraScalar> {
  /// True for shapes that gain from it.
  static func suits(rows: Int, columns: Int) -> Bool { rows >= 4 * columns && rows >= 256 }

  /// A = Q · R with the diagonal of R non-negative.
  ///
  /// - Parameters:
  ///   - source: m × n of element type `T`, finite, of moderate magnitude; any strides.
  ///   - q: receives Q; row-major m × n.
  ///   - r: receives R, n × n, column-major, zero below the diagonal.
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  static func factor(_ source: NDArray, q: NDArray, r: UnsafeMutablePointer<T>) throws(ApusError) {
    let (m, n) = (source.shape[0], source.shape[1])
    if m == 0 || n == 0 { return }
    if try CholeskyQR<T>.factor(source, q: q, r: r) { return }
    try MatrixCopy.copy(source, into: q)
    let rows = q.pointer(T.self)
    try TreeQR<T>.factor(m: m, n: n, rows: rows, r: r)
    makeDiagonalPositive(m: m, n: n, rows: rows, r: r)
  }

  /// Turns rows of R, and columns of Q with them, where the diagonal of R is negative.
  private static func makeDiagonalPositive(
    m: Int, n: Int, rows: UnsafeMutablePointer<T>, r: UnsafeMutablePointer<T>
  ) {
    for j in 0..<n where r[j * (n + 1)] < 0 {
      for i in j..<n { r[j + i * n] = -r[j + i * n] }
      for i in 0..<m { rows[i * n + j] = -rows[i * n + j] }
    }
  }
}
