import RealModule

/// Sums over the points of a discrete distribution, which lie one apart, in a time that its parameters do not change much.
enum LatticeSum {
  /// Up to this standard deviation terms are added one by one.
  private static let resolvedDeviation = 4096.0
  private static let stepsOfBlock = 64

  /// Σ term(k) over the points k of `support`, outwards from `mean`, until terms no longer count.
  ///
  /// Wide distributions are summed in blocks of equidistant k by the trapezoidal rule, whose step is small against the
  /// deviation and against the distance to the ends of the support; the Euler–Maclaurin formula with the first
  /// derivative gives the sum over all k between.
  ///
  /// - Parameters:
  ///   - support: the first point, finite, and the last, which may be infinite.
  ///   - term: smooth in k at the scale of `deviation`, except at the ends of the support.
  static func sum(
    over support: (lower: Double, upper: Double), mean: Double, deviation: Double, _ term: (Double) -> Double
  ) -> Double {
    let (least, most) = support
    let start = Swift.min(least + Swift.max((mean - least).rounded(.down), 0), most)
    guard deviation > 0 else { return term(start) }
    var sum = 0.0
    for (first, direction) in [(start, 1.0), (start - 1, -1.0)] {
      var k = first
      while k >= least && k <= most {
        let step = step(at: k, support, deviation)
        let part = step > 1 ? block(from: k, step: direction * step, term) : term(k)
        let next = k + (step > 1 ? Double(stepsOfBlock) * direction * step : direction)
        sum += part
        let isFar = (k - start).magnitude > 2 + 10 * deviation
        if !sum.isFinite || next == k || (isFar && part.magnitude <= 1e-18 * sum.magnitude) { break }
        k = next
      }
    }
    return sum
  }

  /// A power of two, so that multiples of it are exact; 1 where terms are added one by one.
  private static func step(at k: Double, _ support: (lower: Double, upper: Double), _ deviation: Double) -> Double {
    guard deviation > resolvedDeviation else { return 1 }
    let room = Swift.min(k - support.lower, support.upper - k)
    let limit = Swift.min(room / 256, deviation / 32)
    return limit < 2 ? 1 : limit.binade
  }

  /// Σ term over the points from k up to k + 64 · step, that one excluded; downwards for a negative step.
  private static func block(from k: Double, step: Double, _ term: (Double) -> Double) -> Double {
    let end = k + Double(stepsOfBlock) * step
    let (first, last) = (term(k), term(end))
    var inner = 0.5 * (first + last)
    for j in 1..<stepsOfBlock { inner += term(k + Double(j) * step) }
    /// The derivative in the direction of the step, times its length, from four neighbours.
    func slope(_ x: Double) -> Double {
      (8 * (term(x + step) - term(x - step)) - (term(x + 2 * step) - term(x - 2 * step))) / 12
    }
    let h = step.magnitude
    return h * inner + 0.5 * (first - last) - (h - 1 / h) / 12 * (slope(end) - slope(k))
  }
}
