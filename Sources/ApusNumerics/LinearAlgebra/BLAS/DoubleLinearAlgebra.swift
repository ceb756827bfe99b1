import COpenBLAS

extension Double: LinearAlgebraScalar {
  package static func gemm(
    transA: Bool, transB: Bool, m: Int, n: Int, k: Int, alpha: Double, a: UnsafePointer<Double>, lda: Int,
    b: UnsafePointer<Double>, ldb: Int, beta: Double, c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    if let kernels = ProductKernels<Double>.available, m > 0, n > 0, k > 0, alpha != 0,
      let scratch = PackingScratch.block()
    {
      PackedProduct.multiply(
        kernels, scratch: scratch, transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b,
        ldb: ldb, beta: beta, c: c, ldc: ldc)
      return
    }
    cblas_dgemm(
      CblasColMajor, BLASFlag.transpose(transA), BLASFlag.transpose(transB), blasInt(m), blasInt(n), blasInt(k), alpha,
      a,
      blasInt(lda), b, blasInt(ldb), beta, c, blasInt(ldc))
  }

  package static func syrk(
    lower: Bool, trans: Bool, n: Int, k: Int, alpha: Double, a: UnsafePointer<Double>, lda: Int, beta: Double,
    c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    if let kernels = ProductKernels<Double>.available, n > 0, k > 0, alpha != 0, let scratch = PackingScratch.block() {
      PackedProduct.square(
        kernels, scratch: scratch, lower: lower, trans: trans, n: n, k: k, alpha: alpha, a: a, lda: lda, beta: beta,
        c: c,
        ldc: ldc)
      return
    }
    cblas_dsyrk(
      CblasColMajor, BLASFlag.triangle(lower: lower), BLASFlag.transpose(trans), blasInt(n), blasInt(k), alpha, a,
      blasInt(lda), beta, c, blasInt(ldc))
  }

  package static func gemv(
    trans: Bool, m: Int, n: Int, alpha: Double, a: UnsafePointer<Double>, lda: Int, x: UnsafePointer<Double>, incx: Int,
    beta: Double, y: UnsafeMutablePointer<Double>, incy: Int
  ) {
    cblas_dgemv(
      CblasColMajor, BLASFlag.transpose(trans), blasInt(m), blasInt(n), alpha, a, blasInt(lda), x, blasInt(incx), beta,
      y,
      blasInt(incy))
  }

  package static func trsm(
    left: Bool, lower: Bool, trans: Bool, unit: Bool, m: Int, n: Int, alpha: Double, a: UnsafePointer<Double>, lda: Int,
    b: UnsafeMutablePointer<Double>, ldb: Int
  ) {
    cblas_dtrsm(
      CblasColMajor, left ? CblasLeft : CblasRight, BLASFlag.triangle(lower: lower), BLASFlag.transpose(trans),
      unit ? CblasUnit : CblasNonUnit, blasInt(m), blasInt(n), alpha, a, blasInt(lda), b, blasInt(ldb))
  }

  package static func trmm(
    left: Bool, lower: Bool, trans: Bool, unit: Bool, m: Int, n: Int, alpha: Double, a: UnsafePointer<Double>, lda: Int,
    b: UnsafeMutablePointer<Double>, ldb: Int
  ) {
    cblas_dtrmm(
      CblasColMajor, left ? CblasLeft : CblasRight, BLASFlag.triangle(lower: lower), BLASFlag.transpose(trans),
      unit ? CblasUnit : CblasNonUnit, blasInt(m), blasInt(n), alpha, a, blasInt(lda), b, blasInt(ldb))
  }

  package static func residual(
    n: Int, columns: Int, a: UnsafePointer<Double>, lda: Int, x: UnsafePointer<Double>, b: UnsafePointer<Double>,
    r: UnsafeMutablePointer<Double>, work: UnsafeMutablePointer<Double>
  ) {
    PreciseResidual.compute(n: n, columns: columns, a: a, lda: lda, x: x, b: b, r: r, work: work)
  }

  package static func potrf(lower: Bool, n: Int, a: UnsafeMutablePointer<Double>, lda: Int) -> Int {
    Int(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, LAPACKFlag.triangle(lower: lower), blasInt(n), a, blasInt(lda)))
  }

  package static func pocon(
    lower: Bool, n: Int, a: UnsafePointer<Double>, lda: Int, anorm: Double, rcond: inout Double,
    work: UnsafeMutablePointer<Double>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_dpocon_work(
        LAPACK_COL_MAJOR, LAPACKFlag.triangle(lower: lower), blasInt(n), a, blasInt(lda), anorm, &rcond, work, iwork))
  }

  package static func getrf(
    m: Int, n: Int, a: UnsafeMutablePointer<Double>, lda: Int, ipiv: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, blasInt(m), blasInt(n), a, blasInt(lda), ipiv))
  }

  package static func gecon(
    n: Int, a: UnsafePointer<Double>, lda: Int, anorm: Double, rcond: inout Double, work: UnsafeMutablePointer<Double>,
    iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_dgecon_work(
        LAPACK_COL_MAJOR, LAPACKFlag.oneNorm, blasInt(n), a, blasInt(lda), anorm, &rcond, work, iwork))
  }

  package static func trcon(
    lower: Bool, unit: Bool, n: Int, a: UnsafePointer<Double>, lda: Int, rcond: inout Double,
    work: UnsafeMutablePointer<Double>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_dtrcon_work(
        LAPACK_COL_MAJOR, LAPACKFlag.oneNorm, LAPACKFlag.triangle(lower: lower), LAPACKFlag.diagonal(unit: unit),
        blasInt(n), a, blasInt(lda), &rcond, work, iwork))
  }

  package static func geqrf(
    m: Int, n: Int, a: UnsafeMutablePointer<Double>, lda: Int, tau: UnsafeMutablePointer<Double>,
    work: UnsafeMutablePointer<Double>, lwork: Int
  ) -> Int {
    Int(LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, blasInt(m), blasInt(n), a, blasInt(lda), tau, work, blasInt(lwork)))
  }

  package static func geqp3(
    m: Int, n: Int, a: UnsafeMutablePointer<Double>, lda: Int, jpvt: UnsafeMutablePointer<Int32>,
    tau: UnsafeMutablePointer<Double>, work: UnsafeMutablePointer<Double>, lwork: Int
  ) -> Int {
    Int(LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, blasInt(m), blasInt(n), a, blasInt(lda), jpvt, tau, work, blasInt(lwork)))
  }

  package static func orgqr(
    m: Int, n: Int, k: Int, a: UnsafeMutablePointer<Double>, lda: Int, tau: UnsafePointer<Double>,
    work: UnsafeMutablePointer<Double>, lwork: Int
  ) -> Int {
    Int(
      LAPACKE_dorgqr_work(
        LAPACK_COL_MAJOR, blasInt(m), blasInt(n), blasInt(k), a, blasInt(lda), tau, work, blasInt(lwork)))
  }

  package static func ormqr(
    left: Bool, trans: Bool, m: Int, n: Int, k: Int, a: UnsafePointer<Double>, lda: Int, tau: UnsafePointer<Double>,
    c: UnsafeMutablePointer<Double>, ldc: Int, work: UnsafeMutablePointer<Double>, lwork: Int
  ) -> Int {
    Int(
      LAPACKE_dormqr_work(
        LAPACK_COL_MAJOR, LAPACKFlag.side(left: left), LAPACKFlag.transpose(trans), blasInt(m), blasInt(n), blasInt(k),
        a,
        blasInt(lda), tau, c, blasInt(ldc), work, blasInt(lwork)))
  }

  package static func geqrt3(
    m: Int, n: Int, a: UnsafeMutablePointer<Double>, lda: Int, t: UnsafeMutablePointer<Double>, ldt: Int
  ) -> Int {
    Int(LAPACKE_dgeqrt3_work(LAPACK_COL_MAJOR, blasInt(m), blasInt(n), a, blasInt(lda), t, blasInt(ldt)))
  }

  package static func gesdd(
    job: SingularVectors, m: Int, n: Int, a: UnsafeMutablePointer<Double>, lda: Int, s: UnsafeMutablePointer<Double>,
    u: UnsafeMutablePointer<Double>, ldu: Int, vt: UnsafeMutablePointer<Double>, ldvt: Int,
    work: UnsafeMutablePointer<Double>, lwork: Int, iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_dgesdd_work(
        LAPACK_COL_MAJOR, LAPACKFlag.job(job), blasInt(m), blasInt(n), a, blasInt(lda), s, u, blasInt(ldu), vt,
        blasInt(ldvt), work, blasInt(lwork), iwork))
  }

  package static func gesvd(
    job: SingularVectors, m: Int, n: Int, a: UnsafeMutablePointer<Double>, lda: Int, s: UnsafeMutablePointer<Double>,
    u: UnsafeMutablePointer<Double>, ldu: Int, vt: UnsafeMutablePointer<Double>, ldvt: Int,
    work: UnsafeMutablePointer<Double>, lwork: Int
  ) -> Int {
    Int(
      LAPACKE_dgesvd_work(
        LAPACK_COL_MAJOR, LAPACKFlag.job(job), LAPACKFlag.job(job), blasInt(m), blasInt(n), a, blasInt(lda), s, u,
        blasInt(ldu), vt, blasInt(ldvt), work, blasInt(lwork)))
  }

  package static func syevd(
    vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<Double>, lda: Int, w: UnsafeMutablePointer<Double>,
    work: UnsafeMutablePointer<Double>, lwork: Int, iwork: UnsafeMutablePointer<Int32>, liwork: Int
  ) -> Int {
    Int(
      LAPACKE_dsyevd_work(
        LAPACK_COL_MAJOR, LAPACKFlag.job(vectors: vectors), LAPACKFlag.triangle(lower: lower), blasInt(n), a,
        blasInt(lda), w, work, blasInt(lwork), iwork, blasInt(liwork)))
  }

  package static func syevr(
    vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<Double>, lda: Int, first: Int, last: Int,
    found: inout Int, w: UnsafeMutablePointer<Double>, z: UnsafeMutablePointer<Double>, ldz: Int,
    isuppz: UnsafeMutablePointer<Int32>, work: UnsafeMutablePointer<Double>, lwork: Int,
    iwork: UnsafeMutablePointer<Int32>, liwork: Int
  ) -> Int {
    var count: Int32 = 0
    let info = LAPACKE_dsyevr_work(
      LAPACK_COL_MAJOR, LAPACKFlag.job(vectors: vectors), LAPACKFlag.indexRange, LAPACKFlag.triangle(lower: lower),
      blasInt(n), a, blasInt(lda), 0, 0, blasInt(first), blasInt(last), 0, &count, w, z, blasInt(ldz), isuppz, work,
      blasInt(lwork), iwork, blasInt(liwork))
    found = Int(count)
    return Int(info)
  }
}
