import ApusNumerics

/// A node as prediction reads it: 12 bytes for float32 input, 16 for float64.
@frozen
package struct PackedNode<Element: BinaryFloatingPoint & BitwiseCopyable>: BitwiseCopyable {
  /// Values above go right. Leaves hold +∞ and lead to themselves.
  var threshold: Element
  /// Feature in the low 30 bits, flags in the high two.
  var feature: UInt32
  /// Left child within the tree; the right one follows.
  var left: UInt32
}

/// An ensemble laid out for prediction on one element type. float32 values take the same way as the same numbers in
/// float64: thresholds are rounded down to float32, which changes no comparison.
package final class PackedTrees<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>: @unchecked Sendable {
  static var missingLeft: UInt32 { 1 << 31 }
  static var categorical: UInt32 { 1 << 30 }
  static var featureMask: UInt32 { (1 << 30) - 1 }

  let source: TreeEnsemble
  let nodes: Buffer<PackedNode<Element>>
  let depths: [Int]
  let hasCategories: Bool

  package init(_ trees: TreeEnsemble) throws {
    source = trees
    nodes = try Buffer(count: trees.nodeCount)
    var hasCategories = false
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      for node in base..<trees.treeOffsets[tree + 1] {
        if trees.left[node] < 0 {
          nodes[node] = PackedNode(threshold: .infinity, feature: PackedTrees.missingLeft, left: UInt32(node - base))
          continue
        }
        var word = UInt32(trees.feature[node])
        if trees.flags[node] & GrownTree.missingLeft != 0 { word |= PackedTrees.missingLeft }
        let isSet = trees.flags[node] & GrownTree.categorical != 0
        if isSet { word |= PackedTrees.categorical }
        hasCategories = hasCategories || isSet
        nodes[node] = PackedNode(
          threshold: isSet ? Element(trees.threshold[node]) : PackedTrees.roundedDown(trees.threshold[node]),
          feature: word, left: UInt32(trees.left[node]))
      }
    }
    depths = (0..<trees.treeCount).map { trees.depth(tree: $0) }
    self.hasCategories = hasCategories
  }

  private static func roundedDown(_ threshold: Double) -> Element {
    let near = Element(threshold)
    return Double(near) > threshold ? near.nextDown : near
  }
}

/// Descent of rows through trees.
enum TreeDescent {
  /// Rows that descend side by side: enough independent loads to hide their latency.
  static let lanes = 8

  /// The leaf, as a position within the tree, that each of `count` rows reaches.
  ///
  /// - Parameters:
  ///   - rows: address of every row's first value; `stride` elements between features.
  ///   - hasMissing: whether NaN may occur; without it the test is one comparison.
  @inline(__always)
  static func leaves<Element: BinaryFloatingPoint & BitwiseCopyable>(
    nodes: UnsafePointer<PackedNode<Element>>, depth: Int, view: MatrixView<Element>, start: Int, count: Int,
    hasMissing: Bool, into leaves: UnsafeMutablePointer<UInt32>
  ) {
    leaves.update(repeating: 0, count: count)
    var first = 0
    while first < count {
      let width = min(lanes, count &- first)
      let lane = leaves + first
      let row = start &+ first
      for _ in 0..<depth {
        var moved: UInt32 = 0
        for i in 0..<width {
          let current = lane[i]
          let node = nodes[Int(current)]
          let x = view[row &+ i, Int(node.feature & 0x3fff_ffff)]
          var right: UInt32 = x > node.threshold ? 1 : 0
          if hasMissing { right |= x != x && node.feature &>> 31 == 0 ? 1 : 0 }
          let next = node.left &+ right
          moved |= next ^ current
          lane[i] = next
        }
        if moved == 0 { break }
      }
      first &+= width
    }
  }

  /// The leaf of one row, with categories and missing values.
  static func leaf<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ trees: PackedTrees<Element>, tree: Int, view: MatrixView<Element>, row: Int
  ) -> UInt32 {
    let nodes = trees.nodes.pointer + trees.source.treeOffsets[tree]
    var current: UInt32 = 0
    while true {
      let node = nodes[Int(current)]
      let x = view[row, Int(node.feature & PackedTrees<Element>.featureMask)]
      let goesLeft: Bool
      if x != x {
        goesLeft = node.feature & PackedTrees<Element>.missingLeft != 0
      } else if node.feature & PackedTrees<Element>.categorical != 0 {
        goesLeft = CategorySet.contains(trees.source, set: Int(node.threshold), category: Double(x))
      } else {
        goesLeft = x <= node.threshold
      }
      let next = node.left &+ (goesLeft ? 0 : 1)
      if next == current { return current }
      current = next
    }
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
