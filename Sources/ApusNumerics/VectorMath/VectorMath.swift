/// Elementary functions on SIMD registers and on arrays, in float32 and float64.
@usableFromInline package enum VectorMath {}
