import ApusNumerics

/// Sorting of whole columns of floating-point numbers, done once per fit.
enum ColumnSort {
  /// The bits of `value` as an unsigned number that orders like the value; −0 and +0 coincide.
  @inline(__always)
  static func orderedBits(_ value: Double) -> UInt64 {
    let bits = (value + 0.0).bitPattern
    let mask = UInt64(bitPattern: Int64(bitPattern: bits) &>> 63) | 0x8000_0000_0000_0000
    return bits ^ mask
  }

  /// The inverse of ``orderedBits(_:)``.
  @inline(__always)
  static func value(orderedBits key: UInt64) -> Double {
    let mask = ((key &>> 63) &- 1) | 0x8000_0000_0000_0000
    return Double(bitPattern: key ^ mask)
  }

  /// Sorts `count` keys ascending together with their indices: stable least-significant-digit radix sort with digits
  /// of 11 bits, in which digits that all keys share cost nothing.
  ///
  /// - Parameters:
  ///   - keys, indices: the input; overwritten.
  ///   - spareKeys, spareIndices: scratch of the same length.
  /// - Returns: where the sorted keys and indices ended up: one of the two pairs.
  /// - Complexity: O(count) per digit that varies, at most 6 digits.
  static func sort(
    keys: UnsafeMutablePointer<UInt64>, indices: UnsafeMutablePointer<UInt32>,
    spareKeys: UnsafeMutablePointer<UInt64>, spareIndices: UnsafeMutablePointer<UInt32>, count: Int
  ) -> (keys: UnsafeMutablePointer<UInt64>, indices: UnsafeMutablePointer<UInt32>) {
    let digits = 6
    let buckets = 2048
    var (fromKeys, fromIndices, toKeys, toIndices) = (keys, indices, spareKeys, spareIndices)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: digits * buckets) { table in
      guard let counts = table.baseAddress else { return }
      counts.initialize(repeating: 0, count: digits * buckets)
      for i in 0..<count {
        let key = keys[i]
        for digit in 0..<digits {
          counts[digit &* buckets &+ Int(truncatingIfNeeded: (key &>> UInt64(11 &* digit)) & 2047)] &+= 1
        }
      }
      for digit in 0..<digits {
        let bucket = counts + digit * buckets
        let shift = UInt64(11 &* digit)
        let first = Int(truncatingIfNeeded: (fromKeys[0] &>> shift) & 2047)
        if bucket[first] == UInt32(truncatingIfNeeded: count) { continue }
        var total: UInt32 = 0
        for b in 0..<buckets {
          let size = bucket[b]
          bucket[b] = total
          total &+= size
        }
        for i in 0..<count {
          let key = fromKeys[i]
          let b = Int(truncatingIfNeeded: (key &>> shift) & 2047)
          let target = Int(bucket[b])
          bucket[b] &+= 1
          toKeys[target] = key
          toIndices[target] = fromIndices[i]
        }
        swap(&fromKeys, &toKeys)
        swap(&fromIndices, &toIndices)
      }
    }
    return (fromKeys, fromIndices)
  }
}
