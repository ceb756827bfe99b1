import ApusModels
import ApusNumerics

/// A model's output as a sum over trees: what explanations need to know of it.
struct AdditiveTrees {
  let trees: TreeEnsemble
  /// Factor of every tree's values.
  let factor: Double
  /// Columns of the output.
  let outputs: Int
  /// Tree t adds its only value to column `t % outputs`; otherwise a tree's values are the columns.
  let interleaved: Bool
  /// Added to every column.
  let baseline: [Double]

  /// Values of one tree that go into the output.
  var width: Int { interleaved ? 1 : outputs }
  func firstOutput(tree: Int) -> Int { interleaved ? tree % outputs : 0 }

  /// The share of a node's training weight in each node, relative to its parent; 1 for roots.
  func coverShares() throws(ApusError) -> Buffer<Double> {
    let shares = try Buffer<Double>(repeating: 1, count: trees.nodeCount)
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      for node in base..<trees.treeOffsets[tree + 1] where trees.left[node] >= 0 {
        let left = base + Int(trees.left[node])
        let (a, b) = (max(trees.weight[left], 0), max(trees.weight[left + 1], 0))
        shares[left] = a + b > 0 && (a + b).isFinite ? a / (a + b) : 0.5
        shares[left + 1] = 1 - shares[left]
      }
    }
    return shares
  }

  /// The mean output when all features are unknown and nodes pass rows on by their shares.
  func expectation(_ shares: Buffer<Double>) throws(ApusError) -> [Double] {
    var result = baseline
    let reach = try Buffer<Double>(count: trees.nodeCount)
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      reach[base] = factor
      for node in base..<trees.treeOffsets[tree + 1] {
        if trees.left[node] >= 0 {
          for child in [base + Int(trees.left[node]), base + Int(trees.left[node]) + 1] {
            reach[child] = reach[node] * shares[child]
          }
        } else {
          for k in 0..<width { result[firstOutput(tree: tree) + k] += reach[node] * trees.value[node * width + k] }
        }
      }
    }
    return result
  }

  /// Whether a row goes left at an inner node.
  @inline(__always)
  func goesLeft(_ node: Int, _ row: UnsafePointer<Double>) -> Bool {
    let x = row[Int(trees.feature[node])]
    if x != x { return trees.flags[node] & GrownTree.missingLeft != 0 }
    if trees.flags[node] & GrownTree.categorical != 0 {
      return CategorySet.contains(trees, set: Int(trees.threshold[node]), category: x)
    }
    return x <= trees.threshold[node]
  }

  /// The most different features on any path of a tree, bounded by its depth.
  func pathLimit() -> Int {
    min((0..<trees.treeCount).map { trees.depth(tree: $0) }.max() ?? 0, trees.featureCount)
  }

  func depthLimit() -> Int { (0..<trees.treeCount).map { trees.depth(tree: $0) }.max() ?? 0 }
}
