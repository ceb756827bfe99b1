/// Σ xᵢ² in eight lanes.
enum SumOfSquares {
  @inline(__always)
  static func of<T: LinearAlgebraScalar>(_ x: UnsafePointer<T>, count: Int) -> T {
    var lanes = SIMD8<T>.zero
    let whole = count & ~7
    var i = 0
    while i < whole {
      let values = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<T>.self)
      lanes += values * values
      i &+= 8
    }
    var sum = lanes.sum()
    for i in whole..<count { sum += x[i] * x[i] }
    return sum
  }
}
