import ApusNumerics
import RealModule

/// P(a, x) and Q(a, x) for one shape 1 ≤ a < 40 and many x, in vectors: the methods of ``IncompleteGamma`` with a fixed number of
/// terms on each of a few intervals of x, so that no element waits for another's convergence.
///
/// Below a + ¼ the ascending series, above Legendre's fraction (DLMF 8.7.1, 8.9.2); x^a e^(−x) / Γ(1 + a) from a logarithm in
/// pairs. Error at most 4 ulp of the smaller of P and Q.
package struct GammaTails {
  private typealias V = SIMD8<Double>
  /// Shapes that are covered.
  package static let shapes = 1.0..<40.0
  /// Upper ends of the intervals of x, as distances from a; beyond the last no more than 12 terms are needed.
  private static let distances = [0.25, 1.25, 3.5, 9, 25, 80]

  private let a: Double
  private let logFactor: DoubleDouble

  /// - Parameter shape: in ``shapes``.
  package init(shape: Double) {
    a = shape
    logFactor = -Stirling.logGamma1p(shape)
  }

  /// Replaces `count` points by P (`isLower`) or Q there; 0 or 1 below zero, NaN stays.
  package func evaluate(isLower: Bool, _ x: UnsafeMutablePointer<Double>, count: Int) {
    var lengths = [Int](repeating: 0, count: GammaTails.distances.count + 1)
    let ends = GammaTails.distances.map { a + $0 }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 256) { table in
      let reciprocals = table.baseAddress!
      BinnedLanes.transform(x, count: count, ends: ends) { interval, values, count in
        if lengths[interval] == 0 {
          lengths[interval] = interval == 0 ? prepareSeries(reciprocals) : fractionLength(from: ends[interval - 1])
        }
        if interval == 0 {
          series(values, count, reciprocals, lengths[0], isLower)
        } else {
          fraction(values, count, lengths[interval], isLower)
        }
      }
    }
  }

  /// 1/(a + n) for as many terms as the series needs at its upper end.
  private func prepareSeries(_ reciprocals: UnsafeMutablePointer<Double>) -> Int {
    var (n, term) = (0, 1.0)
    while term > 1e-18 && n < 256 {
      reciprocals[n] = 1 / (a + Double(n + 1))
      term *= (a + GammaTails.distances[0]) * reciprocals[n]
      n += 1
    }
    return n
  }

  /// Lentz's method: terms after which Legendre's fraction has settled at `x`, and so above it.
  private func fractionLength(from x: Double) -> Int {
    var (c, d, n) = (1e-300, 0.0, 1.0)
    while n < 400 {
      let numerator = n == 1 ? 1 : (n - 1) * (a - (n - 1))
      let denominator = x - a + (2 * n - 1)
      d = 1 / (denominator + numerator * d)
      c = denominator + numerator / c
      if n > 1 && (c * d - 1).magnitude < 0x1p-53 { break }
      n += 1
    }
    return Int(n) + 2
  }

  /// x^a e^(−x) / Γ(1 + a) as a pair and its exponent's shift, x limited to where it has not underflowed.
  @inline(__always)
  private func leading(
    _ x: SIMD8<Double>
  ) -> (high: SIMD8<Double>, low: SIMD8<Double>, shifted: SIMD8<Double>) {
    let x = VectorMath.clamp(x, 0x1p-1074, 1e6)
    let (logarithm, logarithmTail) = VectorMath.logPair(x)
    let shape = V(repeating: a)
    let (power, powerTail) = VectorMath.twoProduct(logarithm, shape)
    let (difference, differenceTail) = VectorMath.twoSum(power, -x)
    let (exponent, exponentTail) = VectorMath.twoSum(difference, V(repeating: logFactor.high))
    let tail =
      VectorMath.multiplyAdd(logarithmTail, shape, powerTail) + differenceTail + exponentTail
      + V(repeating: logFactor.low)
    let isOutside = exponent .< -1000
    return VectorMath.expPair(
      VectorMath.clamp(exponent, -1000, 700), VectorMath.select(isOutside, V(repeating: 0), tail))
  }

  /// Σ xⁿ / ((a+1)…(a+n)) times the leading factor, for x below a + ¼.
  private func series(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ reciprocals: UnsafePointer<Double>, _ length: Int,
    _ isLower: Bool
  ) {
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      var sum = V(repeating: 1)
      var n = length &- 1
      while n >= 0 {
        sum = VectorMath.multiplyAdd(x * V(repeating: reciprocals[n]), sum, 1)
        n &-= 1
      }
      let (high, low, shifted) = leading(x)
      let tail = VectorMath.scale(VectorMath.multiplyAdd(low, sum, high * sum), shifted)
      let lower = VectorMath.select(x .> 0, tail, V(repeating: 0))
      return isLower ? lower : 1 - lower
    }
    VectorMath.transform(values, values, count: count, kernel)
  }

  /// a times the leading factor times 1/(x+1−a − 1(1−a)/(x+3−a − …)), for x ≥ a + ¼.
  private func fraction(_ values: UnsafeMutablePointer<Double>, _ count: Int, _ length: Int, _ isLower: Bool) {
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      let base = x - V(repeating: a)
      var rest = V(repeating: 0)
      var n = Double(length)
      while n > 1 {
        let numerator = (n - 1) * (a - (n - 1))
        rest = V(repeating: numerator) / (base + V(repeating: 2 * n - 1) + rest)
        n -= 1
      }
      let factor = V(repeating: a) / (base + 1 + rest)
      let (high, low, shifted) = leading(x)
      let upper = VectorMath.scale(VectorMath.multiplyAdd(low, factor, high * factor), shifted)
      return isLower ? 1 - upper : upper
    }
    VectorMath.transform(values, values, count: count, kernel)
  }
}
