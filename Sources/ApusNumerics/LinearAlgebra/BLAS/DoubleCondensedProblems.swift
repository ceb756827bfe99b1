import COpenBLAS

/// Eigenvalues of tridiagonal and singular values of bidiagonal matrices.
extension Double {
  package static func sterf(n: Int, d: UnsafeMutablePointer<Double>, e: UnsafeMutablePointer<Double>) -> Int {
    Int(LAPACKE_dsterf_work(blasInt(n), d, e))
  }

  package static func steqr(
    n: Int, d: UnsafeMutablePointer<Double>, e: UnsafeMutablePointer<Double>, z: UnsafeMutablePointer<Double>, ldz: Int,
    work: UnsafeMutablePointer<Double>
  ) -> Int {
    Int(LAPACKE_dsteqr_work(LAPACK_COL_MAJOR, LAPACKFlag.identity, blasInt(n), d, e, z, blasInt(ldz), work))
  }

  package static func stebz(
    n: Int, first: Int, last: Int, d: UnsafePointer<Double>, e: UnsafePointer<Double>, found: inout Int,
    w: UnsafeMutablePointer<Double>, iblock: UnsafeMutablePointer<Int32>, isplit: UnsafeMutablePointer<Int32>,
    work: UnsafeMutablePointer<Double>, iwork: UnsafeMutablePointer<Int32>
  ) -> Int {
    var (count, splits): (Int32, Int32) = (0, 0)
    let info = LAPACKE_dstebz_work(
      LAPACKFlag.indexRange, LAPACKFlag.byBlock, blasInt(n), 0, 0, blasInt(first), blasInt(last), 0, d, e, &count,
      &splits, w, iblock, isplit, work, iwork)
    found = Int(count)
    return Int(info)
  }

  package static func stein(
    n: Int, d: UnsafePointer<Double>, e: UnsafePointer<Double>, m: Int, w: UnsafePointer<Double>,
    iblock: UnsafePointer<Int32>, isplit: UnsafePointer<Int32>, z: UnsafeMutablePointer<Double>, ldz: Int,
    work: UnsafeMutablePointer<Double>, iwork: UnsafeMutablePointer<Int32>, ifail: UnsafeMutablePointer<Int32>
  ) -> Int {
    Int(
      LAPACKE_dstein_work(
        LAPACK_COL_MAJOR, blasInt(n), d, e, blasInt(m), w, iblock, isplit, z, blasInt(ldz), work, iwork, ifail))
  }

  package static func bdsqr(
    n: Int, columns: Int, rows: Int, d: UnsafeMutablePointer<Double>, e: UnsafeMutablePointer<Double>,
    vt: UnsafeMutablePointer<Double>?, ldvt: Int, u: UnsafeMutablePointer<Double>?, ldu: Int,
    work: UnsafeMutablePointer<Double>
  ) -> Int {
    Int(
      LAPACKE_dbdsqr_work(
        LAPACK_COL_MAJOR, LAPACKFlag.triangle(lower: false), blasInt(n), blasInt(columns), blasInt(rows), 0, d, e, vt,
        blasInt(ldvt), u, blasInt(ldu), nil, 1, work))
  }
}
