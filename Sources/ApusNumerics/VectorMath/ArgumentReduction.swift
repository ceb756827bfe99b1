// x − n π/2 for sine and cosine.

/// The remainder of a large argument modulo π/2 by exact integer arithmetic (M. H. Payne and R. N. Hanek, "Radian reduction
/// for trigonometric functions", SIGNUM Newsletter 18 (1983) 19–24).
enum PayneHanek {
  /// 64 zero bits, then 2/π to 1216 bits, most significant first.
  private static let twoOverPi: [UInt64] = [
    0x0000_0000_0000_0000, 0xa2f9_836e_4e44_1529, 0xfc27_57d1_f534_ddc0, 0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561, 0xb724_6e3a_424d_d2e0, 0x0649_2eea_09d1_921c, 0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484, 0xe99c_7026_b45f_7e41, 0x3991_d639_8353_39f4, 0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f, 0xef2f_118b_5a0a_6d1f, 0x6d36_7ecf_27cb_09b7, 0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b, 0x3d07_39f7_8a52_92ea, 0x6bfb_5fb1_1f8d_5d08, 0x5603_3046_fc7b_6bab,
  ]

  /// `x` = n π/2 + high + low with n modulo 4 in `quadrant`, |high + low| ≤ π/4, to 2⁻⁷⁰ of the remainder, for
  /// 2¹⁰ ≤ x < ∞. NaN in all else.
  ///
  /// Of 2/π only the 192 bits matter that are worth less than 4 when multiplied with x and more than the result's last bit.
  static func reduce(_ x: Double) -> (quadrant: UInt64, high: Double, low: Double) {
    guard x >= 1024, x < .infinity else { return (0, .nan, .nan) }
    let exponent = Int(x.bitPattern >> 52) - 1075
    let significand = (x.bitPattern & 0x000f_ffff_ffff_ffff) | 0x0010_0000_0000_0000
    let start = exponent + 62
    let low = window(at: start + 128).multipliedFullWidth(by: significand)
    let middle = window(at: start + 64).multipliedFullWidth(by: significand)
    let (sum, carry) = middle.low.addingReportingOverflow(low.high)
    let top = window(at: start) &* significand &+ middle.high &+ (carry ? 1 : 0)
    // Quarter turns as 2 bits before and 190 bits after the point; the fraction then moves to the front.
    let fraction = (top << 2 | sum >> 62, sum << 2 | low.low >> 62, low.low << 2)
    let isUpperHalf = fraction.0 >> 63 == 1
    let (high, tail) = scaledByHalfPi(isUpperHalf ? negated(fraction) : fraction)
    return ((top >> 62) &+ (isUpperHalf ? 1 : 0), isUpperHalf ? -high : high, isUpperHalf ? -tail : tail)
  }

  /// The 64 bits of the table from bit `position` on.
  private static func window(at position: Int) -> UInt64 {
    let word = position >> 6
    let shift = UInt64(position & 63)
    return shift == 0 ? twoOverPi[word] : twoOverPi[word] << shift | twoOverPi[word + 1] >> (64 - shift)
  }

  private static func negated(_ x: (UInt64, UInt64, UInt64)) -> (UInt64, UInt64, UInt64) {
    let (low, carryLow) = (~x.2).addingReportingOverflow(1)
    let (middle, carryMiddle) = (~x.1).addingReportingOverflow(carryLow ? 1 : 0)
    return (~x.0 &+ (carryMiddle ? 1 : 0), middle, low)
  }

  /// The 192-bit fraction times π/2, as a pair.
  private static func scaledByHalfPi(_ fraction: (UInt64, UInt64, UInt64)) -> (Double, Double) {
    var words = fraction
    var shift = 0
    while words.0 == 0 && shift < 128 {
      words = (words.1, words.2, 0)
      shift += 64
    }
    let zeros = UInt64(words.0.leadingZeroBitCount)
    if zeros > 0 && zeros < 64 {
      words.0 = words.0 << zeros | words.1 >> (64 - zeros)
      words.1 = words.1 << zeros | words.2 >> (64 - zeros)
      shift += Int(zeros)
    }
    let unit = Double(sign: .plus, exponent: -53 - shift, significand: 1)
    let high = Double(words.0 >> 11) * unit
    let low = Double(words.0 << 53 | words.1 >> 11) * unit * 0x1p-64
    let product = high * 0x1.921fb54442d18p0
    let productTail = (-product).addingProduct(high, 0x1.921fb54442d18p0)
    return (product, productTail + (high * 0x1.1a62633145c07p-54 + low * 0x1.921fb54442d18p0))
  }
}

extension VectorMath {
  /// Replaces the lanes of a reduction whose argument is beyond `limit` or not a number.
  @usableFromInline @inline(never)
  package static func reduceLargeLanes(
    _ x: SIMD8<Double>, beyond limit: Double, _ quadrant: inout SIMD8<UInt64>, _ high: inout SIMD8<Double>,
    _ low: inout SIMD8<Double>
  ) {
    for lane in 0..<8 where !(x[lane] <= limit) {
      (quadrant[lane], high[lane], low[lane]) = PayneHanek.reduce(x[lane])
    }
  }

  @usableFromInline @inline(never)
  package static func reduceLargeLanes(
    _ x: SIMD16<Float>, beyond limit: Float, _ quadrant: inout SIMD16<UInt32>, _ remainder: inout SIMD16<Float>
  ) {
    for lane in 0..<16 where !(x[lane] <= limit) {
      let (turns, high, _) = PayneHanek.reduce(Double(x[lane]))
      quadrant[lane] = UInt32(truncatingIfNeeded: turns)
      remainder[lane] = Float(high)
    }
  }

  /// x = n π/2 + high + low with n modulo 4 in the low bits of `quadrant`, for x ≥ 0; NaN for ∞ and NaN.
  ///
  /// π/2 is subtracted in four parts, the first three of 33 bits, so that their products with n < 2²⁰ are exact; the error is
  /// below 2⁻¹³⁰, against remainders no smaller than about 2⁻⁶². Larger arguments take the scalar path, lane by lane.
  @inlinable @inline(__always)
  package static func reduceByHalfPi(
    _ x: SIMD8<Double>
  ) -> (quadrant: SIMD8<UInt64>, high: SIMD8<Double>, low: SIMD8<Double>) {
    let shifted = multiplyAdd(x, 0x1.45f306dc9c883p-1, SIMD8(repeating: 0x1.8p52))
    let n = shifted - 0x1.8p52
    let first = x - n * 0x1.921fb54400000p0
    let (second, secondTail) = twoSum(first, n * -0x1.0b4611a600000p-34)
    let (third, thirdTail) = twoSum(second, n * -0x1.3198a2e000000p-69)
    var (high, low) = fastTwoSum(third, (secondTail + thirdTail) - n * 0x1.b839a252049c1p-104)
    var quadrant = bits(shifted)
    let limit = 0x1p20
    if any(.!(x .<= limit)) { reduceLargeLanes(x, beyond: limit, &quadrant, &high, &low) }
    return (quadrant, high, low)
  }

  /// As above in float32, the remainder rounded once: the subtraction is done in float64, in two parts, for n < 2¹⁷.
  @inlinable @inline(__always)
  package static func reduceByHalfPi(_ x: SIMD16<Float>) -> (quadrant: SIMD16<UInt32>, remainder: SIMD16<Float>) {
    let shifted = multiplyAdd(x, 0x1.45f306p-1, SIMD16(repeating: 0x1.8p23))
    let n = shifted - 0x1.8p23
    let (xLow, xHigh) = widen(x)
    let (nLow, nHigh) = widen(n)
    var remainder = narrow(subtractHalfPi(xLow, times: nLow), subtractHalfPi(xHigh, times: nHigh))
    var quadrant = bits(shifted)
    let limit: Float = 0x1p17
    if any(.!(x .<= limit)) { reduceLargeLanes(x, beyond: limit, &quadrant, &remainder) }
    return (quadrant, remainder)
  }

  @inlinable @inline(__always)
  package static func subtractHalfPi(_ x: SIMD8<Double>, times n: SIMD8<Double>) -> SIMD8<Double> {
    multiplyAdd(n, -0x1.0b4611a626331p-34, multiplyAdd(n, -0x1.921fb54400000p0, x))
  }
}
