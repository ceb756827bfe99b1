import ApusModels
import ApusNumerics

/// The parameters of scikit-learn's `GradientBoosting…`, which grow trees by depth on gradients alone.
struct ClassicBoostingParameters: Sendable {
  var learningRate = 0.1
  var nEstimators = 100
  var subsample = 1.0
  var minSamplesSplit = 2
  var minSamplesLeaf = 1
  var maxDepth: Int? = 3
  var maxLeafNodes: Int?
  var maxFeatures: Double?
  var maxBins = 255
  var randomState: UInt64?
  var warmStart = false
  var validationFraction = 0.1
  var nIterNoChange: Int?
  var tol = 1e-4

  /// The same as parameters of histogram boosting.
  var histogram: BoostingParameters {
    var result = BoostingParameters()
    result.learningRate = learningRate
    result.maxIter = nEstimators
    result.subsample = subsample
    result.minSamplesSplit = minSamplesSplit
    result.minSamplesLeaf = minSamplesLeaf
    result.minChildWeight = 0
    result.maxDepth = maxDepth
    result.maxLeafNodes = maxLeafNodes
    result.maxFeatures = maxFeatures ?? 1
    result.maxBins = maxBins
    result.randomState = randomState
    result.warmStart = warmStart
    result.earlyStopping = .bool(nIterNoChange != nil)
    result.validationFraction = validationFraction
    result.nIterNoChange = nIterNoChange ?? 10
    result.tol = tol
    result.splitsOnGradients = true
    return result
  }
}

/// An estimator with ``ClassicBoostingParameters``.
protocol BoostsClassically: FitsBoosting {
  var classic: ClassicBoostingParameters { get set }
}

extension BoostsClassically {
  static func classicParameters() -> [Parameter] {
    [
      Parameter(
        "learning_rate", \Self.classic.learningRate, range: .greaterThan(0),
        doc: "Factor of every tree; smaller needs more trees and generalises better."),
      Parameter("n_estimators", \Self.classic.nEstimators, range: .closed(1, 1_000_000), doc: "Rounds of boosting."),
      Parameter(
        "subsample", \Self.classic.subsample, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Share of the rows drawn for every round; below 1 this is stochastic gradient boosting."),
      Parameter("min_samples_split", \Self.classic.minSamplesSplit, range: .atLeast(2), doc: "Fewest rows to split."),
      Parameter("min_samples_leaf", \Self.classic.minSamplesLeaf, range: .atLeast(1), doc: "Fewest rows in a leaf."),
      Parameter("max_depth", \Self.classic.maxDepth, range: .atLeast(1), doc: "Deepest leaf; None for no limit."),
      Parameter(
        "max_leaf_nodes", \Self.classic.maxLeafNodes, range: .atLeast(2),
        doc: "Most leaves of a tree, those of the largest gain first; None for no limit."),
      Parameter(
        "max_features", \Self.classic.maxFeatures, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Share of the features drawn for every node; None for all."),
      Parameter(
        "max_bins", \Self.classic.maxBins, range: .closed(2, 255),
        doc: "Bins per feature; splits are exact where a feature has no more distinct values."),
      Parameter("random_state", \Self.classic.randomState, doc: "Seed, 0 when None."),
      Parameter("warm_start", \Self.classic.warmStart, doc: "Whether a further fit keeps the trees and adds more."),
      Parameter(
        "validation_fraction", \Self.classic.validationFraction,
        range: ValueRange(0, 1, includesMinimum: false, includesMaximum: false),
        doc: "Share of the rows held out where n_iter_no_change is given."),
      Parameter(
        "n_iter_no_change", \Self.classic.nIterNoChange, range: .atLeast(1),
        doc: "Rounds without improvement of the held-out loss before stopping; None never stops early."),
      Parameter("tol", \Self.classic.tol, range: .atLeast(0), doc: "Least improvement of the loss that counts."),
    ]
  }
}

/// Gradient boosting of shallow trees on gradients with Newton steps in the leaves, for classification (Friedman 2001).
///
/// Trees, leaf values and parameters follow scikit-learn's class of this name. Thresholds come from at most 255 bins a
/// feature; where a feature has no more distinct values the splits are the exact ones.
public struct GradientBoostingClassifier: BoostsClassically {
  var classic = ClassicBoostingParameters()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "gradient_boosting_classifier", pythonName: "GradientBoostingClassifier", pythonModule: "ensemble",
    doc: """
      Gradient boosting of shallow trees on the log loss, with Newton steps in the leaves (Friedman 2001).
      Splits maximise the variance of gradients between the children; thresholds come from at most 255 bins a feature.
      Time O(rows · features · depth) per tree; memory one byte per cell.
      """,
    role: .classifier, parameters: classicParameters(),
    attributes: HistGradientBoostingClassifier.boostingAttributes(classifier: true),
    operations: HistGradientBoostingClassifier.schema.operations,
    traits: [.sparseInput, .sampleWeight, .float32, .randomized, .needsTargets],
    fitArguments: BoostingFit.arguments)

  public func boosted(_ data: TrainingData, previous: FittedBoosting?, context: FitContext) throws -> FittedBoosting {
    return try BoostingFit.classify(
      data, schema: Self.schema, parameters: classic.histogram, classWeight: .none, previous: previous,
      context: context)
  }
}

/// What a ``GradientBoostingRegressor`` minimises.
public enum ClassicRegressorLoss: String, ParameterChoice {
  case squaredError = "squared_error"
  case absoluteError = "absolute_error"
  case huber
  case quantile
}

/// Gradient boosting of shallow trees, for regression (Friedman 2001).
///
/// As ``GradientBoostingClassifier``; leaves of the absolute and quantile losses hold medians and quantiles of residuals,
/// those of Huber's loss its one-step M-estimate.
public struct GradientBoostingRegressor: BoostsClassically {
  var classic = ClassicBoostingParameters()
  public var loss: ClassicRegressorLoss = .squaredError
  public var alpha = 0.9

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "gradient_boosting_regressor", pythonName: "GradientBoostingRegressor", pythonModule: "ensemble",
    doc: """
      Gradient boosting of shallow trees for regression (Friedman 2001).
      Splits maximise the variance of gradients between the children; thresholds come from at most 255 bins a feature.
      Time O(rows · features · depth) per tree; memory one byte per cell.
      """,
    role: .regressor,
    parameters: [
      Parameter("loss", \Self.loss, doc: "squared_error, absolute_error, huber or quantile."),
      Parameter(
        "alpha", \Self.alpha, range: ValueRange(0, 1, includesMinimum: false, includesMaximum: false),
        doc: "The level for loss 'quantile'; for 'huber' the share of residuals within the quadratic part."),
    ] + classicParameters(),
    attributes: HistGradientBoostingRegressor.boostingAttributes(classifier: false),
    operations: HistGradientBoostingRegressor.schema.operations,
    traits: [.sparseInput, .sampleWeight, .float32, .randomized, .needsTargets],
    fitArguments: BoostingFit.arguments)

  public func boosted(_ data: TrainingData, previous: FittedBoosting?, context: FitContext) throws -> FittedBoosting {
    return try BoostingFit.regress(
      data, schema: Self.schema, parameters: classic.histogram, previous: previous, context: context
    ) { _ throws(ApusError) in
      switch loss {
      case .squaredError: return (SquaredLoss(), .identity)
      case .absoluteError: return (AbsoluteLoss(), .identity)
      case .huber: return (AdaptiveHuberLoss(share: alpha), .identity)
      case .quantile: return (QuantileLoss(quantile: alpha), .identity)
      }
    }
  }
}
