import ApusNumerics
import RealModule

/// I_x(a, b) and its complement for one pair of shapes and many x, in vectors: the methods of ``IncompleteBeta`` with a fixed
/// number of terms on each of a few intervals of x, so that no element waits for another's convergence.
///
/// Each side of the mean a/(a+b) is divided as ``IncompleteBeta`` divides it between the series with positive terms and
/// DiDonato and Morris's fraction; x^a y^b / B(a, b) comes from logarithms in pairs. Error at most 4 ulp of the smaller tail.
package struct BetaTails {
  private typealias V = SIMD8<Double>
  /// Shapes that are covered, both of them; at least one is below ``smallerShape``.
  package static let shapes = 1.0...1000.0
  package static let smallerShape = 40.0
  private static let longest = 320

  private let a: Double
  private let b: Double
  private let logFactor: DoubleDouble
  private let factor: Double

  /// nil for shapes that are not covered.
  package init?(_ a: Double, _ b: Double) {
    guard BetaTails.shapes.contains(a), BetaTails.shapes.contains(b), Swift.min(a, b) < BetaTails.smallerShape
    else { return nil }
    (self.a, self.b) = (a, b)
    (logFactor, factor) = IncompleteBeta(a, b).powerFactor
  }

  /// Replaces `count` points by I_x(a, b) (`isLower`) or 1 − I_x(a, b) there; 0 or 1 outside (0, 1), NaN stays.
  package func evaluate(isLower: Bool, _ x: UnsafeMutablePointer<Double>, count: Int) {
    let mean = a / (a + b)
    // Where the series ends on either side, as a distance from that side's end.
    let (low, high) = (seriesEnd(a, b), seriesEnd(b, a))
    let ends = [low, Swift.max(mean, low), Swift.max(1 - high, Swift.max(mean, low))]
    var lengths = [0, 0, 0, 0]
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 8 * BetaTails.longest) { tables in
      BinnedLanes.transform(x, count: count, ends: ends) { interval, values, count in
        let table = tables.baseAddress! + 2 * interval * BetaTails.longest
        let isSwapped = interval >= 2
        let isSeries = interval == 0 || interval == 3
        let (p, q) = isSwapped ? (b, a) : (a, b)
        if lengths[interval] == 0 {
          let edges = isSwapped ? (1 - mean, high) : (mean, low)
          lengths[interval] =
            isSeries ? prepareSeries(p, q, edges.1, table) : prepareFraction(p, q, edges.0, edges.1, table)
        }
        if isSeries {
          series(values, count, table, lengths[interval], isSwapped, isLower)
        } else {
          fraction(values, count, table, lengths[interval], isSwapped, isLower)
        }
      }
    }
  }

  /// The x below which, on the side of the mean p/(p+q), the series serves.
  private func seriesEnd(_ p: Double, _ q: Double) -> Double {
    let mean = p / (p + q)
    return Swift.min(p, q) >= 4 ? Swift.min(0.3 * mean, 0.7) : Swift.min(mean, 0.7)
  }

  /// (p+q+n)/(p+1+n) for as many terms as the series needs at `x`.
  private func prepareSeries(
    _ p: Double, _ q: Double, _ x: Double, _ ratios: UnsafeMutablePointer<Double>
  ) -> Int {
    var (n, term) = (0, 1.0)
    while term > 1e-18 && n < 2 * BetaTails.longest {
      ratios[n] = (p + q + Double(n)) / (p + 1 + Double(n))
      term *= ratios[n] * x
      n += 1
    }
    return n
  }

  /// DiDonato and Morris's equation (9): coefficients of x² in the numerators, of x and of the last bracket in the denominators.
  /// Returns the number of terms after which it has settled between `low` and the mean.
  private func prepareFraction(
    _ p: Double, _ q: Double, _ mean: Double, _ low: Double, _ table: UnsafeMutablePointer<Double>
  ) -> Int {
    var length = 1
    for x in [mean, low] {
      var (c, d, n) = (1e-300, 0.0, 1)
      while n < 200 {
        let m = Double(n)
        let odd = p + 2 * m - 1
        table[3 * n] = (p + m - 1) / odd * ((p + q + m - 1) / odd) * (m * (q - m))
        table[3 * n + 1] = m * (q - m) / odd
        table[3 * n + 2] = (p + m) / (odd + 2)
        let base = 1 - (q * x - p * (1 - x))
        let numerator = table[3 * n] * x * x
        let denominator = m + table[3 * n + 1] * x + table[3 * n + 2] * (base + m * (2 - x))
        d = 1 / (denominator + numerator * d)
        c = denominator + numerator / c
        if n > 1 && (c * d - 1).magnitude < 0x1p-53 { break }
        n += 1
      }
      length = Swift.max(length, n)
    }
    return length
  }

  /// x^a y^b / B(a, b) without its constant root factor, y = 1 − x as a pair.
  @inline(__always)
  private func leading(
    _ x: SIMD8<Double>, _ y: SIMD8<Double>, _ yTail: SIMD8<Double>
  ) -> (high: SIMD8<Double>, low: SIMD8<Double>, shifted: SIMD8<Double>) {
    let (logX, logXTail) = VectorMath.logPair(x)
    let (logY, logYTail) = VectorMath.logPair(y)
    let (first, firstTail) = VectorMath.twoProduct(logX, V(repeating: a))
    let (second, secondTail) = VectorMath.twoProduct(logY, V(repeating: b))
    let (sum, sumTail) = VectorMath.twoSum(first, second)
    let (exponent, exponentTail) = VectorMath.twoSum(sum, V(repeating: logFactor.high))
    var tail = VectorMath.multiplyAdd(logXTail, V(repeating: a), firstTail)
    tail = tail + VectorMath.multiplyAdd(logYTail + yTail / y, V(repeating: b), secondTail)
    tail = tail + (sumTail + exponentTail) + V(repeating: logFactor.low)
    let isOutside = exponent .< -1000
    return VectorMath.expPair(
      VectorMath.clamp(exponent, -1000, 700), VectorMath.select(isOutside, V(repeating: 0), tail))
  }

  /// The tail `ratio` · the leading factor on its own side, put where it belongs; ends of the support.
  @inline(__always)
  private func finished(
    _ point: SIMD8<Double>, _ ratio: SIMD8<Double>, _ isSwapped: Bool, _ isLower: Bool
  ) -> SIMD8<Double> {
    let (zero, one) = (V(repeating: 0), V(repeating: 1))
    let x = VectorMath.clamp(point, 0x1p-1074, 1 - 0x1p-53)
    let (y, yTail) = VectorMath.fastTwoSum(one, -x)
    let (high, low, shifted) = leading(x, y, yTail)
    let scaled = ratio * V(repeating: factor)
    let tail = VectorMath.scale(VectorMath.multiplyAdd(low, scaled, high * scaled), shifted)
    let inside = isSwapped == isLower ? 1 - tail : tail
    let (below, above) = isLower ? (zero, one) : (one, zero)
    return VectorMath.select(point .<= 0, below, VectorMath.select(point .>= 1, above, inside))
  }

  /// (1/p) Σ (p+q)ₙ/(p+1)ₙ xⁿ.
  private func series(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ ratios: UnsafePointer<Double>, _ length: Int,
    _ isSwapped: Bool, _ isLower: Bool
  ) {
    let inverse = 1 / (isSwapped ? b : a)
    @inline(__always) func kernel(_ point: SIMD8<Double>) -> SIMD8<Double> {
      let x = VectorMath.clamp(isSwapped ? 1 - point : point, 0, 1)
      var sum = V(repeating: 1)
      var n = length &- 1
      while n >= 0 {
        sum = VectorMath.multiplyAdd(x * V(repeating: ratios[n]), sum, 1)
        n &-= 1
      }
      return finished(point, sum * V(repeating: inverse), isSwapped, isLower)
    }
    VectorMath.transform(values, values, count: count, kernel)
  }

  private func fraction(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ table: UnsafePointer<Double>, _ length: Int,
    _ isSwapped: Bool, _ isLower: Bool
  ) {
    let p = isSwapped ? b : a
    @inline(__always) func kernel(_ point: SIMD8<Double>) -> SIMD8<Double> {
      // b x − a y, without cancellation: (a + b) x − a with the product exact.
      let (product, productTail) = VectorMath.twoProduct(point, V(repeating: a + b))
      let distance = (product - V(repeating: a)) + productTail
      let base = isSwapped ? 1 + distance : 1 - distance
      let x = isSwapped ? 1 - point : point
      let square = x * x
      let rest = 2 - x
      var tail = V(repeating: 0)
      var n = length
      while n >= 1 {
        let m = V(repeating: Double(n))
        let bracket = VectorMath.multiplyAdd(m, rest, base)
        let linear = VectorMath.multiplyAdd(x, V(repeating: table[3 &* n &+ 1]), m)
        let denominator = VectorMath.multiplyAdd(bracket, V(repeating: table[3 &* n &+ 2]), linear)
        tail = square * V(repeating: table[3 &* n]) / (denominator + tail)
        n &-= 1
      }
      let ratio = 1 / VectorMath.multiplyAdd(base, V(repeating: p / (p + 1)), tail)
      return finished(point, ratio, isSwapped, isLower)
    }
    VectorMath.transform(values, values, count: count, kernel)
  }
}
