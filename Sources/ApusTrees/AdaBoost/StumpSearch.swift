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
    /// The last rank on the left; −1 for none.
    var rank = -1
  }

  private static let lastOfRank: UInt32 = 1 << 31
  private static let rowMask: UInt32 = lastOfRank - 1
  private let table: RankedFeatures
  private let classes: Buffer<UInt32>
  private let classCount: Int
  /// Rows of every dense feature in ascending order; the top bit marks the last row of a value.
  private let order: Buffer<UInt32>
  /// Sparse features, and room for the ranks of one of them.
  private let sparse: SparseStumpColumns?
  private let expanded: Buffer<UInt32>
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
    sparse = table.isSparse ? try SparseStumpColumns(table, classCount: classCount) : nil
    expanded = try Buffer(count: table.isSparse ? rows : 0)
    let order = try Buffer<UInt32>(count: table.isSparse ? 0 : try checkedCount([rows, features], stride: 1))
    self.order = order
    counters = try Buffer(count: table.isSparse ? 0 : try checkedCount([classCount, features], stride: 1))
    signed = try Buffer(count: classCount == 2 ? rows : 0)
    if table.isSparse { return }
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
  /// - Complexity: O(rows · features); O(rows + entries) for sparse features.
  func best(weights: UnsafePointer<Double>, total: Double) throws -> Stump? {
    let (rows, features) = (table.rows, table.features)
    let totals = try Buffer<Double>(zeroed: classCount)
    if classCount == 2 {
      let (signed, classOf) = (signed.pointer, classes.pointer)
      for row in 0..<rows { signed[row] = classOf[row] == 0 ? weights[row] : -weights[row] }
      var difference = 0.0
      for row in 0..<rows { difference += signed[row] }
      // Exact, as all sums of weights are.
      (totals[0], totals[1]) = ((total + difference) / 2, (total - difference) / 2)
    } else {
      for row in 0..<rows { totals.pointer[Int(classes[row])] += weights[row] }
    }
    let candidates = try Buffer<Candidate>(count: features)
    ThreadPool.parallelBlocks(count: features, blockSize: sparse == nil ? 1 : 256) { range in
      for feature in range {
        if let sparse {
          let found = sparse.best(
            feature, classes: classes.pointer, weights: weights, totals: totals.pointer, total: total)
          candidates.pointer[feature] = Candidate(score: found.score, rank: found.rank)
        } else {
          candidates.pointer[feature] =
            classCount == 2
            ? scanBinary(feature, total: total, difference: totals[0] - totals[1])
            : scan(feature, weights: weights, totals: totals.pointer, total: total)
        }
      }
    }
    var best = -1
    for feature in 0..<features where candidates.pointer[feature].rank >= 0 {
      if best < 0 || candidates.pointer[feature].score > candidates.pointer[best].score { best = feature }
    }
    guard best >= 0 else { return nil }
    let ranks = ranks(of: best)
    let lower = candidates.pointer[best].rank
    let sides = try Buffer<Double>(zeroed: 2 * classCount)
    if classCount == 2 {
      let signed = signed.pointer
      var (weight, difference) = (0.0, 0.0)
      for row in 0..<rows {
        let share = signed[row] * Double(Int32(truncatingIfNeeded: Int(ranks[row]) <= lower ? 1 : 0))
        weight += share.magnitude
        difference += share
      }
      (sides[0], sides[1]) = ((weight + difference) / 2, (weight - difference) / 2)
      (sides[2], sides[3]) = (totals[0] - sides[0], totals[1] - sides[1])
    } else {
      let (sums, classOf) = (sides.pointer, classes.pointer)
      for row in 0..<rows {
        sums[(Int(ranks[row]) <= lower ? 0 : classCount) &+ Int(classOf[row])] += weights[row]
      }
    }
    let (left, right) = (Array(sides.elements[..<classCount]), Array(sides.elements[classCount...]))
    return Stump(
      feature: best, threshold: table.threshold(feature: best, left: lower, right: lower + 1), lowerRank: lower,
      left: left, right: right)
  }

  /// The rank of every row in a feature; of sparse features valid until the next call.
  func ranks(of feature: Int) -> UnsafePointer<UInt32> {
    guard let sparse else { return UnsafePointer(table.ranks.pointer + feature * table.rows) }
    sparse.expand(feature, into: expanded.pointer)
    return UnsafePointer(expanded.pointer)
  }

  /// One pass over a feature for two classes.
  ///
  /// With the total weight T and difference D, a side of weight w and difference d scores `D² / T + T u² / (w (T − w))`,
  /// where `u = d − w D / T`. Splits whose u is too small by a margin far above rounding are left without a division.
  private func scanBinary(_ feature: Int, total: Double, difference: Double) -> Candidate {
    let sorted = order.pointer + feature &* table.rows
    let signed = signed.pointer
    var best = Candidate()
    var (weight, left, rank) = (0.0, 0.0, -1)
    let (share, base) = (difference / total, difference * difference / total)
    var bound = -Double.infinity
    for i in 0..<max(table.rows &- 1, 0) {
      let entry = sorted[i]
      let term = signed[Int(entry & StumpSearch.rowMask)]
      left += term
      weight += term.magnitude
      if entry & StumpSearch.lastOfRank == 0 { continue }
      rank &+= 1
      let excess = left - share * weight
      if excess * excess <= bound * (weight * (total - weight)) { continue }
      let score = StumpScore.binary(left, weight: weight, difference: difference, total: total)
      if score > best.score {
        best = Candidate(score: score, rank: rank)
        bound = (score * (1 - 1e-7) - base) / total
      }
    }
    return best
  }

  /// One pass over a feature for any number of classes.
  private func scan(
    _ feature: Int, weights: UnsafePointer<Double>, totals: UnsafePointer<Double>, total: Double
  ) -> Candidate {
    let sorted = order.pointer + feature &* table.rows
    let left = counters.pointer + feature &* classCount
    left.update(repeating: 0, count: classCount)
    let classes = classes.pointer
    var best = Candidate()
    var (weight, rank) = (0.0, -1)
    for i in 0..<max(table.rows &- 1, 0) {
      let entry = sorted[i]
      let row = Int(entry & StumpSearch.rowMask)
      left[Int(classes[row])] += weights[row]
      weight += weights[row]
      if entry & StumpSearch.lastOfRank == 0 { continue }
      rank &+= 1
      let score = StumpScore.classes(left, totals: totals, count: classCount, weight: weight, total: total)
      if score > best.score { best = Candidate(score: score, rank: rank) }
    }
    return best
  }
}
