import ApusNumerics

/// The best split of a node found so far.
struct SplitCandidate {
  var feature = -1
  /// The highest rank that goes left; the threshold lies between it and `upperRank`.
  var lowerRank: UInt32 = 0
  var upperRank: UInt32 = 0
  /// Overrides the middle between the ranks when the threshold was drawn at random.
  var drawnThreshold: Double?
  var missingLeft = false
  /// Bits of the ranks that go left, for a categorical feature.
  var categories: [UInt32]?
  var score = -Double.infinity
  /// Values of both sides, for monotone constraints.
  var sideValues = (left: 0.0, right: 0.0)

  var isFound: Bool { feature >= 0 }
}

/// What a split must respect.
struct SplitLimits {
  var minSamplesLeaf: Int
  var minWeightLeaf: Double
  /// −1, 0 or 1 for the feature under search; nil when no feature of the model is constrained.
  var direction: Int8?
  /// Bounds of the node's value under monotone constraints.
  var bounds: ClosedRange<Double>

  /// Whether values on both sides satisfy the constraint. Splits on free features always do: leaves that leave the
  /// bounds are clipped to them.
  func allows(_ values: (left: Double, right: Double)) -> Bool {
    guard let direction, direction != 0 else { return true }
    return bounds.contains(values.left) && bounds.contains(values.right)
      && (values.right - values.left) * Double(direction) >= 0
  }
}

/// Search for the best split on one feature.
enum SplitSearch {
  /// Tries every boundary between different ranks, samples sorted by rank.
  ///
  /// Missing values, `keys[present..<count]`, are tried on both sides, and alone on the right.
  ///
  /// - Parameters:
  ///   - keys: `rank << 32 | payload`; the first `present` sorted by rank.
  ///   - best: replaced when a better split is found; ties keep the earlier one.
  static func scan<Statistic: SplitStatistic>(
    keys: UnsafePointer<UInt64>, present: Int, count: Int, feature: Int, statistic start: Statistic,
    limits: SplitLimits, best: inout SplitCandidate
  ) {
    var statistic = start
    statistic.reset()
    scanDirection(
      keys: keys, present: present, missing: count - present, missingLeft: false, feature: feature,
      statistic: &statistic, limits: limits, best: &best)
    if present < count {
      let rank = UInt32(truncatingIfNeeded: keys[present - 1] &>> 32)
      statistic.moveLeft(UInt32(truncatingIfNeeded: keys[present - 1]))
      consider(
        statistic, leftCount: present, rightCount: count - present, feature: feature, lower: rank, upper: rank + 1,
        missingLeft: false, limits: limits, best: &best)
      statistic.reset()
      for i in present..<count { statistic.moveLeft(UInt32(truncatingIfNeeded: keys[i])) }
      scanDirection(
        keys: keys, present: present, missing: count - present, missingLeft: true, feature: feature,
        statistic: &statistic, limits: limits, best: &best)
    }
  }

  /// Moves the present samples left one by one, all but the last, and scores each boundary.
  @inline(__always)
  private static func scanDirection<Statistic: SplitStatistic>(
    keys: UnsafePointer<UInt64>, present: Int, missing: Int, missingLeft: Bool, feature: Int,
    statistic: inout Statistic, limits: SplitLimits, best: inout SplitCandidate
  ) {
    scan(
      within: keys, count: present, leftCount: missingLeft ? missing : 0, total: present &+ missing, feature: feature,
      missingLeft: missingLeft, statistic: &statistic, limits: limits, best: &best)
  }

  /// As ``scan(keys:present:count:feature:statistic:limits:best:)`` in one direction, for a run of samples that has others
  /// on its left, which the statistic has moved there, and on its right.
  ///
  /// - Parameters:
  ///   - leftCount: the samples on its left.
  ///   - total: the samples of the node.
  @inline(__always)
  static func scan<Statistic: SplitStatistic>(
    within keys: UnsafePointer<UInt64>, count: Int, leftCount: Int, total: Int, feature: Int, missingLeft: Bool,
    statistic: inout Statistic, limits: SplitLimits, best: inout SplitCandidate
  ) {
    var bestScore = best.score
    var key = keys[0]
    for i in 1..<max(count, 1) {
      let next = keys[i]
      statistic.moveLeft(UInt32(truncatingIfNeeded: key))
      if (key ^ next) &>> 32 != 0 {
        let score = statistic.score
        if score > bestScore {
          consider(
            statistic, leftCount: i &+ leftCount, rightCount: total &- i &- leftCount, feature: feature,
            lower: UInt32(truncatingIfNeeded: key &>> 32), upper: UInt32(truncatingIfNeeded: next &>> 32),
            missingLeft: missingLeft, limits: limits, best: &best)
          bestScore = best.score
        }
      }
      key = next
    }
  }

  /// Takes a split as the new best if it is better and allowed.
  static func consider<Statistic: SplitStatistic>(
    _ statistic: Statistic, leftCount: Int, rightCount: Int, feature: Int, lower: UInt32, upper: UInt32,
    missingLeft: Bool, limits: SplitLimits, best: inout SplitCandidate
  ) {
    guard leftCount >= limits.minSamplesLeaf, rightCount >= limits.minSamplesLeaf else { return }
    guard statistic.leftWeight >= limits.minWeightLeaf, statistic.rightWeight >= limits.minWeightLeaf else { return }
    let score = statistic.score
    guard score > best.score else { return }
    if limits.direction != nil {
      let values = statistic.sideValues
      guard limits.allows(values) else { return }
      best.sideValues = values
    }
    best.feature = feature
    best.lowerRank = lower
    best.upperRank = upper
    best.drawnThreshold = nil
    best.categories = nil
    best.missingLeft = missingLeft
    best.score = score
  }
}
