import ApusModels
import ApusNumerics
import RealModule

/// How many principal components to keep.
enum ComponentCount: Sendable {
  /// min(rows, columns).
  case all
  case fixed(Int)
  /// The fewest whose variances add up to more than this fraction of the total, 0 < fraction < 1.
  case fraction(Double)
  /// Minka's maximum-likelihood estimate.
  case maximumLikelihood

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a value out of range.
  init(_ value: ParameterValue, rows: Int, columns: Int, name: String = "n_components") throws(ApusError) {
    let limit = Swift.min(rows, columns)
    switch value {
    case .none: self = .all
    case .int(let count):
      guard count >= 1 else {
        throw .invalidArgument(name: name, reason: "\(count) is not in 1...min(n_samples, n_features) = \(limit)")
      }
      guard count <= limit else {
        throw .invalidArgument(
          name: name, reason: "\(count) exceeds min(n_samples, n_features) = min(\(rows), \(columns)) = \(limit)")
      }
      self = .fixed(Int(count))
    case .double(let fraction):
      guard fraction > 0, fraction < 1 else {
        throw .invalidArgument(
          name: name, reason: "\(fraction) is a float and not in (0, 1); a number of components must be an integer")
      }
      self = .fraction(fraction)
    case .string("mle"):
      guard rows >= columns else {
        throw .invalidArgument(
          name: name, reason: "'mle' is only supported if n_samples >= n_features, got \(rows) and \(columns)")
      }
      self = .maximumLikelihood
    default: throw .invalidArgument(name: name, reason: "\(value) is not an integer, a fraction or 'mle'")
    }
  }

  /// The number of eigenvalues needed before the count is known; nil for all.
  var needed: Int? {
    if case .fixed(let count) = self { return count }
    return nil
  }

  /// - Parameters:
  ///   - variances: descending; all min(rows, columns) of them unless ``needed``.
  ///   - total: the sum of all variances.
  func resolved(variances: NDArray, total: Double, rows: Int, columns: Int) -> Int {
    switch self {
    case .all: return Swift.min(rows, columns)
    case .fixed(let count): return count
    case .fraction(let fraction):
      let pointer = variances.pointer(Double.self)
      var sum = 0.0
      for i in 0..<variances.count {
        sum += pointer[i]
        if sum > fraction * total { return i + 1 }
      }
      return variances.count
    case .maximumLikelihood:
      return MinkaDimension.estimate(spectrum: UnsafePointer(variances.pointer(Double.self)), columns, rows: rows)
    }
  }
}

/// The number of components of greatest evidence (Minka, *Automatic choice of dimensionality for PCA*, NIPS 2000, eq. 77–80).
///
/// The sum over pairs of eigenvalues in the evidence is carried on from rank to rank, so that all ranks together cost
/// O(features²) rather than O(features³).
enum MinkaDimension {
  /// - Parameters:
  ///   - spectrum: `count` descending variances.
  ///   - rows: number of samples.
  /// - Returns: 1…count − 1, or 1 for a single feature.
  static func estimate(spectrum: UnsafePointer<Double>, _ count: Int, rows: Int) -> Int {
    if count <= 1 { return 1 }
    let (n, p) = (Double(rows), Double(count))
    let smallest = 1e-15
    var tail = 0.0
    for i in 0..<count { tail += spectrum[i] }
    var (prior, logSum, differences, reciprocals) = (0.0, 0.0, 0.0, 0.0)
    var (best, bestRank) = (-Double.infinity, 1)
    for rank in 1..<count {
      let last = spectrum[rank - 1]
      if last < smallest { break }
      let degrees = (p - Double(rank) + 1) / 2
      prior += Double.logGamma(degrees) - degrees * Double.log(Double.pi)
      logSum += Double.log(last)
      tail -= last
      for j in rank..<count { differences += Double.log(Swift.max(last - spectrum[j], Double.ulpOfOne * last)) }
      for i in 0..<rank - 1 {
        reciprocals += Double.log(Swift.max(1 / last - 1 / spectrum[i], Double.ulpOfOne / last))
      }
      let v = Swift.max(smallest, tail / (p - Double(rank)))
      var noise = 0.0
      for i in 0..<rank { noise += Double.log(Swift.max(1 / v - 1 / spectrum[i], Double.ulpOfOne / v)) }
      let k = Double(rank)
      let pairs = k * (k - 1) / 2 + k * (p - k)
      let hessian = differences + reciprocals + (p - k) * noise + pairs * Double.log(n)
      let free = p * k - k * (k + 1) / 2
      let evidence =
        prior - k * Double.log(2.0) - n / 2 * logSum - n * (p - k) / 2 * Double.log(v)
        + (free + k) / 2 * Double.log(2 * Double.pi) - hessian / 2 - k / 2 * Double.log(n)
      if evidence > best { (best, bestRank) = (evidence, rank) }
    }
    return bestRank
  }
}
