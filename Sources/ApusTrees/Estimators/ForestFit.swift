import ApusModels
import ApusNumerics

/// What forests add to ``TreeGrowthParameters``.
public struct ForestParameters: Sendable {
  public var nEstimators = 100
  public var bootstrap: Bool
  public var maxSamples: ParameterValue = .none
  public var oobScore = false
  public var warmStart = false

  public init(bootstrap: Bool) { self.bootstrap = bootstrap }
}

/// An estimator that averages many trees.
protocol GrowsForest: GrowsTrees {
  var forest: ForestParameters { get set }
}

extension GrowsForest {
  /// The schema of ``ForestParameters``.
  static func forestParameters() -> [Parameter] {
    [
      Parameter(
        "n_estimators", \Self.forest.nEstimators, range: .closed(1, 1_000_000),
        doc: "Number of trees; more lowers the variance and costs time in proportion."),
      Parameter(
        "bootstrap", \Self.forest.bootstrap,
        doc:
          "Whether every tree learns from rows drawn with replacement, with probability in proportion to their weight."),
      Parameter(
        "max_samples", \Self.forest.maxSamples, types: [.none, .int, .double], range: .greaterThan(0),
        doc: "Draws per tree: a count, a share of a full sample, or None for a full sample; needs bootstrap."),
      Parameter(
        "oob_score", \Self.forest.oobScore,
        doc: "Whether to score on the rows each tree has not seen; needs bootstrap."),
      Parameter(
        "warm_start", \Self.forest.warmStart, doc: "Whether a further fit keeps the trees and adds new ones."),
    ]
  }

  static func forestAttributes(classifier: Bool) -> [FittedAttribute] {
    [
      FittedAttribute("oob_score_", .double, doc: "Accuracy or R² on rows the trees have not seen."),
      FittedAttribute(
        classifier ? "oob_decision_function_" : "oob_prediction_",
        doc: "Mean over the trees that have not seen the row; NaN where all have, shape (rows, values)."),
    ]
  }
}

/// The fit that all trees and forests share.
enum ForestFit {
  /// Fits a classifier.
  ///
  /// - Parameters:
  ///   - forest: nil for a single tree.
  ///   - previous: a forest to go on from.
  static func classify(
    _ data: TrainingData, schema: EstimatorSchema, growth: TreeGrowthParameters, forest: ForestParameters?,
    classWeight: ParameterValue, previous: FittedTrees? = nil, context: FitContext
  ) throws -> FittedTrees {
    let input = try TreeInput(data, schema: schema)
    let targets = try ClassTargets(data.targets, rows: input.rows, schema: schema)
    if !growth.isUnconstrained, targets.classes.count > 1 || targets.counts[0] > 2 {
      throw ApusError.unsupported(reason: "monotonic_cst: classification takes it for two classes and one output only")
    }
    let table = try RankedFeatures(input.matrix, maxBins: growth.maxBins)
    let draws = forest?.bootstrap == true
    let weights = draws ? try input.presence() : try input.weights()
    try targets.apply(classWeight, to: weights)
    let columns = try targets.labelColumns()
    let bootstrap =
      draws
      ? try Bootstrap(
        features: input.matrix, targets: columns.map { UnsafePointer($0.pointer) },
        weights: input.sampleWeight.map { UnsafePointer($0.pointer(Double.self)) }) : nil
    guard let criterion = Criterion(rawValue: growth.criterion) else {
      throw ApusError.invalidArgument(name: "criterion", reason: "'\(growth.criterion)' is unknown")
    }
    let total = max(weights.elements.reduce(0, +), Double(bootstrap?.fullDrawCount ?? 0))
    guard total > 0 else { throw ApusError.invalidArgument(name: "class_weight", reason: "all weights are zero") }
    let problem = try TrainingProblem(
      table: table, labels: targets.labels, classCounts: targets.counts, criterion: criterion, weights: weights,
      largestTotal: Double(bootstrap?.fullDrawCount ?? 0))
    return try withExtendedLifetime(columns) {
      try run(
        problem, input: input, schema: schema, growth: growth, forest: forest, bootstrap: bootstrap,
        classes: targets.classes,
        targets: data.targets, previous: previous, context: context)
    }
  }

  /// Fits a regressor.
  static func regress(
    _ data: TrainingData, schema: EstimatorSchema, growth: TreeGrowthParameters, forest: ForestParameters?,
    previous: FittedTrees? = nil, context: FitContext
  ) throws -> FittedTrees {
    let input = try TreeInput(data, schema: schema)
    let y = try InputValidation.targets(data.targets, rows: input.rows, schema: schema, dtype: .float64)
    let outputs = y.rank == 2 ? y.shape[1] : 1
    let values = try Buffer<Double>(count: y.count)
    values.pointer.update(from: y.pointer(Double.self), count: y.count)
    if growth.criterion == Criterion.poisson.rawValue {
      guard values.elements.allSatisfy({ $0 >= 0 }), values.elements.contains(where: { $0 > 0 }) else {
        throw ApusError.invalidArgument(
          name: "y", reason: "criterion 'poisson' needs targets that are not negative and not all 0")
      }
    }
    if !growth.isUnconstrained, outputs > 1 {
      throw ApusError.unsupported(reason: "monotonic_cst: regression takes it for one output only")
    }
    let table = try RankedFeatures(input.matrix, maxBins: growth.maxBins)
    let draws = forest?.bootstrap == true
    let weights = draws ? try input.presence() : try input.weights()
    let columns = try (0..<outputs).map { output in
      let column = try Buffer<Double>(count: input.rows)
      for row in 0..<input.rows { column[row] = values[row * outputs + output] }
      return column
    }
    let bootstrap =
      draws
      ? try Bootstrap(
        features: input.matrix, targets: columns.map { UnsafePointer($0.pointer) },
        weights: input.sampleWeight.map { UnsafePointer($0.pointer(Double.self)) }) : nil
    guard let criterion = Criterion(rawValue: growth.criterion) else {
      throw ApusError.invalidArgument(name: "criterion", reason: "'\(growth.criterion)' is unknown")
    }
    let problem = try TrainingProblem(
      table: table, values: values, outputs: outputs, criterion: criterion, weights: weights)
    return try withExtendedLifetime(columns) {
      try run(
        problem, input: input, schema: schema, growth: growth, forest: forest, bootstrap: bootstrap, classes: [],
        targets: y, previous: previous, context: context)
    }
  }

  private static func run(
    _ problem: TrainingProblem, input: TreeInput, schema: EstimatorSchema, growth: TreeGrowthParameters,
    forest: ForestParameters?, bootstrap: Bootstrap?, classes: [NDArray], targets: NDArray?, previous: FittedTrees?,
    context: FitContext
  ) throws -> FittedTrees {
    var options = ForestOptions()
    options.treeCount = forest?.nEstimators ?? 1
    options.seed = growth.randomState ?? 0
    if let bootstrap { options.drawCount = try draws(forest?.maxSamples ?? .none, full: bootstrap.fullDrawCount) }
    let total = options.drawCount.map(Double.init) ?? problem.weights.elements.reduce(0, +)
    options.growth = try growth.options(rows: input.rows, features: input.features, totalWeight: total)
    options.ccpAlpha = growth.ccpAlpha
    if let previous {
      guard previous.featureCount == input.features, previous.trees.valueCount == problem.valueCount else {
        throw ApusError.shapeMismatch(name: "X", reason: "warm start: features or classes differ from the earlier fit")
      }
      guard previous.trees.treeCount <= options.treeCount else {
        throw ApusError.invalidArgument(
          name: "n_estimators",
          reason: "\(options.treeCount) is less than the \(previous.trees.treeCount) trees of the warm start")
      }
      options.firstTree = previous.trees.treeCount
      options.treeCount -= previous.trees.treeCount
    }
    let wantsScore = forest?.oobScore == true
    if wantsScore, bootstrap == nil {
      throw ApusError.invalidArgument(name: "oob_score", reason: "True needs bootstrap=True")
    }
    if bootstrap == nil, let forest, case .none = forest.maxSamples {
    } else if bootstrap == nil, forest != nil {
      throw ApusError.invalidArgument(name: "max_samples", reason: "needs bootstrap=True; without it it must be None")
    }
    let grown = try ForestTrainer.train(
      problem, bootstrap: bootstrap, options: options, keepsBags: wantsScore,
      isCancelled: { context.isCancelled }, progress: { try context.checkpoint("trees", $0) })
    var extras: [String: ParameterValue] = ["max_features_": .int(Int64(options.growth.maxFeatures))]
    if wantsScore, previous == nil, let targets {
      let model = try FittedTrees(grown.trees, classes: classes, schema: schema, extras: [:])
      try OutOfBag.evaluate(
        model, bags: grown.bags, matrix: input.matrix, targets: targets, sampleWeight: input.sampleWeight,
        context: context, into: &extras)
    }
    let trees = try previous.map { try TreeEnsemble(joining: [$0.trees, grown.trees]) } ?? grown.trees
    return try FittedTrees(trees, classes: classes, schema: schema, extras: extras)
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

extension TreeGrowthParameters {
  var isUnconstrained: Bool { monotonicCst == nil }
}

extension TreeInput {
  /// 1 for rows with weight, 0 for the others: what trees see when the weights went into the bootstrap.
  func presence() throws(ApusError) -> Buffer<Double> {
    let weights = try weights()
    for row in 0..<rows { weights[row] = weights[row] > 0 ? 1 : 0 }
    return weights
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
