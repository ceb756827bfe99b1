import ApusModels
import ApusNumerics

/// Operations of tree models beside prediction.
enum TreeOperation {
  static let apply = Operation("apply")
  static let decisionPath = Operation("decision_path")
  static let proximity = Operation("proximity", arguments: ["other"])
  static let predictQuantiles = Operation("predict_quantiles", arguments: ["quantiles"])

  /// What all trees and forests can do.
  static func all(_ role: EstimatorRole) -> [Operation] {
    (role == .classifier ? [.predict, .predictProbabilities, .predictLogProbabilities] : [.predict])
      + [apply, decisionPath, proximity] + TreeShapley.operations
  }

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

  /// As ``leaves(_:_:squeezed:)``, never squeezed, of dense or sparse rows.
  static func leaves(_ predictor: EnsemblePredictor, _ features: FeatureMatrix) throws -> NDArray {
    switch features {
    case .dense(let matrix): return try leaves(predictor, matrix, squeezed: false)
    case .sparse(let matrix): return try SparseRowBlocks.results(matrix) { try leaves(predictor, $0, squeezed: false) }
    }
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

  /// The share of the trees in which a row of `first` and one of `second` reach the same leaf: (rows, rows) (Breiman
  /// 2001). O(trees · rows²).
  static func proximity(_ predictor: EnsemblePredictor, _ first: NDArray, _ second: NDArray) throws -> NDArray {
    let trees = predictor.trees.treeCount
    let (a, b) = (
      try leaves(predictor, first, squeezed: false), try leaves(predictor, second, squeezed: false)
    )
    let columns = second.shape[0]
    let result = try NDArray(uninitialized: [first.shape[0], columns], dtype: .float64)
    let (x, y, target) = (a.pointer(Int64.self), b.pointer(Int64.self), result.pointer(Double.self))
    ThreadPool.parallelBlocks(count: first.shape[0], blockSize: 16) { range in
      for i in range {
        for j in 0..<columns {
          var shared = 0
          for tree in 0..<trees { shared &+= x[i &* trees &+ tree] == y[j &* trees &+ tree] ? 1 : 0 }
          target[i &* columns &+ j] = Double(shared) / Double(trees)
        }
      }
    }
    withExtendedLifetime((a, b)) {}
    return result
  }
}
