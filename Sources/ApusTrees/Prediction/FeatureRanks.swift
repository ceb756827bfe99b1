import ApusNumerics

/// Ranks of values among the thresholds of an ensemble: one byte that answers every question of its trees.
///
/// The rank of x is the number of thresholds of its feature below x, so `x <= threshold k` means `rank <= k`. Missing
/// values rank 255 where they go right and 0 where they go left; hence two planes a feature. Categories are their own
/// rank.
final class FeatureRanks<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// Rows ranked together.
  static var blockSize: Int { 256 }
  /// Most thresholds of a feature; a rank above says missing.
  private static var largestRank: Int { 254 }
  static var missing: UInt8 { 255 }

  struct Feature {
    var index: Int
    var isCategorical: Bool
    /// First threshold in `thresholds` and, as a power of two, their number plus one.
    var start: Int
    var width: Int
  }

  /// The features the trees ask about.
  let features: [Feature]
  /// Finite thresholds, ascending feature by feature, padded with +∞.
  private let thresholds: Buffer<Element>
  private var positions: [Int]

  /// Bytes of the planes of one block.
  var byteCount: Int { 2 * features.count * FeatureRanks.blockSize }

  /// Nil where a feature has too many thresholds or categories for a byte.
  init?(_ trees: TreeEnsemble) throws {
    var values = [[Element]](repeating: [], count: trees.featureCount)
    var isCategorical = [Bool](repeating: false, count: trees.featureCount)
    var isUsed = isCategorical
    for node in 0..<trees.nodeCount where trees.left[node] >= 0 {
      let feature = Int(trees.feature[node])
      isUsed[feature] = true
      if trees.flags[node] & GrownTree.categorical != 0 {
        isCategorical[feature] = true
        let set = Int(trees.threshold[node])
        if (trees.setOffsets[set + 1] - trees.setOffsets[set]) * 32 > FeatureRanks.largestRank { return nil }
      } else if trees.threshold[node] < .infinity {
        values[feature].append(RoundedThreshold.down(trees.threshold[node]))
        // Duplicates are taken out now and then, so that memory stays in bounds.
        if values[feature].count >= 4096 {
          values[feature] = FeatureRanks.distinct(values[feature])
          if values[feature].count > FeatureRanks.largestRank { return nil }
        }
      }
    }
    var features: [Feature] = []
    var all: [Element] = []
    positions = [Int](repeating: 0, count: trees.featureCount)
    for feature in 0..<trees.featureCount where isUsed[feature] {
      let own = FeatureRanks.distinct(values[feature])
      if own.count > FeatureRanks.largestRank || (isCategorical[feature] && !own.isEmpty) { return nil }
      var width = 1
      while width - 1 < own.count { width *= 2 }
      positions[feature] = features.count
      features.append(
        Feature(index: feature, isCategorical: isCategorical[feature], start: all.count, width: width))
      all += own + [Element](repeating: .infinity, count: width - 1 - own.count)
    }
    self.features = features
    thresholds = try Buffer(count: all.count)
    for (i, value) in all.enumerated() { thresholds[i] = value }
  }

  private static func distinct(_ values: [Element]) -> [Element] {
    var result: [Element] = []
    for value in values.sorted() where result.last != value { result.append(value) }
    return result
  }

  /// The plane a node reads and the rank up to which it sends rows left. Where the threshold is +∞ all present values go
  /// left.
  func test(feature: Int, threshold: Double, missingLeft: Bool) -> (plane: Int, rank: UInt8) {
    let position = positions[feature]
    let plane = 2 * position + (missingLeft ? 1 : 0)
    if threshold == .infinity { return (plane, UInt8(FeatureRanks.largestRank)) }
    let own = features[position]
    let sought: Element = RoundedThreshold.down(threshold)
    var rank = 0
    while thresholds[own.start + rank] < sought { rank += 1 }
    return (plane, UInt8(rank))
  }

  /// The plane of a categorical feature: the category, ``missing``, or 254 for what is no known category.
  func plane(categorical feature: Int) -> Int { 2 * positions[feature] }

  /// Ranks up to ``blockSize`` rows.
  ///
  /// - Parameter planes: ``byteCount`` bytes: for each used feature two planes of ``blockSize``.
  /// - Complexity: O(rows · features · log thresholds).
  @inline(__always)
  func rank(_ view: MatrixView<Element>, rows: Range<Int>, into planes: UnsafeMutablePointer<UInt8>) {
    let size = FeatureRanks.blockSize
    for (position, feature) in features.enumerated() {
      let right = planes + 2 &* position &* size
      let left = right + size
      let source = view.base + (rows.lowerBound &* view.rowStride &+ feature.index &* view.columnStride)
      let step = view.rowStride
      if feature.isCategorical {
        for i in 0..<rows.count {
          let x = source[i &* step]
          var code = UInt8(FeatureRanks.largestRank)
          if x >= 0, x < Element(FeatureRanks.largestRank), x == x.rounded(.down) { code = UInt8(x) }
          right[i] = x != x ? FeatureRanks.missing : code
        }
        continue
      }
      let table = UnsafePointer(thresholds.pointer + feature.start)
      let bits = feature.width.trailingZeroBitCount
      for i in 0..<rows.count {
        let x = source[i &* step]
        var position = 0
        // Additions of a shifted comparison, so that no branch depends on the data.
        for bit in stride(from: bits &- 1, through: 0, by: -1) {
          let isBelow = table[position &+ (1 &<< bit) &- 1] < x ? 1 : 0
          position &+= isBelow &<< bit
        }
        let rank = UInt8(truncatingIfNeeded: position)
        left[i] = rank
        right[i] = x != x ? FeatureRanks.missing : rank
      }
    }
  }
}
