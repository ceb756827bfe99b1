import COpenBLAS

/// Eigenvalues of tridiagonal and singular values of bidiagonal matrices.
extension Float {
  package static func sterf(n: Int, d: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>) -> Int {
    Int(LAPACKE_ssterf_work(blasInt(n), d, e))
  }

  package static func steqr(
    n: Int, d: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>, z: UnsafeMutablePointer<Float>, ldz: Int,
    work: UnsafeMutablePointer<Float>
  ) -> Int {
    Int(LAPACKE_ssteqr_work(LAPACK_COL_MAJOR, LAPACKFlag.identity, blasInt(n), d, e, z, blasInt(ldz), work))
  }

  package static func stebz(
    n: Int, first: Int, last: Int, d: UnsafePointer<Float>, e: UnsafePointer<Float>, found: inout Int,
    w: UnsafeMutablePointer<Float>, iblock: UnsafeMutablePointer<Int32>, isplit: UnsafeMutablePointer<Int32>,
    work: UnsafeMutablePointer<Float>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    var (count, splits): (Int32, Int32) = (0, 0)
    let info = LAPACKE_sstebz_work(
      LAPACKFlag.indexRange, LAPACKFlag.byBlock, blasInt(n), 0, 0, blasInt(first), blasInt(last), 0, d, e, &count,
      &splits, w, iblock, isplit, work, iwork)
    found = Int(count)
    return Int(info)
  }

  package static func stein(
    n: Int, d: UnsafePointer<Float>, e: UnsafePointer<Float>, m: Int, w: UnsafePointer<Float>,
    iblock: UnsafePointer<Int32>, isplit: UnsafePointer<Int32>, z: UnsafeMutablePointer<Float>, ldz: Int,
    work: UnsafeMutablePointer<Float>, iwork: UnsafeMutablePointer<Int32>, ifail: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_sstein_work(
        LAPACK_COL_MAJOR, blasInt(n), d, e, blasInt(m), w, iblock, isplit, z, blasInt(ldz), work, iwork, ifail))
  }

  package static func bdsqr(
    n: Int, columns: Int, rows: Int, d: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>,
    vt: UnsafeMutablePointer<Float>?, ldvt: Int, u: UnsafeMutablePointer<Float>?, ldu: Int,
    work: UnsafeMutablePointer<Float>
  ) -> Int {
    Int(
      LAPACKE_sbdsqr_work(
        LAPACK_COL_MAJOR, LAPACKFlag.triangle(lower: false), blasInt(n), blasInt(columns), blasInt(rows), 0, d, e, vt,
        blasInt(ldvt), u, blasInt(ldu), nil, 1, work))
  }
}
