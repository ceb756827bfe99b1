import ApusNumerics
import RealModule

/// Density x^(a−1) (1−x)^(b−1) / B(a, b) on (0, 1).
package struct BetaDistribution: StandardDistribution {
  private let beta: IncompleteBeta

  package init(a: Double, b: Double) { beta = IncompleteBeta(a, b) }

  package var support: (lower: Double, upper: Double) { (0, 1) }
  package func density(_ x: Double) -> FactoredValue {
    if x == 0 { return FactoredValue(end(beta.a, beta.b)) }
    if x == 1 { return FactoredValue(end(beta.b, beta.a)) }
    let lead = beta.leading(DoubleDouble(x), IncompleteBeta.complement(x))
    let rest = 1 / (1 - x)
    return x < 1e-290
      ? FactoredValue(exponent: lead.exponent - DoubleDouble.log(x), factor: lead.factor * rest)
      : lead * (rest / x)
  }
  private func end(_ a: Double, _ b: Double) -> Double { a < 1 ? .infinity : a == 1 ? b : 0 }
  package func tails(_ x: Double) -> TailProbability { beta.tails(x) }
  package func quantile(_ target: TargetProbability) -> Double { beta.quantile(target).x }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    switch function {
    case .pdf, .logpdf:
      guard Swift.max(beta.a, beta.b) <= BetaLeading.largestShape else { break }
      densities(x, out, count, location, scale, isLogarithm: function == .logpdf)
      return
    case .cdf, .sf, .logcdf, .logsf:
      guard let tails = BetaTails(beta, .probability) else { break }
      for i in 0..<count { out[i] = (x[i] - location) / scale }
      tails.evaluate(function, out, count: count)
      return
    case .ppf, .isf:
      guard let quantiles = BetaQuantiles(beta) else { break }
      quantiles.evaluate(isLower: function == .ppf, x, out, count: count)
      for i in 0..<count {
        let odds = out[i]
        out[i] = (odds < 1 ? odds / (1 + odds) : 1 - 1 / (1 + odds)) * scale + location
      }
      return
    }
    for i in 0..<count { out[i] = value(function, x[i], location: location, scale: scale) }
  }

  private func densities(
    _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int, _ location: Double, _ scale: Double,
    isLogarithm: Bool
  ) {
    let leading = BetaLeading(beta, .probability)
    let logScale = Double.log(scale)
    func edge(_ density: Double) -> SIMD8<Double> {
      SIMD8(repeating: isLogarithm ? Double.log(density) - logScale : density / scale)
    }
    let (outside, atZero, atOne) = (edge(0), edge(density(0).value), edge(density(1).value))
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      let z = (x - location) / scale
      let density = leading.density(leading.point(z))
      let inside = isLogarithm ? density.logarithm - logScale : density.value / scale
      let ends = VectorMath.select(z .== 0, atZero, VectorMath.select(z .== 1, atOne, inside))
      let value = VectorMath.select((z .< 0) .| (z .> 1), outside, ends)
      return VectorMath.select(z .== z, value, z)
    }
    VectorMath.transform(x, out, count: count, kernel)
  }

  package var moments: Moments {
    let (a, b) = (beta.a, beta.b)
    let s = a + b
    let kurtosis = 6 * ((a - b) * (a - b) * (s + 1) - a * b * (s + 2)) / (a * b * (s + 2) * (s + 3))
    return Moments(
      mean: a / s, variance: a / s * (b / s) / (s + 1),
      skewness: 2 * (b - a) * (s + 1).squareRoot() / ((s + 2) * (a * b).squareRoot()), kurtosis: kurtosis)
  }
  package var entropy: Double {
    let (a, b) = (beta.a, beta.b)
    let psi = SpecialFunctions.digamma
    return SpecialFunctions.logBeta(a, b) - (a - 1) * psi(a) - (b - 1) * psi(b) + (a + b - 2) * psi(a + b)
  }
}

/// The ratio of two independent chi-squared variables, each divided by its degrees of freedom.
package struct FDistribution: StandardDistribution {
  private let numerator: Double
  private let denominator: Double
  private let beta: IncompleteBeta

  package init(numerator: Double, denominator: Double) {
    self.numerator = numerator
    self.denominator = denominator
    beta = IncompleteBeta(numerator / 2, denominator / 2)
  }

  package var support: (lower: Double, upper: Double) { (0, .infinity) }

  /// x/(1−x) of the beta variable, as the pair (x, 1 − x).
  private func point(_ x: Double) -> (DoubleDouble, DoubleDouble) {
    let scaled = DoubleDouble.product(x, numerator)
    let total = scaled + denominator
    return (scaled / total, DoubleDouble(denominator) / total)
  }

  package func density(_ x: Double) -> FactoredValue {
    if x == 0 { return FactoredValue(numerator < 2 ? .infinity : numerator == 2 ? 1 : 0) }
    if x > 1e290 / numerator { return FactoredValue(0) }
    let (p, q) = point(x)
    return beta.leading(p, q) * (1 / x)
  }
  package func tails(_ x: Double) -> TailProbability {
    if x > 1e290 / numerator { return TailProbability(upper: 0) }
    let (p, q) = point(x)
    return beta.tails(p, q)
  }
  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    let ratio = DoubleDouble(numerator) / denominator
    switch function {
    case .pdf, .logpdf:
      guard Swift.max(beta.a, beta.b) <= BetaLeading.largestShape else { break }
      densities(BetaLeading(beta, .odds(ratio)), x, out, count, location, scale, isLogarithm: function == .logpdf)
      return
    case .cdf, .sf, .logcdf, .logsf:
      guard let tails = BetaTails(beta, .odds(ratio)) else { break }
      for i in 0..<count { out[i] = (x[i] - location) / scale }
      tails.evaluate(function, out, count: count)
      return
    case .ppf, .isf:
      guard let quantiles = BetaQuantiles(beta) else { break }
      quantiles.evaluate(isLower: function == .ppf, x, out, count: count)
      for i in 0..<count { out[i] = out[i] * (denominator / numerator) * scale + location }
      return
    }
    for i in 0..<count { out[i] = value(function, x[i], location: location, scale: scale) }
  }

  /// The density of x is that of ln(x/y) over x.
  private func densities(
    _ leading: BetaLeading, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int,
    _ location: Double, _ scale: Double, isLogarithm: Bool
  ) {
    let logScale = Double.log(scale)
    func edge(_ density: Double) -> SIMD8<Double> {
      SIMD8(repeating: isLogarithm ? Double.log(density) - logScale : density / scale)
    }
    let (outside, atZero) = (edge(0), edge(density(0).value))
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      let z = (x - location) / scale
      let lead = leading.lanes(leading.point(z))
      let (log, logTail) = VectorMath.logPair(VectorMath.clamp(z, 0x1p-1074, BetaLeading.largestOdds))
      let (exponent, lost) = VectorMath.twoSum(lead.exponent, -log)
      let density = FactoredLanes(exponent: exponent, tail: lead.tail + (lost - logTail), factor: lead.factor)
      let inside = isLogarithm ? density.logarithm - logScale : density.value / scale
      let isOutside = (z .< 0) .| (z .> BetaLeading.largestOdds)
      let value = VectorMath.select(z .== 0, atZero, VectorMath.select(isOutside, outside, inside))
      return VectorMath.select(z .== z, value, z)
    }
    VectorMath.transform(x, out, count: count, kernel)
  }

  package func quantile(_ target: TargetProbability) -> Double {
    let (x, y) = beta.quantile(target)
    return x / y * (denominator / numerator)
  }
  package var moments: Moments {
    let (m, n) = (numerator, denominator)
    let mean = n > 2 ? n / (n - 2) : .infinity
    let variance = n > 4 ? 2 * mean * mean * (m + n - 2) / (m * (n - 4)) : n > 2 ? .infinity : .nan
    let skewness =
      n > 6 ? (2 * m + n - 2) * (8 * (n - 4)).squareRoot() / ((n - 6) * (m * (m + n - 2)).squareRoot()) : .nan
    let kurtosis =
      n > 8
      ? 12 * (m * (5 * n - 22) * (m + n - 2) + (n - 4) * (n - 2) * (n - 2)) / (m * (n - 6) * (n - 8) * (m + n - 2))
      : .nan
    return Moments(mean: mean, variance: variance, skewness: skewness, kurtosis: kurtosis)
  }
  package var entropy: Double {
    let (a, b) = (numerator / 2, denominator / 2)
    let psi = SpecialFunctions.digamma
    return Double.log(b / a) + SpecialFunctions.logBeta(a, b) + (1 - a) * psi(a) - (1 + b) * psi(b)
      + (a + b) * psi(a + b)
  }
}
