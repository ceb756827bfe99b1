// Vector instructions that Swift 6.3 cannot reach: fused multiply-add where the target processor has one, square root
// (Swift's calls libm for errno's sake), shifts (Swift's are 128 bits wide on AVX2) and conversions (likewise). The
// operands are Swift's SIMD4<Double>, SIMD8<Double>, SIMD16<Float>, SIMD8<UInt64> and SIMD16<UInt32>, passed by untyped
// address: a vector passed by value crosses from Swift to C in pieces of 128 bits, which the optimiser does not always put
// together again, and Swift cannot name a pointer to a C vector. Everything is inlined into the caller, where the addresses
// vanish.
#ifndef APUS_SIMD_ARITHMETIC_H
#define APUS_SIMD_ARITHMETIC_H

typedef double apus_f64x8 __attribute__((ext_vector_type(8)));
typedef double apus_f64x4 __attribute__((ext_vector_type(4)));
typedef float apus_f32x16 __attribute__((ext_vector_type(16)));
typedef float apus_f32x8 __attribute__((ext_vector_type(8)));
typedef unsigned long long apus_u64x8 __attribute__((ext_vector_type(8)));
typedef unsigned int apus_u32x16 __attribute__((ext_vector_type(16)));

#define APUS_SIMD_INLINE static inline __attribute__((always_inline))

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define APUS_SIMD_FUSED 1
#else
#define APUS_SIMD_FUSED 0
#endif

// Whether apus_simd_multiply_add rounds once. Swift's own addingProduct always does, but on a processor without the
// instruction it calls libm's fma for every lane.
APUS_SIMD_INLINE _Bool apus_simd_is_fused(void) { return APUS_SIMD_FUSED; }

#if defined(__AVX512F__)
#define APUS_SIMD_512 1
#else
#define APUS_SIMD_512 0
#endif

// Whether the target processor has registers of 512 bits, and 32 of them: tiles of a matrix product may be larger then.
APUS_SIMD_INLINE _Bool apus_simd_has_512_bits(void) { return APUS_SIMD_512; }

// *c += *a * *b on 8 float64, rounded once or twice.
APUS_SIMD_INLINE void apus_simd_multiply_add_f64(const void *a, const void *b, void *c) {
  apus_f64x8 *sum = (apus_f64x8 *)c;
#if APUS_SIMD_FUSED
  *sum = __builtin_elementwise_fma(*(const apus_f64x8 *)a, *(const apus_f64x8 *)b, *sum);
#else
  *sum = *(const apus_f64x8 *)a * *(const apus_f64x8 *)b + *sum;
#endif
}

// *error = *a * *b - *product on 4 float64, rounded once: the exact rounding error of a product. Only for processors where
// apus_simd_is_fused() holds.
APUS_SIMD_INLINE void apus_simd_product_error_f64x4(const void *a, const void *b, const void *product, void *error) {
#if APUS_SIMD_FUSED
  *(apus_f64x4 *)error =
      __builtin_elementwise_fma(*(const apus_f64x4 *)a, *(const apus_f64x4 *)b, -*(const apus_f64x4 *)product);
#else
  (void)a, (void)b, (void)product, (void)error;
#endif
}

// *c += *a * *b on 16 float32, rounded once or twice.
APUS_SIMD_INLINE void apus_simd_multiply_add_f32(const void *a, const void *b, void *c) {
  apus_f32x16 *sum = (apus_f32x16 *)c;
#if APUS_SIMD_FUSED
  *sum = __builtin_elementwise_fma(*(const apus_f32x16 *)a, *(const apus_f32x16 *)b, *sum);
#else
  *sum = *(const apus_f32x16 *)a * *(const apus_f32x16 *)b + *sum;
#endif
}

APUS_SIMD_INLINE void apus_simd_square_root_f64(void *x) {
  *(apus_f64x8 *)x = __builtin_elementwise_sqrt(*(apus_f64x8 *)x);
}

APUS_SIMD_INLINE void apus_simd_square_root_f32(void *x) {
  *(apus_f32x16 *)x = __builtin_elementwise_sqrt(*(apus_f32x16 *)x);
}

// Every lane shifted by the same constant, 0 <= count < the lane's width; zeros move in.
APUS_SIMD_INLINE void apus_simd_shift_left_u64(void *x, unsigned int count) { *(apus_u64x8 *)x <<= count; }

APUS_SIMD_INLINE void apus_simd_shift_left_u32(void *x, unsigned int count) { *(apus_u32x16 *)x <<= count; }

APUS_SIMD_INLINE void apus_simd_shift_right_u64(void *x, unsigned int count) { *(apus_u64x8 *)x >>= count; }

APUS_SIMD_INLINE void apus_simd_shift_right_u32(void *x, unsigned int count) { *(apus_u32x16 *)x >>= count; }

// The 16 float32 of x as twice 8 float64.
APUS_SIMD_INLINE void apus_simd_widen_f32(const void *x, void *low, void *high) {
  const apus_f32x16 value = *(const apus_f32x16 *)x;
  *(apus_f64x8 *)low = __builtin_convertvector(value.lo, apus_f64x8);
  *(apus_f64x8 *)high = __builtin_convertvector(value.hi, apus_f64x8);
}

// Twice 8 float64 rounded to the 16 float32 of x.
APUS_SIMD_INLINE void apus_simd_narrow_f64(const void *low, const void *high, void *x) {
  apus_f32x16 value;
  value.lo = __builtin_convertvector(*(const apus_f64x8 *)low, apus_f32x8);
  value.hi = __builtin_convertvector(*(const apus_f64x8 *)high, apus_f32x8);
  *(apus_f32x16 *)x = value;
}

typedef unsigned char apus_u8x32 __attribute__((ext_vector_type(32), aligned(1)));

// 32 choices between bytes, for evaluating trees on ranks: out = column <= code ? low : high. The two outcomes are
// constants (c) or vectors (v); `out` may be the address of an outcome.
#define APUS_SIMD_CHOOSE(low, high)                                              \
  const apus_u8x32 apus_is_low = (apus_u8x32)(*(const apus_u8x32 *)column <= (apus_u8x32)code); \
  *(apus_u8x32 *)out = ((low) & apus_is_low) | ((high) & ~apus_is_low)

APUS_SIMD_INLINE void apus_simd_choose_cc(const void *column, unsigned char code, unsigned char low, unsigned char high,
                                          void *out) {
  APUS_SIMD_CHOOSE((apus_u8x32)low, (apus_u8x32)high);
}

APUS_SIMD_INLINE void apus_simd_choose_cv(const void *column, unsigned char code, unsigned char low, const void *high,
                                          void *out) {
  APUS_SIMD_CHOOSE((apus_u8x32)low, *(const apus_u8x32 *)high);
}

APUS_SIMD_INLINE void apus_simd_choose_vc(const void *column, unsigned char code, const void *low, unsigned char high,
                                          void *out) {
  APUS_SIMD_CHOOSE(*(const apus_u8x32 *)low, (apus_u8x32)high);
}

APUS_SIMD_INLINE void apus_simd_choose_vv(const void *column, unsigned char code, const void *low, const void *high,
                                          void *out) {
  APUS_SIMD_CHOOSE(*(const apus_u8x32 *)low, *(const apus_u8x32 *)high);
}

#endif
