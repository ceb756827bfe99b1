import ApusNumerics

/// Descent of single rows.
enum TreeDescent {
  /// Trees that a row descends together: enough independent loads to hide their latency.
  static let lanes = 16

  /// The leaf that one row reaches in each of up to 16 consecutive trees.
  ///
  /// - Parameter values: (features, 2): the row's values as ``RowBlock`` spreads them.
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

  /// The categories that go left, ascending.
  static func members(_ trees: TreeEnsemble, set: Int) -> [Int] {
    let start = Int(trees.setOffsets[set])
    return (0..<((Int(trees.setOffsets[set + 1]) - start) * 32)).filter {
      trees.setWords[start + $0 >> 5] >> UInt32($0 & 31) & 1 != 0
    }
  }
}
