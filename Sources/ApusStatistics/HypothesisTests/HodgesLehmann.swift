import ApusNumerics
import RealModule

/// The shift that makes a rank test indifferent, and the interval of shifts it does not reject: J. L. Hodges, E. L. Lehmann, Ann.
/// Math. Stat. 34 (1963) 598–611.
///
/// Order statistics of all differences (or averages) are found by bisection over the numbers, counting in sorted samples, without
/// forming them: O((m + n) log) each.
enum HodgesLehmann {
  typealias Estimate = (value: Double, interval: ConfidenceInterval)

  /// The median of all x − y; samples sorted.
  static func shift(
    _ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>, _ alternative: Alternative,
    _ confidence: Double
  ) -> Estimate {
    let (m, n) = (x.count, y.count)
    let total = m * n
    func count(_ t: Double) -> Int {
      var (j, found) = (0, 0)
      for i in 0..<m {
        while j < n && x[i] - y[j] > t { j += 1 }
        found += n - j
      }
      return found
    }
    let range = (x[0] - y[n - 1], x[m - 1] - y[0])
    let deviation = (Double(total) * Double(m + n + 1) / 12).squareRoot()
    return estimate(total, range, deviation, alternative, confidence, count) { tail in
      m <= 50 && n <= 50 ? rankSumQuantile(m, n, tail) : nil
    }
  }

  /// The median of the averages of all pairs, each value with itself too; the sample sorted.
  static func pseudomedian(
    _ d: UnsafeBufferPointer<Double>, _ alternative: Alternative, _ confidence: Double
  ) -> Estimate {
    let n = d.count
    let total = n * (n + 1) / 2
    func count(_ t: Double) -> Int {
      var (j, found) = (n - 1, 0)
      for i in 0..<n {
        while j >= i && 0.5 * d[i] + 0.5 * d[j] > t { j -= 1 }
        if j < i { break }
        found += j - i + 1
      }
      return found
    }
    let deviation = (Double(total) * Double(2 * n + 1) / 12).squareRoot()
    return estimate(total, (d[0], d[n - 1]), deviation, alternative, confidence, count) { tail in
      n <= 50 ? signedRankQuantile(n, tail) : nil
    }
  }

  private static func estimate(
    _ total: Int, _ range: (Double, Double), _ deviation: Double, _ alternative: Alternative, _ confidence: Double,
    _ count: (Double) -> Int, exact: (Double) -> Int?
  ) -> Estimate {
    func statistic(_ k: Int) -> Double { orderStatistic(k, range, count) }
    let value =
      total % 2 == 1
      ? statistic(total / 2 + 1) : 0.5 * statistic(total / 2) + 0.5 * statistic(total / 2 + 1)
    let tail = alternative == .twoSided ? (1 - confidence) / 2 : 1 - confidence
    // How many order statistics lie outside on one side, at least one.
    let outside =
      exact(tail)
      ?? Int((Double(total) / 2 + SpecialFunctions.normalQuantile(tail) * deviation).rounded(.down).atLeast(0))
    let k = Swift.max(outside, 1)
    return (
      value,
      ConfidenceInterval(
        lower: alternative == .less ? -.infinity : statistic(k),
        upper: alternative == .greater ? .infinity : statistic(total + 1 - k), level: confidence)
    )
  }

  /// The least number t with count(t) ≥ k, by bisection over the order of the doubles.
  private static func orderStatistic(_ k: Int, _ range: (Double, Double), _ count: (Double) -> Int) -> Double {
    func position(_ x: Double) -> Int64 {
      let bits = Int64(bitPattern: x.bitPattern)
      return bits < 0 ? Int64.min &- bits : bits
    }
    func number(_ position: Int64) -> Double {
      Double(bitPattern: UInt64(bitPattern: position < 0 ? Int64.min &- position : position))
    }
    var (low, high) = (position(range.0), position(range.1))
    if count(range.0) >= k { return range.0 }
    while high &- low > 1 || (high > 0 && low < 0 && high &- low < 0) {
      // Without overflow for ends of either sign.
      let middle = (low >> 1) &+ (high >> 1) &+ (low & high & 1)
      if middle == low || middle == high { break }
      if count(number(middle)) >= k { high = middle } else { low = middle }
    }
    return number(high)
  }

  /// The largest c with P(U < c) ≤ tail for the rank-sum statistic without ties.
  private static func rankSumQuantile(_ m: Int, _ n: Int, _ tail: Double) -> Int {
    // Coefficients of Π (1 − q^(n+i)) / (1 − qⁱ), as probabilities.
    let size = m * n
    var share = [Double](repeating: 0, count: size + 1)
    share[0] = 1
    for i in 1...m {
      for u in stride(from: size, through: n + i, by: -1) { share[u] -= share[u - n - i] }
      for u in stride(from: i, through: size, by: 1) { share[u] += share[u - i] }
    }
    let total = share.reduce(0, +)
    return quantile(share, total, tail)
  }

  /// The largest c with P(W < c) ≤ tail for the signed-rank statistic without ties.
  private static func signedRankQuantile(_ n: Int, _ tail: Double) -> Int {
    let size = n * (n + 1) / 2
    var share = [Double](repeating: 0, count: size + 1)
    share[0] = 1
    for rank in 1...n {
      for w in stride(from: size, through: rank, by: -1) { share[w] += share[w - rank] }
    }
    return quantile(share, Double.exp2(Double(n)), tail)
  }

  private static func quantile(_ share: [Double], _ total: Double, _ tail: Double) -> Int {
    var sum = 0.0
    for (c, value) in share.enumerated() {
      sum += value / total
      if sum > tail { return c }
    }
    return share.count - 1
  }
}
