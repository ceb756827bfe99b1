import ApusNumerics
import RealModule

/// Classification with one output and small whole weights: all statistics are integers.
///
/// The payload of a sample is `weight << 16 | class`.

/// Impurity measures over integer class counts. A side's score is `Σ_k term(count_k)` combined with its total.
protocol CountMeasure {
  /// `term(count)`, a 64-bit integer, so that running sums stay exact.
  func term(_ count: Int) -> Int
  /// The score of two sides from their sums of terms and totals.
  func score(left: Int, leftTotal: Int, right: Int, rightTotal: Int) -> Double
  /// The score of a whole node.
  func score(terms: Int, total: Int) -> Double
  /// Weight · impurity per unit of score.
  var unit: Double { get }
  /// Impurity per unit of weight from class counts.
  func impurity(terms: Int, total: Int) -> Double
}

/// Gini impurity `1 − Σ p_k²`: the terms are squares, the score of a side is `Σ count² / total`.
struct GiniMeasure: CountMeasure {
  @inline(__always) func term(_ count: Int) -> Int { count &* count }
  @inline(__always) func score(left: Int, leftTotal: Int, right: Int, rightTotal: Int) -> Double {
    let (l, r) = (Double(leftTotal), Double(rightTotal))
    return (Double(left) * r + Double(right) * l) / (l * r)
  }
  @inline(__always) func score(terms: Int, total: Int) -> Double { Double(terms) / Double(total) }
  var unit: Double { 1 }
  func impurity(terms: Int, total: Int) -> Double {
    // Whole numbers up to the division: exact for pure nodes and correctly rounded otherwise.
    Double(total &* total &- terms) / (Double(total) * Double(total))
  }
}

/// Entropy `−Σ p_k log2 p_k` (information gain): the terms are `count · log2(count)` in fixed point from a table.
///
/// The number of fractional bits is such that sums over the largest total fit into 61 bits: 34 for 2^22 samples.
struct EntropyMeasure: CountMeasure {
  static let largestTotal = 1 << 22
  let table: UnsafePointer<Int>
  let unit: Double

  init(table: UnsafePointer<Int>, total: Int) {
    self.table = table
    unit = 1 / Double(1 << EntropyMeasure.fractionBits(total: total))
  }

  private static func fractionBits(total: Int) -> Int {
    let bits = Int.bitWidth - total.leadingZeroBitCount
    return 61 - bits - (Int.bitWidth - bits.leadingZeroBitCount)
  }

  /// `table[i] = round(i · log2(i) · 2^fractionBits)` for `0...total`.
  static func table(total: Int) throws -> Buffer<Int> {
    let table = try Buffer<Int>(count: total + 1)
    table[0] = 0
    let scale = Double(1 << fractionBits(total: total))
    for i in 1..<(total + 1) { table[i] = Int((Double(i) * .log2(Double(i)) * scale).rounded()) }
    return table
  }

  @inline(__always) func term(_ count: Int) -> Int { table[count] }
  @inline(__always) func score(left: Int, leftTotal: Int, right: Int, rightTotal: Int) -> Double {
    Double(left &- table[leftTotal] &+ right &- table[rightTotal])
  }
  @inline(__always) func score(terms: Int, total: Int) -> Double { Double(terms &- table[total]) }
  func impurity(terms: Int, total: Int) -> Double { Double(table[total] &- terms) * unit / Double(total) }
}

/// Split statistic over integer counts of `classCount` classes; O(1) per sample whatever the number of classes.
struct CountStatistic<Measure: CountMeasure>: SplitStatistic {
  let measure: Measure
  let classCount: Int
  let totals: UnsafePointer<Int>
  let nodeTerms: Int
  let nodeTotal: Int
  let left: UnsafeMutablePointer<Int>
  var leftTerms = 0
  var rightTerms = 0
  var leftTotal = 0

  mutating func reset() {
    left.update(repeating: 0, count: classCount)
    leftTerms = 0
    rightTerms = nodeTerms
    leftTotal = 0
  }

  @inline(__always)
  mutating func moveLeft(_ payload: UInt32) {
    let k = Int(payload & 0xffff)
    let w = Int(payload &>> 16)
    let before = left[k]
    let after = before &+ w
    let all = totals[k]
    left[k] = after
    leftTotal &+= w
    leftTerms &+= measure.term(after) &- measure.term(before)
    rightTerms &+= measure.term(all &- after) &- measure.term(all &- before)
  }

  @inline(__always) var leftWeight: Double { Double(leftTotal) }
  @inline(__always) var rightWeight: Double { Double(nodeTotal &- leftTotal) }
  @inline(__always) var score: Double {
    measure.score(left: leftTerms, leftTotal: leftTotal, right: rightTerms, rightTotal: nodeTotal &- leftTotal)
  }
  var sideValues: (left: Double, right: Double) {
    (Double(left[classCount - 1]) / leftWeight, Double(totals[classCount - 1] - left[classCount - 1]) / rightWeight)
  }
  var orderCount: Int { classCount }
  func leftValue(_ order: Int) -> Double { Double(left[order]) / leftWeight }
}

/// ``CountStatistic`` for two classes, kept in registers.
struct BinaryCountStatistic<Measure: CountMeasure>: SplitStatistic {
  let measure: Measure
  let nodeOnes: Int
  let nodeTotal: Int
  var leftOnes = 0
  var leftTotal = 0

  mutating func reset() { (leftOnes, leftTotal) = (0, 0) }

  @inline(__always)
  mutating func moveLeft(_ payload: UInt32) {
    let w = Int(payload &>> 16)
    leftTotal &+= w
    leftOnes &+= w & (0 &- Int(payload & 1))
  }

  static var addsUp: Bool { true }
  @inline(__always)
  func summand(_ payload: UInt32) -> SIMD2<Double> {
    let w = Double(Int32(truncatingIfNeeded: payload &>> 16))
    return SIMD2(w, w * Double(Int32(truncatingIfNeeded: payload & 1)))
  }
  @inline(__always)
  mutating func moveLeft(sum: SIMD2<Double>) {
    leftTotal &+= Int(sum.x)
    leftOnes &+= Int(sum.y)
  }

  @inline(__always) var leftWeight: Double { Double(leftTotal) }
  @inline(__always) var rightWeight: Double { Double(nodeTotal &- leftTotal) }
  @inline(__always) var score: Double {
    let rightTotal = nodeTotal &- leftTotal
    let rightOnes = nodeOnes &- leftOnes
    return measure.score(
      left: measure.term(leftOnes) &+ measure.term(leftTotal &- leftOnes), leftTotal: leftTotal,
      right: measure.term(rightOnes) &+ measure.term(rightTotal &- rightOnes), rightTotal: rightTotal)
  }
  var sideValues: (left: Double, right: Double) {
    (Double(leftOnes) / leftWeight, Double(nodeOnes - leftOnes) / rightWeight)
  }
}

/// Targets of ``CountStatistic`` or ``BinaryCountStatistic``.
struct CountModel<Measure: CountMeasure, Statistic: SplitStatistic>: NodeModel {
  let measure: Measure
  let classCount: Int
  let makeStatistic:
    (
      Measure, _ classCount: Int, _ totals: UnsafePointer<Int>, _ terms: Int, _ total: Int,
      _ scratch: UnsafeMutablePointer<Int>
    ) -> Statistic
  /// `weight << 16 | class` of every row.
  let words: UnsafePointer<UInt32>
  private let local: Buffer<UInt32>
  private let totals: Buffer<Int>
  private let scratch: Buffer<Int>
  private var total = 0
  private var terms = 0

  init(
    measure: Measure, classCount: Int, words: UnsafePointer<UInt32>, capacity: Int,
    makeStatistic:
      @escaping (
        Measure, Int, UnsafePointer<Int>, Int, Int, UnsafeMutablePointer<Int>
      ) -> Statistic
  ) throws {
    self.measure = measure
    self.classCount = classCount
    self.words = words
    self.makeStatistic = makeStatistic
    local = try Buffer(count: capacity)
    totals = try Buffer(count: classCount)
    scratch = try Buffer(count: classCount)
  }

  var valueCount: Int { classCount }
  var payload: UnsafePointer<UInt32> { UnsafePointer(local.pointer) }

  mutating func load(samples: UnsafePointer<UInt32>, count: Int) {
    let (local, totals) = (local.pointer, totals.pointer)
    totals.update(repeating: 0, count: classCount)
    for i in 0..<count {
      let word = words[Int(samples[i])]
      local[i] = word
      totals[Int(word & 0xffff)] &+= Int(word &>> 16)
    }
    total = 0
    terms = 0
    for k in 0..<classCount {
      total &+= totals[k]
      terms &+= measure.term(totals[k])
    }
  }

  var statistic: Statistic {
    makeStatistic(measure, classCount, UnsafePointer(totals.pointer), terms, total, scratch.pointer)
  }
  var weight: Double { Double(total) }
  var impurity: Double { measure.impurity(terms: terms, total: total) }
  var score: Double { measure.score(terms: terms, total: total) }
  var scoreUnit: Double { measure.unit }

  func writeValue(to target: UnsafeMutablePointer<Double>) {
    for k in 0..<classCount { target[k] = Double(totals[k]) / Double(total) }
  }

  func clipValue(_ target: UnsafeMutablePointer<Double>, to bounds: ClosedRange<Double>) {
    ClassValue.clip(target, to: bounds)
  }
}

/// Class fractions under a monotone constraint on the probability of the second of two classes.
enum ClassValue {
  static func clip(_ target: UnsafeMutablePointer<Double>, to bounds: ClosedRange<Double>) {
    let positive = min(max(target[1], bounds.lowerBound), bounds.upperBound)
    target[1] = positive
    target[0] = 1 - positive
  }
}
