import ApusNumerics

/// The boundary of the largest gain in one histogram, without L1 penalty and constraints.
///
/// Sums from the left, then gains of all boundaries side by side: the second step is a plain loop over numbers that the
/// compiler turns into vector instructions. Counts and Hessians only grow from left to right, so the boundaries with enough
/// on both sides are neighbours.
struct SplitScan {
  /// Most boundaries of a feature.
  static let capacity = 256

  private let gradientUnit: Double
  private let hessianUnit: Double
  private let shift: Int64
  private let gradient: Double
  private let hessian: Double
  private let count: Int64
  private let minCount: Int64
  private let minHessian: Double
  private let l2: Double
  /// What the leaf saves as it is.
  private let saving: Double

  init(table: GradientTable, limits: BoostingLimits, total: HistogramCell) {
    gradientUnit = table.gradientUnit
    hessianUnit = table.hessianUnit
    shift = Int64(table.countBits)
    gradient = table.gradient(total)
    hessian = table.hessian(total)
    count = Int64(table.count(total))
    minCount = Int64(limits.minSamplesLeaf)
    minHessian = limits.minChildWeight
    l2 = limits.gain.l2
    saving = limits.gain.saving(gradient, hessian)
  }

  /// The first boundary of the largest gain, if that exceeds a given one.
  ///
  /// - Parameters:
  ///   - cells: at least `boundaries` of them; boundary b lies above cell b.
  ///   - start: what is on the left before the first cell.
  ///   - scratch: room for 3 · ``capacity`` numbers.
  func best(
    _ cells: UnsafePointer<HistogramCell>, boundaries: Int, start: HistogramCell, above gain: Double,
    scratch: UnsafeMutablePointer<Double>
  ) -> Int? {
    let (gradients, hessians) = (scratch, scratch + SplitScan.capacity)
    let range = sums(cells, boundaries: boundaries, start: start, gradients, hessians)
    guard range.lowerBound < range.upperBound else { return nil }
    let savings = hessians + SplitScan.capacity
    SplitScan.fill(
      savings, range, gradients, hessians, gradient: gradient, hessian: hessian, l2: l2)
    var (largest, found) = (-Double.infinity, range.lowerBound)
    for bin in range where savings[bin] > largest {
      largest = savings[bin]
      found = bin
    }
    return largest > gain + saving ? found : nil
  }

  /// Sums of gradients and Hessians from the left, and the boundaries with enough on both sides.
  @inline(__always)
  private func sums(
    _ cells: UnsafePointer<HistogramCell>, boundaries: Int, start: HistogramCell,
    _ gradients: UnsafeMutablePointer<Double>, _ hessians: UnsafeMutablePointer<Double>
  ) -> Range<Int> {
    let mask = (Int64(1) &<< shift) &- 1
    var left = start
    var (first, last) = (0, 0)
    for bin in 0..<boundaries {
      left &+= cells[bin]
      let h = Double(left.y &>> shift) * hessianUnit
      gradients[bin] = Double(left.x) * gradientUnit
      hessians[bin] = h
      let own = left.y & mask
      let isTooSmall = (own < minCount ? 1 : 0) | (h < minHessian ? 1 : 0)
      let leavesTooLittle = (count &- own < minCount ? 1 : 0) | (hessian - h < minHessian ? 1 : 0)
      first &+= isTooSmall
      last &+= 1 &- leavesTooLittle
    }
    return first..<max(first, last)
  }

  /// Twice the loss that the two sides of every boundary save, with one division for both.
  @inline(__always)
  private static func fill(
    _ savings: UnsafeMutablePointer<Double>, _ range: Range<Int>, _ gradients: UnsafePointer<Double>,
    _ hessians: UnsafePointer<Double>, gradient: Double, hessian: Double, l2: Double
  ) {
    for bin in range {
      let (g, a) = (gradients[bin], hessians[bin] + l2)
      let (other, b) = (gradient - g, hessian - hessians[bin] + l2)
      let weight = a * b
      let value = (g * g * b + other * other * a) / weight
      savings[bin] = weight > 0 ? value : -.infinity
    }
  }
}
