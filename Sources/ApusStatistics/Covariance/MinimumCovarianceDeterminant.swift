import ApusNumerics
import RealModule

/// A robust estimate of location and covariance.
public struct RobustCovariance: Sendable {
  /// After reweighting.
  public let location: NDArray
  public let covariance: NDArray
  /// Of the subset with the smallest determinant.
  public let rawLocation: NDArray
  public let rawCovariance: NDArray
  /// True for the rows of that subset.
  public let rawSupport: NDArray
  /// True for the rows the reweighted estimate rests on.
  public let support: NDArray
  /// Squared Mahalanobis distances of all rows under the reweighted estimate.
  public let distances: NDArray
  public let warnings: [String]
}

extension Covariance {
  /// The minimum covariance determinant by FAST-MCD's concentration steps (P. J. Rousseeuw, K. Van Driessen, Technometrics 41
  /// (1999) 212–223), corrected for consistency and reweighted as in scikit-learn's `MinCovDet`.
  ///
  /// 500 random starts, of p + 1 rows or of as many as the subset has in turn, take two concentration steps, the hundred best are
  /// carried to convergence; of more than 1,500 rows a random 1,500 are searched, and the ten best go on with all. One variable
  /// is solved exactly: its subset is a run of the sorted values. Data of lower rank are searched in the space they span.
  ///
  /// - Parameters:
  ///   - supportFraction: share of rows in the subset, in (0, 1]; (n + p + 1) / 2n when nil.
  ///   - assumeCentered: take 0 for the location.
  ///   - seed: of the random starts; start k draws from stream k, so the result does not depend on threads.
  ///   - checkpoint: called with the fraction done; what it throws ends the search.
  /// - Complexity: O(starts · n p²).
  public static func minimumDeterminant(
    _ x: NDArray, supportFraction: Double? = nil, assumeCentered: Bool = false, seed: UInt64 = 0,
    checkpoint: (Double) throws -> Void = { _ in }
  ) throws -> RobustCovariance {
    let data = try observations(x).contiguous()
    let (n, p) = (data.shape[0], data.shape[1])
    if let supportFraction, !(supportFraction > 0 && supportFraction <= 1) {
      throw ApusError.invalidArgument(name: "support_fraction", reason: "\(supportFraction) is not in (0, 1]")
    }
    guard n >= 2 else {
      throw ApusError.invalidArgument(name: "X", reason: "n_samples = \(n), at least 2 are needed")
    }
    var warnings: [String] = []
    let wanted = supportFraction.map { Int($0 * Double(n)) } ?? Int((0.5 * Double(n + p + 1)).rounded(.up))
    let h = Swift.min(n, Swift.max(wanted, Swift.min(p + 1, n), 1))
    let search = try SubsetSearch(data, size: h, seed: seed)
    if search.rank < p {
      warnings.append("X: the covariance matrix has rank \(search.rank), less than its \(p) columns")
    }
    let best = try search.best(checkpoint)
    let raw = try momentsOf(data, best, h, assumeCentered: assumeCentered)
    if try LinearAlgebra.eigvalsh(raw.covariance).elements(as: Double.self).allSatisfy({ $0 <= 0 }), h < n {
      throw ApusError.invalidArgument(
        name: "X", reason: "the covariance of the subset is equal to 0, try to increase support_fraction")
    }
    let chi = ChiSquaredDistribution(degreesOfFreedom: Double(p))
    var distances = try CovarianceSpectrum(raw.covariance).distances(data, from: raw.location)
    let limit = chi.quantileAnywhere(0.025, isLower: false) * consistencyFactor(p, Double(h) / Double(n))
    let support = try NDArray(uninitialized: [n], dtype: .bool)
    let chosen = try Buffer<Int>(count: n)
    var inside = 0
    for i in 0..<n {
      let isInside = distances.pointer(Double.self)[i] < limit
      support.pointer(Bool.self)[i] = isInside
      if isInside {
        chosen[inside] = i
        inside += 1
      }
    }
    guard inside > 0 else {
      throw ApusError.numericalFailure(reason: "X: no row lies inside the robust ellipse")
    }
    let rawSupport = try NDArray(zeros: [n], dtype: .bool)
    for i in best.elements { rawSupport.pointer(Bool.self)[i] = true }
    let reweighted = try momentsOf(data, chosen, inside, assumeCentered: assumeCentered)
    let covariance = try scaled(reweighted.covariance, by: consistencyFactor(p, 0.975))
    distances = try CovarianceSpectrum(covariance).distances(data, from: reweighted.location)
    return RobustCovariance(
      location: reweighted.location, covariance: covariance, rawLocation: raw.location,
      rawCovariance: raw.covariance, rawSupport: rawSupport, support: support, distances: distances,
      warnings: warnings)
  }

  /// Mean and maximum-likelihood covariance of the first `count` of some rows.
  private static func momentsOf(
    _ data: NDArray, _ rows: Buffer<Int>, _ count: Int, assumeCentered: Bool
  ) throws(ApusError) -> (location: NDArray, covariance: NDArray) {
    let p = data.shape[1]
    let subset = try NDArray(uninitialized: [count, p], dtype: .float64)
    let (from, to) = (UnsafePointer(data.pointer(Double.self)), subset.pointer(Double.self))
    for k in 0..<count { (to + k * p).update(from: from + rows[k] * p, count: p) }
    withExtendedLifetime(data) {}
    let estimate = try empirical(subset, assumeCentered: assumeCentered)
    return (estimate.location, estimate.covariance)
  }

  /// Makes the covariance of the central share `alpha` consistent at the normal (C. Croux, G. Haesbroeck, J. Multivar. Anal.
  /// 71 (1999) 161–190, equation 4.2).
  private static func consistencyFactor(_ p: Int, _ alpha: Double) -> Double {
    if alpha >= 1 { return 1 }
    let quantile = ChiSquaredDistribution(degreesOfFreedom: Double(p)).quantileAnywhere(alpha, isLower: true)
    return alpha / ChiSquaredDistribution(degreesOfFreedom: Double(p + 2)).tailsAnywhere(quantile).lower
  }

  private static func scaled(_ matrix: NDArray, by factor: Double) throws(ApusError) -> NDArray {
    let result = try matrix.copied()
    let out = result.pointer(Double.self)
    for i in 0..<result.count { out[i] *= factor }
    return result
  }
}
