/// The Box–Muller transform in float32, with the bits PyTorch's CPU kernel has on processors with AVX2.
///
/// PyTorch evaluates eight pairs at a time with Cephes-style polynomials instead of libm. Its compiler fuses products and
/// sums, and where it does decides the last bit; the fused operations below are those, in that order. Both its AVX2 and
/// AVX512 dispatch give these bits. Its DEFAULT dispatch (`ATEN_CPU_CAPABILITY=default`, or a processor without AVX2) calls
/// libm instead and differs in the last places.
///
/// Polynomials: S. L. Moshier, *Cephes Mathematical Library*, `logf` and `sinf`; vector form by G. Garberoglio,
/// `avx_mathfun`. The domains here are narrower, which saves the special cases: logarithms of multiples of 2⁻²⁴ in (0, 1]
/// and angles in [0, 2π).
enum NormalTransformFloat {
  typealias Lanes = SIMD8<Float>
  typealias Words = SIMD8<UInt32>

  /// Adding 2²³ leaves the nearest integer in the low mantissa bits.
  private static var integerShift: Float { 0x1p23 }

  /// 2π rounded to nearest; `Float.pi` is rounded down.
  static var twoPi: Float { 0x1.921fb6p2 }

  /// Replaces 16 uniforms of [0, 1) by 16 normal variates: element `j` of the first half is a radius draw, element `j` of
  /// the second half its angle; the cosine branch lands in the first half, the sine branch in the second.
  @inline(__always)
  static func transform(_ block: UnsafeMutablePointer<Float>, mean: Lanes, standardDeviation: Lanes) {
    let halves = UnsafeMutableRawPointer(block)
    let u1 = 1 - halves.loadUnaligned(as: Lanes.self)
    let u2 = halves.loadUnaligned(fromByteOffset: 32, as: Lanes.self)
    let radius = (-2 * logarithm(u1)).squareRoot()
    let (sine, cosine) = sineAndCosine(twoPi * u2)
    halves.storeBytes(of: mean.addingProduct(radius * cosine, standardDeviation), as: Lanes.self)
    halves.storeBytes(
      of: mean.addingProduct(radius * sine, standardDeviation), toByteOffset: 32, as: Lanes.self)
  }

  /// ln x for x in (0, 1], normal numbers only.
  @inline(__always)
  static func logarithm(_ x: Lanes) -> Lanes {
    // x = m · 2ᵉ with m in [√½, √2).
    let bits = unsafeBitCast(x, to: Words.self)
    let biased = unsafeBitCast((bits &>> 23) | 0x4B00_0000, to: Lanes.self)
    let fraction = unsafeBitCast((bits & 0x007F_FFFF) | 0x3F00_0000, to: Lanes.self)
    let isSmall = fraction .< 0.707106781186547524
    let exponent = biased - Lanes(repeating: integerShift + 126).replacing(with: integerShift + 127, where: isSmall)
    let m = (fraction - 1) + fraction.replacing(with: 0, where: .!isSmall)

    let square = m * m
    var p = Lanes(repeating: 7.0376836292E-2)
    p = Lanes(repeating: -1.1514610310E-1).addingProduct(p, m)
    p = Lanes(repeating: 1.1676998740E-1).addingProduct(p, m)
    p = Lanes(repeating: -1.2420140846E-1).addingProduct(p, m)
    p = Lanes(repeating: 1.4249322787E-1).addingProduct(p, m)
    p = Lanes(repeating: -1.6668057665E-1).addingProduct(p, m)
    p = Lanes(repeating: 2.0000714765E-1).addingProduct(p, m)
    p = Lanes(repeating: -2.4999993993E-1).addingProduct(p, m)
    p = Lanes(repeating: 3.3333331174E-1).addingProduct(p, m)
    // ln 2 in two parts, 0.693359375 − 2.12194440e-4, keeps the product with the exponent exact.
    let low = (exponent * -2.12194440e-4).addingProduct(p * m, square)
    return (m + low.addingProduct(square, Lanes(repeating: -0.5))).addingProduct(exponent, 0.693359375)
  }

  /// sin θ and cos θ for θ in [0, 2π).
  @inline(__always)
  static func sineAndCosine(_ angle: Lanes) -> (sine: Lanes, cosine: Lanes) {
    // The octant, rounded up to an even number: 0, 2, 4, 6 or 8.
    let scaled = angle * 1.27323954473516
    let shifted = scaled + integerShift
    let roundedUp = (shifted - integerShift) .> scaled
    var octant = unsafeBitCast(shifted, to: Words.self)
    octant = (octant &+ Words(repeating: 1).replacing(with: 0, where: roundedUp)) & 0xFFFF_FFFE
    let multiple = unsafeBitCast(octant, to: Lanes.self) - integerShift

    // π/4 in three parts (Cody and Waite).
    var x = angle.addingProduct(multiple, -0.78515625)
    x = x.addingProduct(multiple, -2.4187564849853515625e-4)
    x = x.addingProduct(multiple, -3.77489497744594108e-8)
    let square = x * x

    var c = Lanes(repeating: 2.443315711809948E-005)
    c = Lanes(repeating: -1.388731625493765E-003).addingProduct(c, square)
    c = Lanes(repeating: 4.166664568298827E-002).addingProduct(c, square)
    c = (square * -0.5).addingProduct(c * square, square) + 1

    var s = Lanes(repeating: -1.9515295891E-4)
    s = Lanes(repeating: 8.3321608736E-3).addingProduct(s, square)
    s = Lanes(repeating: -1.6666654611E-1).addingProduct(s, square)
    s = x.addingProduct(s * square, x)

    let isDirect = (octant & 2) .== 0
    let sine = c.replacing(with: s, where: isDirect)
    let cosine = s.replacing(with: c, where: isDirect)
    let sineSign = (octant & 4) &<< 29
    let cosineSign = (~(octant &- 2) & 4) &<< 29
    return (
      unsafeBitCast(unsafeBitCast(sine, to: Words.self) ^ sineSign, to: Lanes.self),
      unsafeBitCast(unsafeBitCast(cosine, to: Words.self) ^ cosineSign, to: Lanes.self)
    )
  }
}
