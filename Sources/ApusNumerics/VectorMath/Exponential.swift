// exp and exp2, and the reduced form of exp that the functions built on it use.
//
// x = n ln 2 + r with |r| ≤ ln 2 / 2, n from adding a constant at which the spacing of floating-point numbers is 1 (so
// that the sum's last bits are n); exp(x) = 2ⁿ exp(r), exp(r) by a minimax polynomial. ln 2 is subtracted in two parts, the
// first so short that its product with n is exact (Cody and Waite, Software Manual for the Elementary Functions, 1980).

extension VectorMath {
  /// 1.5 · 2⁵² + 2046: adding it rounds to an integer n and leaves n + 2046 in the low bits.
  @inlinable @inline(__always) package static var roundingShift: Double { 0x1.8000000000p52 + 2046 }
  /// 1.5 · 2²³ + 254: adding it rounds to an integer n and leaves n + 254 in the low bits.
  @inlinable @inline(__always) package static var roundingShiftFloat: Float { 0x1.8p23 + 254 }

  /// p · 2ⁿ for n + ``roundingShift`` = `shifted`, −1100 ≤ n ≤ 1100, rounded once (a subnormal p · 2ⁿ).
  ///
  /// 2ⁿ is applied as two factors of about half the exponent each: neither leaves the normal range.
  @inlinable @inline(__always)
  package static func scale(_ p: SIMD8<Double>, _ shifted: SIMD8<Double>) -> SIMD8<Double> {
    let biased = bits(shifted)
    let half = shiftRight(biased, 1)
    return (p * fromBits(shiftLeft(half, 52))) * fromBits(shiftLeft(biased &- half, 52))
  }

  @inlinable @inline(__always)
  package static func scale(_ p: SIMD16<Float>, _ shifted: SIMD16<Float>) -> SIMD16<Float> {
    let biased = bits(shifted)
    let half = shiftRight(biased, 1)
    return (p * fromBits(shiftLeft(half, 23))) * fromBits(shiftLeft(biased &- half, 23))
  }

  /// (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, up to 2⁻⁶⁰ of eʳ − 1.
  @inlinable @inline(__always)
  package static func expTail(_ r: SIMD8<Double>) -> SIMD8<Double> {
    var p = SIMD8<Double>(repeating: 0x1.1ee8893bfed35p-29)
    p = multiplyAdd(p, r, 0x1.af5ea85506142p-26)
    p = multiplyAdd(p, r, 0x1.27e536429e75bp-22)
    p = multiplyAdd(p, r, 0x1.71ddf863b5f67p-19)
    p = multiplyAdd(p, r, 0x1.a01a017bb0e1ep-16)
    p = multiplyAdd(p, r, 0x1.a01a01afdd900p-13)
    p = multiplyAdd(p, r, 0x1.6c16c16c1f0e2p-10)
    p = multiplyAdd(p, r, 0x1.111111110f6c4p-7)
    p = multiplyAdd(p, r, 0x1.555555555553ep-5)
    p = multiplyAdd(p, r, 0x1.5555555555559p-3)
    return multiplyAdd(p, r, 0.5)
  }

  /// (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, up to 2⁻²⁶ of eʳ − 1.
  @inlinable @inline(__always)
  package static func expTail(_ r: SIMD16<Float>) -> SIMD16<Float> {
    var p = SIMD16<Float>(repeating: 0x1.6bec04p-10)
    p = multiplyAdd(p, r, 0x1.1227b0p-7)
    p = multiplyAdd(p, r, 0x1.555674p-5)
    p = multiplyAdd(p, r, 0x1.5554b0p-3)
    return multiplyAdd(p, r, 0x1.fffffep-2)
  }

  /// x = n ln 2 + remainder + tail for |x| < 1100; `shifted` is n + ``roundingShift``.
  @inlinable @inline(__always)
  package static func reduceByLn2(
    _ x: SIMD8<Double>
  ) -> (shifted: SIMD8<Double>, remainder: SIMD8<Double>, tail: SIMD8<Double>) {
    let shifted = multiplyAdd(x, 0x1.71547652b82fep0, SIMD8(repeating: roundingShift))
    let n = shifted - roundingShift
    let high = x - n * 0x1.62e42fefa3800p-1
    let low = n * 0x1.ef35793c76730p-45
    let remainder = high - low
    return (shifted, remainder, (high - remainder) - low)
  }

  @inlinable @inline(__always)
  package static func reduceByLn2(
    _ x: SIMD16<Float>
  ) -> (shifted: SIMD16<Float>, remainder: SIMD16<Float>, tail: SIMD16<Float>) {
    let shifted = multiplyAdd(x, 0x1.715476p0, SIMD16(repeating: roundingShiftFloat))
    let n = shifted - roundingShiftFloat
    let high = x - n * 0x1.62e4p-1
    let low = n * 0x1.7f7d1cp-20
    let remainder = high - low
    return (shifted, remainder, (high - remainder) - low)
  }

  /// eˣ = (high + low) · 2ⁿ for |x| < 1100, high the rounded sum; the pair's error is that of r, about 0.5 ulp. `shifted` is
  /// for ``scale(_:_:)``.
  @inlinable @inline(__always)
  package static func expPair(
    _ x: SIMD8<Double>
  ) -> (high: SIMD8<Double>, low: SIMD8<Double>, shifted: SIMD8<Double>) {
    let shifted = multiplyAdd(x, 0x1.71547652b82fep0, SIMD8(repeating: roundingShift))
    let n = shifted - roundingShift
    let r = multiplyAdd(n, -0x1.ef35793c76730p-45, multiplyAdd(n, -0x1.62e42fefa3800p-1, x))
    let (high, low) = fastTwoSum(SIMD8(repeating: 1), multiplyAdd(r * r, expTail(r), r))
    return (high, low, shifted)
  }

  @inlinable @inline(__always)
  package static func expPair(
    _ x: SIMD16<Float>
  ) -> (high: SIMD16<Float>, low: SIMD16<Float>, shifted: SIMD16<Float>) {
    let shifted = multiplyAdd(x, 0x1.715476p0, SIMD16(repeating: roundingShiftFloat))
    let n = shifted - roundingShiftFloat
    let r = multiplyAdd(n, -0x1.7f7d1cp-20, multiplyAdd(n, -0x1.62e4p-1, x))
    let (high, low) = fastTwoSum(SIMD16(repeating: 1), multiplyAdd(r * r, expTail(r), r))
    return (high, low, shifted)
  }

  /// exp(x + xTail) = (high + low) · 2ⁿ for |x| < 1100 and |xTail| < 0.01, to about 0.1 ulp of the pair's sum; `shifted`
  /// is for ``scale(_:_:)``.
  @inlinable @inline(__always)
  package static func expPair(
    _ x: SIMD8<Double>, _ xTail: SIMD8<Double>
  ) -> (high: SIMD8<Double>, low: SIMD8<Double>, shifted: SIMD8<Double>) {
    let (shifted, first, tail) = reduceByLn2(x)
    let (r, rTail) = fastTwoSum(first, tail + xTail)
    let (leading, lost) = fastTwoSum(SIMD8(repeating: 1), r)
    let rest = multiplyAdd(r * r, expTail(r), multiplyAdd(rTail, r, rTail))
    let (high, low) = fastTwoSum(leading, lost + rest)
    return (high, low, shifted)
  }

  @inlinable @inline(__always)
  package static func expPair(
    _ x: SIMD16<Float>, _ xTail: SIMD16<Float>
  ) -> (high: SIMD16<Float>, low: SIMD16<Float>, shifted: SIMD16<Float>) {
    let (shifted, first, tail) = reduceByLn2(x)
    let (r, rTail) = fastTwoSum(first, tail + xTail)
    let (leading, lost) = fastTwoSum(SIMD16(repeating: 1), r)
    let rest = multiplyAdd(r * r, expTail(r), multiplyAdd(rTail, r, rTail))
    let (high, low) = fastTwoSum(leading, lost + rest)
    return (high, low, shifted)
  }

  /// eˣ. Error < 1.25 ulp. NaN → NaN, −∞ → 0, +∞ → +∞; subnormal results are right, overflow gives +∞.
  @inlinable @inline(__always)
  package static func exp(_ x: SIMD8<Double>) -> SIMD8<Double> { expInRange(clamp(x, -746, 710)) }

  /// eˣ for |x| < 760 or NaN.
  @inlinable @inline(__always)
  package static func expInRange(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let shifted = multiplyAdd(x, 0x1.71547652b82fep0, SIMD8(repeating: roundingShift))
    let n = shifted - roundingShift
    let r = multiplyAdd(n, -0x1.ef35793c76730p-45, multiplyAdd(n, -0x1.62e42fefa3800p-1, x))
    let p = multiplyAdd(multiplyAdd(expTail(r), r, 1), r, 1)
    return scale(p, shifted)
  }

  /// eˣ. Error < 1.25 ulp. NaN → NaN, −∞ → 0, +∞ → +∞; subnormal results are right, overflow gives +∞.
  @inlinable @inline(__always)
  package static func exp(_ x: SIMD16<Float>) -> SIMD16<Float> { expInRange(clamp(x, -104, 89)) }

  /// eˣ for |x| < 110 or NaN.
  @inlinable @inline(__always)
  package static func expInRange(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let shifted = multiplyAdd(x, 0x1.715476p0, SIMD16(repeating: roundingShiftFloat))
    let n = shifted - roundingShiftFloat
    let r = multiplyAdd(n, -0x1.7f7d1cp-20, multiplyAdd(n, -0x1.62e4p-1, x))
    let p = multiplyAdd(multiplyAdd(expTail(r), r, 1), r, 1)
    return scale(p, shifted)
  }

  /// 2ˣ. Error < 1.25 ulp, exact for integers. NaN → NaN, −∞ → 0, +∞ → +∞; subnormal results are right.
  @inlinable @inline(__always)
  package static func exp2(_ x: SIMD8<Double>) -> SIMD8<Double> { exp2InRange(clamp(x, -1080, 1030)) }

  /// 2ˣ. Error < 1.25 ulp, exact for integers. NaN → NaN, −∞ → 0, +∞ → +∞; subnormal results are right.
  @inlinable @inline(__always)
  package static func exp2(_ x: SIMD16<Float>) -> SIMD16<Float> { exp2InRange(clamp(x, -151, 129)) }

  /// 2ˣ for |x| < 1100 or NaN.
  @inlinable @inline(__always)
  package static func exp2InRange(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let shifted = x + roundingShift
    let r = x - (shifted - roundingShift)
    var p = SIMD8<Double>(repeating: 0x1.e8cac3e06b4eap-32)
    p = multiplyAdd(p, r, 0x1.e60671d01b78fp-28)
    p = multiplyAdd(p, r, 0x1.b525a0f08587cp-24)
    p = multiplyAdd(p, r, 0x1.62bfd46522bd9p-20)
    p = multiplyAdd(p, r, 0x1.ffcbfc1e4ec9fp-17)
    p = multiplyAdd(p, r, 0x1.4309130972f43p-13)
    p = multiplyAdd(p, r, 0x1.5d87fe78b2288p-10)
    p = multiplyAdd(p, r, 0x1.3b2ab6fba1dddp-7)
    p = multiplyAdd(p, r, 0x1.c6b08d704a08ep-5)
    p = multiplyAdd(p, r, 0x1.ebfbdff82c598p-3)
    p = multiplyAdd(p, r, 0x1.62e42fefa39efp-1)
    return scale(multiplyAdd(p, r, 1), shifted)
  }

  /// 2ˣ for |x| < 160 or NaN.
  @inlinable @inline(__always)
  package static func exp2InRange(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let shifted = x + roundingShiftFloat
    let r = x - (shifted - roundingShiftFloat)
    var p = SIMD16<Float>(repeating: 0x1.430900p-13)
    p = multiplyAdd(p, r, 0x1.5f087ap-10)
    p = multiplyAdd(p, r, 0x1.3b2ba0p-7)
    p = multiplyAdd(p, r, 0x1.c6af6ep-5)
    p = multiplyAdd(p, r, 0x1.ebfbdep-3)
    p = multiplyAdd(p, r, 0x1.62e430p-1)
    return scale(multiplyAdd(p, r, 1), shifted)
  }
}
