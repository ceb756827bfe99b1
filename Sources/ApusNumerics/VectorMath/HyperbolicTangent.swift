// tanh and the logistic function.

extension VectorMath {
  /// Hyperbolic tangent. Error < 1.5 ulp. ±0 → ±0, ±∞ → ±1, NaN → NaN.
  ///
  /// With a = |x|: a + a³ P(a²) below 0.625, 1 − 2 / (1 + e²ᵃ) above.
  @inlinable @inline(__always)
  package static func tanh(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let a = magnitude(x)
    let z = a * a
    var p = SIMD8<Double>(repeating: -0x1.309d65a607510p-19)
    p = multiplyAdd(p, z, 0x1.8b98bd0f4d60ap-17)
    p = multiplyAdd(p, z, -0x1.3332afaa4baffp-15)
    p = multiplyAdd(p, z, 0x1.91993c4353ae7p-14)
    p = multiplyAdd(p, z, -0x1.f4bca94abb896p-13)
    p = multiplyAdd(p, z, 0x1.354d9f0ab789dp-11)
    p = multiplyAdd(p, z, -0x1.7da294281f5dap-10)
    p = multiplyAdd(p, z, 0x1.d6d3c5a69e895p-9)
    p = multiplyAdd(p, z, -0x1.226e3529e20edp-7)
    p = multiplyAdd(p, z, 0x1.664f488184776p-6)
    p = multiplyAdd(p, z, -0x1.ba1ba1ba173acp-5)
    p = multiplyAdd(p, z, 0x1.11111111110d2p-3)
    p = multiplyAdd(p, z, -0x1.5555555555555p-2)
    let small = multiplyAdd(a * z, p, a)
    let large = 1 - 2 / (expInRange(2 * clamp(a, 0, 22)) + 1)
    return withSign(of: x, select(a .< 0.625, small, large))
  }

  /// Hyperbolic tangent. Error < 1.5 ulp. ±0 → ±0, ±∞ → ±1, NaN → NaN.
  @inlinable @inline(__always)
  package static func tanh(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let a = magnitude(x)
    let z = a * a
    var p = SIMD16<Float>(repeating: 0x1.190bbcp-9)
    p = multiplyAdd(p, z, -0x1.0c03d6p-7)
    p = multiplyAdd(p, z, 0x1.638f22p-6)
    p = multiplyAdd(p, z, -0x1.b9eefep-5)
    p = multiplyAdd(p, z, 0x1.111068p-3)
    p = multiplyAdd(p, z, -0x1.555554p-2)
    let small = multiplyAdd(a * z, p, a)
    let large = 1 - 2 / (expInRange(2 * clamp(a, 0, 11)) + 1)
    return withSign(of: x, select(a .< 0.625, small, large))
  }

  /// The logistic function 1 / (1 + e⁻ˣ), without cancellation for negative x. Error < 1.5 ulp. −∞ → 0, +∞ → 1, NaN → NaN.
  ///
  /// With z = exp(−|x|) the result is q = 1 / (1 + z), or z / (1 + z) for negative x. The rounding errors of z and of 1 + z
  /// are taken out of q to first order; 1 / (1 + z) is then q itself or 1 − q.
  @inlinable @inline(__always)
  package static func sigmoid(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let (high, low, shifted) = expPair(clamp(-magnitude(x), -746, 0))
    let z = scale(high, shifted)
    let isNegative = x .< 0
    let (sum, lost) = fastTwoSum(SIMD8(repeating: 1), z)
    let q = select(isNegative, z, SIMD8(repeating: 1)) / sum
    let slope = select(isNegative, 1 - q, -q)
    return multiplyAdd(magnitude(slope), multiplyAdd(slope, scale(low, shifted), -q * lost), q)
  }

  /// The logistic function 1 / (1 + e⁻ˣ), without cancellation for negative x. Error < 1.5 ulp. −∞ → 0, +∞ → 1, NaN → NaN.
  @inlinable @inline(__always)
  package static func sigmoid(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let (high, low, shifted) = expPair(clamp(-magnitude(x), -104, 0))
    let z = scale(high, shifted)
    let isNegative = x .< 0
    let (sum, lost) = fastTwoSum(SIMD16(repeating: 1), z)
    let q = select(isNegative, z, SIMD16(repeating: 1)) / sum
    let slope = select(isNegative, 1 - q, -q)
    return multiplyAdd(magnitude(slope), multiplyAdd(slope, scale(low, shifted), -q * lost), q)
  }
}
