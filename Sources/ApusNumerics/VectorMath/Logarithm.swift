// log, log2 and log1p.
//
// x = 2ᵏ m with √½ ≤ m < √2. In float64, with f = m − 1, s = f / (2 + f) and z = s²,
// log m = log((1 + s) / (1 − s)) = f − f²/2 + s (f²/2 + z P(z)) (the arrangement of W. Remez' series in FreeBSD's msun, whose
// rounding errors are small because each summand is much smaller than the one before); in float32
// log m = f − f²/2 + f³ P(f), which saves the division. k ln 2 is added in two parts, the first product exact.

extension VectorMath {
  /// x = 2ᵏ m, √½ ≤ m < √2, for positive finite x that is not subnormal. `offset` is subtracted from k.
  @inlinable @inline(__always)
  package static func decompose(
    _ x: SIMD8<Double>, offset: SIMD8<Double>
  ) -> (exponent: SIMD8<Double>, significand: SIMD8<Double>) {
    // The bits of 2.0 less those of √½: carries into the exponent field where m would reach √2.
    let biased = bits(x) &+ 0x0019_5f61_9980_c433
    let exponent = fromBits(shiftRight(biased, 52) | 0x4330_0000_0000_0000) - (offset + (0x1p52 + 1024))
    let significand = bits(x) &- (biased & 0xfff0_0000_0000_0000) &+ 0x4000_0000_0000_0000
    return (exponent, fromBits(significand))
  }

  @inlinable @inline(__always)
  package static func decompose(
    _ x: SIMD16<Float>, offset: SIMD16<Float>
  ) -> (exponent: SIMD16<Float>, significand: SIMD16<Float>) {
    let biased = bits(x) &+ 0x00ca_fb0d
    let exponent = fromBits(shiftRight(biased, 23) | 0x4b00_0000) - (offset + (0x1p23 + 128))
    let significand = bits(x) &- (biased & 0xff80_0000) &+ 0x4000_0000
    return (exponent, fromBits(significand))
  }

  /// As ``decompose(_:offset:)`` for all positive finite x.
  @inlinable @inline(__always)
  package static func decompose(_ x: SIMD8<Double>) -> (exponent: SIMD8<Double>, significand: SIMD8<Double>) {
    let isSubnormal = x .< 0x1p-1022
    return decompose(
      select(isSubnormal, x * 0x1p54, x),
      offset: select(isSubnormal, SIMD8(repeating: 54), SIMD8(repeating: 0)))
  }

  @inlinable @inline(__always)
  package static func decompose(_ x: SIMD16<Float>) -> (exponent: SIMD16<Float>, significand: SIMD16<Float>) {
    let isSubnormal = x .< 0x1p-126
    return decompose(
      select(isSubnormal, x * 0x1p25, x),
      offset: select(isSubnormal, SIMD16(repeating: 25), SIMD16(repeating: 0)))
  }

  /// f²/2 and log(1 + f) − f + f²/2 for √½ ≤ 1 + f < √2.
  @inlinable @inline(__always)
  package static func logTail(_ f: SIMD8<Double>) -> (halfSquare: SIMD8<Double>, rest: SIMD8<Double>) {
    let s = f / (f + 2)
    let z = s * s
    var p = SIMD8<Double>(repeating: 0x1.2f0d925b361c9p-3)
    p = multiplyAdd(p, z, 0x1.39a0f49db3d3ep-3)
    p = multiplyAdd(p, z, 0x1.74664630a58cap-3)
    p = multiplyAdd(p, z, 0x1.c71c51e7e2aaap-3)
    p = multiplyAdd(p, z, 0x1.2492494217badp-2)
    p = multiplyAdd(p, z, 0x1.999999997fb30p-2)
    p = multiplyAdd(p, z, 0x1.5555555555593p-1)
    let halfSquare = 0.5 * f * f
    return (halfSquare, s * multiplyAdd(p, z, halfSquare))
  }

  @inlinable @inline(__always)
  package static func logTail(_ f: SIMD16<Float>) -> (halfSquare: SIMD16<Float>, rest: SIMD16<Float>) {
    var p = SIMD16<Float>(repeating: -0x1.38c1acp-4)
    p = multiplyAdd(p, f, 0x1.056498p-3)
    p = multiplyAdd(p, f, -0x1.0d875ap-3)
    p = multiplyAdd(p, f, 0x1.22d90ap-3)
    p = multiplyAdd(p, f, -0x1.5471f6p-3)
    p = multiplyAdd(p, f, 0x1.99a012p-3)
    p = multiplyAdd(p, f, -0x1.000228p-2)
    p = multiplyAdd(p, f, 0x1.555554p-2)
    let square = f * f
    return (0.5 * square, square * f * p)
  }

  /// k ln 2 + log(1 + f) + tail.
  @inlinable @inline(__always)
  package static func logSum(_ k: SIMD8<Double>, _ f: SIMD8<Double>, tail: SIMD8<Double>) -> SIMD8<Double> {
    let (halfSquare, rest) = logTail(f)
    let small = rest + multiplyAdd(k, 0x1.ef35793c76730p-45, tail)
    return multiplyAdd(k, 0x1.62e42fefa3800p-1, f - (halfSquare - small))
  }

  @inlinable @inline(__always)
  package static func logSum(_ k: SIMD16<Float>, _ f: SIMD16<Float>, tail: SIMD16<Float>) -> SIMD16<Float> {
    let (halfSquare, rest) = logTail(f)
    let small = rest + multiplyAdd(k, 0x1.7f7d1cp-20, tail)
    return multiplyAdd(k, 0x1.62e4p-1, f - (halfSquare - small))
  }

  /// `value` where 0 < x < ∞; else the logarithm's special values: −∞ at ±0, NaN below, ∞ at ∞, NaN for NaN.
  @inlinable @inline(__always)
  package static func logSpecial(_ x: SIMD8<Double>, _ value: SIMD8<Double>) -> SIMD8<Double> {
    let upper = select(x .< .infinity, value, x)
    let lower = select(x .< 0, SIMD8(repeating: .nan), upper)
    return select(x .== 0, SIMD8(repeating: -.infinity), lower)
  }

  @inlinable @inline(__always)
  package static func logSpecial(_ x: SIMD16<Float>, _ value: SIMD16<Float>) -> SIMD16<Float> {
    let upper = select(x .< .infinity, value, x)
    let lower = select(x .< 0, SIMD16(repeating: .nan), upper)
    return select(x .== 0, SIMD16(repeating: -.infinity), lower)
  }

  /// Natural logarithm. Error < 1 ulp. ±0 → −∞, negative → NaN, +∞ → +∞, NaN → NaN.
  @inlinable @inline(__always)
  package static func log(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let (k, m) = decompose(x)
    return logSpecial(x, logSum(k, m - 1, tail: SIMD8(repeating: 0)))
  }

  /// Natural logarithm. Error < 1 ulp. ±0 → −∞, negative → NaN, +∞ → +∞, NaN → NaN.
  @inlinable @inline(__always)
  package static func log(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let (k, m) = decompose(x)
    return logSpecial(x, logSum(k, m - 1, tail: SIMD16(repeating: 0)))
  }

  /// Logarithm to the base 2, exact for powers of two. Error < 1 ulp. Special values as ``log(_:)``.
  ///
  /// The logarithm of m is kept as a short and a small part, so that the product of the short part with the short part
  /// of log₂ e is exact.
  @inlinable @inline(__always)
  package static func log2(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let (k, m) = decompose(x)
    let f = m - 1
    let (halfSquare, rest) = logTail(f)
    let high = fromBits(bits(f - halfSquare) & 0xffff_ffff_0000_0000)
    let low = ((f - high) - halfSquare) + rest
    let (sum, lost) = fastTwoSum(k, high * 0x1.71547652p0)
    let small = multiplyAdd(low, 0x1.71547652p0, (low + high) * 0x1.705fc2eefa200p-33)
    return logSpecial(x, sum + (lost + small))
  }

  /// Logarithm to the base 2, exact for powers of two. Error < 1 ulp. Special values as ``log(_:)``.
  @inlinable @inline(__always)
  package static func log2(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let (k, m) = decompose(x)
    let f = m - 1
    let (halfSquare, rest) = logTail(f)
    let high = fromBits(bits(f - halfSquare) & 0xffff_f000)
    let low = ((f - high) - halfSquare) + rest
    let (sum, lost) = fastTwoSum(k, high * 0x1.714p0)
    let small = multiplyAdd(low, 0x1.714p0, (low + high) * 0x1.47652cp-12)
    return logSpecial(x, sum + (lost + small))
  }

  /// log(1 + x + xTail) for x > −1 and |xTail| ≤ ulp(x): the rounding error of 1 + x, divided by 1 + x, is added as a
  /// correction.
  @inlinable @inline(__always)
  package static func log1pSum(_ x: SIMD8<Double>, _ xTail: SIMD8<Double>) -> SIMD8<Double> {
    let (sum, lost) = twoSum(SIMD8(repeating: 1), x)
    let (k, m) = decompose(sum, offset: SIMD8(repeating: 0))
    return logSum(k, m - 1, tail: (lost + xTail) / sum)
  }

  @inlinable @inline(__always)
  package static func log1pSum(_ x: SIMD16<Float>, _ xTail: SIMD16<Float>) -> SIMD16<Float> {
    let (sum, lost) = twoSum(SIMD16(repeating: 1), x)
    let (k, m) = decompose(sum, offset: SIMD16(repeating: 0))
    return logSum(k, m - 1, tail: (lost + xTail) / sum)
  }

  /// log(1 + x), accurate for small x. Error < 1 ulp. −1 → −∞, below → NaN, ±0 → ±0, +∞ → +∞, NaN → NaN.
  @inlinable @inline(__always)
  package static func log1p(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let upper = select(x .< .infinity, log1pSum(x, SIMD8(repeating: 0)), x)
    let lower = select(x .< -1, SIMD8(repeating: .nan), upper)
    return select(x .== 0, x, select(x .== -1, SIMD8(repeating: -.infinity), lower))
  }

  /// log(1 + x), accurate for small x. Error < 1 ulp. −1 → −∞, below → NaN, ±0 → ±0, +∞ → +∞, NaN → NaN.
  @inlinable @inline(__always)
  package static func log1p(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let upper = select(x .< .infinity, log1pSum(x, SIMD16(repeating: 0)), x)
    let lower = select(x .< -1, SIMD16(repeating: .nan), upper)
    return select(x .== 0, x, select(x .== -1, SIMD16(repeating: -.infinity), lower))
  }
}
