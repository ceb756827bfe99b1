// erf, erfc and the expression for the tail of erfc.

extension VectorMath {
  /// erf(x)/x − 1 for x² = z, |x| ≤ 0.876.
  @inlinable @inline(__always)
  package static func erfExcess(_ z: SIMD8<Double>) -> SIMD8<Double> {
    var p = SIMD8<Double>(repeating: -0x1.dc3f1e9626848p-31)
    p = multiplyAdd(p, z, 0x1.e535cf707239fp-27)
    p = multiplyAdd(p, z, -0x1.5dcde30de3c2bp-23)
    p = multiplyAdd(p, z, 0x1.b9c0d00a71c50p-20)
    p = multiplyAdd(p, z, -0x1.f4d0172bae92fp-17)
    p = multiplyAdd(p, z, 0x1.f9a30fb9e0d4ep-14)
    p = multiplyAdd(p, z, -0x1.c02db36329bacp-11)
    p = multiplyAdd(p, z, 0x1.565bcd0bc899dp-8)
    p = multiplyAdd(p, z, -0x1.b82ce3127b60bp-6)
    p = multiplyAdd(p, z, 0x1.ce2f21a0429b3p-4)
    p = multiplyAdd(p, z, -0x1.812746b0379e5p-2)
    return multiplyAdd(p, z, 0x1.06eba8214db69p-3)
  }

  @inlinable @inline(__always)
  package static func erfExcess(_ z: SIMD16<Float>) -> SIMD16<Float> {
    var p = SIMD16<Float>(repeating: -0x1.460082p-11)
    p = multiplyAdd(p, z, 0x1.49fb22p-8)
    p = multiplyAdd(p, z, -0x1.b6fc18p-6)
    p = multiplyAdd(p, z, 0x1.ce21bap-4)
    p = multiplyAdd(p, z, -0x1.812710p-2)
    return multiplyAdd(p, z, 0x1.06eba6p-3)
  }

  /// The error function. Error < 1.5 ulp. ±0 → ±0, ±∞ → ±1, NaN → NaN.
  ///
  /// With a = |x|: a + a P(a²) below 0.875; above, 1 − 2^Q(a) with Q approximating log₂ erfc, up to the a where the result
  /// rounds to 1.
  @inlinable @inline(__always)
  package static func erf(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let a = magnitude(x)
    let small = multiplyAdd(a, erfExcess(a * a), a)
    let b = clamp(a, 0, 5.93)
    var q = SIMD8<Double>(repeating: 0x1.276573fa5947ep-39)
    q = multiplyAdd(q, b, -0x1.9a5d6de20f76ap-34)
    q = multiplyAdd(q, b, 0x1.0afc97f8d904fp-29)
    q = multiplyAdd(q, b, -0x1.b015a2099e53ap-26)
    q = multiplyAdd(q, b, 0x1.e663a83995799p-23)
    q = multiplyAdd(q, b, -0x1.92ab56540d8b7p-20)
    q = multiplyAdd(q, b, 0x1.f75e79659ee8ep-18)
    q = multiplyAdd(q, b, -0x1.db8f34e0652dcp-16)
    q = multiplyAdd(q, b, 0x1.465e7d2ca130bp-14)
    q = multiplyAdd(q, b, -0x1.11c29d52a5913p-13)
    q = multiplyAdd(q, b, -0x1.9cc2e5c80d16cp-17)
    q = multiplyAdd(q, b, 0x1.bd87b9e1ae3e3p-11)
    q = multiplyAdd(q, b, -0x1.43500b703183cp-9)
    q = multiplyAdd(q, b, 0x1.58f4337806b12p-12)
    q = multiplyAdd(q, b, 0x1.c3ca5bae1202bp-6)
    q = multiplyAdd(q, b, -0x1.2fa218a077a5dp-3)
    q = multiplyAdd(q, b, -0x1.d63f56c060091p-1)
    q = multiplyAdd(q, b, -0x1.a0be76cdc63d3p0)
    q = multiplyAdd(q, b, -0x1.38367e960390ap-24)
    return withSign(of: x, select(a .< 0.875, small, 1 - exp2InRange(q)))
  }

  /// The error function. Error < 1.5 ulp. ±0 → ±0, ±∞ → ±1, NaN → NaN.
  @inlinable @inline(__always)
  package static func erf(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let a = magnitude(x)
    let small = multiplyAdd(a, erfExcess(a * a), a)
    let b = clamp(a, 0, 3.93)
    var q = SIMD16<Float>(repeating: 0x1.303a28p-12)
    q = multiplyAdd(q, b, -0x1.24786cp-8)
    q = multiplyAdd(q, b, 0x1.0905d4p-5)
    q = multiplyAdd(q, b, -0x1.344644p-3)
    q = multiplyAdd(q, b, -0x1.d65354p-1)
    q = multiplyAdd(q, b, -0x1.a09520p0)
    q = multiplyAdd(q, b, -0x1.906874p-13)
    return withSign(of: x, select(a .< 0.875, small, 1 - exp2InRange(q)))
  }
}

extension VectorMath {
  /// erfc(a) for 0.5 ≤ a: exp(−a²) F(t) / (1 + 2a), where F(t) = (1 + 2a) exp(a²) erfc(a) is nearly constant and
  /// t = (a − c) / (a + c) spreads the range evenly over a symmetrical interval (M. M. Shepherd and J. G. Laframboise,
  /// "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞", Math. Comp. 36 (1981) 249–253).
  ///
  /// a², exp, F and 1 + 2a are carried as pairs; their low parts correct the quotient to first order.
  @inlinable @inline(__always)
  package static func erfcTail(_ magnitude: SIMD8<Double>) -> SIMD8<Double> {
    let a = clamp(magnitude, 0.5, 27.3)
    let (square, squareTail) = twoProduct(a, a)
    let (e, eTail, shifted) = expPair(-square, -squareTail)
    let t = (a - 3.75) / (a + 3.75)
    var p = SIMD8<Double>(repeating: -0x1.5451d83ee12a3p-29)
    p = multiplyAdd(p, t, 0x1.a9879717b3b48p-26)
    p = multiplyAdd(p, t, 0x1.6b4ba9b41bf83p-26)
    p = multiplyAdd(p, t, -0x1.02a146eae0785p-22)
    p = multiplyAdd(p, t, -0x1.db172c1fdddc1p-25)
    p = multiplyAdd(p, t, 0x1.d2a87518eb2b1p-20)
    p = multiplyAdd(p, t, -0x1.059cb23ed3f4ep-20)
    p = multiplyAdd(p, t, -0x1.7fcbde6ed22dap-17)
    p = multiplyAdd(p, t, 0x1.778cfc417dc7fp-16)
    p = multiplyAdd(p, t, 0x1.b13fad8002d30p-15)
    p = multiplyAdd(p, t, -0x1.303fa8b68201ep-12)
    p = multiplyAdd(p, t, 0x1.33fb414688f0cp-12)
    p = multiplyAdd(p, t, 0x1.cc3a0e9257b75p-10)
    p = multiplyAdd(p, t, -0x1.3f603c4ffebeap-7)
    p = multiplyAdd(p, t, 0x1.d0b0037d21129p-6)
    p = multiplyAdd(p, t, -0x1.e0d0fa6d7ed22p-5)
    p = multiplyAdd(p, t, 0x1.7a14188a9bf69p-4)
    p = multiplyAdd(p, t, -0x1.bda9309a2aef0p-4)
    p = multiplyAdd(p, t, 0x1.510169d096722p-4)
    p = multiplyAdd(p, t, 0x1.d5f294815aecep-9)
    p = multiplyAdd(p, t, -0x1.1f367683f89a6p-3)
    let (f, fTail) = fastTwoSum(SIMD8(repeating: 0x1.3ccda0b5d5dc2p0), multiplyAdd(p, t, 0x1.d0b323c8a4dd6p-54))
    let (divisor, divisorTail) = fastTwoSum(a + a, SIMD8(repeating: 1))
    let (product, productTail) = twoProduct(e, f)
    let quotient = product / divisor
    let correction = multiplyAdd(e, fTail, multiplyAdd(eTail, f, productTail)) - quotient * divisorTail
    // The correction is to be divided by the divisor, which is product / quotient, 0.79 ≤ product ≤ 1.82.
    return scale(multiplyAdd(correction * quotient, 1.74 - 0.6955 * product, quotient), shifted)
  }

  @inlinable @inline(__always)
  package static func erfcTail(_ magnitude: SIMD16<Float>) -> SIMD16<Float> {
    let a = clamp(magnitude, 0.5, 10.1)
    let (square, squareTail) = twoProduct(a, a)
    let (e, eTail, shifted) = expPair(-square, -squareTail)
    let t = (a - 2.25) / (a + 2.25)
    var p = SIMD16<Float>(repeating: 0x1.74eab0p-12)
    p = multiplyAdd(p, t, -0x1.f528cep-11)
    p = multiplyAdd(p, t, -0x1.53ef7cp-9)
    p = multiplyAdd(p, t, 0x1.06d356p-7)
    p = multiplyAdd(p, t, 0x1.76bb42p-7)
    p = multiplyAdd(p, t, -0x1.547814p-4)
    p = multiplyAdd(p, t, 0x1.527230p-3)
    p = multiplyAdd(p, t, -0x1.0bd6b4p-3)
    p = multiplyAdd(p, t, -0x1.c39b68p-4)
    let (f, fTail) = fastTwoSum(SIMD16(repeating: 0x1.455ef0p0), multiplyAdd(p, t, 0x1.88d9a6p-25))
    let (divisor, divisorTail) = fastTwoSum(a + a, SIMD16(repeating: 1))
    let (product, productTail) = twoProduct(e, f)
    let quotient = product / divisor
    let correction = multiplyAdd(e, fTail, multiplyAdd(eTail, f, productTail)) - quotient * divisorTail
    return scale(multiplyAdd(correction * quotient, 1.74 - 0.6955 * product, quotient), shifted)
  }

  /// The complementary error function 1 − erf(x). Error < 1.5 ulp, relative to the result however small it is.
  /// −∞ → 2, +∞ → 0, NaN → NaN; subnormal results are right.
  @inlinable @inline(__always)
  package static func erfc(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let a = magnitude(x)
    let (high, low) = fastTwoSum(SIMD8(repeating: 1), -x)
    let central = high + (low - x * erfExcess(x * x))
    let tail = erfcTail(a)
    return select(a .< 0.5, central, select(x .< 0, 2 - tail, tail))
  }

  /// The complementary error function 1 − erf(x). Error < 1.5 ulp, relative to the result however small it is.
  /// −∞ → 2, +∞ → 0, NaN → NaN; subnormal results are right.
  @inlinable @inline(__always)
  package static func erfc(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let a = magnitude(x)
    let (high, low) = fastTwoSum(SIMD16(repeating: 1), -x)
    let central = high + (low - x * erfExcess(x * x))
    let tail = erfcTail(a)
    return select(a .< 0.5, central, select(x .< 0, 2 - tail, tail))
  }
}
