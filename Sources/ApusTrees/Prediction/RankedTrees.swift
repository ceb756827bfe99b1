import ApusNumerics
import CSIMD

/// Evaluation of small trees without descent: every node is asked for all rows of a block at once.
///
/// A node is one comparison of 32 ranks with a constant and a choice between the leaf numbers of its two sides, made from
/// the bottom up. That asks more nodes than a descent would, but each costs a fraction of an instruction a row, reads
/// memory in order and branches on nothing: cheaper than descent up to 256 leaves, where numbers of leaves fit into bytes.
/// In the spirit of RapidScorer (Ye et al. 2018, doi:10.1145/3219819.3219857), with leaf numbers in place of bit vectors.
final class RankedTrees<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// What the two sides of a node are: leaves, or results on the stack.
  private enum Sides {
    static var leaves: UInt8 { 0 }
    static var lowLeaf: UInt8 { 1 }
    static var highLeaf: UInt8 { 2 }
    /// The low side was evaluated first and lies below the high one.
    static var lowBelow: UInt8 { 3 }
    static var highBelow: UInt8 { 4 }
    /// Added for membership in a set of categories.
    static var categorical: UInt8 { 8 }
  }

  struct Step: BitwiseCopyable {
    /// Plane of ranks; of a categorical node the number of its table.
    var plane: UInt32
    /// Ranks up to this take the low side.
    var rank: UInt8
    var sides: UInt8
    /// Leaf numbers.
    var low: UInt8
    var high: UInt8
  }

  let ranks: FeatureRanks<Element>
  private let steps: Buffer<Step>
  private let stepOffsets: [Int]
  /// Values of leaves, `valueCount` each, in the order of their numbers.
  let values: Buffer<Double>
  let leafOffsets: [Int]
  /// 256 bytes for every categorical node: 0 for ranks that go left, else 1. Its plane comes before.
  private let tables: Buffer<UInt8>
  private let tablePlanes: [Int]

  private static var largestTree: Int { 511 }
  private static var stackHeight: Int { 10 }

  /// Nil where trees have more than 256 leaves or features more than 254 thresholds.
  init?(_ trees: TreeEnsemble) throws {
    for tree in 0..<trees.treeCount
    where trees.treeOffsets[tree + 1] - trees.treeOffsets[tree] > RankedTrees.largestTree {
      return nil
    }
    guard let ranks = try FeatureRanks<Element>(trees) else { return nil }
    self.ranks = ranks
    let leaves = (trees.nodeCount + trees.treeCount) / 2
    let width = trees.valueCount
    let steps = try Buffer<Step>(count: trees.nodeCount - leaves)
    self.steps = steps
    values = try Buffer(count: leaves * width)
    let sets = (0..<trees.nodeCount).filter { trees.left[$0] >= 0 && trees.flags[$0] & GrownTree.categorical != 0 }
    tables = try Buffer(count: sets.count * 256)
    tablePlanes = sets.map { ranks.plane(categorical: Int(trees.feature[$0])) }
    for (table, node) in sets.enumerated() { RankedTrees.fill(tables.pointer + 256 * table, trees, node: node) }
    var (stepOffsets, leafOffsets) = ([0], [0])
    var (nextStep, nextTable) = (0, 0)
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      let count = trees.treeOffsets[tree + 1] - base
      var numbers = [UInt8](repeating: 0, count: count)
      var tableOf = [Int](repeating: 0, count: count)
      var leaf = 0
      for node in 0..<count {
        if trees.left[base + node] < 0 {
          numbers[node] = UInt8(leaf)
          (values.pointer + (leafOffsets[tree] + leaf) * width).update(
            from: trees.value.pointer + (base + node) * width, count: width)
          leaf += 1
        } else if trees.flags[base + node] & GrownTree.categorical != 0 {
          tableOf[node] = nextTable
          nextTable += 1
        }
      }
      RankedTrees.program(trees, tree: tree) { node, sides in
        let left = Int(trees.left[base + node])
        var step = Step(plane: 0, rank: 0, sides: sides, low: 0, high: 0)
        if trees.left[base + left] < 0 { step.low = numbers[left] }
        if trees.left[base + left + 1] < 0 { step.high = numbers[left + 1] }
        if trees.flags[base + node] & GrownTree.categorical != 0 {
          step.plane = UInt32(tableOf[node])
          step.sides += Sides.categorical
        } else {
          let test = ranks.test(
            feature: Int(trees.feature[base + node]), threshold: trees.threshold[base + node],
            missingLeft: trees.flags[base + node] & GrownTree.missingLeft != 0)
          (step.plane, step.rank) = (UInt32(test.plane), test.rank)
        }
        steps[nextStep] = step
        nextStep += 1
      }
      stepOffsets.append(nextStep)
      leafOffsets.append(leafOffsets[tree] + leaf)
    }
    self.stepOffsets = stepOffsets
    self.leafOffsets = leafOffsets
  }

  /// Inner nodes in an order in which children come first and the side that needs more of the stack before the other
  /// (Sethi, Ullman 1970, doi:10.1145/321607.321620): at most 8 results wait.
  private static func program(_ trees: TreeEnsemble, tree: Int, _ emit: (_ node: Int, _ sides: UInt8) -> Void) {
    let base = trees.treeOffsets[tree]
    let count = trees.treeOffsets[tree + 1] - base
    var need = [Int](repeating: 0, count: count)
    for node in stride(from: count - 1, through: 0, by: -1) where trees.left[base + node] >= 0 {
      let left = Int(trees.left[base + node])
      let (a, b) = (need[left], need[left + 1])
      need[node] = a == b ? a + 1 : max(a, b)
    }
    var open: [(node: Int, isReady: Bool)] = trees.left[base] < 0 ? [] : [(0, false)]
    while let (node, isReady) = open.popLast() {
      let left = Int(trees.left[base + node])
      let (lowIsLeaf, highIsLeaf) = (need[left] == 0, need[left + 1] == 0)
      let lowFirst = need[left] >= need[left + 1]
      if isReady {
        let sides =
          lowIsLeaf
          ? (highIsLeaf ? Sides.leaves : Sides.lowLeaf)
          : (highIsLeaf ? Sides.highLeaf : (lowFirst ? Sides.lowBelow : Sides.highBelow))
        emit(node, sides)
        continue
      }
      open.append((node, true))
      let (first, second) = lowFirst ? (left, left + 1) : (left + 1, left)
      if need[second] > 0 { open.append((second, false)) }
      if need[first] > 0 { open.append((first, false)) }
    }
  }

  private static func fill(_ table: UnsafeMutablePointer<UInt8>, _ trees: TreeEnsemble, node: Int) {
    let set = Int(trees.threshold[node])
    for code in 0..<255 {
      table[code] = CategorySet.contains(trees, set: set, category: Double(code)) ? 0 : 1
    }
    table[Int(FeatureRanks<Element>.missing)] = trees.flags[node] & GrownTree.missingLeft != 0 ? 0 : 1
  }

  /// Bytes that ``leaves(tree:planes:scratch:)`` needs beside the planes.
  static var scratchSize: Int { (stackHeight + 1) * FeatureRanks<Element>.blockSize }

  /// The number of the leaf that every row of a block reaches in one tree.
  ///
  /// - Parameters:
  ///   - planes: from ``FeatureRanks/rank(_:rows:into:)``.
  ///   - scratch: ``scratchSize`` bytes; the result is at its start.
  func leaves(tree: Int, planes: UnsafePointer<UInt8>, scratch: UnsafeMutablePointer<UInt8>) {
    let size = FeatureRanks<Element>.blockSize
    let spare = scratch + RankedTrees.stackHeight &* size
    if stepOffsets[tree] == stepOffsets[tree + 1] { scratch.update(repeating: 0, count: size) }
    var top = scratch - size
    for index in stepOffsets[tree]..<stepOffsets[tree + 1] {
      let step = steps.pointer[index]
      var column = planes + Int(step.plane) &* size
      var sides = step.sides
      if sides >= Sides.categorical {
        sides &-= Sides.categorical
        let table = tables.pointer + Int(step.plane) &* 256
        let codes = planes + tablePlanes[Int(step.plane)] &* size
        for i in 0..<size { spare[i] = table[Int(codes[i])] }
        column = UnsafePointer(spare)
      }
      switch sides {
      case Sides.leaves:
        top += size
        for i in stride(from: 0, to: size, by: 32) {
          apus_simd_choose_cc(column + i, step.rank, step.low, step.high, top + i)
        }
      case Sides.lowLeaf:
        for i in stride(from: 0, to: size, by: 32) {
          apus_simd_choose_cv(column + i, step.rank, step.low, top + i, top + i)
        }
      case Sides.highLeaf:
        for i in stride(from: 0, to: size, by: 32) {
          apus_simd_choose_vc(column + i, step.rank, top + i, step.high, top + i)
        }
      case Sides.lowBelow:
        top -= size
        for i in stride(from: 0, to: size, by: 32) {
          apus_simd_choose_vv(column + i, step.rank, top + i, top + size + i, top + i)
        }
      default:
        top -= size
        for i in stride(from: 0, to: size, by: 32) {
          apus_simd_choose_vv(column + i, step.rank, top + size + i, top + i, top + i)
        }
      }
    }
  }
}
