import ApusNumerics

/// Sums over trees evaluated on ranks.
enum RankedSum {
  /// Blocks of rows are independent tasks; within one, trees follow each other in order.
  @inline(__always)
  static func add<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ trees: RankedTrees<Element>, _ view: MatrixView<Element>, _ range: Range<Int>, _ target: LeafSums
  ) throws {
    let blockSize = FeatureRanks<Element>.blockSize
    let blocks = (view.rows + blockSize - 1) / blockSize
    let blocksPerTask = min(max(blocks / 16, 1), 16)
    let ranks = trees.ranks
    try ThreadPool.parallelForThrowing(tasks: (blocks + blocksPerTask - 1) / blocksPerTask) { task in
      let memory = try Buffer<UInt8>(zeroed: ranks.byteCount + RankedTrees<Element>.scratchSize)
      let planes = memory.pointer
      let scratch = planes + ranks.byteCount
      for block in (task * blocksPerTask)..<min((task + 1) * blocksPerTask, blocks) {
        let start = block * blockSize
        let rows = start..<min(start + blockSize, view.rows)
        ranks.rank(view, rows: rows, into: planes)
        for tree in range {
          trees.leaves(tree: tree, planes: planes, scratch: scratch)
          target.add(
            trees.values.pointer + trees.leafOffsets[tree] &* target.width, tree: tree, start: start,
            count: rows.count, leaves: UnsafePointer(scratch))
        }
      }
      withExtendedLifetime(memory) {}
    }
  }
}

/// Descent of a few rows, one after the other through 16 trees at a time.
enum RowDescent {
  /// Calls `body(tree, row, root, leaf)` for every row and, in their order, all trees of `range`: the tree's first node in
  /// the ensemble and the leaf's position within the tree.
  @inline(__always)
  static func descend<
    Element: BinaryFloatingPoint & BitwiseCopyable & Sendable, Link: FixedWidthInteger & BitwiseCopyable & Sendable
  >(
    _ packed: PackedTrees<Element, Link>, _ view: MatrixView<Element>, _ range: Range<Int>,
    _ body: (_ tree: Int, _ row: Int, _ root: Int, _ leaf: UInt32) -> Void
  ) throws {
    let columns = view.columns
    let values = try Buffer<Element>(count: 2 * columns)
    let row = values.pointer
    let (nodes, shift, mask) = (UnsafePointer(packed.nodes.pointer), packed.shift, packed.slotMask)
    packed.treeOffsets.withUnsafeBufferPointer { offsets in
      guard let roots = offsets.baseAddress else { return }
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: TreeDescent.lanes) { scratch in
        guard let leaves = scratch.baseAddress else { return }
        for index in 0..<view.rows {
          let source = view.base + index &* view.rowStride
          for column in 0..<columns {
            let x = source[column &* view.columnStride]
            row[2 &* column] = x != x ? .infinity : x
            row[2 &* column &+ 1] = x != x ? -.infinity : x
          }
          var first = range.lowerBound
          while first < range.upperBound {
            let count = min(TreeDescent.lanes, range.upperBound &- first)
            if count == TreeDescent.lanes {
              TreeDescent.leaves(
                nodes, roots: roots + first, trees: TreeDescent.lanes, shift: shift, mask: mask, values: row,
                into: leaves)
            } else {
              TreeDescent.leaves(
                nodes, roots: roots + first, trees: count, shift: shift, mask: mask, values: row, into: leaves)
            }
            for i in 0..<count { body(first &+ i, index, roots[first &+ i], leaves[i]) }
            first &+= count
          }
        }
      }
    }
    withExtendedLifetime((values, packed)) {}
  }

  /// Adds the values of the leaves to the rows' sums.
  @inline(__always)
  static func add<
    Element: BinaryFloatingPoint & BitwiseCopyable & Sendable, Link: FixedWidthInteger & BitwiseCopyable & Sendable
  >(
    _ packed: PackedTrees<Element, Link>, _ view: MatrixView<Element>, _ range: Range<Int>,
    values: UnsafePointer<Double>, _ target: LeafSums
  ) throws {
    let (sums, outputs, width) = (target.sums, target.outputs, target.width)
    if width == 1, outputs == 1, target.weights == nil {
      return try descend(packed, view, range) { _, row, root, leaf in sums[row] += values[root &+ Int(leaf)] }
    }
    try descend(packed, view, range) { tree, row, root, leaf in
      withUnsafePointer(to: leaf) {
        target.add(values + root &* width, tree: tree, start: row, count: 1, leaves: $0)
      }
    }
  }
}
