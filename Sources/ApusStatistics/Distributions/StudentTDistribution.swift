import ApusNumerics
import RealModule

/// Student's t: a standard normal over the root of an independent chi-squared variable divided by its degrees of freedom.
package struct StudentTDistribution: StandardDistribution {
  private let df: Double
  /// T²/(df + T²) is a beta variable with shapes ½ and df/2.
  private let beta: IncompleteBeta
  private let densityAtZero: Double
  /// The fast tails, nil below one degree of freedom.
  private let fast: StudentTTail?

  /// Beyond this many degrees of freedom the distribution is the normal, to the last bit.
  private static let normalLimit = 1e17

  package init(degreesOfFreedom: Double) {
    df = degreesOfFreedom
    beta = IncompleteBeta(0.5, Swift.min(degreesOfFreedom, StudentTDistribution.normalLimit) / 2)
    fast =
      degreesOfFreedom >= StudentTTail.leastDegreesOfFreedom && degreesOfFreedom <= StudentTDistribution.normalLimit
      ? StudentTTail(degreesOfFreedom: degreesOfFreedom) : nil
    let ratio = Stirling.logGammaRatio(df / 2, 0.5)
    densityAtZero = DoubleDouble.exp(ratio - DoubleDouble.log(DoubleDouble.product(df, .pi)) * 0.5)
  }

  package var support: (lower: Double, upper: Double) { (-.infinity, .infinity) }

  /// The pair (T²/(df + T²), df/(df + T²)).
  private func point(_ t: Double) -> (DoubleDouble, DoubleDouble) {
    let square = DoubleDouble.product(t, t)
    let total = square + df
    return (square / total, DoubleDouble(df) / total)
  }

  /// Where t² leaves the range: the leading term (√df / |t|)^df of the tail.
  private func farExponent(_ t: Double) -> DoubleDouble {
    (DoubleDouble.log(df) * 0.5 - DoubleDouble.log(t.magnitude)) * df
      - (Stirling.logGamma(DoubleDouble(0.5)) + Stirling.logGamma(DoubleDouble(df / 2))
        - Stirling.logGamma(DoubleDouble.sum(df, 1) * 0.5))
  }

  package func density(_ t: Double) -> FactoredValue {
    if df > StudentTDistribution.normalLimit { return NormalDistribution().density(t) }
    if t.magnitude < 1e-8 * Swift.min(df.squareRoot(), 1) { return FactoredValue(densityAtZero) }
    if t.magnitude == .infinity { return FactoredValue(0) }
    if t.magnitude > 1e150 {
      return FactoredValue(exponent: farExponent(t) - DoubleDouble.log(t.magnitude), factor: 1)
    }
    let (x, y) = point(t)
    return beta.leading(x, y) * (1 / t.magnitude)
  }

  package func tails(_ t: Double) -> TailProbability {
    if df > StudentTDistribution.normalLimit { return NormalDistribution().tails(t) }
    if t == 0 { return TailProbability(lower: 0.5) }
    let isLower = t < 0
    if let fast, t.magnitude <= StudentTTail.largest {
      return TailProbability(fast.tail(t), isLower: isLower)
    }
    if t.magnitude > StudentTTail.largest {
      if t.magnitude == .infinity { return isLower ? TailProbability(lower: 0) : TailProbability(upper: 0) }
      return TailProbability(exponent: farExponent(t), factor: 1 / df, isLower: isLower)
    }
    if t.magnitude < 1e-150 {
      return TailProbability(FactoredValue(0.5 - t.magnitude * densityAtZero), isLower: isLower)
    }
    let (x, y) = point(t)
    let inside = beta.tails(x, y)
    // Half of what lies outside (−|t|, |t|).
    let tail = inside.isLower ? FactoredValue(0.5 - 0.5 * inside.smaller.value) : inside.smaller * 0.5
    return TailProbability(tail, isLower: isLower)
  }

  package func evaluate(
    _ function: DistributionFunction, _ t: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    if (function == .pdf || function == .logpdf) && df <= StudentTDistribution.normalLimit {
      densities(t, out, count, location: location, scale: scale, isLogarithm: function == .logpdf)
    } else if let fast, function == .cdf || function == .sf || function == .logcdf || function == .logsf {
      for i in 0..<count { out[i] = (t[i] - location) / scale }
      fast.evaluate(function, out, out, count: count)
    } else if let fast, function == .ppf || function == .isf {
      StudentTQuantiles(self, fast, degreesOfFreedom: df, densityAtZero: densityAtZero)
        .evaluate(isLower: function == .ppf, t, out, count: count)
      for i in 0..<count { out[i] = out[i] * scale + location }
      return
    } else {
      for i in 0..<count { out[i] = value(function, t[i], location: location, scale: scale) }
      return
    }
    for i in 0..<count where ((t[i] - location) / scale).magnitude > StudentTTail.largest {
      out[i] = value(function, t[i], location: location, scale: scale)
    }
  }

  /// Densities, or their logarithms, of statistics no larger than ``StudentTTail/largest`` in magnitude:
  /// c (1 + t²/ν)^(−(ν+1)/2), the power through its logarithm as a pair.
  private func densities(
    _ t: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int, location: Double, scale: Double,
    isLogarithm: Bool
  ) {
    let power = SIMD8<Double>(repeating: -0.5 * (df + 1))
    // df + 1 loses what is below its last place.
    let powerTail = -0.5 * DoubleDouble.sum(df, 1).low
    let (factor, logScale) = (SIMD8<Double>(repeating: densityAtZero), Double.log(scale))
    @inline(__always) func kernel(_ t: SIMD8<Double>) -> SIMD8<Double> {
      let z = (t - location) / scale
      let (log, logTail, _, _) = StudentTTail.logOnePlusRatio(z, df)
      let (exponent, rounding) = VectorMath.twoProduct(log, power)
      let tail = VectorMath.multiplyAdd(
        log, SIMD8(repeating: powerTail), VectorMath.multiplyAdd(logTail, power, rounding))
      let density = FactoredLanes(exponent: exponent, tail: tail, factor: factor)
      let value = isLogarithm ? density.logarithm - logScale : density.value / scale
      return VectorMath.select(z .== z, value, z)
    }
    VectorMath.transform(t, out, count: count, kernel)
  }

  package func quantile(_ target: TargetProbability) -> Double {
    if df > StudentTDistribution.normalLimit { return NormalTail.quantile(target) }
    if target.tail == 0.5 { return 0 }
    if let fast, target.tail <= 0.25,
      let t = fast.quantile(logTail: target.logTail, densityAtZero: densityAtZero)
    {
      return target.isLower ? -t : t
    }
    let (x, y): (Double, Double)
    if target.tail > 0.25 {
      // Near the centre the probability between −|t| and |t| is the small one, and exact.
      (x, y) = beta.quantile(TargetProbability(1 - 2 * target.tail, isLower: true))
    } else if target.tail > 0 {
      (x, y) = beta.quantile(TargetProbability(2 * target.tail, isLower: false))
    } else {
      (x, y) = beta.quantile(
        TargetProbability(logProbability: target.logTail.value + 0.6931471805599453, isLower: false))
    }
    let t = y > 0 && x / y < .infinity ? (df * (x / y)).squareRoot() : farQuantile(target)
    return target.isLower ? -t : t
  }

  /// Inverts the leading term of the tail.
  private func farQuantile(_ target: TargetProbability) -> Double {
    let constant = farExponent(1).value - Double.log(df)
    return Double.exp(Swift.min((constant - target.logTail.value) / df, 709.7))
  }

  package var moments: Moments {
    Moments(
      mean: df > 1 ? 0 : .nan, variance: df > 2 ? df / (df - 2) : df > 1 ? .infinity : .nan,
      skewness: df > 3 ? 0 : .nan, kurtosis: df > 4 ? 6 / (df - 4) : df > 2 ? .infinity : .nan)
  }

  package var entropy: Double {
    if df > 1e10 { return NormalDistribution().entropy + 1 / df }
    let half = (df + 1) / 2
    return half * (SpecialFunctions.digamma(half) - SpecialFunctions.digamma(df / 2)) + 0.5 * Double.log(df)
      + SpecialFunctions.logBeta(df / 2, 0.5)
  }
}
