import Testing

@testable import ApusNumerics

@Suite struct VectorPrimitivesTests {
  private static let a = SIMD8<Double>(1, 1 / 3, -7e10, 1e-5, 0.1, 3e200, 12345.678, -2)
  private static let b = SIMD8<Double>(1e-20, 3, 1 / 7, 1e5, 0.3, 1e-200, -12345.6, 0)

  @Test func sumsAndProductsWithTheirErrors() {
    let (a, b) = (Self.a, Self.b)
    let (sum, sumRest) = VectorMath.twoSum(a, b)
    let (product, productRest) = VectorMath.twoProduct(a, b)
    for lane in 0..<8 {
      #expect(sum[lane] == a[lane] + b[lane])
      // Float80 holds the exact error of these sums when the larger term comes first.
      let isLarger = Swift.abs(a[lane]) > Swift.abs(b[lane])
      let (large, small) = isLarger ? (a[lane], b[lane]) : (b[lane], a[lane])
      #expect(Float80(sumRest[lane]) == (Float80(large) - Float80(sum[lane])) + Float80(small))
      #expect(product[lane] == a[lane] * b[lane])
      #expect(productRest[lane] == (-product[lane]).addingProduct(a[lane], b[lane]))
    }
  }

  @Test func multiplyAddRoundsOnceOrTwice() {
    let (a, b) = (Self.a, Self.b)
    let result = VectorMath.multiplyAdd(a, b, a)
    for lane in 0..<8 {
      let candidates = [a[lane].addingProduct(a[lane], b[lane]), a[lane] * b[lane] + a[lane]]
      #expect(candidates.contains(result[lane]))
    }
  }

  @Test func clampKeepsNaN() {
    let x = SIMD8<Double>(.nan, -.infinity, .infinity, 0, -3, 3, 1, -1)
    let clamped = VectorMath.clamp(x, -2, 2)
    #expect(clamped[0].isNaN)
    #expect((1..<8).allSatisfy { clamped[$0] == Swift.min(Swift.max(x[$0], -2), 2) })
  }

  @Test func scalingByPowersOfTwo() {
    for exponent in [-1080, -1074, -1023, -1, 0, 1, 1023, 1024] {
      let shifted = SIMD8<Double>(repeating: VectorMath.roundingShift + Double(exponent))
      let expected =
        1.25 * Double(sign: .plus, exponent: exponent / 2, significand: 1)
        * Double(sign: .plus, exponent: exponent - exponent / 2, significand: 1)
      #expect(VectorMath.scale(SIMD8(repeating: 1.25), shifted) == SIMD8(repeating: expected))
    }
  }

  @Test func wideningAndNarrowing() {
    var x = SIMD16<Float>()
    for lane in 0..<16 { x[lane] = Float(lane) / 3 }
    let (low, high) = VectorMath.widen(x)
    #expect((0..<8).allSatisfy { low[$0] == Double(x[$0]) && high[$0] == Double(x[$0 + 8]) })
    #expect(VectorMath.narrow(low, high) == x)
  }

  @Test func remaindersOfLargeArguments() {
    // The float64 nearest to a multiple of π/2, from 1200-digit arithmetic.
    let (quadrant, high, low) = PayneHanek.reduce(6_381_956_970_095_103 * 0x1p797)
    #expect(quadrant & 3 == 1)
    #expect(Swift.abs(Float80(high) + Float80(low) - 4.68716592425462761112e-19) < 1e-36)
    #expect(Swift.abs(low) < high.ulp)
    #expect(PayneHanek.reduce(.infinity).high.isNaN)
  }
}
