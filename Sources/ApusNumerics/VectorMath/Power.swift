// xʸ.

extension VectorMath {
  /// log x for positive finite x as a pair, to about 2⁻⁶⁵ of its value.
  ///
  /// With f = m − 1 and s = f / (2 + f): log m = 2s + s³ (2/3 + s² P(s²)), everything but P as pairs.
  @inlinable @inline(__always)
  package static func logPair(_ x: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let (k, m) = decompose(x)
    let f = m - 1
    let (divisor, divisorTail) = fastTwoSum(SIMD8(repeating: 2), f)
    let inverse = 1 / divisor
    let s = f * inverse
    let (back, backTail) = twoProduct(s, divisor)
    let sTail = (((f - back) - backTail) - s * divisorTail) * inverse
    let (z, zRounding) = twoProduct(s, s)
    let zTail = multiplyAdd(s + s, sTail, zRounding)
    var p = SIMD8<Double>(repeating: 0x1.0e4a3643b78ddp-3)
    p = multiplyAdd(p, z, 0x1.0f7f1ff66eadep-3)
    p = multiplyAdd(p, z, 0x1.3b1ef46a11627p-3)
    p = multiplyAdd(p, z, 0x1.745ce9b68a5fcp-3)
    p = multiplyAdd(p, z, 0x1.c71c722de4300p-3)
    p = multiplyAdd(p, z, 0x1.24924924577f9p-2)
    p = multiplyAdd(p, z, 0x1.9999999999b33p-2)
    let (coefficient, lost) = fastTwoSum(SIMD8(repeating: 0x1.5555555555555p-1), p * z)
    let coefficientTail = lost + 0x1.5555555555555p-55
    let (square, squareRounding) = twoProduct(z, coefficient)
    let squareTail = multiplyAdd(z, coefficientTail, multiplyAdd(zTail, coefficient, squareRounding))
    let (cube, cubeRounding) = twoProduct(s, square)
    let cubeTail = multiplyAdd(s, squareTail, multiplyAdd(sTail, square, cubeRounding))
    let (logM, logMRounding) = fastTwoSum(s + s, cube)
    let logMTail = logMRounding + (cubeTail + (sTail + sTail))
    let (sum, sumRounding) = fastTwoSum(k * 0x1.62e42fefa3800p-1, logM)
    return fastTwoSum(sum, sumRounding + multiplyAdd(k, 0x1.ef35793c76730p-45, logMTail))
  }

  /// xʸ. Error < 1 ulp for normal results, < 1.5 ulp for subnormal ones. The special values are those of C99's pow: x⁰ = 1ʸ = 1
  /// even for NaN; negative x needs an integer y, else NaN; zeros and infinities as limits, signed for odd y.
  @inlinable @inline(__always)
  package static func pow(_ x: SIMD8<Double>, _ y: SIMD8<Double>) -> SIMD8<Double> {
    let (logHigh, logLow) = logPair(magnitude(x))
    let (product, productTail) = twoProduct(y, logHigh)
    let isOutside = magnitude(product) .> 800
    let tail = select(isOutside, SIMD8(repeating: 0), multiplyAdd(y, logLow, productTail))
    let (high, low, shifted) = expPair(clamp(product, -800, 800), tail)
    var value = scale(high + low, shifted)
    let isPlain = (x .> 0) .& (x .< .infinity) .& (magnitude(y) .< .infinity)
    if any(.!isPlain) { powSpecial(x, y, &value) }
    return value
  }

  /// Puts the right results where x is not positive and finite or y is not finite, given |x|ʸ wherever that is defined.
  ///
  /// `value` is in memory: registers handed to a function cross in pieces of 128 bits and slow the caller's fast path.
  @usableFromInline @inline(never)
  package static func powSpecial(_ x: SIMD8<Double>, _ y: SIMD8<Double>, _ value: inout SIMD8<Double>) {
    let (a, b, half) = (magnitude(x), magnitude(y), 0.5 * magnitude(y))
    let isInteger = (b .>= 0x1p52) .| (((b + 0x1p52) - 0x1p52) .== b)
    let isOdd = isInteger .& (b .< 0x1p53) .& (((half + 0x1p52) - 0x1p52) .!= half)
    let isLimit = (a .== 0) .| (a .== .infinity) .| (b .== .infinity)
    let grows = ((a .> 1) .& (y .> 0)) .| ((a .< 1) .& (y .< 0))
    let limit = select(a .== 1, SIMD8(repeating: 1), select(grows, SIMD8(repeating: .infinity), SIMD8(repeating: 0)))
    var result = select(isLimit, limit, value)
    result = select((x .< 0) .& (a .< .infinity) .& .!isInteger, SIMD8(repeating: .nan), result)
    result = select(isOdd, fromBits(bits(result) ^ (bits(x) & 0x8000_0000_0000_0000)), result)
    result = select((x .== x) .& (y .== y), result, SIMD8(repeating: .nan))
    value = select((x .== 1) .| (y .== 0), SIMD8(repeating: 1), result)
  }

  /// |x|ʸ for 0 < |x| < ∞, to 2⁻²⁸ of the result: float64 has the digits that float32 results need.
  @inlinable @inline(__always)
  package static func powWide(_ x: SIMD8<Double>, _ y: SIMD8<Double>) -> SIMD8<Double> {
    let (k, m) = decompose(x, offset: SIMD8(repeating: 0))
    let f = m - 1
    let s = f / (f + 2)
    let z = s * s
    var p = SIMD8<Double>(repeating: 0x1.5cf005f924b1cp-2)
    p = multiplyAdd(p, z, 0x1.a58d1e23337dcp-2)
    p = multiplyAdd(p, z, 0x1.277780cdb943dp-1)
    p = multiplyAdd(p, z, 0x1.ec709d11972d3p-1)
    p = multiplyAdd(p, z, 0x1.71547652beefap1)
    let exponent = clamp(y * multiplyAdd(p, s, k), -200, 200)
    let shifted = exponent + (0x1.8p52 + 1023)
    let r = exponent - (shifted - (0x1.8p52 + 1023))
    var q = SIMD8<Double>(repeating: 0x1.449089db13515p-13)
    q = multiplyAdd(q, r, 0x1.5f48957f543bbp-10)
    q = multiplyAdd(q, r, 0x1.3b29a9001dd15p-7)
    q = multiplyAdd(q, r, 0x1.c6aecda5491efp-5)
    q = multiplyAdd(q, r, 0x1.ebfbe0d8dba2bp-3)
    q = multiplyAdd(q, r, 0x1.62e430cd9fdc5p-1)
    return multiplyAdd(q, r, 1) * fromBits(shiftLeft(bits(shifted), 52))
  }

  /// xʸ. Error < 1 ulp. Special values as in float64.
  @inlinable @inline(__always)
  package static func pow(_ x: SIMD16<Float>, _ y: SIMD16<Float>) -> SIMD16<Float> {
    let (aLow, aHigh) = widen(magnitude(x))
    let (yLow, yHigh) = widen(y)
    var value = narrow(powWide(aLow, yLow), powWide(aHigh, yHigh))
    let isPlain = (x .> 0) .& (x .< .infinity) .& (magnitude(y) .< .infinity)
    if any(.!isPlain) { powSpecial(x, y, &value) }
    return value
  }

  @usableFromInline @inline(never)
  package static func powSpecial(_ x: SIMD16<Float>, _ y: SIMD16<Float>, _ value: inout SIMD16<Float>) {
    let (a, b, half) = (magnitude(x), magnitude(y), 0.5 * magnitude(y))
    let isInteger = (b .>= 0x1p23) .| (((b + 0x1p23) - 0x1p23) .== b)
    let isOdd = isInteger .& (b .< 0x1p24) .& (((half + 0x1p23) - 0x1p23) .!= half)
    let isLimit = (a .== 0) .| (a .== .infinity) .| (b .== .infinity)
    let grows = ((a .> 1) .& (y .> 0)) .| ((a .< 1) .& (y .< 0))
    let limit = select(a .== 1, SIMD16(repeating: 1), select(grows, SIMD16(repeating: .infinity), SIMD16(repeating: 0)))
    var result = select(isLimit, limit, value)
    result = select((x .< 0) .& (a .< .infinity) .& .!isInteger, SIMD16(repeating: .nan), result)
    result = select(isOdd, fromBits(bits(result) ^ (bits(x) & 0x8000_0000)), result)
    result = select((x .== x) .& (y .== y), result, SIMD16(repeating: .nan))
    value = select((x .== 1) .| (y .== 0), SIMD16(repeating: 1), result)
  }
}
