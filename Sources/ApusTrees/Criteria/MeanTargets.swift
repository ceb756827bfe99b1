import ApusNumerics
import RealModule

/// Regression criteria whose leaves predict means: squared error and Poisson deviance.
///
/// `score(sum, weight)` of a side is minus its weighted impurity, up to terms that both sides share.
protocol MeanRule {
  static func score(sum: Double, weight: Double) -> Double
  /// Per-row contribution to the node's weight · impurity, given the node's mean.
  static func deviance(_ y: Double, mean: Double) -> Double
  /// Whether targets may be shifted to the middle of their range, which saves digits.
  static var isShiftInvariant: Bool { get }
}

/// Variance: `Σ w (y − mean)²`; the score of a side is `sum² / weight`.
struct SquaredErrorRule: MeanRule {
  @inline(__always) static func score(sum: Double, weight: Double) -> Double { sum * sum / weight }
  @inline(__always) static func deviance(_ y: Double, mean: Double) -> Double { (y - mean) * (y - mean) }
  static var isShiftInvariant: Bool { true }
}

/// Half Poisson deviance: `Σ w (y log(y / mean) − y + mean)`; the score of a side is `sum · log(sum / weight)`.
///
/// A side without any positive target would predict 0, which the deviance forbids.
struct PoissonRule: MeanRule {
  @inline(__always) static func score(sum: Double, weight: Double) -> Double {
    sum > 0 ? sum * .log(sum / weight) : -.infinity
  }
  static func deviance(_ y: Double, mean: Double) -> Double {
    mean > 0 ? (y > 0 ? y * .log(y / mean) : 0) - y + mean : 0
  }
  static var isShiftInvariant: Bool { false }
}

/// Split statistic of one output under a ``MeanRule``. The payload is the position in the node.
struct MeanStatistic<Rule: MeanRule>: SplitStatistic {
  /// (weight, weight · target) of each sample in the node.
  let pairs: UnsafePointer<SIMD2<Double>>
  let total: SIMD2<Double>
  let shift: Double
  var left = SIMD2<Double>()

  mutating func reset() { left = SIMD2() }

  @inline(__always)
  mutating func moveLeft(_ payload: UInt32) { left += pairs[Int(payload)] }

  static var addsUp: Bool { true }
  @inline(__always) func summand(_ payload: UInt32) -> SIMD2<Double> { pairs[Int(payload)] }
  @inline(__always) mutating func moveLeft(sum: SIMD2<Double>) { left += sum }

  @inline(__always) var leftWeight: Double { left.x }
  @inline(__always) var rightWeight: Double { total.x - left.x }
  @inline(__always) var score: Double {
    let right = total - left
    return Rule.score(sum: left.y, weight: left.x) + Rule.score(sum: right.y, weight: right.x)
  }
  var sideValues: (left: Double, right: Double) {
    let right = total - left
    return (left.y / left.x + shift, right.y / right.x + shift)
  }
}

/// Split statistic of several outputs: the mean of the outputs' scores.
struct MultiMeanStatistic<Rule: MeanRule>: SplitStatistic {
  let outputs: Int
  let weights: UnsafePointer<Double>
  /// weight · target of sample i, output o at `i * outputs + o`.
  let sums: UnsafePointer<Double>
  let totals: UnsafePointer<Double>
  let nodeWeight: Double
  let left: UnsafeMutablePointer<Double>
  var leftWeight = 0.0

  mutating func reset() {
    left.update(repeating: 0, count: outputs)
    leftWeight = 0
  }

  @inline(__always)
  mutating func moveLeft(_ payload: UInt32) {
    let i = Int(payload)
    leftWeight += weights[i]
    for output in 0..<outputs { left[output] += sums[i &* outputs &+ output] }
  }

  var rightWeight: Double { nodeWeight - leftWeight }
  var score: Double {
    var sum = 0.0
    for output in 0..<outputs {
      sum +=
        Rule.score(sum: left[output], weight: leftWeight)
        + Rule.score(sum: totals[output] - left[output], weight: rightWeight)
    }
    return sum / Double(outputs)
  }
  var sideValues: (left: Double, right: Double) { (left[0] / leftWeight, (totals[0] - left[0]) / rightWeight) }
  var orderCount: Int { outputs }
  func leftValue(_ order: Int) -> Double { left[order] / leftWeight }
}

/// Targets under a ``MeanRule``: row-major (rows, outputs) with weights.
///
/// Splits are scored on targets rounded to a ``BinaryGrid`` (relative precision 2^-30 or better of their range), values
/// are computed from the targets as given with compensated sums.
final class MeanTargets<Rule: MeanRule>: @unchecked Sendable {
  let rows: Int
  let outputs: Int
  let targets: UnsafePointer<Double>
  let weights: UnsafePointer<Double>
  /// weight · (target − shift) on the grid.
  let products: Buffer<Double>
  /// Middle of each output's range, subtracted before sums.
  let shifts: [Double]

  init(targets: UnsafePointer<Double>, weights: UnsafePointer<Double>, rows: Int, outputs: Int) throws {
    self.rows = rows
    self.outputs = outputs
    self.targets = targets
    self.weights = weights
    products = try Buffer(count: try checkedCount([rows, outputs], stride: 1))
    let column = try Buffer<Double>(count: rows)
    var shifts = [Double](repeating: 0, count: outputs)
    for output in 0..<outputs {
      if Rule.isShiftInvariant { shifts[output] = MeanTargets.middle(targets + output, weights, rows, stride: outputs) }
      var total = 0.0
      for row in 0..<rows {
        column[row] = weights[row] == 0 ? 0 : targets[row * outputs + output] - shifts[output]
        total += weights[row] * abs(column[row])
      }
      // The grid of the products is that of the targets times that of whole weights.
      BinaryGrid.snap(column.pointer, count: rows, exponent: BinaryGrid.exponent(total: total))
      for row in 0..<rows { column[row] *= weights[row] }
      BinaryGrid.snap(column.pointer, count: rows, exponent: BinaryGrid.exponent(total: total))
      for row in 0..<rows { products[row * outputs + output] = column[row] }
    }
    self.shifts = shifts
  }

  /// Halfway between the extremes of the rows with weight: unlike a mean it does not depend on weights.
  private static func middle(
    _ y: UnsafePointer<Double>, _ weights: UnsafePointer<Double>, _ rows: Int, stride: Int
  ) -> Double {
    var (low, high) = (Double.infinity, -Double.infinity)
    for row in 0..<rows where weights[row] != 0 {
      low = min(low, y[row * stride])
      high = max(high, y[row * stride])
    }
    let middle = low / 2 + high / 2
    return middle.isFinite ? middle : 0
  }
}

/// Means and impurities of nodes from the targets as given.
enum MeanMeasure<Rule: MeanRule> {
  /// The weighted mean, accumulated with error-free transformations (Ogita, Rump, Oishi 2005, doi:10.1137/030601818):
  /// independent of order and repetition, and exactly the target where all targets are equal.
  ///
  /// - Parameter stride: elements between the targets of consecutive samples; weights are contiguous.
  @inline(__always)
  static func mean(
    _ y: UnsafePointer<Double>, stride: Int, weights: UnsafePointer<Double>, count: Int, weight total: Double
  ) -> Double {
    var (low, high) = (Double.infinity, -Double.infinity)
    for i in 0..<count {
      low = min(low, y[i &* stride])
      high = max(high, y[i &* stride])
    }
    if low == high { return low }
    var (sum, carry) = (0.0, 0.0)
    for i in 0..<count {
      let (w, t) = (weights[i], y[i &* stride] - low)
      let term = w * t
      let next = sum + term
      let part = next - sum
      carry += ((sum - (next - part)) + (term - part)) + (-term).addingProduct(w, t)
      sum = next
    }
    return low + (sum + carry) / total
  }

  /// Impurity per unit of weight of one output.
  @inline(__always)
  static func impurity(
    _ y: UnsafePointer<Double>, stride: Int, weights: UnsafePointer<Double>, count: Int, weight total: Double,
    mean: Double
  ) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += weights[i] * Rule.deviance(y[i &* stride], mean: mean) }
    return max(sum / total, 0)
  }
}

/// Node model of one output.
struct MeanModel<Rule: MeanRule>: NodeModel {
  private let source: MeanTargets<Rule>
  private let multiplicity: UnsafePointer<UInt32>?
  private let pairs: Buffer<SIMD2<Double>>
  private let weights: Buffer<Double>
  private let targets: Buffer<Double>
  private let positions: Buffer<UInt32>
  private var total = SIMD2<Double>()
  private var mean = 0.0
  private(set) var impurity = 0.0

  /// - Parameter multiplicity: how often the bootstrap drew each row; nil for once.
  init(source: MeanTargets<Rule>, multiplicity: UnsafePointer<UInt32>?, capacity: Int) throws {
    self.source = source
    self.multiplicity = multiplicity
    pairs = try Buffer(count: capacity)
    weights = try Buffer(count: capacity)
    targets = try Buffer(count: capacity)
    positions = try NodePositions.make(capacity)
  }

  var valueCount: Int { 1 }
  var payload: UnsafePointer<UInt32> { UnsafePointer(positions.pointer) }

  mutating func load(samples: UnsafePointer<UInt32>, count: Int) {
    let (pairs, local, y) = (pairs.pointer, weights.pointer, targets.pointer)
    let (rowWeights, products, rowTargets) = (source.weights, source.products.pointer, source.targets)
    var sum = SIMD2<Double>()
    for i in 0..<count {
      let row = Int(samples[i])
      var pair = SIMD2(rowWeights[row], products[row])
      if let multiplicity { pair *= Double(multiplicity[row]) }
      pairs[i] = pair
      local[i] = pair.x
      y[i] = rowTargets[row]
      sum += pair
    }
    total = sum
    mean = MeanMeasure<Rule>.mean(y, stride: 1, weights: local, count: count, weight: sum.x)
    impurity = MeanMeasure<Rule>.impurity(y, stride: 1, weights: local, count: count, weight: sum.x, mean: mean)
  }

  var statistic: MeanStatistic<Rule> {
    MeanStatistic(pairs: UnsafePointer(pairs.pointer), total: total, shift: source.shifts[0])
  }
  var weight: Double { total.x }
  var score: Double { Rule.score(sum: total.y, weight: total.x) }
  var scoreUnit: Double { 1 }
  func writeValue(to target: UnsafeMutablePointer<Double>) { target[0] = mean }
  func clipValue(_ target: UnsafeMutablePointer<Double>, to bounds: ClosedRange<Double>) {
    target[0] = min(max(target[0], bounds.lowerBound), bounds.upperBound)
  }
}

/// Node model of several outputs.
struct MultiMeanModel<Rule: MeanRule>: NodeModel {
  private let source: MeanTargets<Rule>
  private let multiplicity: UnsafePointer<UInt32>?
  private let weights: Buffer<Double>
  private let sums: Buffer<Double>
  private let targets: Buffer<Double>
  private let positions: Buffer<UInt32>
  private let totals: Buffer<Double>
  private let left: Buffer<Double>
  private let means: Buffer<Double>
  private(set) var weight = 0.0
  private(set) var impurity = 0.0

  init(source: MeanTargets<Rule>, multiplicity: UnsafePointer<UInt32>?, capacity: Int) throws {
    self.source = source
    self.multiplicity = multiplicity
    weights = try Buffer(count: capacity)
    sums = try Buffer(count: try checkedCount([capacity, source.outputs], stride: 1))
    targets = try Buffer(count: sums.count)
    positions = try NodePositions.make(capacity)
    totals = try Buffer(count: source.outputs)
    left = try Buffer(count: source.outputs)
    means = try Buffer(count: source.outputs)
  }

  var valueCount: Int { source.outputs }
  var payload: UnsafePointer<UInt32> { UnsafePointer(positions.pointer) }

  mutating func load(samples: UnsafePointer<UInt32>, count: Int) {
    let outputs = source.outputs
    totals.pointer.update(repeating: 0, count: outputs)
    weight = 0
    for i in 0..<count {
      let row = Int(samples[i])
      let factor = multiplicity.map { Double($0[row]) } ?? 1
      weights[i] = source.weights[row] * factor
      weight += weights[i]
      for output in 0..<outputs {
        let term = source.products[row &* outputs &+ output] * factor
        sums[i &* outputs &+ output] = term
        targets[i &* outputs &+ output] = source.targets[row &* outputs &+ output]
        totals[output] += term
      }
    }
    impurity = 0
    for output in 0..<outputs {
      let y = UnsafePointer(targets.pointer + output)
      means[output] = MeanMeasure<Rule>.mean(
        y, stride: outputs, weights: weights.pointer, count: count, weight: weight)
      impurity += MeanMeasure<Rule>.impurity(
        y, stride: outputs, weights: weights.pointer, count: count, weight: weight, mean: means[output])
    }
    impurity /= Double(outputs)
  }

  var statistic: MultiMeanStatistic<Rule> {
    MultiMeanStatistic(
      outputs: valueCount, weights: UnsafePointer(weights.pointer), sums: UnsafePointer(sums.pointer),
      totals: UnsafePointer(totals.pointer), nodeWeight: weight, left: left.pointer)
  }
  var score: Double {
    var sum = 0.0
    for output in 0..<valueCount { sum += Rule.score(sum: totals[output], weight: weight) }
    return sum / Double(valueCount)
  }
  var scoreUnit: Double { 1 }
  func writeValue(to target: UnsafeMutablePointer<Double>) { target.update(from: means.pointer, count: valueCount) }
  func clipValue(_ target: UnsafeMutablePointer<Double>, to bounds: ClosedRange<Double>) {}
}
