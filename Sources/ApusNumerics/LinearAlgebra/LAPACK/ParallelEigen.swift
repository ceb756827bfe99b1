extension LAPACK {
  /// All eigenvalues of the symmetric n × n `a`, and eigenvectors in its columns, by parallel tridiagonalisation and divide
  /// and conquer.
  static func parallelEigen<T: LinearAlgebraScalar>(
    vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<T>, lda: Int, values: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    BLAS.mirror(n: n, lower: lower, c: a, ldc: lda)
    let reduced = try Tridiagonalization(n: n, a: a, lda: lda)
    values.update(from: reduced.diagonal.pointer, count: n)
    if vectors {
      let z = try Buffer<T>(count: n * n)
      try TridiagonalEigen.decompose(n: n, d: values, e: reduced.offDiagonal.pointer, z: z.pointer)
      try reduced.applyQ(to: z.pointer, k: n, ldz: n)
      copyColumns(m: n, n: n, from: z.pointer, lda: n, to: a, ldb: lda)
      withExtendedLifetime(z) {}
    } else {
      try TridiagonalEigen.values(n: n, d: values, e: reduced.offDiagonal.pointer)
    }
    withExtendedLifetime(reduced) {}
  }

  /// The eigenvalues number `range` and their eigenvectors in the columns of `z`, by parallel tridiagonalisation and, for
  /// few of them, bisection and inverse iteration.
  static func parallelEigen<T: LinearAlgebraScalar>(
    range: Range<Int>, vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<T>, lda: Int,
    values: UnsafeMutablePointer<T>, z: UnsafeMutablePointer<T>, ldz: Int
  ) throws(ApusError) {
    BLAS.mirror(n: n, lower: lower, c: a, ldc: lda)
    let reduced = try Tridiagonalization(n: n, a: a, lda: lda)
    let (d, e) = (reduced.diagonal.pointer, reduced.offDiagonal.pointer)
    defer { withExtendedLifetime(reduced) {} }
    if !vectors {
      try TridiagonalEigen.values(n: n, d: d, e: e)
      values.update(from: d + range.lowerBound, count: range.count)
      return
    }
    let count = range.count
    if 4 * count <= n {
      let selected = try Buffer<T>(count: n * count)
      let isFound = try TridiagonalEigen.select(
        range, n: n, d: UnsafePointer(d), e: UnsafePointer(e), values: values, z: selected.pointer)
      if isFound {
        try reduced.applyQ(to: selected.pointer, k: count, ldz: n)
        copyColumns(m: n, n: count, from: selected.pointer, lda: n, to: z, ldb: ldz)
        return
      }
    }
    let all = try Buffer<T>(count: n * n)
    try TridiagonalEigen.decompose(n: n, d: d, e: e, z: all.pointer)
    let chosen = all.pointer + range.lowerBound * n
    values.update(from: d + range.lowerBound, count: count)
    try reduced.applyQ(to: chosen, k: count, ldz: n)
    copyColumns(m: n, n: count, from: chosen, lda: n, to: z, ldb: ldz)
    withExtendedLifetime(all) {}
  }
}
