import ApusNumerics
import RealModule

/// A covariance estimate.
public struct CovarianceEstimate: Sendable {
  /// p × p.
  public let covariance: NDArray
  /// p means, or zeros when the data were said to be centred.
  public let location: NDArray
  /// The weight of the scaled identity, 0…1; 0 for the empirical covariance.
  public let shrinkage: Double
}

/// Covariance matrices of observations × variables.
public enum Covariance {
  /// The (weighted) covariance matrix with divisor n − ddof.
  ///
  /// - Parameters:
  ///   - x: n × p, finite.
  ///   - ddof: 1 for the unbiased estimate, 0 for maximum likelihood.
  ///   - frequencyWeights: whole numbers: how often each row occurred.
  ///   - reliabilityWeights: relative precision of each row; the divisor becomes Σw − ddof Σ(w·a) / Σw with a these weights and w their
  ///     product with the frequencies, as in numpy.cov.
  public static func matrix(
    _ x: NDArray, ddof: Double = 1, frequencyWeights: NDArray? = nil, reliabilityWeights: NDArray? = nil
  ) throws(ApusError) -> NDArray {
    let data = try observations(x)
    let n = data.shape[0]
    let frequencies = try weights(frequencyWeights, "fweights", n, whole: true)
    let reliabilities = try weights(reliabilityWeights, "aweights", n, whole: false)
    guard ddof.isFinite else { throw .invalidArgument(name: "ddof", reason: "\(ddof) is not finite") }
    var (total, mixed) = (0.0, 0.0)
    for i in 0..<n {
      let w = (frequencies?.values[i] ?? 1) * (reliabilities?.values[i] ?? 1)
      total += w
      mixed += w * (reliabilities?.values[i] ?? 1)
    }
    guard total > 0 else { throw .invalidArgument(name: "weights", reason: "sum to 0") }
    let divisor = reliabilities == nil ? total - ddof : total - ddof * mixed / total
    guard divisor > 0 else {
      throw .invalidArgument(name: "ddof", reason: "\(ddof) leaves no degrees of freedom of \(total) observations")
    }
    let centred = try CentredColumns(
      data, weight: { (frequencies?.values[$0] ?? 1) * (reliabilities?.values[$0] ?? 1) }, total: total)
    return try centred.products(divisor: divisor)
  }

  /// The maximum-likelihood estimate, divisor n.
  public static func empirical(_ x: NDArray, assumeCentered: Bool = false) throws(ApusError) -> CovarianceEstimate {
    let data = try observations(x)
    let centred = try CentredColumns(
      data, weight: { _ in 1 }, total: Double(data.shape[0]), keepsOrigin: assumeCentered)
    return CovarianceEstimate(
      covariance: try centred.products(divisor: Double(data.shape[0])), location: centred.location, shrinkage: 0)
  }

  /// (1 − s) S + s · (tr S / p) I.
  public static func shrunk(
    _ x: NDArray, shrinkage: Double = 0.1, assumeCentered: Bool = false
  ) throws(ApusError) -> CovarianceEstimate {
    guard shrinkage >= 0, shrinkage <= 1 else {
      throw .invalidArgument(name: "shrinkage", reason: "\(shrinkage) is not in [0, 1]")
    }
    return shrink(try empirical(x, assumeCentered: assumeCentered), shrinkage)
  }

  /// Shrinkage after O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
  /// J. Multivar. Anal. 88 (2004) 365–411.
  public static func ledoitWolf(_ x: NDArray, assumeCentered: Bool = false) throws(ApusError) -> CovarianceEstimate {
    let data = try observations(x)
    let (n, p) = (Double(data.shape[0]), Double(data.shape[1]))
    let centred = try CentredColumns(data, weight: { _ in 1 }, total: n, keepsOrigin: assumeCentered)
    let empirical = CovarianceEstimate(
      covariance: try centred.products(divisor: n), location: centred.location, shrinkage: 0)
    let s = empirical.covariance.pointer(Double.self)
    let count = data.shape[1]
    var (trace, squares) = (0.0, 0.0)
    for i in 0..<count { trace += s[i * count + i] }
    for i in 0..<count * count { squares += s[i] * s[i] }
    let mean = trace / p
    // Σ ‖x‖⁴ over rows.
    let fourth = centred.sumOfFourthPowersOfNorms()
    let variance = (fourth / n - squares) / (p * n)
    let distance = squares / p - mean * mean
    let bounded = Swift.min(variance, distance)
    return shrink(empirical, bounded <= 0 || distance <= 0 ? 0 : bounded / distance)
  }

  /// Oracle approximating shrinkage (Y. Chen, A. Wiesel, Y. Eldar, A. Hero, IEEE Trans. Signal Process. 58 (2010) 5016–5029), in
  /// scikit-learn's form of equation (23).
  public static func oracleApproximating(
    _ x: NDArray, assumeCentered: Bool = false
  ) throws(ApusError) -> CovarianceEstimate {
    let empirical = try empirical(x, assumeCentered: assumeCentered)
    let count = x.shape[1]
    let s = empirical.covariance.pointer(Double.self)
    let (n, p) = (Double(x.shape[0]), Double(count))
    var (trace, squares) = (0.0, 0.0)
    for i in 0..<count { trace += s[i * count + i] }
    for i in 0..<count * count { squares += s[i] * s[i] }
    let alpha = squares / (p * p)
    let mean = trace / p
    // One variable: every weight gives its variance.
    if count == 1 { return shrink(empirical, 0) }
    let denominator = (n + 1) * (alpha - mean * mean / p)
    return shrink(empirical, denominator == 0 ? 1 : Swift.min(1, (alpha + mean * mean) / denominator))
  }

  /// A covariance matrix shrunk towards a multiple of the identity: (1 − s) S + s · (tr S / p) I.
  public static func shrink(_ covariance: NDArray, shrinkage: Double) throws(ApusError) -> NDArray {
    guard covariance.rank == 2, covariance.shape[0] == covariance.shape[1], covariance.shape[0] >= 1 else {
      throw .shapeMismatch(name: "emp_cov", reason: "has shape \(covariance.shape), needs to be square")
    }
    guard shrinkage >= 0, shrinkage <= 1 else {
      throw .invalidArgument(name: "shrinkage", reason: "\(shrinkage) is not in [0, 1]")
    }
    let copy = try covariance.converted(to: .float64, name: "emp_cov").copied()
    let zero = try NDArray(zeros: [covariance.shape[0]])
    return shrink(CovarianceEstimate(covariance: copy, location: zero, shrinkage: 0), shrinkage).covariance
  }

  private static func shrink(_ estimate: CovarianceEstimate, _ shrinkage: Double) -> CovarianceEstimate {
    let p = estimate.covariance.shape[0]
    let s = estimate.covariance.pointer(Double.self)
    var trace = 0.0
    for i in 0..<p { trace += s[i * p + i] }
    for i in 0..<p * p { s[i] *= 1 - shrinkage }
    for i in 0..<p { s[i * p + i] += shrinkage * trace / Double(p) }
    return CovarianceEstimate(covariance: estimate.covariance, location: estimate.location, shrinkage: shrinkage)
  }

  /// Squared Mahalanobis distances (x − location)ᵀ C⁻¹ (x − location) of the rows of `x`.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` for a covariance that is not positive definite.
  public static func mahalanobis(
    _ x: NDArray, location: NDArray, covariance: NDArray
  ) throws(ApusError) -> NDArray {
    let data = try observations(x)
    let (n, p) = (data.shape[0], data.shape[1])
    guard location.shape == [p] else {
      throw .shapeMismatch(name: "location", reason: "has shape \(location.shape), needs [\(p)]")
    }
    guard covariance.shape == [p, p] else {
      throw .shapeMismatch(name: "covariance", reason: "has shape \(covariance.shape), needs [\(p), \(p)]")
    }
    let centre = try location.converted(to: .float64, name: "location")
    let factor = try LinearAlgebra.cholesky(try covariance.converted(to: .float64, name: "covariance"))
    let lower = try factor.lower.contiguous()
    let result = try NDArray(uninitialized: [n], dtype: .float64)
    let scratch = try Buffer<Double>(count: try checkedCount([n, p], stride: 1))
    let (l, v, c, out) = (
      UnsafePointer(lower.pointer(Double.self)), UnsafePointer(data.pointer(Double.self)),
      UnsafePointer(centre.pointer(Double.self)), result.pointer(Double.self)
    )
    ThreadPool.parallelBlocks(count: n, blockSize: 64) { range in
      for i in range {
        // Forward substitution L z = x − location.
        let z = scratch.pointer + i * p
        var sum = 0.0
        for j in 0..<p {
          var value = v[i * p + j] - c[j]
          for k in 0..<j { value -= l[j * p + k] * z[k] }
          z[j] = value / l[j * p + j]
          sum += z[j] * z[j]
        }
        out[i] = sum
      }
    }
    withExtendedLifetime((data, centre, lower)) {}
    return result
  }

  static func observations(_ x: NDArray) throws(ApusError) -> NDArray {
    guard x.rank == 2 else {
      throw .shapeMismatch(
        name: "X", reason: "has shape \(x.shape), needs two dimensions; reshape a single variable to (n, 1)")
    }
    guard x.shape[0] >= 1, x.shape[1] >= 1 else {
      throw .shapeMismatch(name: "X", reason: "has shape \(x.shape), needs at least one row and one column")
    }
    let data = try x.converted(to: .float64, name: "X")
    try FiniteCheck.requireFinite(data, name: "X")
    return data
  }

  private static func weights(_ array: NDArray?, _ name: String, _ n: Int, whole: Bool) throws(ApusError) -> Sample? {
    guard let array else { return nil }
    let sample = try Sample(array, name: name, missing: .raise)
    guard sample.count == n else {
      throw .shapeMismatch(name: name, reason: "has \(sample.count) elements beside \(n) rows")
    }
    for (i, value) in sample.values.enumerated()
    where !(value >= 0 && value.isFinite) || (whole && value != value.rounded()) {
      throw .invalidArgument(
        name: name, reason: "element \(i) is \(value), must be \(whole ? "a whole number" : "finite") and at least 0")
    }
    return sample
  }
}

/// The columns of a matrix with their weighted means removed and rows scaled by the root of their weights, in units of a power
/// of two that keeps squares representable.
struct CentredColumns {
  let location: NDArray
  private let centred: NDArray
  private let scale: Double

  init(
    _ data: NDArray, weight: (Int) -> Double, total: Double, keepsOrigin: Bool = false
  ) throws(ApusError) {
    let (n, p) = (data.shape[0], data.shape[1])
    location = try NDArray(zeros: [p])
    centred = try NDArray(uninitialized: [n, p], dtype: .float64)
    let (x, mean, out) = (
      UnsafePointer(data.pointer(Double.self)), location.pointer(Double.self), centred.pointer(Double.self)
    )
    var largest = 0.0
    for i in 0..<n * p { largest = Swift.max(largest, x[i].magnitude) }
    let isOrdinary = largest < 1e70 && (largest > 1e-70 || largest == 0)
    scale = isOrdinary ? 1 : Double(sign: .plus, exponent: largest.exponent, significand: 1)
    if !keepsOrigin {
      let sums = try Buffer<DoubleDouble>(repeating: DoubleDouble(0), count: p)
      for i in 0..<n {
        let w = weight(i)
        for j in 0..<p { sums[j] = sums[j] + DoubleDouble.product(w, x[i * p + j] / scale) }
      }
      for j in 0..<p { mean[j] = (sums[j] / total).value }
    }
    for i in 0..<n {
      let root = weight(i).squareRoot()
      for j in 0..<p { out[i * p + j] = (x[i * p + j] / scale - mean[j]) * root }
    }
    for j in 0..<p { mean[j] *= scale }
  }

  /// Gram matrix over `divisor`.
  func products(divisor: Double) throws(ApusError) -> NDArray {
    let result = try LinearAlgebra.gram(centred)
    let out = result.pointer(Double.self)
    for i in 0..<result.count { out[i] = out[i] / divisor * scale * scale }
    return result
  }

  func sumOfFourthPowersOfNorms() -> Double {
    let (n, p) = (centred.shape[0], centred.shape[1])
    let x = centred.pointer(Double.self)
    var total = 0.0
    for i in 0..<n {
      var norm = 0.0
      for j in 0..<p { norm += x[i * p + j] * x[i * p + j] }
      total += norm * norm
    }
    return total * scale * scale * scale * scale
  }
}
