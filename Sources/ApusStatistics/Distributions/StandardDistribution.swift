import RealModule

/// What can be asked of a distribution at a point, under scipy.stats' names; probability mass functions answer to `pdf`
/// and `logpdf`.
public enum DistributionFunction: String, CaseIterable, Sendable {
  case pdf, logpdf, cdf, sf, logcdf, logsf, ppf, isf
}

/// Mean, variance, skewness and excess kurtosis; NaN or infinity where a moment does not exist.
public struct Moments: Sendable, Equatable {
  public let mean: Double
  public let variance: Double
  public let skewness: Double
  public let kurtosis: Double
}

/// A distribution with location 0 and scale 1. Parameters have been validated; arguments are any doubles.
package protocol StandardDistribution: Sendable {
  /// Smallest and largest possible values.
  var support: (lower: Double, upper: Double) { get }
  /// Density, or probability mass at a whole number, inside the support.
  func density(_ x: Double) -> FactoredValue
  /// P(X ≤ x) and P(X > x) inside the support.
  func tails(_ x: Double) -> TailProbability
  /// The smallest x whose cumulative probability reaches the target.
  func quantile(_ target: TargetProbability) -> Double
  var moments: Moments { get }
  /// Differential entropy, or Shannon's for a discrete distribution, in nats.
  var entropy: Double { get }

  /// Evaluates one function at `count` points: out[i] = function((x[i] − location) / scale), scaled back.
  func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double)
}

extension StandardDistribution {
  @inline(__always)
  func tailsAnywhere(_ x: Double) -> TailProbability {
    if x.isNaN { return TailProbability(lower: .nan) }
    let (lower, upper) = support
    if x < lower { return TailProbability(lower: 0) }
    if x >= upper { return TailProbability(upper: 0) }
    return tails(x)
  }

  @inline(__always)
  func densityAnywhere(_ x: Double) -> FactoredValue {
    if x.isNaN { return FactoredValue(.nan) }
    let (lower, upper) = support
    return x < lower || x > upper ? FactoredValue(0) : density(x)
  }

  /// Quantile of a probability in [0, 1], NaN outside.
  @inline(__always)
  func quantileAnywhere(_ probability: Double, isLower: Bool) -> Double {
    guard probability >= 0, probability <= 1 else { return .nan }
    if probability == 0 { return isLower ? support.lower : support.upper }
    if probability == 1 { return isLower ? support.upper : support.lower }
    return quantile(TargetProbability(probability, isLower: isLower))
  }

  @inline(__always)
  func value(_ function: DistributionFunction, _ x: Double, location: Double, scale: Double) -> Double {
    switch function {
    case .pdf: return densityAnywhere((x - location) / scale).value / scale
    case .logpdf: return densityAnywhere((x - location) / scale).logValue - Double.log(scale)
    case .cdf: return tailsAnywhere((x - location) / scale).lower
    case .sf: return tailsAnywhere((x - location) / scale).upper
    case .logcdf: return tailsAnywhere((x - location) / scale).logLower
    case .logsf: return tailsAnywhere((x - location) / scale).logUpper
    case .ppf: return quantileAnywhere(x, isLower: true) * scale + location
    case .isf: return quantileAnywhere(x, isLower: false) * scale + location
    }
  }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    for i in 0..<count { out[i] = value(function, x[i], location: location, scale: scale) }
  }
}
