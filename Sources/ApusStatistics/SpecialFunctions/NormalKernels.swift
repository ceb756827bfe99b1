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
    let k = (high * V(splat: 1.4426950408889634) + shift) - shift
    let r = ((high - k * V(splat: 0x1.62e42feep-1)) - k * V(splat: 0x1.a39ef35793c76p-33)) + low
    let e = V(splat: 1) + (r + r * r * NormalApproximations.exponentialTail(r))
    let half = (k * V(splat: 0.5) + shift) - shift
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
    sum = sum * t + V(splat: 2.0 / 19)
    sum = sum * t + V(splat: 2.0 / 17)
    sum = sum * t + V(splat: 2.0 / 15)
    sum = sum * t + V(splat: 2.0 / 13)
    sum = sum * t + V(splat: 2.0 / 11)
    sum = sum * t + V(splat: 2.0 / 9)
    sum = sum * t + V(splat: 2.0 / 7)
    sum = sum * t + V(splat: 2.0 / 5)
    sum = sum * t + V(splat: 2.0 / 3)
    let halfSquare = f * f * V(splat: 0.5)
    // f − (f²/2 − s (f²/2 + t·sum)), fdlibm's arrangement, after which k ln 2 is added in two parts.
    let rest = s * (halfSquare + t * sum)
    return k * V(splat: 0x1.62e42feep-1) + (f - (halfSquare - (rest + k * V(splat: 0x1.a39ef35793c76p-33))))
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
    let polynomial = NormalApproximations.scaledTail((z - five) / (z + five))
    return polynomial / (V(splat: 1) + z * V(splat: 1.4140625))
  }

  /// |x| limited to 40, where every result has underflowed; NaN stays.
  @inline(__always)
  private static func clamped<V: Lanes>(_ x: V) -> V {
    let limit = V(splat: 40)
    return limit.chosen(where: limit, isBelow: x.lanesMagnitude(), else: x.lanesMagnitude())
  }

  /// P(Z ≤ x).
  @inline(__always)
  static func cumulative<V: Lanes>(_ x: V) -> V {
    let z = clamped(x)
    let tail = gaussian(z) * scaledTail(z)
    return tail.chosen(where: x, isBelow: V(splat: 0), else: V(splat: 1) - tail)
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
