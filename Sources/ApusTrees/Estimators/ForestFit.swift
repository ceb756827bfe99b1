import ApusModels
import ApusNumerics

/// The fit that all trees and forests share.
enum ForestFit {
  /// Targets as trees learn them.
  private struct Targets {
    var problem: TrainingProblem
    /// Distinct labels of every output; empty for regression.
    var classes: [NDArray]
    /// One column of numbers per output, for the bootstrap.
    var columns: [Buffer<Double>]
    /// What out-of-bag scores compare with.
    var original: NDArray
  }

  /// - Parameter previous: a forest to go on from.
  static func fit<Trees: GrowsTrees>(
    _ estimator: Trees, _ data: TrainingData, previous: FittedTrees?, context: FitContext
  ) throws -> FittedTrees {
    try estimator.validateParameters()
    let schema = Trees.schema
    let growth = estimator.resolvedGrowth
    guard let criterion = Criterion(rawValue: growth.criterion) else {
      throw ApusError.invalidArgument(name: "criterion", reason: "'\(growth.criterion)' is unknown")
    }
    let input = try ForestInput(data, schema: schema)
    let forest = estimator.resolvedForest
    let draws = forest?.bootstrap == true
    let categorical = try CategoricalFeatures.flags(growth.categoricalFeatures, features: input.columns)
    let table = try input.ranked()
    try CategoricalFeatures.require(table, flags: categorical)
    let weights = draws ? try input.presence() : try input.weights()
    let targets =
      schema.role == .classifier
      ? try classes(
        data, table, weights, criterion, growth, draws: draws, input: input, schema: schema,
        classWeight: estimator.resolvedClassWeight)
      : try values(data, table, weights, criterion, growth, input: input, schema: schema)
    if let maxBins = growth.maxBins {
      targets.problem.bins = try RankBins(table, maxBins: maxBins, weights: input.weights())
    }
    if growth.randomThresholds { targets.problem.buckets = try ValueBuckets(table) }
    let bootstrap = draws ? try input.bootstrap(targets.columns.map { UnsafePointer($0.pointer) }) : nil
    var options = try options(
      forest, growth: growth, bootstrap: bootstrap, input: input, weights: targets.problem.weights)
    if let previous { try continuing(previous, targets, input: input, options: &options) }
    let keepsBags = forest?.oobScore == true
    let grown = try withExtendedLifetime((targets.columns, input)) {
      try ForestTrainer.train(
        targets.problem, bootstrap: bootstrap, options: options, keepsBags: keepsBags,
        isCancelled: { context.isCancelled }, progress: { try context.checkpoint("trees", $0) })
    }
    var extras: [String: ParameterValue] = ["max_features_": .int(Int64(options.growth.maxFeatures))]
    let trees = try previous.map { try TreeEnsemble(joining: [$0.trees, grown.trees]) } ?? grown.trees
    var samples = options.drawCount.map { DrawnSamples(seed: options.seed, count: $0) }
    if let previous, previous.samples != samples {
      if keepsBags { DrawnSamples.warnOfOtherDraws(context) }
      samples = nil
    }
    if keepsBags, let samples, let bootstrap {
      let earlier = try ForestTrainer.bags(of: 0..<options.firstTree, samples, bootstrap: bootstrap)
      let model = try FittedTrees(trees, classes: targets.classes, schema: schema, extras: [:])
      try OutOfBag.evaluate(
        model, bags: earlier + grown.bags, features: input.features, targets: targets.original,
        sampleWeight: input.sampleWeight, context: context, into: &extras)
    }
    var leafTargets: LeafTargets?
    if let keeper = estimator as? any KeepsTargets, keeper.keepsTargets {
      leafTargets = try LeafTargets(trees, input: input, targets: targets.original)
    }
    return try FittedTrees(
      trees, classes: targets.classes, schema: schema, extras: extras, leafTargets: leafTargets, samples: samples)
  }

  private static func classes(
    _ data: TrainingData, _ table: RankedFeatures, _ weights: Buffer<Double>, _ criterion: Criterion,
    _ growth: TreeGrowthParameters, draws: Bool, input: ForestInput, schema: EstimatorSchema,
    classWeight: ParameterValue
  ) throws -> Targets {
    let targets = try ClassTargets(data.targets, rows: input.rows, schema: schema)
    if growth.monotonicCst != nil, targets.classes.count > 1 || targets.counts[0] > 2 {
      throw ApusError.unsupported(reason: "monotonic_cst: classification takes it for two classes and one output only")
    }
    // With a bootstrap the sample weights are the probabilities of the draws, and any row may be drawn every time.
    var drawn = 0.0
    if draws {
      let chances = try input.weights()
      drawn = max(withExtendedLifetime(chances) { chances.elements.reduce(0, +) }, Double(input.rows))
    }
    var balancesSamples = false
    if draws, case .string("balanced_subsample") = classWeight { balancesSamples = true }
    try targets.apply(balancesSamples ? .none : classWeight, to: weights)
    guard weights.elements.contains(where: { $0 > 0 }) else {
      throw ApusError.invalidArgument(name: "class_weight", reason: "all weights are zero")
    }
    let problem = try TrainingProblem(
      table: table, labels: targets.labels, classCounts: targets.counts, criterion: criterion, weights: weights,
      largestTotal: drawn * (weights.elements.max() ?? 1))
    problem.balancesSamples = balancesSamples
    guard let original = data.targets else { throw ApusError.internalError(reason: "y: validated but missing") }
    return Targets(
      problem: problem, classes: targets.classes, columns: try targets.labelColumns(), original: original)
  }

  private static func values(
    _ data: TrainingData, _ table: RankedFeatures, _ weights: Buffer<Double>, _ criterion: Criterion,
    _ growth: TreeGrowthParameters, input: ForestInput, schema: EstimatorSchema
  ) throws -> Targets {
    let y = try InputValidation.targets(data.targets, rows: input.rows, schema: schema, dtype: .float64)
    let outputs = y.rank == 2 ? y.shape[1] : 1
    let values = try Buffer<Double>(count: y.count)
    values.pointer.update(from: y.pointer(Double.self), count: y.count)
    // Squares of larger ones overflow in sums.
    for i in 0..<y.count where abs(values[i]) > 1e150 {
      throw ApusError.invalidArgument(
        name: "y", reason: "value \(values[i]) at row \(i / outputs) exceeds 1e150, so that its square overflows")
    }
    if criterion == .poisson {
      guard values.elements.allSatisfy({ $0 >= 0 }), values.elements.contains(where: { $0 > 0 }) else {
        throw ApusError.invalidArgument(
          name: "y", reason: "criterion 'poisson' needs targets that are not negative and not all 0")
      }
    }
    if growth.monotonicCst != nil, outputs > 1 {
      throw ApusError.unsupported(reason: "monotonic_cst: regression takes it for one output only")
    }
    let columns = try (0..<outputs).map { output in
      let column = try Buffer<Double>(count: input.rows)
      for row in 0..<input.rows { column[row] = values[row * outputs + output] }
      return column
    }
    let problem = try TrainingProblem(
      table: table, values: values, outputs: outputs, criterion: criterion, weights: weights)
    return Targets(problem: problem, classes: [], columns: columns, original: y)
  }

  private static func options(
    _ forest: ForestParameters?, growth: TreeGrowthParameters, bootstrap: Bootstrap?, input: ForestInput,
    weights: Buffer<Double>
  ) throws(ApusError) -> ForestOptions {
    var options = ForestOptions()
    options.treeCount = forest?.nEstimators ?? 1
    options.seed = growth.randomState ?? 0
    if let forest {
      if let bootstrap {
        options.drawCount = try draws(forest.maxSamples, full: bootstrap.fullDrawCount)
      } else {
        if forest.oobScore { throw .invalidArgument(name: "oob_score", reason: "True needs bootstrap=True") }
        if case .none = forest.maxSamples {
        } else {
          throw .invalidArgument(name: "max_samples", reason: "needs bootstrap=True; without it it must be None")
        }
      }
    }
    let total = options.drawCount.map(Double.init) ?? weights.elements.reduce(0, +)
    options.growth = try growth.options(rows: input.rows, features: input.columns, totalWeight: total)
    options.ccpAlpha = growth.ccpAlpha
    return options
  }

  /// Leaves only the trees to grow that `previous` does not have yet.
  private static func continuing(
    _ previous: FittedTrees, _ targets: Targets, input: ForestInput, options: inout ForestOptions
  ) throws(ApusError) {
    guard previous.featureCount == input.columns, previous.trees.valueCount == targets.problem.valueCount else {
      throw .shapeMismatch(name: "X", reason: "warm start: features or classes differ from the earlier fit")
    }
    for (earlier, now) in zip(previous.classes, targets.classes) {
      try ClassTargets.requireSame(earlier, now)
    }
    guard previous.trees.treeCount <= options.treeCount else {
      throw .invalidArgument(
        name: "n_estimators",
        reason: "\(options.treeCount) is less than the \(previous.trees.treeCount) trees of the warm start")
    }
    options.firstTree = previous.trees.treeCount
    options.treeCount -= previous.trees.treeCount
  }

  /// `max_samples` as a number of draws.
  private static func draws(_ maxSamples: ParameterValue, full: Int) throws(ApusError) -> Int {
    switch maxSamples {
    case .int(let count):
      guard count >= 1, count <= Int64(full) else {
        throw .invalidArgument(name: "max_samples", reason: "\(count) is not in 1...\(full)")
      }
      return Int(count)
    case .double(let share):
      guard share <= 1 else { throw .invalidArgument(name: "max_samples", reason: "the share \(share) exceeds 1") }
      return max(Int((share * Double(full)).rounded()), 1)
    default: return full
    }
  }
}

extension ClassTargets {
  /// The classes of every output as columns of numbers.
  func labelColumns() throws(ApusError) -> [Buffer<Double>] {
    var columns: [Buffer<Double>] = []
    for output in 0..<classes.count {
      let column = try Buffer<Double>(count: rows)
      for row in 0..<rows { column[row] = Double(labels[output * rows + row]) }
      columns.append(column)
    }
    return columns
  }
}
