import ApusNumerics
import RealModule

/// Classification with any weights and any number of outputs.
///
/// The payload of a sample is its position in the node. Sums of weights are exact because the weights are on a
/// ``BinaryGrid``.
struct WeightedClassStatistic: SplitStatistic {
  /// Start of every output's classes in a block of sums; `outputs + 1` entries.
  let offsets: UnsafePointer<Int>
  let outputs: Int
  let usesEntropy: Bool
  /// Class index (offset included) of sample i in output o at `o * stride + i`.
  let classes: UnsafePointer<UInt32>
  let stride: Int
  let weights: UnsafePointer<Double>
  let totals: UnsafePointer<Double>
  let left: UnsafeMutablePointer<Double>
  let nodeWeight: Double
  var leftWeight = 0.0

  mutating func reset() {
    left.update(repeating: 0, count: offsets[outputs])
    leftWeight = 0
  }

  @inline(__always)
  mutating func moveLeft(_ payload: UInt32) {
    let i = Int(payload)
    let w = weights[i]
    leftWeight += w
    for output in 0..<outputs { left[Int(classes[output &* stride &+ i])] += w }
  }

  @inline(__always) var rightWeight: Double { nodeWeight - leftWeight }

  var score: Double {
    let right = rightWeight
    var sum = 0.0
    for output in 0..<outputs {
      var (a, b) = (0.0, 0.0)
      for k in offsets[output]..<offsets[output + 1] {
        let (l, r) = (left[k], totals[k] - left[k])
        if usesEntropy {
          a += WeightedClassStatistic.xlog2(l)
          b += WeightedClassStatistic.xlog2(r)
        } else {
          a += l * l
          b += r * r
        }
      }
      if usesEntropy {
        sum += a - WeightedClassStatistic.xlog2(leftWeight) + b - WeightedClassStatistic.xlog2(right)
      } else {
        sum += a / leftWeight + b / right
      }
    }
    return sum / Double(outputs)
  }

  @inline(__always) static func xlog2(_ x: Double) -> Double { x > 0 ? x * .log2(x) : 0 }

  var sideValues: (left: Double, right: Double) { (left[1] / leftWeight, (totals[1] - left[1]) / rightWeight) }
  var orderCount: Int { offsets[outputs] }
  func leftValue(_ order: Int) -> Double { left[order] / leftWeight }
}

/// Targets of ``WeightedClassStatistic``.
struct WeightedClassModel: NodeModel {
  let usesEntropy: Bool
  let outputs: Int
  let rows: Int
  /// Start of every output's classes; `outputs + 1` entries.
  private let offsets: Buffer<Int>
  /// Class of row i in output o at `o * rows + i`, without the output's offset.
  let labels: UnsafePointer<UInt32>
  let rowWeights: UnsafePointer<Double>
  private let classes: Buffer<UInt32>
  private let weights: Buffer<Double>
  private let positions: Buffer<UInt32>
  private let totals: Buffer<Double>
  private let left: Buffer<Double>
  private let capacity: Int
  private(set) var weight = 0.0

  init(
    usesEntropy: Bool, classCounts: [Int], labels: UnsafePointer<UInt32>, weights: UnsafePointer<Double>, rows: Int,
    capacity: Int
  ) throws {
    self.usesEntropy = usesEntropy
    outputs = classCounts.count
    self.rows = rows
    self.labels = labels
    rowWeights = weights
    self.capacity = capacity
    offsets = try Buffer(count: outputs + 1)
    offsets[0] = 0
    for (output, count) in classCounts.enumerated() { offsets[output + 1] = offsets[output] + count }
    classes = try Buffer(count: try checkedCount([capacity, outputs], stride: 1))
    self.weights = try Buffer(count: capacity)
    positions = try NodePositions.make(capacity)
    totals = try Buffer(count: offsets[outputs])
    left = try Buffer(count: offsets[outputs])
  }

  var valueCount: Int { offsets[outputs] }
  var payload: UnsafePointer<UInt32> { UnsafePointer(positions.pointer) }

  mutating func load(samples: UnsafePointer<UInt32>, count: Int) {
    totals.pointer.update(repeating: 0, count: valueCount)
    weight = 0
    for i in 0..<count {
      let row = Int(samples[i])
      let w = rowWeights[row]
      weights[i] = w
      weight += w
      for output in 0..<outputs {
        let k = UInt32(truncatingIfNeeded: offsets[output]) &+ labels[output &* rows &+ row]
        classes[output &* capacity &+ i] = k
        totals[Int(k)] += w
      }
    }
  }

  var statistic: WeightedClassStatistic {
    WeightedClassStatistic(
      offsets: UnsafePointer(offsets.pointer), outputs: outputs, usesEntropy: usesEntropy,
      classes: UnsafePointer(classes.pointer), stride: capacity, weights: UnsafePointer(weights.pointer),
      totals: UnsafePointer(totals.pointer), left: left.pointer, nodeWeight: weight)
  }

  var impurity: Double {
    var sum = 0.0
    for output in 0..<outputs {
      var part = usesEntropy ? 0.0 : 1.0
      for k in offsets[output]..<offsets[output + 1] {
        let p = totals[k] / weight
        part -= usesEntropy ? WeightedClassStatistic.xlog2(p) : p * p
      }
      sum += part
    }
    return max(sum / Double(outputs), 0)
  }

  var score: Double {
    var sum = 0.0
    for output in 0..<outputs {
      var part = 0.0
      for k in offsets[output]..<offsets[output + 1] {
        part += usesEntropy ? WeightedClassStatistic.xlog2(totals[k]) : totals[k] * totals[k]
      }
      sum += usesEntropy ? part - WeightedClassStatistic.xlog2(weight) : part / weight
    }
    return sum / Double(outputs)
  }

  var scoreUnit: Double { 1 }

  func writeValue(to target: UnsafeMutablePointer<Double>) {
    for k in 0..<valueCount { target[k] = totals[k] / weight }
  }

  func clipValue(_ target: UnsafeMutablePointer<Double>, to bounds: ClosedRange<Double>) {
    ClassValue.clip(target, to: bounds)
  }
}

/// The payload of criteria that look samples up by their position in the node.
enum NodePositions {
  static func make(_ count: Int) throws -> Buffer<UInt32> {
    let positions = try Buffer<UInt32>(count: count)
    for i in 0..<count { positions[i] = UInt32(truncatingIfNeeded: i) }
    return positions
  }
}
