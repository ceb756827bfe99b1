import ApusModels
import ApusNumerics
import RealModule

/// How errors of a regressor become losses in [0, 1], relative to the largest error.
public enum AdaBoostLoss: String, ParameterChoice {
  case linear
  case square
  case exponential
}

/// Boosting of a regressor by reweighting (AdaBoost.R2). Drucker 1997, "Improving regressors using boosting techniques",
/// ICML, 107–115.
///
/// A member with mean loss e < ½ gets the weight `rate · log(1 / β)`, β = e / (1 − e), and every row's weight is multiplied
/// by `β^(rate · (1 − loss))`. Predictions are weighted medians. Departs from the paper in that members which take sample
/// weights get the weights themselves instead of rows drawn by them: the fit has no chance in it.
public struct AdaBoostRegressor: BoostsByWeight {
  public var boosting = AdaBoostParameters()
  public var loss: AdaBoostLoss = .linear

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "ada_boost_regressor", pythonName: "AdaBoostRegressor", pythonModule: "ensemble",
    doc: """
      Boosting of a regressor by reweighting rows (AdaBoost.R2; Drucker 1997); predictions are weighted medians.
      Members that take sample weights get the weights themselves instead of rows drawn by them.
      """,
    role: .regressor,
    parameters: boostingParameters(base: "a tree of depth 3") + [
      Parameter(
        "loss", \Self.loss, doc: "Loss of an error relative to the largest: 'linear', 'square', or 'exponential'.")
    ],
    attributes: boostingAttributes,
    operations: [.predict, FittedBoosting.stagedPredict, TreeOperation.apply, TreeOperation.decisionPath],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let input = try ForestInput(data, schema: Self.schema)
    let y = try InputValidation.targets(data.targets, rows: input.rows, schema: Self.schema, dtype: .float64)
    let rows = try BoostingData(input, targets: y, held: boosting.heldOut, seed: boosting.randomState ?? 0)
    let base = try member()
    let takesWeights = type(of: base).schema.traits.contains(.sampleWeight)
    let targets = rows.targets.pointer(Double.self)
    let losses = try Buffer<Double>(count: rows.features.rows)
    var stopping = boosting.stopping
    let held = try rows.validation.map { try HeldOutMedians($0.features, $0.targets, $0.weights) }
    var (models, weights, errors): ([any FittedModel], [Double], [Double]) = ([], [], [])
    for round in 0..<boosting.nEstimators {
      try context.checkpoint("rounds", Double(round) / Double(boosting.nEstimators))
      let model =
        takesWeights
        ? try base.fit(
          TrainingData(rows.features, rows.targets, sampleWeight: rows.weights.current.array()),
          context: context.nested())
        : try fitOnDraws(base, rows, round: round, context)
      let predicted = try model.predict(rows.features).converted(to: .float64)
      let p = predicted.pointer(Double.self)
      var largest = 0.0
      for row in 0..<losses.count {
        losses[row] = abs(p[row] - targets[row])
        if rows.weights.current[row] > 0 { largest = max(largest, losses[row]) }
      }
      withExtendedLifetime(predicted) {}
      if largest > 0 { for row in 0..<losses.count { losses[row] = relative(min(losses[row] / largest, 1)) } }
      let error = largest > 0 ? rows.weights.mean { losses[$0] } : 0
      if error >= 0.5, !models.isEmpty { break }
      models.append(model)
      errors.append(error)
      let beta = error / (1 - error)
      let isLast = error <= 0 || error >= 0.5
      weights.append(isLast ? 1 : min(boosting.learningRate * .log(1 / beta), Samme.largestWeight))
      if let held, stopping?.shouldStop(after: try held.score(adding: model, weights: weights)) == true { break }
      if isLast { break }
      let rate = boosting.learningRate
      rows.weights.multiply { .pow(beta, (1 - losses[$0]) * rate) }
      guard rows.weights.total > 0, rows.weights.total.isFinite else {
        context.warn(.general, "learning_rate: the weights of the rows vanish in round \(round + 1); boosting ends")
        break
      }
    }
    return FittedAdaBoostRegressor(
      WeightedMembers(
        try .members(base, models, classCount: nil), weights: weights, errors: errors,
        validationScores: stopping?.scores ?? []),
      schema: Self.schema)
  }

  /// The estimator to boost, checked.
  private func member() throws -> any Estimator {
    guard case .estimator(let base) = boosting.estimator else {
      return DecisionTreeRegressor { $0.growth.maxDepth = 3 }
    }
    let schema = type(of: base).schema
    guard schema.role == .regressor else {
      throw ApusError.invalidArgument(name: "estimator", reason: "\(schema.pythonName) is not a regressor")
    }
    return base
  }

  private func relative(_ error: Double) -> Double {
    switch loss {
    case .linear: return error
    case .square: return error * error
    case .exponential: return 1 - .exp(-error)
    }
  }

  /// Fits on as many rows as there are, drawn with probability in proportion to their weights.
  private func fitOnDraws(
    _ base: any Estimator, _ rows: BoostingData, round: Int, _ context: FitContext
  ) throws -> any FittedModel {
    let count = rows.features.rows
    let cumulative = try Buffer<Double>(count: count)
    var sum = 0.0
    for row in 0..<count {
      sum += rows.weights.current[row]
      cumulative[row] = sum
    }
    var random = RandomStream(seed: boosting.randomState ?? 0, index: UInt64(round))
    let drawn = try Buffer<UInt32>(count: count)
    for i in 0..<count {
      let goal = random.uniform() * sum
      var (low, high) = (0, count - 1)
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] <= goal { low = middle + 1 } else { high = middle }
      }
      drawn[i] = UInt32(truncatingIfNeeded: low)
    }
    let chosen = UnsafeBufferPointer(drawn.elements)
    return try base.fit(
      TrainingData(TakenRows.take(rows.features, chosen), TakenRows.take(rows.targets, chosen)),
      context: context.nested())
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try FittedAdaBoostRegressor(state, schema: Self.schema)
  }
}

/// Predictions of the members so far on held-out rows: every member predicts once.
private final class HeldOutMedians {
  private let features: FeatureMatrix
  private let targets: NDArray
  private let weights: NDArray
  /// (rows, capacity), the first `count` of every row in use.
  private var predictions: Buffer<Double>
  private var capacity = 16
  private var count = 0

  init(_ features: FeatureMatrix, _ targets: NDArray, _ weights: NDArray) throws {
    self.features = features
    self.targets = targets
    self.weights = weights
    predictions = try Buffer(count: try checkedCount([features.rows, capacity], stride: 1))
  }

  /// R² of the weighted median with a further member.
  ///
  /// - Parameter memberWeights: of all members so far.
  func score(adding member: any FittedModel, weights memberWeights: [Double]) throws -> Double {
    let rows = features.rows
    if count == capacity {
      let wider = try Buffer<Double>(count: try checkedCount([rows, 2 * capacity], stride: 1))
      for row in 0..<rows {
        (wider.pointer + row * 2 * capacity).update(from: predictions.pointer + row * capacity, count: count)
      }
      predictions = wider
      capacity *= 2
    }
    let own = try member.predict(features).converted(to: .float64)
    for row in 0..<rows { predictions[row * capacity + count] = own.pointer(Double.self)[row] }
    count += 1
    let medians = try WeightedMedian.ofRows(
      predictions.pointer, rows: rows, width: capacity, weights: memberWeights, count: count)
    return try Scores.r2(targets: targets, predictions: medians, sampleWeight: weights)
  }
}
