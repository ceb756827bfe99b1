/// Minimal cost-complexity pruning of boosted trees, by what splits gain.
enum BoostedPruning {
  /// A tree without its weakest links, and the rows of its leaves. Rows below a node lie side by side.
  ///
  /// - Parameters:
  ///   - leaves: of the tree, with their rows.
  ///   - alpha: price of a leaf, in units of gain per weight.
  ///   - total: weight of all rows.
  static func prune(
    _ tree: GrownTree, _ leaves: [(node: Int, rows: UnsafePointer<UInt32>, count: Int)], alpha: Double, total: Double
  ) throws -> (tree: GrownTree, leaves: [(node: Int, rows: UnsafePointer<UInt32>, count: Int)]) {
    // Costs up to the leaves' own, which no cut changes. Children come after their parents.
    var costs = [Double](repeating: 0, count: tree.nodeCount)
    for node in (0..<tree.nodeCount).reversed() where tree.feature[node] >= 0 {
      costs[node] = costs[Int(tree.left[node])] + costs[Int(tree.right[node])] + tree.impurity[node] / total
    }
    let (pruned, sources) = try CostComplexity.prune(tree, alpha: alpha) { costs[$0] }
    var rows = [(rows: UnsafePointer<UInt32>, count: Int)?](repeating: nil, count: tree.nodeCount)
    for leaf in leaves { rows[leaf.node] = (leaf.rows, leaf.count) }
    for node in (0..<tree.nodeCount).reversed() where tree.feature[node] >= 0 {
      guard let left = rows[Int(tree.left[node])], let right = rows[Int(tree.right[node])] else { continue }
      rows[node] = (min(left.rows, right.rows), left.count + right.count)
    }
    return (
      pruned,
      sources.enumerated().compactMap { node, source in
        pruned.feature[node] >= 0 ? nil : rows[source].map { (node, $0.rows, $0.count) }
      }
    )
  }
}
