import ApusNumerics

/// A node as descent reads it: 8 bytes for float32, 16 for float64.
@frozen
package struct PackedNode<Element: BinaryFloatingPoint & BitwiseCopyable, Link: FixedWidthInteger & BitwiseCopyable>:
  BitwiseCopyable
{
  /// Values above go right; leaves hold +∞ and lead to themselves.
  var threshold: Element
  /// Low bits: twice the feature, plus one where missing values go left. High bits: the left child within the tree; the
  /// right one follows.
  var link: Link
}

/// An ensemble laid out for descent on one element type. float32 values take the same way as the same numbers in
/// float64: thresholds are rounded down to float32, which changes no comparison.
///
/// Missing values are infinities by then: a node reads −∞ from the odd place of its feature if they go left there, else
/// +∞ from the even place. So the test is one comparison; thresholds of +∞, which part present values from missing ones,
/// become the largest finite number.
package final class PackedTrees<
  Element: BinaryFloatingPoint & BitwiseCopyable & Sendable, Link: FixedWidthInteger & BitwiseCopyable & Sendable
>: @unchecked Sendable {
  typealias Node = PackedNode<Element, Link>
  let nodes: Buffer<Node>
  /// Bits of `Node.link` below the child.
  let shift: Link
  let treeOffsets: [Int]
  /// Steps in every tree that most rows take: no look is needed before whether they still move.
  let firstSteps: [Int]

  var slotMask: Link { (1 << shift) &- 1 }

  /// Nil where children and features do not fit into a link, or there are categories.
  package init?(_ trees: TreeEnsemble) throws {
    guard trees.setOffsets.count <= 1 else { return nil }
    let bits = Int.bitWidth - (2 * trees.featureCount).leadingZeroBitCount
    let largest = (0..<trees.treeCount).map { trees.treeOffsets[$0 + 1] - trees.treeOffsets[$0] }.max() ?? 0
    guard bits + Int.bitWidth - largest.leadingZeroBitCount <= Link.bitWidth else { return nil }
    shift = Link(bits)
    treeOffsets = trees.treeOffsets
    nodes = try Buffer(count: trees.nodeCount)
    var firstSteps: [Int] = []
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      for node in base..<trees.treeOffsets[tree + 1] {
        if trees.left[node] < 0 {
          // The place where missing values are −∞, below the threshold.
          nodes[node] = Node(threshold: .infinity, link: Link(node - base) << shift | 1)
          continue
        }
        let missingLeft: Link = trees.flags[node] & GrownTree.missingLeft != 0 ? 1 : 0
        nodes[node] = Node(
          threshold: min(RoundedThreshold.down(trees.threshold[node]), .greatestFiniteMagnitude),
          link: Link(trees.left[node]) << shift | Link(trees.feature[node]) << 1 | missingLeft)
      }
      // Half the depth of a balanced tree, where no leaf lies lower.
      let count = trees.treeOffsets[tree + 1] - base
      let balanced = Int.bitWidth - count.leadingZeroBitCount
      firstSteps.append(max(trees.shallowestLeaf(tree: tree), balanced / 2))
    }
    self.firstSteps = firstSteps
  }
}

/// Thresholds on another element type.
enum RoundedThreshold {
  /// The largest number of the type that is not above the threshold: `x <= t` has the same answer for all its numbers.
  static func down<Element: BinaryFloatingPoint>(_ threshold: Double) -> Element {
    let near = Element(threshold)
    return Double(near) > threshold ? near.nextDown : near
  }
}

extension TreeEnsemble {
  /// Depth of the leaf nearest to the root.
  func shallowestLeaf(tree: Int) -> Int {
    let base = treeOffsets[tree]
    // Nodes are in order of depth: the first level with a leaf.
    var (start, end, depth) = (0, 1, 0)
    while true {
      for node in start..<end where left[base + node] < 0 { return depth }
      (start, end) = (end, end + 2 * (end - start))
      depth += 1
    }
  }
}
