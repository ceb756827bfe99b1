import ApusNumerics

/// How a forest is made from trees.
package struct ForestOptions: Sendable {
  package var treeCount = 100
  /// Draws per tree; nil: every tree sees all rows.
  package var drawCount: Int?
  package var seed: UInt64 = 0
  /// Number of the first tree, so that a warm start goes on with fresh streams.
  package var firstTree = 0
  /// Price of a leaf in cost-complexity pruning; 0 prunes nothing.
  package var ccpAlpha = 0.0
  package var growth = GrowthOptions()

  package init() {}
}

/// Grows the trees of a forest, in parallel over trees.
///
/// Every tree has random streams of its own, so a forest has the same bits for any number of threads.
package enum ForestTrainer {
  /// - Parameters:
  ///   - bootstrap: needed when `options.drawCount` is set.
  ///   - keepsBags: also returns which rows each tree saw, one bit per row, for out-of-bag estimates.
  package static func train(
    _ problem: TrainingProblem, bootstrap: Bootstrap?, options: ForestOptions, keepsBags: Bool,
    isCancelled: () -> Bool, progress: (Double) throws -> Void
  ) throws -> (trees: TreeEnsemble, bags: [Buffer<UInt64>]) {
    let treeCount = options.treeCount
    var grown = [GrownTree?](repeating: nil, count: treeCount)
    var bags = [Buffer<UInt64>?](repeating: nil, count: keepsBags ? treeCount : 0)
    let batch = max(4 * ThreadPool.threadCount, 8)
    try grown.withUnsafeMutableBufferPointer { grown in
      try bags.withUnsafeMutableBufferPointer { bags in
        for start in stride(from: 0, to: treeCount, by: batch) {
          try ThreadPool.parallelForThrowing(tasks: min(batch, treeCount - start)) { task in
            let tree = start + task
            let stream = UInt64(2 * (options.firstTree + tree))
            var counts: Buffer<UInt32>?
            if let draws = options.drawCount, let bootstrap {
              let drawn = try draw(DrawnSamples(seed: options.seed, count: draws), stream: stream, bootstrap)
              counts = drawn
              if keepsBags { bags[tree] = try bag(drawn) }
            }
            let full = try withExtendedLifetime(counts) {
              try problem.grow(
                counts: counts.map { UnsafePointer($0.pointer) }, options: options.growth,
                random: RandomStream(seed: options.seed, index: stream + 1), isCancelled: isCancelled)
            }
            grown[tree] = options.ccpAlpha > 0 ? try CostComplexity.prune(full, alpha: options.ccpAlpha) : full
          }
          try progress(Double(min(start + batch, treeCount)) / Double(treeCount))
        }
      }
    }
    let trees = try TreeEnsemble(
      grown.compactMap { $0 }, featureCount: problem.table.features, valueCount: problem.valueCount)
    return (trees, bags.compactMap { $0 })
  }

  /// How often one tree draws every row.
  private static func draw(_ samples: DrawnSamples, stream: UInt64, _ bootstrap: Bootstrap) throws -> Buffer<UInt32> {
    let drawn = try Buffer<UInt32>(zeroed: bootstrap.rowCount)
    var random = RandomStream(seed: samples.seed, index: stream)
    bootstrap.draw(samples.count, random: &random, counts: drawn.pointer)
    return drawn
  }

  /// Which rows the trees with these numbers saw, drawn again.
  static func bags(of trees: Range<Int>, _ samples: DrawnSamples, bootstrap: Bootstrap) throws -> [Buffer<UInt64>] {
    var bags = [Buffer<UInt64>?](repeating: nil, count: trees.count)
    try bags.withUnsafeMutableBufferPointer { bags in
      nonisolated(unsafe) let bags = bags
      try ThreadPool.parallelForThrowing(tasks: trees.count) { task in
        bags[task] = try bag(draw(samples, stream: UInt64(2 * (trees.lowerBound + task)), bootstrap))
      }
    }
    return bags.compactMap { $0 }
  }

  /// One bit per row: drawn at least once.
  private static func bag(_ counts: Buffer<UInt32>) throws -> Buffer<UInt64> {
    let bits = try Buffer<UInt64>(zeroed: (counts.count + 63) / 64)
    for row in 0..<counts.count where counts[row] > 0 { bits[row >> 6] |= 1 << UInt64(row & 63) }
    return bits
  }
}
