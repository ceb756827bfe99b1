import ApusNumerics
import RealModule

/// Sums of squares of one classification, formed in extended precision so that data with many equal leading digits
/// (NIST's SmLs sets) keep what they hold.
struct OneWaySums {
  var counts: [Double] = []
  var means: [DoubleDouble] = []
  /// Within each group.
  var squares: [DoubleDouble] = []
  let scale: Double
  var total: Double { counts.reduce(0, +) }

  init(_ groups: [Sample]) {
    let largest = groups.map { SampleMoments($0.values).scale }.max() ?? 1
    scale = largest
    for group in groups {
      var sum = DoubleDouble(0)
      for value in group.values { sum = sum + value / largest }
      let mean = sum / Double(group.count)
      var squares = DoubleDouble(0)
      for value in group.values {
        let d = DoubleDouble(value / largest) - mean
        squares = squares + d * d
      }
      counts.append(Double(group.count))
      means.append(mean)
      self.squares.append(squares)
    }
  }

  var within: DoubleDouble { squares.reduce(DoubleDouble(0), +) }

  var grandMean: DoubleDouble {
    zip(counts, means).reduce(DoubleDouble(0)) { $0 + $1.1 * $1.0 } / total
  }

  var between: DoubleDouble {
    let mean = grandMean
    return zip(counts, means).reduce(DoubleDouble(0)) { sum, group in
      let d = group.1 - mean
      return sum + d * d * group.0
    }
  }
}

extension HypothesisTests {
  /// Whether several normal samples of equal variance have equal means: F = MS(between) / MS(within).
  ///
  /// - Parameter confidence: with it the interval is for η², from the noncentral F distribution.
  /// - Returns: effect size η²; extras: sums and means of squares, ω².
  public static func anovaOneWay(
    _ samples: [NDArray], confidence: Double? = nil, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    if let confidence { try requireConfidence(confidence) }
    let groups = try Sample.groups(samples, missing: missing, groups: 2, atLeast: 1)
    if groups.contains(where: \.hasMissing) { return .undefined }
    let sums = OneWaySums(groups)
    let (k, n) = (Double(groups.count), sums.total)
    guard n > k else {
      throw .invalidArgument(
        name: "samples", reason: "\(Int(n)) observations in \(Int(k)) groups leave no degrees of freedom")
    }
    let (between, within) = (sums.between.value, sums.within.value)
    let (meanBetween, meanWithin) = (between / (k - 1), within / (n - k))
    let f = meanBetween / meanWithin
    var result = TestResult(f, .f(f, k - 1, n - k))
    (result.degreesOfFreedom, result.denominatorDegreesOfFreedom) = (k - 1, n - k)
    (result.effectName, result.effectSize) = ("eta_squared", between / (between + within))
    let square = sums.scale * sums.scale
    result.extras = [
      ("ss_between", between * square), ("ss_within", within * square), ("ms_between", meanBetween * square),
      ("ms_within", meanWithin * square),
      ("omega_squared", (between - (k - 1) * meanWithin) / (between + within + meanWithin)),
    ]
    if let confidence, f.isFinite {
      let (lower, upper) = NoncentralityInterval.f(f, k - 1, n - k, confidence)
      (result.estimateName, result.estimate) = ("eta_squared", result.effectSize)
      result.confidenceInterval = ConfidenceInterval(
        lower: lower / (lower + n), upper: upper / (upper + n), level: confidence)
    }
    if within == 0 { result.warnings.append("samples: each is constant, the F statistic is not defined by them") }
    return result
  }

  /// One-way analysis of variance without equal variances (B. L. Welch, Biometrika 38 (1951) 330–336).
  public static func anovaWelch(
    _ samples: [NDArray], missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    let groups = try Sample.groups(samples, missing: missing, groups: 2, atLeast: 2)
    if groups.contains(where: \.hasMissing) { return .undefined }
    let sums = OneWaySums(groups)
    let k = Double(groups.count)
    let weights = zip(sums.counts, sums.squares).map { $0 * ($0 - 1) / $1.value }
    let total = weights.reduce(0, +)
    let reference = sums.means[0]
    let offsets = sums.means.map { ($0 - reference).value }
    let centre = zip(weights, offsets).reduce(0) { $0 + $1.0 * $1.1 } / total
    let between = zip(weights, offsets).reduce(0) { $0 + $1.0 * ($1.1 - centre) * ($1.1 - centre) } / (k - 1)
    let spread = zip(weights, sums.counts).reduce(0) { sum, pair in
      let share = 1 - pair.0 / total
      return sum + share * share / (pair.1 - 1)
    }
    let f = between / (1 + 2 * (k - 2) / (k * k - 1) * spread)
    let df = (k * k - 1) / (3 * spread)
    var result = TestResult(f, .f(f, k - 1, df))
    (result.degreesOfFreedom, result.denominatorDegreesOfFreedom) = (k - 1, df)
    let (b, w) = (sums.between.value, sums.within.value)
    (result.effectName, result.effectSize) = ("eta_squared", b / (b + w))
    if sums.squares.contains(where: { $0.value == 0 }) {
      result.warnings.append("samples: a constant sample has no weight, the statistic is not defined")
    }
    return result
  }
}
