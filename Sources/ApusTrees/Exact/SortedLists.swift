import ApusNumerics

/// The samples of every node in the order of every feature, kept from the root on.
///
/// Worth it when all features are searched in every node: dividing a sorted list is one pass, cheaper than sorting again
/// (Shafer, Agrawal, Mehta 1996, "SPRINT", VLDB). What is found is the same either way.
struct SortedLists {
  /// Most cells (samples × features) for which lists are kept: 128 MB per tree in the making.
  private static let cellLimit = 1 << 24

  private let table: RankedFeatures
  private let capacity: Int
  /// `rank << 32 | row`, feature after feature; missing values, which have the highest rank, last.
  private let keys: Buffer<UInt64>
  private let spare: Buffer<UInt64>
  /// Side of every row of the node being divided: 1 for left.
  private let sides: Buffer<UInt8>
  /// Position of every row in the current node.
  private let places: Buffer<UInt32>

  /// Whether lists pay for a tree that looks at `searched` of the features in every node.
  static func suit(samples: Int, features: Int, searched: Int, randomThresholds: Bool) -> Bool {
    searched >= features && !randomThresholds && samples <= cellLimit / max(features, 1)
  }

  /// Sorts the root.
  ///
  /// - Complexity: O(samples · features).
  init(_ table: RankedFeatures, samples: UnsafePointer<UInt32>, count: Int, counters: UnsafeMutablePointer<UInt32>)
    throws(ApusError)
  {
    self.table = table
    capacity = count
    keys = try Buffer(count: try checkedCount([count, table.features], stride: 1))
    spare = try Buffer(count: count)
    sides = try Buffer(zeroed: table.rows)
    places = try Buffer(count: table.rows)
    for feature in 0..<table.features {
      let column = table.ranks.pointer + feature &* table.rows
      let list = keys.pointer + feature &* count
      for i in 0..<count { list[i] = UInt64(column[Int(samples[i])]) &<< 32 | UInt64(samples[i]) }
      let sorted = NodeSort.sort(
        keys: list, spare: spare.pointer, count: count, lowestRank: 0,
        highestRank: UInt32(truncatingIfNeeded: table.rankCount(feature)), counters: counters)
      if sorted != list { list.update(from: sorted, count: count) }
    }
  }

  /// Makes the samples of a node the current ones.
  func enter(_ samples: UnsafePointer<UInt32>, count: Int) {
    let places = places.pointer
    for i in 0..<count { places[Int(samples[i])] = UInt32(truncatingIfNeeded: i) }
  }

  /// Writes `rank << 32 | payload` of the current node's samples in the order of a feature.
  ///
  /// - Parameters:
  ///   - start: where the node begins.
  ///   - payload: one word per sample of the node.
  func gather(
    feature: Int, start: Int, count: Int, payload: UnsafePointer<UInt32>, into keys: UnsafeMutablePointer<UInt64>
  ) -> GatheredFeature {
    let list = self.keys.pointer + (feature &* capacity &+ start)
    func rank(_ i: Int) -> UInt32 { UInt32(truncatingIfNeeded: list[i] &>> 32) }
    var present = count
    if table.hasMissing[feature] {
      let missing = UInt32(table.rankCount(feature))
      while present > 0, rank(present &- 1) == missing { present &-= 1 }
    }
    let gathered = GatheredFeature(
      lowest: present > 0 ? rank(0) : 0, highest: present > 0 ? rank(present &- 1) : 0, present: present, count: count)
    if gathered.isConstant { return gathered }
    let places = places.pointer
    for i in 0..<count {
      let key = list[i]
      let place = places[Int(UInt32(truncatingIfNeeded: key))]
      keys[i] = key & 0xffff_ffff_0000_0000 | UInt64(payload[Int(place)])
    }
    return gathered
  }

  /// Divides the lists of a node as its samples were.
  ///
  /// - Parameters:
  ///   - samples: the node's samples, those on the left first.
  ///   - leftCount: how many are on the left.
  func divide(_ samples: UnsafePointer<UInt32>, start: Int, count: Int, leftCount: Int) {
    let (sides, spare) = (sides.pointer, spare.pointer)
    for i in 0..<count { sides[Int(samples[i])] = i < leftCount ? 1 : 0 }
    for feature in 0..<table.features {
      let list = keys.pointer + (feature &* capacity &+ start)
      var (left, right) = (0, 0)
      for i in 0..<count {
        let key = list[i]
        let step = Int(sides[Int(UInt32(truncatingIfNeeded: key))])
        list[left] = key
        spare[right] = key
        left &+= step
        right &+= 1 &- step
      }
      (list + left).update(from: spare, count: right)
    }
  }
}

/// One feature's ranks in the current node.
struct GatheredFeature {
  var lowest: UInt32
  var highest: UInt32
  /// Samples whose value is not missing; their keys come first.
  var present: Int
  var count: Int
  var isConstant: Bool { present == 0 || (present == count && lowest == highest) }
}
