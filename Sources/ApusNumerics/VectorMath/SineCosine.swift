// sin, cos and both at once, for every finite argument.

extension VectorMath {
  /// sin(high + low) and cos(high + low) for |high + low| ≤ π/4 (1 + 2⁻¹¹), low a rounding error of high.
  @inlinable @inline(__always)
  package static func sinCosReduced(
    _ high: SIMD8<Double>, _ low: SIMD8<Double>
  ) -> (sin: SIMD8<Double>, cos: SIMD8<Double>) {
    let z = high * high
    let halfSquare = 0.5 * z
    var s = SIMD8<Double>(repeating: 0x1.5d92467d4edbbp-33)
    s = multiplyAdd(s, z, -0x1.ae5e63cc5cfcap-26)
    s = multiplyAdd(s, z, 0x1.71de3574b8c6ap-19)
    s = multiplyAdd(s, z, -0x1.a01a019c0e4a3p-13)
    s = multiplyAdd(s, z, 0x1.111111110f861p-7)
    s = multiplyAdd(s, z, -0x1.5555555555549p-3)
    let sin = high + multiplyAdd(z * high, s, low * (1 - halfSquare))
    var c = SIMD8<Double>(repeating: -0x1.8fa3959230b5bp-37)
    c = multiplyAdd(c, z, 0x1.1ee9d5c93271ap-29)
    c = multiplyAdd(c, z, -0x1.27e4f7e802a25p-22)
    c = multiplyAdd(c, z, 0x1.a01a019c8096bp-16)
    c = multiplyAdd(c, z, -0x1.6c16c16c14f6cp-10)
    c = multiplyAdd(c, z, 0x1.555555555554bp-5)
    let (leading, lost) = fastTwoSum(SIMD8(repeating: 1), -halfSquare)
    let cos = leading + (lost + multiplyAdd(z * z, c, -high * low))
    return (sin, cos)
  }

  /// sin r and cos r for |r| ≤ 0.8.
  @inlinable @inline(__always)
  package static func sinCosReduced(_ r: SIMD16<Float>) -> (sin: SIMD16<Float>, cos: SIMD16<Float>) {
    let z = r * r
    var s = SIMD16<Float>(repeating: -0x1.990df4p-13)
    s = multiplyAdd(s, z, 0x1.1106a4p-7)
    s = multiplyAdd(s, z, -0x1.555544p-3)
    var c = SIMD16<Float>(repeating: 0x1.99afa8p-16)
    c = multiplyAdd(c, z, -0x1.6c0b62p-10)
    c = multiplyAdd(c, z, 0x1.555548p-5)
    let (leading, lost) = fastTwoSum(SIMD16(repeating: 1), -0.5 * z)
    return (multiplyAdd(z * r, s, r), leading + multiplyAdd(z * z, c, lost))
  }

  /// Sine and cosine. Errors < 1 ulp for every finite x, sin(−x) = −sin x exactly. sin ±0 = ±0; ±∞ and NaN → NaN.
  ///
  /// Arguments beyond 2²⁰ take about 20 ns per lane.
  @inlinable @inline(__always)
  package static func sinCos(_ x: SIMD8<Double>) -> (sin: SIMD8<Double>, cos: SIMD8<Double>) {
    let (quadrant, high, low) = reduceByHalfPi(magnitude(x))
    let (s, c) = sinCosReduced(high, low)
    let isOdd = 0 &- (quadrant & 1)
    let sinSign = shiftLeft(quadrant & 2, 62) ^ (bits(x) & 0x8000_0000_0000_0000)
    let cosSign = shiftLeft((quadrant &+ 1) & 2, 62)
    return (fromBits(select(bits: isOdd, c, s) ^ sinSign), fromBits(select(bits: isOdd, s, c) ^ cosSign))
  }

  /// Sine and cosine. Errors < 1.75 ulp for every finite x, sin(−x) = −sin x exactly. sin ±0 = ±0; ±∞ and NaN → NaN.
  ///
  /// Arguments beyond 2¹⁷ take about 20 ns per lane.
  @inlinable @inline(__always)
  package static func sinCos(_ x: SIMD16<Float>) -> (sin: SIMD16<Float>, cos: SIMD16<Float>) {
    let (quadrant, r) = reduceByHalfPi(magnitude(x))
    let (s, c) = sinCosReduced(r)
    let isOdd = 0 &- (quadrant & 1)
    let sinSign = shiftLeft(quadrant & 2, 30) ^ (bits(x) & 0x8000_0000)
    let cosSign = shiftLeft((quadrant &+ 1) & 2, 30)
    return (fromBits(select(bits: isOdd, c, s) ^ sinSign), fromBits(select(bits: isOdd, s, c) ^ cosSign))
  }

  /// Sine; see ``sinCos(_:)``. Error < 1 ulp.
  @inlinable @inline(__always)
  package static func sin(_ x: SIMD8<Double>) -> SIMD8<Double> { sinCos(x).sin }

  /// Sine; see ``sinCos(_:)``. Error < 1.75 ulp.
  @inlinable @inline(__always)
  package static func sin(_ x: SIMD16<Float>) -> SIMD16<Float> { sinCos(x).sin }

  /// Cosine; see ``sinCos(_:)``. Error < 1 ulp.
  @inlinable @inline(__always)
  package static func cos(_ x: SIMD8<Double>) -> SIMD8<Double> { sinCos(x).cos }

  /// Cosine; see ``sinCos(_:)``. Error < 1.75 ulp.
  @inlinable @inline(__always)
  package static func cos(_ x: SIMD16<Float>) -> SIMD16<Float> { sinCos(x).cos }
}
