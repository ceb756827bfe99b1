import ApusNumerics

/// Descent of many rows through one tree after the other.
///
/// Rows of a block take steps in turn, so that many loads wait together, and those that have arrived are left out every
/// few steps. Values and thresholds are float32 rounded down: if x and t differ then, they differ the same way as they are;
/// a row that meets a threshold equal to its value after rounding descends once more, exactly.
enum BlockDescent {
  /// Numbers of a block, which stay in the second-level cache beside a tree.
  private static let blockValues = 1 << 16
  private static let mostRows = 2048

  @inline(__always)
  static func descend<
    Element: BinaryFloatingPoint & BitwiseCopyable & Sendable, Link: FixedWidthInteger & BitwiseCopyable & Sendable
  >(
    _ packed: PackedTrees<Float, Link>, _ trees: TreeEnsemble, _ view: MatrixView<Element>, _ range: Range<Int>,
    _ body: (Int, Int, Int, UnsafePointer<UInt32>) -> Void
  ) throws {
    let columns = view.columns
    let blockSize = max(min(blockValues / columns, mostRows, (view.rows + 15) / 16), 16)
    try ThreadPool.parallelForThrowing(tasks: (view.rows + blockSize - 1) / blockSize) { block in
      let start = block * blockSize
      let count = min(blockSize, view.rows - start)
      var values = try Buffer<Float>(count: count * columns)
      let content = RowBlock.round(view, rows: start..<(start + count), into: values.pointer)
      if content.hasMissing {
        let spread = try Buffer<Float>(count: 2 * values.count)
        RowBlock.spreadMissing(values.pointer, count: values.count, into: spread.pointer)
        values = spread
      }
      let scratch = try Buffer<UInt32>(count: 3 * count)
      let leaves = scratch.pointer + 2 * count
      let slots = LinkSlots(bits: packed.slotMask, hasMissing: content.hasMissing)
      for tree in range {
        let nodes = UnsafePointer(packed.nodes.pointer + packed.treeOffsets[tree])
        let walk = RowWalk(
          nodes: nodes, sureDepth: packed.sureDepths[tree], childShift: packed.shift, slots: slots,
          values: UnsafePointer(values.pointer), stride: content.hasMissing ? 2 * columns : columns, rows: count)
        if content.isExact {
          walk.run(scratch.pointer, scratch.pointer + count, into: leaves, findsTies: false)
        } else {
          walk.run(scratch.pointer, scratch.pointer + count, into: leaves, findsTies: true)
          for row in 0..<count where leaves[row] & RowWalk<Link>.tie != 0 {
            leaves[row] = TreeDescent.leaf(trees, tree: tree, view: view, row: start &+ row)
          }
        }
        body(tree, start, count, leaves)
      }
      withExtendedLifetime((values, scratch)) {}
    }
  }
}

/// From the low bits of a link to the place of a value in its row.
struct LinkSlots<Link: FixedWidthInteger & BitwiseCopyable>: BitwiseCopyable {
  let mask: Link
  let shift: Link

  /// - Parameters:
  ///   - bits: the low bits of a link: twice the feature, plus one where missing values go left.
  ///   - hasMissing: whether features have two places.
  init(bits: Link, hasMissing: Bool) {
    mask = hasMissing ? bits : bits & ~1
    shift = hasMissing ? 0 : 1
  }
}

/// Rows as descent reads them.
enum RowBlock {
  /// Copies rows side by side, rounded down to float32.
  ///
  /// - Returns: whether any value is missing, and whether all others are what they were.
  @inline(__always)
  static func round<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ view: MatrixView<Element>, rows: Range<Int>, into values: UnsafeMutablePointer<Float>
  ) -> (hasMissing: Bool, isExact: Bool) {
    var (missing, inexact) = (0, 0)
    let columns = view.columns
    for row in 0..<rows.count {
      let source = view.base + (rows.lowerBound &+ row) &* view.rowStride
      let target = values + row &* columns
      for column in 0..<columns {
        let x = source[column &* view.columnStride]
        let near = Float(x)
        let isAbove = Element(near) > x
        target[column] = isAbove ? near.nextDown : near
        missing |= x != x ? 1 : 0
        inexact |= Element(near) < x || isAbove ? 1 : 0
      }
    }
    return (missing != 0, inexact == 0)
  }

  /// Gives every value two places: missing ones are +∞ in the first and −∞ in the second.
  static func spreadMissing(_ values: UnsafePointer<Float>, count: Int, into spread: UnsafeMutablePointer<Float>) {
    for i in 0..<count {
      let x = values[i]
      spread[2 &* i] = x != x ? .infinity : x
      spread[2 &* i &+ 1] = x != x ? -.infinity : x
    }
  }
}

/// The way of a block of rows through one tree.
struct RowWalk<Link: FixedWidthInteger & BitwiseCopyable> {
  /// Set in a leaf's number for rows that met a threshold equal to their value.
  static var tie: UInt32 { 1 << 31 }

  let nodes: UnsafePointer<PackedNode<Float, Link>>
  let sureDepth: Int
  let childShift: Link
  let slots: LinkSlots<Link>
  /// Rows side by side.
  let values: UnsafePointer<Float>
  let stride: Int
  let rows: Int

  /// - Parameters:
  ///   - current, row: room for `rows` numbers: nodes and rows still on their way.
  ///   - leaves: the leaf of every row, written.
  @inline(__always)
  func run(
    _ current: UnsafeMutablePointer<UInt32>, _ row: UnsafeMutablePointer<UInt32>,
    into leaves: UnsafeMutablePointer<UInt32>, findsTies: Bool
  ) {
    for i in 0..<rows {
      current[i] = 0
      row[i] = UInt32(truncatingIfNeeded: i)
      leaves[i] = 0
    }
    var (active, steps) = (rows, sureDepth)
    while active > 0 {
      for _ in 0..<steps {
        for i in 0..<active {
          current[i] = next(current[i], row: row[i], leaves, findsTies: findsTies)
        }
      }
      var kept = 0
      for i in 0..<active {
        let (node, own) = (current[i], row[i])
        let below = next(node, row: own, leaves, findsTies: findsTies)
        current[kept] = below
        row[kept] = own
        if findsTies {
          leaves[Int(own)] = leaves[Int(own)] & RowWalk.tie | below
        } else {
          leaves[Int(own)] = below
        }
        kept &+= below != node ? 1 : 0
      }
      active = kept
      steps = 2
    }
  }

  @inline(__always)
  private func next(
    _ node: UInt32, row: UInt32, _ leaves: UnsafeMutablePointer<UInt32>, findsTies: Bool
  ) -> UInt32 {
    let packed = nodes[Int(node)]
    let place = Int(truncatingIfNeeded: (packed.link & slots.mask) &>> slots.shift)
    let x = values[Int(row) &* stride &+ place]
    if findsTies { leaves[Int(row)] |= x == packed.threshold ? RowWalk.tie : 0 }
    return UInt32(truncatingIfNeeded: packed.link &>> childShift) &+ (x > packed.threshold ? 1 : 0)
  }
}
