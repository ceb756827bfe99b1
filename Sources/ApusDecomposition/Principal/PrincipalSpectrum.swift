import ApusModels
import ApusNumerics

/// Principal directions with their variances, in the units of the (standardised) features.
struct PrincipalSpectrum: Sendable {
  /// (p,) float64.
  var means: NDArray
  /// What standardising divides by, (p,) float64; nil when features are only centred.
  var scales: NDArray?
  /// Descending variances, float64: as many as there are components.
  var variances: NDArray
  /// (components, p) float64, orthonormal rows, oriented.
  var components: NDArray
  /// The sum of the variances of all features.
  var totalVariance: Double

  /// The first `count` components.
  func prefix(_ count: Int) throws(ApusError) -> PrincipalSpectrum {
    var result = self
    result.variances = try variances.slice(0..<count).copied()
    result.components = try components.slice(0..<count).copied()
    return result
  }

  /// The spectrum of features 2^exponent times as large.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when a variance exceeds the range of float64.
  func scaled(by exponent: Int) throws(ApusError) -> PrincipalSpectrum {
    if exponent == 0 { return self }
    var result = self
    result.means = try means.copied()
    PowerOfTwo.scale(result.means, exponent: exponent)
    if let scales {
      let copy = try scales.copied()
      let (pointer, original) = (copy.pointer(Double.self), scales.pointer(Double.self))
      PowerOfTwo.scale(copy, exponent: exponent)
      // The divisor of a constant feature is 1 in any unit.
      for j in 0..<copy.count where original[j] == 1 { pointer[j] = 1 }
      result.scales = copy
      return result
    }
    result.variances = try variances.copied()
    PowerOfTwo.scale(result.variances, exponent: 2 * exponent)
    let total = try NDArray([totalVariance])
    PowerOfTwo.scale(total, exponent: 2 * exponent)
    result.totalVariance = total.pointer(Double.self)[0]
    guard result.totalVariance.isFinite else {
      throw .numericalFailure(
        reason: "X: its total variance exceeds the range of float64; divide the features by a constant")
    }
    return result
  }
}
