import ApusModels
import ApusNumerics

/// Operations of tree models beside prediction.
enum TreeOperation {
  static let apply = Operation("apply")
  static let decisionPath = Operation("decision_path")

  /// The leaf each row reaches in every tree, as a position within the tree: int64 (rows, trees), or (rows,) squeezed.
  static func leaves(_ predictor: EnsemblePredictor, _ matrix: NDArray, squeezed: Bool) throws -> NDArray {
    let trees = predictor.trees.treeCount
    let result = try NDArray(uninitialized: [matrix.shape[0], trees], dtype: .int64)
    let target = result.pointer(Int64.self)
    try predictor.forEachLeaf(matrix, range: 0..<trees) { tree, start, count, leaves in
      for i in 0..<count { target[(start + i) * trees + tree] = Int64(leaves[i]) }
    }
    return squeezed ? try result.reshaped([matrix.shape[0]]) : result
  }

  /// Which nodes each row passes: uint8 (rows, nodes of all trees), tree after tree.
  static func decisionPath(_ predictor: EnsemblePredictor, _ matrix: NDArray) throws -> NDArray {
    let trees = predictor.trees
    let nodes = trees.nodeCount
    let parents = try Buffer<Int32>(count: nodes)
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      parents[base] = -1
      for node in base..<trees.treeOffsets[tree + 1] where trees.left[node] >= 0 {
        parents[base + Int(trees.left[node])] = Int32(node - base)
        parents[base + Int(trees.left[node]) + 1] = Int32(node - base)
      }
    }
    let result = try NDArray(zeros: [matrix.shape[0], nodes], dtype: .uint8)
    let target = result.pointer(UInt8.self)
    try predictor.forEachLeaf(matrix, range: 0..<trees.treeCount) { tree, start, count, leaves in
      let base = trees.treeOffsets[tree]
      for i in 0..<count {
        var node = Int(leaves[i])
        while node >= 0 {
          target[(start + i) * nodes + base + node] = 1
          node = Int(parents[base + node])
        }
      }
    }
    return result
  }
}
