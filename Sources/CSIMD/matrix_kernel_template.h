// Matrix-product kernels for one element type and one instruction set; matrix_kernels.h includes this file once for each.
//
// Parameters: APUS_REAL, the element type; APUS_LANES, elements of a register; APUS_TILE_COLUMNS, columns of C that a tile
// keeps in registers; APUS_KERNEL(name), the name of this instance; APUS_KERNEL_TARGET, the attributes of its functions.
//
// Every element of C is one chain of fused multiply-adds over k in order, then one more for alpha and beta, whatever its
// place in a tile: products of the same rows and columns have the same bits in matrices of any size.

typedef APUS_REAL APUS_KERNEL(vector) __attribute__((ext_vector_type(APUS_LANES), aligned(sizeof(APUS_REAL))));
typedef APUS_REAL APUS_KERNEL(octet) __attribute__((ext_vector_type(8), aligned(sizeof(APUS_REAL))));

// C ← alpha · A · B + beta · C for one tile of `vectors` registers by `columns`, both constants after inlining.
// a: for each of k steps a column of `vectors` registers, `a_step` elements apart. b: element (p, j) at p * b_step + j *
// b_column.
APUS_SIMD_INLINE APUS_KERNEL_TARGET void APUS_KERNEL(tile)(
    const int vectors, const int columns, long k, const APUS_REAL *a, long a_step, const APUS_REAL *b, long b_step,
    long b_column, APUS_REAL alpha, APUS_REAL beta, APUS_REAL *c, long ldc) {
  APUS_KERNEL(vector) sum[APUS_TILE_COLUMNS][3];
  APUS_UNROLL for (int j = 0; j < columns; j++) {
    APUS_UNROLL for (int v = 0; v < vectors; v++) { sum[j][v] = (APUS_KERNEL(vector))0; }
  }
#pragma clang loop unroll(disable)
  for (long p = 0; p < k; p++) {
    APUS_KERNEL(vector) left[3];
    APUS_UNROLL for (int v = 0; v < vectors; v++) {
      left[v] = *(const APUS_KERNEL(vector) *)(a + v * APUS_LANES);
    }
    APUS_UNROLL for (int j = 0; j < columns; j++) {
      const APUS_KERNEL(vector) right = (APUS_KERNEL(vector))(b[j * b_column]);
      APUS_UNROLL for (int v = 0; v < vectors; v++) {
        sum[j][v] = __builtin_elementwise_fma(left[v], right, sum[j][v]);
      }
    }
    a += a_step;
    b += b_step;
  }
  const APUS_KERNEL(vector) scale = (APUS_KERNEL(vector))alpha;
  APUS_UNROLL for (int j = 0; j < columns; j++) {
    APUS_UNROLL for (int v = 0; v < vectors; v++) {
      APUS_KERNEL(vector) *target = (APUS_KERNEL(vector) *)(c + j * ldc + v * APUS_LANES);
      if (beta == 0) {
        *target = scale * sum[j][v];
      } else {
        *target = __builtin_elementwise_fma(scale, sum[j][v], beta * *target);
      }
    }
  }
}

#define APUS_TILE_CASE(vectors, columns)                                                                             \
  case (vectors) * 16 + (columns):                                                                                  \
    APUS_KERNEL(tile)(vectors, columns, k, a, a_step, b, b_step, b_column, alpha, beta, c, ldc);                     \
    break
#define APUS_TILE_CASES(columns)                                                                                     \
  APUS_TILE_CASE(1, columns);                                                                                       \
  APUS_TILE_CASE(2, columns);                                                                                       \
  APUS_TILE_CASE(3, columns)

static APUS_KERNEL_TARGET void APUS_KERNEL(any_tile)(
    int vectors, int columns, long k, const APUS_REAL *a, long a_step, const APUS_REAL *b, long b_step, long b_column,
    APUS_REAL alpha, APUS_REAL beta, APUS_REAL *c, long ldc) {
  if (b_column == 1) {
    b_column = 1;
    switch (vectors * 16 + columns) {
#if APUS_TILE_COLUMNS == 8
      APUS_TILE_CASES(8);
#endif
      APUS_TILE_CASES(4);
      APUS_TILE_CASES(2);
      APUS_TILE_CASES(1);
    }
    return;
  }
  switch (vectors * 16 + columns) {
#if APUS_TILE_COLUMNS == 8
    APUS_TILE_CASES(8);
#endif
    APUS_TILE_CASES(4);
    APUS_TILE_CASES(2);
    APUS_TILE_CASES(1);
  }
}
#undef APUS_TILE_CASES
#undef APUS_TILE_CASE

// One tile of which only `rows` rows are in C, and of these with `part` > 0 only those at or below the diagonal, with
// `part` < 0 only those at or above it; element (0, 0) of the tile is `offset` columns right of the diagonal.
static APUS_KERNEL_TARGET void APUS_KERNEL(edge_tile)(
    int rows, int columns, long k, const APUS_REAL *a, long a_step, const APUS_REAL *b, long b_step, long b_column,
    APUS_REAL alpha, APUS_REAL beta, APUS_REAL *c, long ldc, int part, long offset) {
  enum { height = 3 * APUS_LANES };
  APUS_REAL copy[APUS_TILE_COLUMNS * height] __attribute__((aligned(64)));
  const int vectors = (rows + APUS_LANES - 1) / APUS_LANES;
  for (int j = 0; j < columns; j++) {
    int first = 0, end = rows;
    if (part > 0 && offset + j > first) { first = offset + j < rows ? (int)(offset + j) : rows; }
    if (part < 0 && offset + j + 1 < end) { end = offset + j + 1 > 0 ? (int)(offset + j + 1) : 0; }
    for (int i = 0; i < vectors * APUS_LANES; i++) { copy[j * height + i] = 0; }
    if (beta != 0) {
      for (int i = first; i < end; i++) { copy[j * height + i] = c[j * ldc + i]; }
    }
  }
  APUS_KERNEL(any_tile)(vectors, columns, k, a, a_step, b, b_step, b_column, alpha, beta, copy, height);
  for (int j = 0; j < columns; j++) {
    int first = 0, end = rows;
    if (part > 0 && offset + j > first) { first = offset + j < rows ? (int)(offset + j) : rows; }
    if (part < 0 && offset + j + 1 < end) { end = offset + j + 1 > 0 ? (int)(offset + j + 1) : 0; }
    for (int i = first; i < end; i++) { c[j * ldc + i] = copy[j * height + i]; }
  }
}

// The largest width of a tile for `columns` columns that are left.
APUS_SIMD_INLINE int APUS_KERNEL(tile_width)(long columns) {
#if APUS_TILE_COLUMNS == 8
  if (columns >= 8) { return 8; }
#endif
  return columns >= 4 ? 4 : columns >= 2 ? 2 : 1;
}

// See apus_matrix_multiply_f64.
static APUS_KERNEL_TARGET void APUS_KERNEL(multiply)(
    long m, long n, long k, const APUS_REAL *a, long a_step, const APUS_REAL *b, long b_step, long b_column,
    APUS_REAL alpha, APUS_REAL beta, APUS_REAL *c, long ldc) {
  enum { height = 3 * APUS_LANES };
  for (long j = 0; j < n;) {
    const long group = n - j < APUS_TILE_COLUMNS ? n - j : APUS_TILE_COLUMNS;
    // Packed panels of B lie k * columns elements apart and are as wide as they have columns.
    const APUS_REAL *panel = b_step == 0 ? b + j * k : b + j * b_column;
    const long step = b_step == 0 ? group : b_step;
    for (long i = 0; i < m; i += height) {
      const long rows = m - i < height ? m - i : height;
      const long padded = (rows + APUS_LANES - 1) / APUS_LANES * APUS_LANES;
      const APUS_REAL *left = a_step == 0 ? a + i * k : a + i;
      const long left_step = a_step == 0 ? padded : a_step;
      for (long done = 0; done < group;) {
        const int width = APUS_KERNEL(tile_width)(group - done);
        APUS_REAL *target = c + i + (j + done) * ldc;
        if (rows == padded) {
          APUS_KERNEL(any_tile)((int)(rows / APUS_LANES), width, k, left, left_step, panel + done * b_column, step,
                                b_column, alpha, beta, target, ldc);
        } else {
          APUS_KERNEL(edge_tile)((int)rows, width, k, left, left_step, panel + done * b_column, step, b_column, alpha,
                                 beta, target, ldc, 0, 0);
        }
        done += width;
      }
    }
    j += group;
  }
}

// See apus_matrix_square_f64.
static APUS_KERNEL_TARGET void APUS_KERNEL(square)(
    long first, long end, long n, long k, const APUS_REAL *a, APUS_REAL alpha, APUS_REAL beta, int lower, APUS_REAL *c,
    long ldc) {
  enum { height = 3 * APUS_LANES };
  for (long source = first; source < end; source += height) {
    // The columns of C: slices of the panel that holds the same rows.
    const long count = n - source < height ? n - source : height;
    const long step = (count + APUS_LANES - 1) / APUS_LANES * APUS_LANES;
    for (long i = lower ? source : 0; lower ? i < n : i <= source; i += height) {
      const long rows = n - i < height ? n - i : height;
      const long padded = (rows + APUS_LANES - 1) / APUS_LANES * APUS_LANES;
      for (long done = 0; done < count;) {
        const int width = APUS_KERNEL(tile_width)(count - done);
        const long j = source + done;
        const APUS_REAL *right = a + source * k + done;
        // Registers wholly on the other side of the diagonal are left out.
        const long skipped = lower && j > i ? (j - i) / APUS_LANES * APUS_LANES : 0;
        const long kept = !lower && j + width - i < rows ? j + width - i : rows;
        const APUS_REAL *left = a + i * k + skipped;
        APUS_REAL *target = c + i + skipped + j * ldc;
        const long height_left = kept - skipped;
        const int crosses = lower ? i + skipped < j + width - 1 : i + kept > j + 1;
        if (!crosses && height_left % APUS_LANES == 0) {
          APUS_KERNEL(any_tile)((int)(height_left / APUS_LANES), width, k, left, padded, right, step, 1, alpha, beta,
                                target, ldc);
        } else {
          APUS_KERNEL(edge_tile)((int)height_left, width, k, left, padded, right, step, 1, alpha, beta, target, ldc,
                                 crosses ? (lower ? 1 : -1) : 0, j - i - skipped);
        }
        done += width;
      }
    }
  }
}

// Eight rows of eight elements become eight columns: three rounds of interleaving rows i and i + 4.
APUS_SIMD_INLINE APUS_KERNEL_TARGET void APUS_KERNEL(transpose)(const APUS_REAL *source, long row, APUS_REAL *target,
                                                                long step) {
  APUS_KERNEL(octet) x[8], y[8];
  APUS_UNROLL for (int i = 0; i < 8; i++) { x[i] = *(const APUS_KERNEL(octet) *)(source + i * row); }
  APUS_UNROLL for (int round = 0; round < 3; round++) {
    APUS_UNROLL for (int i = 0; i < 4; i++) {
      y[2 * i] = __builtin_shufflevector(x[i], x[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
      y[2 * i + 1] = __builtin_shufflevector(x[i], x[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
    APUS_UNROLL for (int i = 0; i < 8; i++) { x[i] = y[i]; }
  }
  APUS_UNROLL for (int i = 0; i < 8; i++) { *(APUS_KERNEL(octet) *)(target + i * step) = x[i]; }
}

// See apus_matrix_pack_f64.
static APUS_KERNEL_TARGET void APUS_KERNEL(pack)(long m, long k, const APUS_REAL *source, long row, long step, long panel,
                                                 long unit, APUS_REAL *target) {
  for (long start = 0; start < m; start += panel) {
    const long rows = m - start < panel ? m - start : panel;
    const long padded = (rows + unit - 1) / unit * unit;
    const APUS_REAL *from = source + start * row;
    APUS_REAL *to = target + start * k;
    long done = 0;
    if (row == 1) {
      for (; done + 8 <= rows; done += 8) {
        for (long p = 0; p < k; p++) {
          *(APUS_KERNEL(octet) *)(to + p * padded + done) = *(const APUS_KERNEL(octet) *)(from + p * step + done);
        }
      }
    } else if (step == 1) {
      for (; done + 8 <= rows; done += 8) {
        long p = 0;
        for (; p + 8 <= k; p += 8) {
          APUS_KERNEL(transpose)(from + done * row + p, row, to + p * padded + done, padded);
        }
        for (; p < k; p++) {
          for (long i = done; i < done + 8; i++) { to[p * padded + i] = from[i * row + p]; }
        }
      }
    }
    if (done == padded) { continue; }
    for (long p = 0; p < k; p++) {
      for (long i = done; i < rows; i++) { to[p * padded + i] = from[i * row + p * step]; }
      for (long i = rows; i < padded; i++) { to[p * padded + i] = 0; }
    }
  }
}

// One step of `both` for `columns` columns, a constant after inlining.
APUS_SIMD_INLINE APUS_KERNEL_TARGET void APUS_KERNEL(both_columns)(const int columns, long m, const APUS_REAL *a, long lda,
                                                                   const APUS_REAL *x, const APUS_REAL *z, APUS_REAL *y,
                                                                   APUS_REAL *s) {
  APUS_KERNEL(vector) sum[APUS_TILE_COLUMNS];
  APUS_UNROLL for (int j = 0; j < columns; j++) { sum[j] = (APUS_KERNEL(vector))0; }
  long i = 0;
#pragma clang loop unroll(disable)
  for (; i + APUS_LANES <= m; i += APUS_LANES) {
    const APUS_KERNEL(vector) right = *(const APUS_KERNEL(vector) *)(z + i);
    APUS_KERNEL(vector) left = *(APUS_KERNEL(vector) *)(y + i);
    APUS_UNROLL for (int j = 0; j < columns; j++) {
      const APUS_KERNEL(vector) element = *(const APUS_KERNEL(vector) *)(a + j * lda + i);
      left = __builtin_elementwise_fma(element, (APUS_KERNEL(vector))(x[j]), left);
      sum[j] = __builtin_elementwise_fma(element, right, sum[j]);
    }
    *(APUS_KERNEL(vector) *)(y + i) = left;
  }
  APUS_UNROLL for (int j = 0; j < columns; j++) {
    APUS_REAL total = s[j];
    APUS_UNROLL for (int lane = 0; lane < APUS_LANES; lane++) { total += sum[j][lane]; }
    for (long row = i; row < m; row++) {
      y[row] = __builtin_elementwise_fma(a[j * lda + row], x[j], y[row]);
      total = __builtin_elementwise_fma(a[j * lda + row], z[row], total);
    }
    s[j] = total;
  }
}

// See apus_matrix_both_f64.
static APUS_KERNEL_TARGET void APUS_KERNEL(both)(long m, long n, const APUS_REAL *a, long lda, const APUS_REAL *x,
                                                 const APUS_REAL *z, APUS_REAL *y, APUS_REAL *s) {
  long j = 0;
  for (; j + APUS_TILE_COLUMNS <= n; j += APUS_TILE_COLUMNS) {
    APUS_KERNEL(both_columns)(APUS_TILE_COLUMNS, m, a + j * lda, lda, x + j, z, y, s + j);
  }
  for (; j < n; j++) { APUS_KERNEL(both_columns)(1, m, a + j * lda, lda, x + j, z, y, s + j); }
}

// See apus_matrix_shift_f64.
static APUS_KERNEL_TARGET void APUS_KERNEL(shift)(long rows, long columns, const APUS_REAL *source, long row,
                                                  const APUS_REAL *shifts, const APUS_REAL *scales,
                                                  const APUS_REAL *factors, long panel, long count, long last,
                                                  APUS_REAL *target) {
  for (long i = 0; i < rows; i++) {
    const APUS_REAL *from = source + i * row;
    const APUS_REAL factor = factors == 0 ? 1 : factors[i];
    for (long start = 0; start < columns; start += panel) {
      const long end = columns - start < panel ? columns - start : panel;
      APUS_REAL *to = target + start * count + i * (last != 0 && start + panel >= columns ? last : panel);
      long j = 0;
      for (; j + APUS_LANES <= end; j += APUS_LANES) {
        const APUS_KERNEL(vector) value = *(const APUS_KERNEL(vector) *)(from + start + j);
        const APUS_KERNEL(vector) shift = *(const APUS_KERNEL(vector) *)(shifts + start + j);
        *(APUS_KERNEL(vector) *)(to + j) = (value - shift) * *(const APUS_KERNEL(vector) *)(scales + start + j) * factor;
      }
      for (; j < end; j++) { to[j] = (from[start + j] - shifts[start + j]) * scales[start + j] * factor; }
    }
  }
}

#undef APUS_REAL
#undef APUS_LANES
#undef APUS_TILE_COLUMNS
#undef APUS_KERNEL
#undef APUS_KERNEL_TARGET
