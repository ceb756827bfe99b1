import ApusNumerics

/// Descent through packed trees, 16 ways side by side: enough independent loads to hide their latency.
enum TreeDescent {
  /// Rows, or trees, that descend together.
  static let lanes = 16

  /// Values as descent reads them, 16 lanes for each feature.
  ///
  /// - Parameters:
  ///   - rows: at most ``lanes`` rows of the view.
  ///   - values: (features, lanes).
  /// - Returns: whether any value is missing.
  @inline(__always)
  static func transpose<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ view: MatrixView<Element>, rows: Range<Int>, into values: UnsafeMutablePointer<Element>
  ) -> Bool {
    var isMissing = false
    for lane in 0..<rows.count {
      let source = view.base + (rows.lowerBound &+ lane) &* view.rowStride
      let target = values + lane
      let step = view.columnStride
      for column in 0..<view.columns {
        let x = source[column &* step]
        isMissing = isMissing || x != x
        target[column &* lanes] = x
      }
    }
    return isMissing
  }

  /// Gives every feature two places of 16 lanes, missing values +∞ in the first and −∞ in the second.
  ///
  /// - Parameters:
  ///   - values: (features, lanes).
  ///   - spread: (2 · features, lanes).
  static func spreadMissing<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ values: UnsafePointer<Element>, columns: Int, into spread: UnsafeMutablePointer<Element>
  ) {
    for column in 0..<columns {
      let first = spread + column &* (2 &* lanes)
      for lane in 0..<lanes {
        let x = values[column &* lanes &+ lane]
        first[lane] = x != x ? .infinity : x
        first[lanes &+ lane] = x != x ? -.infinity : x
      }
    }
  }

  /// The leaf, as a position within the tree, that each of 16 rows reaches.
  ///
  /// - Parameters:
  ///   - places: how links name places.
  ///   - values: from ``transpose(_:rows:into:)`` or ``spreadMissing(_:columns:into:)``.
  @inline(__always)
  static func leaves<Element: BinaryFloatingPoint & BitwiseCopyable, Link: FixedWidthInteger & BitwiseCopyable>(
    _ nodes: UnsafePointer<PackedNode<Element, Link>>, sureDepth: Int, shift: Link, places: LinkPlaces<Link>,
    values: UnsafePointer<Element>, into leaves: UnsafeMutablePointer<UInt32>
  ) {
    for lane in 0..<lanes { leaves[lane] = 0 }
    for _ in 0..<sureDepth {
      for lane in 0..<lanes {
        leaves[lane] = next(nodes, leaves[lane], shift: shift, places: places, values: values, lane: lane)
      }
    }
    while true {
      var moved: UInt32 = 0
      for lane in 0..<lanes {
        let current = leaves[lane]
        let below = next(nodes, current, shift: shift, places: places, values: values, lane: lane)
        moved |= current ^ below
        leaves[lane] = below
      }
      if moved == 0 { return }
    }
  }

  @inline(__always)
  private static func next<
    Element: BinaryFloatingPoint & BitwiseCopyable, Link: FixedWidthInteger & BitwiseCopyable
  >(
    _ nodes: UnsafePointer<PackedNode<Element, Link>>, _ current: UInt32, shift: Link, places: LinkPlaces<Link>,
    values: UnsafePointer<Element>, lane: Int
  ) -> UInt32 {
    let node = nodes[Int(current)]
    let x = values[Int(truncatingIfNeeded: (node.link & places.mask) &<< places.shift) &+ lane]
    return UInt32(truncatingIfNeeded: node.link &>> shift) &+ (x > node.threshold ? 1 : 0)
  }

  /// The leaf that one row reaches in each of up to 16 consecutive trees.
  ///
  /// - Parameter values: (2 · features): the row's values, with missing ones as in ``spreadMissing(_:columns:)``.
  @inline(__always)
  static func leaves<Element: BinaryFloatingPoint & BitwiseCopyable, Link: FixedWidthInteger & BitwiseCopyable>(
    _ nodes: UnsafePointer<PackedNode<Element, Link>>, roots: UnsafePointer<Int>, trees: Int, shift: Link, mask: Link,
    values: UnsafePointer<Element>, into leaves: UnsafeMutablePointer<UInt32>
  ) {
    for lane in 0..<trees { leaves[lane] = 0 }
    while true {
      var moved: UInt32 = 0
      for lane in 0..<trees {
        let current = leaves[lane]
        let node = nodes[roots[lane] &+ Int(current)]
        let x = values[Int(truncatingIfNeeded: node.link & mask)]
        let below = UInt32(truncatingIfNeeded: node.link &>> shift) &+ (x > node.threshold ? 1 : 0)
        moved |= current ^ below
        leaves[lane] = below
      }
      if moved == 0 { return }
    }
  }

  /// The leaf of one row, with categories, from the arrays of the ensemble.
  static func leaf<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ trees: TreeEnsemble, tree: Int, view: MatrixView<Element>, row: Int
  ) -> UInt32 {
    let base = trees.treeOffsets[tree]
    let (features, lefts) = (trees.feature.pointer + base, trees.left.pointer + base)
    let (thresholds, flags) = (trees.threshold.pointer + base, trees.flags.pointer + base)
    var node = 0
    while lefts[node] >= 0 {
      let x = Double(view[row, Int(features[node])])
      let goesLeft: Bool
      if x != x {
        goesLeft = flags[node] & GrownTree.missingLeft != 0
      } else if flags[node] & GrownTree.categorical != 0 {
        goesLeft = CategorySet.contains(trees, set: Int(thresholds[node]), category: x)
      } else {
        goesLeft = x <= thresholds[node]
      }
      node = Int(lefts[node]) &+ (goesLeft ? 0 : 1)
    }
    return UInt32(truncatingIfNeeded: node)
  }
}

/// From the low bits of a link to the first of 16 lanes.
struct LinkPlaces<Link: FixedWidthInteger & BitwiseCopyable>: BitwiseCopyable {
  let mask: Link
  let shift: Link

  /// - Parameters:
  ///   - slots: the low bits of a link.
  ///   - hasMissing: whether features have two places.
  init(slots: Link, hasMissing: Bool) {
    mask = hasMissing ? slots : slots & ~1
    shift = hasMissing ? 4 : 3
  }
}

/// Membership of categories in the bit sets of an ensemble.
enum CategorySet {
  /// Whether a category goes left. Numbers that are no category of the set, fractions included, go right.
  @inline(__always)
  static func contains(_ trees: TreeEnsemble, set: Int, category: Double) -> Bool {
    let start = Int(trees.setOffsets[set])
    let bits = (Int(trees.setOffsets[set + 1]) - start) * 32
    guard category >= 0, category < Double(bits) else { return false }
    let index = Int(category)
    guard Double(index) == category else { return false }
    return trees.setWords[start + index >> 5] >> UInt32(index & 31) & 1 != 0
  }
}
