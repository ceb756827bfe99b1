// Kernels of matrix products for processors with AVX-512 or with AVX2 and FMA, chosen when the program runs: also a
// library built for any x86-64 multiplies at full speed. The blocking that calls them is in ApusNumerics (PackedProduct).
//
// Packed operands are panels of `panel` rows (of A) or columns (of B) side by side in memory, k steps after another: three
// registers high for A, one tile of columns for B.
#ifndef APUS_MATRIX_KERNELS_H
#define APUS_MATRIX_KERNELS_H

#include "simd_arithmetic.h"

#define APUS_UNROLL _Pragma("clang loop unroll(full)")

#if defined(__x86_64__)
#include <cpuid.h>

#define APUS_REAL double
#define APUS_LANES 8
#define APUS_TILE_COLUMNS 8
#define APUS_KERNEL(name) apus_avx512_f64_##name
#define APUS_KERNEL_TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"), min_vector_width(512)))
#include "matrix_kernel_template.h"

#define APUS_REAL float
#define APUS_LANES 16
#define APUS_TILE_COLUMNS 8
#define APUS_KERNEL(name) apus_avx512_f32_##name
#define APUS_KERNEL_TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"), min_vector_width(512)))
#include "matrix_kernel_template.h"

#define APUS_REAL double
#define APUS_LANES 4
#define APUS_TILE_COLUMNS 4
#define APUS_KERNEL(name) apus_avx2_f64_##name
#define APUS_KERNEL_TARGET __attribute__((target("avx2,fma,tune=haswell")))
#include "matrix_kernel_template.h"

#define APUS_REAL float
#define APUS_LANES 8
#define APUS_TILE_COLUMNS 4
#define APUS_KERNEL(name) apus_avx2_f32_##name
#define APUS_KERNEL_TARGET __attribute__((target("avx2,fma,tune=haswell")))
#include "matrix_kernel_template.h"
#endif

static inline int apus_matrix_detect_registers(void) {
#if defined(__x86_64__)
  unsigned int a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) { return 0; }
  const unsigned int needed = 1u << 12 | 1u << 27 | 1u << 28;  // FMA, OSXSAVE, AVX
  if ((c & needed) != needed) { return 0; }
  unsigned int state, high;
  __asm__("xgetbv" : "=a"(state), "=d"(high) : "c"(0));
  if ((state & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & 1u << 5)) { return 0; }
  const unsigned int wide = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // AVX512F, DQ, BW, VL
  return (state & 0xe6) == 0xe6 && (b & wide) == wide ? 64 : 32;
#else
  return 0;
#endif
}

// Bytes of the registers that the processor and the operating system offer for products: 64, 32 or 0 for none. Asked once
// (threads that ask at the same time get the same answer), and not by a lazy global of Swift's: in a child after fork the
// first uses of one by two threads at a time wait for each other without end.
static inline int apus_matrix_register_bytes(void) {
  static int known = -1;
  int bytes = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (bytes < 0) {
    bytes = apus_matrix_detect_registers();
    __atomic_store_n(&known, bytes, __ATOMIC_RELAXED);
  }
  return bytes;
}

#if defined(__x86_64__)
#define APUS_MATRIX_CHOOSE(type, name, ...)                                                                         \
  if (bytes == 64) {                                                                                                \
    apus_avx512_##type##_##name(__VA_ARGS__);                                                                        \
  } else {                                                                                                          \
    apus_avx2_##type##_##name(__VA_ARGS__);                                                                          \
  }
#else
#define APUS_MATRIX_CHOOSE(type, name, ...) __builtin_trap();
#endif

// C ← alpha · A · B + beta · C, m × n with k steps, C column-major; beta = 0 does not read C. `bytes` is what
// apus_matrix_register_bytes returned, not 0.
// a: packed if a_step is 0, otherwise element (i, p) at i + p * a_step and m a multiple of the register's elements.
// b: packed (and b_column 1) if b_step is 0, otherwise element (p, j) at p * b_step + j * b_column.
static inline void apus_matrix_multiply_f64(int bytes, long m, long n, long k, const double *a, long a_step,
                                            const double *b, long b_step, long b_column, double alpha, double beta,
                                            double *c, long ldc) {
  APUS_MATRIX_CHOOSE(f64, multiply, m, n, k, a, a_step, b, b_step, b_column, alpha, beta, c, ldc)
}

static inline void apus_matrix_multiply_f32(int bytes, long m, long n, long k, const float *a, long a_step,
                                            const float *b, long b_step, long b_column, float alpha, float beta,
                                            float *c, long ldc) {
  APUS_MATRIX_CHOOSE(f32, multiply, m, n, k, a, a_step, b, b_step, b_column, alpha, beta, c, ldc)
}

// One triangle of C ← alpha · A · Aᵀ + beta · C for the columns first ..< end of C, n × n; a: packed n × k. `first` is a
// multiple of a panel's rows.
static inline void apus_matrix_square_f64(int bytes, long first, long end, long n, long k, const double *a, double alpha,
                                          double beta, int lower, double *c, long ldc) {
  APUS_MATRIX_CHOOSE(f64, square, first, end, n, k, a, alpha, beta, lower, c, ldc)
}

static inline void apus_matrix_square_f32(int bytes, long first, long end, long n, long k, const float *a, float alpha,
                                          float beta, int lower, float *c, long ldc) {
  APUS_MATRIX_CHOOSE(f32, square, first, end, n, k, a, alpha, beta, lower, c, ldc)
}

// Packs m × k elements, (i, p) at i * row + p * step, into panels of `panel` rows; the last one has a multiple of `unit`
// rows, filled with zeros. A panel begins k times its first row behind `target`.
static inline void apus_matrix_pack_f64(int bytes, long m, long k, const double *source, long row, long step, long panel,
                                        long unit, double *target) {
  APUS_MATRIX_CHOOSE(f64, pack, m, k, source, row, step, panel, unit, target)
}

static inline void apus_matrix_pack_f32(int bytes, long m, long k, const float *source, long row, long step, long panel,
                                        long unit, float *target) {
  APUS_MATRIX_CHOOSE(f32, pack, m, k, source, row, step, panel, unit, target)
}

// y ← y + A · x and s ← s + Aᵀ · z in one reading of the column-major m × n A: what a block below the diagonal of a
// symmetric matrix adds to a product. x and s have n elements, y and z m; nothing overlaps.
static inline void apus_matrix_both_f64(int bytes, long m, long n, const double *a, long lda, const double *x,
                                        const double *z, double *y, double *s) {
  APUS_MATRIX_CHOOSE(f64, both, m, n, a, lda, x, z, y, s)
}

static inline void apus_matrix_both_f32(int bytes, long m, long n, const float *a, long lda, const float *x,
                                        const float *z, float *y, float *s) {
  APUS_MATRIX_CHOOSE(f32, both, m, n, a, lda, x, z, y, s)
}

// (source - shift) * scale, each row times its factor where those are given, for the first `columns` columns of rows that
// are `row` elements apart, into the panels of a block
// of `count` packed rows, whose first row here is at `target`. The panel that holds the last column has `last` columns,
// or as many as the others if that is 0.
static inline void apus_matrix_shift_f64(int bytes, long rows, long columns, const double *source, long row,
                                         const double *shifts, const double *scales, const double *factors, long panel,
                                         long count, long last, double *target) {
  APUS_MATRIX_CHOOSE(f64, shift, rows, columns, source, row, shifts, scales, factors, panel, count, last, target)
}

static inline void apus_matrix_shift_f32(int bytes, long rows, long columns, const float *source, long row,
                                         const float *shifts, const float *scales, const float *factors, long panel,
                                         long count, long last, float *target) {
  APUS_MATRIX_CHOOSE(f32, shift, rows, columns, source, row, shifts, scales, factors, panel, count, last, target)
}

#undef APUS_MATRIX_CHOOSE
#undef APUS_UNROLL
#endif
