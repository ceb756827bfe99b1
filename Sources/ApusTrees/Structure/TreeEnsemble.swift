import ApusNumerics

/// Trees as flat arrays over all their nodes, tree after tree; a single tree is an ensemble of one.
///
/// The nodes of a tree are numbered level by level, siblings side by side: a node's right child follows its left child,
/// and the children of the k-th inner node are the nodes 2k + 1 and 2k + 2. Hence the shape of a tree is known from which
/// nodes are leaves.
public final class TreeEnsemble: @unchecked Sendable {
  /// Columns of the matrix the trees were grown on.
  public let featureCount: Int
  /// Numbers per node: classes (of all outputs), outputs, or 1 in boosting.
  public let valueCount: Int
  /// First node of every tree; `treeCount + 1` entries.
  package let treeOffsets: [Int]
  /// Feature asked about; −1 in leaves.
  package let feature: Buffer<Int32>
  /// Values at most this go left.
  package let threshold: Buffer<Double>
  /// Left child within the tree; −1 in leaves.
  package let left: Buffer<Int32>
  /// ``GrownTree/missingLeft`` and ``GrownTree/categorical``.
  package let flags: Buffer<UInt8>
  /// Training rows of the node, each once.
  package let sampleCount: Buffer<Int32>
  /// Weight of the training rows.
  package let weight: Buffer<Double>
  /// Impurity; in boosting the gain of the split.
  package let impurity: Buffer<Double>
  /// `valueCount` numbers per node.
  package let value: Buffer<Double>
  /// Category sets that go left, as bits in 32-bit words; set s is `setWords[setOffsets[s]..<setOffsets[s + 1]]`.
  package let setWords: Buffer<UInt32>
  package let setOffsets: Buffer<Int32>

  public var treeCount: Int { treeOffsets.count - 1 }
  public var nodeCount: Int { treeOffsets[treeOffsets.count - 1] }

  /// Room for trees of the given sizes; the caller fills it before anybody else sees it.
  package init(
    featureCount: Int, valueCount: Int, nodeCounts: [Int], setWordCount: Int = 0, setCount: Int = 0
  ) throws(ApusError) {
    self.featureCount = featureCount
    self.valueCount = valueCount
    var offsets = [0]
    for count in nodeCounts { offsets.append(offsets[offsets.count - 1] + count) }
    let nodes = offsets[offsets.count - 1]
    treeOffsets = offsets
    feature = try Buffer(count: nodes)
    threshold = try Buffer(count: nodes)
    left = try Buffer(count: nodes)
    flags = try Buffer(zeroed: nodes)
    sampleCount = try Buffer(count: nodes)
    weight = try Buffer(count: nodes)
    impurity = try Buffer(count: nodes)
    value = try Buffer(count: try checkedCount([nodes, valueCount], stride: 1))
    setWords = try Buffer(count: setWordCount)
    setOffsets = try Buffer(zeroed: setCount + 1)
  }

  /// The trees in canonical numbering.
  convenience init(_ trees: [GrownTree], featureCount: Int, valueCount: Int) throws {
    try self.init(
      featureCount: featureCount, valueCount: valueCount, nodeCounts: trees.map(\.nodeCount),
      setWordCount: trees.reduce(0) { $0 + $1.setWords.count },
      setCount: trees.reduce(0) { $0 + $1.setOffsets.count - 1 })
    var (words, sets) = (0, 0)
    for (index, tree) in trees.enumerated() {
      try place(tree, at: treeOffsets[index], firstSet: sets)
      (setWords.pointer + words).update(from: tree.setWords.pointer, count: tree.setWords.count)
      for set in 0..<(tree.setOffsets.count - 1) {
        setOffsets[sets + set + 1] = Int32(words) + tree.setOffsets[set + 1]
      }
      words += tree.setWords.count
      sets += tree.setOffsets.count - 1
    }
  }

  /// The trees of several ensembles over the same features, in order.
  convenience init(joining parts: [TreeEnsemble]) throws(ApusError) {
    var counts: [Int] = []
    for part in parts {
      for tree in 0..<part.treeCount { counts.append(part.treeOffsets[tree + 1] - part.treeOffsets[tree]) }
    }
    try self.init(
      featureCount: parts[0].featureCount, valueCount: parts[0].valueCount, nodeCounts: counts,
      setWordCount: parts.reduce(0) { $0 + $1.setWords.count },
      setCount: parts.reduce(0) { $0 + $1.setOffsets.count - 1 })
    var (nodes, words, sets) = (0, 0, 0)
    for part in parts {
      let count = part.nodeCount
      (feature.pointer + nodes).update(from: part.feature.pointer, count: count)
      (left.pointer + nodes).update(from: part.left.pointer, count: count)
      (flags.pointer + nodes).update(from: part.flags.pointer, count: count)
      (sampleCount.pointer + nodes).update(from: part.sampleCount.pointer, count: count)
      (weight.pointer + nodes).update(from: part.weight.pointer, count: count)
      (impurity.pointer + nodes).update(from: part.impurity.pointer, count: count)
      (value.pointer + nodes * valueCount).update(from: part.value.pointer, count: count * valueCount)
      for node in 0..<count {
        let isSet = part.flags[node] & GrownTree.categorical != 0
        threshold[nodes + node] = part.threshold[node] + (isSet ? Double(sets) : 0)
      }
      (setWords.pointer + words).update(from: part.setWords.pointer, count: part.setWords.count)
      for set in 1..<max(part.setOffsets.count, 1) { setOffsets[sets + set] = Int32(words) + part.setOffsets[set] }
      nodes += count
      words += part.setWords.count
      sets += part.setOffsets.count - 1
    }
  }

  /// Copies one tree, renumbering its nodes level by level.
  private func place(_ tree: GrownTree, at base: Int, firstSet: Int) throws(ApusError) {
    let order = try Buffer<Int32>(count: tree.nodeCount)
    order[0] = 0
    var known = 1
    for position in 0..<tree.nodeCount {
      let source = Int(order[position])
      let node = base + position
      let isLeaf = tree.feature[source] < 0
      feature[node] = tree.feature[source]
      let isSet = tree.flags[source] & GrownTree.categorical != 0
      threshold[node] = tree.threshold[source] + (isSet ? Double(firstSet) : 0)
      flags[node] = tree.flags[source]
      sampleCount[node] = tree.sampleCount[source]
      weight[node] = tree.weight[source]
      impurity[node] = tree.impurity[source]
      left[node] = isLeaf ? -1 : Int32(known)
      (value.pointer + node * valueCount).update(from: tree.value.pointer + source * valueCount, count: valueCount)
      if !isLeaf {
        order[known] = tree.left[source]
        order[known + 1] = tree.right[source]
        known += 2
      }
    }
  }

  /// Depth of the deepest leaf of a tree.
  public func depth(tree: Int) -> Int {
    let base = treeOffsets[tree]
    let count = treeOffsets[tree + 1] - base
    // Nodes are in order of depth: walk the levels.
    var (start, end, depth) = (0, 1, 0)
    while true {
      var children = 0
      for node in start..<end where left[base + node] >= 0 { children += 2 }
      if children == 0 { return depth }
      (start, end) = (end, min(end + children, count))
      depth += 1
    }
  }

  public func leafCount(tree: Int) -> Int { (treeOffsets[tree + 1] - treeOffsets[tree] + 1) / 2 }
}
