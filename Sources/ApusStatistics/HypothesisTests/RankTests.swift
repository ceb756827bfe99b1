import ApusNumerics
import RealModule

/// How a rank test finds its p-value.
public enum RankTestMethod: String, CaseIterable, Sendable {
  /// Exact for small samples without ties, else asymptotic.
  case auto
  /// By enumeration of all rank assignments, ties handled.
  case exact
  case asymptotic
}

extension HypothesisTests {
  /// Whether values of one sample tend to be larger than those of another (H. Mann, D. Whitney, Ann. Math. Stat. 18 (1947)
  /// 50–60). The statistic is U of `x`: the number of pairs with x > y, ties counting half.
  ///
  /// - Parameters:
  ///   - method: `auto` is exact when a sample has at most 8 values and there are no ties.
  ///   - continuity: subtract ½ in the normal approximation.
  ///   - confidence: with it the estimate is Hodges and Lehmann's shift between the samples, with the interval that belongs to the
  ///     test (exact for at most 50 values each without regard to ties, else from the normal approximation).
  /// - Returns: effect size: the rank-biserial correlation.
  public static func mannWhitneyU(
    _ x: NDArray, _ y: NDArray, alternative: Alternative = .twoSided, method: RankTestMethod = .auto,
    continuity: Bool = true, confidence: Double? = nil, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    if let confidence { try requireConfidence(confidence) }
    let a = try Sample(x, name: "x", missing: missing)
    let b = try Sample(y, name: "y", missing: missing)
    if a.hasMissing || b.hasMissing { return .undefined }
    let (ranks, sums) = try Ranks.pooled([a, b])
    let (m, n) = (Double(a.count), Double(b.count))
    let u = sums[0] - m * (m + 1) / 2
    let isExact = method == .exact || (method == .auto && Swift.min(m, n) <= 8 && !ranks.hasTies)
    var result: TestResult
    if isExact {
      guard a.count + b.count <= 400 else {
        throw .invalidArgument(
          name: "method", reason: "exact for \(a.count) and \(b.count) values, allowed are 400 in all")
      }
      let doubled = ranks.ranks.elements.map { Int($0 * 2) }
      let tails = try RankSumDistribution.subset(doubled, chosen: a.count, value: Int(sums[0] * 2))
      result = TestResult(u, PValue(exactTails: tails, alternative))
    } else {
      let total = m + n
      let variance = m * n / 12 * ((total + 1) - ranks.tieTerm / (total * (total - 1)))
      let deviation = variance.squareRoot()
      let distance = u - m * n / 2
      let correction = continuity ? 0.5 : 0
      let z: Double
      switch alternative {
      case .twoSided: z = Swift.max(0, distance.magnitude - correction) / deviation
      case .greater: z = (distance - correction) / deviation
      case .less: z = (distance + correction) / deviation
      }
      result = TestResult(u, .normal(z, alternative))
      result.extras = [("z", distance / deviation)]
      if deviation == 0 {
        result = .undefined("x and y: all values are equal")
        result.statistic = u
      }
    }
    (result.effectName, result.effectSize) = ("rank_biserial", 2 * u / (m * n) - 1)
    if let confidence, a.allFinite, b.allFinite {
      let (first, second) = (try a.sorted(), try b.sorted())
      let shift = HodgesLehmann.shift(first.values, second.values, alternative, confidence)
      (result.estimateName, result.estimate, result.confidenceInterval) = ("shift", shift.value, shift.interval)
    }
    return result
  }

  /// What the signed-rank test does with differences of zero.
  public enum ZeroMethod: String, CaseIterable, Sendable {
    /// Leave them out.
    case wilcox
    /// Rank them with the others, then leave out their ranks.
    case pratt
    /// Give half of their ranks to each sign.
    case zsplit
  }

  /// Whether differences are symmetric about zero (F. Wilcoxon, Biometrics Bull. 1 (1945) 80–83). The statistic is the smaller of
  /// the two rank sums, or for a one-sided alternative the sum of positive ranks.
  ///
  /// - Parameters:
  ///   - y: the differences are x − y, or x itself when nil.
  ///   - method: `auto` is exact for at most 50 differences without ties and zeros.
  ///   - correction: continuity correction of ½ in the normal approximation.
  ///   - confidence: with it the estimate is Hodges and Lehmann's pseudomedian of the differences, with the interval that belongs
  ///     to the test.
  /// - Returns: effect size: the matched-pairs rank-biserial correlation.
  public static func wilcoxonSignedRank(
    _ x: NDArray, _ y: NDArray? = nil, zeroMethod: ZeroMethod = .wilcox, alternative: Alternative = .twoSided,
    method: RankTestMethod = .auto, correction: Bool = false, confidence: Double? = nil,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    if let confidence { try requireConfidence(confidence) }
    let first: Sample
    var second: Sample?
    if let y {
      let (a, b) = try Sample.pairs(x, y, missing: missing, atLeast: 1)
      (first, second) = (a, b)
    } else {
      first = try Sample(x, name: "x", missing: missing)
    }
    if first.hasMissing { return .undefined }
    let differences = try Buffer<Double>(count: first.count)
    var (kept, zeros) = (0, 0)
    for i in 0..<first.count {
      let d = first.values[i] - (second?.values[i] ?? 0)
      if d == 0 { zeros += 1 }
      if d == 0 && zeroMethod == .wilcox { continue }
      differences[kept] = d
      kept += 1
    }
    if kept == 0 || zeros == first.count {
      return .undefined("x: all differences are zero, the test has nothing to rank")
    }
    let magnitudes = try Buffer<Double>(count: kept)
    for i in 0..<kept { magnitudes[i] = differences[i].magnitude }
    let ranks = try Ranks(UnsafeBufferPointer(magnitudes.elements))
    var (positive, negative, zeroSum) = (0.0, 0.0, 0.0)
    for i in 0..<kept {
      if differences[i] > 0 {
        positive += ranks.ranks[i]
      } else if differences[i] < 0 {
        negative += ranks.ranks[i]
      } else {
        zeroSum += ranks.ranks[i]
      }
    }
    if zeroMethod == .zsplit {
      positive += zeroSum / 2
      negative += zeroSum / 2
    }
    let statistic = alternative == .twoSided ? Swift.min(positive, negative) : positive
    let isExact = method == .exact || (method == .auto && kept <= 50 && !ranks.hasTies && zeros == 0)
    var result: TestResult
    if isExact {
      guard kept <= 2000 else {
        throw .invalidArgument(name: "method", reason: "exact for \(kept) differences, allowed are 2000")
      }
      var doubled: [Int] = []
      for i in 0..<kept where differences[i] != 0 { doubled.append(Int(2 * ranks.ranks[i])) }
      let value = Int(2 * (positive - (zeroMethod == .zsplit ? zeroSum / 2 : 0)))
      result = TestResult(
        statistic, PValue(exactTails: try RankSumDistribution.signed(doubled, value: value), alternative))
    } else {
      let n = Double(kept)
      var (mean, variance) = (n * (n + 1) / 4, n * (n + 1) * (2 * n + 1))
      var ties = ranks.tieTerm
      if zeroMethod == .pratt {
        let z = Double(zeros)
        mean -= z * (z + 1) / 4
        variance -= z * (z + 1) * (2 * z + 1)
        ties -= z * z * z - z
      }
      let error = ((variance - ties / 2) / 24).squareRoot()
      let distance = positive - mean
      let step =
        correction
        ? 0.5 * (alternative == .greater ? 1 : alternative == .less ? -1 : distance < 0 ? -1 : distance > 0 ? 1 : 0) : 0
      let z = (distance - step) / error
      result = TestResult(statistic, .normal(z, alternative))
      result.extras = [("z", z)]
    }
    (result.effectName, result.effectSize) = ("rank_biserial", (positive - negative) / (positive + negative))
    if let confidence {
      var sorted = UnsafeMutableBufferPointer(start: differences.pointer, count: kept)
      sorted.sort()
      if sorted[0].isFinite && sorted[kept - 1].isFinite {
        let centre = HodgesLehmann.pseudomedian(UnsafeBufferPointer(sorted), alternative, confidence)
        (result.estimateName, result.estimate, result.confidenceInterval) = (
          "pseudomedian", centre.value, centre.interval
        )
      }
    }
    return result
  }

  /// Whether several samples come from one distribution (W. Kruskal, W. A. Wallis, JASA 47 (1952) 583–621), corrected for ties.
  /// Effect size ε² = H / (n − 1).
  ///
  /// - Parameter confidence: with it the interval is for ε², from the noncentral chi-squared distribution that H has in large samples
  ///   (F. C. Andrews, Ann. Math. Stat. 25 (1954) 724–736).
  public static func kruskalWallis(
    _ samples: [NDArray], confidence: Double? = nil, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    if let confidence { try requireConfidence(confidence) }
    let groups = try Sample.groups(samples, missing: missing, groups: 2, atLeast: 1)
    if groups.contains(where: \.hasMissing) { return .undefined }
    let (ranks, sums) = try Ranks.pooled(groups)
    let n = Double(groups.reduce(0) { $0 + $1.count })
    let mean = (n + 1) / 2
    var statistic = 0.0
    for (sum, group) in zip(sums, groups) {
      let d = sum / Double(group.count) - mean
      statistic += Double(group.count) * d * d
    }
    let correction = 1 - ranks.tieTerm / (n * n * n - n)
    if correction <= 0 { return .undefined("samples: all values are equal") }
    statistic *= 12 / (n * (n + 1)) / correction
    let df = Double(groups.count - 1)
    var result = TestResult(statistic, .chiSquared(statistic, df))
    result.degreesOfFreedom = df
    (result.effectName, result.effectSize) = ("epsilon_squared", statistic / (n - 1))
    if let confidence { result.setNoncentralInterval(statistic, df, per: n - 1, squareRoot: false, confidence) }
    return result
  }

  /// Whether k treatments of the same n blocks differ (M. Friedman, JASA 32 (1937) 675–701), corrected for ties.
  /// Effect size: Kendall's W.
  ///
  /// - Parameter confidence: with it the interval is for W, from the noncentral chi-squared distribution that the statistic has in
  ///   large samples.
  public static func friedman(
    _ samples: [NDArray], confidence: Double? = nil, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    if let confidence { try requireConfidence(confidence) }
    let groups = try Sample.groups(samples, missing: missing == .omit ? .propagate : missing, groups: 3, atLeast: 1)
    let n = groups[0].count
    for (i, group) in groups.enumerated() where group.count != n {
      throw .shapeMismatch(name: "sample \(i)", reason: "has \(group.count) values, sample 0 has \(n)")
    }
    if missing == .propagate && groups.contains(where: \.hasMissing) { return .undefined }
    let k = groups.count
    let row = try Buffer<Double>(count: k)
    var sums = [Double](repeating: 0, count: k)
    var (ties, blocks) = (0.0, 0.0)
    for i in 0..<n {
      for j in 0..<k { row[j] = groups[j].values[i] }
      if row.elements.contains(where: \.isNaN) { continue }
      let ranks = try Ranks(UnsafeBufferPointer(row.elements))
      ties += ranks.tieTerm
      blocks += 1
      for j in 0..<k { sums[j] += ranks.ranks[j] }
    }
    let treatments = Double(k)
    let mean = blocks * (treatments + 1) / 2
    let spread = sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let correction = 1 - ties / (treatments * (treatments * treatments - 1) * blocks)
    if blocks == 0 || correction <= 0 { return .undefined("samples: no block distinguishes the treatments") }
    let statistic = 12 / (blocks * treatments * (treatments + 1)) * spread / correction
    var result = TestResult(statistic, .chiSquared(statistic, treatments - 1))
    result.degreesOfFreedom = treatments - 1
    (result.effectName, result.effectSize) = ("kendall_w", statistic / (blocks * (treatments - 1)))
    if let confidence {
      result.setNoncentralInterval(
        statistic, treatments - 1, per: blocks * (treatments - 1), squareRoot: false, confidence)
    }
    return result
  }
}

extension PValue {
  /// From both closed tails of a discrete distribution.
  init(exactTails: (atMost: Double, atLeast: Double), _ alternative: Alternative) {
    switch alternative {
    case .less: self.init(exactTails.atMost)
    case .greater: self.init(exactTails.atLeast)
    case .twoSided: self.init(Swift.min(1, 2 * Swift.min(exactTails.atMost, exactTails.atLeast)))
    }
  }
}
