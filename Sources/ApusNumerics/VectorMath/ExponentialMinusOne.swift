// expm1, and log(1 + eˣ).

extension VectorMath {
  /// eˣ − 1, accurate for small x. Error < 1.25 ulp. ±0 → ±0, −∞ → −1, +∞ → +∞, NaN → NaN.
  ///
  /// With x = n ln 2 + r: 2ⁿ (eʳ − 1) + (2ⁿ − 1), where 2ⁿ r and 2ⁿ − 1 are added without error; all of it halved, so that
  /// n = 1024 stays in range.
  @inlinable @inline(__always)
  package static func expm1(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let (shifted, r, tail) = reduceByLn2(clamp(x, -40, 710))
    let half = fromBits(shiftLeft(bits(shifted) &- 1024, 52))
    let (sum, lost) = fastTwoSum(half - 0.5, half * r)
    let value = 2 * (sum + multiplyAdd(half, multiplyAdd(r * r, expTail(r), tail), lost))
    return select(magnitude(x) .< 0x1p-54, x, value)
  }

  /// eˣ − 1, accurate for small x. Error < 1.25 ulp. ±0 → ±0, −∞ → −1, +∞ → +∞, NaN → NaN.
  @inlinable @inline(__always)
  package static func expm1(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let (shifted, r, tail) = reduceByLn2(clamp(x, -18, 89))
    let half = fromBits(shiftLeft(bits(shifted) &- 128, 23))
    let (sum, lost) = fastTwoSum(half - 0.5, half * r)
    let value = 2 * (sum + multiplyAdd(half, multiplyAdd(r * r, expTail(r), tail), lost))
    return select(magnitude(x) .< 0x1p-25, x, value)
  }

  /// log(1 + eˣ), which softplus and log-sigmoid need: max(x, 0) + log1p(exp(−|x|)). Error < 1.5 ulp. −∞ → 0, +∞ → +∞,
  /// NaN → NaN.
  @inlinable @inline(__always)
  package static func log1pExp(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let (high, low, shifted) = expPair(clamp(-magnitude(x), -746, 0))
    let small = log1pSum(scale(high, shifted), scale(low, shifted))
    return select(x .> 0, x, SIMD8(repeating: 0)) + small
  }

  /// log(1 + eˣ), which softplus and log-sigmoid need: max(x, 0) + log1p(exp(−|x|)). Error < 1.5 ulp. −∞ → 0, +∞ → +∞,
  /// NaN → NaN.
  @inlinable @inline(__always)
  package static func log1pExp(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let (high, low, shifted) = expPair(clamp(-magnitude(x), -104, 0))
    let small = log1pSum(scale(high, shifted), scale(low, shifted))
    return select(x .> 0, x, SIMD16(repeating: 0)) + small
  }
}
