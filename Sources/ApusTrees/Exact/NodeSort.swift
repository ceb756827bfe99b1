/// Sorting of one feature's ranks within a node.
///
/// A key is `rank << 32 | payload`. Only the order of the ranks matters: equal ranks are never separated by a split, and
/// the statistics are exact sums that do not depend on the order of addition.
enum NodeSort {
  /// Counters a caller must supply to ``sort(keys:spare:count:lowestRank:highestRank:counters:)``.
  static let counterCount = 2048
  private static let insertionLimit = 24
  /// Most keys a bucket may hold when the buckets are finished by insertion.
  private static let bucketLimit: UInt32 = 16

  /// Sorts keys by rank: insertion sort for few keys; one counting pass where the ranks span few values; one pass over
  /// leading bits finished by insertion where they spread evenly (as after ranking they mostly do); else radix passes.
  ///
  /// - Returns: where the sorted keys ended up, `keys` or `spare`.
  /// - Complexity: O(count).
  static func sort(
    keys: UnsafeMutablePointer<UInt64>, spare: UnsafeMutablePointer<UInt64>, count: Int, lowestRank: UInt32,
    highestRank: UInt32, counters: UnsafeMutablePointer<UInt32>
  ) -> UnsafeMutablePointer<UInt64> {
    if count <= insertionLimit {
      insertionSort(keys, count: count)
      return keys
    }
    let spanBits = UInt32.bitWidth - (highestRank &- lowestRank).leadingZeroBitCount
    let countBits = min(Int.bitWidth - count.leadingZeroBitCount, 11)
    if spanBits <= countBits {
      tally(keys, count: count, base: lowestRank, shift: 0, bits: spanBits, counters: counters)
      scatter(keys, into: spare, count: count, base: lowestRank, shift: 0, bits: spanBits, counters: counters)
      return spare
    }
    if count <= 8192 {
      let shift = spanBits - countBits
      let largest = tally(
        keys, count: count, base: lowestRank, shift: shift, bits: countBits, counters: counters)
      if largest <= bucketLimit {
        scatter(keys, into: spare, count: count, base: lowestRank, shift: shift, bits: countBits, counters: counters)
        insertionSort(spare, count: count)
        return spare
      }
    }
    let passes = (spanBits + countBits - 1) / countBits
    let bits = (spanBits + passes - 1) / passes
    var (from, to) = (keys, spare)
    for pass in 0..<passes {
      tally(from, count: count, base: lowestRank, shift: pass * bits, bits: bits, counters: counters)
      scatter(from, into: to, count: count, base: lowestRank, shift: pass * bits, bits: bits, counters: counters)
      swap(&from, &to)
    }
    return from
  }

  /// Ascending insertion sort of whole keys.
  @inline(__always)
  static func insertionSort(_ keys: UnsafeMutablePointer<UInt64>, count: Int) {
    var i = 1
    while i < count {
      let key = keys[i]
      var j = i
      while j > 0 && keys[j &- 1] > key {
        keys[j] = keys[j &- 1]
        j &-= 1
      }
      keys[j] = key
      i &+= 1
    }
  }

  @inline(__always)
  private static func bucket(_ key: UInt64, base: UInt32, shift: Int, mask: UInt32) -> Int {
    let rank = UInt32(truncatingIfNeeded: key &>> 32) &- base
    return Int((rank &>> UInt32(truncatingIfNeeded: shift)) & mask)
  }

  /// Counts the keys per digit and returns the largest count.
  @inline(__always) @discardableResult
  private static func tally(
    _ keys: UnsafeMutablePointer<UInt64>, count: Int, base: UInt32, shift: Int, bits: Int,
    counters: UnsafeMutablePointer<UInt32>
  ) -> UInt32 {
    let buckets = 1 &<< bits
    let mask = UInt32(truncatingIfNeeded: buckets &- 1)
    counters.update(repeating: 0, count: buckets)
    for i in 0..<count { counters[bucket(keys[i], base: base, shift: shift, mask: mask)] &+= 1 }
    var largest: UInt32 = 0
    for b in 0..<buckets { largest = max(largest, counters[b]) }
    return largest
  }

  /// Moves every key to its digit's place; `counters` hold the counts on entry.
  @inline(__always)
  private static func scatter(
    _ keys: UnsafeMutablePointer<UInt64>, into target: UnsafeMutablePointer<UInt64>, count: Int, base: UInt32,
    shift: Int, bits: Int, counters: UnsafeMutablePointer<UInt32>
  ) {
    let buckets = 1 &<< bits
    let mask = UInt32(truncatingIfNeeded: buckets &- 1)
    var total: UInt32 = 0
    for b in 0..<buckets {
      let size = counters[b]
      counters[b] = total
      total &+= size
    }
    for i in 0..<count {
      let key = keys[i]
      let b = bucket(key, base: base, shift: shift, mask: mask)
      target[Int(counters[b])] = key
      counters[b] &+= 1
    }
  }
}
