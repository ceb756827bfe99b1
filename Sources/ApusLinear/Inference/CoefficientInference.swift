import ApusModels
import ApusNumerics

/// Estimates with their covariance: standard errors, tests, intervals. The intercept, if any, comes first.
struct CoefficientInference: Sendable {
  let hasIntercept: Bool
  /// (parameters,).
  let estimates: [Double]
  /// (parameters, parameters), symmetric.
  let covariance: NDArray
  let reference: ReferenceDistribution

  var count: Int { estimates.count }

  var standardErrors: [Double] {
    let c = covariance.pointer(Double.self)
    return (0..<count).map { index in
      let variance = c[index * count + index]
      return variance.isNaN ? .nan : Swift.max(0, variance).squareRoot()
    }
  }

  /// Estimates over standard errors.
  var statistics: [Double] { zip(estimates, standardErrors).map { $0 / $1 } }
  var pValues: [Double] { statistics.map { reference.twoSidedPValue($0) } }

  /// (parameters, 2): the ends of the 1 − alpha confidence intervals.
  func intervals(_ alpha: Double) throws(ApusError) -> NDArray {
    let critical = reference.criticalValue(alpha)
    return try NDArray(
      zip(estimates, standardErrors).flatMap { [$0 - critical * $1, $0 + critical * $1] }, shape: [count, 2])
  }

  /// bᵀ C⁻¹ b for the coefficients without the intercept; NaN when C is singular.
  ///
  /// - Complexity: O(parameters³).
  func wald() throws(ApusError) -> Double {
    let skip = hasIntercept ? 1 : 0
    let size = count - skip
    if size == 0 { return .nan }
    let (factor, z) = (try Buffer<Double>(count: size * size), try Buffer<Double>(count: size))
    let c = covariance.pointer(Double.self)
    let errors = standardErrors
    for i in 0..<size {
      guard errors[i + skip] > 0 else { return .nan }
      z[i] = estimates[i + skip] / errors[i + skip]
      for j in 0..<size {
        factor[i * size + j] = c[(i + skip) * count + j + skip] / errors[i + skip] / errors[j + skip]
      }
    }
    guard try LAPACK.cholesky(lower: true, n: size, a: factor.pointer, lda: size) == 0 else { return .nan }
    BLAS.trsm(lower: true, m: size, n: 1, a: factor.pointer, lda: size, b: z.pointer, ldb: size)
    var sum = 0.0
    for i in 0..<size { sum += z[i] * z[i] }
    return sum
  }
}
