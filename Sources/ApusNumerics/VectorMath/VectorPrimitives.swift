import CSIMD

// What the kernels are written in. On SIMD types Swift's floating-point comparisons, `replacing(with:where:)`, integer
// arithmetic and bit operations compile to vector instructions; comparisons of integers, `pointwiseMin`, `squareRoot`, shifts,
// conversions and `addingProduct` do not, or not on every target.

extension VectorMath {
  /// a · b + c, rounded once where the build's target processor has a fused multiply-add, else twice.
  ///
  /// Which of the two is fixed when the library is built, so results do not depend on where the call is inlined.
  @inlinable @inline(__always)
  package static func multiplyAdd(_ a: SIMD8<Double>, _ b: SIMD8<Double>, _ c: SIMD8<Double>) -> SIMD8<Double> {
    var (a, b, result) = (a, b, c)
    apus_simd_multiply_add_f64(&a, &b, &result)
    return result
  }

  @inlinable @inline(__always)
  package static func multiplyAdd(_ a: SIMD16<Float>, _ b: SIMD16<Float>, _ c: SIMD16<Float>) -> SIMD16<Float> {
    var (a, b, result) = (a, b, c)
    apus_simd_multiply_add_f32(&a, &b, &result)
    return result
  }

  /// As ``multiplyAdd(_:_:_:)`` with the same addend in every lane: one step of Horner's scheme.
  @inlinable @inline(__always)
  package static func multiplyAdd(_ a: SIMD8<Double>, _ b: SIMD8<Double>, _ c: Double) -> SIMD8<Double> {
    multiplyAdd(a, b, SIMD8(repeating: c))
  }

  @inlinable @inline(__always)
  package static func multiplyAdd(_ a: SIMD16<Float>, _ b: SIMD16<Float>, _ c: Float) -> SIMD16<Float> {
    multiplyAdd(a, b, SIMD16(repeating: c))
  }

  /// As ``multiplyAdd(_:_:_:)`` with a constant factor.
  @inlinable @inline(__always)
  package static func multiplyAdd(_ a: SIMD8<Double>, _ b: Double, _ c: SIMD8<Double>) -> SIMD8<Double> {
    multiplyAdd(a, SIMD8(repeating: b), c)
  }

  @inlinable @inline(__always)
  package static func multiplyAdd(_ a: SIMD16<Float>, _ b: Float, _ c: SIMD16<Float>) -> SIMD16<Float> {
    multiplyAdd(a, SIMD16(repeating: b), c)
  }

  /// Lane by lane `condition ? a : b`.
  @inlinable @inline(__always)
  package static func select<V: SIMD>(_ condition: SIMDMask<V.MaskStorage>, _ a: V, _ b: V) -> V {
    b.replacing(with: a, where: condition)
  }

  /// Bit by bit `mask ? a : b`.
  @inlinable @inline(__always)
  package static func select(bits mask: SIMD8<UInt64>, _ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<UInt64> {
    (bits(a) & mask) | (bits(b) & ~mask)
  }

  @inlinable @inline(__always)
  package static func select(bits mask: SIMD16<UInt32>, _ a: SIMD16<Float>, _ b: SIMD16<Float>) -> SIMD16<UInt32> {
    (bits(a) & mask) | (bits(b) & ~mask)
  }

  /// 16 float32 as twice 8 float64.
  @inlinable @inline(__always)
  package static func widen(_ x: SIMD16<Float>) -> (low: SIMD8<Double>, high: SIMD8<Double>) {
    var (x, low, high) = (x, SIMD8<Double>(), SIMD8<Double>())
    apus_simd_widen_f32(&x, &low, &high)
    return (low, high)
  }

  /// Twice 8 float64 rounded to 16 float32.
  @inlinable @inline(__always)
  package static func narrow(_ low: SIMD8<Double>, _ high: SIMD8<Double>) -> SIMD16<Float> {
    var (low, high, result) = (low, high, SIMD16<Float>())
    apus_simd_narrow_f64(&low, &high, &result)
    return result
  }

  @inlinable @inline(__always)
  package static func bits(_ x: SIMD8<Double>) -> SIMD8<UInt64> { unsafeBitCast(x, to: SIMD8<UInt64>.self) }

  @inlinable @inline(__always)
  package static func bits(_ x: SIMD16<Float>) -> SIMD16<UInt32> { unsafeBitCast(x, to: SIMD16<UInt32>.self) }

  @inlinable @inline(__always)
  package static func fromBits(_ x: SIMD8<UInt64>) -> SIMD8<Double> { unsafeBitCast(x, to: SIMD8<Double>.self) }

  @inlinable @inline(__always)
  package static func fromBits(_ x: SIMD16<UInt32>) -> SIMD16<Float> { unsafeBitCast(x, to: SIMD16<Float>.self) }

  /// Every lane shifted by the literal `count`; zeros move in.
  @inlinable @inline(__always)
  package static func shiftLeft(_ x: SIMD8<UInt64>, _ count: UInt32) -> SIMD8<UInt64> {
    var result = x
    apus_simd_shift_left_u64(&result, count)
    return result
  }

  @inlinable @inline(__always)
  package static func shiftLeft(_ x: SIMD16<UInt32>, _ count: UInt32) -> SIMD16<UInt32> {
    var result = x
    apus_simd_shift_left_u32(&result, count)
    return result
  }

  @inlinable @inline(__always)
  package static func shiftRight(_ x: SIMD8<UInt64>, _ count: UInt32) -> SIMD8<UInt64> {
    var result = x
    apus_simd_shift_right_u64(&result, count)
    return result
  }

  @inlinable @inline(__always)
  package static func shiftRight(_ x: SIMD16<UInt32>, _ count: UInt32) -> SIMD16<UInt32> {
    var result = x
    apus_simd_shift_right_u32(&result, count)
    return result
  }

  @inlinable @inline(__always)
  package static func magnitude(_ x: SIMD8<Double>) -> SIMD8<Double> {
    fromBits(bits(x) & 0x7fff_ffff_ffff_ffff)
  }

  @inlinable @inline(__always)
  package static func magnitude(_ x: SIMD16<Float>) -> SIMD16<Float> { fromBits(bits(x) & 0x7fff_ffff) }

  /// `magnitude`, which has a clear sign bit, with the sign of `sign`.
  @inlinable @inline(__always)
  package static func withSign(of sign: SIMD8<Double>, _ magnitude: SIMD8<Double>) -> SIMD8<Double> {
    fromBits(bits(magnitude) | (bits(sign) & 0x8000_0000_0000_0000))
  }

  @inlinable @inline(__always)
  package static func withSign(of sign: SIMD16<Float>, _ magnitude: SIMD16<Float>) -> SIMD16<Float> {
    fromBits(bits(magnitude) | (bits(sign) & 0x8000_0000))
  }

  /// `x` limited to `low ... high`; NaN stays NaN.
  @inlinable @inline(__always)
  package static func clamp(_ x: SIMD8<Double>, _ low: Double, _ high: Double) -> SIMD8<Double> {
    let low = SIMD8(repeating: low)
    let high = SIMD8(repeating: high)
    let raised = select(x .< low, low, x)
    return select(raised .> high, high, raised)
  }

  @inlinable @inline(__always)
  package static func clamp(_ x: SIMD16<Float>, _ low: Float, _ high: Float) -> SIMD16<Float> {
    let low = SIMD16(repeating: low)
    let high = SIMD16(repeating: high)
    let raised = select(x .< low, low, x)
    return select(raised .> high, high, raised)
  }
}

// MARK: - Pairs

extension VectorMath {
  /// The sum and its rounding error, exactly: a + b = high + low, for |a| ≥ |b| or a = 0 (Dekker 1971).
  @inlinable @inline(__always)
  package static func fastTwoSum(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let high = a + b
    return (high, b - (high - a))
  }

  @inlinable @inline(__always)
  package static func fastTwoSum(_ a: SIMD16<Float>, _ b: SIMD16<Float>) -> (high: SIMD16<Float>, low: SIMD16<Float>) {
    let high = a + b
    return (high, b - (high - a))
  }

  /// The sum and its rounding error, exactly, whichever operand is larger (Knuth, TAOCP 2, 4.2.2 theorem B).
  @inlinable @inline(__always)
  package static func twoSum(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let high = a + b
    let bRounded = high - a
    return (high, (a - (high - bRounded)) + (b - bRounded))
  }

  @inlinable @inline(__always)
  package static func twoSum(_ a: SIMD16<Float>, _ b: SIMD16<Float>) -> (high: SIMD16<Float>, low: SIMD16<Float>) {
    let high = a + b
    let bRounded = high - a
    return (high, (a - (high - bRounded)) + (b - bRounded))
  }

  /// The product and its rounding error: a · b = high + low up to 2⁻¹⁰⁵ |a b|, if neither over- nor underflows.
  ///
  /// Without a fused multiply-add both factors are split in halves (Dekker 1971), here by clearing the lower half of the
  /// significand, which cannot overflow.
  @inlinable @inline(__always)
  package static func twoProduct(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let high = a * b
    if apus_simd_is_fused() { return (high, multiplyAdd(a, b, -high)) }
    let (aHigh, aLow) = split(a)
    let (bHigh, bLow) = split(b)
    return (high, ((aHigh * bHigh - high) + (aHigh * bLow + aLow * bHigh)) + aLow * bLow)
  }

  @inlinable @inline(__always)
  package static func twoProduct(_ a: SIMD16<Float>, _ b: SIMD16<Float>) -> (high: SIMD16<Float>, low: SIMD16<Float>) {
    let high = a * b
    if apus_simd_is_fused() { return (high, multiplyAdd(a, b, -high)) }
    let (aHigh, aLow) = split(a)
    let (bHigh, bLow) = split(b)
    return (high, ((aHigh * bHigh - high) + (aHigh * bLow + aLow * bHigh)) + aLow * bLow)
  }

  /// `x` as a sum of a number of 26 significant bits and one of at most 27.
  @inlinable @inline(__always)
  package static func split(_ x: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let high = fromBits(bits(x) & 0xffff_ffff_f800_0000)
    return (high, x - high)
  }

  /// `x` as a sum of two numbers of at most 12 significant bits each.
  @inlinable @inline(__always)
  package static func split(_ x: SIMD16<Float>) -> (high: SIMD16<Float>, low: SIMD16<Float>) {
    let high = fromBits(bits(x) & 0xffff_f000)
    return (high, x - high)
  }
}
