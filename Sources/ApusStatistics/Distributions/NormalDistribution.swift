import ApusNumerics
import RealModule

/// Density e^(−x²/2) / √(2π).
package struct NormalDistribution: StandardDistribution {
  package var support: (lower: Double, upper: Double) { (-.infinity, .infinity) }

  package func density(_ x: Double) -> FactoredValue {
    if x.magnitude > 1e154 { return FactoredValue(0) }
    return FactoredValue(exponent: DoubleDouble.product(x, x) * -0.5, factor: 0.3989422804014327)
  }

  package func tails(_ x: Double) -> TailProbability { NormalDistribution.tails(DoubleDouble(x)) }

  package static func tails(_ x: DoubleDouble) -> TailProbability {
    let z = x.high.magnitude
    let isLower = x.high < 0
    if z > 1e154 { return isLower ? TailProbability(lower: 0) : TailProbability(upper: 0) }
    let scaled = z > 1e8 ? 0.3989422804014327 / z : NormalKernels.scaledTail(z)
    return TailProbability(exponent: x * x * -0.5, factor: scaled, isLower: isLower)
  }

  package func quantile(_ target: TargetProbability) -> Double { NormalTail.quantile(target) }

  package var moments: Moments { Moments(mean: 0, variance: 1, skewness: 0, kurtosis: 0) }

  /// ½ ln(2πe).
  package var entropy: Double { 1.4189385332046727 }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    NormalArrays.evaluate(function, x, out, count: count, location: location, scale: scale)
  }
}
