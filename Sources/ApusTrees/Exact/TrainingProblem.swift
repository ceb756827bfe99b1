import ApusNumerics

/// Impurity measures of the exact trees.
package enum Criterion: String, Sendable, CaseIterable {
  case gini
  case entropy
  case logLoss = "log_loss"
  case squaredError = "squared_error"
  case friedmanMSE = "friedman_mse"
  case absoluteError = "absolute_error"
  case poisson
}

/// Everything about a fit that its trees share: ranked features, targets, weights. Made once; read by all threads.
package final class TrainingProblem: @unchecked Sendable {
  private enum Targets {
    /// Whole weights below 2^16: `weight << 16 | class` of every row.
    case counts(words: Buffer<UInt32>, labels: Buffer<UInt32>, classCount: Int, entropyTable: Buffer<Int>?)
    /// Any weights, any outputs.
    case classes(labels: Buffer<UInt32>, classCounts: [Int], usesEntropy: Bool)
    case means(MeanTargets<SquaredErrorRule>)
    case poisson(MeanTargets<PoissonRule>)
    case medians(MeanTargets<SquaredErrorRule>, ranks: Buffer<UInt32>)
  }

  package let table: RankedFeatures
  /// What nodes with many samples search; nil for the ranks themselves.
  package var bins: RankBins?
  /// What drawn thresholds are compared through; nil where thresholds are searched.
  package var buckets: ValueBuckets?
  /// Whether every tree gives the classes of its sample equal totals.
  package var balancesSamples = false
  package let rows: Int
  package let valueCount: Int
  /// Weight of every row on its grid, class weights included, in units of ``weightUnit``.
  let weights: Buffer<Double>
  /// What weights were divided by (``WeightScale``).
  private let weightUnit: Double
  private let targets: Targets
  /// Keeps the regression targets alive.
  private let values: Buffer<Double>?

  /// A classification problem.
  ///
  /// - Parameters:
  ///   - labels: class of row i in output o at `o * rows + i`.
  ///   - weights: of every row; taken over.
  ///   - largestTotal: the largest total weight a tree may see (draws of the bootstrap, else the sum of weights).
  package init(
    table: RankedFeatures, labels: Buffer<UInt32>, classCounts: [Int], criterion: Criterion, weights: Buffer<Double>,
    largestTotal: Double
  ) throws {
    self.table = table
    rows = table.rows
    self.weights = weights
    values = nil
    valueCount = classCounts.reduce(0, +)
    let usesEntropy = criterion != .gini
    let total: Double
    (weightUnit, total) = TrainingProblem.snapWeights(weights)
    let largestTotal = largestTotal / weightUnit
    let limit = usesEntropy ? Double(EntropyMeasure.largestTotal) : 0x1p31
    let isSmallAndWhole = weights.elements.allSatisfy { $0 < 65536 && $0 == $0.rounded() }
    if classCounts.count == 1, classCounts[0] < 65536, isSmallAndWhole, max(total, largestTotal) <= limit {
      let words = try Buffer<UInt32>(count: rows)
      for row in 0..<rows { words[row] = UInt32(weights[row]) << 16 | labels[row] }
      targets = .counts(
        words: words, labels: labels, classCount: classCounts[0],
        entropyTable: usesEntropy ? try EntropyMeasure.table(total: Int(max(total, largestTotal))) : nil)
    } else {
      targets = .classes(labels: labels, classCounts: classCounts, usesEntropy: usesEntropy)
    }
  }

  /// A regression problem with targets of shape (rows, outputs), row-major; both buffers are taken over.
  package init(
    table: RankedFeatures, values: Buffer<Double>, outputs: Int, criterion: Criterion, weights: Buffer<Double>
  ) throws {
    self.table = table
    rows = table.rows
    self.weights = weights
    self.values = values
    valueCount = outputs
    (weightUnit, _) = TrainingProblem.snapWeights(weights)
    let (y, w) = (UnsafePointer(values.pointer), UnsafePointer(weights.pointer))
    switch criterion {
    case .poisson: targets = .poisson(try MeanTargets(targets: y, weights: w, rows: rows, outputs: outputs))
    case .absoluteError:
      guard outputs == 1 else {
        throw ApusError.unsupported(reason: "criterion: absolute_error takes one output, y has \(outputs)")
      }
      targets = .medians(
        try MeanTargets(targets: y, weights: w, rows: rows, outputs: 1), ranks: try TargetRanks.make(y, rows: rows))
    default: targets = .means(try MeanTargets(targets: y, weights: w, rows: rows, outputs: outputs))
    }
  }

  /// Brings weights to their scale and grid.
  private static func snapWeights(_ weights: Buffer<Double>) -> (unit: Double, total: Double) {
    let unit = WeightScale.normalise(weights, largestWhole: 0x1p31, wholeTotal: 0x1p31)
    let total = weights.elements.reduce(0, +)
    BinaryGrid.snap(weights.pointer, count: weights.count, exponent: BinaryGrid.exponent(total: total))
    return (unit, total)
  }

  /// Grows one tree.
  ///
  /// - Parameter counts: how often the bootstrap drew each row, replacing the row's weight as a multiple of
  ///   `unitWeights`; nil to use every row once with its weight.
  func grow(
    counts: UnsafePointer<UInt32>?, options: GrowthOptions, random: RandomStream, isCancelled: () -> Bool
  ) throws -> GrownTree {
    let balanced = try balancedWeights(counts)
    let samples = try Buffer<UInt32>(count: rows)
    var count = 0
    var total = 0.0
    for row in 0..<rows {
      let weight = balanced?[row] ?? weights[row] * (counts.map { Double($0[row]) } ?? 1)
      samples[count] = UInt32(truncatingIfNeeded: row)
      count &+= weight > 0 ? 1 : 0
      total += weight
    }
    func run<Model: NodeModel>(_ model: Model) throws -> GrownTree {
      var grower = try TreeGrower(
        table: table, bins: bins, buckets: buckets, options: options, model: model, samples: samples,
        sampleCount: count,
        totalWeight: total,
        weightUnit: weightUnit, random: random)
      return try grower.grow(isCancelled: isCancelled)
    }
    func weighted(_ labels: Buffer<UInt32>, _ classCounts: [Int], usesEntropy: Bool) throws -> GrownTree {
      let used = try balanced ?? scaledWeights(counts) ?? weights
      return try withExtendedLifetime(used) {
        try run(
          WeightedClassModel(
            usesEntropy: usesEntropy, classCounts: classCounts, labels: UnsafePointer(labels.pointer),
            weights: UnsafePointer(used.pointer), rows: rows, capacity: count))
      }
    }
    switch targets {
    case .counts(let words, let labels, let classCount, let table):
      guard balanced == nil, let scaled = try scaledWords(words, counts) else {
        return try weighted(labels, [classCount], usesEntropy: table != nil)
      }
      return try withExtendedLifetime((words, scaled, table)) {
        let pointer = UnsafePointer(scaled.pointer)
        if let table {
          let measure = EntropyMeasure(table: UnsafePointer(table.pointer), total: table.count - 1)
          return try growCounts(measure, classCount, pointer, count) {
            try run($0)
          } _: {
            try run($0)
          }
        }
        return try growCounts(GiniMeasure(), classCount, pointer, count) {
          try run($0)
        } _: {
          try run($0)
        }
      }
    case .classes(let labels, let classCounts, let usesEntropy):
      return try weighted(labels, classCounts, usesEntropy: usesEntropy)
    case .means(let source):
      if source.outputs == 1 { return try run(MeanModel(source: source, multiplicity: counts, capacity: count)) }
      return try run(MultiMeanModel(source: source, multiplicity: counts, capacity: count))
    case .poisson(let source):
      if source.outputs == 1 { return try run(MeanModel(source: source, multiplicity: counts, capacity: count)) }
      return try run(MultiMeanModel(source: source, multiplicity: counts, capacity: count))
    case .medians(let source, let ranks):
      return try run(
        AbsoluteErrorModel(
          source: source, targetRanks: UnsafePointer(ranks.pointer), multiplicity: counts, capacity: count))
    }
  }

  /// Chooses between registers for two classes and counters for more.
  private func growCounts<Measure: CountMeasure>(
    _ measure: Measure, _ classCount: Int, _ words: UnsafePointer<UInt32>, _ capacity: Int,
    binary: (CountModel<Measure, BinaryCountStatistic<Measure>>) throws -> GrownTree,
    _ general: (CountModel<Measure, CountStatistic<Measure>>) throws -> GrownTree
  ) throws -> GrownTree {
    if classCount == 2 {
      return try binary(
        CountModel(measure: measure, classCount: 2, words: words, capacity: capacity) {
          measure, _, totals, _, total, _ in
          BinaryCountStatistic(measure: measure, nodeOnes: totals[1], nodeTotal: total)
        })
    }
    return try general(
      CountModel(measure: measure, classCount: classCount, words: words, capacity: capacity) {
        measure, classCount, totals, terms, total, scratch in
        CountStatistic(
          measure: measure, classCount: classCount, totals: totals, nodeTerms: terms, nodeTotal: total, left: scratch)
      })
  }

  /// Words with the weights multiplied by the bootstrap's counts; nil when a product does not fit.
  private func scaledWords(_ words: Buffer<UInt32>, _ counts: UnsafePointer<UInt32>?) throws -> Buffer<UInt32>? {
    guard let counts else { return words }
    let scaled = try Buffer<UInt32>(count: rows)
    var fits = true
    for row in 0..<rows {
      let (weight, overflow) = (words[row] >> 16).multipliedReportingOverflow(by: counts[row])
      fits = fits && !overflow && weight < 65536
      scaled[row] = weight << 16 | (words[row] & 0xffff)
    }
    return fits ? scaled : nil
  }

  /// Weights by which all classes of a sample, of every output, have equal totals; nil where that is not asked for.
  private func balancedWeights(_ counts: UnsafePointer<UInt32>?) throws -> Buffer<Double>? {
    guard balancesSamples, let drawn = try scaledWeights(counts) else { return nil }
    let (labels, classCounts): (Buffer<UInt32>, [Int])
    switch targets {
    case .counts(_, let codes, let count, _): (labels, classCounts) = (codes, [count])
    case .classes(let codes, let counts, _): (labels, classCounts) = (codes, counts)
    case .means, .poisson, .medians: return nil
    }
    let total = drawn.elements.reduce(0, +)
    let result = try Buffer<Double>(count: rows)
    result.pointer.update(from: drawn.pointer, count: rows)
    for (output, classCount) in classCounts.enumerated() {
      let own = labels.pointer + output * rows
      var sums = [Double](repeating: 0, count: classCount)
      for row in 0..<rows { sums[Int(own[row])] += drawn[row] }
      let present = Double(sums.count { $0 > 0 })
      for row in 0..<rows where drawn[row] > 0 { result[row] *= total / (present * sums[Int(own[row])]) }
    }
    let sum = result.elements.reduce(0, +)
    BinaryGrid.snap(result.pointer, count: rows, exponent: BinaryGrid.exponent(total: sum))
    return result
  }

  private func scaledWeights(_ counts: UnsafePointer<UInt32>?) throws -> Buffer<Double>? {
    guard let counts else { return nil }
    let scaled = try Buffer<Double>(count: rows)
    for row in 0..<rows { scaled[row] = weights[row] * Double(counts[row]) }
    return scaled
  }
}

/// Ranks of regression targets, for medians.
enum TargetRanks {
  static func make(_ y: UnsafePointer<Double>, rows: Int) throws -> Buffer<UInt32> {
    let column = try NDArray(
      borrowing: UnsafeMutableRawPointer(mutating: y), dtype: .float64, shape: [rows, 1])
    return try RankedFeatures(column).ranks
  }
}
