import ApusNumerics

/// Ascending order of doubles by a stable radix sort of their bits, 11 at a time from the lowest.
///
/// Both zeros are equal; NaN comes last, or first with its sign set.
/// - Complexity: O(n), six passes of which those that find all digits equal are left out.
enum RadixOrder {
  /// Below this many values comparisons are faster.
  static let smallest = 512
  private static let digitBits = 11
  private static let digits = 6
  private static let width = 1 << digitBits

  private struct Entry {
    var key: UInt64
    var place: Int
  }

  /// Bits whose order as whole numbers is that of the doubles.
  @inline(__always)
  private static func key(_ value: Double) -> UInt64 {
    let bits = (value + 0).bitPattern
    return bits ^ (bits >> 63 == 1 ? ~0 : 1 << 63)
  }

  /// Rearranges `places`, indices into `values`, so that the values ascend; equal ones keep their order.
  static func sort(
    _ places: UnsafeMutablePointer<Int>, by values: UnsafePointer<Double>, count: Int
  ) throws(ApusError) {
    let entries = try Buffer<Entry>(count: 2 * count)
    let counts = try Buffer<Int>(zeroed: digits * width)
    let tally = counts.pointer
    var (source, target) = (entries.pointer, entries.pointer + count)
    for i in 0..<count {
      let key = key(values[places[i]])
      source[i] = Entry(key: key, place: places[i])
      for digit in 0..<digits { tally[digit &* width &+ self.digit(key, digit)] &+= 1 }
    }
    for digit in 0..<digits {
      let starts = tally + digit &* width
      if count > 0 && starts[self.digit(source[0].key, digit)] == count { continue }
      var total = 0
      for value in 0..<width { (starts[value], total) = (total, total &+ starts[value]) }
      for i in 0..<count {
        let value = self.digit(source[i].key, digit)
        target[starts[value]] = source[i]
        starts[value] &+= 1
      }
      swap(&source, &target)
    }
    for i in 0..<count { places[i] = source[i].place }
    withExtendedLifetime((entries, counts)) {}
  }

  @inline(__always)
  private static func digit(_ key: UInt64, _ index: Int) -> Int {
    Int(truncatingIfNeeded: key >> UInt64(truncatingIfNeeded: index &* digitBits)) & (width &- 1)
  }
}
