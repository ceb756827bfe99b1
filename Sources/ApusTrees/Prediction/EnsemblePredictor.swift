import ApusNumerics

/// Predicts with an ensemble of trees: constant, for any number of threads at once.
///
/// The sum over trees runs in the order of the trees for every row, so a row's result has the same bits alone or among
/// others, and for any number of threads. Three ways lead to the same leaves: small trees are evaluated on ranks
/// (``RankedTrees``), larger ones by descent of many rows side by side (``BlockDescent``), and for a few rows 16 trees side
/// by side (``RowDescent``). Their layouts are made when first needed.
package final class EnsemblePredictor: Sendable {
  package let trees: TreeEnsemble
  private let narrow: LazyForm<PackedTrees<Float, UInt32>>
  private let narrowWide: LazyForm<PackedTrees<Float, UInt64>>
  private let wide: LazyForm<PackedTrees<Double, UInt64>>
  private let narrowRanks: LazyForm<RankedTrees<Float>>
  private let wideRanks: LazyForm<RankedTrees<Double>>

  /// Fewer rows than this descend through several trees at once.
  private static let fewRows = 8
  /// Rows from which ranks pay.
  private static let rankedRows = 32

  package init(_ trees: TreeEnsemble) {
    self.trees = trees
    narrow = LazyForm { try PackedTrees(trees) }
    narrowWide = LazyForm { try PackedTrees(trees) }
    wide = LazyForm { try PackedTrees(trees) }
    narrowRanks = LazyForm { try RankedTrees(trees) }
    wideRanks = LazyForm { try RankedTrees(trees) }
  }

  /// Adds `weights[t] · value(leaf of tree t)` to every row's sums.
  ///
  /// - Parameters:
  ///   - matrix: (rows, features), float32 or float64, aligned; NaN means missing, infinity is not allowed.
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
    let target = LeafSums(
      sums: sums, outputs: outputs, width: trees.valueCount, weights: weights, interleaved: interleaved)
    if matrix.shape[0] >= EnsemblePredictor.rankedRows {
      if matrix.dtype == .float32, let ranked = try narrowRanks.get() {
        return try RankedSum.add(ranked, matrix.matrixView(Float.self), range, target)
      }
      if matrix.dtype != .float32, let ranked = try wideRanks.get() {
        return try RankedSum.add(ranked, matrix.matrixView(Double.self), range, target)
      }
    }
    let values = trees.value.pointer
    if matrix.shape[0] < EnsemblePredictor.fewRows {
      if matrix.dtype == .float32, let packed = try narrow.get() {
        return try RowDescent.add(packed, matrix.matrixView(Float.self), range, values: values, target)
      }
      if matrix.dtype != .float32, let packed = try wide.get() {
        return try RowDescent.add(packed, matrix.matrixView(Double.self), range, values: values, target)
      }
    }
    try forEachLeaf(matrix, range: range) { tree, start, count, leaves in
      target.add(
        values + trees.treeOffsets[tree] * trees.valueCount, tree: tree, start: start, count: count, leaves: leaves)
    }
  }

  /// Calls `body(tree, firstRow, count, leaves)` for every tree of `range` and every block of rows, blocks in parallel,
  /// trees of a block in order. `leaves` are positions within the tree.
  package func forEachLeaf(
    _ matrix: NDArray, range: Range<Int>,
    _ body: (_ tree: Int, _ start: Int, _ count: Int, _ leaves: UnsafePointer<UInt32>) -> Void
  ) throws {
    if matrix.dtype == .float32 {
      try descend(matrix.matrixView(Float.self), range, body)
    } else {
      try descend(matrix.matrixView(Double.self), range, body)
    }
  }

  @inline(__always)
  private func descend<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ view: MatrixView<Element>, _ range: Range<Int>, _ body: (Int, Int, Int, UnsafePointer<UInt32>) -> Void
  ) throws {
    if let packed = try narrow.get() {
      try BlockDescent.descend(packed, trees, view, range, body)
    } else if let packed = try narrowWide.get() {
      try BlockDescent.descend(packed, trees, view, range, body)
    } else {
      try descendOneByOne(view, range, body)
    }
  }

  /// For ensembles with categories.
  private func descendOneByOne<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ view: MatrixView<Element>, _ range: Range<Int>, _ body: (Int, Int, Int, UnsafePointer<UInt32>) -> Void
  ) throws {
    let blockSize = 128
    ThreadPool.parallelBlocks(count: view.rows, blockSize: blockSize) { rows in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: blockSize) { scratch in
        guard let leaves = scratch.baseAddress else { return }
        for tree in range {
          for i in 0..<rows.count {
            leaves[i] = TreeDescent.leaf(trees, tree: tree, view: view, row: rows.lowerBound &+ i)
          }
          body(tree, rows.lowerBound, rows.count, leaves)
        }
      }
    }
  }
}

/// A layout made on first use; nil if the ensemble does not fit it.
private final class LazyForm<Form: Sendable>: Sendable {
  private let state = Lock<Form??>(nil)
  private let make: @Sendable () throws -> Form?

  init(_ make: @escaping @Sendable () throws -> Form?) { self.make = make }

  func get() throws -> Form? {
    try state.withLock { state in
      if let known = state { return known }
      let form = try make()
      state = .some(form)
      return form
    }
  }
}

/// Where the values of leaves are added.
struct LeafSums: @unchecked Sendable {
  let sums: UnsafeMutablePointer<Double>
  let outputs: Int
  /// Values per leaf.
  let width: Int
  let weights: [Double]?
  let interleaved: Bool

  /// Adds the values of the leaves that `count` rows from `start` on reach in one tree.
  @inline(__always)
  func add<Leaf: FixedWidthInteger & UnsignedInteger>(
    _ values: UnsafePointer<Double>, tree: Int, start: Int, count: Int, leaves: UnsafePointer<Leaf>
  ) {
    let (outputs, width) = (outputs, width)
    let factor = weights?[tree] ?? 1
    if width == 1 {
      let column = sums + (start &* outputs &+ (interleaved ? tree % outputs : 0))
      if outputs == 1, weights == nil {
        for i in 0..<count { column[i] += values[Int(leaves[i])] }
      } else {
        for i in 0..<count { column[i &* outputs] += factor * values[Int(leaves[i])] }
      }
      return
    }
    if width == 2, outputs == 2 {
      let target = sums + 2 &* start
      for i in 0..<count {
        let from = values + 2 &* Int(leaves[i])
        target[2 &* i] += factor * from[0]
        target[2 &* i &+ 1] += factor * from[1]
      }
      return
    }
    for i in 0..<count {
      let from = values + Int(leaves[i]) &* width
      let to = sums + (start &+ i) &* outputs
      for k in 0..<width { to[k] += factor * from[k] }
    }
  }
}
