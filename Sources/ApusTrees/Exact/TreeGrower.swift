import ApusNumerics

/// Grows one tree by exact split search; with bins, nodes with many samples are searched on these (``RankBins``).
///
/// Breiman, Friedman, Olshen, Stone 1984, *Classification and Regression Trees*; random thresholds after Geurts, Ernst,
/// Wehenkel 2006, doi:10.1007/s10994-006-6226-1.
/// All memory is allocated before the first node.
///
/// - Complexity: O(depth · rows · maxFeatures): sorting ranks within nodes, or dividing lists sorted once, is linear.
struct TreeGrower<Model: NodeModel> {
  private let table: RankedFeatures
  private let bins: RankBins?
  private let options: GrowthOptions
  private var model: Model
  private var random: RandomStream
  private let totalWeight: Double
  private let weightUnit: Double
  private let samples: Buffer<UInt32>
  private let spareSamples: Buffer<UInt32>
  private let keys: Buffer<UInt64>
  private let counters: Buffer<UInt32>
  private let featureOrder: Buffer<Int32>
  private let sampleCount: Int
  /// Ranks of the current node's rows in one sparse feature; nil for dense ones.
  private let expanded: Buffer<UInt32>?
  /// Where some features are categories.
  private let categories: CategorySearch?
  /// Sums over the samples of every bin of a feature, where the statistic allows.
  private let cells: Buffer<BinnedSearch.Cell>?
  /// Finds the ranks of drawn thresholds; nil where there are none.
  private let buckets: ValueBuckets?
  /// Kept when every node searches all features.
  private let lists: SortedLists?
  /// A division of samples that the lists have yet to follow: they do when a child turns out to be searched.
  private var undivided: (start: Int, count: Int, leftCount: Int)?
  private var tree: GrownTree
  private var frontier: NodeFrontier

  /// - Parameters:
  ///   - bins: what large nodes search; nil for the ranks themselves in all.
  ///   - buckets: intervals of the values, for thresholds that are drawn.
  ///   - samples: the rows to learn from, each once, ascending; rows without weight left out.
  ///   - totalWeight: weight of all of them.
  ///   - weightUnit: what weights have been divided by; the tree shows them as given.
  init(
    table: RankedFeatures, bins: RankBins?, buckets: ValueBuckets?, options: GrowthOptions, model: Model,
    samples: Buffer<UInt32>,
    sampleCount: Int,
    totalWeight: Double, weightUnit: Double, random: RandomStream
  ) throws {
    self.table = table
    // Drawn thresholds need no search.
    self.bins = options.randomThresholds ? nil : bins
    self.buckets = buckets
    self.options = options
    self.model = model
    self.random = random
    self.totalWeight = totalWeight
    self.weightUnit = weightUnit
    self.samples = samples
    self.sampleCount = sampleCount
    spareSamples = try Buffer(count: sampleCount)
    keys = try Buffer(count: 2 * sampleCount)
    counters = try Buffer(count: NodeSort.counterCount)
    featureOrder = try Buffer(count: table.features)
    for feature in 0..<table.features { featureOrder[feature] = Int32(feature) }
    expanded = table.isSparse ? try Buffer(count: table.rows) : nil
    cells = Model.Statistic.addsUp ? try self.bins.map { try Buffer(count: $0.largestCount + 1) } : nil
    let usesLists =
      options.keepsLists && !table.isSparse && self.bins == nil
      && SortedLists.suit(
        samples: sampleCount, features: table.features, searched: options.maxFeatures,
        randomThresholds: options.randomThresholds)
    lists =
      usesLists
      ? try SortedLists(table, samples: samples.pointer, count: sampleCount, counters: counters.pointer) : nil
    categories =
      options.categorical.isEmpty
      ? nil : try CategorySearch(table, categorical: options.categorical, samples: sampleCount)
    tree = try GrownTree(valueCount: model.valueCount)
    frontier = NodeFrontier(bestFirst: options.maxLeafNodes != nil)
  }

  /// Grows the tree and returns its nodes in the order they were made.
  mutating func grow(isCancelled: () -> Bool = { false }) throws -> GrownTree {
    let unbounded = -Double.infinity...Double.infinity
    try addNode(start: 0, end: sampleCount, depth: 0, parent: -1, isLeft: false, bounds: unbounded)
    var leaves = 1
    while let node = frontier.next() {
      if let limit = options.maxLeafNodes, leaves >= limit { break }
      if isCancelled() { throw ApusError.cancelled }
      try split(node)
      leaves += 1
    }
    return tree
  }

  /// Appends a node as a leaf and, when it may and can be split, puts it on the frontier with its best split.
  private mutating func addNode(
    start: Int, end: Int, depth: Int, parent: Int, isLeft: Bool, bounds: ClosedRange<Double>
  ) throws {
    let count = end - start
    model.load(samples: UnsafePointer(samples.pointer + start), count: count)
    let weight = model.weight
    let impurity = model.impurity
    let (node, values) = try tree.appendLeaf(samples: count, weight: weight * weightUnit, impurity: impurity)
    model.writeValue(to: values)
    if !options.monotone.isEmpty { model.clipValue(values, to: bounds) }
    if parent >= 0 {
      if isLeft { tree.left[parent] = Int32(node) } else { tree.right[parent] = Int32(node) }
    }
    let isLeaf =
      depth >= options.maxDepth || count < options.minSamplesSplit || count < 2 * options.minSamplesLeaf
      || weight < 2 * options.minWeightLeaf || impurity <= Double.ulpOfOne
    if isLeaf { return }
    if let lists {
      if let division = undivided {
        lists.divide(
          samples.pointer + division.start, start: division.start, count: division.count, leftCount: division.leftCount)
        undivided = nil
      }
      lists.enter(samples.pointer + start, count: count)
    }
    let split = findSplit(start: start, count: count, bounds: bounds)
    guard split.isFound else { return }
    let decrease = (split.score - model.score) * model.scoreUnit / totalWeight
    guard decrease + Double.ulpOfOne >= options.minImpurityDecrease else { return }
    frontier.add(
      PendingNode(
        node: node, start: start, end: end, depth: depth, bounds: bounds, split: split, decrease: decrease))
  }

  /// Turns a pending leaf into an inner node with two children.
  private mutating func split(_ pending: PendingNode) throws {
    let split = pending.split
    let feature = split.feature
    let missingRank = UInt32(table.rankCount(feature))
    let column = column(feature, start: pending.start, count: pending.end - pending.start)
    let alsoLeft = split.missingLeft ? missingRank : UInt32.max
    let leftCount =
      if let ranks = split.categories {
        SamplePartition.divide(
          samples.pointer + pending.start, count: pending.end - pending.start, column: column, ranks: ranks,
          alsoLeft: alsoLeft, spare: spareSamples.pointer)
      } else {
        SamplePartition.divide(
          samples.pointer + pending.start, count: pending.end - pending.start, column: column,
          lowerRank: split.lowerRank, alsoLeft: alsoLeft, spare: spareSamples.pointer)
      }
    let middle = pending.start + leftCount
    let node = pending.node
    tree.feature[node] = Int32(feature)
    tree.threshold[node] = threshold(of: split)
    // Without missing values in training the larger child takes them.
    let missingLeft = table.hasMissing[feature] ? split.missingLeft : leftCount > pending.end - middle
    tree.flags[node] = missingLeft ? GrownTree.missingLeft : 0
    if let ranks = split.categories { try storeSet(ranks, feature: feature, node: node) }
    undivided = (pending.start, pending.end - pending.start, leftCount)
    let (left, right) = childBounds(pending)
    try addNode(start: pending.start, end: middle, depth: pending.depth + 1, parent: node, isLeft: true, bounds: left)
    try addNode(start: middle, end: pending.end, depth: pending.depth + 1, parent: node, isLeft: false, bounds: right)
  }

  /// Makes a node ask for membership in the set of categories that have these ranks.
  private mutating func storeSet(_ ranks: [UInt32], feature: Int, node: Int) throws {
    let lowest = table.values.pointer + table.offsets[feature]
    let members = (0..<table.rankCount(feature)).filter { ranks[$0 >> 5] >> UInt32($0 & 31) & 1 != 0 }
      .map { Int(lowest[$0]) }
    var words = [UInt32](repeating: 0, count: (members.max() ?? 0) / 32 + 1)
    for category in members { words[category >> 5] |= 1 << UInt32(category & 31) }
    tree.flags[node] |= GrownTree.categorical
    tree.threshold[node] = Double(tree.setOffsets.count - 1)
    for word in words { try tree.setWords.append(word) }
    try tree.setOffsets.append(Int32(tree.setWords.count))
  }

  private func threshold(of split: SplitCandidate) -> Double {
    if let drawn = split.drawnThreshold { return drawn }
    if split.upperRank == UInt32.max { return .infinity }
    return table.threshold(feature: split.feature, left: Int(split.lowerRank), right: Int(split.upperRank))
  }

  /// A constrained split divides the range its children may predict at the middle of their values.
  private func childBounds(_ pending: PendingNode) -> (ClosedRange<Double>, ClosedRange<Double>) {
    let bounds = pending.bounds
    guard !options.monotone.isEmpty else { return (bounds, bounds) }
    let direction = options.monotone[pending.split.feature]
    guard direction != 0 else { return (bounds, bounds) }
    let values = pending.split.sideValues
    let middle = min(max(values.left / 2 + values.right / 2, bounds.lowerBound), bounds.upperBound)
    let (below, above) = (bounds.lowerBound...middle, middle...bounds.upperBound)
    return direction > 0 ? (below, above) : (above, below)
  }

  /// The best split of the current node over the features drawn for it.
  ///
  /// Features are tried until `maxFeatures` have been seen, and beyond that until one that is not constant was found.
  private mutating func findSplit(start: Int, count: Int, bounds: ClosedRange<Double>) -> SplitCandidate {
    var best = SplitCandidate()
    let features = table.features
    let drawsFeatures = options.maxFeatures < features || options.randomThresholds
    var limits = SplitLimits(
      minSamplesLeaf: options.minSamplesLeaf, minWeightLeaf: options.minWeightLeaf, direction: nil, bounds: bounds)
    let statistic = model.statistic
    let bins = bins.flatMap { $0.suit(weight: model.weight, count: count) ? $0 : nil }
    var varying = 0
    for visited in 0..<features {
      if visited >= options.maxFeatures && varying > 0 { break }
      if drawsFeatures {
        let other = visited + random.below(features - visited)
        let drawn = featureOrder[other]
        featureOrder[other] = featureOrder[visited]
        featureOrder[visited] = drawn
      }
      let feature = drawsFeatures ? Int(featureOrder[visited]) : visited
      if table.rankCount(feature) <= 1, !table.hasMissing[feature] { continue }
      if !options.monotone.isEmpty { limits.direction = options.monotone[feature] }
      let isCategorical = categories != nil && options.categorical[feature]
      if let bins, !isCategorical,
        searchBins(
          bins, feature: feature, start: start, count: count, statistic: statistic, limits: limits, best: &best)
      {
        varying += 1
        continue
      }
      // As without bins, too, where the node lies within one.
      let gathered =
        lists?.gather(feature: feature, start: start, count: count, payload: model.payload, into: keys.pointer)
        ?? gather(feature: feature, start: start, count: count)
      if gathered.isConstant { continue }
      varying += 1
      if options.randomThresholds, !isCategorical {
        drawThreshold(feature: feature, gathered: gathered, count: count, statistic, limits, &best)
        continue
      }
      let sorted = lists == nil ? sort(gathered) : keys.pointer
      if isCategorical, let categories {
        categories.search(
          sorted: sorted, gathered: gathered, feature: feature, statistic: statistic, limits: limits, best: &best)
        continue
      }
      SplitSearch.scan(
        keys: sorted, present: gathered.present, count: count, feature: feature, statistic: statistic,
        limits: limits, best: &best)
    }
    if let bins, best.isFound, best.categories == nil {
      if !options.monotone.isEmpty { limits.direction = options.monotone[best.feature] }
      refine(&best, bins, start: start, count: count, statistic: statistic, limits: limits)
    }
    return best
  }

  /// Moves a boundary between two bins to the best one within them.
  ///
  /// - Complexity: O(count).
  private func refine(
    _ best: inout SplitCandidate, _ bins: RankBins, start: Int, count: Int, statistic: Model.Statistic,
    limits: SplitLimits
  ) {
    let feature = best.feature
    let column = column(feature, start: start, count: count)
    let span = bins.span(feature, from: best.lowerRank, to: best.upperRank)
    let alsoLeft = best.missingLeft ? UInt32(table.rankCount(feature)) : UInt32.max
    let (rows, payload, keys) = (samples.pointer + start, model.payload, keys.pointer)
    var statistic = statistic
    statistic.reset()
    var (leftCount, within) = (0, 0)
    for i in 0..<count {
      let rank = column[Int(rows[i])]
      if rank < span.first || rank == alsoLeft {
        statistic.moveLeft(payload[i])
        leftCount &+= 1
      } else if rank <= span.last {
        keys[within] = UInt64(rank) &<< 32 | UInt64(payload[i])
        within &+= 1
      }
    }
    let sorted = NodeSort.sort(
      keys: keys, spare: keys + sampleCount, count: within, lowestRank: span.first, highestRank: span.last,
      counters: counters.pointer)
    let before = best.score
    SplitSearch.scan(
      within: sorted, count: within, leftCount: leftCount, total: count, feature: feature,
      missingLeft: best.missingLeft, statistic: &statistic, limits: limits, best: &best)
    guard best.score == before else { return }
    // The boundary stays, between the ranks beside it in this node.
    let below = (0..<within).last { UInt32(truncatingIfNeeded: sorted[$0] &>> 32) <= best.lowerRank } ?? 0
    best.lowerRank = UInt32(truncatingIfNeeded: sorted[below] &>> 32)
    best.upperRank =
      below + 1 < within ? UInt32(truncatingIfNeeded: sorted[below + 1] &>> 32) : best.lowerRank + 1
  }

  /// The keys of the current node by rank, missing values last.
  private func sort(_ gathered: GatheredFeature) -> UnsafeMutablePointer<UInt64> {
    let keys = keys.pointer
    guard gathered.lowest != gathered.highest else { return keys }
    let sorted = NodeSort.sort(
      keys: keys, spare: keys + sampleCount, count: gathered.present, lowestRank: gathered.lowest,
      highestRank: gathered.highest, counters: counters.pointer)
    if sorted != keys, gathered.present < gathered.count {
      (sorted + gathered.present).update(from: keys + gathered.present, count: gathered.count - gathered.present)
    }
    return sorted
  }

  /// Searches the boundaries between bins, by sums over them where the statistic adds up, else as between ranks.
  ///
  /// - Returns: whether samples fall into several bins.
  private func searchBins(
    _ bins: RankBins, feature: Int, start: Int, count: Int, statistic: Model.Statistic, limits: SplitLimits,
    best: inout SplitCandidate
  ) -> Bool {
    let before = best.score
    if let cells {
      let binCount = bins.count(feature)
      let rows = UnsafePointer(samples.pointer + start)
      if let column = bins.column(feature) {
        BinnedSearch.fill(cells.pointer, binCount: binCount, rows: rows, model.payload, count, statistic) {
          Int(column[$0])
        }
      } else {
        let (column, bin) = (self.column(feature, start: start, count: count), bins.ofRank(feature))
        BinnedSearch.fill(cells.pointer, binCount: binCount, rows: rows, model.payload, count, statistic) {
          Int(bin[Int(column[$0])])
        }
      }
      guard BinnedSearch.varies(cells.pointer, binCount: binCount) else { return false }
      BinnedSearch.scan(
        cells.pointer, binCount: binCount, count: count, feature: feature, statistic: statistic, limits: limits,
        best: &best)
    } else {
      let gathered = gather(feature: feature, start: start, count: count, bins: bins)
      if gathered.isConstant { return false }
      SplitSearch.scan(
        keys: sort(gathered), present: gathered.present, count: count, feature: feature, statistic: statistic,
        limits: limits, best: &best)
    }
    if best.score > before {
      (best.lowerRank, best.upperRank) = bins.ranks(feature, between: best.lowerRank, and: best.upperRank)
    }
    return true
  }

  /// The ranks of a feature by row, valid for the samples of a node until the next call.
  private func column(_ feature: Int, start: Int, count: Int) -> UnsafePointer<UInt32> {
    if let expanded, let sparse = table.sparseColumn(feature) {
      sparse.expand(samples.pointer + start, count: count, into: expanded.pointer)
      return UnsafePointer(expanded.pointer)
    }
    return UnsafePointer(table.ranks.pointer + feature &* table.rows)
  }

  /// Writes the keys of the current node's samples, missing values last.
  ///
  /// - Parameter bins: whose numbers take the place of ranks; nil for ranks.
  private func gather(feature: Int, start: Int, count: Int, bins: RankBins? = nil) -> GatheredFeature {
    let column = column(feature, start: start, count: count)
    guard let bins else {
      return gather(feature: feature, start: start, count: count, missingRank: table.rankCount(feature)) { column[$0] }
    }
    let bin = bins.ofRank(feature)
    return gather(feature: feature, start: start, count: count, missingRank: bins.count(feature)) {
      UInt32(bin[Int(column[$0])])
    }
  }

  @inline(__always)
  private func gather(
    feature: Int, start: Int, count: Int, missingRank: Int, rank: (_ row: Int) -> UInt32
  ) -> GatheredFeature {
    let rows = samples.pointer + start
    let payload = model.payload
    let keys = keys.pointer
    var low = UInt32.max
    var high = UInt32.min
    if !table.hasMissing[feature] {
      for i in 0..<count {
        let rank = rank(Int(rows[i]))
        keys[i] = UInt64(rank) &<< 32 | UInt64(payload[i])
        low = min(low, rank)
        high = max(high, rank)
      }
      return GatheredFeature(lowest: low, highest: high, present: count, count: count)
    }
    let missingRank = UInt32(truncatingIfNeeded: missingRank)
    var (front, back) = (0, count)
    for i in 0..<count {
      let rank = rank(Int(rows[i]))
      let key = UInt64(rank) &<< 32 | UInt64(payload[i])
      if rank == missingRank {
        back &-= 1
        keys[back] = key
      } else {
        keys[front] = key
        front &+= 1
        low = min(low, rank)
        high = max(high, rank)
      }
    }
    return GatheredFeature(lowest: low, highest: high, present: front, count: count)
  }

  /// Scores one threshold drawn uniformly between the node's smallest and largest value; missing values go to the
  /// better side.
  private mutating func drawThreshold(
    feature: Int, gathered: GatheredFeature, count: Int, _ statistic: Model.Statistic, _ limits: SplitLimits,
    _ best: inout SplitCandidate
  ) {
    let offset = table.offsets[feature]
    let low = table.values[offset + Int(gathered.lowest)]
    let high = table.values[offset + Int(gathered.highest)]
    var threshold = low + random.uniform() * (high - low)
    if !(threshold >= low && threshold < high) { threshold = low }
    let lower = gathered.lowest == gathered.highest ? gathered.lowest : lastRank(atMost: threshold, feature, gathered)
    let keys = keys.pointer
    for missingLeft in gathered.present < count ? [false, true] : [false] {
      var statistic = statistic
      statistic.reset()
      var leftCount = 0
      if Model.Statistic.addsUp {
        // Masks in place of a branch that would often go the other way.
        var sum = SIMD2<Double>()
        for i in 0..<gathered.present {
          let isLeft: UInt64 = UInt32(truncatingIfNeeded: keys[i] &>> 32) <= lower ? 1 : 0
          let summand = statistic.summand(UInt32(truncatingIfNeeded: keys[i]))
          let bits = unsafeBitCast(summand, to: SIMD2<UInt64>.self) & SIMD2(repeating: 0 &- isLeft)
          sum += unsafeBitCast(bits, to: SIMD2<Double>.self)
          leftCount &+= Int(truncatingIfNeeded: isLeft)
        }
        statistic.moveLeft(sum: sum)
      } else {
        for i in 0..<gathered.present where UInt32(truncatingIfNeeded: keys[i] &>> 32) <= lower {
          statistic.moveLeft(UInt32(truncatingIfNeeded: keys[i]))
          leftCount &+= 1
        }
      }
      if missingLeft {
        if leftCount == gathered.present { continue }
        for i in gathered.present..<count { statistic.moveLeft(UInt32(truncatingIfNeeded: keys[i])) }
        leftCount += count - gathered.present
      }
      let before = best.score
      SplitSearch.consider(
        statistic, leftCount: leftCount, rightCount: count - leftCount, feature: feature, lower: lower,
        upper: UInt32.max, missingLeft: missingLeft, limits: limits, best: &best)
      if best.score > before, gathered.lowest != gathered.highest { best.drawnThreshold = threshold }
    }
  }

  /// The highest rank in the node, or between those in it, whose value is at most `threshold`, which is at least the
  /// node's lowest value. Only ranks in the threshold's own bucket are looked up: those of the node where it has few samples,
  /// else by bisection.
  private func lastRank(atMost threshold: Double, _ feature: Int, _ gathered: GatheredFeature) -> UInt32 {
    let values = table.values.pointer + table.offsets[feature]
    let near = buckets?.ranks(around: threshold, feature: feature) ?? 0..<UInt32(table.rankCount(feature))
    var last = max(gathered.lowest, near.lowerBound > 0 ? near.lowerBound &- 1 : 0)
    if gathered.present <= 64 {
      let keys = keys.pointer
      for i in 0..<gathered.present {
        let rank = UInt32(truncatingIfNeeded: keys[i] &>> 32)
        if rank > last, rank < near.upperBound, values[Int(rank)] <= threshold { last = rank }
      }
      return last
    }
    var high = min(near.upperBound, gathered.highest)
    while last &+ 1 < high {
      let middle = last &+ (high &- last) / 2
      if values[Int(middle)] <= threshold { last = middle } else { high = middle }
    }
    return last
  }
}
