import ApusNumerics
import RealModule

/// One comparison of two groups' means.
public struct PairwiseComparison: Sendable {
  public let first: Int
  public let second: Int
  /// mean(first) − mean(second).
  public let difference: Double
  /// Studentized range statistic |difference| / error.
  public let statistic: Double
  public let pValue: Double
  public let confidenceInterval: ConfidenceInterval
}

extension HypothesisTests {
  /// Tukey's honest significant differences, with Kramer's error for unequal group sizes (C. Y. Kramer, Biometrics 12 (1956)
  /// 307–310): all pairs of means at a joint confidence.
  public static func tukeyHSD(
    _ samples: [NDArray], confidence: Double = 0.95, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> [PairwiseComparison] {
    try requireConfidence(confidence)
    let groups = try Sample.groups(samples, missing: missing, groups: 2, atLeast: 1)
    let sums = OneWaySums(groups)
    let k = groups.count
    let df = sums.total - Double(k)
    guard df > 0 else {
      throw .invalidArgument(
        name: "samples", reason: "\(Int(sums.total)) observations in \(k) groups leave no degrees of freedom")
    }
    let range = StudentizedRange(groups: Double(k), degreesOfFreedom: df)
    let critical = range.upperQuantile(1 - confidence)
    let meanSquare = sums.within.value / df
    var result: [PairwiseComparison] = []
    for i in 0..<k {
      for j in i + 1..<Swift.max(k, i + 1) {
        let error = (meanSquare / 2 * (1 / sums.counts[i] + 1 / sums.counts[j])).squareRoot() * sums.scale
        let difference =
          groups[i].hasMissing || groups[j].hasMissing ? .nan : (sums.means[i] - sums.means[j]).value * sums.scale
        let q = difference.magnitude / error
        result.append(
          PairwiseComparison(
            first: i, second: j, difference: difference, statistic: q, pValue: range.upper(q),
            confidenceInterval: ConfidenceInterval(
              lower: difference - critical * error, upper: difference + critical * error, level: confidence)))
      }
    }
    return result
  }
}
