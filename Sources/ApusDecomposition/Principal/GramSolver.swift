import ApusModels
import ApusNumerics

/// Principal components from the covariance matrix: the fast way for tall data.
///
/// Forming XᵀX squares the condition: a variance λ is found with an error of about ε λ₁, so its relative accuracy is
/// ε λ₁ / λ. ``isAccurate(_:for:)`` tells whether all the variances wanted are large enough for the accuracy promised.
enum GramSolver {
  /// Variances of at least this fraction of the largest have a relative error below about 1e-11 in float64.
  private static let smallestRatio = 1e-5
  /// As above for products in float32, and about 1e-6.
  private static let smallestRatioFloat = 1e-2

  /// - Parameters:
  ///   - count: components wanted; nil for min(rows, columns).
  ///   - standardize: divide the features by their standard deviations.
  static func solve(
    _ moments: CovarianceMoments, count: Int?, standardize: Bool
  ) throws(ApusError) -> PrincipalSpectrum {
    let p = moments.columns
    let scales = standardize ? try moments.scales() : nil
    let covariance = try moments.covariance(scales: scales)
    let source = covariance.pointer(Double.self)
    var total = 0.0
    for j in 0..<p { total += source[j * (p + 1)] }
    let wanted = Swift.min(count ?? Swift.min(moments.rows, p), p)
    // A few eigenvectors of many cost less than half of all.
    let eigen = try LinearAlgebra.eigh(covariance, largest: wanted < p ? wanted : nil)
    let values = try NDArray(uninitialized: [wanted], dtype: .float64)
    let components = try NDArray(uninitialized: [wanted, p], dtype: .float64)
    let vectors = eigen.vectors.matrixView(Double.self)
    let found = eigen.values.count
    for i in 0..<wanted {
      values.pointer(Double.self)[i] = Swift.max(eigen.values.pointer(Double.self)[found - 1 - i], 0)
      let row = components.pointer(Double.self) + i * p
      for j in 0..<p { row[j] = vectors[j, vectors.columns &- 1 &- i] }
    }
    ComponentSigns.orient(components)
    withExtendedLifetime((covariance, eigen)) {}
    return PrincipalSpectrum(
      means: moments.means, scales: scales, variances: values, components: components, totalVariance: total)
  }

  /// Whether every variance of `spectrum` is far enough above the rounding errors of products in `precision`.
  static func isAccurate(_ spectrum: PrincipalSpectrum, for precision: DType) -> Bool {
    let (values, count) = (spectrum.variances.pointer(Double.self), spectrum.variances.count)
    if count == 0 || values[0] == 0 { return true }
    return values[count - 1] >= values[0] * (precision == .float32 ? smallestRatioFloat : smallestRatio)
  }
}
