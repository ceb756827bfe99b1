import ApusNumerics

/// Search for the best split on one feature by sums over the samples of its bins.
enum BinnedSearch {
  /// What ``SplitStatistic/summand(_:)`` sums up to in the first two numbers, and the samples in the third.
  typealias Cell = SIMD4<Double>

  /// Sets the cells of a feature: one for each bin, and one for missing values behind them.
  @inline(__always)
  static func fill<Statistic: SplitStatistic>(
    _ cells: UnsafeMutablePointer<Cell>, binCount: Int, rows: UnsafePointer<UInt32>, _ payload: UnsafePointer<UInt32>,
    _ count: Int, _ statistic: Statistic, bin: (_ row: Int) -> Int
  ) {
    cells.update(repeating: Cell(), count: binCount + 1)
    for i in 0..<count {
      let summand = statistic.summand(payload[i])
      cells[bin(Int(rows[i]))] += Cell(summand.x, summand.y, 1, 0)
    }
  }

  /// Whether samples fall into more than one cell.
  static func varies(_ cells: UnsafePointer<Cell>, binCount: Int) -> Bool {
    var filled = 0
    for bin in 0...binCount { filled &+= cells[bin].z > 0 ? 1 : 0 }
    return filled > 1
  }

  /// Tries every boundary between bins that hold samples, as ``SplitSearch/scan(keys:present:count:feature:statistic:limits:best:)``
  /// does between ranks. `lowerRank` and `upperRank` of the result are bins.
  static func scan<Statistic: SplitStatistic>(
    _ cells: UnsafePointer<Cell>, binCount: Int, count: Int, feature: Int, statistic start: Statistic,
    limits: SplitLimits, best: inout SplitCandidate
  ) {
    let missing = cells[binCount]
    var statistic = start
    statistic.reset()
    let last = scanDirection(
      cells, binCount: binCount, count: count, leftCount: 0, missingLeft: false, feature: feature,
      statistic: &statistic, limits: limits, best: &best)
    guard missing.z > 0, last >= 0 else { return }
    // Present values against missing ones.
    let present = count - Int(missing.z)
    SplitSearch.consider(
      statistic, leftCount: present, rightCount: count - present, feature: feature,
      lower: UInt32(truncatingIfNeeded: last), upper: UInt32(truncatingIfNeeded: last + 1), missingLeft: false,
      limits: limits, best: &best)
    statistic.reset()
    statistic.moveLeft(sum: missing.lowHalf)
    _ = scanDirection(
      cells, binCount: binCount, count: count, leftCount: Int(missing.z), missingLeft: true, feature: feature,
      statistic: &statistic, limits: limits, best: &best)
  }

  /// Moves one bin after the other to the left and scores each boundary.
  ///
  /// - Returns: the last bin that holds samples; −1 for none.
  @inline(__always)
  private static func scanDirection<Statistic: SplitStatistic>(
    _ cells: UnsafePointer<Cell>, binCount: Int, count: Int, leftCount: Int, missingLeft: Bool, feature: Int,
    statistic: inout Statistic, limits: SplitLimits, best: inout SplitCandidate
  ) -> Int {
    var (left, lower) = (leftCount, -1)
    for bin in 0..<binCount {
      let cell = cells[bin]
      if cell.z == 0 { continue }
      if lower >= 0, statistic.score > best.score {
        SplitSearch.consider(
          statistic, leftCount: left, rightCount: count &- left, feature: feature,
          lower: UInt32(truncatingIfNeeded: lower), upper: UInt32(truncatingIfNeeded: bin), missingLeft: missingLeft,
          limits: limits, best: &best)
      }
      statistic.moveLeft(sum: cell.lowHalf)
      left &+= Int(cell.z)
      lower = bin
    }
    return lower
  }
}
