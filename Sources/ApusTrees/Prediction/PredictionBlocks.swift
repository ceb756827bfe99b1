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
  @inline(__always)
  static func descend<
    Element: BinaryFloatingPoint & BitwiseCopyable & Sendable, Link: FixedWidthInteger & BitwiseCopyable & Sendable
  >(
    _ packed: PackedTrees<Element, Link>, _ view: MatrixView<Element>, _ range: Range<Int>,
    _ body: (Int, Int, Int, UnsafePointer<UInt32>) -> Void
  ) throws {
    let columns = view.columns
    let values = try Buffer<Element>(count: 2 * columns)
    let row = values.pointer
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
            TreeDescent.leaves(
              UnsafePointer(packed.nodes.pointer), roots: roots + first, trees: count, shift: packed.shift,
              mask: packed.slotMask, values: row, into: leaves)
            for i in 0..<count { body(first &+ i, index, 1, leaves + i) }
            first &+= count
          }
        }
      }
    }
    withExtendedLifetime(values) {}
  }
}
