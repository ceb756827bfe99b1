import CSIMD

/// The upper triangle of Z'Z to twice the working precision.
///
/// Compensated dot products: every product is split into its rounded value and its exact error (by a fused multiply-add, or
/// where the processor has none by Dekker's halves, with the same bits), sums carry their rounding
/// errors along (Ogita, Rump & Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26, 2005, algorithm 5.3,
/// doi:10.1137/030601818). The result is as accurate as if computed with 106 bits: the error of an entry is about
/// rows · 2^-106 · Σ|zᵢzⱼ|.
enum DoubleDoubleGramKernel {
  private typealias Lane = SIMD4<Double>

  /// Adds Σ_r left[r, i] · right[r, j] to the 4 × 4 tile of `high`, `low` at (i, j).
  ///
  /// - Parameters:
  ///   - left: `rows` × `stride` row-major, high parts of the left factors.
  ///   - leftLow: their low parts, or nil when they are doubles.
  ///   - right: `rows` × `stride` row-major.
  @inline(__always)
  static func addTile(
    left: UnsafePointer<Double>, leftLow: UnsafePointer<Double>?, right: UnsafePointer<Double>, rows: Int, stride: Int,
    i: Int, j: Int, high: UnsafeMutablePointer<Double>, low: UnsafeMutablePointer<Double>, resultStride: Int
  ) {
    if let leftLow {
      tile(
        left: left + i, leftLow: leftLow + i, hasLow: true, right: right + j, rows: rows, stride: stride,
        high: high + (i &* resultStride &+ j), low: low + (i &* resultStride &+ j), resultStride: resultStride)
    } else {
      tile(
        left: left + i, leftLow: left + i, hasLow: false, right: right + j, rows: rows, stride: stride,
        high: high + (i &* resultStride &+ j), low: low + (i &* resultStride &+ j), resultStride: resultStride)
    }
  }

  @inline(__always)
  private static func tile(
    left: UnsafePointer<Double>, leftLow: UnsafePointer<Double>, hasLow: Bool, right: UnsafePointer<Double>, rows: Int,
    stride: Int, high: UnsafeMutablePointer<Double>, low: UnsafeMutablePointer<Double>, resultStride: Int
  ) {
    var (h0, l0) = (load(high), load(low))
    var (h1, l1) = (load(high + resultStride), load(low + resultStride))
    var (h2, l2) = (load(high + 2 &* resultStride), load(low + 2 &* resultStride))
    var (h3, l3) = (load(high + 3 &* resultStride), load(low + 3 &* resultStride))
    for row in 0..<rows {
      let (a, b) = (load(left + row &* stride), load(right + row &* stride))
      let c = hasLow ? load(leftLow + row &* stride) : Lane()
      if apus_simd_is_fused() {
        step(a[0], c[0], hasLow, b, &h0, &l0)
        step(a[1], c[1], hasLow, b, &h1, &l1)
        step(a[2], c[2], hasLow, b, &h2, &l2)
        step(a[3], c[3], hasLow, b, &h3, &l3)
        continue
      }
      let ((ah, al), (bh, bl)) = (split(a), split(b))
      step(a[0], ah[0], al[0], c[0], hasLow, b, bh, bl, &h0, &l0)
      step(a[1], ah[1], al[1], c[1], hasLow, b, bh, bl, &h1, &l1)
      step(a[2], ah[2], al[2], c[2], hasLow, b, bh, bl, &h2, &l2)
      step(a[3], ah[3], al[3], c[3], hasLow, b, bh, bl, &h3, &l3)
    }
    store(h0, l0, high, low)
    store(h1, l1, high + resultStride, low + resultStride)
    store(h2, l2, high + 2 &* resultStride, low + 2 &* resultStride)
    store(h3, l3, high + 3 &* resultStride, low + 3 &* resultStride)
  }

  /// sum ← sum + (a + c) · b.
  @inline(__always)
  private static func step(
    _ a: Double, _ c: Double, _ hasLow: Bool, _ b: Lane, _ high: inout Lane, _ low: inout Lane
  ) {
    var (factor, other, product, error) = (Lane(repeating: a), b, b * a, Lane())
    apus_simd_product_error_f64x4(&factor, &other, &product, &error)
    add(product, error, hasLow ? b * c : nil, &high, &low)
  }

  /// As above, with a = ah + al and b = bh + bl split into halves whose products are exact.
  @inline(__always)
  private static func step(
    _ a: Double, _ ah: Double, _ al: Double, _ c: Double, _ hasLow: Bool, _ b: Lane, _ bh: Lane, _ bl: Lane,
    _ high: inout Lane, _ low: inout Lane
  ) {
    let p = b * a
    var error = (bh * ah - p) + bl * ah + bh * al
    error += bl * al
    add(p, error, hasLow ? b * c : nil, &high, &low)
  }

  /// sum ← sum + product + error + rest.
  @inline(__always)
  private static func add(
    _ product: Lane, _ error: Lane, _ rest: Lane?, _ high: inout Lane, _ low: inout Lane
  ) {
    var error = error
    if let rest { error += rest }
    let s = high + product
    let t = s - high
    error += (high - (s - t)) + (product - t)
    high = s
    low += error
  }

  @inline(__always)
  private static func split(_ value: Lane) -> (Lane, Lane) {
    let c = value * 134_217_729
    let high = c - (c - value)
    return (high, value - high)
  }

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<Double>) -> Lane {
    UnsafeRawPointer(pointer).loadUnaligned(as: Lane.self)
  }

  /// Stores the pair normalised, so that the low parts stay small.
  @inline(__always)
  private static func store(
    _ high: Lane, _ low: Lane, _ highTarget: UnsafeMutablePointer<Double>, _ lowTarget: UnsafeMutablePointer<Double>
  ) {
    let s = high + low
    let t = s - high
    UnsafeMutableRawPointer(highTarget).storeBytes(of: s, as: Lane.self)
    UnsafeMutableRawPointer(lowTarget).storeBytes(of: (high - (s - t)) + (low - t), as: Lane.self)
  }
}
