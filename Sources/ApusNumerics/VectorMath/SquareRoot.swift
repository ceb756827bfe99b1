import CSIMD

extension VectorMath {
  /// Square root, correctly rounded (error ≤ 0.5 ulp). Negative → NaN, −0 → −0, +∞ → +∞, NaN → NaN.
  @inlinable @inline(__always)
  package static func sqrt(_ x: SIMD8<Double>) -> SIMD8<Double> {
    var result = x
    apus_simd_square_root_f64(&result)
    return result
  }

  /// Square root, correctly rounded (error ≤ 0.5 ulp). Negative → NaN, −0 → −0, +∞ → +∞, NaN → NaN.
  @inlinable @inline(__always)
  package static func sqrt(_ x: SIMD16<Float>) -> SIMD16<Float> {
    var result = x
    apus_simd_square_root_f32(&result)
    return result
  }
}
