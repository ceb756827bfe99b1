import ApusModels
import ApusNumerics

/// The nodes of an ensemble as arrays under the names of scikit-learn's `tree_`, tree after tree.
enum TreeArrays {
  static let attributes: [FittedAttribute] = [
    FittedAttribute("tree_offsets_", doc: "First node of every tree and the number of nodes, shape (trees + 1,)."),
    FittedAttribute("tree_feature_", doc: "Feature every node asks about, -2 in leaves, shape (nodes,)."),
    FittedAttribute("tree_threshold_", doc: "Values at most this go left; -2 in leaves, shape (nodes,)."),
    FittedAttribute("tree_children_left_", doc: "Left child within the tree, -1 in leaves, shape (nodes,)."),
    FittedAttribute("tree_children_right_", doc: "Right child within the tree, -1 in leaves, shape (nodes,)."),
    FittedAttribute("tree_missing_go_to_left_", doc: "1 where missing values go left, shape (nodes,)."),
    FittedAttribute("tree_n_node_samples_", doc: "Training rows in every node, shape (nodes,)."),
    FittedAttribute("tree_weighted_n_node_samples_", doc: "Weight of the training rows, shape (nodes,)."),
    FittedAttribute("tree_impurity_", doc: "Impurity of every node, shape (nodes,)."),
    FittedAttribute("tree_value_", doc: "Class shares or predictions of every node, shape (nodes, values)."),
    FittedAttribute("depth_", .int, doc: "Depth of the deepest leaf of any tree."),
    FittedAttribute("n_leaves_", .int, doc: "Leaves of all trees."),
  ]

  static func attribute(_ name: String, of trees: TreeEnsemble) throws -> ParameterValue? {
    let nodes = trees.nodeCount
    func array<Element: NDElement>(_ value: (Int) -> Element) throws -> ParameterValue {
      let result = try NDArray(uninitialized: [nodes], dtype: Element.dtype)
      let target = result.pointer(Element.self)
      for node in 0..<nodes { target[node] = value(node) }
      return .array(result)
    }
    switch name {
    case "tree_offsets_": return .array(try NDArray(trees.treeOffsets.map { Int64($0) }))
    case "tree_feature_": return try array { trees.left[$0] < 0 ? Int64(-2) : Int64(trees.feature[$0]) }
    case "tree_threshold_": return try array { trees.left[$0] < 0 ? -2 : trees.threshold[$0] }
    case "tree_children_left_": return try array { Int64(trees.left[$0]) }
    case "tree_children_right_": return try array { trees.left[$0] < 0 ? Int64(-1) : Int64(trees.left[$0]) + 1 }
    case "tree_missing_go_to_left_":
      return try array { trees.left[$0] < 0 ? 0 : trees.flags[$0] & GrownTree.missingLeft }
    case "tree_n_node_samples_": return try array { Int64(trees.sampleCount[$0]) }
    case "tree_weighted_n_node_samples_": return try array { trees.weight[$0] }
    case "tree_impurity_": return try array { trees.impurity[$0] }
    case "tree_value_":
      let result = try NDArray(uninitialized: [nodes, trees.valueCount], dtype: .float64)
      result.pointer(Double.self).update(from: trees.value.pointer, count: result.count)
      return .array(result)
    case "depth_": return .int(Int64((0..<trees.treeCount).map { trees.depth(tree: $0) }.max() ?? 0))
    case "n_leaves_": return .int(Int64((0..<trees.treeCount).reduce(0) { $0 + trees.leafCount(tree: $1) }))
    default: return nil
    }
  }
}
