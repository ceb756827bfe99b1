import ApusModels
import ApusNumerics
import CMemory

/// The fit that classifier and regressor of histogram gradient boosting share.
enum BoostingFit {
  /// What their fits take beside features, targets and sample weights.
  static let arguments = [
    "validation_x", "validation_y", "validation_sample_weight", "validation_group", "initial_score", "objective",
  ]

  /// Rows from which memory counts more than the time to give it back.
  private static let manyRows = 100_000

  /// Targets as numbers and what to minimise on them.
  struct Problem {
    var targets: TargetStore
    var objective: BoostingObjective
    var link: BoostingLink
    var classes: NDArray?
    /// Sample weights times class weights; nil for 1.
    var weights: Buffer<Double>?
    /// (rows, outputs) scores to start from; nil for none.
    var initial: Buffer<Double>?
    /// Held-out targets and what evaluates them, where these need more than the targets' numbers.
    var validationTargets: TargetStore?
    var validationObjective: BoostingObjective?
    /// Whether early stopping may hold out single rows.
    var holdsOut = true
  }

  static func fit(
    _ problem: Problem, input: TreeInput, data: TrainingData, schema: EstimatorSchema,
    parameters: BoostingParameters, metrics: [BoostingMetric], previous: FittedBoosting?, context: FitContext
  ) throws -> FittedBoosting {
    var options = try parameters.options(features: input.features, rows: input.rows)
    let scored = try BoostingScore.metrics(parameters.scoring, allowed: metrics)
    if let names = parameters.evalMetric {
      guard parameters.scoring == .loss else {
        throw ApusError.invalidArgument(name: "scoring", reason: "eval_metric says already what is watched")
      }
      options.metrics = try BoostingMetric.list(names, allowed: metrics)
    } else if options.patience != nil {
      options.metrics = scored
    }
    if !problem.holdsOut, data.extras["validation_x"] == nil, options.patience != nil {
      guard case .string = parameters.earlyStopping else {
        throw ApusError.invalidArgument(
          name: "validation_x", reason: "is missing: early stopping needs held-out queries")
      }
      options.patience = nil
    }
    var problem = problem
    if let objective = data.objective {
      problem.objective = .custom(
        try CustomLoss(objective: objective, outputs: problem.objective.outputs, rows: input.rows),
        evaluated: problem.objective)
    }
    problem.initial = try initialScores(data, rows: input.rows, outputs: problem.objective.outputs)
    if problem.initial != nil, options.watches, data.extras["validation_x"] != nil {
      throw ApusError.unsupported(reason: "initial_score: the scores of the rows of validation_x are not known")
    }
    let split = try HoldOut(
      problem, input: input, data: data, parameters: parameters, schema: schema, options: options)
    let rows = split.matrix.shape[0]
    rescale(&options, by: split.weights.map { WeightScale.normalise($0, largestWhole: 4096, wholeTotal: 0x1p40) } ?? 1)
    if let classic = parameters.classic {
      let total = split.weights?.elements.reduce(0, +) ?? Double(rows)
      options.growth.limits.minChildWeight = classic.minWeightFractionLeaf * total
      options.growth.limits.minGain = classic.minImpurityDecrease * total
    }
    let weights = split.weights.map { UnsafePointer($0.pointer) }
    let counts = try split.wholeWeights()
    let mapper = try BinMapper(
      split.matrix, weights: weights, maxBins: parameters.maxBins,
      categorical: try CategoricalFeatures.flags(parameters.categoricalFeatures, features: input.features))
    if input.rows >= BoostingFit.manyRows { apus_return_free_memory() }
    let trainer = try BoostingTrainer(
      options: options, objective: problem.objective, matrix: split.matrix, mapper: mapper,
      y: split.targets.view, weights: weights,
      multiplicity: counts.map { UnsafePointer($0.pointer) },
      totalCount: counts?.elements.reduce(0) { $0 + Int($1) } ?? rows)
    if parameters.warmStart, let before = previous?.classes, let classes = problem.classes {
      try ClassTargets.requireSame(before, classes)
    }
    let earlier = try (parameters.warmStart ? previous : nil).map {
      try Continuation.trees(
        of: $0, outputs: problem.objective.outputs, features: input.features, hasStages: options.keepsStages)
    }
    let boosted = try withExtendedLifetime((split, counts)) {
      try trainer.train(
        validation: split.validation, earlier: earlier, initial: split.initial.map { UnsafePointer($0.pointer) },
        progress: { try context.checkpoint("boosting", $0) })
    }
    var extras: [String: ParameterValue] = ["do_early_stopping_": .bool(options.patience != nil)]
    extras["train_score_"] = .array(try NDArray(boosted.trainScores))
    extras["validation_score_"] = .array(try NDArray(boosted.validationScores))
    if options.keepsStages { extras.merge(try stages(boosted)) { $1 } }
    func table(_ values: [Double]) throws -> ParameterValue {
      let columns = max(options.metrics.count, 1)
      return .array(try NDArray(values, shape: [values.count / columns, options.metrics.isEmpty ? 0 : columns]))
    }
    extras["train_metrics_"] = try table(boosted.trainMetrics)
    let parts = split.validation?.parts.count ?? 1
    extras["validation_metrics_"] =
      parts == 1 || options.metrics.isEmpty
      ? try table(boosted.validationMetrics)
      : .array(
        try NDArray(
          boosted.validationMetrics,
          shape: [
            boosted.validationMetrics.count / (parts * options.metrics.count), parts, options.metrics.count,
          ]))
    let trees = try TreeEnsemble(boosted.trees, featureCount: input.features, valueCount: 1)
    return try FittedBoosting(
      trees, baseline: boosted.baseline, link: problem.link, classes: problem.classes, schema: schema, extras: extras)
  }
}

extension BoostingFit {
  /// Penalties and limits in units of weights that were divided by a power of two.
  private static func rescale(_ options: inout BoostingOptions, by unit: Double) {
    options.growth.gainUnit = unit
    options.growth.limits.gain.l1 /= unit
    options.growth.limits.gain.l2 /= unit
    options.growth.limits.minChildWeight /= unit
    options.growth.limits.minGain /= unit
  }

  /// Losses of the stages as attributes.
  private static func stages(_ boosted: BoostedTrees) throws -> [String: ParameterValue] {
    var extras: [String: ParameterValue] = ["train_score_": .array(try NDArray(boosted.stageLosses))]
    let losses = boosted.outOfBagLosses
    guard let last = losses.last else { return extras }
    let before = [boosted.initialOutOfBagLoss] + losses.dropLast()
    extras["oob_scores_"] = .array(try NDArray(losses))
    extras["oob_improvement_"] = .array(try NDArray(zip(before, losses).map { $0 - $1 }))
    extras["oob_score_"] = .double(last)
    return extras
  }

  /// The extra `initial_score`: (rows,) for one output, (rows, outputs), finite.
  private static func initialScores(_ data: TrainingData, rows: Int, outputs: Int) throws -> Buffer<Double>? {
    guard let given = data.extras["initial_score"] else { return nil }
    let name = "initial_score"
    let scores = try given.converted(to: .float64, name: name)
    guard scores.shape == [rows, outputs] || (outputs == 1 && scores.shape == [rows]) else {
      throw ApusError.shapeMismatch(name: name, reason: "has shape \(given.shape), needs (\(rows), \(outputs))")
    }
    try InputValidation.requireFinite(scores, name: name)
    let copy = try Buffer<Double>(count: rows * outputs)
    copy.pointer.update(from: scores.pointer(Double.self), count: copy.count)
    return copy
  }

  /// The fit of classifiers.
  static func classify(
    _ data: TrainingData, schema: EstimatorSchema, parameters: BoostingParameters, classWeight: ParameterValue,
    binary: (loss: any BoostingLoss, link: BoostingLink) = (LogisticLoss(), .logit), previous: FittedBoosting?,
    context: FitContext
  ) throws -> FittedBoosting {
    let input = try TreeInput(data, schema: schema)
    let targets = try ClassTargets(data.targets, rows: input.rows, schema: schema)
    let count = targets.counts[0]
    guard count <= 2 || binary.link == .logit else {
      throw ApusError.invalidArgument(name: "loss", reason: "'exponential' takes two classes, y has \(count)")
    }
    let codes = try TargetStore.classes(targets.labels.pointer, count: input.rows, classes: count)
    var weights: Buffer<Double>?
    var isWeighted = input.sampleWeight != nil
    if case .none = classWeight {} else { isWeighted = true }
    if isWeighted {
      let product = try input.weights()
      try targets.apply(classWeight, to: product)
      weights = product
    }
    let problem = Problem(
      targets: codes, objective: count > 2 ? .softmax(classes: count) : .single(binary.loss),
      link: count > 2 ? .softmax : binary.link, classes: targets.classes[0], weights: weights)
    return try fit(
      problem, input: input, data: data, schema: schema, parameters: parameters,
      metrics: [.loss, .error, .accuracy] + (count > 2 ? [] : [.auc]), previous: previous, context: context)
  }

  /// The fit of regressors.
  ///
  /// - Parameter loss: what to minimise, given the targets, and the link of its predictions.
  static func regress(
    _ data: TrainingData, schema: EstimatorSchema, parameters: BoostingParameters, previous: FittedBoosting?,
    context: FitContext, loss: (TargetStore) throws(ApusError) -> (any BoostingLoss, BoostingLink)
  ) throws -> FittedBoosting {
    let input = try TreeInput(data, schema: schema)
    let targets = TargetStore(
      try InputValidation.targets(data.targets, rows: input.rows, schema: schema, dtype: .float64))
    let (minimised, link) = try loss(targets)
    let problem = Problem(
      targets: targets, objective: .single(minimised), link: link, classes: nil,
      weights: input.sampleWeight == nil ? nil : try input.weights())
    return try fit(
      problem, input: input, data: data, schema: schema, parameters: parameters,
      metrics: [.loss, .mse, .rmse, .mae, .r2],
      previous: previous, context: context)
  }
}

/// Training and validation rows of a fit.
private final class HoldOut {
  let matrix: NDArray
  let targets: TargetStore
  let weights: Buffer<Double>?
  let initial: Buffer<Double>?
  private(set) var validation: ValidationSet?
  private var heldInitial: Buffer<Double>?
  private var heldTargets: TargetStore?
  private var heldWeights: Buffer<Double>?

  /// Uses `validation_x` and `validation_y` if the caller supplied them, else holds out a random share when early stopping
  /// asks for it; of classes every one keeps its share.
  init(
    _ problem: BoostingFit.Problem, input: TreeInput, data: TrainingData, parameters: BoostingParameters,
    schema: EstimatorSchema, options: BoostingOptions
  ) throws {
    if options.watches, let given = data.extras["validation_x"] {
      matrix = input.matrix
      targets = problem.targets
      weights = problem.weights
      initial = problem.initial
      try useGiven(given, problem, data, schema, columns: input.features)
      return
    }
    guard options.patience != nil, problem.holdsOut, let share = parameters.validationFraction, input.rows >= 2 else {
      matrix = input.matrix
      targets = problem.targets
      weights = problem.weights
      initial = problem.initial
      return
    }
    let held = HoldOut.choose(problem, rows: input.rows, share: share, seed: parameters.randomState ?? 0)
    let kept = (0..<input.rows).filter { !held[$0] }
    let out = (0..<input.rows).filter { held[$0] }
    func pick(_ source: Buffer<Double>, _ rows: [Int], width: Int = 1) throws -> Buffer<Double> {
      let result = try Buffer<Double>(count: rows.count * width)
      for (i, row) in rows.enumerated() {
        for k in 0..<width { result[i * width + k] = source[row * width + k] }
      }
      return result
    }
    let outputs = problem.objective.outputs
    initial = try problem.initial.map { try pick($0, kept, width: outputs) }
    let start = try problem.initial.map { try pick($0, out, width: outputs) }
    heldInitial = start
    matrix = try TakenRows.take(input.matrix, kept)
    targets = try problem.targets.picked(kept)
    weights = try problem.weights.map { try pick($0, kept) }
    let (y, w) = (try problem.targets.picked(out), try problem.weights.map { try pick($0, out) })
    heldTargets = y
    heldWeights = w
    validation = ValidationSet(
      matrix: try TakenRows.take(input.matrix, out), y: y.view,
      weights: w.map { UnsafePointer($0.pointer) }, initial: start.map { UnsafePointer($0.pointer) },
      parts: [0..<out.count])
  }

  private func useGiven(
    _ given: NDArray, _ problem: BoostingFit.Problem, _ data: TrainingData, _ schema: EstimatorSchema, columns: Int
  ) throws {
    let x = try TreeInput.matrix(.dense(given), schema: schema, expectedColumns: columns)
    let rows = x.shape[0]
    if let targets = problem.validationTargets {
      heldTargets = targets
      validation = ValidationSet(
        matrix: x, y: targets.view, weights: nil, objective: problem.validationObjective, parts: [0..<rows])
      return
    }
    let y = try InputValidation.targets(
      data.extras["validation_y"], rows: rows, schema: schema, dtype: .float64, name: "validation_y")
    let held = try Buffer<Double>(count: rows)
    if let classes = try problem.classes?.converted(to: .float64).elements(as: Double.self) {
      for row in 0..<rows {
        guard let code = classes.firstIndex(of: y.pointer(Double.self)[row]) else {
          throw ApusError.invalidArgument(
            name: "validation_y", reason: "label \(y.pointer(Double.self)[row]) at row \(row) is not among the classes")
        }
        held[row] = Double(code)
      }
    } else {
      held.pointer.update(from: y.pointer(Double.self), count: rows)
    }
    let store = TargetStore(held)
    heldTargets = store
    if let weight = try InputValidation.sampleWeight(
      data.extras["validation_sample_weight"], rows: rows, name: "validation_sample_weight")
    {
      let copy = try Buffer<Double>(count: rows)
      copy.pointer.update(from: weight.pointer(Double.self), count: rows)
      heldWeights = copy
    }
    validation = ValidationSet(
      matrix: x, y: store.view, weights: heldWeights.map { UnsafePointer($0.pointer) },
      parts: try HoldOut.parts(data.extras["validation_group"], rows: rows))
  }

  /// The rows of consecutive evaluation sets out of their sizes; one set when absent.
  private static func parts(_ given: NDArray?, rows: Int) throws(ApusError) -> [Range<Int>] {
    guard let given else { return [0..<rows] }
    let name = "validation_group"
    let sizes = try given.converted(to: .float64, name: name)
    guard sizes.rank == 1 else {
      throw .shapeMismatch(name: name, reason: "has shape \(sizes.shape), needs one dimension")
    }
    var parts: [Range<Int>] = []
    for value in try sizes.elements(as: Double.self) {
      let start = parts.last?.upperBound ?? 0
      guard let size = Int(exactly: value), size >= 1, size <= rows - start else {
        throw .invalidArgument(
          name: name, reason: "contains \(value); sizes are whole numbers that sum to the \(rows) rows of validation_x")
      }
      parts.append(start..<(start + size))
    }
    guard let last = parts.last, last.upperBound == rows else {
      throw .invalidArgument(
        name: name, reason: "sizes sum to \(parts.last?.upperBound ?? 0), validation_x has \(rows) rows")
    }
    return parts
  }

  /// Marks the rows to hold out: a share of every class, or of all rows; at least one stays on each side.
  private static func choose(_ problem: BoostingFit.Problem, rows: Int, share: Double, seed: UInt64) -> [Bool] {
    var random = RandomStream(seed: seed, index: UInt64.max)
    var held = [Bool](repeating: false, count: rows)
    let groups = problem.classes?.count ?? 1
    var members = [[Int]](repeating: [], count: groups)
    for row in 0..<rows { members[problem.classes == nil ? 0 : Int(problem.targets.view[row])].append(row) }
    for var group in members where group.count > 1 {
      let wanted = min(max(Int((share * Double(group.count)).rounded()), groups == 1 ? 1 : 0), group.count - 1)
      for i in 0..<wanted {
        group.swapAt(i, i + random.below(group.count - i))
        held[group[i]] = true
      }
    }
    if !held.contains(true), rows > 1 { held[random.below(rows)] = true }
    return held
  }

  /// The weights as counts where all are whole and small; nil otherwise or without weights.
  func wholeWeights() throws -> Buffer<Int32>? {
    guard let weights, weights.elements.allSatisfy({ $0 == $0.rounded() && $0 < 0x1p20 }) else { return nil }
    guard weights.elements.reduce(0, +) < 0x1p27 else { return nil }
    let counts = try Buffer<Int32>(count: weights.count)
    for row in 0..<weights.count { counts[row] = Int32(weights[row]) }
    return counts
  }
}

/// The trees of a fitted model in the form boosting continues from.
private enum Continuation {
  /// - Parameter hasStages: whether `train_score_` holds losses of stages.
  static func trees(of model: FittedBoosting, outputs: Int, features: Int, hasStages: Bool) throws -> BoostedTrees {
    guard model.featureCount == features, model.outputs == outputs else {
      throw ApusError.shapeMismatch(name: "X", reason: "warm start: features or classes differ from the earlier fit")
    }
    let trees = try (0..<model.trees.treeCount).map { try GrownTree(copying: $0, of: model.trees) }
    func scores(_ name: String) throws -> [Double] {
      guard case .array(let array)? = model.extras[name] else { return [] }
      return try array.elements(as: Double.self)
    }
    var result = BoostedTrees(
      trees: trees, baseline: model.baseline, trainScores: hasStages ? [] : try scores("train_score_"),
      validationScores: try scores("validation_score_"))
    guard hasStages else { return result }
    result.stageLosses = try scores("train_score_")
    result.outOfBagLosses = try scores("oob_scores_")
    if let first = result.outOfBagLosses.first, let gain = try scores("oob_improvement_").first {
      result.initialOutOfBagLoss = first + gain
    }
    return result
  }
}
