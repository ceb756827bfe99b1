/// CholeskyQR2 (Yamamoto, Nakatsukasa, Yanagisawa & Fukaya, Electronic Transactions on Numerical Analysis 44, 2015):
/// R from the Cholesky factorisation of AᵀA, Q = A · R⁻¹, and both steps again on Q, which makes it orthogonal to working
/// precision.
///
/// Gram matrices are accumulated in float64 for either type and scaled to a unit diagonal, so that the scale of a column
/// does not matter. The second step can only repair a loss of orthogonality below one: an estimated condition beyond the
/// limit is refused.
enum CholeskyQR<T: LinearAlgebraScalar> {
  /// The smallest acceptable reciprocal condition of the scaled Gram matrix: the loss in the first step, at most about
  /// ε₆₄ · κ(A)² + ε · κ(A), is then below a thousandth.
  private static var smallestReciprocal: Double { T.dtype == .float32 ? 1e-7 : 1e-10 }

  /// - Returns: false, with `q` and `r` undefined, when A is too ill-conditioned.
  static func factor(_ source: NDArray, q: NDArray, r: UnsafeMutablePointer<T>) throws(ApusError) -> Bool {
    let (m, n) = (source.shape[0], source.shape[1])
    let factor = try Buffer<Double>(count: n * n)
    guard try choleskyOfGram(source, into: factor.pointer) else { return false }
    try MatrixCopy.copy(source, into: q)
    let first = try Buffer<T>(count: n * n)
    round(factor.pointer, count: n * n, into: first.pointer)
    divide(q, by: first.pointer, m: m, n: n)
    guard try choleskyOfGram(q, into: factor.pointer) else { return false }
    round(factor.pointer, count: n * n, into: r)
    divide(q, by: r, m: m, n: n)
    BLAS.trmm(left: false, lower: false, m: n, n: n, a: UnsafePointer(first.pointer), lda: n, b: r, ldb: n)
    withExtendedLifetime(first) {}
    return true
  }

  /// The upper Cholesky factor of `matrix`ᵀ · `matrix`, zero below the diagonal; false when it has none worth having.
  private static func choleskyOfGram(
    _ matrix: NDArray, into factor: UnsafeMutablePointer<Double>
  ) throws(ApusError) -> Bool {
    let n = matrix.shape[1]
    let gram = try CentredGram(matrix, centred: false).gram
    let source = gram.pointer(Double.self)
    let scales = try Buffer<Double>(count: n)
    for j in 0..<n {
      let square = source[j * (n + 1)]
      guard square.isFinite, square >= Double.leastNormalMagnitude / Double.ulpOfOne else { return false }
      // A power of two near the inverse of the column's norm: scaling is exact.
      scales.pointer[j] = Double(sign: .plus, exponent: -square.squareRoot().exponent, significand: 1)
    }
    for j in 0..<n {
      for i in 0...j { factor[i + j * n] = source[i + j * n] * scales.pointer[i] * scales.pointer[j] }
      (factor + j * n + j + 1).update(repeating: 0, count: n - j - 1)
    }
    let norm = SymmetricNorm.one(lower: false, n: n, a: UnsafePointer(factor), lda: n)
    guard try LAPACK.cholesky(lower: false, n: n, a: factor, lda: n) == 0 else { return false }
    let reciprocal = try LAPACK.choleskyReciprocalCondition(
      lower: false, n: n, factor: UnsafePointer(factor), lda: n, norm: norm)
    guard reciprocal >= smallestReciprocal else { return false }
    for j in 0..<n {
      for i in 0...j { factor[i + j * n] /= scales.pointer[j] }
    }
    withExtendedLifetime(gram) {}
    return true
  }

  private static func round(_ source: UnsafePointer<Double>, count: Int, into target: UnsafeMutablePointer<T>) {
    for i in 0..<count { target[i] = T(source[i]) }
  }

  /// Q ← Q · R⁻¹ for the row-major `q`, which is Qᵀ ← R⁻ᵀ · Qᵀ in column-major order.
  private static func divide(_ q: NDArray, by r: UnsafePointer<T>, m: Int, n: Int) {
    BLAS.trsm(left: true, lower: false, trans: true, m: n, n: m, a: r, lda: n, b: q.pointer(T.self), ldb: n)
  }
}
