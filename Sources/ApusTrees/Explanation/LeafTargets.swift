import ApusModels
import ApusNumerics

/// The training targets by leaf, for quantiles of the conditional distribution.
///
/// Meinshausen 2006, "Quantile regression forests", JMLR 7:983–999: the weight of training row i for a point x is the mean
/// over trees of `w_i [row i shares the leaf of x] / Σ w of that leaf`, and a quantile is one of the distribution with
/// these weights on the training targets. As in the paper all training rows count in every tree, drawn or not.
final class LeafTargets: @unchecked Sendable {
  /// Training targets with positive weight, ascending.
  let targets: Buffer<Double>
  /// Their weights.
  let weights: Buffer<Double>
  /// Positions in `targets`, ordered by leaf, ascending within a leaf: `members[tree * rows + i]`.
  let members: Buffer<Int32>
  /// First member of every node's leaf, tree after tree, relative to the tree; one more entry than nodes per tree.
  let starts: Buffer<Int32>
  var rows: Int { targets.count }

  /// Sends the training rows down the trees.
  init(_ trees: TreeEnsemble, input: ForestInput, targets y: NDArray) throws {
    guard trees.valueCount == 1 else {
      throw ApusError.unsupported(reason: "keep_targets: quantiles are for one output, y has \(trees.valueCount)")
    }
    let (source, sampleWeight) = (y.pointer(Double.self), input.sampleWeight)
    var used = 0
    let keys = try Buffer<UInt64>(count: 2 * input.rows)
    let order = try Buffer<UInt32>(count: 2 * input.rows)
    for row in 0..<input.rows {
      if let sampleWeight, sampleWeight.pointer(Double.self)[row] <= 0 { continue }
      keys[used] = ColumnSort.orderedBits(source[row])
      order[used] = UInt32(truncatingIfNeeded: row)
      used += 1
    }
    let count = used
    let sorted = ColumnSort.sort(
      keys: keys.pointer, indices: order.pointer, spareKeys: keys.pointer + input.rows,
      spareIndices: order.pointer + input.rows, count: count)
    targets = try Buffer(count: count)
    weights = try Buffer(count: count)
    let positions = try Buffer<Int32>(repeating: -1, count: input.rows)
    for i in 0..<count {
      let row = Int(sorted.indices[i])
      targets[i] = source[row]
      weights[i] = sampleWeight.map { $0.pointer(Double.self)[row] } ?? 1
      positions[row] = Int32(truncatingIfNeeded: i)
    }
    withExtendedLifetime((keys, order)) {}
    let predictor = EnsemblePredictor(trees)
    let leaves = try TreeOperation.leaves(predictor, input.features)
    members = try Buffer(count: try checkedCount([trees.treeCount, count], stride: 1))
    starts = try Buffer(zeroed: trees.nodeCount + trees.treeCount)
    let rowsByTarget = try Buffer<Int32>(count: count)
    for row in 0..<input.rows where positions[row] >= 0 {
      rowsByTarget[Int(positions[row])] = Int32(truncatingIfNeeded: row)
    }
    let (leaf, treeCount, total) = (leaves.pointer(Int64.self), trees.treeCount, count)
    try ThreadPool.parallelForThrowing(tasks: treeCount) { tree in
      let first = starts.pointer + trees.treeOffsets[tree] + tree
      let nodes = trees.treeOffsets[tree + 1] - trees.treeOffsets[tree]
      for i in 0..<total { first[Int(leaf[Int(rowsByTarget[i]) * treeCount + tree]) + 1] += 1 }
      for node in 0..<nodes { first[node + 1] += first[node] }
      let next = try Buffer<Int32>(count: nodes)
      next.pointer.update(from: first, count: nodes)
      for i in 0..<total {
        let node = Int(leaf[Int(rowsByTarget[i]) * treeCount + tree])
        members[tree * total + Int(next[node])] = Int32(truncatingIfNeeded: i)
        next[node] += 1
      }
    }
    withExtendedLifetime(leaves) {}
  }

  /// Quantiles for every row: (rows, quantiles), each the smallest target whose cumulative weight reaches the level.
  ///
  /// - Complexity: O(trees · leaf size + training rows) per row.
  func quantiles(_ predictor: EnsemblePredictor, _ matrix: NDArray, levels: [Double]) throws -> NDArray {
    let trees = predictor.trees
    let leaves = try TreeOperation.leaves(predictor, matrix, squeezed: false)
    let result = try NDArray(uninitialized: [matrix.shape[0], levels.count], dtype: .float64)
    let (leaf, target, treeCount, total) = (
      leaves.pointer(Int64.self), result.pointer(Double.self), trees.treeCount, rows
    )
    let block = 16
    try ThreadPool.parallelForThrowing(tasks: (matrix.shape[0] + block - 1) / block) { task in
      let shares = try Buffer<Double>(count: total)
      for row in (task * block)..<min((task + 1) * block, matrix.shape[0]) {
        shares.pointer.update(repeating: 0, count: total)
        for tree in 0..<treeCount {
          let first = starts.pointer + trees.treeOffsets[tree] + tree + Int(leaf[row * treeCount + tree])
          let own = members.pointer + tree * total
          var weight = 0.0
          for i in Int(first[0])..<Int(first[1]) { weight += weights[Int(own[i])] }
          for i in Int(first[0])..<Int(first[1]) { shares[Int(own[i])] += weights[Int(own[i])] / weight }
        }
        LeafTargets.read(shares.pointer, targets.pointer, count: total, levels, into: target + row * levels.count)
      }
    }
    withExtendedLifetime(leaves) {}
    return result
  }

  private static func read(
    _ shares: UnsafePointer<Double>, _ targets: UnsafePointer<Double>, count: Int, _ levels: [Double],
    into result: UnsafeMutablePointer<Double>
  ) {
    var total = 0.0
    for i in 0..<count { total += shares[i] }
    for (k, level) in levels.enumerated() {
      // Rounding must not push a level past the target that reaches it exactly.
      let goal = level * total * (1 - 1e-12)
      var (sum, i) = (0.0, 0)
      while i < count {
        sum += shares[i]
        if sum >= goal, shares[i] > 0 { break }
        i += 1
      }
      result[k] = i < count ? targets[i] : .nan
    }
  }

  /// Adds the arrays to a model's state.
  func write(to state: inout ModelState) throws {
    state.tensors["leaf.targets"] = try targets.array()
    state.tensors["leaf.weights"] = try weights.array()
    state.tensors["leaf.members"] = try members.array()
    state.tensors["leaf.starts"] = try starts.array()
  }

  /// The inverse of ``write(to:)``; nil when the state has none.
  init?(_ state: ModelState, trees: TreeEnsemble) throws {
    guard state.tensors["leaf.targets"] != nil else { return nil }
    let y = try state.tensor("leaf.targets", .float64, rank: 1)
    let w = try state.tensor("leaf.weights", .float64, rank: 1)
    let m = try state.tensor("leaf.members", .int32, rank: 1)
    let s = try state.tensor("leaf.starts", .int32, rank: 1)
    let rows = y.count
    let (expected, overflow) = rows.multipliedReportingOverflow(by: trees.treeCount)
    guard trees.valueCount == 1, rows >= 1, w.count == rows, !overflow, m.count == expected,
      s.count == trees.nodeCount + trees.treeCount
    else { throw ApusError.malformedFile(reason: "model file: targets of the leaves do not fit the trees") }
    targets = try Buffer(count: rows)
    weights = try Buffer(count: rows)
    members = try Buffer(count: m.count)
    starts = try Buffer(count: s.count)
    targets.pointer.update(from: y.pointer(Double.self), count: rows)
    weights.pointer.update(from: w.pointer(Double.self), count: rows)
    members.pointer.update(from: m.pointer(Int32.self), count: m.count)
    starts.pointer.update(from: s.pointer(Int32.self), count: s.count)
    guard weights.elements.allSatisfy({ $0 > 0 && $0.isFinite }),
      members.elements.allSatisfy({ $0 >= 0 && Int($0) < rows })
    else { throw ApusError.malformedFile(reason: "model file: leaf targets: weights or members out of range") }
    for tree in 0..<trees.treeCount {
      let first = starts.pointer + trees.treeOffsets[tree] + tree
      let nodes = trees.treeOffsets[tree + 1] - trees.treeOffsets[tree]
      guard first[0] == 0, Int(first[nodes]) == rows, (0..<nodes).allSatisfy({ first[$0] <= first[$0 + 1] }) else {
        throw ApusError.malformedFile(reason: "model file: leaf targets: tree \(tree) has starts out of order")
      }
    }
  }
}
