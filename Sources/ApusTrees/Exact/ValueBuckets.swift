import ApusNumerics

/// Where values lie among the ranks of their feature: equal intervals between its smallest and largest value, and the ranks in
/// each. What lies in another interval than a threshold is told from it by its rank alone.
package struct ValueBuckets {
  private static let count = 1024

  private let table: RankedFeatures
  /// Of every feature the first rank in or above each interval, and the number of ranks.
  private let firsts: Buffer<UInt32>
  /// Intervals per unit of the feature; 0 where there is one only.
  private let scales: Buffer<Double>

  /// - Complexity: O(ranks), features in parallel.
  package init(_ table: RankedFeatures) throws(ApusError) {
    self.table = table
    firsts = try Buffer(count: table.features * (ValueBuckets.count + 1))
    scales = try Buffer(count: table.features)
    let (firsts, scales) = (firsts.pointer, scales.pointer)
    ThreadPool.parallelFor(tasks: table.features) { feature in
      let (values, count) = (table.values.pointer + table.offsets[feature], table.rankCount(feature))
      let target = firsts + feature * (ValueBuckets.count + 1)
      let scale = count > 1 ? Double(ValueBuckets.count) / (values[count - 1] - values[0]) : 0
      scales[feature] = scale.isFinite ? scale : 0
      var next = 0
      for rank in 0..<count {
        let bucket = ValueBuckets.bucket(values[rank], lowest: values[0], scale: scales[feature])
        while next <= bucket {
          target[next] = UInt32(truncatingIfNeeded: rank)
          next &+= 1
        }
      }
      while next <= ValueBuckets.count {
        target[next] = UInt32(truncatingIfNeeded: count)
        next &+= 1
      }
    }
  }

  /// Never decreases with the value.
  @inline(__always)
  private static func bucket(_ value: Double, lowest: Double, scale: Double) -> Int {
    Swift.min(Int((value - lowest) * scale), count - 1)
  }

  /// The ranks in the interval of a threshold between the feature's smallest and largest value: those before are at most the
  /// threshold, those after it above.
  @inline(__always)
  func ranks(around threshold: Double, feature: Int) -> Range<UInt32> {
    let lowest = table.values.pointer[table.offsets[feature]]
    let bucket = ValueBuckets.bucket(threshold, lowest: lowest, scale: scales.pointer[feature])
    let place = firsts.pointer + (feature &* (ValueBuckets.count + 1) &+ bucket)
    return Range(uncheckedBounds: (place[0], place[1]))
  }
}
