/// Eigenvalues of symmetric tridiagonal matrices.
enum TridiagonalEigen {
  /// All eigenvalues, ascending, in `d`: the Pal–Walker–Kahan variant of QR iteration. Destroys `e`.
  static func values<T: LinearAlgebraScalar>(
    n: Int, d: UnsafeMutablePointer<T>, e: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    let info = T.sterf(n: n, d: d, e: e)
    try LAPACK.checkArguments(info)
    if info > 0 { throw .numericalFailure(reason: "eigh: \(info) off-diagonal elements did not converge to zero") }
  }

  /// All eigenvalues, ascending, in `d`, and eigenvectors in the columns of the n × n `z`: divide and conquer, or QR
  /// iteration on a copy should that fail. Destroys `e`.
  static func decompose<T: LinearAlgebraScalar>(
    n: Int, d: UnsafeMutablePointer<T>, e: UnsafeMutablePointer<T>, z: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    let saved = try Buffer<T>(count: 4 * n)
    saved.pointer.update(from: d, count: n)
    (saved.pointer + n).update(from: e, count: n - 1)
    do throws(ApusError) {
      try TridiagonalDivideAndConquer.decompose(n: n, d: d, e: e, z: z)
      return
    } catch {
      guard case .numericalFailure = error else { throw error }
    }
    d.update(from: saved.pointer, count: n)
    e.update(from: saved.pointer + n, count: n - 1)
    let retry = T.steqr(n: n, d: d, e: e, z: z, ldz: n, work: saved.pointer + 2 * n)
    try LAPACK.checkArguments(retry)
    if retry > 0 { throw .numericalFailure(reason: "eigh: \(retry) off-diagonal elements did not converge to zero") }
  }

  /// The eigenvalues number `range` (0-based, ascending) in `values`, n elements of room, and their eigenvectors in the
  /// columns of the n × range.count `z`: bisection and inverse iteration.
  ///
  /// - Returns: false when some eigenvector did not converge.
  static func select<T: LinearAlgebraScalar>(
    _ range: Range<Int>, n: Int, d: UnsafePointer<T>, e: UnsafePointer<T>, values: UnsafeMutablePointer<T>,
    z: UnsafeMutablePointer<T>
  ) throws(ApusError) -> Bool {
    let blocks = try Buffer<Int32>(count: 2 * n)
    let iwork = try Buffer<Int32>(count: 3 * n)
    let failed = try Buffer<Int32>(count: n)
    let work = try Buffer<T>(count: 5 * n)
    var found = 0
    let info = T.stebz(
      n: n, first: range.lowerBound + 1, last: range.upperBound, d: d, e: e, found: &found, w: values,
      iblock: blocks.pointer, isplit: blocks.pointer + n, work: work.pointer, iwork: iwork.pointer)
    try LAPACK.checkArguments(info)
    guard info == 0, found == range.count else { return false }
    let vectorInfo = T.stein(
      n: n, d: d, e: e, m: found, w: values, iblock: blocks.pointer, isplit: blocks.pointer + n, z: z, ldz: n,
      work: work.pointer, iwork: iwork.pointer, ifail: failed.pointer)
    try LAPACK.checkArguments(vectorInfo)
    guard vectorInfo == 0 else { return false }
    sort(values, z, n: n, count: found)
    withExtendedLifetime((blocks, iwork, failed, work)) {}
    return true
  }

  /// Bisection gives the eigenvalues block by block: puts the pairs in ascending order, by insertion.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private static func sort<T: LinearAlgebraScalar>(
    _ values: UnsafeMutablePointer<T>, _ z: UnsafeMutablePointer<T>, n: Int, count: Int
  ) {
    for i in 1..<Swift.max(count, 1) {
      var k = i
      while k > 0 && values[k &- 1] > values[k] {
        (values[k &- 1], values[k]) = (values[k], values[k &- 1])
        let (left, right) = (z + (k &- 1) &* n, z + k &* n)
        for row in 0..<n { (left[row], right[row]) = (right[row], left[row]) }
        k &-= 1
      }
    }
  }
}
