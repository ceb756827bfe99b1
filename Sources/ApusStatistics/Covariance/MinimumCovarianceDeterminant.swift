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
  /// True for the rows the reweighted estimate rests on.
  public let support: NDArray
  /// Squared Mahalanobis distances of all rows under the reweighted estimate.
  public let distances: NDArray
}

extension Covariance {
  /// The minimum covariance determinant by FAST-MCD's concentration steps (P. J. Rousseeuw, K. Van Driessen, Technometrics 41
  /// (1999) 212–223), corrected for consistency and reweighted as in scikit-learn's `MinCovDet`.
  ///
  /// 500 random starts of p + 1 rows each take two concentration steps, the ten best are carried to convergence.
  ///
  /// - Parameters:
  ///   - supportFraction: share of rows in the subset, in (0, 1]; (n + p + 1) / 2n when nil.
  ///   - seed: of the random starts; start k draws from stream k, so the result does not depend on threads.
  /// - Complexity: O(starts · n p²).
  public static func minimumDeterminant(
    _ x: NDArray, supportFraction: Double? = nil, seed: UInt64 = 0
  ) throws(ApusError) -> RobustCovariance {
    let data = try observations(x)
    let (n, p) = (data.shape[0], data.shape[1])
    if let supportFraction, !(supportFraction > 0 && supportFraction <= 1) {
      throw .invalidArgument(name: "support_fraction", reason: "\(supportFraction) is not in (0, 1]")
    }
    guard n > p + 1 else {
      throw .invalidArgument(name: "X", reason: "\(n) rows for \(p) columns, at least \(p + 2) are needed")
    }
    let wanted = supportFraction.map { Int($0 * Double(n)) } ?? Int((0.5 * Double(n + p + 1)).rounded(.up))
    let h = Swift.min(n, Swift.max(wanted, p + 1))
    let best = try bestSubset(data, h, seed)
    let raw = try momentsOf(data, best)
    let chi = ChiSquaredDistribution(degreesOfFreedom: Double(p))
    var distances = try mahalanobis(data, location: raw.location, covariance: raw.covariance)
    let correction = consistencyFactor(p, Double(h) / Double(n))
    let limit = chi.quantileAnywhere(0.025, isLower: false) * correction
    let support = try NDArray(uninitialized: [n], dtype: .bool)
    var chosen: [Int] = []
    let d = distances.pointer(Double.self)
    for i in 0..<n {
      support.pointer(Bool.self)[i] = d[i] < limit
      if d[i] < limit { chosen.append(i) }
    }
    let reweighted = try momentsOf(data, chosen)
    let covariance = try scaled(reweighted.covariance, by: consistencyFactor(p, 0.975))
    distances = try mahalanobis(data, location: reweighted.location, covariance: covariance)
    return RobustCovariance(
      location: reweighted.location, covariance: covariance, rawLocation: raw.location,
      rawCovariance: raw.covariance, support: support, distances: distances)
  }

  private typealias SubsetMoments = (location: NDArray, covariance: NDArray)

  private static func bestSubset(_ data: NDArray, _ h: Int, _ seed: UInt64) throws(ApusError) -> [Int] {
    let (n, p) = (data.shape[0], data.shape[1])
    if h == n { return Array(0..<n) }
    var candidates: [(logDeterminant: Double, rows: [Int])] = []
    for start in 0..<500 {
      var stream = RandomStream(seed: seed, index: UInt64(start))
      var rows = Array(0..<n)
      // The first p + 1 of a random order, more while they span too little.
      for i in 0..<n {
        let j = i + stream.below(n - i)
        rows.swapAt(i, j)
        if i >= Swift.min(n - 1, 2 * p + 10) { break }
      }
      var size = p + 1
      var moments = try momentsOf(data, Array(rows[..<size]))
      while try logDeterminant(moments.covariance) == nil && size < Swift.min(n, 2 * p + 10) {
        size += 1
        moments = try momentsOf(data, Array(rows[..<size]))
      }
      guard let result = try concentrate(data, moments, h, steps: 2) else { continue }
      candidates.append(result)
    }
    guard !candidates.isEmpty else {
      throw .numericalFailure(reason: "X: the columns are collinear, no subset has a covariance of full rank")
    }
    candidates.sort { $0.logDeterminant < $1.logDeterminant }
    var best = candidates[0]
    for candidate in candidates.prefix(10) {
      guard let result = try concentrate(data, try momentsOf(data, candidate.rows), h, steps: 100) else { continue }
      if result.logDeterminant < best.logDeterminant { best = result }
    }
    return best.rows
  }

  /// Repeats: distances under the current moments, the h nearest rows, their moments; the determinant never rises.
  private static func concentrate(
    _ data: NDArray, _ start: SubsetMoments, _ h: Int, steps: Int
  ) throws(ApusError) -> (logDeterminant: Double, rows: [Int])? {
    var moments = start
    var last = Double.infinity
    var rows: [Int] = []
    for _ in 0..<steps {
      guard try logDeterminant(moments.covariance) != nil else { return nil }
      let distances = try mahalanobis(data, location: moments.location, covariance: moments.covariance)
      let order = try Ranks.order(
        UnsafeBufferPointer(start: UnsafePointer(distances.pointer(Double.self)), count: distances.count))
      rows = (0..<h).map { order[$0] }.sorted()
      moments = try momentsOf(data, rows)
      guard let determinant = try logDeterminant(moments.covariance) else { return (-.infinity, rows) }
      if determinant >= last - 1e-14 * last.magnitude { break }
      last = determinant
    }
    return (last, rows)
  }

  /// Mean and maximum-likelihood covariance of some rows.
  private static func momentsOf(_ data: NDArray, _ rows: [Int]) throws(ApusError) -> SubsetMoments {
    let p = data.shape[1]
    let subset = try NDArray(uninitialized: [rows.count, p], dtype: .float64)
    let (from, to) = (UnsafePointer(data.pointer(Double.self)), subset.pointer(Double.self))
    for (k, row) in rows.enumerated() { (to + k * p).update(from: from + row * p, count: p) }
    let estimate = try empirical(subset)
    return (estimate.location, estimate.covariance)
  }

  /// nil for a matrix that is not positive definite.
  private static func logDeterminant(_ matrix: NDArray) throws(ApusError) -> Double? {
    do {
      let factor = try LinearAlgebra.cholesky(matrix)
      if factor.reciprocalCondition < 1e-15 { return nil }
      let lower = try factor.lower.contiguous()
      let p = matrix.shape[0]
      return (0..<p).reduce(0) { $0 + 2 * Double.log(lower.pointer(Double.self)[$1 * p + $1]) }
    } catch {
      if case .numericalFailure = error { return nil }
      throw error
    }
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
