import ApusNumerics

/// Best split of a leaf from its histograms.
struct HistogramSplit: BitwiseCopyable {
  var feature = -1
  var gain = 0.0
  var lastLeftBin = 0
  var missingLeft = false
  /// Bit b says that bin b goes left, for categorical features.
  var leftBins = SIMD8<UInt32>()
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

/// Split search over the cells of one leaf. Plain numbers: searches run side by side without counting references.
struct HistogramSearch: Sendable {
  private let scale: GradientScale
  private let gain: SplitGain
  private let minSamplesLeaf: Int
  private let minChildWeight: Double
  private let minGain: Double
  private let isConstrained: Bool
  private let categorySmoothing: Double
  private let maxCategories: Int
  /// Sums over the leaf.
  private let total: HistogramCell
  private let bounds: ClosedRange<Double>
  private let plain: SplitScan

  init(scale: GradientScale, limits: BoostingLimits, total: HistogramCell, bounds: ClosedRange<Double>) {
    self.scale = scale
    gain = limits.gain
    minSamplesLeaf = limits.minSamplesLeaf
    minChildWeight = limits.minChildWeight
    minGain = limits.minGain
    isConstrained = !limits.monotone.isEmpty
    categorySmoothing = limits.categorySmoothing
    maxCategories = limits.maxCategories
    self.total = total
    self.bounds = bounds
    plain = SplitScan(scale: scale, limits: limits, total: total)
  }

  /// Tries every boundary between bins, missing values on both sides; ties keep the earlier split.
  ///
  /// - Parameters:
  ///   - direction: the monotone constraint of the feature, 0 for none.
  ///   - scratch: for ``SplitScan``.
  func numeric(
    _ cells: UnsafePointer<HistogramCell>, feature: Int, binCount: Int, hasMissing: Bool, direction: Int8,
    scratch: UnsafeMutablePointer<Double>, best: inout HistogramSplit
  ) {
    let missing = hasMissing ? cells[binCount] : HistogramCell()
    scan(
      cells, feature: feature, binCount: binCount, start: HistogramCell(), missingLeft: false, direction: direction,
      scratch: scratch, best: &best)
    guard missing.y != 0 else { return }
    // Present values against missing ones.
    var present = HistogramCell()
    for bin in 0..<binCount { present &+= cells[bin] }
    consider(
      present, feature: feature, lastLeftBin: binCount - 1, missingLeft: false, direction: direction, best: &best)
    scan(
      cells, feature: feature, binCount: binCount, start: missing, missingLeft: true, direction: direction,
      scratch: scratch, best: &best)
  }

  /// Tries every boundary with some missing or no values on the left already.
  @inline(__always)
  private func scan(
    _ cells: UnsafePointer<HistogramCell>, feature: Int, binCount: Int, start: HistogramCell, missingLeft: Bool,
    direction: Int8, scratch: UnsafeMutablePointer<Double>, best: inout HistogramSplit
  ) {
    let boundaries = max(binCount - 1, 0)
    guard gain.l1 == 0, !isConstrained else {
      var left = start
      for bin in 0..<boundaries {
        left &+= cells[bin]
        if cells[bin].y != 0 {
          consider(
            left, feature: feature, lastLeftBin: bin, missingLeft: missingLeft, direction: direction, best: &best)
        }
      }
      return
    }
    guard
      let bin = plain.best(cells, boundaries: boundaries, start: start, above: best.gain, scratch: scratch)
    else { return }
    var left = start
    for i in 0...bin { left &+= cells[i] }
    consider(left, feature: feature, lastLeftBin: bin, missingLeft: missingLeft, direction: direction, best: &best)
  }

  /// Ranks categories by gradient per Hessian and tries every prefix of the ranking from both ends, which contains the
  /// best division (Fisher 1958, doi:10.1080/01621459.1958.10501479).
  func categorical(
    _ cells: UnsafePointer<HistogramCell>, feature: Int, cellCount: Int, direction: Int8, best: inout HistogramSplit
  ) {
    var order: [(bin: Int, rank: Double)] = []
    for bin in 0..<cellCount where cells[bin].y != 0 {
      order.append((bin, scale.gradient(cells[bin]) / (scale.hessian(cells[bin]) + categorySmoothing)))
    }
    guard order.count > 1 else { return }
    order.sort { $0.rank < $1.rank || ($0.rank == $1.rank && $0.bin < $1.bin) }
    for reversed in [false, true] {
      var left = HistogramCell()
      var bins = SIMD8<UInt32>()
      for taken in 0..<min(order.count - 1, maxCategories) {
        let bin = order[reversed ? order.count - 1 - taken : taken].bin
        left &+= cells[bin]
        bins[bin >> 5] |= 1 << UInt32(bin & 31)
        let before = best.gain
        consider(left, feature: feature, lastLeftBin: 0, missingLeft: false, direction: direction, best: &best)
        if best.gain > before { best.leftBins = bins }
      }
    }
  }

  /// Takes the split as the new best if it is better and allowed.
  private func consider(
    _ left: HistogramCell, feature: Int, lastLeftBin: Int, missingLeft: Bool, direction: Int8,
    best: inout HistogramSplit
  ) {
    let right = total &- left
    guard scale.count(left) >= minSamplesLeaf, scale.count(right) >= minSamplesLeaf else { return }
    let (g, h) = (scale.gradient(left), scale.hessian(left))
    let (gr, hr) = (scale.gradient(right), scale.hessian(right))
    guard h >= minChildWeight, hr >= minChildWeight else { return }
    let rule = gain
    var leftValue = rule.value(g, h)
    var rightValue = rule.value(gr, hr)
    var gain = -rule.saving(scale.gradient(total), scale.hessian(total))
    if !isConstrained {
      gain += rule.saving(g, h) + rule.saving(gr, hr)
    } else {
      leftValue = min(max(leftValue, bounds.lowerBound), bounds.upperBound)
      rightValue = min(max(rightValue, bounds.lowerBound), bounds.upperBound)
      guard (rightValue - leftValue) * Double(direction) >= 0 else { return }
      let whole = min(
        max(rule.value(scale.gradient(total), scale.hessian(total)), bounds.lowerBound), bounds.upperBound)
      gain =
        rule.saving(g, h, value: leftValue) + rule.saving(gr, hr, value: rightValue)
        - rule.saving(scale.gradient(total), scale.hessian(total), value: whole)
    }
    guard gain > best.gain, gain > minGain else { return }
    best = HistogramSplit(
      feature: feature, gain: gain, lastLeftBin: lastLeftBin, missingLeft: missingLeft, left: left,
      leftValue: leftValue, rightValue: rightValue)
  }
}
