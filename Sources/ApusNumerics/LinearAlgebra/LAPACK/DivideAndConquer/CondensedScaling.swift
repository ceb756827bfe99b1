/// Brings tridiagonal and bidiagonal matrices to a size at which nothing overflows, exactly.
enum CondensedScaling {
  /// Divides the diagonal `d`, n, and the elements `e` beside it, n − 1, by a power of two so that the largest is at least
  /// 1 and less than 2, and returns that power; nil if all are zero.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func divide<T: LinearAlgebraScalar>(
    n: Int, _ d: UnsafeMutablePointer<T>, _ e: UnsafeMutablePointer<T>
  ) -> T? {
    var largest: T = 0
    for i in 0..<n { largest = Swift.max(largest, d[i].magnitude) }
    for i in 0..<n &- 1 { largest = Swift.max(largest, e[i].magnitude) }
    if largest == 0 { return nil }
    let power = T(sign: .plus, exponent: largest.exponent, significand: 1)
    for i in 0..<n { d[i] /= power }
    for i in 0..<n &- 1 { e[i] /= power }
    return power
  }
}
