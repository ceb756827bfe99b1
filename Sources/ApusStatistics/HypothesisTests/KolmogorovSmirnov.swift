import ApusNumerics
import RealModule

/// How a Kolmogorov–Smirnov test finds its p-value.
public enum KolmogorovMethod: String, CaseIterable, Sendable {
  /// Exact up to 10,000 observations, then asymptotic.
  case auto
  case exact
  case asymptotic = "asymp"
}

extension HypothesisTests {
  /// Whether a sample follows a given continuous distribution: the largest distance between the empirical and the given
  /// cumulative function. `less` and `greater` look at one direction and are always exact, as in scipy.
  public static func kolmogorovSmirnov(
    _ x: NDArray, _ distribution: Distribution, alternative: Alternative = .twoSided,
    method: KolmogorovMethod = .auto, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    let sample = try Sample(x, name: "x", missing: missing)
    if sample.hasMissing { return .undefined }
    let sorted = try sample.sorted()
    let n = sorted.count
    var (above, below) = (0.0, 0.0)
    var (aboveAt, belowAt) = (sorted.values[0], sorted.values[0])
    for i in 0..<n {
      let cumulative = distribution.cdf(sorted.values[i])
      let up = Double(i + 1) / Double(n) - cumulative
      let down = cumulative - Double(i) / Double(n)
      if up > above { (above, aboveAt) = (up, sorted.values[i]) }
      if down > below { (below, belowAt) = (down, sorted.values[i]) }
    }
    let isExact = method == .exact || (method == .auto && n <= 10_000)
    let d: Double
    let p: Double
    switch alternative {
    case .greater: d = above
    case .less: d = below
    case .twoSided: d = Swift.max(above, below)
    }
    if alternative == .twoSided {
      p =
        isExact
        ? KolmogorovDistribution.twoSidedUpper(d, n) : KolmogorovDistribution.limitUpper(d * Double(n).squareRoot())
    } else {
      p = KolmogorovDistribution.oneSidedUpper(d, n)
    }
    var result = TestResult(d, PValue(p))
    (result.effectName, result.effectSize) = ("d", d)
    let isUp = alternative == .greater || (alternative == .twoSided && above >= below)
    result.extras = [("statistic_location", isUp ? aboveAt : belowAt), ("statistic_sign", isUp ? 1 : -1)]
    return result
  }

  /// Whether two samples come from one continuous distribution: the largest distance of their empirical cumulative functions.
  ///
  /// - Complexity: O(m n) for the exact p-value, whose null distribution is followed as a walk on the lattice of both ranks.
  public static func kolmogorovSmirnovTwoSample(
    _ x: NDArray, _ y: NDArray, alternative: Alternative = .twoSided, method: KolmogorovMethod = .auto,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    let first = try Sample(x, name: "x", missing: missing)
    let second = try Sample(y, name: "y", missing: missing)
    if first.hasMissing || second.hasMissing { return .undefined }
    let (a, b) = (try first.sorted(), try second.sorted())
    let (m, n) = (a.count, b.count)
    var (i, j) = (0, 0)
    // Distances in units of 1/(m n).
    var (above, below) = (0, 0)
    var (aboveAt, belowAt) = (a.values[0], a.values[0])
    while i < m || j < n {
      let next = j >= n || (i < m && a.values[i] <= b.values[j]) ? a.values[i] : b.values[j]
      while i < m && a.values[i] == next { i += 1 }
      while j < n && b.values[j] == next { j += 1 }
      let distance = i * n - j * m
      if distance > above { (above, aboveAt) = (distance, next) }
      if -distance > below { (below, belowAt) = (-distance, next) }
    }
    let extreme: Int
    switch alternative {
    case .greater: extreme = above
    case .less: extreme = below
    case .twoSided: extreme = Swift.max(above, below)
    }
    let d = Double(extreme) / (Double(m) * Double(n))
    let isExact = method == .exact || (method == .auto && Swift.max(m, n) <= 10_000)
    let p: Double
    if extreme == 0 {
      p = 1
    } else if isExact {
      p = try KolmogorovDistribution.twoSampleUpper(extreme, m, n, isTwoSided: alternative == .twoSided)
    } else {
      let effective = Double(m) * Double(n) / Double(m + n)
      p =
        alternative == .twoSided
        ? KolmogorovDistribution.limitUpper(d * effective.squareRoot()) : Double.exp(-2 * effective * d * d)
    }
    var result = TestResult(d, PValue(p))
    (result.effectName, result.effectSize) = ("d", d)
    let isUp = alternative == .greater || (alternative == .twoSided && above >= below)
    result.extras = [("statistic_location", isUp ? aboveAt : belowAt), ("statistic_sign", isUp ? 1 : -1)]
    return result
  }
}

/// Null distributions of the Kolmogorov–Smirnov statistics.
package enum KolmogorovDistribution {
  /// P(D⁺ₙ ≥ d), Z. Birnbaum and F. Tingey, Ann. Math. Stat. 22 (1951) 592–596: Σ d/(d + j/n) · binomial mass.
  static func oneSidedUpper(_ d: Double, _ n: Int) -> Double {
    if d <= 0 { return 1 }
    if d >= 1 { return 0 }
    let count = Double(n)
    var sum = 0.0
    for j in 0...Int((count * (1 - d)).rounded(.down)) {
      let p = d + Double(j) / count
      if p >= 1 { break }
      sum += d / p * BinomialDistribution(trials: count, probability: p).density(Double(j)).value
    }
    return Swift.min(1, sum)
  }

  /// P(Dₙ ≥ d). In the tail twice the one-sided probability, less the leading term of what was counted twice; otherwise the
  /// matrix of G. Marsaglia, W. W. Tsang, J. Wang, J. Stat. Softw. 8 (2003) 18.
  static func twoSidedUpper(_ d: Double, _ n: Int) -> Double {
    if d >= 1 { return 0 }
    if d <= 0.5 / Double(n) { return 1 }
    let square = Double(n) * d * d
    if d >= 0.5 { return Swift.min(1, 2 * oneSidedUpper(d, n)) }
    if square > (n < 500 ? 5 : 4) { return 2 * oneSidedUpper(d, n) - 2 * Double.exp(-8 * square) }
    return (try? Swift.max(0, 1 - lowerByMatrix(d, n))) ?? .nan
  }

  private static func lowerByMatrix(_ d: Double, _ n: Int) throws(ApusError) -> Double {
    let k = Int(Double(n) * d) + 1
    let m = 2 * k - 1
    let h = Double(k) - Double(n) * d
    let matrix = try Buffer<Double>(zeroed: m * m)
    for i in 0..<m { for j in 0..<m where i - j + 1 >= 0 { matrix[i * m + j] = 1 } }
    for i in 0..<m {
      matrix[i * m] -= Double.pow(h, i + 1)
      matrix[(m - 1) * m + i] -= Double.pow(h, m - i)
    }
    if 2 * h > 1 { matrix[(m - 1) * m] += Double.pow(2 * h - 1, m) }
    for i in 0..<m {
      for j in 0..<m where i - j + 1 > 0 {
        for g in 1...(i - j + 1) { matrix[i * m + j] /= Double(g) }
      }
    }
    let (power, exponent) = try Self.power(matrix, m, n)
    var value = power[(k - 1) * m + k - 1]
    var shift = exponent
    for i in 1...n {
      value = value * Double(i) / Double(n)
      if value < 0x1p-400 {
        value *= 0x1p400
        shift -= 400
      }
    }
    return value * Double.exp2(Double(shift))
  }

  /// The n-th power of an m × m matrix, scaled by a power of two.
  private static func power(_ matrix: Buffer<Double>, _ m: Int, _ n: Int) throws(ApusError) -> (Buffer<Double>, Int) {
    if n == 1 { return (matrix, 0) }
    let (half, exponent) = try power(matrix, m, n / 2)
    var result = try product(half, half, m)
    var shift = 2 * exponent
    if n % 2 == 1 { result = try product(matrix, result, m) }
    if result[(m / 2) * m + m / 2] > 0x1p400 {
      for i in 0..<m * m { result[i] *= 0x1p-400 }
      shift += 400
    }
    return (result, shift)
  }

  private static func product(_ a: Buffer<Double>, _ b: Buffer<Double>, _ m: Int) throws(ApusError) -> Buffer<Double> {
    let c = try Buffer<Double>(zeroed: m * m)
    let (p, q, r) = (a.pointer, b.pointer, c.pointer)
    for i in 0..<m {
      for k in 0..<m {
        let factor = p[i &* m &+ k]
        for j in 0..<m { r[i &* m &+ j] += factor * q[k &* m &+ j] }
      }
    }
    return c
  }

  /// The limit of P(√n Dₙ ≥ x): 2 Σ (−1)^(k−1) e^(−2k²x²), by its theta transform for small x.
  static func limitUpper(_ x: Double) -> Double {
    if x <= 0 { return 1 }
    if x < 0.82 {
      var sum = 0.0
      for k in stride(from: 1.0, through: 9, by: 2) { sum += Double.exp(-k * k * .pi * .pi / (8 * x * x)) }
      return 1 - (2 * Double.pi).squareRoot() / x * sum
    }
    var (sum, sign) = (0.0, 1.0)
    for k in stride(from: 1.0, through: 12, by: 1) {
      sum += sign * Double.exp(-2 * k * k * x * x)
      sign = -sign
    }
    return Swift.min(1, 2 * sum)
  }

  /// Probability that a random order of m and n values reaches the distance `extreme` / (m n): the sum over the places
  /// where the walk first does so. Positive terms only, so small probabilities keep their precision.
  static func twoSampleUpper(_ extreme: Int, _ m: Int, _ n: Int, isTwoSided: Bool) throws(ApusError) -> Double {
    // column[j]: probability of being at (i, j) without having reached the distance.
    let column = try Buffer<Double>(zeroed: n + 1)
    var hits = 0.0
    for i in 0...m {
      for j in 0...n {
        var here = i == 0 && j == 0 ? 1.0 : 0
        if i > 0 { here += column[j] * Double(m - i + 1) / Double(m - i + 1 + n - j) }
        if j > 0 { here += column[j - 1] * Double(n - j + 1) / Double(m - i + n - j + 1) }
        let distance = i * n - j * m
        if (isTwoSided ? abs(distance) : distance) >= extreme {
          hits += here
          here = 0
        }
        column[j] = here
      }
    }
    return Swift.min(1, hits)
  }
}
