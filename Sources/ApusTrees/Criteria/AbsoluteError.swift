import ApusNumerics

/// Sums of weight and weight · target over a prefix of the sorted targets, updated in O(log n) (Fenwick 1994,
/// "A new data structure for cumulative frequency tables", Software: Practice and Experience 24:327–336).
struct PrefixSums {
  let nodes: UnsafeMutablePointer<SIMD2<Double>>
  /// Number of slots; slot 0 of `nodes` is unused.
  let count: Int

  @inline(__always)
  func add(_ term: SIMD2<Double>, at slot: Int) {
    var i = slot &+ 1
    while i <= count {
      nodes[i] += term
      i &+= i & (0 &- i)
    }
  }

  /// The first slot at which the cumulative weight reaches `goal`, with the sums up to and including it.
  @inline(__always)
  func locate(weight goal: Double) -> (slot: Int, sums: SIMD2<Double>) {
    var position = 0
    var before = SIMD2<Double>()
    var step = 1 &<< (Int.bitWidth &- 1 &- count.leadingZeroBitCount)
    while step > 0 {
      let next = position &+ step
      if next <= count, before.x + nodes[next].x < goal {
        position = next
        before += nodes[next]
      }
      step &>>= 1
    }
    return (min(position, count - 1), before)
  }
}

/// Absolute error: sides are scored by `−Σ w |y − median|`; each sample costs O(log n).
///
/// The payload is the position of the sample in the node.
struct AbsoluteErrorStatistic: SplitStatistic {
  /// Slot of every sample among the node's distinct targets.
  let slots: UnsafePointer<UInt32>
  /// (weight, weight · target) of every sample.
  let pairs: UnsafePointer<SIMD2<Double>>
  /// Distinct targets, ascending.
  let distinct: UnsafePointer<Double>
  let left: PrefixSums
  let right: PrefixSums
  /// The prefix sums of the whole node.
  let full: UnsafePointer<SIMD2<Double>>
  let total: SIMD2<Double>
  let shift: Double
  var leftSum = SIMD2<Double>()

  mutating func reset() {
    leftSum = SIMD2()
    left.nodes.update(repeating: SIMD2(), count: left.count + 1)
    right.nodes.update(from: full, count: right.count + 1)
  }

  mutating func moveLeft(_ payload: UInt32) {
    let pair = pairs[Int(payload)]
    let slot = Int(slots[Int(payload)])
    leftSum += pair
    left.add(pair, at: slot)
    right.add(-pair, at: slot)
  }

  var leftWeight: Double { leftSum.x }
  var rightWeight: Double { total.x - leftSum.x }
  var score: Double { -(error(left, leftSum) + error(right, total - leftSum)) }
  var sideValues: (left: Double, right: Double) {
    (median(left, leftSum.x) + shift, median(right, total.x - leftSum.x) + shift)
  }

  /// `Σ w |y − median|` of one side.
  private func error(_ sums: PrefixSums, _ all: SIMD2<Double>) -> Double {
    let (slot, before) = sums.locate(weight: all.x / 2)
    let middle = distinct[slot]
    // Targets equal to the median contribute nothing on either side.
    return (middle * before.x - before.y) + ((all.y - before.y) - middle * (all.x - before.x))
  }

  private func median(_ sums: PrefixSums, _ weight: Double) -> Double { distinct[sums.locate(weight: weight / 2).slot] }
}

/// Targets of ``AbsoluteErrorStatistic``, one output.
struct AbsoluteErrorModel: NodeModel {
  private let source: MeanTargets<SquaredErrorRule>
  private let multiplicity: UnsafePointer<UInt32>?
  /// Rank of every row's target among all rows.
  private let targetRanks: UnsafePointer<UInt32>
  private let keys: Buffer<UInt64>
  private let counters: Buffer<UInt32>
  private let slots: Buffer<UInt32>
  private let pairs: Buffer<SIMD2<Double>>
  private let distinct: Buffer<Double>
  private let original: Buffer<Double>
  private let sums: Buffer<SIMD2<Double>>
  private let positions: Buffer<UInt32>
  private let capacity: Int
  private var distinctCount = 0
  private var total = SIMD2<Double>()
  private var error = 0.0
  private var median = 0.0

  init(
    source: MeanTargets<SquaredErrorRule>, targetRanks: UnsafePointer<UInt32>, multiplicity: UnsafePointer<UInt32>?,
    capacity: Int
  ) throws {
    self.source = source
    self.targetRanks = targetRanks
    self.multiplicity = multiplicity
    self.capacity = capacity
    keys = try Buffer(count: 2 * capacity)
    counters = try Buffer(count: NodeSort.counterCount)
    slots = try Buffer(count: capacity)
    pairs = try Buffer(count: capacity)
    distinct = try Buffer(count: capacity)
    original = try Buffer(count: capacity)
    sums = try Buffer(count: 3 * (capacity + 1))
    positions = try NodePositions.make(capacity)
  }

  var valueCount: Int { 1 }
  var payload: UnsafePointer<UInt32> { UnsafePointer(positions.pointer) }

  mutating func load(samples: UnsafePointer<UInt32>, count: Int) {
    var (low, high) = (UInt32.max, UInt32.min)
    total = SIMD2()
    for i in 0..<count {
      let row = Int(samples[i])
      let rank = targetRanks[row]
      low = min(low, rank)
      high = max(high, rank)
      keys[i] = UInt64(rank) << 32 | UInt64(i)
      let factor = multiplicity.map { Double($0[row]) } ?? 1
      pairs[i] = SIMD2(source.weights[row], source.products[row]) * factor
      total += pairs[i]
    }
    let sorted = NodeSort.sort(
      keys: keys.pointer, spare: keys.pointer + capacity, count: count, lowestRank: low, highestRank: high,
      counters: counters.pointer)
    var slot = -1
    var previous = UInt32.max
    for i in 0..<count {
      let local = Int(sorted[i] & 0xffff_ffff)
      let rank = UInt32(truncatingIfNeeded: sorted[i] &>> 32)
      if slot < 0 || rank != previous {
        slot += 1
        original[slot] = source.targets[Int(samples[local])]
        distinct[slot] = original[slot] - source.shifts[0]
        previous = rank
      }
      slots[local] = UInt32(slot)
    }
    distinctCount = slot + 1
    let full = PrefixSums(nodes: sums.pointer, count: distinctCount)
    full.nodes.update(repeating: SIMD2(), count: distinctCount + 1)
    for i in 0..<count { full.add(pairs[i], at: Int(slots[i])) }
    measure(full)
  }

  /// Weighted median (the middle between two targets when exactly half the weight lies below) and absolute error.
  private mutating func measure(_ full: PrefixSums) {
    let (slot, before) = full.locate(weight: total.x / 2)
    let middle = distinct[slot]
    error = (middle * before.x - before.y) + ((total.y - before.y) - middle * (total.x - before.x))
    median = original[slot]
    if slot + 1 < distinctCount {
      let next = full.locate(weight: (total.x / 2).nextUp).slot
      if next > slot { median = original[slot] / 2 + original[next] / 2 }
    }
  }

  var statistic: AbsoluteErrorStatistic {
    let stride = capacity + 1
    return AbsoluteErrorStatistic(
      slots: UnsafePointer(slots.pointer), pairs: UnsafePointer(pairs.pointer),
      distinct: UnsafePointer(distinct.pointer),
      left: PrefixSums(nodes: sums.pointer + stride, count: distinctCount),
      right: PrefixSums(nodes: sums.pointer + 2 * stride, count: distinctCount), full: UnsafePointer(sums.pointer),
      total: total, shift: source.shifts[0])
  }
  var weight: Double { total.x }
  var impurity: Double { max(error, 0) / total.x }
  var score: Double { -error }
  var scoreUnit: Double { 1 }
  func writeValue(to target: UnsafeMutablePointer<Double>) { target[0] = median }
  func clipValue(_ target: UnsafeMutablePointer<Double>, to bounds: ClosedRange<Double>) {
    target[0] = min(max(target[0], bounds.lowerBound), bounds.upperBound)
  }
}
