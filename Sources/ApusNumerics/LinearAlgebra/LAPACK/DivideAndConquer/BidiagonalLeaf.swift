/// Small upper bidiagonal problems, solved by QR iteration.
enum BidiagonalLeaf<T: LinearAlgebraScalar> {
  /// Elements of `work` for n rows.
  static func workCount(_ n: Int) -> Int { n * (n + 1) + 4 * n }

  /// B = U · [diag(d) 0] · Vᵀ of the upper bidiagonal matrix with n rows and n columns, or n + 1 if `isWide`; the values
  /// in descending order.
  ///
  /// A column in excess is first rotated away, from the last row up; what becomes of it, the null vector, is the last
  /// column of V.
  ///
  /// - Parameters:
  ///   - d, e: the diagonal, which receives the singular values, and the elements beside it, which are destroyed.
  ///   - u, v: square, zero, column-major.
  /// - Returns: `info` of LAPACK's `bdsqr`.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func solve(
    n: Int, isWide: Bool, d: UnsafeMutablePointer<T>, e: UnsafeMutablePointer<T>, u: UnsafeMutablePointer<T>, ldu: Int,
    v: UnsafeMutablePointer<T>, ldv: Int, work: UnsafeMutablePointer<T>
  ) -> Int {
    let columns = isWide ? n &+ 1 : n
    for i in 0..<n { u[i &* (ldu &+ 1)] = 1 }
    for i in 0..<columns { v[i &* (ldv &+ 1)] = 1 }
    if isWide { rotateLastColumnAway(n: n, d: d, e: e, v: v, ldv: ldv) }
    let vt = work
    for j in 0..<n {
      for i in 0..<columns { vt[j &+ i &* n] = v[i &+ j &* ldv] }
    }
    let info = T.bdsqr(
      n: n, columns: columns, rows: n, d: d, e: e, vt: vt, ldvt: n, u: u, ldu: ldu, work: work + n &* columns)
    for j in 0..<n {
      for i in 0..<columns { v[i &+ j &* ldv] = vt[j &+ i &* n] }
    }
    return info
  }

  /// n rotations of columns i and n, i = n − 1 … 0, that make the last column zero.
  @inline(__always)
  private static func rotateLastColumnAway(
    n: Int, d: UnsafeMutablePointer<T>, e: UnsafeMutablePointer<T>, v: UnsafeMutablePointer<T>, ldv: Int
  ) {
    var excess = e[n &- 1]
    let last = v + n &* ldv
    for i in stride(from: n &- 1, through: 0, by: -1) {
      let largest = Swift.max(d[i].magnitude, excess.magnitude)
      if largest == 0 { break }
      let (x, y) = (d[i] / largest, excess / largest)
      let length = (x * x + y * y).squareRoot()
      let (cosine, sine) = (x / length, y / length)
      d[i] = largest * length
      if i > 0 {
        excess = -sine * e[i &- 1]
        e[i &- 1] *= cosine
      }
      let column = v + i &* ldv
      for row in 0...n {
        let (p, q) = (column[row], last[row])
        column[row] = cosine * p + sine * q
        last[row] = cosine * q - sine * p
      }
    }
  }
}
