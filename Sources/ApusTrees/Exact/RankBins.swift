import ApusNumerics

/// Quantile bins of the features' ranks, for an approximate search in nodes with many samples.
///
/// Where a node has many samples for every bin, a histogram is filled faster than ranks are sorted. The best boundary
/// between bins then moves to the best one within the two beside it. Smaller nodes, in which bins would hide most
/// boundaries, are searched exactly.
/// Weights are repetitions here as well: bins have equal weight, and weights decide which nodes are large.
package final class RankBins: @unchecked Sendable {
  /// Samples for every bin from which a node is searched on bins.
  private static let samplesPerBin = 32
  /// Most bins; the number of one more, for missing values, fits into 16 bits.
  private static let mostBins = 65_534

  private let table: RankedFeatures
  /// Bins of each feature.
  private let counts: [Int]
  /// Bin of every rank, feature after feature, each with its missing values' bin behind the others.
  private let bins: Buffer<UInt16>
  /// Lowest rank of every bin, feature after feature, each with its number of ranks behind the others.
  private let firstRanks: Buffer<UInt32>
  private let firstOffsets: [Int]
  /// Bin of every cell, column after column; nil for sparse features.
  private let columns: Buffer<UInt16>?
  private let limit: Int
  /// Whether weights are whole, and so count as samples.
  private let isWhole: Bool

  /// The most bins of a feature.
  let largestCount: Int

  /// - Parameters:
  ///   - maxBins: bins of a feature, at least 2; where it has no more values every value has its own.
  ///   - weights: of the rows.
  /// - Complexity: O(rows · features).
  init(_ table: RankedFeatures, maxBins: Int, weights: Buffer<Double>) throws {
    self.table = table
    let (rows, features) = (table.rows, table.features)
    let most = min(maxBins, RankBins.mostBins)
    isWhole = weights.elements.allSatisfy { $0 == $0.rounded() }
    limit = RankBins.samplesPerBin * most
    let bins = try Buffer<UInt16>(count: table.offsets[features] + features)
    self.bins = bins
    let columns = table.isSparse ? nil : try Buffer<UInt16>(count: try checkedCount([rows, features], stride: 1))
    self.columns = columns
    var counts = [Int](repeating: 0, count: features)
    try counts.withUnsafeMutableBufferPointer { counts in
      nonisolated(unsafe) let counts = counts
      try ThreadPool.parallelForThrowing(tasks: features) { feature in
        let own = bins.pointer + (table.offsets[feature] + feature)
        counts[feature] = try RankBins.cut(table, feature: feature, weights: weights, most: most, into: own)
        guard let columns else { return }
        let (ranks, cells) = (table.ranks.pointer + feature * rows, columns.pointer + feature * rows)
        for row in 0..<rows { cells[row] = own[Int(ranks[row])] }
      }
    }
    self.counts = counts
    largestCount = counts.max() ?? 0
    var offsets = [0]
    for count in counts { offsets.append(offsets[offsets.count - 1] + count + 1) }
    firstOffsets = offsets
    firstRanks = try Buffer(count: offsets[features])
    for feature in 0..<features {
      let (own, first) = (ofRank(feature), firstRanks.pointer + offsets[feature])
      for rank in (0...table.rankCount(feature)).reversed() { first[Int(own[rank])] = UInt32(rank) }
    }
  }

  /// Whether a node is large enough for bins.
  func suit(weight: Double, count: Int) -> Bool { isWhole ? weight >= Double(limit) : count >= limit }

  /// The bins of a feature. Missing values have this number.
  func count(_ feature: Int) -> Int { counts[feature] }

  /// The bins of a feature's ranks.
  func ofRank(_ feature: Int) -> UnsafePointer<UInt16> {
    UnsafePointer(bins.pointer + (table.offsets[feature] + feature))
  }

  /// The bins of a feature's rows; nil for sparse features.
  func column(_ feature: Int) -> UnsafePointer<UInt16>? {
    columns.map { UnsafePointer($0.pointer + feature &* table.rows) }
  }

  /// The last rank of one bin and the first of another.
  func ranks(_ feature: Int, between lower: UInt32, and upper: UInt32) -> (lower: UInt32, upper: UInt32) {
    let first = firstRanks.pointer + firstOffsets[feature]
    return (first[Int(lower) + 1] - 1, first[Int(upper)])
  }

  /// The first rank of the bin of one rank and the last of another's.
  func span(_ feature: Int, from lower: UInt32, to upper: UInt32) -> (first: UInt32, last: UInt32) {
    let (bin, first) = (ofRank(feature), firstRanks.pointer + firstOffsets[feature])
    let last = upper < UInt32(table.rankCount(feature)) ? first[Int(bin[Int(upper)]) + 1] : upper
    return (first[Int(bin[Int(lower)])], last - 1)
  }

  /// Cuts a feature's ranks into bins: a bin is closed when it has its share of the weight that was left.
  ///
  /// - Returns: the number of bins.
  private static func cut(
    _ table: RankedFeatures, feature: Int, weights: Buffer<Double>, most: Int,
    into bins: UnsafeMutablePointer<UInt16>
  ) throws -> Int {
    let ranks = table.rankCount(feature)
    let sums = try Buffer<Double>(zeroed: ranks + 1)
    table.forEachRank(feature) { row, rank in sums.pointer[Int(rank)] += weights.pointer[row] }
    var (remaining, weighted) = (0.0, 0)
    for rank in 0..<ranks {
      remaining += sums.pointer[rank]
      weighted += sums.pointer[rank] > 0 ? 1 : 0
    }
    var (bin, filled) = (0, 0.0)
    for rank in 0..<ranks {
      bins[rank] = UInt16(truncatingIfNeeded: bin)
      filled += sums.pointer[rank]
      let isFull = weighted <= most || filled >= remaining / Double(most - bin)
      if filled > 0, isFull, bin + 1 < most, rank + 1 < ranks {
        bin += 1
        remaining -= filled
        filled = 0
      }
    }
    let count = ranks == 0 ? 0 : bin + 1
    bins[ranks] = UInt16(truncatingIfNeeded: count)
    return count
  }
}

extension RankedFeatures {
  /// Calls `body` with the rank of every row in a feature.
  @inline(__always)
  fileprivate func forEachRank(_ feature: Int, _ body: (_ row: Int, _ rank: UInt32) -> Void) {
    guard let sparse = sparseColumn(feature) else {
      let column = ranks.pointer + feature * rows
      for row in 0..<rows { body(row, column[row]) }
      return
    }
    var next = 0
    for row in 0..<rows {
      if next < sparse.count, Int(sparse.rows[next]) == row {
        body(row, sparse.ranks[next])
        next += 1
      } else {
        body(row, sparse.fill)
      }
    }
  }
}
