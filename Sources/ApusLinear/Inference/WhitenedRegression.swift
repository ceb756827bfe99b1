import ApusModels
import ApusNumerics
import RealModule

/// A regression with correlated errors made into one with independent errors: with Σ = L Lᵀ the columns of L⁻¹ [1, X, y]
/// (A. C. Aitken, Proc. Roy. Soc. Edinburgh 55, 1935).
struct WhitenedRegression {
  /// L⁻¹ [1, X], or L⁻¹ X without an intercept, and L⁻¹ y.
  let data: RegressionData
  /// −ln det Σ.
  let logDeterminant: Double

  /// - Parameter covariance: (rows, rows), symmetric and positive definite, up to a factor; its lower triangle is read.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when it is not; ``ApusError/unsupported(reason:)`` for sparse
  ///   features, whose whitening is dense.
  /// - Complexity: rows³ / 3 + rows² · columns.
  init(_ data: RegressionData, covariance: NDArray, fitIntercept: Bool) throws(ApusError) {
    let (n, p, skip) = (data.rows, data.columns, fitIntercept ? 1 : 0)
    guard !data.design.isSparse else {
      throw .unsupported(reason: "sigma: a full covariance makes sparse features dense; give variances, (n_samples,)")
    }
    let factor = try NDArray(uninitialized: [n, n], dtype: .float64)
    let source = try covariance.converted(to: .float64, name: "sigma")
    try FiniteCheck.requireFinite(source, name: "sigma")
    let (l, s) = (factor.pointer(Double.self), source.pointer(Double.self))
    for row in 0..<n {
      for column in 0..<row
      where (s[row * n + column] - s[column * n + row]).magnitude
        > 1e-8 * Swift.max(s[row * n + row].magnitude, s[column * n + column].magnitude)
      {
        throw .invalidArgument(name: "sigma", reason: "is not symmetric: row \(row), column \(column)")
      }
    }
    // Row-major lower is column-major upper: Σ = Uᵀ U with U = Lᵀ.
    l.update(from: s, count: n * n)
    withExtendedLifetime(source) {}
    guard try LAPACK.cholesky(lower: false, n: n, a: l, lda: n) == 0 else {
      throw .invalidArgument(name: "sigma", reason: "is not positive definite")
    }
    var logarithm = 0.0
    for row in 0..<n { logarithm += Double.log(l[row * (n + 1)]) }
    logDeterminant = -2 * logarithm
    let columns = try NDArray(uninitialized: [p + skip + 1, n], dtype: .float64)
    let z = columns.pointer(Double.self)
    let line = try Buffer<Double>(count: p)
    for row in 0..<n {
      data.design.unpack(row..<row + 1, into: line.pointer, stride: p)
      if fitIntercept { z[row] = 1 }
      for j in 0..<p { z[(j + skip) * n + row] = line[j] }
      z[(p + skip) * n + row] = data.targetPointer[row]
    }
    BLAS.trsm(lower: false, trans: true, m: n, n: p + skip + 1, a: l, lda: n, b: z, ldb: n)
    withExtendedLifetime(factor) {}
    self.data = RegressionData(
      design: DesignMatrix(dense: try columns.slice(0..<p + skip).transposed),
      targets: try columns.slice(p + skip..<p + skip + 1).reshaped([n]), dtype: data.dtype)
  }
}
