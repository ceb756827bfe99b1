import ApusModels
import ApusNumerics

/// The form of an ensemble in model files: well below 24 bytes a node.
///
/// The numbering by level makes child pointers redundant: a bit per node says whether it is a leaf, so a file cannot hold
/// cycles. Features and thresholds are stored for inner nodes only, values for leaves only; an inner node's value is the
/// weighted mean of its children's. Weights of inner nodes are left out where they are the sums of their children's.
/// Single trees also keep row counts and impurities.
enum EnsembleState {
  private static let leafBit: UInt8 = 128

  static func write(_ trees: TreeEnsemble, keepsStatistics: Bool, to state: inout ModelState) throws {
    let nodes = trees.nodeCount
    let flags = try NDArray(uninitialized: [nodes], dtype: .uint8)
    let inner = (0..<nodes).reduce(0) { $0 + (trees.left[$1] >= 0 ? 1 : 0) }
    let features = try Buffer<Int32>(count: inner)
    let thresholds = try NDArray(uninitialized: [inner], dtype: .float64)
    var leaves = try GrowableBuffer<Int32>(capacity: nodes - inner)
    var nextInner = 0
    for node in 0..<nodes {
      if trees.left[node] >= 0 {
        flags.pointer(UInt8.self)[node] = trees.flags[node]
        features[nextInner] = trees.feature[node]
        thresholds.pointer(Double.self)[nextInner] = trees.threshold[node]
        nextInner += 1
      } else {
        flags.pointer(UInt8.self)[node] = leafBit
        try leaves.append(Int32(truncatingIfNeeded: node))
      }
    }
    state.tensors["tree.offsets"] = try NDArray(trees.treeOffsets.map { Int64($0) })
    state.tensors["tree.flags"] = flags
    state.tensors["tree.feature"] = try SmallIntegers.array(features)
    state.tensors["tree.threshold"] = thresholds
    state.scalars["tree.features"] = .int(Int64(trees.featureCount))
    try LeafCoding.write(trees, leaves: leaves, to: &state)
    try NodeWeights.write(trees, leaves: leaves, to: &state)
    if keepsStatistics {
      let counts = try Buffer<Int32>(count: nodes)
      counts.pointer.update(from: trees.sampleCount.pointer, count: nodes)
      state.tensors["tree.samples"] = try SmallIntegers.array(counts)
      state.tensors["tree.impurity"] = try trees.impurity.array()
    }
    if trees.setOffsets.count > 1 {
      state.tensors["tree.set_offsets"] = try trees.setOffsets.array()
      let words = try NDArray(uninitialized: [trees.setWords.count], dtype: .int32)
      for word in 0..<trees.setWords.count { words.pointer(Int32.self)[word] = Int32(bitPattern: trees.setWords[word]) }
      state.tensors["tree.set_words"] = words
    }
  }

  /// Checks everything the file says: shapes, features, sets, and that flags describe complete binary trees.
  static func read(_ state: ModelState) throws -> TreeEnsemble {
    func refuse(_ reason: String) -> ApusError { .malformedFile(reason: "model file: trees: \(reason)") }
    let offsets = try state.tensor("tree.offsets", .int64, rank: 1)
    let flags = try state.tensor("tree.flags", .uint8, rank: 1)
    let features = try SmallIntegers.read(state, "tree.feature")
    let thresholds = try state.tensor("tree.threshold", .float64, rank: 1)
    let featureCount = try state.integer("tree.features", in: 1...(1 << 30 - 1))
    let nodes = flags.count
    guard features.count == thresholds.count, features.count <= nodes else {
      throw refuse("arrays of different lengths")
    }
    let width = try LeafCoding.width(state, leaves: nodes - features.count)
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
    let leaves = try connect(trees, flags, features, thresholds, setCount: setCount, refuse)
    try LeafCoding.read(state, into: trees, leaves: leaves)
    try NodeWeights.read(state, into: trees, leaves: leaves)
    for tree in 0..<trees.treeCount { combineValues(trees, trees.treeOffsets[tree]..<trees.treeOffsets[tree + 1]) }
    try readStatistics(state, into: trees, refuse)
    return trees
  }

  /// Links the nodes level by level and returns the leaves.
  private static func connect(
    _ trees: TreeEnsemble, _ flags: NDArray, _ features: NDArray, _ thresholds: NDArray, setCount: Int,
    _ refuse: (String) -> ApusError
  ) throws(ApusError) -> GrowableBuffer<Int32> {
    var leaves = try GrowableBuffer<Int32>(capacity: flags.count - features.count)
    var nextInner = 0
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      let end = trees.treeOffsets[tree + 1]
      var known = 1
      for node in base..<end {
        guard node - base < known else { throw refuse("tree \(tree) ends before its nodes") }
        let flag = flags.pointer(UInt8.self)[node]
        trees.impurity[node] = .nan
        trees.flags[node] = flag & ~leafBit
        if flag & leafBit != 0 {
          (trees.feature[node], trees.threshold[node], trees.left[node]) = (-1, 0, -1)
          try leaves.append(Int32(truncatingIfNeeded: node))
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
    }
    guard nextInner == features.count else { throw refuse("more features than inner nodes") }
    return leaves
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
    let samples = try SmallIntegers.read(state, "tree.samples")
    let impurities = try state.tensor("tree.impurity", .float64, rank: 1)
    guard samples.count == trees.nodeCount, impurities.count == trees.nodeCount else {
      throw refuse("arrays of different lengths")
    }
    trees.sampleCount.pointer.update(from: samples.pointer(Int32.self), count: trees.nodeCount)
    trees.impurity.pointer.update(from: impurities.pointer(Double.self), count: trees.nodeCount)
  }
}

/// The training weights of nodes in model files: `tree.weight`, of the leaves alone where inner nodes have exactly the sums
/// of their children, in the smallest element type that is exact.
enum NodeWeights {
  static func write(_ trees: TreeEnsemble, leaves: GrowableBuffer<Int32>, to state: inout ModelState) throws {
    let areSums = (0..<trees.treeCount).allSatisfy { tree in
      let base = trees.treeOffsets[tree]
      return (base..<trees.treeOffsets[tree + 1]).allSatisfy { node in
        guard trees.left[node] >= 0 else { return true }
        let left = base + Int(trees.left[node])
        return trees.weight[node] == trees.weight[left] + trees.weight[left + 1]
      }
    }
    let count = areSums ? leaves.count : trees.nodeCount
    func weight(_ place: Int) -> Double { trees.weight[areSums ? Int(leaves[place]) : place] }
    var (isSmall, isNarrow) = (true, true)
    for place in 0..<count {
      let w = weight(place)
      isSmall = isSmall && w >= 0 && w <= 255 && w == w.rounded()
      isNarrow = isNarrow && Double(Float(w)) == w
    }
    let result = try NDArray(uninitialized: [count], dtype: isSmall ? .uint8 : isNarrow ? .float32 : .float64)
    for place in 0..<count {
      switch result.dtype {
      case .uint8: result.pointer(UInt8.self)[place] = UInt8(weight(place))
      case .float32: result.pointer(Float.self)[place] = Float(weight(place))
      default: result.pointer(Double.self)[place] = weight(place)
      }
    }
    state.tensors["tree.weight"] = result
  }

  static func read(_ state: ModelState, into trees: TreeEnsemble, leaves: GrowableBuffer<Int32>) throws {
    let stored = try state.tensor("tree.weight", rank: 1).converted(to: .float64)
    let source = stored.pointer(Double.self)
    guard stored.count == trees.nodeCount || stored.count == leaves.count else {
      throw ApusError.malformedFile(
        reason: "model file: trees: \(stored.count) weights for \(trees.nodeCount) nodes and \(leaves.count) leaves")
    }
    if stored.count == trees.nodeCount {
      trees.weight.pointer.update(from: source, count: trees.nodeCount)
    } else {
      for place in 0..<leaves.count { trees.weight[Int(leaves[place])] = source[place] }
      for tree in 0..<trees.treeCount {
        let base = trees.treeOffsets[tree]
        for node in (base..<trees.treeOffsets[tree + 1]).reversed() where trees.left[node] >= 0 {
          let left = base + Int(trees.left[node])
          trees.weight[node] = trees.weight[left] + trees.weight[left + 1]
        }
      }
    }
    withExtendedLifetime(stored) {}
    for node in 0..<trees.nodeCount {
      trees.sampleCount[node] = Int32(clamping: Int64(exactly: trees.weight[node].rounded()) ?? 0)
    }
  }
}
