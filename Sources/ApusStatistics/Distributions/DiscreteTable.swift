import ApusNumerics

/// A function of a discrete distribution at many points: its values at the whole numbers that occur are computed once each, then
/// looked up; quantiles are searched for among the cumulative probabilities. The same values as one by one.
enum DiscreteTable {
  /// Fewer points than this are not worth a table.
  private static let leastCount = 32
  /// Whole numbers a task computes.
  private static let blockSize = 16

  /// out[i] = function(x[i] − location), or that of the quantiles plus location.
  ///
  /// - Returns: false, and nothing written, when the points spread over more than half as many whole numbers as there are points.
  static func evaluate(
    _ standard: any StandardDistribution, _ function: DistributionFunction, _ x: UnsafePointer<Double>,
    _ out: UnsafeMutablePointer<Double>, count: Int, location: Double
  ) throws(ApusError) -> Bool {
    if count < leastCount { return false }
    return function == .ppf || function == .isf
      ? try quantiles(standard, function, x, out, count, location)
      : try values(standard, function, x, out, count, location)
  }

  /// The values at `first` and the `count` − 1 whole numbers after it.
  private static func table(
    _ standard: any StandardDistribution, _ function: DistributionFunction, first: Double, count: Int
  ) throws(ApusError) -> Buffer<Double> {
    let table = try Buffer<Double>(count: count)
    let entries = table.pointer
    ThreadPool.parallelBlocks(count: count, blockSize: blockSize) { range in
      for k in range { entries[k] = first + Double(k) }
      let block = entries + range.lowerBound
      standard.evaluate(function, block, block, count: range.count, location: 0, scale: 1)
    }
    return table
  }

  /// How many whole numbers `first` … `last` are, nil when a table of them does not pay.
  private static func length(_ first: Double, _ last: Double, _ count: Int) -> Int? {
    guard first <= last, last - first < Double(count / 2) else { return nil }
    return Int(last - first) + 1
  }

  private static func values(
    _ standard: any StandardDistribution, _ function: DistributionFunction, _ x: UnsafePointer<Double>,
    _ out: UnsafeMutablePointer<Double>, _ count: Int, _ location: Double
  ) throws(ApusError) -> Bool {
    let (least, most) = standard.support
    var (first, last) = (Double.infinity, -Double.infinity)
    for i in 0..<count {
      let k = (x[i] - location).rounded(.down)
      if k >= least && k <= most && k.magnitude < 0x1p53 {
        first = k < first ? k : first
        last = k > last ? k : last
      }
    }
    guard let length = length(first, last, count) else { return false }
    let table = try table(standard, function, first: first, count: length)
    let entries = UnsafePointer(table.pointer)
    let isMass = function == .pdf || function == .logpdf
    let (from, to) = (first, last)
    ThreadPool.parallelBlocks(count: count, blockSize: 8192) { range in
      for i in range {
        let point = x[i] - location
        let k = point.rounded(.down)
        if k >= from && k <= to && !(isMass && k != point) {
          out[i] = entries[Int(k - from)]
        } else {
          standard.evaluate(function, x + i, out + i, count: 1, location: location, scale: 1)
        }
      }
    }
    withExtendedLifetime(table) {}
    return true
  }

  private static func quantiles(
    _ standard: any StandardDistribution, _ function: DistributionFunction, _ x: UnsafePointer<Double>,
    _ out: UnsafeMutablePointer<Double>, _ count: Int, _ location: Double
  ) throws(ApusError) -> Bool {
    let isLower = function == .ppf
    var (least, most) = (1.0, 0.0)
    for i in 0..<count where x[i] > 0 && x[i] < 1 {
      least = x[i] < least ? x[i] : least
      most = x[i] > most ? x[i] : most
    }
    guard least <= most else { return false }
    var ends = isLower ? (least, most) : (most, least)
    withUnsafeMutablePointer(to: &ends) { pair in
      pair.withMemoryRebound(to: Double.self, capacity: 2) {
        standard.evaluate(function, $0, $0, count: 2, location: 0, scale: 1)
      }
    }
    let (first, last) = ends
    guard let length = length(first, last, count) else { return false }
    let table = try table(standard, isLower ? .cdf : .sf, first: first, count: length)
    let entries = UnsafePointer(table.pointer)
    ThreadPool.parallelBlocks(count: count, blockSize: 8192) { range in
      for i in range {
        let p = x[i]
        guard p > 0 && p < 1 else {
          standard.evaluate(function, x + i, out + i, count: 1, location: location, scale: 1)
          continue
        }
        // The first entry that reaches the probability; the last one is known to.
        var (start, rest) = (0, length)
        while rest > 1 {
          let half = rest &>> 1
          let entry = entries[start &+ half &- 1]
          start &+= (isLower ? entry >= p : entry <= p) ? 0 : half
          rest &-= half
        }
        out[i] = first + Double(start) + location
      }
    }
    withExtendedLifetime(table) {}
    return true
  }
}
