import ApusNumerics
import Synchronization

/// Predicts with an ensemble of trees: constant, for any number of threads at once.
///
/// The sum over trees runs in the order of the trees for every row, so a row's result has the same bits alone or among
/// others, and for any number of threads.
package final class EnsemblePredictor: Sendable {
  package let trees: TreeEnsemble
  private let narrow: PackedTrees<Float>
  private let wide: PackedTrees<Double>
  private static let blockSize = 128

  package init(_ trees: TreeEnsemble) throws {
    self.trees = trees
    narrow = try PackedTrees(trees)
    wide = try PackedTrees(trees)
  }

  /// Adds `weights[t] · value(leaf of tree t)` to every row's sums.
  ///
  /// - Parameters:
  ///   - matrix: (rows, features), float32 or float64, aligned; NaN means missing.
  ///   - sums: row-major (rows, outputs), added to.
  ///   - outputs: columns of `sums`.
  ///   - weights: factor of every tree; nil for 1.
  ///   - interleaved: tree t adds its single value to column `t % outputs`; otherwise a tree's values are the columns.
  ///   - range: which trees take part; nil for all.
  package func accumulate(
    _ matrix: NDArray, into sums: UnsafeMutablePointer<Double>, outputs: Int, weights: [Double]? = nil,
    interleaved: Bool = false, range: Range<Int>? = nil
  ) throws {
    let range = range ?? 0..<trees.treeCount
    try forEachLeaf(matrix, range: range) { tree, start, count, leaves in
      let values = trees.value.pointer + trees.treeOffsets[tree] * trees.valueCount
      let factor = weights?[tree] ?? 1
      let width = trees.valueCount
      if interleaved {
        let column = sums + (start &* outputs &+ tree % outputs)
        for i in 0..<count { column[i &* outputs] += factor * values[Int(leaves[i])] }
      } else if width == 1 {
        for i in 0..<count { sums[start &+ i] += factor * values[Int(leaves[i])] }
      } else {
        for i in 0..<count {
          let from = values + Int(leaves[i]) &* width
          let to = sums + (start &+ i) &* outputs
          for k in 0..<width { to[k] += factor * from[k] }
        }
      }
    }
  }

  /// Calls `body(tree, firstRow, count, leaves)` for every tree of `range` and every block of rows, blocks in parallel,
  /// trees of a block in order. `leaves` are positions within the tree.
  package func forEachLeaf(
    _ matrix: NDArray, range: Range<Int>,
    _ body: (_ tree: Int, _ start: Int, _ count: Int, _ leaves: UnsafePointer<UInt32>) -> Void
  ) throws {
    switch matrix.dtype {
    case .float32: descend(narrow, matrix.matrixView(Float.self), range, body)
    default: descend(wide, matrix.matrixView(Double.self), range, body)
    }
  }

  @inline(__always)
  private func descend<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ packed: PackedTrees<Element>, _ view: MatrixView<Element>, _ range: Range<Int>,
    _ body: (Int, Int, Int, UnsafePointer<UInt32>) -> Void
  ) {
    ThreadPool.parallelBlocks(count: view.rows, blockSize: EnsemblePredictor.blockSize) { rows in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: EnsemblePredictor.blockSize) { scratch in
        guard let leaves = scratch.baseAddress else { return }
        let hasMissing = EnsemblePredictor.containsNaN(view, rows)
        for tree in range {
          if packed.hasCategories {
            for i in 0..<rows.count {
              leaves[i] = TreeDescent.leaf(packed, tree: tree, view: view, row: rows.lowerBound &+ i)
            }
          } else {
            let nodes = UnsafePointer(packed.nodes.pointer + trees.treeOffsets[tree])
            if hasMissing {
              TreeDescent.leaves(
                nodes: nodes, depth: packed.depths[tree], view: view, start: rows.lowerBound, count: rows.count,
                hasMissing: true, into: leaves)
            } else {
              TreeDescent.leaves(
                nodes: nodes, depth: packed.depths[tree], view: view, start: rows.lowerBound, count: rows.count,
                hasMissing: false, into: leaves)
            }
          }
          body(tree, rows.lowerBound, rows.count, leaves)
        }
      }
    }
  }

  private static func containsNaN<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ view: MatrixView<Element>, _ rows: Range<Int>
  ) -> Bool {
    for row in rows {
      var isMissing = false
      for column in 0..<view.columns {
        let x = view[row, column]
        isMissing = isMissing || x != x
      }
      if isMissing { return true }
    }
    return false
  }
}
