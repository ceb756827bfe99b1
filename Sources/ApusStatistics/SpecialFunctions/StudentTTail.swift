import ApusNumerics
import RealModule

/// Tails of Student's t with one number of degrees of freedom ν ≥ 1.
///
/// With z = t/√(1 + t²/ν) the tail beyond t ≥ 0 is P(T > t) = (1 + t²/ν)^(−ν/2) K(z). (z + 5) K is smooth in
/// Y = ((1 + 10/√ν) z − 5)/(z + 5), which fills −1…1 whatever ν is, and in σ = 1/√(ν + 1): its 24 coefficients of powers of Y
/// are polynomials in σ, fitted at 50 digits (``StudentTTailCoefficients``) to a relative error of 1.4e-16. The power is
/// formed from ln(1 + t²/ν) as a pair, so that the relative error stays at a few ulp down to the subnormal range.
///
/// One statistic and eight take the same instructions: a value does not depend on its neighbours.
/// - Complexity: making one takes about 400 multiplications, a tail about 140.
package struct StudentTTail: Sendable {
  /// The least ν that is covered.
  package static let leastDegreesOfFreedom = 1.0
  /// |t| beyond which t² leaves the range; there ``StudentTDistribution`` has the leading term.
  package static let largest = 1e150

  private typealias V = SIMD8<Double>
  private typealias Coefficients = StudentTTailCoefficients

  private let df: Double
  /// 1 + 10/√ν, the slope of Y's numerator.
  private let slope: Double
  /// Coefficients of the powers of Y, lowest first, in three vectors.
  private var coefficients: (SIMD8<Double>, SIMD8<Double>, SIMD8<Double>)

  /// - Parameter degreesOfFreedom: at least ``leastDegreesOfFreedom``.
  package init(degreesOfFreedom: Double) {
    df = degreesOfFreedom
    slope = 1 + 10 / df.squareRoot()
    let sigma = 1 / (df + 1).squareRoot()
    let ends = Coefficients.ends
    var interval = 0
    while interval + 2 < ends.count && sigma > ends[interval + 1] { interval += 1 }
    let (low, high) = (ends[interval], ends[interval + 1])
    let u = V(repeating: (sigma - low) / (high - low) * 2 - 1)
    coefficients = Coefficients.values.withUnsafeBytes { table in
      let stride = Coefficients.powersOfY * MemoryLayout<Double>.stride
      var row = (interval * Coefficients.powersOfU + Coefficients.powersOfU - 1) * stride
      var sums = (V(), V(), V())
      for _ in 0..<Coefficients.powersOfU {
        sums.0 = VectorMath.multiplyAdd(sums.0, u, table.loadUnaligned(fromByteOffset: row, as: V.self))
        sums.1 = VectorMath.multiplyAdd(sums.1, u, table.loadUnaligned(fromByteOffset: row &+ 64, as: V.self))
        sums.2 = VectorMath.multiplyAdd(sums.2, u, table.loadUnaligned(fromByteOffset: row &+ 128, as: V.self))
        row &-= stride
      }
      return sums
    }
  }

  /// ln(1 + t²/ν) as a pair, 1/(1 + t²/ν), and |t| limited to ``largest``.
  @inline(__always)
  static func logOnePlusRatio(
    _ t: SIMD8<Double>, _ df: Double
  ) -> (high: SIMD8<Double>, low: SIMD8<Double>, reciprocal: SIMD8<Double>, magnitude: SIMD8<Double>) {
    let one = V(repeating: 1)
    let nu = V(repeating: df)
    let inverse = V(repeating: 1 / df)
    let a = VectorMath.clamp(VectorMath.magnitude(t), 0, StudentTTail.largest)
    // t²/ν as a pair.
    let (square, squareTail) = VectorMath.twoProduct(a, a)
    let ratio = square * inverse
    let (back, backTail) = VectorMath.twoProduct(ratio, nu)
    let ratioTail = (((square - back) - backTail) + squareTail) * inverse
    // 1 + t²/ν and its logarithm.
    let (sum, lost) = VectorMath.twoSum(one, ratio)
    let reciprocal = one / sum
    let (first, firstTail) = VectorMath.logPair(sum)
    let (high, rounding) = VectorMath.fastTwoSum(first, (lost + ratioTail) * reciprocal)
    return (high, firstTail + rounding, reciprocal, a)
  }

  /// P(T > |t|) as e^(exponent + exponentTail) · factor, |t| limited to ``largest``; NaN stays in the factor.
  @inline(__always)
  private func factored(
    _ t: SIMD8<Double>, _ c: UnsafePointer<Double>
  ) -> (exponent: SIMD8<Double>, exponentTail: SIMD8<Double>, factor: SIMD8<Double>) {
    let (logarithm, logarithmTail, reciprocal, a) = StudentTTail.logOnePlusRatio(t, df)
    return joined(logarithm, logarithmTail, -0.5 * df, a * VectorMath.sqrt(reciprocal), c)
  }

  /// P(T > |t|) for t = r √(ν / (1 − r²)), in factors: 1 + t²/ν = 1/(1 − r²) and z = √ν r, so that nothing is lost between a
  /// correlation coefficient and its p-value. NaN stays; the factor is 0 at |r| = 1.
  @inline(__always)
  private func factored(
    correlation r: SIMD8<Double>, _ c: UnsafePointer<Double>
  ) -> (exponent: SIMD8<Double>, exponentTail: SIMD8<Double>, factor: SIMD8<Double>) {
    let (zero, one) = (V(repeating: 0), V(repeating: 1))
    let a = VectorMath.magnitude(r)
    let (square, squareTail) = VectorMath.twoProduct(a, a)
    let (difference, lost) = VectorMath.fastTwoSum(one, -square)
    let isInside = difference .> 0
    let rest = VectorMath.select(isInside, difference, one)
    let (first, firstTail) = VectorMath.logPair(rest)
    let (logarithm, rounding) = VectorMath.fastTwoSum(first, (lost - squareTail) / rest)
    let (exponent, exponentTail, factor) = joined(
      logarithm, firstTail + rounding, 0.5 * df, a * V(repeating: df.squareRoot()), c)
    return (exponent, exponentTail, VectorMath.select(a .< 1, factor, VectorMath.select(a .>= 1, zero, a)))
  }

  /// The exponent `power` · (logarithm + logarithmTail) as a pair, and K(z).
  @inline(__always)
  private func joined(
    _ logarithm: SIMD8<Double>, _ logarithmTail: SIMD8<Double>, _ power: Double, _ z: SIMD8<Double>,
    _ c: UnsafePointer<Double>
  ) -> (exponent: SIMD8<Double>, exponentTail: SIMD8<Double>, factor: SIMD8<Double>) {
    let power = V(repeating: power)
    let (exponent, productTail) = VectorMath.twoProduct(logarithm, power)
    let exponentTail = VectorMath.multiplyAdd(logarithmTail, power, productTail)
    let divisor = z + 5
    let y = VectorMath.multiplyAdd(z, V(repeating: slope), V(repeating: -5)) / divisor
    var series = V(repeating: c[Coefficients.powersOfY - 1])
    for power in stride(from: Coefficients.powersOfY - 2, through: 0, by: -1) {
      series = VectorMath.multiplyAdd(series, y, c[power])
    }
    return (exponent, exponentTail, series / divisor)
  }

  /// P(T > |t|) from its factors.
  @inline(__always)
  private static func value(
    _ exponent: SIMD8<Double>, _ exponentTail: SIMD8<Double>, _ factor: SIMD8<Double>
  ) -> SIMD8<Double> {
    let tail = VectorMath.select(exponent .< -1000, V(repeating: 0), exponentTail)
    let (high, low, shifted) = VectorMath.expPair(VectorMath.clamp(exponent, -1000, 0), tail)
    return VectorMath.scale(VectorMath.multiplyAdd(low, factor, high * factor), shifted)
  }

  /// Runs `body` with the coefficients in memory, from where they are spread over the lanes.
  @inline(__always)
  private func withCoefficients<Result>(_ body: (UnsafePointer<Double>) -> Result) -> Result {
    withUnsafeBytes(of: coefficients) { body($0.baseAddress!.assumingMemoryBound(to: Double.self)) }
  }

  /// P(T > |t|) for one finite |t| ≤ ``largest``.
  package func tail(_ t: Double) -> FactoredValue {
    let (exponent, exponentTail, factor) = withCoefficients { factored(V(repeating: t), $0) }
    return FactoredValue(exponent: DoubleDouble(exponent[0], exponentTail[0]), factor: factor[0])
  }

  /// The t > 0 with P(T > t) equal to a tail of at most ¼; nil where it lies beyond ``largest``.
  ///
  /// Halley's method on ln P(T > t) against ln t, of which it is a concave function, from D. Wallace's approximation (Ann. Math.
  /// Stat. 30 (1959) 1124–1130).
  package func quantile(logTail target: DoubleDouble, densityAtZero: Double) -> Double? {
    let z = NormalTail.quantile(logTail: target.value) * (8 * df + 3) / (8 * df + 1)
    var t = (df * Double.expMinusOne(Swift.min(z * z / df, 680))).squareRoot()
    for _ in 0..<100 {
      guard t > 0, t < StudentTTail.largest else { return nil }
      let here = tail(t)
      let excess = (here.exponent - target).value + Double.log(here.factor)
      // The density over the tail, times t: the power is common to both.
      let slope = t * densityAtZero / (here.factor * (1 + t * t / df).squareRoot())
      let newton = excess / slope
      let bend = 0.5 * newton * (1 + slope - (df + 1) * t / (df / t + t))
      var step = bend.magnitude < 0.25 ? newton / (1 + bend) : newton
      if step.isNaN { return nil }
      step = Swift.min(Swift.max(step, -30), 30)
      t += t * Double.expMinusOne(step)
      // The next step would only stir rounding errors.
      if step.magnitude < 1e-9 || Swift.max(step.magnitude, bend.magnitude) < 1e-6 { break }
    }
    return t
  }

  /// cdf, sf, logcdf or logsf of `count` statistics no larger than ``largest`` in magnitude; NaN stays.
  package func evaluate(
    _ function: DistributionFunction, _ t: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int
  ) {
    let isLower = function == .cdf || function == .logcdf
    let isLogarithm = function == .logcdf || function == .logsf
    withCoefficients { c in
      @inline(__always) func probability(_ t: SIMD8<Double>) -> SIMD8<Double> {
        let (exponent, exponentTail, factor) = factored(t, c)
        let tail = StudentTTail.value(exponent, exponentTail, factor)
        let other = 1 - tail
        return isLower ? VectorMath.select(t .< 0, tail, other) : VectorMath.select(t .< 0, other, tail)
      }
      @inline(__always) func logarithm(_ t: SIMD8<Double>) -> SIMD8<Double> {
        let (exponent, exponentTail, factor) = factored(t, c)
        let tail = exponent + (exponentTail + VectorMath.log(factor))
        let other = VectorMath.log1p(-StudentTTail.value(exponent, exponentTail, factor))
        return isLower ? VectorMath.select(t .< 0, tail, other) : VectorMath.select(t .< 0, other, tail)
      }
      if isLogarithm {
        VectorMath.transform(t, out, count: count, logarithm)
      } else {
        VectorMath.transform(t, out, count: count, probability)
      }
    }
  }

  /// P(T > |t|) and its logarithm for `count` statistics of any size; NaN stays.
  package func upperTails(
    of t: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, logarithms: UnsafeMutablePointer<Double>,
    count: Int
  ) {
    @inline(__always) func factors(
      _ t: SIMD8<Double>, _ c: UnsafePointer<Double>
    ) -> (SIMD8<Double>, SIMD8<Double>, SIMD8<Double>) { factored(t, c) }
    upperTails(t, out, logarithms, count, factors)
    for i in 0..<count where t[i].magnitude > StudentTTail.largest {
      let far = StudentTDistribution(degreesOfFreedom: df).tails(t[i].magnitude)
      (out[i], logarithms[i]) = (far.upper, far.logUpper)
    }
  }

  /// As ``upperTails(of:_:logarithms:count:)`` for the statistics t = r √(ν / (1 − r²)), −1 ≤ r ≤ 1.
  package func upperTails(
    ofCorrelations r: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>,
    logarithms: UnsafeMutablePointer<Double>, count: Int
  ) {
    @inline(__always) func factors(
      _ r: SIMD8<Double>, _ c: UnsafePointer<Double>
    ) -> (SIMD8<Double>, SIMD8<Double>, SIMD8<Double>) { factored(correlation: r, c) }
    upperTails(r, out, logarithms, count, factors)
  }

  @inline(__always)
  private func upperTails(
    _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ logarithms: UnsafeMutablePointer<Double>,
    _ count: Int,
    _ factors: (SIMD8<Double>, UnsafePointer<Double>) -> (SIMD8<Double>, SIMD8<Double>, SIMD8<Double>)
  ) {
    withCoefficients { c in
      var start = 0
      while start < count {
        let lanes = Swift.min(8, count &- start)
        let (exponent, exponentTail, factor) = factors(VectorMath.load(x + start, lanes), c)
        VectorMath.store(StudentTTail.value(exponent, exponentTail, factor), out + start, lanes)
        VectorMath.store(exponent + (exponentTail + VectorMath.log(factor)), logarithms + start, lanes)
        start &+= 8
      }
    }
  }
}
