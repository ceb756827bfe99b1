import ApusNumerics
import RealModule

/// A univariate distribution with fixed parameters: `(X − location) / scale` follows the family's standard member.
///
/// Functions keep full relative precision in both tails: `sf` is not computed as `1 − cdf`, and the logarithmic forms
/// continue where the probabilities underflow. Points outside the support give density 0 and probability 0 or 1;
/// probabilities outside [0, 1] give NaN; NaN stays NaN.
///
/// ```swift
/// let d = try Distribution(.t, [8])
/// d.sf(-2.3)        // P(T > −2.3)
/// d.isf(1e-300)
/// ```
public struct Distribution: Sendable {
  public let kind: DistributionKind
  public let shapes: [Double]
  public let location: Double
  /// 1 for a discrete family.
  public let scale: Double
  package let standard: any StandardDistribution

  /// - Parameters:
  ///   - parameters: the shapes in the order of ``DistributionKind/shapeNames``, then optionally `loc` (default 0) and, for a
  ///     continuous family, `scale` (default 1).
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` naming the parameter that is out of range.
  public init(_ kind: DistributionKind, _ parameters: [Double] = []) throws(ApusError) {
    let names = kind.parameterNames
    let shapeCount = kind.shapeNames.count
    guard parameters.count >= shapeCount, parameters.count <= names.count else {
      throw .invalidArgument(
        name: "parameters",
        reason:
          "\(parameters.count) given, \(kind.rawValue) takes \(shapeCount)…\(names.count): \(names.joined(separator: ", "))"
      )
    }
    self.kind = kind
    shapes = Array(parameters.prefix(shapeCount))
    location = parameters.count > shapeCount ? parameters[shapeCount] : 0
    scale = parameters.count > shapeCount + 1 ? parameters[shapeCount + 1] : 1
    guard location.isFinite else {
      throw .invalidArgument(name: "loc", reason: "\(location) is not allowed, must be finite")
    }
    guard scale > 0, scale.isFinite else {
      throw .invalidArgument(name: "scale", reason: "\(scale) is not allowed, must be finite and above 0")
    }
    standard = try kind.standard(shapes)
  }

  /// By scipy.stats' name: "norm", "t", "chi2", ….
  public init(_ name: String, _ parameters: [Double] = []) throws(ApusError) {
    try self.init(DistributionKind(name: name), parameters)
  }

  /// The normal distribution.
  public static func normal(mean: Double = 0, standardDeviation: Double = 1) throws(ApusError) -> Distribution {
    try Distribution(.norm, [mean, standardDeviation])
  }

  /// Density, or probability mass of a discrete distribution.
  public func pdf(_ x: Double) -> Double { value(.pdf, x) }
  /// ln of ``pdf(_:)``, without underflow.
  public func logpdf(_ x: Double) -> Double { value(.logpdf, x) }
  /// P(X ≤ x).
  public func cdf(_ x: Double) -> Double { value(.cdf, x) }
  /// P(X > x).
  public func sf(_ x: Double) -> Double { value(.sf, x) }
  /// ln P(X ≤ x).
  public func logcdf(_ x: Double) -> Double { value(.logcdf, x) }
  /// ln P(X > x).
  public func logsf(_ x: Double) -> Double { value(.logsf, x) }
  /// The smallest x with P(X ≤ x) ≥ probability.
  public func ppf(_ probability: Double) -> Double { value(.ppf, probability) }
  /// The smallest x with P(X > x) ≤ probability.
  public func isf(_ probability: Double) -> Double { value(.isf, probability) }

  /// One function at one point.
  public func value(_ function: DistributionFunction, _ x: Double) -> Double {
    var (input, output) = (x, 0.0)
    standard.evaluate(function, &input, &output, count: 1, location: location, scale: scale)
    return output
  }

  /// One function at every element of `x`, in parallel.
  ///
  /// - Parameter x: any shape and numeric type; float32 is computed in float64.
  /// - Returns: float64 of the same shape.
  public func evaluate(_ function: DistributionFunction, _ x: NDArray) throws(ApusError) -> NDArray {
    let source = try x.converted(to: .float64, name: "x")
    let result = try NDArray(uninitialized: x.shape, dtype: .float64)
    let (input, output) = (UnsafePointer(source.pointer(Double.self)), result.pointer(Double.self))
    if kind.isDiscrete,
      try DiscreteTable.evaluate(standard, function, input, output, count: source.count, location: location)
    {
      withExtendedLifetime(source) {}
      return result
    }
    ThreadPool.parallelBlocks(count: source.count, blockSize: 8192) { range in
      standard.evaluate(
        function, input + range.lowerBound, output + range.lowerBound, count: range.count, location: location,
        scale: scale)
    }
    withExtendedLifetime(source) {}
    return result
  }

  /// Smallest and largest possible values.
  public var support: (lower: Double, upper: Double) {
    let (a, b) = standard.support
    return (a * scale + location, b * scale + location)
  }

  public var mean: Double { standard.moments.mean * scale + location }
  public var variance: Double { standard.moments.variance * scale * scale }
  public var standardDeviation: Double { standard.moments.variance.squareRoot() * scale }
  public var skewness: Double { standard.moments.skewness }
  /// Kurtosis in excess of the normal's.
  public var kurtosis: Double { standard.moments.kurtosis }
  public var median: Double { ppf(0.5) }
  /// Differential entropy (Shannon's for a discrete family), in nats.
  public var entropy: Double { standard.entropy + Double.log(scale) }

  /// The interval with equal tails that holds `confidence` of the probability.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` outside [0, 1].
  public func interval(confidence: Double) throws(ApusError) -> (lower: Double, upper: Double) {
    guard confidence >= 0, confidence <= 1 else {
      throw .invalidArgument(name: "confidence", reason: "\(confidence) is not in [0, 1]")
    }
    let tail = (1 - confidence) / 2
    return (ppf(tail), isf(tail))
  }
}
