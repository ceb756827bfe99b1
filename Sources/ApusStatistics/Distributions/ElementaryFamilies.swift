import ApusNumerics
import RealModule

// Families whose functions are elementary, or the normal's.

/// Density 1 on (0, 1).
package struct UniformDistribution: LaneDistribution {
  package var support: (lower: Double, upper: Double) { (0, 1) }

  @inline(__always)
  package func density(lanes x: SIMD8<Double>) -> FactoredLanes { FactoredLanes(SIMD8(repeating: 1)) }

  @inline(__always)
  package func tails(lanes x: SIMD8<Double>) -> TailLanes {
    let isLower = x .<= 0.5
    return TailLanes(FactoredLanes(VectorMath.select(isLower, x, 1 - x)), isLower: isLower)
  }

  @inline(__always)
  package func quantile(lanes target: TargetLanes) -> SIMD8<Double> {
    VectorMath.select(target.isLower, target.tail, 1 - target.tail)
  }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    evaluateLanes(function, x, out, count: count, location: location, scale: scale)
  }

  package var moments: Moments { Moments(mean: 0.5, variance: 1.0 / 12, skewness: 0, kurtosis: -1.2) }
  package var entropy: Double { 0 }
}

/// Density e^(−x) for x ≥ 0.
package struct ExponentialDistribution: LaneDistribution {
  package var support: (lower: Double, upper: Double) { (0, .infinity) }

  @inline(__always)
  package func density(lanes x: SIMD8<Double>) -> FactoredLanes {
    FactoredLanes(exponent: -x, tail: SIMD8(repeating: 0), factor: SIMD8(repeating: 1))
  }

  @inline(__always)
  package func tails(lanes x: SIMD8<Double>) -> TailLanes {
    ExponentialDistribution.tails(x, SIMD8(repeating: 0))
  }

  /// Both tails at x + xTail ≥ 0.
  @inline(__always)
  static func tails(_ x: SIMD8<Double>, _ xTail: SIMD8<Double>) -> TailLanes {
    let (zero, one) = (SIMD8<Double>(repeating: 0), SIMD8<Double>(repeating: 1))
    let isLower = x .< 0.6931471805599453
    return TailLanes(
      FactoredLanes(
        exponent: VectorMath.select(isLower, zero, -x), tail: VectorMath.select(isLower, zero, -xTail),
        factor: VectorMath.select(isLower, -VectorMath.expm1(-x), one)), isLower: isLower)
  }

  @inline(__always)
  package func quantile(lanes target: TargetLanes) -> SIMD8<Double> {
    VectorMath.select(target.isLower, -VectorMath.log1p(-target.tail), -target.logTail)
  }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    evaluateLanes(function, x, out, count: count, location: location, scale: scale)
  }

  package var moments: Moments { Moments(mean: 1, variance: 1, skewness: 2, kurtosis: 6) }
  package var entropy: Double { 1 }
}

/// Density e^(−x) / (1 + e^(−x))².
package struct LogisticDistribution: LaneDistribution {
  package var support: (lower: Double, upper: Double) { (-.infinity, .infinity) }

  @inline(__always)
  package func density(lanes x: SIMD8<Double>) -> FactoredLanes {
    let z = VectorMath.magnitude(x)
    let rest = 1 + VectorMath.exp(-z)
    return FactoredLanes(exponent: -z, tail: SIMD8(repeating: 0), factor: 1 / (rest * rest))
  }

  @inline(__always)
  package func tails(lanes x: SIMD8<Double>) -> TailLanes {
    let z = VectorMath.magnitude(x)
    return TailLanes(
      FactoredLanes(exponent: -z, tail: SIMD8(repeating: 0), factor: 1 / (1 + VectorMath.exp(-z))), isLower: x .< 0)
  }

  @inline(__always)
  package func quantile(lanes target: TargetLanes) -> SIMD8<Double> {
    // Near ½ the logarithm of a quotient close to 1 would lose the distance.
    let s = 1 - 2 * target.tail
    let near = VectorMath.log1p(-s) - VectorMath.log1p(s)
    let (sum, lost) = VectorMath.twoSum(target.logTail, -VectorMath.log1p(-target.tail))
    let x = VectorMath.select(target.tail .> 0.3, near, sum + (lost + target.logTailLow))
    return VectorMath.select(target.isLower, x, -x)
  }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    evaluateLanes(function, x, out, count: count, location: location, scale: scale)
  }

  package var moments: Moments { Moments(mean: 0, variance: .pi * .pi / 3, skewness: 0, kurtosis: 1.2) }
  package var entropy: Double { 2 }
}

/// e^(s·Z) for a standard normal Z.
package struct LogNormalDistribution: LaneDistribution {
  private let sigma: Double

  package init(sigma: Double) { self.sigma = sigma }

  package var support: (lower: Double, upper: Double) { (0, .infinity) }

  /// ln x and ln x / σ as pairs, x raised to the least positive number.
  @inline(__always)
  private func point(
    _ x: SIMD8<Double>
  ) -> (log: (high: SIMD8<Double>, low: SIMD8<Double>), z: (high: SIMD8<Double>, low: SIMD8<Double>)) {
    let log = VectorMath.logPair(VectorMath.clamp(x, 0x1p-1074, .greatestFiniteMagnitude))
    let sigma = SIMD8(repeating: sigma)
    let z = log.high / sigma
    let (back, backTail) = VectorMath.twoProduct(z, sigma)
    return (log, (z, (((log.high - back) - backTail) + log.low) / sigma))
  }

  @inline(__always)
  package func density(lanes x: SIMD8<Double>) -> FactoredLanes {
    let (log, z) = point(x)
    let (square, squareTail) = NormalLanes.exponent(z.high, z.low)
    let (sum, lost) = VectorMath.twoSum(square, -log.high)
    let zero = SIMD8<Double>(repeating: 0)
    return FactoredLanes(
      exponent: sum, tail: lost + (squareTail - log.low),
      factor: VectorMath.select(x .> 0, SIMD8(repeating: 0.3989422804014327 / sigma), zero))
  }

  @inline(__always)
  package func tails(lanes x: SIMD8<Double>) -> TailLanes {
    let z = point(x).z
    let tails = NormalLanes.tails(z.high, z.low)
    let isZero = x .== 0
    var smaller = tails.smaller
    smaller.factor = VectorMath.select(isZero, SIMD8(repeating: 0), smaller.factor)
    return TailLanes(smaller, isLower: tails.isLower .| isZero)
  }

  @inline(__always)
  package func quantile(lanes target: TargetLanes) -> SIMD8<Double> {
    let (product, tail) = VectorMath.twoProduct(NormalLanes.quantile(target), SIMD8(repeating: sigma))
    return FactoredLanes(exponent: product, tail: tail, factor: SIMD8(repeating: 1)).value
  }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    evaluateLanes(function, x, out, count: count, location: location, scale: scale)
  }

  package var moments: Moments {
    let square = sigma * sigma
    let w = Double.exp(square)
    let excess = Double.expMinusOne(square)
    return Moments(
      mean: Double.exp(square / 2), variance: excess * w, skewness: (w + 2) * excess.squareRoot(),
      kurtosis: w * w * w * w + 2 * w * w * w + 3 * w * w - 6)
  }
  package var entropy: Double { 1.4189385332046727 + Double.log(sigma) }
}

/// Density c x^(c−1) e^(−x^c) for x > 0.
package struct WeibullDistribution: LaneDistribution {
  private let c: Double

  package init(shape: Double) { c = shape }

  package var support: (lower: Double, upper: Double) { (0, .infinity) }

  /// c ln x as a pair, x raised to the least positive number.
  @inline(__always)
  private func logPower(
    _ x: SIMD8<Double>, _ c: Double
  ) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let (log, logTail) = VectorMath.logPair(VectorMath.clamp(x, 0x1p-1074, .greatestFiniteMagnitude))
    let (product, rounding) = VectorMath.twoProduct(log, SIMD8(repeating: c))
    return (product, VectorMath.multiplyAdd(logTail, c, rounding))
  }

  /// x^c as a pair; infinite beyond the range.
  @inline(__always)
  private func power(_ x: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let (exponent, tail) = logPower(x, c)
    let (shifted, remainder, rest) = VectorMath.reduceByLn2(VectorMath.clamp(exponent, -1000, 709.7))
    // The exponential of an eighth of the remainder raised to the eighth power is good to about 2⁻⁶⁰, as an exponent needs it.
    let correction = VectorMath.select(
      VectorMath.magnitude(exponent) .> 709.7, SIMD8(repeating: 0), (rest + tail) * 0.125)
    var (high, low, _) = VectorMath.expPair(remainder * 0.125, correction)
    for _ in 0..<3 {
      let (square, rounding) = VectorMath.twoProduct(high, high)
      (high, low) = VectorMath.fastTwoSum(square, VectorMath.multiplyAdd(high + high, low, rounding))
    }
    let nothing = SIMD8<Double>(repeating: 0)
    let isZero = x .<= 0
    let infinite = exponent .> 709.7
    return (
      VectorMath.select(
        isZero, nothing,
        VectorMath.select(infinite, SIMD8(repeating: .infinity), VectorMath.scale(high, shifted))),
      VectorMath.select(isZero .| infinite, nothing, VectorMath.scale(low, shifted))
    )
  }

  @inline(__always)
  package func density(lanes x: SIMD8<Double>) -> FactoredLanes {
    let (power, powerTail) = power(x)
    // c ln x − ln x: c − 1 would be rounded.
    let (first, firstTail) = logPower(x, c)
    let (second, secondTail) = logPower(x, 1)
    let (log, logLost) = VectorMath.twoSum(first, -second)
    let logTail = logLost + (firstTail - secondTail)
    let (sum, lost) = VectorMath.twoSum(log, -power)
    let atZero = SIMD8<Double>(repeating: c < 1 ? .infinity : c == 1 ? 1 : 0)
    let zero = SIMD8<Double>(repeating: 0)
    let isZero = x .== 0
    let isInfinite = power .== .infinity
    return FactoredLanes(
      exponent: VectorMath.select(isZero, zero, sum),
      tail: VectorMath.select(isZero .| isInfinite, zero, lost + (logTail - powerTail)),
      factor: VectorMath.select(isZero, atZero, SIMD8(repeating: c)))
  }

  @inline(__always)
  package func tails(lanes x: SIMD8<Double>) -> TailLanes {
    let (power, powerTail) = power(x)
    return ExponentialDistribution.tails(power, powerTail)
  }

  @inline(__always)
  package func quantile(lanes target: TargetLanes) -> SIMD8<Double> {
    let lower = -VectorMath.log1p(-target.tail)
    let power = VectorMath.select(target.isLower, lower, -target.logTail)
    let powerTail = VectorMath.select(target.isLower, SIMD8(repeating: 0), -target.logTailLow)
    let (log, logTail) = VectorMath.logPair(power)
    let divisor = SIMD8<Double>(repeating: c)
    let exponent = log / divisor
    let (back, backTail) = VectorMath.twoProduct(exponent, divisor)
    let tail = (((log - back) - backTail) + (logTail + powerTail / power)) / divisor
    return FactoredLanes(exponent: exponent, tail: tail, factor: SIMD8(repeating: 1)).value
  }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    evaluateLanes(function, x, out, count: count, location: location, scale: scale)
  }

  package var moments: Moments {
    let g = (1...4).map { SpecialFunctions.gamma(1 + Double($0) / c) }
    let variance = g[1] - g[0] * g[0]
    let third = g[2] - 3 * g[0] * variance - g[0] * g[0] * g[0]
    let skewness = third / (variance * variance.squareRoot())
    let fourth = g[3] - 4 * g[0] * third - 6 * g[0] * g[0] * variance - g[0] * g[0] * g[0] * g[0]
    return Moments(mean: g[0], variance: variance, skewness: skewness, kurtosis: fourth / (variance * variance) - 3)
  }
  package var entropy: Double { 0.5772156649015329 * (1 - 1 / c) - Double.log(c) + 1 }
}
