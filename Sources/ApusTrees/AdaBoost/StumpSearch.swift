import ApusNumerics

/// Best one-split trees for changing weights: every feature is sorted once, and a search is one pass over each.
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
    var lowerRank = 0
    var upperRank = 0
  }

  private static let lastOfRank: UInt32 = 1 << 31
  private let table: RankedFeatures
  private let classes: UnsafePointer<UInt32>
  private let classCount: Int
  /// Rows of every feature in ascending order; the top bit marks the last row of a value.
  private let order: Buffer<UInt32>
  private let counters: Buffer<Double>

  /// - Parameters:
  ///   - table: ranks without missing values.
  ///   - classes: class of every row; must outlive the search.
  init(_ table: RankedFeatures, classes: UnsafePointer<UInt32>, classCount: Int) throws {
    self.table = table
    self.classes = classes
    self.classCount = classCount
    let (rows, features) = (table.rows, table.features)
    let order = try Buffer<UInt32>(count: try checkedCount([rows, features], stride: 1))
    self.order = order
    counters = try Buffer(count: 2 * classCount * features)
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

  /// The stump of least weighted Gini impurity; the first feature wins ties; nil when all features are constant.
  ///
  /// - Complexity: O(rows · features).
  func best(weights: UnsafePointer<Double>) throws -> Stump? {
    let (rows, features) = (table.rows, table.features)
    var totals = [Double](repeating: 0, count: classCount)
    for row in 0..<rows { totals[Int(classes[row])] += weights[row] }
    let candidates = try Buffer<Candidate>(count: features)
    totals.withUnsafeBufferPointer { totals in
      nonisolated(unsafe) let totals = totals
      ThreadPool.parallelFor(tasks: features) { feature in
        candidates.pointer[feature] = scan(feature, weights: weights, totals: totals)
      }
    }
    var best = -1
    for feature in 0..<features where candidates.pointer[feature].score > -.infinity {
      if best < 0 || candidates.pointer[feature].score > candidates.pointer[best].score { best = feature }
    }
    guard best >= 0 else { return nil }
    let split = candidates.pointer[best]
    var left = [Double](repeating: 0, count: classCount)
    var right = left
    for row in 0..<rows {
      let goesLeft = Int(table.ranks.pointer[best * rows + row]) <= split.lowerRank
      if goesLeft { left[Int(classes[row])] += weights[row] } else { right[Int(classes[row])] += weights[row] }
    }
    return Stump(
      feature: best, threshold: table.threshold(feature: best, left: split.lowerRank, right: split.upperRank),
      lowerRank: split.lowerRank, left: left, right: right)
  }

  /// One pass over a feature: sums of squares of the class weights on both sides, kept up to date.
  private func scan(
    _ feature: Int, weights: UnsafePointer<Double>, totals: UnsafeBufferPointer<Double>
  ) -> Candidate {
    let rows = table.rows
    let sorted = order.pointer + feature * rows
    let left = counters.pointer + 2 * feature * classCount
    let right = left + classCount
    var (leftSquares, rightSquares, leftWeight, total) = (0.0, 0.0, 0.0, 0.0)
    for k in 0..<classCount {
      left[k] = 0
      right[k] = totals[k]
      rightSquares += totals[k] * totals[k]
      total += totals[k]
    }
    var best = Candidate()
    for i in 0..<max(rows - 1, 0) {
      let entry = sorted[i]
      let row = Int(entry & 0x7fff_ffff)
      let (k, w) = (Int(classes[row]), weights[row])
      let (l, r) = (left[k], right[k])
      left[k] = l + w
      right[k] = r - w
      leftSquares += w * (2 * l + w)
      rightSquares -= w * (2 * r - w)
      leftWeight += w
      if entry & StumpSearch.lastOfRank == 0 { continue }
      let rightWeight = total - leftWeight
      let score = (leftSquares * rightWeight + rightSquares * leftWeight) / (leftWeight * rightWeight)
      if score > best.score, leftWeight > 0, rightWeight > 0 {
        let ranks = table.ranks.pointer + feature * rows
        let next = Int(sorted[i + 1] & 0x7fff_ffff)
        best = Candidate(score: score, lowerRank: Int(ranks[row]), upperRank: Int(ranks[next]))
      }
    }
    return best
  }
}
