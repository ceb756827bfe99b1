/// Elementary functions on SIMD registers and on arrays, in float32 and float64.
///
/// The register functions take and return `SIMD16<Float>` or `SIMD8<Double>` and are inlined into the caller, also in other
/// rooms, so that kernels can fuse them. The array functions of the same names (`VectorArrays.swift`) run them over
/// contiguous elements. An element's result depends on its value alone: not on its position, the count or the number of
/// threads. It may differ in the last bits between builds for processors with and without fused multiply-add.
///
/// Errors are bounded by 2 units in the last place everywhere, subnormals included; the tighter bound of each function is
/// stated with it and tested. Infinities, NaN, signed zeros, overflow and underflow behave as in C's math.h, floating-point
/// exception flags aside.
///
/// A register that is passed to or returned from a function that is not inlined crosses in pieces of 128 bits, and so does
/// everything computed from it: rare paths take their registers `inout`, in memory.
@usableFromInline package enum VectorMath {}
