import ApusNumerics

/// The boundary of the largest gain in one histogram, without L1 penalty and constraints.
///
/// Sums from the left, then gains of all boundaries side by side: the second step is a plain loop over numbers that the
/// compiler turns into vector instructions. Counts and Hessians only grow from left to right, so the boundaries with enough
/// on both sides are neighbours.
struct SplitScan: BitwiseCopyable {
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

  init(scale: GradientScale, limits: BoostingLimits, total: HistogramCell) {
    gradientUnit = scale.gradientUnit
    hessianUnit = scale.hessianUnit
    shift = scale.countBits
    gradient = scale.gradient(total)
    hessian = scale.hessian(total)
    count = Int64(scale.count(total))
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
    let savings = scratch + 2 * SplitScan.capacity
    return (scratch + SplitScan.capacity).withMemoryRebound(to: Int64.self, capacity: SplitScan.capacity) { masses in
      SplitScan.sum(cells, boundaries: boundaries, start: start, scratch, masses)
      let range = admissible(masses, boundaries: boundaries)
      guard !range.isEmpty else { return nil }
      fill(savings, range, scratch, masses)
      let largest = SplitScan.largest(savings + range.lowerBound, count: range.count)
      guard largest > gain + saving else { return nil }
      return range.first { savings[$0] == largest }
    }
  }

  /// Sums from the left: gradients in units, and Hessians above counts.
  @inline(__always)
  private static func sum(
    _ cells: UnsafePointer<HistogramCell>, boundaries: Int, start: HistogramCell,
    _ gradients: UnsafeMutablePointer<Double>, _ masses: UnsafeMutablePointer<Int64>
  ) {
    var left = start
    for bin in 0..<boundaries {
      left &+= cells[bin]
      gradients[bin] = Double(left.x)
      masses[bin] = left.y
    }
  }

  /// The boundaries with enough on both sides, by bisection.
  private func admissible(_ masses: UnsafePointer<Int64>, boundaries: Int) -> Range<Int> {
    let mask = (Int64(1) &<< shift) &- 1
    func end(where holds: (_ count: Int64, _ hessian: Double) -> Bool) -> Int {
      var (low, high) = (0, boundaries)
      while low < high {
        let middle = (low &+ high) / 2
        if holds(masses[middle] & mask, Double(masses[middle] &>> shift) * hessianUnit) {
          low = middle &+ 1
        } else {
          high = middle
        }
      }
      return low
    }
    let first = end { $0 < minCount || $1 < minHessian }
    let last = end { count &- $0 >= minCount && hessian - $1 >= minHessian }
    return first..<max(first, last)
  }

  /// Twice the loss that the two sides of every boundary save, with one division for both.
  @inline(__always)
  private func fill(
    _ savings: UnsafeMutablePointer<Double>, _ range: Range<Int>, _ gradients: UnsafePointer<Double>,
    _ masses: UnsafePointer<Int64>
  ) {
    let (gradient, hessian, l2) = (gradient, hessian, l2)
    let (gradientUnit, hessianUnit, shift) = (gradientUnit, hessianUnit, UInt64(shift))
    for bin in range {
      // Below 2^52 the bits of a whole number are the significand of 2^52 plus it: a conversion vectors have.
      let bits = UInt64(bitPattern: masses[bin]) &>> shift | 0x4330_0000_0000_0000
      let h = (Double(bitPattern: bits) - 0x1p52) * hessianUnit
      let g = gradients[bin] * gradientUnit
      let (a, other, b) = (h + l2, gradient - g, hessian - h + l2)
      let weight = a * b
      let value = (g * g * b + other * other * a) / weight
      savings[bin] = weight > 0 ? value : -.infinity
    }
  }

  /// The largest of some numbers, in four runs side by side.
  @inline(__always)
  private static func largest(_ values: UnsafePointer<Double>, count: Int) -> Double {
    var (a, b, c, d) = (-Double.infinity, -Double.infinity, -Double.infinity, -Double.infinity)
    var i = 0
    while i &+ 4 <= count {
      a = values[i] > a ? values[i] : a
      b = values[i &+ 1] > b ? values[i &+ 1] : b
      c = values[i &+ 2] > c ? values[i &+ 2] : c
      d = values[i &+ 3] > d ? values[i &+ 3] : d
      i &+= 4
    }
    while i < count {
      a = values[i] > a ? values[i] : a
      i &+= 1
    }
    return max(max(a, b), max(c, d))
  }
}
