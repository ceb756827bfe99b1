extension LAPACK {
  /// All eigenvalues, ascending, of the symmetric n × n `a` (one triangle is read), and with `vectors` the eigenvectors
  /// in its columns. Divide and conquer (syevd), after our own parallel reduction from ``parallelExtent`` on.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when it does not converge.
  package static func symmetricEigen<T: LinearAlgebraScalar>(
    vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<T>, lda: Int, values: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    if n == 0 { return }
    OpenBLASThreads.assertSingle()
    if n >= parallelExtent {
      try parallelEigen(vectors: vectors, lower: lower, n: n, a: a, lda: lda, values: values)
      return
    }
    let iwork = try Buffer<Int32>(count: vectors ? 3 + 5 * n : 1)
    let work = try workspace(T.self) {
      T.syevd(
        vectors: vectors, lower: lower, n: n, a: a, lda: lda, w: values, work: $0, lwork: -1, iwork: iwork.pointer,
        liwork: iwork.count)
    }
    let info = T.syevd(
      vectors: vectors, lower: lower, n: n, a: a, lda: lda, w: values, work: work.pointer, lwork: work.count,
      iwork: iwork.pointer, liwork: iwork.count)
    try checkArguments(info)
    if info > 0 { throw .numericalFailure(reason: "eigh: \(info) off-diagonal elements did not converge to zero") }
  }

  /// The eigenvalues number `range` (0-based, in ascending order) of the symmetric n × n `a`, which is destroyed, and
  /// with `vectors` their eigenvectors in the columns of `z`. Relatively robust representations (syevr).
  ///
  /// - Parameter values: n elements of room, of which the first `range.count` are the result.
  package static func symmetricEigen<T: LinearAlgebraScalar>(
    range: Range<Int>, vectors: Bool, lower: Bool, n: Int, a: UnsafeMutablePointer<T>, lda: Int,
    values: UnsafeMutablePointer<T>, z: UnsafeMutablePointer<T>, ldz: Int
  ) throws(ApusError) {
    if n == 0 || range.isEmpty { return }
    OpenBLASThreads.assertSingle()
    if n >= parallelExtent {
      try parallelEigen(
        range: range, vectors: vectors, lower: lower, n: n, a: a, lda: lda, values: values, z: z, ldz: ldz)
      return
    }
    let isuppz = try Buffer<Int32>(count: 2 * n)
    let iwork = try Buffer<Int32>(count: 10 * n)
    var found = 0
    let work = try workspace(T.self) {
      T.syevr(
        vectors: vectors, lower: lower, n: n, a: a, lda: lda, first: range.lowerBound + 1, last: range.upperBound,
        found: &found, w: values, z: z, ldz: ldz, isuppz: isuppz.pointer, work: $0, lwork: -1, iwork: iwork.pointer,
        liwork: iwork.count)
    }
    let info = T.syevr(
      vectors: vectors, lower: lower, n: n, a: a, lda: lda, first: range.lowerBound + 1, last: range.upperBound,
      found: &found, w: values, z: z, ldz: ldz, isuppz: isuppz.pointer, work: work.pointer, lwork: work.count,
      iwork: iwork.pointer, liwork: iwork.count)
    try checkArguments(info)
    guard info == 0, found == range.count else {
      throw .numericalFailure(reason: "eigh: \(found) of \(range.count) eigenvalues converged")
    }
  }
}
