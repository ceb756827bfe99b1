import ApusNumerics

/// The entries of sparse features in ascending order, for stump searches in time proportional to the entries.
///
/// Rows without an entry share one value. What they weigh is what the entries leave of the total, which is exact because
/// all sums of weights are.
final class SparseStumpColumns: @unchecked Sendable {
  private let table: RankedFeatures
  /// First entry of every feature; one more than there are features.
  private let starts: [Int]
  /// Rows of the entries, and their ranks, in ascending order of the ranks.
  private let order: Buffer<UInt32>
  private let ranks: Buffer<UInt32>
  /// Two numbers per class and feature: what lies left, and what has no entry.
  private let counters: Buffer<Double>
  private let classCount: Int

  /// - Parameter table: ranks of sparse features without missing values.
  init(_ table: RankedFeatures, classCount: Int) throws {
    self.table = table
    self.classCount = classCount
    var starts = [0]
    for feature in 0..<table.features { starts.append(starts[feature] + (table.sparseColumn(feature)?.count ?? 0)) }
    self.starts = starts
    let order = try Buffer<UInt32>(count: starts[table.features])
    let ranks = try Buffer<UInt32>(count: starts[table.features])
    (self.order, self.ranks) = (order, ranks)
    counters = try Buffer(count: try checkedCount([2 * classCount, table.features], stride: 1))
    let first = starts
    try ThreadPool.parallelForThrowing(tasks: table.features) { feature in
      guard let column = table.sparseColumn(feature) else { return }
      let places = try Buffer<Int>(zeroed: table.rankCount(feature) + 1)
      for entry in 0..<column.count { places[Int(column.ranks[entry]) + 1] += 1 }
      for rank in 0..<table.rankCount(feature) { places[rank + 1] += places[rank] }
      for entry in 0..<column.count {
        let rank = Int(column.ranks[entry])
        order.pointer[first[feature] + places[rank]] = column.rows[entry]
        ranks.pointer[first[feature] + places[rank]] = UInt32(truncatingIfNeeded: rank)
        places[rank] += 1
      }
    }
  }

  /// The best split of a feature: its score and the last rank on the left, −1 for none.
  ///
  /// - Complexity: O(entries + ranks · classes).
  func best(
    _ feature: Int, classes: UnsafePointer<UInt32>, weights: UnsafePointer<Double>, totals: UnsafePointer<Double>,
    total: Double
  ) -> (score: Double, rank: Int) {
    guard let column = table.sparseColumn(feature) else { return (-.infinity, -1) }
    let (order, ranks) = (order.pointer + starts[feature], ranks.pointer + starts[feature])
    let (left, rest) = (
      counters.pointer + 2 &* feature &* classCount, counters.pointer + (2 &* feature &+ 1) &* classCount
    )
    for k in 0..<classCount { (left[k], rest[k]) = (0, totals[k]) }
    var (weight, unlisted) = (0.0, total)
    for entry in 0..<column.count where ranks[entry] != column.fill {
      let row = Int(order[entry])
      rest[Int(classes[row])] -= weights[row]
      unlisted -= weights[row]
    }
    var (best, bestRank, entry) = (-Double.infinity, -1, 0)
    for rank in 0..<max(table.rankCount(feature) - 1, 0) {
      if rank == Int(column.fill) {
        for k in 0..<classCount { left[k] += rest[k] }
        weight += unlisted
      }
      while entry < column.count, Int(ranks[entry]) == rank {
        let row = Int(order[entry])
        if rank != Int(column.fill) {
          left[Int(classes[row])] += weights[row]
          weight += weights[row]
        }
        entry += 1
      }
      let score =
        classCount == 2
        ? StumpScore.binary(
          left[0] - left[1], weight: weight, difference: totals[0] - totals[1], total: total)
        : StumpScore.classes(left, totals: totals, count: classCount, weight: weight, total: total)
      if score > best { (best, bestRank) = (score, rank) }
    }
    return (best, bestRank)
  }

  /// Writes the rank of every row.
  func expand(_ feature: Int, into target: UnsafeMutablePointer<UInt32>) {
    guard let column = table.sparseColumn(feature) else { return }
    target.update(repeating: column.fill, count: table.rows)
    for entry in 0..<column.count { target[Int(column.rows[entry])] = column.ranks[entry] }
  }
}

/// What a split of weighted classes is worth: the larger, the less weighted Gini impurity it leaves.
enum StumpScore {
  /// For two classes: with the weight w and the difference d of the classes on a side, `(w₀² + w₁²) / w` is
  /// `(w + d² / w) / 2`.
  @inline(__always)
  static func binary(_ left: Double, weight: Double, difference: Double, total: Double) -> Double {
    let (right, other) = (difference - left, total - weight)
    return (left * left * other + right * right * weight) / (weight * other)
  }

  @inline(__always)
  static func classes(
    _ left: UnsafePointer<Double>, totals: UnsafePointer<Double>, count: Int, weight: Double, total: Double
  ) -> Double {
    let other = total - weight
    var (a, b) = (0.0, 0.0)
    for k in 0..<count {
      let (l, r) = (left[k], totals[k] - left[k])
      a += l * l
      b += r * r
    }
    return (a * other + b * weight) / (weight * other)
  }
}
