import ApusNumerics

/// One tree as it grows: parallel arrays over the nodes in the order they were made, the root first.
struct GrownTree {
  static let leaf: Int32 = -1
  /// Bit of `flags`: missing values go left.
  static let missingLeft: UInt8 = 1
  /// Bit of `flags`: the node asks for membership in a set of categories; `threshold` holds the set's index.
  static let categorical: UInt8 = 2

  let valueCount: Int
  /// Feature asked about, or ``leaf``.
  var feature: GrowableBuffer<Int32>
  /// Values at most this go left.
  var threshold: GrowableBuffer<Double>
  var left: GrowableBuffer<Int32>
  var right: GrowableBuffer<Int32>
  var flags: GrowableBuffer<UInt8>
  /// Number of training rows (each once, whatever its weight).
  var sampleCount: GrowableBuffer<Int32>
  /// Weight of the training rows.
  var weight: GrowableBuffer<Double>
  /// Impurity (boosting: gain of the split).
  var impurity: GrowableBuffer<Double>
  /// `valueCount` numbers per node.
  var value: GrowableBuffer<Double>
  /// Bit sets of categories that go left: 32-bit words, set by set, delimited by `setOffsets`.
  var setWords: GrowableBuffer<UInt32>
  var setOffsets: GrowableBuffer<Int32>

  /// - Parameter capacity: nodes there is room for at first.
  init(valueCount: Int, capacity: Int = 64) throws(ApusError) {
    self.valueCount = valueCount
    feature = try GrowableBuffer(capacity: capacity)
    threshold = try GrowableBuffer(capacity: capacity)
    left = try GrowableBuffer(capacity: capacity)
    right = try GrowableBuffer(capacity: capacity)
    flags = try GrowableBuffer(capacity: capacity)
    sampleCount = try GrowableBuffer(capacity: capacity)
    weight = try GrowableBuffer(capacity: capacity)
    impurity = try GrowableBuffer(capacity: capacity)
    value = try GrowableBuffer(capacity: capacity * valueCount)
    setWords = try GrowableBuffer(capacity: 1)
    setOffsets = try GrowableBuffer(capacity: 1)
    try setOffsets.append(0)
  }

  var nodeCount: Int { feature.count }

  /// Appends a leaf and returns its index; the caller fills in the values at the returned address.
  mutating func appendLeaf(
    samples: Int, weight nodeWeight: Double, impurity nodeImpurity: Double
  ) throws(ApusError) -> (node: Int, values: UnsafeMutablePointer<Double>) {
    let node = nodeCount
    try feature.append(GrownTree.leaf)
    try threshold.append(0)
    try left.append(-1)
    try right.append(-1)
    try flags.append(0)
    try sampleCount.append(Int32(truncatingIfNeeded: samples))
    try weight.append(nodeWeight)
    try impurity.append(nodeImpurity)
    return (node, try value.extend(by: valueCount))
  }
}

extension GrownTree {
  /// One tree of an ensemble, to go on with.
  init(copying tree: Int, of trees: TreeEnsemble) throws(ApusError) {
    try self.init(valueCount: trees.valueCount)
    let base = trees.treeOffsets[tree]
    for node in base..<trees.treeOffsets[tree + 1] {
      let (index, values) = try appendLeaf(
        samples: Int(trees.sampleCount[node]), weight: trees.weight[node], impurity: trees.impurity[node])
      values.update(from: trees.value.pointer + node * valueCount, count: valueCount)
      guard trees.left[node] >= 0 else { continue }
      feature[index] = trees.feature[node]
      left[index] = trees.left[node]
      right[index] = trees.left[node] + 1
      flags[index] = trees.flags[node]
      threshold[index] = trees.threshold[node]
      guard trees.flags[node] & GrownTree.categorical != 0 else { continue }
      let set = Int(trees.threshold[node])
      threshold[index] = Double(setOffsets.count - 1)
      for word in Int(trees.setOffsets[set])..<Int(trees.setOffsets[set + 1]) {
        try setWords.append(trees.setWords[word])
      }
      try setOffsets.append(Int32(setWords.count))
    }
  }
}

extension GrownTree {
  /// Gives inner nodes the weighted means of their children, which come later; of weightless ones the plain mean.
  func fillInnerValues() {
    for node in stride(from: nodeCount - 1, through: 0, by: -1) where feature[node] != GrownTree.leaf {
      let (a, b) = (Int(left[node]), Int(right[node]))
      let total = weight[a] + weight[b]
      let share = total > 0 && total.isFinite ? weight[a] / total : 0.5
      for k in 0..<valueCount {
        value[node * valueCount + k] = share * value[a * valueCount + k] + (1 - share) * value[b * valueCount + k]
      }
    }
  }
}
