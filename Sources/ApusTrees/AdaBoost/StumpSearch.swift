import ApusNumerics

/// Best one-split trees for changing weights: every feature is sorted once, and a search is one pass over each.
///
/// Weights are such that their sums are exact (see ``BoostingWeights``), and scores are functions of these sums alone:
/// what is found does not depend on the order of the rows or on rows being repeated instead of weighted.
final class StumpSearch: @unchecked Sendable {
  /// A tree with one split and the weight of each class on both sides.
  struct Stump {
    var feature: Int
    var threshold: Double
    /// Ranks up to this go left.
    var lowerRank: Int
    var left: [Double]
    var right: [Double]
  }

  private struct Candidate {
    var score = -Double.infinity
    /// The last row on the left, in the order of the feature.
    var position = -1
  }

  private static let lastOfRank: UInt32 = 1 << 31
  private static let rowMask: UInt32 = lastOfRank - 1
  private let table: RankedFeatures
  private let classes: Buffer<UInt32>
  private let classCount: Int
  /// Rows of every feature in ascending order; the top bit marks the last row of a value.
  private let order: Buffer<UInt32>
  private let counters: Buffer<Double>
  /// For two classes: the weight of every row, negative for the second.
  private let signed: Buffer<Double>

  /// - Parameters:
  ///   - table: ranks without missing values.
  ///   - classes: class of every row.
  init(_ table: RankedFeatures, classes: Buffer<UInt32>, classCount: Int) throws {
    self.table = table
    self.classes = classes
    self.classCount = classCount
    let (rows, features) = (table.rows, table.features)
    let order = try Buffer<UInt32>(count: try checkedCount([rows, features], stride: 1))
    self.order = order
    counters = try Buffer(count: 2 * classCount * features)
    signed = try Buffer(count: classCount == 2 ? rows : 0)
    try ThreadPool.parallelForThrowing(tasks: features) { feature in
      let ranks = table.ranks.pointer + feature * rows
      let places = try Buffer<UInt32>(zeroed: table.rankCount(feature) + 1)
      for row in 0..<rows { places.pointer[Int(ranks[row]) + 1] += 1 }
      for rank in 0..<table.rankCount(feature) { places.pointer[rank + 1] += places.pointer[rank] }
      let sorted = order.pointer + feature * rows
      for row in 0..<rows {
        sorted[Int(places.pointer[Int(ranks[row])])] = UInt32(row)
        places.pointer[Int(ranks[row])] += 1
      }
      for rank in 0..<table.rankCount(feature) { sorted[Int(places.pointer[rank]) - 1] |= StumpSearch.lastOfRank }
    }
  }

  /// The stump of least weighted Gini impurity; the first feature and the lowest threshold win ties; nil when all
  /// features are constant.
  ///
  /// - Complexity: O(rows · features).
  func best(weights: UnsafePointer<Double>, total: Double) throws -> Stump? {
    let (rows, features) = (table.rows, table.features)
    let totals = try Buffer<Double>(zeroed: classCount)
    for row in 0..<rows { totals.pointer[Int(classes[row])] += weights[row] }
    if classCount == 2 { for row in 0..<rows { signed[row] = classes[row] == 0 ? weights[row] : -weights[row] } }
    let candidates = try Buffer<Candidate>(count: features)
    ThreadPool.parallelFor(tasks: features) { feature in
      candidates.pointer[feature] =
        classCount == 2
        ? scanBinary(feature, total: total, difference: totals[0] - totals[1])
        : scan(feature, weights: weights, totals: totals.pointer, total: total)
    }
    var best = -1
    for feature in 0..<features where candidates.pointer[feature].position >= 0 {
      if best < 0 || candidates.pointer[feature].score > candidates.pointer[best].score { best = feature }
    }
    guard best >= 0 else { return nil }
    let ranks = table.ranks.pointer + best * rows
    let sorted = order.pointer + best * rows + candidates.pointer[best].position
    let lower = Int(ranks[Int(sorted[0] & StumpSearch.rowMask)])
    let upper = Int(ranks[Int(sorted[1] & StumpSearch.rowMask)])
    var left = [Double](repeating: 0, count: classCount)
    var right = left
    for row in 0..<rows {
      if Int(ranks[row]) <= lower {
        left[Int(classes[row])] += weights[row]
      } else {
        right[Int(classes[row])] += weights[row]
      }
    }
    return Stump(
      feature: best, threshold: table.threshold(feature: best, left: lower, right: upper), lowerRank: lower,
      left: left, right: right)
  }

  /// One pass over a feature for two classes: with the weight w and the difference d of the classes on a side,
  /// Gini's score `(w₀² + w₁²) / w` is `(w + d² / w) / 2`.
  private func scanBinary(_ feature: Int, total: Double, difference: Double) -> Candidate {
    let sorted = order.pointer + feature &* table.rows
    let signed = signed.pointer
    var best = Candidate()
    var (weight, left) = (0.0, 0.0)
    for i in 0..<max(table.rows &- 1, 0) {
      let entry = sorted[i]
      let term = signed[Int(entry & StumpSearch.rowMask)]
      left += term
      weight += term.magnitude
      if entry & StumpSearch.lastOfRank == 0 { continue }
      let (right, other) = (difference - left, total - weight)
      let score = (left * left * other + right * right * weight) / (weight * other)
      if score > best.score { best = Candidate(score: score, position: i) }
    }
    return best
  }

  /// One pass over a feature for any number of classes.
  private func scan(
    _ feature: Int, weights: UnsafePointer<Double>, totals: UnsafePointer<Double>, total: Double
  ) -> Candidate {
    let sorted = order.pointer + feature &* table.rows
    let left = counters.pointer + 2 &* feature &* classCount
    left.update(repeating: 0, count: classCount)
    let classes = classes.pointer
    var best = Candidate()
    var weight = 0.0
    for i in 0..<max(table.rows &- 1, 0) {
      let entry = sorted[i]
      let row = Int(entry & StumpSearch.rowMask)
      left[Int(classes[row])] += weights[row]
      weight += weights[row]
      if entry & StumpSearch.lastOfRank == 0 { continue }
      let other = total - weight
      var (a, b) = (0.0, 0.0)
      for k in 0..<classCount {
        let (l, r) = (left[k], totals[k] - left[k])
        a += l * l
        b += r * r
      }
      let score = (a * other + b * weight) / (weight * other)
      if score > best.score { best = Candidate(score: score, position: i) }
    }
    return best
  }
}
