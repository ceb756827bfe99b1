import COpenBLAS

extension Float: LinearAlgebraScalar {
  package static func gemm(
    transA: Bool, transB: Bool, m: Int, n: Int, k: Int, alpha: Float, a: UnsafePointer<Float>, lda: Int,
    b: UnsafePointer<Float>, ldb: Int, beta: Float, c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    if let kernels = ProductKernels<Float>.available, m > 0, n > 0, k > 0, alpha != 0,
      let scratch = PackingScratch.block()
    {
      PackedProduct.multiply(
        kernels, scratch: scratch, transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b,
        ldb: ldb, beta: beta, c: c, ldc: ldc)
      return
    }
    cblas_sgemm(
      CblasColMajor, BLASFlag.transpose(transA), BLASFlag.transpose(transB), blasInt(m), blasInt(n), blasInt(k), alpha,
      a,
      blasInt(lda), b, blasInt(ldb), beta, c, blasInt(ldc))
  }

  package static func syrk(
    lower: Bool, trans: Bool, n: Int, k: Int, alpha: Float, a: UnsafePointer<Float>, lda: Int, beta: Float,
    c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    if let kernels = ProductKernels<Float>.available, n > 0, k > 0, alpha != 0, let scratch = PackingScratch.block() {
      PackedProduct.square(
        kernels, scratch: scratch, lower: lower, trans: trans, n: n, k: k, alpha: alpha, a: a, lda: lda, beta: beta,
        c: c,
        ldc: ldc)
      return
    }
    cblas_ssyrk(
      CblasColMajor, BLASFlag.triangle(lower: lower), BLASFlag.transpose(trans), blasInt(n), blasInt(k), alpha, a,
      blasInt(lda), beta, c, blasInt(ldc))
  }

  package static func gemv(
    trans: Bool, m: Int, n: Int, alpha: Float, a: UnsafePointer<Float>, lda: Int, x: UnsafePointer<Float>, incx: Int,
    beta: Float, y: UnsafeMutablePointer<Float>, incy: Int
  ) {
    cblas_sgemv(
      CblasColMajor, BLASFlag.transpose(trans), blasInt(m), blasInt(n), alpha, a, blasInt(lda), x, blasInt(incx), beta,
      y,
      blasInt(incy))
  }

  package static func trsm(
    left: Bool, lower: Bool, trans: Bool, unit: Bool, m: Int, n: Int, alpha: Float, a: UnsafePointer<Float>, lda: Int,
    b: UnsafeMutablePointer<Float>, ldb: Int
  ) {
    cblas_strsm(
      CblasColMajor, left ? CblasLeft : CblasRight, BLASFlag.triangle(lower: lower), BLASFlag.transpose(trans),
      unit ? CblasUnit : CblasNonUnit, blasInt(m), blasInt(n), alpha, a, blasInt(lda), b, blasInt(ldb))
  }

  package static func trmm(
    left: Bool, lower: Bool, trans: Bool, unit: Bool, m: Int, n: Int, alpha: Float, a: UnsafePointer<Float>, lda: Int,
    b: UnsafeMutablePointer<Float>, ldb: Int
  ) {
    cblas_strmm(
      CblasColMajor, left ? CblasLeft : CblasRight, BLASFlag.triangle(lower: lower), BLASFlag.transpose(trans),
      unit ? CblasUnit : CblasNonUnit, blasInt(m), blasInt(n), alpha, a, blasInt(lda), b, blasInt(ldb))
  }

  package static func residual(
    n: Int, columns: Int, a: UnsafePointer<Float>, lda: Int, x: UnsafePointer<Float>, b: UnsafePointer<Float>,
    r: UnsafeMutablePointer<Float>, work: UnsafeMutablePointer<Double>
  ) {
    PreciseResidual.compute(n: n, columns: columns, a: a, lda: lda, x: x, b: b, r: r, work: work)
  }

  package static func potrf(lower: Bool, n: Int, a: UnsafeMutablePointer<Float>, lda: Int) -> Int {
    Int(LAPACKE_spotrf_work(LAPACK_COL_MAJOR, LAPACKFlag.triangle(lower: lower), blasInt(n), a, blasInt(lda)))
  }

  package static func pocon(
    lower: Bool, n: Int, a: UnsafePointer<Float>, lda: Int, anorm: Float, rcond: inout Float,
    work: UnsafeMutablePointer<Float>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_spocon_work(
        LAPACK_COL_MAJOR, LAPACKFlag.triangle(lower: lower), blasInt(n), a, blasInt(lda), anorm, &rcond, work, iwork))
  }

  package static func getrf(
    m: Int, n: Int, a: UnsafeMutablePointer<Float>, lda: Int, ipiv: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(LAPACKE_sgetrf_work(LAPACK_COL_MAJOR, blasInt(m), blasInt(n), a, blasInt(lda), ipiv))
  }

  package static func gecon(
    n: Int, a: UnsafePointer<Float>, lda: Int, anorm: Float, rcond: inout Float, work: UnsafeMutablePointer<Float>,
    iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_sgecon_work(
        LAPACK_COL_MAJOR, LAPACKFlag.oneNorm, blasInt(n), a, blasInt(lda), anorm, &rcond, work, iwork))
  }

  package static func trcon(
    lower: Bool, unit: Bool, n: Int, a: UnsafePointer<Float>, lda: Int, rcond: inout Float,
    work: UnsafeMutablePointer<Float>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_strcon_work(
        LAPACK_COL_MAJOR, LAPACKFlag.oneNorm, LAPACKFlag.triangle(lower: lower), LAPACKFlag.diagonal(unit: unit),
        blasInt(n), a, blasInt(lda), &rcond, work, iwork))
  }

  package static func geqrf(
    m: Int, n: Int, a: UnsafeMutablePointer<Float>, lda: Int, tau: UnsafeMutablePointer<Float>,
    work: UnsafeMutablePointer<Float>, lwork: Int
  ) -> Int {
    Int(LAPACKE_sgeqrf_work(LAPACK_COL_MAJOR, blasInt(m), blasInt(n), a, blasInt(lda), tau, work, blasInt(lwork)))
  }

  package static func geqp3(
    m: Int, n: Int, a: UnsafeMutablePointer<Float>, lda: Int, jpvt: UnsafeMutablePointer<Int32>,
    tau: UnsafeMutablePointer<Float>, work: UnsafeMutablePointer<Float>, lwork: Int
  ) -> Int {
    Int(LAPACKE_sgeqp3_work(LAPACK_COL_MAJOR, blasInt(m), blasInt(n), a, blasInt(lda), jpvt, tau, work, blasInt(lwork)))
  }

  package static func orgqr(
    m: Int, n: Int, k: Int, a: UnsafeMutablePointer<Float>, lda: Int, tau: UnsafePointer<Float>,
    work: UnsafeMutablePointer<Float>, lwork: Int
  ) -> Int {
    Int(
      LAPACKE_sorgqr_work(
        LAPACK_COL_MAJOR, blasInt(m), blasInt(n), blasInt(k), a, blasInt(lda), tau, work, blasInt(lwork)))
  }

  package static func ormqr(
    left: Bool, trans: Bool, m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int, tau: UnsafePointer<Float>,
    c: UnsafeMutablePointer<Float>, ldc: Int, work: UnsafeMutablePointer<Float>, lwork: Int
  ) -> Int {
    Int(
      LAPACKE_sormqr_work(
        LAPACK_COL_MAJOR, LAPACKFlag.side(left: left), LAPACKFlag.transpose(trans), blasInt(m), blasInt(n), blasInt(k),
        a,
        blasInt(lda), tau, c, blasInt(ldc), work, blasInt(lwork)))
  }

  package static func geqrt3(
    m: Int, n: Int, a: UnsafeMutablePointer<Float>, lda: Int, t: UnsafeMutablePointer<Float>, ldt: Int
  ) -> Int {
    Int(LAPACKE_sgeqrt3_work(LAPACK_COL_MAJOR, blasInt(m), blasInt(n), a, blasInt(lda), t, blasInt(ldt)))
  }

  package static func gesdd(
    job: SingularVectors, m: Int, n: Int, a: UnsafeMutablePointer<Float>, lda: Int, s: UnsafeMutablePointer<Float>,
    u: UnsafeMutablePointer<Float>, ldu: Int, vt: UnsafeMutablePointer<Float>, ldvt: Int,
    work: UnsafeMutablePointer<Float>, lwork: Int, iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_sgesdd_work(
        LAPACK_COL_MAJOR, LAPACKFlag.job(job), blasInt(m), blasInt(n), a, blasInt(lda), s, u, blasInt(ldu), vt,
        blasInt(ldvt), work, blasInt(lwork), iwork))
  }

  package static func gesvd(
    job: SingularVectors, m: Int, n: Int, a: UnsafeMutablePointer<Float>, lda: Int, s: UnsafeMutablePointer<Float>,
    u: UnsafeMutablePointer<Float>, ldu: Int, vt: UnsafeMutablePointer<Float>, ldvt: Int,
    work: UnsafeMutablePointer<Float>, lwork: Int
  ) -> Int {
    Int(
      LAPACKE_sgesvd_work(
        LAPACK_COL_MAJOR, LAPACKFlag.job(job), LAPACKFlag.job(job), blasInt(m), blasInt(n), a, blasInt(lda), s, u,
        blasInt(ldu), vt, blasInt(ldvt), work, blasInt(lwork)))
  }

  package static func syevd(
    vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<Float>, lda: Int, w: UnsafeMutablePointer<Float>,
    work: UnsafeMutablePointer<Float>, lwork: Int, iwork: UnsafeMutablePointer<Int32>, liwork: Int
  ) -> Int {
    Int(
      LAPACKE_ssyevd_work(
        LAPACK_COL_MAJOR, LAPACKFlag.job(vectors: vectors), LAPACKFlag.triangle(lower: lower), blasInt(n), a,
        blasInt(lda), w, work, blasInt(lwork), iwork, blasInt(liwork)))
  }

  package static func syevr(
    vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<Float>, lda: Int, first: Int, last: Int,
    found: inout Int, w: UnsafeMutablePointer<Float>, z: UnsafeMutablePointer<Float>, ldz: Int,
    isuppz: UnsafeMutablePointer<Int32>, work: UnsafeMutablePointer<Float>, lwork: Int,
    iwork: UnsafeMutablePointer<Int32>, liwork: Int
  ) -> Int {
    var count: Int32 = 0
    let info = LAPACKE_ssyevr_work(
      LAPACK_COL_MAJOR, LAPACKFlag.job(vectors: vectors), LAPACKFlag.indexRange, LAPACKFlag.triangle(lower: lower),
      blasInt(n), a, blasInt(lda), 0, 0, blasInt(first), blasInt(last), 0, &count, w, z, blasInt(ldz), isuppz, work,
      blasInt(lwork), iwork, blasInt(liwork))
    found = Int(count)
    return Int(info)
  }
}
