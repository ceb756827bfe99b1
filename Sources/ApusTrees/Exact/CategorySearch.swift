import ApusNumerics

/// Search for the best split of a categorical feature: a set of categories goes left.
///
/// Categories are ordered by what they would predict, and only the divisions of that order are tried: with two classes or
/// squared error the best of all sets is among them (Fisher 1958, doi:10.1080/01621459.1958.10501479; Breiman et al. 1984,
/// theorem 4.5). With more classes or outputs there is one order for each.
struct CategorySearch {
  private let table: RankedFeatures
  /// Where every category of the node begins among its keys; one more entry.
  private let starts: Buffer<Int32>
  private let order: Buffer<Int32>
  private let values: Buffer<Double>
  private let keys: Buffer<UInt64>

  /// - Parameter samples: the most samples a node can have.
  init(_ table: RankedFeatures, categorical: [Bool], samples: Int) throws(ApusError) {
    self.table = table
    let most = (0..<table.features).reduce(0) { categorical[$1] ? max($0, table.rankCount($1)) : $0 }
    starts = try Buffer(count: most + 1)
    order = try Buffer(count: most)
    values = try Buffer(count: most)
    keys = try Buffer(count: samples)
  }

  /// Tries the divisions of the node's categories.
  ///
  /// - Parameters:
  ///   - sorted: `rank << 32 | payload`, the present samples by rank, then the missing ones.
  ///   - best: replaced when a better split is found.
  func search<Statistic: SplitStatistic>(
    sorted: UnsafePointer<UInt64>, gathered: GatheredFeature, feature: Int, statistic start: Statistic,
    limits: SplitLimits, best: inout SplitCandidate
  ) {
    var statistic = start
    var count = 0
    for i in 0..<gathered.present where i == 0 || (sorted[i] ^ sorted[i &- 1]) &>> 32 != 0 {
      starts[count] = Int32(truncatingIfNeeded: i)
      count += 1
    }
    starts[count] = Int32(truncatingIfNeeded: gathered.present)
    for output in 0..<start.orderCount {
      for category in 0..<count {
        statistic.reset()
        for i in Int(starts[category])..<Int(starts[category + 1]) {
          statistic.moveLeft(UInt32(truncatingIfNeeded: sorted[i]))
        }
        values[category] = statistic.leftValue(output)
        order[category] = Int32(truncatingIfNeeded: category)
      }
      var chosen = UnsafeMutableBufferPointer(start: order.pointer, count: count)
      chosen.sort { (values[Int($0)], $0) < (values[Int($1)], $1) }
      var next = 0
      for place in 0..<count {
        let category = Int(order[place])
        for i in Int(starts[category])..<Int(starts[category + 1]) {
          keys[next] = UInt64(place) &<< 32 | (sorted[i] & 0xffff_ffff)
          next += 1
        }
      }
      for i in gathered.present..<gathered.count { keys[i] = sorted[i] }
      var found = best
      SplitSearch.scan(
        keys: keys.pointer, present: gathered.present, count: gathered.count, feature: feature, statistic: start,
        limits: limits, best: &found)
      guard found.score > best.score else { continue }
      found.categories = words(upTo: Int(found.lowerRank), feature: feature, sorted: sorted)
      best = found
    }
  }

  /// The ranks of the first categories of the order, as bits.
  private func words(upTo last: Int, feature: Int, sorted: UnsafePointer<UInt64>) -> [UInt32] {
    var words = [UInt32](repeating: 0, count: table.rankCount(feature) / 32 + 1)
    for place in 0...last {
      let rank = Int(sorted[Int(starts[Int(order[place])])] &>> 32)
      words[rank >> 5] |= 1 << UInt32(rank & 31)
    }
    return words
  }
}
