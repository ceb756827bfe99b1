import ApusNumerics

/// Best split of a leaf from its histograms.
struct HistogramSplit {
  var feature = -1
  var gain = 0.0
  var lastLeftBin = 0
  var missingLeft = false
  /// Bins that go left, for categorical features.
  var leftBins: [UInt32] = []
  var left = HistogramCell()
  var leftValue = 0.0
  var rightValue = 0.0

  var isFound: Bool { feature >= 0 }
}

/// What splits of a boosted tree must respect.
struct BoostingLimits: Sendable {
  var gain = SplitGain()
  var minSamplesLeaf = 20
  var minChildWeight = 1e-3
  var minGain = 0.0
  /// −1, 0, 1 per feature; empty for none.
  var monotone: [Int8] = []
  /// Added to the Hessian when categories are ranked, so that rare ones do not lead.
  var categorySmoothing = 10.0
  /// Most categories on the smaller side of a split.
  var maxCategories = 64
}

/// Split search over the cells of one feature.
struct HistogramSearch {
  let table: GradientTable
  let limits: BoostingLimits
  /// Sums over the leaf.
  let total: HistogramCell
  let bounds: ClosedRange<Double>

  /// Tries every boundary between bins, missing values on both sides; ties keep the earlier split.
  ///
  /// - Parameter scratch: for ``SplitScan``.
  func numeric(
    _ cells: UnsafePointer<HistogramCell>, feature: Int, binCount: Int, hasMissing: Bool,
    scratch: UnsafeMutablePointer<Double>,
    best: inout HistogramSplit
  ) {
    let missing = hasMissing ? cells[binCount] : HistogramCell()
    scan(
      cells, feature: feature, binCount: binCount, start: HistogramCell(), missingLeft: false, scratch: scratch,
      best: &best)
    guard missing.y != 0 else { return }
    // Present values against missing ones.
    var present = HistogramCell()
    for bin in 0..<binCount { present &+= cells[bin] }
    consider(present, feature: feature, lastLeftBin: binCount - 1, missingLeft: false, best: &best)
    scan(cells, feature: feature, binCount: binCount, start: missing, missingLeft: true, scratch: scratch, best: &best)
  }

  /// Tries every boundary with some missing or no values on the left already.
  private func scan(
    _ cells: UnsafePointer<HistogramCell>, feature: Int, binCount: Int, start: HistogramCell, missingLeft: Bool,
    scratch: UnsafeMutablePointer<Double>, best: inout HistogramSplit
  ) {
    let boundaries = max(binCount - 1, 0)
    guard limits.gain.l1 == 0, limits.monotone.isEmpty else {
      var left = start
      for bin in 0..<boundaries {
        left &+= cells[bin]
        if cells[bin].y != 0 {
          consider(left, feature: feature, lastLeftBin: bin, missingLeft: missingLeft, best: &best)
        }
      }
      return
    }
    let scan = SplitScan(table: table, limits: limits, total: total)
    guard
      let bin = scan.best(cells, boundaries: boundaries, start: start, above: best.gain, scratch: scratch)
    else { return }
    var left = start
    for i in 0...bin { left &+= cells[i] }
    consider(left, feature: feature, lastLeftBin: bin, missingLeft: missingLeft, best: &best)
  }

  /// Ranks categories by gradient per Hessian and tries every prefix of the ranking from both ends, which contains the
  /// best division (Fisher 1958, doi:10.1080/01621459.1958.10501479).
  func categorical(
    _ cells: UnsafePointer<HistogramCell>, feature: Int, cellCount: Int, best: inout HistogramSplit
  ) {
    var order: [(bin: Int, rank: Double)] = []
    for bin in 0..<cellCount where cells[bin].y != 0 {
      order.append((bin, table.gradient(cells[bin]) / (table.hessian(cells[bin]) + limits.categorySmoothing)))
    }
    guard order.count > 1 else { return }
    order.sort { $0.rank < $1.rank || ($0.rank == $1.rank && $0.bin < $1.bin) }
    for reversed in [false, true] {
      var left = HistogramCell()
      var bins = [UInt32](repeating: 0, count: 8)
      for taken in 0..<min(order.count - 1, limits.maxCategories) {
        let bin = order[reversed ? order.count - 1 - taken : taken].bin
        left &+= cells[bin]
        bins[bin >> 5] |= 1 << UInt32(bin & 31)
        let before = best.gain
        consider(left, feature: feature, lastLeftBin: 0, missingLeft: false, best: &best)
        if best.gain > before { best.leftBins = bins }
      }
    }
  }

  /// Takes the split as the new best if it is better and allowed.
  private func consider(
    _ left: HistogramCell, feature: Int, lastLeftBin: Int, missingLeft: Bool, best: inout HistogramSplit
  ) {
    let right = total &- left
    guard table.count(left) >= limits.minSamplesLeaf, table.count(right) >= limits.minSamplesLeaf else { return }
    let (g, h) = (table.gradient(left), table.hessian(left))
    let (gr, hr) = (table.gradient(right), table.hessian(right))
    guard h >= limits.minChildWeight, hr >= limits.minChildWeight else { return }
    let rule = limits.gain
    var leftValue = rule.value(g, h)
    var rightValue = rule.value(gr, hr)
    var gain = -rule.saving(table.gradient(total), table.hessian(total))
    if limits.monotone.isEmpty {
      gain += rule.saving(g, h) + rule.saving(gr, hr)
    } else {
      leftValue = min(max(leftValue, bounds.lowerBound), bounds.upperBound)
      rightValue = min(max(rightValue, bounds.lowerBound), bounds.upperBound)
      guard (rightValue - leftValue) * Double(limits.monotone[feature]) >= 0 else { return }
      let whole = min(
        max(rule.value(table.gradient(total), table.hessian(total)), bounds.lowerBound), bounds.upperBound)
      gain =
        rule.saving(g, h, value: leftValue) + rule.saving(gr, hr, value: rightValue)
        - rule.saving(table.gradient(total), table.hessian(total), value: whole)
    }
    guard gain > best.gain, gain > limits.minGain else { return }
    best = HistogramSplit(
      feature: feature, gain: gain, lastLeftBin: lastLeftBin, missingLeft: missingLeft, leftBins: [], left: left,
      leftValue: leftValue, rightValue: rightValue)
  }
}
