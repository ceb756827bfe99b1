import ApusNumerics

/// How a boosted tree may grow.
struct BoostedGrowth: Sendable {
  var limits = BoostingLimits()
  var maxLeaves = 31
  var minSamplesSplit = 2
  var maxDepth = Int.max
  var learningRate = 0.1
  /// Share of the features drawn for every node.
  var featureShare = 1.0
  /// Number of the features drawn for every node, in place of a share.
  var featureCount: Int?
  /// What gains are multiplied by to be in units of the weights as given.
  var gainUnit = 1.0
  /// Sets of features that may appear together on a path; empty for no constraint.
  var interactions: [[Int]] = []
}

/// Grows regression trees on gradients, leaf-wise: the leaf with the largest gain is split next.
///
/// Ke et al. 2017, "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS. One object serves all trees of
/// a model and keeps its memory: the order of the rows and a pool of histograms.
///
/// - Complexity: O(rows · features · log leaves) for the histograms of a tree, since of two siblings only the smaller is
///   built and the other is the difference from the parent.
final class BoostedTreeGrower {
  private struct Leaf {
    var node: Int
    /// First of the leaf's rows in ``order``.
    var start: Int
    var count: Int
    var depth: Int
    var histogram: Int?
    var total: HistogramCell
    var value: Double
    var bounds: ClosedRange<Double>
    var split = HistogramSplit()
    /// Features that may be asked about; nil for all.
    var allowed: [Int]?
    /// Features split on above, where interactions are constrained.
    var used: Set<Int> = []
  }

  private let matrix: BinnedMatrix
  private let mapper: BinMapper
  private let growth: BoostedGrowth
  private let layout: HistogramLayout
  private let shapes: Buffer<FeatureShape>
  /// −1, 0 or 1 per feature.
  private let directions: Buffer<Int8>
  /// Features drawn for the leaves of a search.
  private let drawn: Buffer<Bool>
  private let partition: LeafPartition
  /// Rows in the order of the leaves.
  private let order: Buffer<UInt32>
  private let scratch: Buffer<HistogramCell>
  private var pool: [Buffer<HistogramCell>] = []
  private var free: [Int] = []
  private static let scratchCount = 15

  init(matrix: BinnedMatrix, mapper: BinMapper, growth: BoostedGrowth) throws {
    self.matrix = matrix
    self.mapper = mapper
    self.growth = growth
    layout = HistogramLayout(mapper)
    shapes = try Buffer(count: mapper.features.count)
    for (i, feature) in mapper.features.enumerated() { shapes[i] = FeatureShape(feature) }
    directions = try Buffer(zeroed: mapper.features.count)
    for (feature, direction) in growth.limits.monotone.enumerated() { directions[feature] = direction }
    drawn = try Buffer(count: 2 * mapper.features.count)
    partition = try LeafPartition(rows: matrix.rows)
    order = try Buffer(count: matrix.rows)
    let copies = min(BoostedTreeGrower.scratchCount, matrix.rows / HistogramKernel.rowsPerTask)
    scratch = try Buffer(count: try checkedCount([copies, layout.cellCount], stride: 1))
  }

  /// The leaves of the tree that was grown last, with the rows that fell into each.
  var leaves: [(node: Int, rows: UnsafePointer<UInt32>, count: Int)] = []

  /// Grows one tree.
  ///
  /// - Parameters:
  ///   - sample: the rows to learn from, ascending; nil for all.
  ///   - features: the features to use; nil for all.
  /// - Returns: the tree; leaf values include the learning rate, `impurity` holds gains and `weight` counts.
  func grow(
    _ table: GradientTable, sample: Buffer<UInt32>?, features: [Int]?, random: inout RandomStream
  ) throws -> GrownTree {
    var tree = try GrownTree(valueCount: 1)
    let count = sample?.count ?? matrix.rows
    if let sample {
      order.pointer.update(from: sample.pointer, count: count)
    } else {
      for row in 0..<count { order[row] = UInt32(truncatingIfNeeded: row) }
    }
    let unbounded = -Double.infinity...Double.infinity
    var root = Leaf(
      node: 0, start: 0, count: count, depth: 0, histogram: try takeHistogram(), total: HistogramCell(), value: 0,
      bounds: unbounded, allowed: features)
    build(&root, table)
    root.total = rootTotal(root, table)
    let scale = table.scale
    root.value = growth.limits.gain.value(scale.gradient(root.total), scale.hessian(root.total))
    try append(&tree, &root, table)
    var open: [Leaf] = []
    var closed: [Leaf] = []
    var first = [root]
    findSplits(&first, table, &random, subtracting: nil, building: false)
    place(first[0], &open, &closed)
    var leafCount = 1
    while leafCount < growth.maxLeaves, let best = takeBest(&open) {
      var children = try split(best, &tree, table)
      let isLast = leafCount + 1 == growth.maxLeaves
      leafCount += 1
      if !isLast { try prepare(&children, parent: best, table, &random) }
      release(&children, keeping: !isLast)
      for child in children { place(child, &open, &closed) }
    }
    closed += open
    for leaf in closed { if let histogram = leaf.histogram { free.append(histogram) } }
    leaves = closed.map { ($0.node, rows(of: $0), $0.count) }
    return tree
  }

  private func rows(of leaf: Leaf) -> UnsafePointer<UInt32> { UnsafePointer(order.pointer + leaf.start) }

  private func rootTotal(_ root: Leaf, _ table: GradientTable) -> HistogramCell {
    // Every row falls into one cell of each feature that has any.
    let cells = root.histogram.map { pool[$0].pointer }
    guard let cells, let feature = mapper.features.indices.first(where: { mapper.features[$0].cellCount > 0 })
    else { return (0..<root.count).reduce(HistogramCell()) { $0 &+ table.cell(Int(rows(of: root)[$1])) } }
    var total = HistogramCell()
    for cell in 0..<mapper.features[feature].cellCount { total &+= cells[feature * layout.stride + cell] }
    return total
  }

  private func append(_ tree: inout GrownTree, _ leaf: inout Leaf, _ table: GradientTable) throws(ApusError) {
    let (node, value) = try tree.appendLeaf(
      samples: leaf.count, weight: Double(table.scale.count(leaf.total)), impurity: 0)
    leaf.node = node
    value[0] = leaf.value * growth.learningRate
  }

  private func takeHistogram() throws -> Int {
    if let index = free.popLast() { return index }
    pool.append(try Buffer(count: layout.cellCount))
    return pool.count - 1
  }

  private func build(_ leaf: inout Leaf, _ table: GradientTable) {
    guard let histogram = leaf.histogram else { return }
    HistogramKernel.build(
      matrix: matrix, table: table, rows: rows(of: leaf), count: leaf.count, layout: layout,
      histogram: pool[histogram].pointer, scratch: scratch.pointer,
      scratchCount: scratch.count / max(layout.cellCount, 1))
  }

  /// Leaves whose split was found wait in `open`, the others are final.
  private func place(_ leaf: Leaf, _ open: inout [Leaf], _ closed: inout [Leaf]) {
    if leaf.split.isFound {
      open.append(leaf)
    } else {
      closed.append(leaf)
    }
  }

  /// The open leaf with the largest gain; of equals the one made first.
  private func takeBest(_ open: inout [Leaf]) -> Leaf? {
    guard var best = open.indices.first else { return nil }
    for i in open.indices {
      let (a, b) = (open[i], open[best])
      if a.split.gain > b.split.gain || (a.split.gain == b.split.gain && a.node < b.node) { best = i }
    }
    open.swapAt(best, open.count - 1)
    return open.removeLast()
  }

  /// Divides the rows of a leaf and appends its children to the tree.
  private func split(_ leaf: Leaf, _ tree: inout GrownTree, _ table: GradientTable) throws -> [Leaf] {
    let split = leaf.split
    let feature = mapper.features[split.feature]
    let test = BinTest(
      feature: split.feature, lastLeftBin: UInt8(truncatingIfNeeded: split.lastLeftBin),
      missingBin: UInt8(truncatingIfNeeded: feature.missingBin), missingLeft: missingLeft(split, leaf, table),
      leftBins: feature.isCategorical ? split.leftBins : nil)
    let leftCount = partition.divide(order.pointer + leaf.start, count: leaf.count, matrix: matrix, test: test)
    let (leftBounds, rightBounds) = childBounds(leaf)
    let used = growth.interactions.isEmpty ? [] : leaf.used.union([leaf.split.feature])
    let allowed = allowedBelow(leaf, used)
    var left = Leaf(
      node: 0, start: leaf.start, count: leftCount, depth: leaf.depth + 1, histogram: nil, total: split.left,
      value: split.leftValue, bounds: leftBounds, allowed: allowed, used: used)
    var right = Leaf(
      node: 0, start: leaf.start + leftCount, count: leaf.count - leftCount, depth: leaf.depth + 1, histogram: nil,
      total: leaf.total &- split.left, value: split.rightValue, bounds: rightBounds, allowed: allowed, used: used)
    try append(&tree, &left, table)
    try append(&tree, &right, table)
    try BinnedTest.record(split, feature: feature, missingLeft: test.missingLeft, node: leaf.node, in: &tree)
    tree.left[leaf.node] = Int32(left.node)
    tree.right[leaf.node] = Int32(right.node)
    tree.impurity[leaf.node] = split.gain * growth.gainUnit
    return [left, right]
  }

  /// Where missing values go that training did not have: to the larger child.
  private func missingLeft(_ split: HistogramSplit, _ leaf: Leaf, _ table: GradientTable) -> Bool {
    let feature = mapper.features[split.feature]
    if feature.isCategorical {
      let bin = feature.missingBin
      return feature.hasMissing && split.leftBins[bin >> 5] >> UInt32(bin & 31) & 1 != 0
    }
    if feature.hasMissing { return split.missingLeft }
    return 2 * table.scale.count(split.left) > table.scale.count(leaf.total)
  }

  private func childBounds(_ leaf: Leaf) -> (ClosedRange<Double>, ClosedRange<Double>) {
    let bounds = leaf.bounds
    guard !growth.limits.monotone.isEmpty else { return (bounds, bounds) }
    let direction = growth.limits.monotone[leaf.split.feature]
    guard direction != 0 else { return (bounds, bounds) }
    let middle = min(
      max(leaf.split.leftValue / 2 + leaf.split.rightValue / 2, bounds.lowerBound), bounds.upperBound)
    let (below, above) = (bounds.lowerBound...middle, middle...bounds.upperBound)
    return direction > 0 ? (below, above) : (above, below)
  }

  /// Features that are in an interaction set with all those `used` on the path, among those allowed so far.
  private func allowedBelow(_ leaf: Leaf, _ used: Set<Int>) -> [Int]? {
    guard !growth.interactions.isEmpty else { return leaf.allowed }
    var together = used.count == 1 ? used : []
    for set in growth.interactions where used.isSubset(of: set) { together.formUnion(set) }
    return (leaf.allowed ?? Array(mapper.features.indices)).filter { together.contains($0) }
  }

  private func canSplit(_ leaf: Leaf, _ table: GradientTable) -> Bool {
    leaf.depth < growth.maxDepth && leaf.count >= growth.minSamplesSplit
      && table.scale.count(leaf.total) >= 2 * growth.limits.minSamplesLeaf
  }

  /// Gives both children histograms and their best splits: the smaller one's is built, the other's is the difference.
  private func prepare(
    _ children: inout [Leaf], parent: Leaf, _ table: GradientTable, _ random: inout RandomStream
  ) throws {
    guard let parentHistogram = parent.histogram else { return }
    if !children.contains(where: { canSplit($0, table) }) {
      free.append(parentHistogram)
      return
    }
    let small = children[0].count <= children[1].count ? 0 : 1
    children[small].histogram = try takeHistogram()
    let isLarge = HistogramKernel.isLarge(children[small].count)
    if isLarge { build(&children[small], table) }
    children[1 - small].histogram = parentHistogram
    findSplits(&children, table, &random, subtracting: small, building: !isLarge)
  }

  private func release(_ children: inout [Leaf], keeping: Bool) {
    for i in children.indices where !(keeping && children[i].split.isFound) {
      if let histogram = children[i].histogram { free.append(histogram) }
      children[i].histogram = nil
    }
  }

  /// Finds the best split of each leaf, features in parallel, the earlier feature winning ties.
  ///
  /// - Parameters:
  ///   - subtracting: of two siblings the one whose histogram is its own; the other's is still the parent's, and becomes
  ///     the difference, feature by feature while the cells are at hand.
  ///   - building: whether that one's histogram is still to be built, likewise.
  private func findSplits(
    _ leaves: inout [Leaf], _ table: GradientTable, _ random: inout RandomStream, subtracting built: Int?,
    building: Bool
  ) {
    let features = mapper.features.count
    var searches: [LeafSearch] = []
    for (index, leaf) in leaves.enumerated() {
      guard let histogram = leaf.histogram else { return }
      let isOpen = canSplit(leaf, table)
      searches.append(
        LeafSearch(
          search: isOpen
            ? HistogramSearch(scale: table.scale, limits: growth.limits, total: leaf.total, bounds: leaf.bounds) : nil,
          cells: pool[histogram].pointer,
          drawn: isOpen ? drawFeatures(leaf, &random, into: drawn.pointer + index * features) : nil))
    }
    // Features enough for a task to be worth its start, and an even number of tasks.
    let groups = min((building ? 2 : 8) * ((features + 15) / 16), features)
    let (stride, shapes, directions) = (layout.stride, shapes.pointer, directions.pointer)
    let newLeaf = built.map { leaves[$0] }
    var found = [HistogramSplit](repeating: HistogramSplit(), count: groups * leaves.count)
    found.withUnsafeMutableBufferPointer { found in
      searches.withUnsafeBufferPointer { searches in
        nonisolated(unsafe) let (found, searches) = (found, searches)
        ThreadPool.parallelFor(tasks: groups) { group in
          let range = (features * group / groups)..<(features * (group + 1) / groups)
          if building, let built, let newLeaf {
            HistogramKernel.buildPart(
              range, matrix: matrix, table: table, rows: rows(of: newLeaf), count: newLeaf.count, layout: layout,
              histogram: searches[built].cells)
          }
          withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * SplitScan.capacity) { scratch in
            guard let memory = scratch.baseAddress else { return }
            for feature in range {
              if let built {
                HistogramKernel.subtract(
                  searches[built].cells + feature &* stride, from: searches[1 &- built].cells + feature &* stride,
                  cellCount: stride)
              }
              for index in 0..<searches.count {
                searches[index].search(
                  feature, shapes[feature], direction: directions[feature], stride: stride, scratch: memory,
                  best: &found[group &* searches.count &+ index])
              }
            }
          }
        }
      }
    }
    for i in leaves.indices {
      for group in 0..<groups {
        let split = found[group * leaves.count + i]
        if split.isFound, !leaves[i].split.isFound || split.gain > leaves[i].split.gain { leaves[i].split = split }
      }
    }
  }

  /// What a search asks of a feature, without the arrays that ``BinMapper/Feature`` holds.
  private struct FeatureShape: BitwiseCopyable {
    let binCount: Int
    let cellCount: Int
    let isCategorical: Bool
    let hasMissing: Bool

    init(_ feature: BinMapper.Feature) {
      binCount = feature.binCount
      cellCount = feature.cellCount
      isCategorical = feature.isCategorical
      hasMissing = feature.hasMissing
    }
  }

  /// One leaf of a search over features.
  private struct LeafSearch: @unchecked Sendable {
    /// Nil for leaves that cannot be split.
    let search: HistogramSearch?
    let cells: UnsafeMutablePointer<HistogramCell>
    /// Whether each feature may be used; nil for all.
    let drawn: UnsafePointer<Bool>?

    /// Searches one feature.
    @inline(__always)
    func search(
      _ feature: Int, _ bins: FeatureShape, direction: Int8, stride: Int, scratch: UnsafeMutablePointer<Double>,
      best: inout HistogramSplit
    ) {
      guard let search else { return }
      if let drawn, !drawn[feature] { return }
      let own = UnsafePointer(cells + feature &* stride)
      if bins.isCategorical {
        search.categorical(own, feature: feature, cellCount: bins.cellCount, direction: direction, best: &best)
      } else if bins.binCount > 0 {
        search.numeric(
          own, feature: feature, binCount: bins.binCount, hasMissing: bins.hasMissing, direction: direction,
          scratch: scratch, best: &best)
      }
    }
  }

  /// Whether a leaf may use each feature, a random share of them if so configured; nil for all.
  private func drawFeatures(
    _ leaf: Leaf, _ random: inout RandomStream, into drawn: UnsafeMutablePointer<Bool>
  ) -> UnsafePointer<Bool>? {
    let isShare = (growth.featureShare < 1 || growth.featureCount != nil) && mapper.features.count > 1
    guard isShare || leaf.allowed != nil else { return nil }
    var features = leaf.allowed ?? Array(mapper.features.indices)
    if isShare, features.count > 1 {
      let share = max(1, Int((growth.featureShare * Double(features.count)).rounded(.up)))
      let wanted = min(growth.featureCount ?? share, features.count)
      for i in 0..<wanted { features.swapAt(i, i + random.below(features.count - i)) }
      features.removeSubrange(wanted...)
    }
    drawn.update(repeating: false, count: mapper.features.count)
    for feature in features { drawn[feature] = true }
    return UnsafePointer(drawn)
  }
}

/// A split on bins as a test on values.
enum BinnedTest {
  static func record(
    _ split: HistogramSplit, feature: BinMapper.Feature, missingLeft: Bool, node: Int, in tree: inout GrownTree
  ) throws(ApusError) {
    tree.feature[node] = Int32(split.feature)
    tree.flags[node] = missingLeft ? GrownTree.missingLeft : 0
    guard feature.isCategorical else {
      tree.threshold[node] = split.lastLeftBin < feature.edges.count ? feature.edges[split.lastLeftBin] : .infinity
      return
    }
    tree.flags[node] |= GrownTree.categorical
    tree.threshold[node] = Double(tree.setOffsets.count - 1)
    var words: [UInt32] = []
    for (bin, category) in feature.categories.enumerated() where split.leftBins[bin >> 5] >> UInt32(bin & 31) & 1 != 0 {
      let index = Int(category)
      while words.count <= index >> 5 { words.append(0) }
      words[index >> 5] |= 1 << UInt32(index & 31)
    }
    for word in words { try tree.setWords.append(word) }
    try tree.setOffsets.append(Int32(tree.setWords.count))
  }
}
