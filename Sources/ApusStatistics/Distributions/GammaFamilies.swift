import ApusNumerics
import RealModule

/// Density x^(a−1) e^(−x) / Γ(a) for x > 0.
package struct GammaDistribution: StandardDistribution {
  private let gamma: IncompleteGamma
  private var a: Double { gamma.a }

  package init(shape: Double) { gamma = IncompleteGamma(shape: shape) }

  package var support: (lower: Double, upper: Double) { (0, .infinity) }
  package func density(_ x: Double) -> FactoredValue {
    if x == 0 { return FactoredValue(a < 1 ? .infinity : a == 1 ? 1 : 0) }
    if x == .infinity { return FactoredValue(0) }
    let lead = gamma.leading(x)
    // Far from 1 the factor would cancel most of the exponent, or overflow.
    return FactoredValue(exponent: lead.exponent - DoubleDouble.log(x), factor: lead.factor)
  }
  package func tails(_ x: Double) -> TailProbability { gamma.tails(x) }
  package func quantile(_ target: TargetProbability) -> Double { gamma.quantile(target) }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    guard a <= GammaTails.largestShape else {
      for i in 0..<count { out[i] = value(function, x[i], location: location, scale: scale) }
      return
    }
    switch function {
    case .pdf, .logpdf: densities(x, out, count, location, scale, isLogarithm: function == .logpdf)
    case .cdf, .sf, .logcdf, .logsf:
      for i in 0..<count { out[i] = (x[i] - location) / scale }
      GammaTails(shape: a).evaluate(function, out, count: count)
    case .ppf, .isf:
      GammaQuantiles(gamma).evaluate(isLower: function == .ppf, x, out, count: count)
      for i in 0..<count { out[i] = out[i] * scale + location }
    }
  }

  private func densities(
    _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int, _ location: Double, _ scale: Double,
    isLogarithm: Bool
  ) {
    let leading = GammaLeading(shape: a)
    let logScale = Double.log(scale)
    let outside = SIMD8<Double>(repeating: isLogarithm ? -.infinity : 0)
    let end = density(0).value
    let atZero = SIMD8<Double>(repeating: isLogarithm ? Double.log(end) - logScale : end / scale)
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      let z = (x - location) / scale
      let density = leading.density(z)
      let inside = isLogarithm ? density.logarithm - logScale : density.value / scale
      let isOutside = (z .< 0) .| (z .== .infinity)
      let value = VectorMath.select(z .== 0, atZero, VectorMath.select(isOutside, outside, inside))
      return VectorMath.select(z .== z, value, z)
    }
    VectorMath.transform(x, out, count: count, kernel)
  }

  package var moments: Moments {
    Moments(mean: a, variance: a, skewness: 2 / a.squareRoot(), kurtosis: 6 / a)
  }
  /// a + ln Γ(a) + (1 − a) ψ(a); for large a its expansion about the normal.
  package var entropy: Double {
    if a > 1e4 {
      return 1.4189385332046727 + 0.5 * Double.log(a) - 1 / (3 * a) - 1 / (12 * a * a)
    }
    return a + SpecialFunctions.logGamma(a) + (1 - a) * SpecialFunctions.digamma(a)
  }
}

/// The sum of df squared standard normals: twice a gamma variable of shape df/2.
package struct ChiSquaredDistribution: StandardDistribution {
  private let gamma: GammaDistribution

  package init(degreesOfFreedom: Double) { gamma = GammaDistribution(shape: degreesOfFreedom / 2) }

  package var support: (lower: Double, upper: Double) { (0, .infinity) }
  package func density(_ x: Double) -> FactoredValue { gamma.density(x / 2) * 0.5 }
  package func tails(_ x: Double) -> TailProbability { gamma.tails(x / 2) }
  package func quantile(_ target: TargetProbability) -> Double { 2 * gamma.quantile(target) }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    gamma.evaluate(function, x, out, count: count, location: location, scale: 2 * scale)
  }

  package var moments: Moments {
    let m = gamma.moments
    return Moments(mean: 2 * m.mean, variance: 4 * m.variance, skewness: m.skewness, kurtosis: m.kurtosis)
  }
  package var entropy: Double { gamma.entropy + 0.6931471805599453 }
}
