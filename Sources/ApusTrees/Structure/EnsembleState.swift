import ApusModels
import ApusNumerics

/// The form of an ensemble in model files: at most 24 bytes a node for one value per node.
///
/// The numbering by level makes child pointers redundant: a bit per node says whether it is a leaf. Features and
/// thresholds are stored for inner nodes only, values for leaves only; an inner node's value is the weighted mean of its
/// children's. Single trees also keep row counts and impurities.
enum EnsembleState {
  private static let leafBit: UInt8 = 128

  static func write(_ trees: TreeEnsemble, keepsStatistics: Bool, to state: inout ModelState) throws {
    let nodes = trees.nodeCount
    let flags = try NDArray(uninitialized: [nodes], dtype: .uint8)
    let inner = (0..<nodes).reduce(0) { $0 + (trees.left[$1] >= 0 ? 1 : 0) }
    let features = try NDArray(uninitialized: [inner], dtype: .int32)
    let thresholds = try NDArray(uninitialized: [inner], dtype: .float64)
    let width = trees.valueCount
    let values = try NDArray(uninitialized: [nodes - inner, width], dtype: .float64)
    var (nextInner, nextLeaf) = (0, 0)
    for node in 0..<nodes {
      if trees.left[node] >= 0 {
        flags.pointer(UInt8.self)[node] = trees.flags[node]
        features.pointer(Int32.self)[nextInner] = trees.feature[node]
        thresholds.pointer(Double.self)[nextInner] = trees.threshold[node]
        nextInner += 1
      } else {
        flags.pointer(UInt8.self)[node] = leafBit
        (values.pointer(Double.self) + nextLeaf * width).update(from: trees.value.pointer + node * width, count: width)
        nextLeaf += 1
      }
    }
    state.tensors["tree.offsets"] = try NDArray(trees.treeOffsets.map { Int64($0) })
    state.tensors["tree.flags"] = flags
    state.tensors["tree.feature"] = features
    state.tensors["tree.threshold"] = thresholds
    state.tensors["tree.leaf_value"] = values
    state.tensors["tree.weight"] = try compactWeights(trees)
    state.scalars["tree.features"] = .int(Int64(trees.featureCount))
    if keepsStatistics {
      let counts = try NDArray(uninitialized: [nodes], dtype: .int32)
      counts.pointer(Int32.self).update(from: trees.sampleCount.pointer, count: nodes)
      state.tensors["tree.samples"] = counts
      let impurities = try NDArray(uninitialized: [nodes], dtype: .float64)
      impurities.pointer(Double.self).update(from: trees.impurity.pointer, count: nodes)
      state.tensors["tree.impurity"] = impurities
    }
    if trees.setOffsets.count > 1 {
      state.tensors["tree.set_offsets"] = try NDArray(Array(trees.setOffsets.elements))
      state.tensors["tree.set_words"] = try NDArray(trees.setWords.elements.map { Int32(bitPattern: $0) })
    }
  }

  /// Weights as float32 where that is exact.
  private static func compactWeights(_ trees: TreeEnsemble) throws -> NDArray {
    let nodes = trees.nodeCount
    let isExact = trees.weight.elements.allSatisfy { Double(Float($0)) == $0 }
    let result = try NDArray(uninitialized: [nodes], dtype: isExact ? .float32 : .float64)
    if isExact {
      for node in 0..<nodes { result.pointer(Float.self)[node] = Float(trees.weight[node]) }
    } else {
      result.pointer(Double.self).update(from: trees.weight.pointer, count: nodes)
    }
    return result
  }

  /// Checks everything the file says: shapes, features, sets, and that flags describe complete binary trees.
  static func read(_ state: ModelState) throws -> TreeEnsemble {
    func refuse(_ reason: String) -> ApusError { .malformedFile(reason: "model file: trees: \(reason)") }
    let offsets = try state.tensor("tree.offsets", .int64, rank: 1)
    let flags = try state.tensor("tree.flags", .uint8, rank: 1)
    let features = try state.tensor("tree.feature", .int32, rank: 1)
    let thresholds = try state.tensor("tree.threshold", .float64, rank: 1)
    let values = try state.tensor("tree.leaf_value", .float64, rank: 2)
    let weights = try state.tensor("tree.weight", rank: 1).converted(to: .float64)
    let featureCount = try state.integer("tree.features", in: 1...(1 << 30 - 1))
    let nodes = flags.count
    let width = values.shape[1]
    guard offsets.count >= 1, nodes <= Int(Int32.max) else { throw refuse("no offsets or too many nodes") }
    let starts = offsets.pointer(Int64.self)
    guard starts[0] == 0, starts[offsets.count - 1] == Int64(nodes) else {
      throw refuse("offsets run from \(starts[0]) to \(starts[offsets.count - 1]) over \(nodes) nodes")
    }
    var counts: [Int] = []
    for tree in 0..<(offsets.count - 1) {
      let (size, overflow) = starts[tree + 1].subtractingReportingOverflow(starts[tree])
      guard !overflow, size >= 1, size <= Int64(nodes) else { throw refuse("tree \(tree) has \(size) nodes") }
      counts.append(Int(size))
    }
    guard weights.count == nodes, width >= 1, features.count == thresholds.count,
      features.count + values.shape[0] == nodes
    else { throw refuse("arrays of different lengths") }
    let setOffsets =
      state.tensors["tree.set_offsets"] == nil ? nil : try state.tensor("tree.set_offsets", .int32, rank: 1)
    let setWords = setOffsets == nil ? nil : try state.tensor("tree.set_words", .int32, rank: 1)
    let setCount = max((setOffsets?.count ?? 1) - 1, 0)
    let trees = try TreeEnsemble(
      featureCount: featureCount, valueCount: width, nodeCounts: counts, setWordCount: setWords?.count ?? 0,
      setCount: setCount)
    if let setOffsets, let setWords {
      let from = setOffsets.pointer(Int32.self)
      for set in 0...setCount {
        guard from[set] >= (set == 0 ? 0 : from[set - 1]), Int(from[set]) <= setWords.count else {
          throw refuse("set \(set) is out of range")
        }
        trees.setOffsets[set] = from[set]
      }
      for word in 0..<setWords.count { trees.setWords[word] = UInt32(bitPattern: setWords.pointer(Int32.self)[word]) }
    }
    try fill(trees, flags, features, thresholds, values, weights, setCount: setCount, refuse)
    try readStatistics(state, into: trees, refuse)
    return trees
  }

  private static func fill(
    _ trees: TreeEnsemble, _ flags: NDArray, _ features: NDArray, _ thresholds: NDArray, _ values: NDArray,
    _ weights: NDArray, setCount: Int, _ refuse: (String) -> ApusError
  ) throws(ApusError) {
    let width = trees.valueCount
    var (nextInner, nextLeaf) = (0, 0)
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      let end = trees.treeOffsets[tree + 1]
      var known = 1
      for node in base..<end {
        guard node - base < known else { throw refuse("tree \(tree) ends before its nodes") }
        let flag = flags.pointer(UInt8.self)[node]
        trees.weight[node] = weights.pointer(Double.self)[node]
        trees.sampleCount[node] = Int32(clamping: Int64(exactly: trees.weight[node].rounded()) ?? 0)
        trees.impurity[node] = .nan
        let isLeaf = flag & leafBit != 0
        trees.flags[node] = flag & ~leafBit
        if isLeaf {
          guard nextLeaf < values.shape[0] else { throw refuse("more leaves than values") }
          (trees.value.pointer + node * width).update(
            from: values.pointer(Double.self) + nextLeaf * width, count: width)
          nextLeaf += 1
          (trees.feature[node], trees.threshold[node], trees.left[node]) = (-1, 0, -1)
          continue
        }
        guard nextInner < features.count else { throw refuse("more inner nodes than features") }
        let feature = features.pointer(Int32.self)[nextInner]
        let threshold = thresholds.pointer(Double.self)[nextInner]
        nextInner += 1
        guard feature >= 0, Int(feature) < trees.featureCount else {
          throw refuse("node \(node) asks about feature \(feature) of \(trees.featureCount)")
        }
        guard !threshold.isNaN else { throw refuse("node \(node) has threshold NaN") }
        if flag & GrownTree.categorical != 0 {
          guard threshold >= 0, threshold < Double(setCount), threshold == threshold.rounded() else {
            throw refuse("node \(node) names a set that does not exist")
          }
        }
        (trees.feature[node], trees.threshold[node], trees.left[node]) = (feature, threshold, Int32(known))
        known += 2
        guard known <= end - base else { throw refuse("tree \(tree) has children beyond its nodes") }
      }
      guard known == end - base else { throw refuse("tree \(tree) has nodes without parent") }
      combineValues(trees, base..<end)
    }
  }

  /// Values of inner nodes as weighted means of their children's.
  private static func combineValues(_ trees: TreeEnsemble, _ range: Range<Int>) {
    let width = trees.valueCount
    for node in range.reversed() where trees.left[node] >= 0 {
      let left = range.lowerBound + Int(trees.left[node])
      let (a, b) = (trees.weight[left], trees.weight[left + 1])
      let share = a + b > 0 ? a / (a + b) : 0.5
      for k in 0..<width {
        let (x, y) = (trees.value[left * width + k], trees.value[(left + 1) * width + k])
        trees.value[node * width + k] = x * share + y * (1 - share)
      }
    }
  }

  private static func readStatistics(
    _ state: ModelState, into trees: TreeEnsemble, _ refuse: (String) -> ApusError
  ) throws(ApusError) {
    guard state.tensors["tree.samples"] != nil else { return }
    let samples = try state.tensor("tree.samples", .int32, rank: 1)
    let impurities = try state.tensor("tree.impurity", .float64, rank: 1)
    guard samples.count == trees.nodeCount, impurities.count == trees.nodeCount else {
      throw refuse("arrays of different lengths")
    }
    trees.sampleCount.pointer.update(from: samples.pointer(Int32.self), count: trees.nodeCount)
    trees.impurity.pointer.update(from: impurities.pointer(Double.self), count: trees.nodeCount)
  }
}
