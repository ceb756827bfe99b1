/// Inner products in a fixed order of summation, so that a row gives the same bits whatever rows surround it.
enum RowProducts {
  /// Σ x_i y_i in 16 lanes.
  @inline(__always)
  static func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int) -> Double {
    var (first, second) = (SIMD8<Double>(), SIMD8<Double>())
    var i = 0
    while i &+ 16 <= count {
      first += load(x + i) * load(y + i)
      second += load(x + (i &+ 8)) * load(y + (i &+ 8))
      i &+= 16
    }
    first += second
    let half = first.lowHalf + first.highHalf
    let quarter = half.lowHalf + half.highHalf
    var sum = quarter[0] + quarter[1]
    while i < count {
      sum += x[i] * y[i]
      i &+= 1
    }
    return sum
  }

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<Double>) -> SIMD8<Double> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Double>.self)
  }
}
