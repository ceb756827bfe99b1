import ApusNumerics

/// How boosting proceeds.
struct BoostingOptions: Sendable {
  var growth = BoostedGrowth()
  var iterations = 100
  /// Share of the rows drawn for each round, without replacement.
  var subsample = 1.0
  /// Share of the features drawn for each tree.
  var featureShare = 1.0
  /// Gradient-based one-side sampling: shares of rows kept for their large gradients and drawn from the others.
  var oneSide: (top: Double, other: Double)?
  /// Dropout of earlier trees: rate, most trees dropped, chance of no dropout in a round.
  var dropout: (rate: Double, limit: Int, skip: Double)?
  /// Bits of quantised gradients; nil for 24.
  var quantisationBits: Int?
  /// Rounds without improvement by `tolerance` after which to stop; nil never stops early.
  var patience: Int?
  var tolerance = 1e-7
  var seed: UInt64 = 0
  /// Whether trees take their shape from gradients alone, as if Hessians were 1; leaves still hold Newton steps.
  var splitsOnGradients = false
  /// Price of a leaf in cost-complexity pruning, per weight of the rows; 0 prunes nothing.
  var ccpAlpha = 0.0
  /// Whether scores start at 0 in place of the best constant.
  var startsAtZero = false
  /// Whether the loss of the rows drawn for every round is kept, and that of the others.
  var keepsStages = false
  /// What is reported after each round. The first one, if any, is watched in place of the loss.
  var metrics: [BoostingMetric] = []

  var watches: Bool { patience != nil || !metrics.isEmpty }
}

/// Rows held out to watch the loss.
struct ValidationSet {
  let matrix: NDArray
  let y: BoostingTargets
  let weights: UnsafePointer<Double>?
  /// Evaluates these rows where the objective of the training rows does not.
  var objective: BoostingObjective?
  /// (rows, outputs) scores to start from; nil for none.
  var initial: UnsafePointer<Double>?
  /// The rows of each evaluation set; the first one is watched.
  var parts: [Range<Int>]
}

/// What boosting made.
struct BoostedTrees {
  /// Round after round, within a round output after output.
  var trees: [GrownTree]
  var baseline: [Double]
  /// Minus the mean loss before the first and after each round.
  var trainScores: [Double]
  var validationScores: [Double]
  /// ``BoostingOptions/metrics`` at the same times, round by round.
  var trainMetrics: [Double] = []
  var validationMetrics: [Double] = []
  /// Losses after every round on the rows drawn for it, and on the others, with that before the first round.
  var stageLosses: [Double] = []
  var outOfBagLosses: [Double] = []
  var initialOutOfBagLoss = 0.0
}

/// Gradient boosting on histograms, round by round.
///
/// Friedman 2001, doi:10.1214/aos/1013203451; Ke et al. 2017 (histograms, one-side sampling); Rashmi, Gilad-Bachrach 2015,
/// arXiv:1505.01866 (dropout).
struct BoostingTrainer {
  let options: BoostingOptions
  let objective: BoostingObjective
  let matrix: NDArray
  let binned: BinnedMatrix
  let y: BoostingTargets
  let weights: UnsafePointer<Double>?
  let table: GradientTable
  private let rows: Int
  private let largestWeight: Double
  /// In units of the weights as given.
  private let totalWeight: Double
  private let raw: Buffer<Double>
  /// (gradient, Hessian) of every row, of every output where they are computed at once. Nil where they are needed only
  /// until the table has taken them over: they are then computed in its memory.
  private let keptSteps: Buffer<SIMD2<Float>>?
  private let probabilities: Buffer<Float>?
  private let grower: BoostedTreeGrower

  init(
    options: BoostingOptions, objective: BoostingObjective, matrix: NDArray, mapper: BinMapper,
    y: BoostingTargets, weights: UnsafePointer<Double>?, multiplicity: UnsafePointer<Int32>?, totalCount: Int
  ) throws {
    self.options = options
    self.objective = objective
    self.matrix = matrix
    self.y = y
    self.weights = weights
    rows = matrix.shape[0]
    binned = try BinnedMatrix(matrix, mapper: mapper)
    table = try GradientTable(rows: rows, totalCount: totalCount, multiplicity: multiplicity)
    totalWeight =
      options.growth.gainUnit
      * (weights.map { weights in (0..<matrix.shape[0]).reduce(0) { $0 + weights[$1] } }
        ?? Double(matrix.shape[0]))
    largestWeight = weights.map { weights in (0..<matrix.shape[0]).reduce(0) { max($0, weights[$1]) } } ?? 1
    raw = try Buffer(count: try checkedCount([rows, objective.outputs], stride: 1))
    let stepCount = objective.fillsAtOnce ? raw.count : rows
    let keepsSteps = options.splitsOnGradients || options.quantisationBits != nil || stepCount > rows
    keptSteps = keepsSteps ? try Buffer(count: stepCount) : nil
    if case .softmax = objective { probabilities = try Buffer(count: raw.count) } else { probabilities = nil }
    grower = try BoostedTreeGrower(matrix: binned, mapper: mapper, growth: options.growth)
  }

  /// - Parameters:
  ///   - earlier: trees of a warm start with the baseline they were grown on.
  ///   - initial: (rows, outputs) scores to start from, in place of a baseline; nil for none.
  func train(
    validation: ValidationSet?, earlier: BoostedTrees?, initial: UnsafePointer<Double>?,
    progress: (Double) throws -> Void
  ) throws -> BoostedTrees {
    let outputs = objective.outputs
    var result: BoostedTrees
    if let earlier {
      result = earlier
    } else {
      let baseline =
        initial == nil && !options.startsAtZero
        ? try objective.baseline(y, weights, count: rows) : [Double](repeating: 0, count: objective.outputs)
      result = BoostedTrees(trees: [], baseline: baseline, trainScores: [], validationScores: [])
    }
    StartingScores.fill(raw.pointer, rows: rows, baseline: result.baseline, initial: initial)
    let validationRaw = try Buffer<Double>(count: (validation?.matrix.shape[0] ?? 0) * outputs)
    let validationRows = validation?.matrix.shape[0] ?? 0
    StartingScores.fill(
      validationRaw.pointer, rows: validationRows, baseline: result.baseline, initial: validation?.initial)
    for (index, tree) in result.trees.enumerated() {
      TreeScores.add(tree, matrix, factor: 1, to: raw.pointer + index % outputs * rows)
      if let validation {
        TreeScores.add(tree, validation.matrix, factor: 1, to: validationRaw.pointer + index % outputs * validationRows)
      }
    }
    func watch() throws {
      guard options.watches else { return }
      let (score, values) = try evaluate(objective, y: y, raw: raw.pointer, weights: weights, rows: rows)
      result.trainScores.append(score)
      result.trainMetrics += values
      if let validation {
        for (index, part) in validation.parts.enumerated() {
          let (score, values) = try evaluate(validation, part: part, raw: validationRaw.pointer, rows: validationRows)
          if index == 0 { result.validationScores.append(score) }
          result.validationMetrics += values
        }
      }
    }
    if result.trainScores.isEmpty { try watch() }
    let done = result.trees.count / outputs
    for round in done..<max(options.iterations, done) {
      if shouldStop(validation == nil ? result.trainScores : result.validationScores) { break }
      var random = RandomStream(seed: options.seed, index: UInt64(round))
      let dropped = drop(from: result.trees, outputs: outputs, &random)
      for index in dropped {
        TreeScores.add(result.trees[index], matrix, factor: -1, to: raw.pointer + index % outputs * rows)
      }
      if let probabilities {
        BoostingObjective.fillProbabilities(probabilities.pointer, raw: raw.pointer, rows: rows, classes: outputs)
      }
      let current = objective.forRound(y: y, raw: raw.pointer, weights: weights, rows: rows)
      try current.fillAll(y: y, raw: raw.pointer, rows: rows, into: steps)
      let sampleSeed = random.next()
      let sample = try stageSample(sampleSeed)
      if let sample, result.trees.isEmpty { result.initialOutOfBagLoss = try stageLoss(current, sample.others) }
      for output in 0..<outputs {
        let tree = try growTree(current, round: round, output: output, sampleSeed: sampleSeed, &random)
        let share = dropped.isEmpty ? 1 : 1 / Double(dropped.count / outputs + 1)
        TreeScores.scale(tree, by: share)
        update(tree, output: output)
        if let validation {
          TreeScores.add(tree, validation.matrix, factor: 1, to: validationRaw.pointer + output * validationRows)
        }
        result.trees.append(tree)
      }
      restore(dropped, in: result.trees, outputs: outputs, validation, validationRaw)
      if options.keepsStages {
        result.stageLosses.append(try stageLoss(current, sample?.drawn))
        if let sample { result.outOfBagLosses.append(try stageLoss(current, sample.others)) }
      }
      try watch()
      try progress(Double(round + 1) / Double(options.iterations))
    }
    return result
  }

  /// Weights of the rows drawn for a round and of the others, where stages are kept and rows drawn.
  private func stageSample(_ seed: UInt64) throws -> (drawn: Buffer<Double>, others: Buffer<Double>)? {
    guard options.keepsStages, options.subsample < 1 else { return nil }
    let (drawn, others) = (try Buffer<Double>(zeroed: rows), try Buffer<Double>(zeroed: rows))
    for row in 0..<rows { others[row] = weights?[row] ?? 1 }
    guard let sample = try RowSampling.draw(options, rows: rows, seed: seed, weights: weights, steps: steps) else {
      return (others, drawn)
    }
    for row in sample.elements {
      drawn[Int(row)] = others[Int(row)]
      others[Int(row)] = 0
    }
    return (drawn, others)
  }

  /// The loss of a stage on rows with these weights; nil for all rows.
  private func stageLoss(_ objective: BoostingObjective, _ weights: Buffer<Double>?) throws -> Double {
    guard let weights else {
      return objective.stageFactor * (try objective.loss(y: y, raw: raw.pointer, weights: self.weights, rows: rows))
    }
    return objective.stageFactor
      * (try objective.loss(y: y, raw: raw.pointer, weights: UnsafePointer(weights.pointer), rows: rows))
  }

  /// As ``evaluate(_:y:raw:weights:rows:)`` for one evaluation set out of scores (outputs, rows).
  private func evaluate(
    _ validation: ValidationSet, part: Range<Int>, raw: UnsafePointer<Double>, rows: Int
  ) throws -> (Double, [Double]) {
    let (start, count) = (part.lowerBound, part.count)
    let own = try Buffer<Double>(count: count * objective.outputs)
    for output in 0..<objective.outputs {
      (own.pointer + output * count).update(from: raw + output * rows + start, count: count)
    }
    return try evaluate(
      validation.objective ?? objective, y: validation.y.dropping(start), raw: own.pointer,
      weights: validation.weights.map { $0 + start }, rows: count)
  }

  /// The score that is watched, larger is better, and the metrics.
  private func evaluate(
    _ objective: BoostingObjective, y: BoostingTargets, raw: UnsafePointer<Double>,
    weights: UnsafePointer<Double>?, rows: Int
  ) throws -> (Double, [Double]) {
    let values = try options.metrics.map {
      try $0.value(objective, y: y, raw: raw, weights: weights, rows: rows)
    }
    if let first = options.metrics.first { return (first.isBetterWhenLarger ? values[0] : -values[0], values) }
    return (-(try objective.loss(y: y, raw: raw, weights: weights, rows: rows)), values)
  }

  /// Where gradients and Hessians are computed.
  private var steps: UnsafeMutablePointer<SIMD2<Float>> {
    if let keptSteps { return keptSteps.pointer }
    return UnsafeMutableRawPointer(table.pairs.pointer).bindMemory(to: SIMD2<Float>.self, capacity: rows)
  }

  /// One tree on the gradients of one output.
  private func growTree(
    _ objective: BoostingObjective, round: Int, output: Int, sampleSeed: UInt64, _ random: inout RandomStream
  ) throws -> GrownTree {
    let steps = self.steps + (objective.fillsAtOnce ? output * rows : 0)
    objective.fill(
      output: output, rows: rows, y: y, raw: raw.pointer,
      probabilities: probabilities.map { UnsafePointer($0.pointer) }, into: steps)
    let sample = try RowSampling.draw(options, rows: rows, seed: sampleSeed, weights: weights, steps: steps)
    let isFinite = table.load(
      steps, weights: weights, largestWeight: largestWeight, unitHessians: options.splitsOnGradients,
      quantisation: options.quantisationBits.map { ($0, random.next()) })
    guard isFinite else {
      throw ApusError.numericalFailure(
        reason: "boosting round \(round + 1): the gradients are not finite; scale y or lower learning_rate")
    }
    var tree = try grower.grow(table, sample: sample, features: drawFeatures(&random), random: &random)
    if options.ccpAlpha > 0 {
      (tree, grower.leaves) = try BoostedPruning.prune(
        tree, grower.leaves, alpha: options.ccpAlpha, total: totalWeight)
    }
    renew(tree, objective, output: output, steps: steps)
    for node in 0..<tree.nodeCount where !tree.value[node].isFinite {
      throw ApusError.numericalFailure(
        reason: "boosting round \(round + 1): a leaf has the value \(tree.value[node]); scale y or lower learning_rate")
    }
    return tree
  }

  private func drawFeatures(_ random: inout RandomStream) -> [Int]? {
    guard options.featureShare < 1 else { return nil }
    var features = Array(0..<binned.columns)
    let wanted = max(1, Int((options.featureShare * Double(features.count)).rounded(.up)))
    for i in 0..<wanted { features.swapAt(i, i + random.below(features.count - i)) }
    return features[0..<wanted].sorted()
  }

  /// Leaf values from more than rounded gradients: medians and quantiles of residuals for losses that need them, sums of
  /// the gradients as they are where those were quantised.
  private func renew(
    _ tree: GrownTree, _ objective: BoostingObjective, output: Int, steps: UnsafePointer<SIMD2<Float>>
  ) {
    let rate = options.growth.learningRate
    if case .single(let loss) = objective, loss.renewsLeaves {
      nonisolated(unsafe) let leaves = grower.leaves
      ThreadPool.parallelFor(tasks: leaves.count) { index in
        let leaf = leaves[index]
        var residuals: [(residual: Double, weight: Double)] = []
        residuals.reserveCapacity(leaf.count)
        for i in 0..<leaf.count {
          let row = Int(leaf.rows[i])
          residuals.append((y[row] - raw[row], weights?[row] ?? 1))
        }
        tree.value[leaf.node] = rate * loss.leafValue(residuals: &residuals)
      }
      return
    }
    guard options.splitsOnGradients || options.quantisationBits != nil, options.growth.limits.monotone.isEmpty
    else { return }
    // Friedman 2001, equation 32: of K classes one is redundant.
    var scale = rate
    if options.splitsOnGradients, case .softmax(let classes) = objective {
      scale *= Double(classes - 1) / Double(classes)
    }
    nonisolated(unsafe) let leaves = grower.leaves
    nonisolated(unsafe) let steps = steps
    ThreadPool.parallelFor(tasks: leaves.count) { index in
      let leaf = leaves[index]
      var (g, h) = (0.0, 0.0)
      for i in 0..<leaf.count {
        let row = Int(leaf.rows[i])
        let (step, weight) = (steps[row], weights?[row] ?? 1)
        g += weight * Double(step.x)
        h += weight * Double(step.y)
      }
      tree.value[leaf.node] = scale * options.growth.limits.gain.value(g, h)
    }
  }

  /// Adds a new tree to the scores: by leaf for the rows it has seen, by descent for the others.
  private func update(_ tree: GrownTree, output: Int) {
    let scores = raw.pointer + output * rows
    let leaves = grower.leaves
    let seen = leaves.reduce(0) { $0 + $1.count }
    if seen < rows {
      TreeScores.add(tree, matrix, factor: 1, to: scores)
      return
    }
    ThreadPool.parallelFor(tasks: leaves.count) { index in
      let leaf = leaves[index]
      let value = tree.value[leaf.node]
      for i in 0..<leaf.count { scores[Int(leaf.rows[i])] += value }
    }
  }

  /// The trees this round does without.
  private func drop(from trees: [GrownTree], outputs: Int, _ random: inout RandomStream) -> [Int] {
    guard let dropout = options.dropout, !trees.isEmpty, random.uniform() >= dropout.skip else { return [] }
    var rounds: [Int] = []
    for round in 0..<(trees.count / outputs) where random.uniform() < dropout.rate { rounds.append(round) }
    if rounds.isEmpty { rounds = [random.below(trees.count / outputs)] }
    while rounds.count > dropout.limit { rounds.remove(at: random.below(rounds.count)) }
    return rounds.flatMap { round in (0..<outputs).map { round * outputs + $0 } }
  }

  /// Shrinks dropped trees to k / (k + 1) and puts them back.
  private func restore(
    _ dropped: [Int], in trees: [GrownTree], outputs: Int, _ validation: ValidationSet?,
    _ validationRaw: Buffer<Double>
  ) {
    guard !dropped.isEmpty else { return }
    let k = Double(dropped.count / outputs)
    for index in dropped {
      let output = index % outputs
      if let validation {
        TreeScores.add(
          trees[index], validation.matrix, factor: -1 / (k + 1),
          to: validationRaw.pointer + output * validation.matrix.shape[0])
      }
      TreeScores.scale(trees[index], by: k / (k + 1))
      TreeScores.add(trees[index], matrix, factor: 1, to: raw.pointer + output * rows)
    }
  }

  /// Whether none of the last `patience` scores improved on the one before them by the tolerance.
  private func shouldStop(_ scores: [Double]) -> Bool {
    guard let patience = options.patience, scores.count > patience else { return false }
    let reference = scores[scores.count - patience - 1] + options.tolerance
    return !scores.suffix(patience).contains { $0 > reference }
  }
}

/// Raw scores before the first tree.
enum StartingScores {
  /// Sets `raw` (outputs, rows) to the baseline plus the initial scores (rows, outputs), if any.
  static func fill(
    _ raw: UnsafeMutablePointer<Double>, rows: Int, baseline: [Double], initial: UnsafePointer<Double>?
  ) {
    for (output, constant) in baseline.enumerated() {
      let own = raw + output * rows
      for row in 0..<rows { own[row] = constant + (initial.map { $0[row * baseline.count + output] } ?? 0) }
    }
  }
}

/// Scores of single trees as they grow.
enum TreeScores {
  /// Multiplies all values of a tree.
  static func scale(_ tree: GrownTree, by factor: Double) {
    if factor == 1 { return }
    for node in 0..<tree.nodeCount { tree.value[node] *= factor }
  }

  /// Adds `factor · value(row)` to every row's score.
  static func add(_ tree: GrownTree, _ matrix: NDArray, factor: Double, to scores: UnsafeMutablePointer<Double>) {
    ThreadPool.parallelBlocks(count: matrix.shape[0], blockSize: 4096) { range in
      switch matrix.dtype {
      case .float32:
        let view = matrix.matrixView(Float.self)
        for row in range { scores[row] += factor * value(tree) { Double(view[row, $0]) } }
      default:
        let view = matrix.matrixView(Double.self)
        for row in range { scores[row] += factor * value(tree) { view[row, $0] } }
      }
    }
  }

  @inline(__always)
  private static func value(_ tree: GrownTree, _ x: (Int) -> Double) -> Double {
    var node = 0
    let (features, thresholds, flags) = (tree.feature.pointer, tree.threshold.pointer, tree.flags.pointer)
    let (lefts, rights) = (tree.left.pointer, tree.right.pointer)
    while features[node] >= 0 {
      let value = x(Int(features[node]))
      var goesLeft = value <= thresholds[node]
      if value != value {
        goesLeft = flags[node] & GrownTree.missingLeft != 0
      } else if flags[node] & GrownTree.categorical != 0 {
        goesLeft = contains(tree, set: Int(thresholds[node]), category: value)
      }
      node = Int(goesLeft ? lefts[node] : rights[node])
    }
    return tree.value.pointer[node]
  }

  private static func contains(_ tree: GrownTree, set: Int, category: Double) -> Bool {
    let start = Int(tree.setOffsets[set])
    guard category >= 0, category < Double((Int(tree.setOffsets[set + 1]) - start) * 32) else { return false }
    let index = Int(category)
    return Double(index) == category && tree.setWords[start + index >> 5] >> UInt32(index & 31) & 1 != 0
  }
}
