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
///
/// Written in scalars without branches for the compiler to vectorise: `SIMD.addingProduct` would be taken lane by lane.
enum NormalTransformFloat {
  /// Radii and angles in a block.
  static let pairCount = 8

  /// 2π rounded to nearest; `Float.pi` is rounded down.
  static var twoPi: Float { 0x1.921fb6p2 }

  /// Adding 2²³ leaves the nearest integer in the low mantissa bits.
  private static var integerShift: Float { 0x1p23 }

  /// Replaces 16 uniforms of [0, 1) by 16 normal variates: element `j` of the first half is a radius draw, element `j` of
  /// the second half its angle; the cosine branch lands in the first half, the sine branch in the second.
  @inline(__always)
  static func transform(_ block: UnsafeMutablePointer<Float>, mean: Float, standardDeviation: Float) {
    for pair in 0..<pairCount {
      // Without the sign known the compiler guards every root with a branch to libm.
      let radius = (-2 * logarithm(1 - block[pair])).magnitude.squareRoot()
      let (sine, cosine) = sineAndCosine(twoPi * block[pair &+ pairCount])
      block[pair] = mean.addingProduct(radius * cosine, standardDeviation)
      block[pair &+ pairCount] = mean.addingProduct(radius * sine, standardDeviation)
    }
  }

  /// ln x for x in (0, 1], normal numbers only.
  @inline(__always)
  static func logarithm(_ x: Float) -> Float {
    // x = m · 2ᵉ with m in [√½, √2), in the form m − 1.
    let bits = x.bitPattern
    let fraction = Float(bitPattern: (bits & 0x007F_FFFF) | 0x3F00_0000)
    let isSmall = fraction < 0.707106781186547524
    let exponent = Float(bitPattern: (bits &>> 23) | 0x4B00_0000) - (integerShift + (isSmall ? 127 : 126))
    let m = (fraction - 1) + (isSmall ? fraction : 0)

    let square = m * m
    var p: Float = 7.0376836292E-2
    p = Float(-1.1514610310E-1).addingProduct(p, m)
    p = Float(1.1676998740E-1).addingProduct(p, m)
    p = Float(-1.2420140846E-1).addingProduct(p, m)
    p = Float(1.4249322787E-1).addingProduct(p, m)
    p = Float(-1.6668057665E-1).addingProduct(p, m)
    p = Float(2.0000714765E-1).addingProduct(p, m)
    p = Float(-2.4999993993E-1).addingProduct(p, m)
    p = Float(3.3333331174E-1).addingProduct(p, m)
    // ln 2 in two parts, 0.693359375 − 2.12194440e-4, keeps the larger product with the exponent exact.
    let low = (exponent * -2.12194440e-4).addingProduct(p * m, square)
    return (m + (low - 0.5 * square)).addingProduct(exponent, 0.693359375)
  }

  /// sin θ and cos θ for θ in [0, 2π).
  @inline(__always)
  static func sineAndCosine(_ angle: Float) -> (sine: Float, cosine: Float) {
    // The octant, rounded up to an even number: 0, 2, 4, 6 or 8.
    let scaled = angle * 1.27323954473516
    let shifted = scaled + integerShift
    let isRoundedUp = shifted - integerShift > scaled
    let octant = (shifted.bitPattern &+ (isRoundedUp ? 0 : 1)) & 0xFFFF_FFFE
    let multiple = Float(bitPattern: octant) - integerShift

    // π/4 in three parts (Cody and Waite).
    var x = angle.addingProduct(multiple, -0.78515625)
    x = x.addingProduct(multiple, -2.4187564849853515625e-4)
    x = x.addingProduct(multiple, -3.77489497744594108e-8)
    let square = x * x

    var c: Float = 2.443315711809948E-005
    c = Float(-1.388731625493765E-003).addingProduct(c, square)
    c = Float(4.166664568298827E-002).addingProduct(c, square)
    c = (square * -0.5).addingProduct(c * square, square) + 1

    var s: Float = -1.9515295891E-4
    s = Float(8.3321608736E-3).addingProduct(s, square)
    s = Float(-1.6666654611E-1).addingProduct(s, square)
    s = x.addingProduct(s * square, x)

    let isDirect = octant & 2 == 0
    let sine = isDirect ? s : c
    let cosine = isDirect ? c : s
    let sineSign = (octant & 4) &<< 29
    let cosineSign = (~(octant &- 2) & 4) &<< 29
    return (Float(bitPattern: sine.bitPattern ^ sineSign), Float(bitPattern: cosine.bitPattern ^ cosineSign))
  }
}
