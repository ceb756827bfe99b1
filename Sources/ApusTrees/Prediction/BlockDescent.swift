import ApusNumerics
import CMemory

/// Descent of many rows through one tree after the other.
///
/// A tree stays in the second-level cache while a block of rows goes through it, and a part of the block in the first.
/// Rows of a part take steps in turn, so that many loads wait together; each asks for its next node a turn ahead, and those
/// that have arrived are left out every few steps. Values and thresholds are float32 rounded down: if x and t differ then,
/// they differ the same way as they are; a row that meets a threshold equal to its value after rounding descends once
/// more, exactly.
enum BlockDescent {
  /// Numbers of a block: so many that fetching a tree costs little beside its descents.
  private static let blockValues = 1 << 18
  private static let mostRows = 8192
  /// Numbers of a part, which stay in the first-level cache.
  private static let partValues = 1 << 13
  private static let mostPartRows = 256

  @inline(__always)
  static func descend<
    Element: BinaryFloatingPoint & BitwiseCopyable & Sendable, Link: FixedWidthInteger & BitwiseCopyable & Sendable
  >(
    _ packed: PackedTrees<Float, Link>, _ trees: TreeEnsemble, _ view: MatrixView<Element>, _ range: Range<Int>,
    _ body: (Int, Int, Int, UnsafePointer<UInt32>) -> Void
  ) throws {
    let columns = view.columns
    let blockSize = max(min(blockValues / columns, mostRows, (view.rows + 15) / 16), 16)
    let partSize = max(min(partValues / columns, mostPartRows), 64)
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
      let stride = content.hasMissing ? 2 * columns : columns
      let scratch = try Buffer<UInt32>(count: 3 * partSize)
      let leaves = scratch.pointer + 2 * partSize
      let slots = LinkSlots(bits: packed.slotMask, hasMissing: content.hasMissing)
      for tree in range {
        let nodes = UnsafePointer(packed.nodes.pointer + packed.treeOffsets[tree])
        for first in Swift.stride(from: 0, to: count, by: partSize) {
          let rows = min(partSize, count - first)
          let walk = RowWalk(
            nodes: nodes, firstSteps: packed.firstSteps[tree], childShift: packed.shift, slots: slots,
            values: UnsafePointer(values.pointer + first * stride), stride: stride, rows: rows)
          if content.isExact {
            walk.run(scratch.pointer, scratch.pointer + partSize, into: leaves, findsTies: false)
          } else {
            walk.run(scratch.pointer, scratch.pointer + partSize, into: leaves, findsTies: true)
            for row in 0..<rows where leaves[row] & RowWalk<Link>.tie != 0 {
              leaves[row] = TreeDescent.leaf(trees, tree: tree, view: view, row: start &+ first &+ row)
            }
          }
          body(tree, start + first, rows, leaves)
        }
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

/// The way of some rows through one tree.
struct RowWalk<Link: FixedWidthInteger & BitwiseCopyable> {
  /// Set in a node's number for rows that met a threshold equal to their value.
  static var tie: UInt32 { 1 << 31 }

  let nodes: UnsafePointer<PackedNode<Float, Link>>
  /// Steps before the first look at who has arrived.
  let firstSteps: Int
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
    }
    var (active, steps) = (rows, firstSteps)
    while active > 0 {
      for _ in 0..<steps {
        for i in 0..<active { current[i] = next(current[i], row: row[i], findsTies: findsTies) }
      }
      var kept = 0
      for i in 0..<active {
        let (node, own) = (current[i], row[i])
        let below = next(node, row: own, findsTies: findsTies)
        current[kept] = below
        row[kept] = own
        leaves[Int(own)] = below
        kept &+= (below ^ node) & ~RowWalk.tie != 0 ? 1 : 0
      }
      active = kept
      steps = 2
    }
  }

  /// The child a row goes to, with the ties it has met, or the leaf it is in.
  @inline(__always)
  private func next(_ node: UInt32, row: UInt32, findsTies: Bool) -> UInt32 {
    let packed = nodes[Int(findsTies ? node & ~RowWalk.tie : node)]
    let place = Int(truncatingIfNeeded: (packed.link & slots.mask) &>> slots.shift)
    let x = values[Int(row) &* stride &+ place]
    let child = UInt32(truncatingIfNeeded: packed.link &>> childShift) &+ (x > packed.threshold ? 1 : 0)
    apus_prefetch_near(nodes + Int(child))
    return findsTies ? child | node & RowWalk.tie | (x == packed.threshold ? RowWalk.tie : 0) : child
  }
}
