// Sums of products of columns of bytes, exact in int32, for processors with AVX-512 VNNI; chosen when the program runs.
//
// Packed rows lie in panels of 48 columns side by side, a panel's steps one after another: a step holds four rows, the four
// bytes of a column together. Columns beyond the last one, and rows beyond the last one of a step, are zero.
#ifndef APUS_BYTE_KERNELS_H
#define APUS_BYTE_KERNELS_H

#include "simd_arithmetic.h"

enum {
  // Columns of a panel, rows of a step, and the bytes of a step of a panel.
  apus_byte_panel = 48,
  apus_byte_rows = 4,
  apus_byte_step = apus_byte_panel * apus_byte_rows,
};

#if defined(__x86_64__)
#include <cpuid.h>

#define APUS_UNROLL _Pragma("clang loop unroll(full)")
#define APUS_BYTE_TARGET                                                                                             \
  __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512vnni,avx2,fma"), min_vector_width(512)))

typedef int apus_byte_words __attribute__((ext_vector_type(16), aligned(4)));
typedef double apus_byte_octet __attribute__((ext_vector_type(8), aligned(8)));
typedef long long apus_byte_mask __attribute__((ext_vector_type(8)));

static inline int apus_byte_detect(void) {
  unsigned int a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (1u << 12 | 1u << 27 | 1u << 28)) != (1u << 12 | 1u << 27 | 1u << 28)) {
    return 0;
  }
  unsigned int state, high;
  __asm__("xgetbv" : "=a"(state), "=d"(high) : "c"(0));
  if ((state & 0xe6) != 0xe6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) { return 0; }
  const unsigned int wide = 1u << 5 | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // AVX2, AVX512F, DQ, BW, VL
  return (b & wide) == wide && (c & 1u << 11) != 0;
}

// See apus_byte_square.
static APUS_BYTE_TARGET void apus_byte_square_vnni(long source, long panels, long steps, const unsigned char *a, int *c,
                                                   long ldc, int *sums) {
  const long panel_bytes = steps * apus_byte_step;
  const apus_byte_words flip = (apus_byte_words)((int)0x80808080), ones = (apus_byte_words)0x01010101;
  const unsigned char *right = a + source * panel_bytes;
  apus_byte_words total[3];
  APUS_UNROLL for (int v = 0; v < 3; v++) { total[v] = *(const apus_byte_words *)(sums + source * apus_byte_panel + 16 * v); }
  for (long p = 0; p < steps; p++) {
    APUS_UNROLL for (int v = 0; v < 3; v++) {
      const apus_byte_words left = *(const apus_byte_words *)(right + p * apus_byte_step + 64 * v);
      total[v] = __builtin_ia32_vpdpbusd512(total[v], left, ones);
    }
  }
  APUS_UNROLL for (int v = 0; v < 3; v++) { *(apus_byte_words *)(sums + source * apus_byte_panel + 16 * v) = total[v]; }
  for (long i = source; i < panels; i++) {
    for (int slice = 0; slice < apus_byte_panel; slice += 8) {
      const unsigned char *left = a + i * panel_bytes, *columns = right + apus_byte_rows * slice;
      int *target = c + i * apus_byte_panel + (source * apus_byte_panel + slice) * ldc;
      apus_byte_words sum[8][3];
      APUS_UNROLL for (int j = 0; j < 8; j++) {
        APUS_UNROLL for (int v = 0; v < 3; v++) { sum[j][v] = *(const apus_byte_words *)(target + j * ldc + 16 * v); }
      }
#pragma clang loop unroll(disable)
      for (long p = 0; p < steps; p++) {
        apus_byte_words rows[3];
        APUS_UNROLL for (int v = 0; v < 3; v++) { rows[v] = *(const apus_byte_words *)(left + 64 * v); }
        APUS_UNROLL for (int j = 0; j < 8; j++) {
          apus_byte_words word = (apus_byte_words)(*(const int *)(columns + apus_byte_rows * j));
          // Opaque, so that the signs are flipped in the register and not before the broadcast.
          __asm__("" : "+v"(word));
          word ^= flip;
          APUS_UNROLL for (int v = 0; v < 3; v++) { sum[j][v] = __builtin_ia32_vpdpbusd512(sum[j][v], rows[v], word); }
        }
        left += apus_byte_step;
        columns += apus_byte_step;
      }
      APUS_UNROLL for (int j = 0; j < 8; j++) {
        APUS_UNROLL for (int v = 0; v < 3; v++) { *(apus_byte_words *)(target + j * ldc + 16 * v) = sum[j][v]; }
      }
    }
  }
}

// Adding and taking away 1.5 · 2^52 rounds to a whole number, whose last bits the sum holds.
#define APUS_BYTE_SHIFTER 6755399441055744.0

// Sixteen steps of a grid from sixteen elements; `good` stays all ones while they are on the grid.
#define APUS_BYTE_PACK(type, element)                                                                                \
  typedef element apus_byte_source_##type __attribute__((ext_vector_type(8), aligned(sizeof(element))));            \
  APUS_SIMD_INLINE APUS_BYTE_TARGET apus_byte_mask apus_byte_octet_##type(                                           \
      const element *source, double origin, double inverse, double largest, double tolerance, apus_byte_mask *good) { \
    apus_byte_octet x = __builtin_convertvector(*(const apus_byte_source_##type *)source, apus_byte_octet);          \
    if (sizeof(element) == 1) { x = __builtin_elementwise_min(x, (apus_byte_octet)largest); }                         \
    const apus_byte_octet k = (x - origin) * inverse, shifted = k + APUS_BYTE_SHIFTER;                               \
    const apus_byte_octet whole = shifted - APUS_BYTE_SHIFTER;                                                       \
    const apus_byte_octet distance = __builtin_elementwise_abs(k - whole);                                           \
    *good &= (distance <= (apus_byte_octet)tolerance) & (whole >= (apus_byte_octet)0) & (whole <= (apus_byte_octet)255); \
    return (apus_byte_mask)shifted;                                                                                  \
  }                                                                                                                  \
  static APUS_BYTE_TARGET int apus_byte_pack_vnni_##type(                                                            \
      long rows, long columns, const element *source, long row, double origin, double inverse, double largest,       \
      double tolerance, long steps, unsigned char *target) {                                                         \
    apus_byte_mask good = (apus_byte_mask)-1;                                                                        \
    int rest = 1;                                                                                                    \
    for (long first = 0; first < rows; first += apus_byte_rows, target += apus_byte_step) {                          \
      const long count = rows - first < apus_byte_rows ? rows - first : apus_byte_rows;                              \
      const element *from = source + first * row;                                                                    \
      for (long start = 0; start < columns; start += apus_byte_panel) {                                              \
        unsigned char *to = target + start * (apus_byte_rows * steps);                                               \
        const long end = columns - start < apus_byte_panel ? columns - start : apus_byte_panel;                      \
        long j = 0;                                                                                                  \
        for (; j + 16 <= end; j += 16) {                                                                             \
          apus_byte_words word = 0;                                                                                  \
          for (long i = 0; i < count; i++) {                                                                         \
            const element *line = from + i * row + start + j;                                                        \
            typedef int half __attribute__((ext_vector_type(8)));                                                    \
            const half low = __builtin_convertvector(                                                                \
                apus_byte_octet_##type(line, origin, inverse, largest, tolerance, &good), half);                     \
            const half high = __builtin_convertvector(                                                               \
                apus_byte_octet_##type(line + 8, origin, inverse, largest, tolerance, &good), half);                 \
            const apus_byte_words both = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, \
                                                                 14, 15);                                            \
            word |= (both & 255) << (int)(8 * i);                                                                    \
          }                                                                                                          \
          *(apus_byte_words *)(to + apus_byte_rows * j) = word;                                                      \
        }                                                                                                            \
        for (; j < apus_byte_panel; j++) {                                                                           \
          for (long i = 0; i < apus_byte_rows; i++) {                                                                \
            double whole = 0;                                                                                        \
            if (i < count && j < end) {                                                                              \
              double x = from[i * row + start + j];                                                                  \
              if (sizeof(element) == 1 && x > largest) { x = largest; }                                              \
              const double k = (x - origin) * inverse;                                                               \
              whole = (k + APUS_BYTE_SHIFTER) - APUS_BYTE_SHIFTER;                                                   \
              const int fits = __builtin_fabs(k - whole) <= tolerance && whole >= 0 && whole <= 255;                 \
              rest &= fits;                                                                                          \
              if (!fits) { whole = 0; }                                                                              \
            }                                                                                                        \
            to[apus_byte_rows * j + i] = (unsigned char)whole;                                                       \
          }                                                                                                          \
        }                                                                                                            \
      }                                                                                                              \
    }                                                                                                                \
    for (int lane = 0; lane < 8; lane++) { rest &= good[lane] != 0; }                                                \
    return rest;                                                                                                     \
  }

APUS_BYTE_PACK(f64, double)
APUS_BYTE_PACK(f32, float)
APUS_BYTE_PACK(u8, unsigned char)

#undef APUS_BYTE_PACK
#undef APUS_BYTE_SHIFTER
#undef APUS_BYTE_TARGET
#undef APUS_UNROLL
#endif

// Whether the processor and the operating system have the instructions. Asked once, without a lazy global of Swift's: see
// apus_matrix_register_bytes.
static inline int apus_byte_kernels_exist(void) {
#if defined(__x86_64__)
  static int known = -1;
  int exists = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (exists < 0) {
    exists = apus_byte_detect();
    __atomic_store_n(&known, exists, __ATOMIC_RELAXED);
  }
  return exists;
#else
  return 0;
#endif
}

#if defined(__x86_64__)
#define APUS_BYTE_CALL(...) return __VA_ARGS__;
#else
#define APUS_BYTE_CALL(...) __builtin_trap();
#endif

// Adds to C, column-major, for the columns j of panel `source` and the rows i of that panel and those behind it:
// Σ u_i (u_j - 128) over the packed rows; and to sums the Σ u_j of the panel's columns. `steps` in a block. The rows added
// to one C are at most 65,536, so that nothing overflows.
static inline void apus_byte_square(long source, long panels, long steps, const unsigned char *a, int *c, long ldc,
                                    int *sums) {
  APUS_BYTE_CALL(apus_byte_square_vnni(source, panels, steps, a, c, ldc, sums))
}

// Packs rows that are `row` elements apart as (x - origin) * inverse, into a block of `steps` steps of which `target` is the
// first to be written. Returns whether every element is within `tolerance` of a whole number from 0 to 255.
static inline int apus_byte_pack_f64(long rows, long columns, const double *source, long row, double origin,
                                     double inverse, double tolerance, long steps, unsigned char *target) {
  APUS_BYTE_CALL(apus_byte_pack_vnni_f64(rows, columns, source, row, origin, inverse, 255, tolerance, steps, target))
}

static inline int apus_byte_pack_f32(long rows, long columns, const float *source, long row, double origin, double inverse,
                                     double tolerance, long steps, unsigned char *target) {
  APUS_BYTE_CALL(apus_byte_pack_vnni_f32(rows, columns, source, row, origin, inverse, 255, tolerance, steps, target))
}

// Bytes, those above `largest` as `largest`.
static inline int apus_byte_pack_u8(long rows, long columns, const unsigned char *source, long row, double largest,
                                    long steps, unsigned char *target) {
  APUS_BYTE_CALL(apus_byte_pack_vnni_u8(rows, columns, source, row, 0, 1, largest, 0, steps, target))
}

#undef APUS_BYTE_CALL
#endif
