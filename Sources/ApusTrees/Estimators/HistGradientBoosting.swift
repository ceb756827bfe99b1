import ApusModels
import ApusNumerics

/// What a boosted classifier minimises.
public enum ClassifierLoss: String, ParameterChoice {
  /// Binary or categorical cross-entropy.
  case logLoss = "log_loss"
}

/// What a boosted regressor minimises.
public enum RegressorLoss: String, ParameterChoice {
  case squaredError = "squared_error"
  case absoluteError = "absolute_error"
  case huber
  case quantile
  case poisson
  case gamma
  case tweedie
}

/// Gradient boosting of trees on histograms, for classification.
///
/// Two classes: one tree a round on the logistic loss; K classes: K trees a round on the softmax.
/// Friedman 2001, doi:10.1214/aos/1013203451; Ke et al. 2017, "LightGBM".
public struct HistGradientBoostingClassifier: BoostsTrees {
  public var boosting = BoostingParameters()
  public var loss: ClassifierLoss = .logLoss
  public var classWeight: ParameterValue = .none

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "hist_gradient_boosting_classifier", pythonName: "HistGradientBoostingClassifier", pythonModule: "ensemble",
    doc: """
      Gradient boosting of leaf-wise trees on histograms of at most 255 bins, for classification.
      Sums of gradients are exact, so the model has the same bits for any number of threads.
      Time O(rows · features · log leaves) per tree; memory one byte per cell.
      """,
    role: .classifier,
    parameters: [Parameter("loss", \Self.loss, doc: "'log_loss': cross-entropy.")] + boostingParameters() + [
      Parameter(
        "class_weight", \Self.classWeight, types: [.none, .string, .array], range: .atLeast(0), choices: ["balanced"],
        doc: "Weights of the classes in their order, 'balanced' for equal totals, or None for 1.")
    ],
    attributes: boostingAttributes(classifier: true),
    operations: [
      .predict, .predictProbabilities, .predictLogProbabilities, .decisionFunction, TreeOperation.apply,
      FittedBoosting.stagedPredict, FittedBoosting.stagedDecision, FittedBoosting.stagedProbabilities,
      TreeOperation.decisionPath,
    ] + TreeShapley.operations,
    traits: [.sparseInput, .missingValues, .sampleWeight, .float32, .randomized, .needsTargets],
    fitArguments: BoostingFit.arguments)

  public func boosted(_ data: TrainingData, previous: FittedBoosting?, context: FitContext) throws -> FittedBoosting {
    return try BoostingFit.classify(
      data, schema: Self.schema, parameters: boosting, classWeight: classWeight, previous: previous, context: context)
  }
}

/// Gradient boosting of trees on histograms, for regression.
///
/// Friedman 2001, doi:10.1214/aos/1013203451; Ke et al. 2017, "LightGBM".
public struct HistGradientBoostingRegressor: BoostsTrees {
  public var boosting = BoostingParameters()
  public var loss: RegressorLoss = .squaredError
  public var quantile: Double?
  public var huberDelta = 1.0
  public var tweediePower = 1.5

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "hist_gradient_boosting_regressor", pythonName: "HistGradientBoostingRegressor", pythonModule: "ensemble",
    doc: """
      Gradient boosting of leaf-wise trees on histograms of at most 255 bins, for regression.
      Sums of gradients are exact, so the model has the same bits for any number of threads.
      Time O(rows · features · log leaves) per tree; memory one byte per cell.
      """,
    role: .regressor,
    parameters: [
      Parameter(
        "loss", \Self.loss,
        doc: "squared_error, absolute_error, huber, quantile, poisson, gamma or tweedie (the last three with log link)."
      ),
      Parameter("quantile", \Self.quantile, range: .closed(0, 1), doc: "The level for loss 'quantile'."),
      Parameter(
        "huber_delta", \Self.huberDelta, range: .greaterThan(0), doc: "Residual beyond which 'huber' is linear."),
      Parameter(
        "tweedie_power", \Self.tweediePower,
        range: ValueRange(1, 2, includesMinimum: false, includesMaximum: false),
        doc: "Power of the variance for 'tweedie', between 1 and 2."),
    ] + boostingParameters(),
    attributes: boostingAttributes(classifier: false),
    operations: [
      .predict, .decisionFunction, TreeOperation.apply, FittedBoosting.stagedPredict, FittedBoosting.stagedDecision,
      TreeOperation.decisionPath,
    ] + TreeShapley.operations,
    traits: [.sparseInput, .missingValues, .sampleWeight, .float32, .randomized, .needsTargets],
    fitArguments: BoostingFit.arguments)

  public func boosted(_ data: TrainingData, previous: FittedBoosting?, context: FitContext) throws -> FittedBoosting {
    let isLog = [RegressorLoss.poisson, .gamma, .tweedie].contains(loss)
    return try BoostingFit.regress(
      data, schema: Self.schema, parameters: boosting, previous: previous, context: context
    ) { y throws(ApusError) in (try objective(y), isLog ? .log : .identity) }
  }

  private func objective(_ y: TargetStore) throws(ApusError) -> any BoostingLoss {
    func require(_ allowed: (Double) -> Bool, _ what: String) throws(ApusError) {
      for row in 0..<y.count where !allowed(y.view[row]) {
        throw .invalidArgument(
          name: "y", reason: "value \(y.view[row]) at row \(row); loss '\(loss.rawValue)' needs \(what)")
      }
    }
    switch loss {
    case .squaredError: return SquaredLoss()
    case .absoluteError: return AbsoluteLoss()
    case .huber: return HuberLoss(delta: huberDelta)
    case .quantile:
      guard let quantile else { throw .invalidArgument(name: "quantile", reason: "is None; loss 'quantile' needs it") }
      return QuantileLoss(quantile: quantile)
    case .poisson:
      try require({ $0 >= 0 }, "y >= 0")
      return PoissonLoss()
    case .gamma:
      try require({ $0 > 0 }, "y > 0")
      return GammaLoss()
    case .tweedie:
      try require({ $0 >= 0 }, "y >= 0")
      return TweedieLoss(power: tweediePower)
    }
  }
}
