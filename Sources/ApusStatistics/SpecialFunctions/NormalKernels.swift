import RealModule

/// The standard normal distribution and the error functions as branch-free kernels over ``Lanes``: written once, evaluated
/// for one number or for a SIMD vector, with equal bits.
///
/// The tail is Q(z) = e^(−z²/2) · g(z) with g, the scaled complementary error function, a polynomial on the whole half
/// line after (M. Shepherd, J. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x", Math. Comp. 36 (1981)
/// 249–253) and the square split exactly, so that the relative error stays at about 3 ulp into the subnormal range.
package enum NormalKernels {
  /// e^(high + low), low tiny against high, for exponents in −1500…709. Below −745 it underflows to zero.
  @inline(__always)
  static func exponential<V: Lanes>(_ high: V, _ low: V) -> V {
    let shift = V(splat: 0x1.8p52)
    let k = V.multiplyAdd(high, V(splat: 1.4426950408889634), shift) - shift
    let reduced = V.multiplyAdd(k, V(splat: -0x1.62e42feep-1), high)
    let r = V.multiplyAdd(k, V(splat: -0x1.a39ef35793c76p-33), reduced) + low
    let e = V(splat: 1) + V.multiplyAdd(r * r, NormalApproximations.exponentialTail(r), r)
    let half = V.multiplyAdd(k, V(splat: 0.5), shift) - shift
    return (e * V.powerOfTwo(half)) * V.powerOfTwo(k - half)
  }

  /// ln x for positive normal x, within 1 ulp.
  @inline(__always)
  static func logarithm<V: Lanes>(_ x: V) -> V {
    let (m, k) = x.mantissaAndExponent()
    // ln m = 2 artanh(f / (2 + f)), f = m − 1 in −0.25…0.5; f is exact.
    let f = m - V(splat: 1)
    let s = f / (f + V(splat: 2))
    let t = s * s
    var sum = V(splat: 2.0 / 21)
    sum = V.multiplyAdd(sum, t, 2.0 / 19)
    sum = V.multiplyAdd(sum, t, 2.0 / 17)
    sum = V.multiplyAdd(sum, t, 2.0 / 15)
    sum = V.multiplyAdd(sum, t, 2.0 / 13)
    sum = V.multiplyAdd(sum, t, 2.0 / 11)
    sum = V.multiplyAdd(sum, t, 2.0 / 9)
    sum = V.multiplyAdd(sum, t, 2.0 / 7)
    sum = V.multiplyAdd(sum, t, 2.0 / 5)
    sum = V.multiplyAdd(sum, t, 2.0 / 3)
    let halfSquare = f * f * V(splat: 0.5)
    // f − (f²/2 − s (f²/2 + t·sum)), fdlibm's arrangement, after which k ln 2 is added in two parts.
    let rest = s * V.multiplyAdd(t, sum, halfSquare)
    let small = V.multiplyAdd(k, V(splat: 0x1.a39ef35793c76p-33), rest)
    return V.multiplyAdd(k, V(splat: 0x1.62e42feep-1), f - (halfSquare - small))
  }

  /// e^(−x²/2) without loss from rounding the square.
  @inline(__always)
  static func gaussian<V: Lanes>(_ z: V) -> V {
    let high = z.leadingBits()
    let half = V(splat: 0.5)
    return exponential(-(high * high * half), -((z - high) * (z + high) * half))
  }

  /// Density of the standard normal.
  @inline(__always)
  static func density<V: Lanes>(_ x: V) -> V {
    gaussian(clamped(x)) * V(splat: 0.3989422804014327)
  }

  /// Q(z)·e^(z²/2) for z ≥ 0.
  @inline(__always)
  static func scaledTail<V: Lanes>(_ z: V) -> V {
    let five = V(splat: 5)
    let inverse = V(splat: 1) / (z + five)
    return NormalApproximations.scaledTail((z - five) * inverse) * inverse
  }

  /// |x| limited to `limit`, by default 40, where every probability has underflowed; NaN stays.
  @inline(__always)
  private static func clamped<V: Lanes>(_ x: V, _ limit: Double = 40) -> V {
    let limit = V(splat: limit)
    return limit.chosen(where: limit, isBelow: x.lanesMagnitude(), else: x.lanesMagnitude())
  }

  /// P(Z ≤ x).
  @inline(__always)
  static func cumulative<V: Lanes>(_ x: V) -> V {
    let z = clamped(x)
    let tail = gaussian(z) * scaledTail(z)
    return tail.chosen(where: x, isBelow: V(splat: 0), else: V(splat: 1) - tail)
  }

  /// ln P(Z ≤ x), −∞ where its magnitude leaves the range.
  ///
  /// Below zero it is −x²/2 + ln g, the square split exactly; above, ln(1 − Q) with the rounding of 1 − Q put back.
  @inline(__always)
  static func logCumulative<V: Lanes>(_ x: V) -> V {
    let (zero, one) = (V(splat: 0), V(splat: 1))
    let z = clamped(x, 1e155)
    let scaled = scaledTail(z)
    let tail = gaussian(clamped(x)) * scaled
    let rest = one - tail
    let lost = (one - rest) - tail
    let argument = scaled.chosen(where: x, isBelow: zero, else: rest)
    let logarithm = logarithm(argument)
    let high = z.leadingBits()
    let half = V(splat: 0.5)
    let below = -(high * high * half) - ((z - high) * (z + high) * half - logarithm)
    return below.chosen(where: x, isBelow: zero, else: logarithm + lost / argument)
  }

  /// The x with P(Z ≤ x) = ½ + q, |q| ≤ 0.425.
  @inline(__always)
  static func centralQuantile<V: Lanes>(_ q: V) -> V {
    let s = V(splat: 0.180625) - q * q
    return q * NormalApproximations.centralNumerator(s) / NormalApproximations.centralDenominator(s)
  }

  /// The x with P(Z ≤ x) = p for p in (2e-11, 1 − 2e-11) with |p − ½| > 0.425.
  @inline(__always)
  static func outerQuantile<V: Lanes>(_ p: V) -> V {
    let q = p - V(splat: 0.5)
    let tail = p.chosen(where: q, isBelow: V(splat: 0), else: V(splat: 1) - p)
    let t = (-logarithm(tail)).lanesSquareRoot() - V(splat: 1.6)
    let magnitude = NormalApproximations.middleNumerator(t) / NormalApproximations.middleDenominator(t)
    return (-magnitude).chosen(where: q, isBelow: V(splat: 0), else: magnitude)
  }

  /// |p − ½| up to which ``centralQuantile(_:)`` serves.
  static var centralLimit: Double { 0.425 }

  /// The x with P(Z ≤ x) = p for p in (2e-11, 1 − 2e-11).
  @inline(__always)
  static func quantile(_ p: Double) -> Double {
    let q = p - 0.5
    return q.magnitude > centralLimit ? outerQuantile(p) : centralQuantile(q)
  }

  /// Whether ``quantile(_:)`` covers this probability.
  @inline(__always)
  static func quantileCovers(_ p: Double) -> Bool { p > 2e-11 && p < 1 - 2e-11 }
}
