/// Which singular vectors to compute.
package enum SingularVectors: Sendable {
  /// None.
  case none
  /// The first min(m, n) of each side.
  case thin
  /// Square orthogonal matrices on both sides.
  case full
}

/// A floating-point type OpenBLAS computes in: `Float` or `Double`. Where the processor has ``ProductKernels``, `gemm` and
/// `syrk` are ours.
///
/// The requirements are the routines themselves, one each, under their BLAS and LAPACK names. All matrices are
/// **column-major**: element (i, j) of `a` is `a[i + j * lda]`. Every routine runs on the calling thread alone, allocates
/// nothing that depends on the data and validates nothing: the callers in this room have checked that extents and
/// leading dimensions fit `Int32`, that leading dimensions are at least the row count and that no input is NaN.
///
/// LAPACK routines return `info`: 0 for success, −i for an illegal i-th argument (a defect of ours), positive as documented
/// at <https://www.netlib.org/lapack/explore-html/>. A workspace size of −1 asks for the best size, written to `work[0]`.
///
/// Outside this module call the parallel versions in ``BLAS``; a call through this protocol costs a few nanoseconds.
package protocol LinearAlgebraScalar: NDElement, ProductScalar {
  // MARK: BLAS

  /// C ← alpha · op(A) · op(B) + beta · C, where op(A) is m × k, op(B) is k × n; `beta == 0` ignores what C held.
  static func gemm(
    transA: Bool, transB: Bool, m: Int, n: Int, k: Int, alpha: Self, a: UnsafePointer<Self>, lda: Int,
    b: UnsafePointer<Self>, ldb: Int, beta: Self, c: UnsafeMutablePointer<Self>, ldc: Int)

  /// One triangle of C ← alpha · A · Aᵀ + beta · C (A is n × k), or with `trans` of alpha · Aᵀ · A (A is k × n).
  static func syrk(
    lower: Bool, trans: Bool, n: Int, k: Int, alpha: Self, a: UnsafePointer<Self>, lda: Int, beta: Self,
    c: UnsafeMutablePointer<Self>, ldc: Int)

  /// y ← alpha · op(A) · x + beta · y, where A is m × n.
  static func gemv(
    trans: Bool, m: Int, n: Int, alpha: Self, a: UnsafePointer<Self>, lda: Int, x: UnsafePointer<Self>, incx: Int,
    beta: Self, y: UnsafeMutablePointer<Self>, incy: Int)

  /// B ← alpha · op(A)⁻¹ · B (`left`) or alpha · B · op(A)⁻¹, where B is m × n and A is triangular.
  static func trsm(
    left: Bool, lower: Bool, trans: Bool, unit: Bool, m: Int, n: Int, alpha: Self, a: UnsafePointer<Self>, lda: Int,
    b: UnsafeMutablePointer<Self>, ldb: Int)

  /// B ← alpha · op(A) · B (`left`) or alpha · B · op(A), where B is m × n and A is triangular.
  static func trmm(
    left: Bool, lower: Bool, trans: Bool, unit: Bool, m: Int, n: Int, alpha: Self, a: UnsafePointer<Self>, lda: Int,
    b: UnsafeMutablePointer<Self>, ldb: Int)

  /// R ← B − A · X in at least twice the working precision, rounded at the end; A is n × n, the others n × `columns` with
  /// leading dimension n.
  static func residual(
    n: Int, columns: Int, a: UnsafePointer<Self>, lda: Int, x: UnsafePointer<Self>, b: UnsafePointer<Self>,
    r: UnsafeMutablePointer<Self>, work: UnsafeMutablePointer<Double>)

  // MARK: Cholesky

  static func potrf(lower: Bool, n: Int, a: UnsafeMutablePointer<Self>, lda: Int) -> Int
  /// Needs `3n` elements of `work` and `n` of `iwork`.
  static func pocon(
    lower: Bool, n: Int, a: UnsafePointer<Self>, lda: Int, anorm: Self, rcond: inout Self,
    work: UnsafeMutablePointer<Self>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int

  // MARK: LU

  static func getrf(
    m: Int, n: Int, a: UnsafeMutablePointer<Self>, lda: Int, ipiv: UnsafeMutablePointer<Int32>
  ) -> Int
  /// Needs `4n` elements of `work` and `n` of `iwork`; the 1-norm condition.
  static func gecon(
    n: Int, a: UnsafePointer<Self>, lda: Int, anorm: Self, rcond: inout Self, work: UnsafeMutablePointer<Self>,
    iwork: UnsafeMutablePointer<Int32>
  ) -> Int
  /// Needs `3n` elements of `work` and `n` of `iwork`; the 1-norm condition.
  static func trcon(
    lower: Bool, unit: Bool, n: Int, a: UnsafePointer<Self>, lda: Int, rcond: inout Self,
    work: UnsafeMutablePointer<Self>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int

  // MARK: QR

  static func geqrf(
    m: Int, n: Int, a: UnsafeMutablePointer<Self>, lda: Int, tau: UnsafeMutablePointer<Self>,
    work: UnsafeMutablePointer<Self>, lwork: Int
  ) -> Int
  static func geqp3(
    m: Int, n: Int, a: UnsafeMutablePointer<Self>, lda: Int, jpvt: UnsafeMutablePointer<Int32>,
    tau: UnsafeMutablePointer<Self>, work: UnsafeMutablePointer<Self>, lwork: Int
  ) -> Int
  static func orgqr(
    m: Int, n: Int, k: Int, a: UnsafeMutablePointer<Self>, lda: Int, tau: UnsafePointer<Self>,
    work: UnsafeMutablePointer<Self>, lwork: Int
  ) -> Int
  static func ormqr(
    left: Bool, trans: Bool, m: Int, n: Int, k: Int, a: UnsafePointer<Self>, lda: Int, tau: UnsafePointer<Self>,
    c: UnsafeMutablePointer<Self>, ldc: Int, work: UnsafeMutablePointer<Self>, lwork: Int
  ) -> Int
  /// QR of a panel (m ≥ n) with the triangular factor of its block reflector: Q = I − V · T · Vᵀ, T n × n and upper.
  static func geqrt3(
    m: Int, n: Int, a: UnsafeMutablePointer<Self>, lda: Int, t: UnsafeMutablePointer<Self>, ldt: Int
  ) -> Int

  // MARK: Singular values and eigenvalues

  /// `iwork` holds `8 min(m, n)`.
  static func gesdd(
    job: SingularVectors, m: Int, n: Int, a: UnsafeMutablePointer<Self>, lda: Int, s: UnsafeMutablePointer<Self>,
    u: UnsafeMutablePointer<Self>, ldu: Int, vt: UnsafeMutablePointer<Self>, ldvt: Int,
    work: UnsafeMutablePointer<Self>, lwork: Int, iwork: UnsafeMutablePointer<Int32>
  ) -> Int
  static func gesvd(
    job: SingularVectors, m: Int, n: Int, a: UnsafeMutablePointer<Self>, lda: Int, s: UnsafeMutablePointer<Self>,
    u: UnsafeMutablePointer<Self>, ldu: Int, vt: UnsafeMutablePointer<Self>, ldvt: Int,
    work: UnsafeMutablePointer<Self>, lwork: Int
  ) -> Int
  static func syevd(
    vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<Self>, lda: Int, w: UnsafeMutablePointer<Self>,
    work: UnsafeMutablePointer<Self>, lwork: Int, iwork: UnsafeMutablePointer<Int32>, liwork: Int
  ) -> Int
  /// Eigenvalues number `first` … `last` (1-based, ascending); `isuppz` holds twice their number, `found` their number.
  static func syevr(
    vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<Self>, lda: Int, first: Int, last: Int,
    found: inout Int, w: UnsafeMutablePointer<Self>, z: UnsafeMutablePointer<Self>, ldz: Int,
    isuppz: UnsafeMutablePointer<Int32>, work: UnsafeMutablePointer<Self>, lwork: Int,
    iwork: UnsafeMutablePointer<Int32>, liwork: Int
  ) -> Int

  // MARK: Tridiagonal and bidiagonal matrices

  /// All eigenvalues of a tridiagonal matrix, ascending, in `d`; destroys `e`.
  static func sterf(n: Int, d: UnsafeMutablePointer<Self>, e: UnsafeMutablePointer<Self>) -> Int
  /// Eigenvalues and eigenvectors of a tridiagonal matrix by QR iteration; needs `2n` elements of `work`.
  static func steqr(
    n: Int, d: UnsafeMutablePointer<Self>, e: UnsafeMutablePointer<Self>, z: UnsafeMutablePointer<Self>, ldz: Int,
    work: UnsafeMutablePointer<Self>
  ) -> Int
  /// Eigenvalues number `first` … `last` (1-based) by bisection, block by block; needs `4n` of `work`, `3n` of `iwork`.
  static func stebz(
    n: Int, first: Int, last: Int, d: UnsafePointer<Self>, e: UnsafePointer<Self>, found: inout Int,
    w: UnsafeMutablePointer<Self>, iblock: UnsafeMutablePointer<Int32>, isplit: UnsafeMutablePointer<Int32>,
    work: UnsafeMutablePointer<Self>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int
  /// Eigenvectors to the eigenvalues of `stebz` by inverse iteration; needs `5n` of `work` and `n` of `iwork`.
  static func stein(
    n: Int, d: UnsafePointer<Self>, e: UnsafePointer<Self>, m: Int, w: UnsafePointer<Self>,
    iblock: UnsafePointer<Int32>, isplit: UnsafePointer<Int32>, z: UnsafeMutablePointer<Self>, ldz: Int,
    work: UnsafeMutablePointer<Self>, iwork: UnsafeMutablePointer<Int32>, ifail: UnsafeMutablePointer<Int32>
  ) -> Int
  /// The singular value decomposition B = Q · S · Pᵀ of an upper bidiagonal matrix by QR iteration, values descending:
  /// `vt` (n × `columns`) ← Pᵀ · `vt` and `u` (`rows` × n) ← `u` · Q. Values alone where both counts are zero. Needs `4n`
  /// elements of `work`; destroys `e`.
  static func bdsqr(
    n: Int, columns: Int, rows: Int, d: UnsafeMutablePointer<Self>, e: UnsafeMutablePointer<Self>,
    vt: UnsafeMutablePointer<Self>?, ldvt: Int, u: UnsafeMutablePointer<Self>?, ldu: Int,
    work: UnsafeMutablePointer<Self>
  ) -> Int
}
