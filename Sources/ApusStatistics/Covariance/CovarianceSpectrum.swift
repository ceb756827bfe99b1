import ApusNumerics
import RealModule

/// A symmetric positive semi-definite matrix through its eigenvectors: distances, the pseudo-inverse and the determinant without
/// forming an inverse. Eigenvalues up to p · ε times the largest count as 0, as in scipy.linalg.pinvh.
struct CovarianceSpectrum: Sendable {
  let order: Int
  let rank: Int
  /// (rank, order) row-major: eigenvectors over the roots of their eigenvalues.
  private let whitening: NDArray
  /// (order − rank, order) row-major: eigenvectors of the eigenvalues that count as 0.
  private let nullSpace: NDArray
  /// The eigenvalues that count, in the order of `whitening`.
  private let eigenvalues: [Double]
  private let largest: Double
  /// ln of the product of the eigenvalues that count.
  let logPseudoDeterminant: Double

  /// −∞ when the rank is not full.
  var logDeterminant: Double { rank < order ? -.infinity : logPseudoDeterminant }

  init(_ covariance: NDArray) throws(ApusError) {
    let p = covariance.shape[0]
    order = p
    let eigen = try LinearAlgebra.eigh(covariance)
    let values: [Double] = try eigen.values.elements()
    let vectors = try eigen.vectors.contiguous()
    let largest = values.reduce(0) { Swift.max($0, $1.magnitude) }
    let limit = Double(p) * 2.220446049250313e-16 * largest
    let kept = values.indices.filter { values[$0] > limit }
    rank = kept.count
    let result = try NDArray(uninitialized: [kept.count, p], dtype: .float64)
    let (from, to) = (UnsafePointer(vectors.pointer(Double.self)), result.pointer(Double.self))
    for (row, k) in kept.enumerated() {
      let root = values[k].squareRoot()
      for j in 0..<p { to[row * p + j] = from[j * p + k] / root }
    }
    let dropped = values.indices.filter { !(values[$0] > limit) }
    let rest = try NDArray(uninitialized: [dropped.count, p], dtype: .float64)
    for (row, k) in dropped.enumerated() {
      for j in 0..<p { rest.pointer(Double.self)[row * p + j] = from[j * p + k] }
    }
    withExtendedLifetime(vectors) {}
    whitening = result
    nullSpace = rest
    eigenvalues = kept.map { values[$0] }
    self.largest = largest
    logPseudoDeterminant = eigenvalues.reduce(0) { $0 + Double.log($1) }
  }

  /// Squared Mahalanobis distances of the rows of `x` (n × order) from `location`, each row by itself.
  func distances(_ x: NDArray, from location: NDArray) throws(ApusError) -> NDArray {
    try squaredNorms(x, from: location, rows: whitening)
  }

  /// Squared distances of the rows of `x` from the space through `location` in which the distribution lives.
  func squaredDistancesFromSpan(_ x: NDArray, through location: NDArray) throws(ApusError) -> NDArray {
    try squaredNorms(x, from: location, rows: nullSpace)
  }

  /// Squared distances up to here count as inside the space (scipy's limit).
  var spanTolerance: Double {
    let limit = 2.2e-10 * largest
    return limit * limit
  }

  /// (rank, order): eigenvectors times the roots of their eigenvalues, so that factorᵀ factor is the matrix.
  func factor() throws(ApusError) -> NDArray {
    let result = try whitening.copied()
    let out = result.pointer(Double.self)
    for k in 0..<rank { for j in 0..<order { out[k * order + j] *= eigenvalues[k] } }
    return result
  }

  /// ‖rows · (x − location)‖² for every row of `x`.
  private func squaredNorms(_ x: NDArray, from location: NDArray, rows: NDArray) throws(ApusError) -> NDArray {
    let data = try x.converted(to: .float64, name: "X").contiguous()
    let centre = try location.contiguous()
    let (n, p, r) = (data.shape[0], order, rows.shape[0])
    let result = try NDArray(uninitialized: [n], dtype: .float64)
    let scratch = try Buffer<Double>(count: try checkedCount([(n + 63) / 64, p], stride: 1))
    let (v, c, w) = (
      UnsafePointer(data.pointer(Double.self)), UnsafePointer(centre.pointer(Double.self)),
      UnsafePointer(rows.pointer(Double.self))
    )
    let out = result.pointer(Double.self)
    ThreadPool.parallelBlocks(count: n, blockSize: 64) { range in
      let d = scratch.pointer + range.lowerBound / 64 &* p
      for i in range {
        for j in 0..<p { d[j] = v[i &* p &+ j] - c[j] }
        var total = 0.0
        for k in 0..<r {
          var dot = 0.0
          for j in 0..<p { dot += w[k &* p &+ j] * d[j] }
          total += dot * dot
        }
        out[i] = total
      }
    }
    withExtendedLifetime((data, centre, rows, scratch)) {}
    return result
  }

  /// The pseudo-inverse, p × p.
  func precision() throws(ApusError) -> NDArray {
    if rank == 0 { return try NDArray(zeros: [order, order]) }
    return try LinearAlgebra.gram(whitening)
  }
}
