import ApusModels
import ApusNumerics

/// The fit that classifier and regressor of histogram gradient boosting share.
enum BoostingFit {
  /// Targets as numbers and what to minimise on them.
  struct Problem {
    var targets: Buffer<Double>
    var objective: BoostingObjective
    var link: BoostingLink
    var classes: NDArray?
    /// Sample weights times class weights; nil for 1.
    var weights: Buffer<Double>?
  }

  static func fit(
    _ problem: Problem, input: TreeInput, data: TrainingData, schema: EstimatorSchema,
    parameters: BoostingParameters, previous: FittedBoosting?, context: FitContext
  ) throws -> FittedBoosting {
    let options = try parameters.options(features: input.features, rows: input.rows)
    let split = try HoldOut(
      problem, input: input, data: data, parameters: parameters, schema: schema, watches: options.patience != nil)
    let weights = split.weights.map { UnsafePointer($0.pointer) }
    let rows = split.matrix.shape[0]
    let counts = try split.wholeWeights()
    let mapper = try BinMapper(
      split.matrix, weights: weights, maxBins: parameters.maxBins,
      categorical: try parameters.categorical(features: input.features))
    let trainer = try BoostingTrainer(
      options: options, objective: problem.objective, matrix: split.matrix, mapper: mapper,
      y: UnsafePointer(split.targets.pointer), weights: weights,
      multiplicity: counts.map { UnsafePointer($0.pointer) },
      totalCount: counts?.elements.reduce(0) { $0 + Int($1) } ?? rows)
    let earlier = try previous.map {
      try Continuation.trees(of: $0, outputs: problem.objective.outputs, features: input.features)
    }
    let boosted = try withExtendedLifetime((split, counts)) {
      try trainer.train(
        validation: split.validation, earlier: earlier, progress: { try context.checkpoint("boosting", $0) })
    }
    var extras: [String: ParameterValue] = ["do_early_stopping_": .bool(options.patience != nil)]
    extras["train_score_"] = .array(try NDArray(boosted.trainScores))
    extras["validation_score_"] = .array(try NDArray(boosted.validationScores))
    let trees = try TreeEnsemble(boosted.trees, featureCount: input.features, valueCount: 1)
    return try FittedBoosting(
      trees, baseline: boosted.baseline, link: problem.link, classes: problem.classes, schema: schema, extras: extras)
  }
}

/// Training and validation rows of a fit.
private final class HoldOut {
  let matrix: NDArray
  let targets: Buffer<Double>
  let weights: Buffer<Double>?
  private(set) var validation: ValidationSet?
  private var heldTargets: Buffer<Double>?
  private var heldWeights: Buffer<Double>?

  /// Uses `validation_x` and `validation_y` if the caller supplied them, else holds out a random share when early stopping
  /// asks for it; of classes every one keeps its share.
  init(
    _ problem: BoostingFit.Problem, input: TreeInput, data: TrainingData, parameters: BoostingParameters,
    schema: EstimatorSchema, watches: Bool
  ) throws {
    if watches, let given = data.extras["validation_x"] {
      matrix = input.matrix
      targets = problem.targets
      weights = problem.weights
      try useGiven(given, problem, data, schema, columns: input.features)
      return
    }
    guard watches, let share = parameters.validationFraction, input.rows >= 2 else {
      matrix = input.matrix
      targets = problem.targets
      weights = problem.weights
      return
    }
    let held = HoldOut.choose(problem, rows: input.rows, share: share, seed: parameters.randomState ?? 0)
    let kept = (0..<input.rows).filter { !held[$0] }
    let out = (0..<input.rows).filter { held[$0] }
    func pick(_ source: Buffer<Double>, _ rows: [Int]) throws -> Buffer<Double> {
      let result = try Buffer<Double>(count: rows.count)
      for (i, row) in rows.enumerated() { result[i] = source[row] }
      return result
    }
    matrix = try RowSelection.rows(kept, of: input.matrix)
    targets = try pick(problem.targets, kept)
    weights = try problem.weights.map { try pick($0, kept) }
    let (y, w) = (try pick(problem.targets, out), try problem.weights.map { try pick($0, out) })
    heldTargets = y
    heldWeights = w
    validation = ValidationSet(
      matrix: try RowSelection.rows(out, of: input.matrix), y: UnsafePointer(y.pointer),
      weights: w.map { UnsafePointer($0.pointer) })
  }

  private func useGiven(
    _ given: NDArray, _ problem: BoostingFit.Problem, _ data: TrainingData, _ schema: EstimatorSchema, columns: Int
  ) throws {
    let x = try TreeInput.matrix(.dense(given), schema: schema, expectedColumns: columns)
    let rows = x.shape[0]
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
    heldTargets = held
    if let weight = try InputValidation.sampleWeight(
      data.extras["validation_sample_weight"], rows: rows, name: "validation_sample_weight")
    {
      let copy = try Buffer<Double>(count: rows)
      copy.pointer.update(from: weight.pointer(Double.self), count: rows)
      heldWeights = copy
    }
    validation = ValidationSet(
      matrix: x, y: UnsafePointer(held.pointer), weights: heldWeights.map { UnsafePointer($0.pointer) })
  }

  /// Marks the rows to hold out: a share of every class, or of all rows; at least one stays on each side.
  private static func choose(_ problem: BoostingFit.Problem, rows: Int, share: Double, seed: UInt64) -> [Bool] {
    var random = RandomStream(seed: seed, index: UInt64.max)
    var held = [Bool](repeating: false, count: rows)
    let groups = problem.classes?.count ?? 1
    var members = [[Int]](repeating: [], count: groups)
    for row in 0..<rows { members[problem.classes == nil ? 0 : Int(problem.targets[row])].append(row) }
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

/// Rows of a matrix by index.
enum RowSelection {
  static func rows(_ indices: [Int], of matrix: NDArray) throws(ApusError) -> NDArray {
    let columns = matrix.shape[1]
    let result = try NDArray(uninitialized: [indices.count, columns], dtype: matrix.dtype)
    func copy<Element: NDElement>(_ type: Element.Type) {
      let view = matrix.matrixView(Element.self)
      let target = result.pointer(Element.self)
      for (i, row) in indices.enumerated() {
        for column in 0..<columns { target[i * columns + column] = view[row, column] }
      }
    }
    if matrix.dtype == .float32 { copy(Float.self) } else { copy(Double.self) }
    return result
  }
}

/// The trees of a fitted model in the form boosting continues from.
private enum Continuation {
  static func trees(of model: FittedBoosting, outputs: Int, features: Int) throws -> BoostedTrees {
    guard model.featureCount == features, model.outputs == outputs else {
      throw ApusError.shapeMismatch(name: "X", reason: "warm start: features or classes differ from the earlier fit")
    }
    let trees = try (0..<model.trees.treeCount).map { try GrownTree(copying: $0, of: model.trees) }
    func scores(_ name: String) throws -> [Double] {
      guard case .array(let array)? = model.extras[name] else { return [] }
      return try array.elements(as: Double.self)
    }
    return BoostedTrees(
      trees: trees, baseline: model.baseline, trainScores: try scores("train_score_"),
      validationScores: try scores("validation_score_"))
  }
}
