/// Scaling of a square matrix by powers of two (van der Sluis 1969): pivoting can then compare elements fairly.
package enum Equilibration {
  /// Multiplies row i by 2^rows[i], then column j by 2^columns[j], so that the largest element of every non-zero row and
  /// column lies in [1, 4). `work` is n elements.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func scale<T: LinearAlgebraScalar>(
    n: Int, a: UnsafeMutablePointer<T>, rows: UnsafeMutablePointer<Int32>, columns: UnsafeMutablePointer<Int32>,
    work: UnsafeMutablePointer<T>
  ) {
    work.update(repeating: 0, count: n)
    for j in 0..<n {
      let column = a + j &* n
      for i in 0..<n { work[i] = Swift.max(work[i], column[i].magnitude) }
    }
    for i in 0..<n { rows[i] = work[i] == 0 ? 0 : Int32(-work[i].exponent) }
    for j in 0..<n {
      let column = a + j &* n
      var largest: T = 0
      for i in 0..<n {
        column[i] = shift(column[i], by: rows[i])
        largest = Swift.max(largest, column[i].magnitude)
      }
      columns[j] = largest == 0 ? 0 : Int32(-largest.exponent)
      for i in 0..<n { column[i] = shift(column[i], by: columns[j]) }
    }
  }

  /// value · 2^exponent, where 2^exponent itself may be out of range.
  @inline(__always)
  package static func shift<T: LinearAlgebraScalar>(_ value: T, by exponent: Int32) -> T {
    if exponent == 0 { return value }
    let half = exponent / 2
    return value * T(sign: .plus, exponent: T.Exponent(half), significand: 1)
      * T(sign: .plus, exponent: T.Exponent(exponent - half), significand: 1)
  }

  /// ‖A‖₁, the largest sum of magnitudes of a column.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func oneNorm<T: LinearAlgebraScalar>(n: Int, a: UnsafePointer<T>) -> T {
    var norm: T = 0
    for j in 0..<n {
      var sum: T = 0
      for i in 0..<n { sum += a[i &+ j &* n].magnitude }
      norm = Swift.max(norm, sum)
    }
    return norm
  }
}
