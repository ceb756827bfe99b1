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

/// Descent of many rows, 16 at a time through one tree.
enum BlockDescent {
  /// Bytes of transposed values at most.
  private static let valueBytes = 1 << 21

  @inline(__always)
  static func descend<
    Element: BinaryFloatingPoint & BitwiseCopyable & Sendable, Link: FixedWidthInteger & BitwiseCopyable & Sendable
  >(
    _ packed: PackedTrees<Element, Link>, _ view: MatrixView<Element>, _ range: Range<Int>,
    _ body: (Int, Int, Int, UnsafePointer<UInt32>) -> Void
  ) throws {
    let lanes = TreeDescent.lanes
    let columns = view.columns
    // A large tree comes through the caches once a block: many rows share the cost. Values are read in order.
    let most = valueBytes / (columns * lanes * MemoryLayout<Element>.stride)
    let groups = max(min(most, (view.rows + 8 * lanes - 1) / (8 * lanes), 256), 1)
    let blockSize = groups * lanes
    let blocks = (view.rows + blockSize - 1) / blockSize
    try ThreadPool.parallelForThrowing(tasks: blocks) { block in
      let start = block * blockSize
      let count = min(blockSize, view.rows - start)
      let used = (count + lanes - 1) / lanes
      var places = 1
      var values = try Buffer<Element>(zeroed: used * columns * lanes)
      let leaves = try Buffer<UInt32>(count: blockSize)
      var isMissing = false
      for group in 0..<used {
        let first = start + group * lanes
        let found = TreeDescent.transpose(
          view, rows: first..<min(first + lanes, start + count), into: values.pointer + group * columns * lanes)
        isMissing = isMissing || found
      }
      if isMissing {
        places = 2
        let spread = try Buffer<Element>(count: 2 * values.count)
        for group in 0..<used {
          TreeDescent.spreadMissing(
            values.pointer + group * columns * lanes, columns: columns,
            into: spread.pointer + 2 * group * columns * lanes)
        }
        values = spread
      }
      let groupValues = places * columns * lanes
      let linkPlaces = LinkPlaces(slots: packed.slotMask, hasMissing: isMissing)
      for tree in range {
        let nodes = UnsafePointer(packed.nodes.pointer + packed.treeOffsets[tree])
        let sureDepth = packed.sureDepths[tree]
        for group in 0..<used {
          TreeDescent.leaves(
            nodes, sureDepth: sureDepth, shift: packed.shift, places: linkPlaces,
            values: UnsafePointer(values.pointer + group &* groupValues), into: leaves.pointer + group &* lanes)
        }
        body(tree, start, count, leaves.pointer)
      }
      withExtendedLifetime((values, leaves)) {}
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
