import ApusNumerics
import RealModule

extension Correlation {
  /// Kendall's τ-b, ties handled.
  ///
  /// - Parameter method: `auto` is exact without ties up to 33 observations (or with at most one discordant pair), else
  ///   asymptotic (M. G. Kendall, *Rank Correlation Methods*, 1970).
  /// - Complexity: O(n log n): discordant pairs are the exchanges of a merge sort (W. R. Knight, JASA 61 (1966) 436–439).
  public static func kendall(
    _ x: NDArray, _ y: NDArray, alternative: Alternative = .twoSided, method: RankTestMethod = .auto,
    confidence: Double = 0.95, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try HypothesisTests.requireConfidence(confidence)
    let (a, b) = try Sample.pairs(x, y, missing: missing, atLeast: 2)
    if a.hasMissing { return .undefined }
    let n = a.count
    let (u, v) = (a.values, b.values)
    // By x, equal values by y: the order of y, stably sorted by x.
    let order = try Ranks.order(v)
    if n >= RadixOrder.smallest, let base = u.baseAddress {
      try RadixOrder.sort(order.pointer, by: base, count: n)
    } else {
      var elements = order.elements
      elements.sort {
        u[$0] != u[$1] ? u[$0] < u[$1] : v[$0] != v[$1] ? v[$0] < v[$1] : $0 < $1
      }
    }
    let sorted = try Buffer<Double>(count: n)
    for i in 0..<n { sorted[i] = v[order[i]] }
    let joint = TieCounts(n) { u[order[$0]] == u[order[$0 - 1]] && v[order[$0]] == v[order[$0 - 1]] }
    let xTies = TieCounts(n) { u[order[$0]] == u[order[$0 - 1]] }
    let discordant = try exchanges(sorted.pointer, n)
    let yTies = TieCounts(n) { sorted[$0] == sorted[$0 - 1] }
    let size = Double(n)
    let total = size * (size - 1) / 2
    if xTies.pairs == total || yTies.pairs == total {
      return .undefined("\(xTies.pairs == total ? "x" : "y"): all values are equal, τ is not defined")
    }
    let difference = total - xTies.pairs - yTies.pairs + joint.pairs - 2 * discordant
    let tau = Swift.min(
      1, Swift.max(-1, difference / (total - xTies.pairs).squareRoot() / (total - yTies.pairs).squareRoot()))
    let hasTies = xTies.pairs > 0 || yTies.pairs > 0
    let isExact =
      method == .exact
      || (method == .auto && !hasTies && (n <= 33 || Swift.min(discordant, total - discordant) <= 1))
    var result: TestResult
    if isExact {
      guard !hasTies else {
        throw .invalidArgument(name: "method", reason: "exact is not available with ties")
      }
      result = TestResult(tau, PValue(exactTails: try exactTails(n, discordant, total), alternative))
    } else {
      let m = size * (size - 1)
      let variance =
        (m * (2 * size + 5) - xTies.cubic - yTies.cubic) / 18 + 2 * xTies.pairs * yTies.pairs / m
        + (n > 2 ? xTies.triples * yTies.triples / (9 * m * (size - 2)) : 0)
      let z = difference / variance.squareRoot()
      result = TestResult(tau, .normal(z, alternative))
      result.extras = [("z", z)]
    }
    (result.estimateName, result.estimate) = ("tau", tau)
    (result.effectName, result.effectSize) = ("tau_b", tau)
    // E. C. Fieller, H. O. Hartley, E. S. Pearson, Biometrika 44 (1957) 470–481: artanh τ has variance 0.437 / (n − 4).
    if n > 4 && tau.magnitude < 1 {
      let interval = HypothesisTests.normalInterval(
        Double.atanh(tau), (0.437 / (size - 4)).squareRoot(), alternative, confidence)
      result.confidenceInterval = ConfidenceInterval(
        lower: Double.tanh(interval.lower), upper: Double.tanh(interval.upper), level: confidence)
    }
    return result
  }

  /// Sums over groups of t equal values, the values being sorted.
  private struct TieCounts {
    /// Σ t(t−1)/2.
    var pairs = 0.0
    /// Σ t(t−1)(t−2).
    var triples = 0.0
    /// Σ t(t−1)(2t+5).
    var cubic = 0.0

    init(_ n: Int, _ equalsPrevious: (Int) -> Bool) {
      var start = 0
      for i in 1...n where i == n || !equalsPrevious(i) {
        let t = Double(i - start)
        pairs += t * (t - 1) / 2
        triples += t * (t - 1) * (t - 2)
        cubic += t * (t - 1) * (2 * t + 5)
        start = i
      }
    }
  }

  /// Sorts `values` by merging and counts the pairs that were out of order.
  private static func exchanges(_ values: UnsafeMutablePointer<Double>, _ n: Int) throws(ApusError) -> Double {
    let scratch = try Buffer<Double>(count: n)
    var count = 0.0
    var width = 1
    while width < n {
      var start = 0
      while start + width < n {
        let (middle, end) = (start + width, Swift.min(start + 2 * width, n))
        var (i, j, k) = (start, middle, start)
        while i < middle || j < end {
          if j >= end || (i < middle && values[i] <= values[j]) {
            scratch.pointer[k] = values[i]
            i += 1
          } else {
            scratch.pointer[k] = values[j]
            j += 1
            count += Double(middle - i)
          }
          k += 1
        }
        (values + start).update(from: scratch.pointer + start, count: end - start)
        start += 2 * width
      }
      width *= 2
    }
    return count
  }

  /// Tails of the number of concordant pairs over all permutations: (P(τ ≤ observed), P(τ ≥ observed)).
  private static func exactTails(
    _ n: Int, _ discordant: Double, _ total: Double
  ) throws(ApusError) -> (atMost: Double, atLeast: Double) {
    let least = Swift.min(discordant, total - discordant)
    guard least <= 5_000_000 / Double(n) * 20 else {
      throw .invalidArgument(name: "method", reason: "exact for \(n) observations would take too long")
    }
    let limit = Int(least)
    // Share of permutations with each number of inversions, one element joining at a time.
    let share = try Buffer<Double>(zeroed: limit + 1)
    share[0] = 1
    for size in stride(from: 2, through: n, by: 1) {
      var window = 0.0
      let previous = try Buffer<Double>(count: limit + 1)
      previous.pointer.update(from: share.pointer, count: limit + 1)
      for c in 0...limit {
        window += previous[c]
        if c >= size { window -= previous[c - size] }
        share[c] = Swift.max(0, window) / Double(size)
      }
    }
    let tail = Swift.min(1, share.elements.reduce(0, +))
    let other = Swift.min(1, 1 - tail + share[limit])
    // Few discordant pairs mean a large τ.
    return discordant <= total - discordant ? (other, tail) : (tail, other)
  }
}
