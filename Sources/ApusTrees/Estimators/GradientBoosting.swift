import ApusModels
import ApusNumerics

/// How a split's gain is measured: both names mean the decrease of the gradients' weighted variance, which is Friedman's
/// improvement (2001, equation 35).
public enum ClassicCriterion: String, ParameterChoice {
  case friedmanMSE = "friedman_mse"
  case squaredError = "squared_error"
}

/// The parameters of scikit-learn's `GradientBoosting…`, which grow trees by depth on gradients alone.
public struct ClassicBoostingParameters: Sendable {
  public var learningRate = 0.1
  public var nEstimators = 100
  public var subsample = 1.0
  public var criterion: ClassicCriterion = .friedmanMSE
  /// Counts, or shares of the rows.
  public var minSamplesSplit: ParameterValue = .int(2)
  public var minSamplesLeaf: ParameterValue = .int(1)
  public var minWeightFractionLeaf = 0.0
  public var maxDepth: Int? = 3
  public var minImpurityDecrease = 0.0
  /// None, or 'zero' for scores that start at 0.
  public var initialPrediction: ParameterValue = .none
  public var maxLeafNodes: Int?
  /// A count, a share, 'sqrt', 'log2', or none for all.
  public var maxFeatures: ParameterValue = .none
  public var ccpAlpha = 0.0
  public var maxBins = 255
  public var randomState: UInt64?
  public var warmStart = false
  public var validationFraction = 0.1
  public var nIterNoChange: Int?
  public var tol = 1e-4
  public var verbose = ParameterValue.int(0)

  public init() {}

  /// The same as parameters of histogram boosting.
  var histogram: BoostingParameters {
    var result = BoostingParameters()
    result.learningRate = learningRate
    result.maxIter = nEstimators
    result.subsample = subsample
    result.maxDepth = maxDepth
    result.maxLeafNodes = maxLeafNodes
    result.maxBins = maxBins
    result.randomState = randomState
    result.warmStart = warmStart
    result.earlyStopping = .bool(nIterNoChange != nil)
    result.validationFraction = validationFraction
    result.nIterNoChange = nIterNoChange ?? 10
    result.tol = tol
    result.classic = self
    return result
  }

  /// Sets what histogram boosting has no parameters for.
  func apply(to options: inout BoostingOptions, rows: Int, features: Int) throws(ApusError) {
    var trees = TreeGrowthParameters(criterion: "", maxFeatures: maxFeatures)
    trees.minSamplesSplit = minSamplesSplit
    trees.minSamplesLeaf = minSamplesLeaf
    let limits = try trees.options(rows: rows, features: features, totalWeight: Double(rows))
    options.growth.minSamplesSplit = limits.minSamplesSplit
    options.growth.limits.minSamplesLeaf = limits.minSamplesLeaf
    options.growth.featureCount = limits.maxFeatures < features ? limits.maxFeatures : nil
    options.splitsOnGradients = true
    options.keepsStages = true
    options.ccpAlpha = ccpAlpha
    if case .string = initialPrediction { options.startsAtZero = true }
  }
}

/// An estimator with ``ClassicBoostingParameters``.
public protocol BoostsClassically: FitsBoosting {
  var classic: ClassicBoostingParameters { get set }
}

extension BoostsClassically {
  static func classicParameters() -> [Parameter] {
    [
      Parameter(
        "learning_rate", \Self.classic.learningRate, range: .atLeast(0),
        doc: "Factor of every tree; smaller needs more trees and generalises better."),
      Parameter("n_estimators", \Self.classic.nEstimators, range: .closed(1, 1_000_000), doc: "Rounds of boosting."),
      Parameter(
        "subsample", \Self.classic.subsample, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Share of the rows drawn for every round; below 1 this is stochastic gradient boosting."),
      Parameter(
        "criterion", \Self.classic.criterion,
        doc: "friedman_mse or squared_error: two names of the decrease of the gradients' variance."),
      Parameter(
        "min_samples_split", \Self.classic.minSamplesSplit, types: [.int, .double], range: .greaterThan(0),
        doc: "Fewest rows a node needs to be split: a count of at least 2, or a share of the rows."),
      Parameter(
        "min_samples_leaf", \Self.classic.minSamplesLeaf, types: [.int, .double], range: .greaterThan(0),
        doc: "Fewest rows in a leaf: a count, or a share of the rows."),
      Parameter(
        "min_weight_fraction_leaf", \Self.classic.minWeightFractionLeaf, range: .closed(0, 0.5),
        doc: "Least share of the total sample weight in a leaf."),
      Parameter("max_depth", \Self.classic.maxDepth, range: .atLeast(1), doc: "Deepest leaf; None for no limit."),
      Parameter(
        "min_impurity_decrease", \Self.classic.minImpurityDecrease, range: .atLeast(0),
        doc: "Least decrease of the gradients' variance a split must bring, weighted by the node's share of the rows."),
      Parameter(
        "init", \Self.classic.initialPrediction, types: [.none, .string], choices: ["zero"],
        doc:
          "What scores start from: the best constant when None, or 'zero'. Fit's initial_score gives them row by row."),
      Parameter(
        "max_leaf_nodes", \Self.classic.maxLeafNodes, range: .atLeast(2),
        doc: "Most leaves of a tree, those of the largest gain first; None for no limit."),
      Parameter(
        "max_features", \Self.classic.maxFeatures, types: [.none, .int, .double, .string], choices: ["sqrt", "log2"],
        doc: "Features drawn for every node: a count, a share, 'sqrt', 'log2', or None for all."),
      Parameter(
        "ccp_alpha", \Self.classic.ccpAlpha, range: .atLeast(0),
        doc: "Cost-complexity pruning of every tree: the price of a leaf in units of the gradients' variance."),
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
      .verbosity(\Self.classic.verbose),
    ]
  }

  static func classicAttributes(classifier: Bool) -> [FittedAttribute] {
    HistGradientBoostingClassifier.boostingAttributes(classifier: classifier).filter { $0.name != "train_score_" } + [
      FittedAttribute(
        "train_score_",
        doc:
          "Loss of the rows drawn for each round, after it (deviance for log_loss and squared_error), shape (rounds,)."),
      FittedAttribute("oob_scores_", doc: "Loss of the rows not drawn, likewise; with subsample < 1."),
      FittedAttribute("oob_improvement_", doc: "Fall of oob_scores_ from round to round; with subsample < 1."),
      FittedAttribute("oob_score_", .double, doc: "The last of oob_scores_; with subsample < 1."),
    ]
  }
}

/// What a ``GradientBoostingClassifier`` minimises.
public enum ClassicClassifierLoss: String, ParameterChoice {
  case logLoss = "log_loss"
  case exponential
}

/// Gradient boosting of shallow trees on gradients with Newton steps in the leaves, for classification (Friedman 2001).
///
/// Trees, leaf values and parameters follow scikit-learn's class of this name. Thresholds come from at most 255 bins a
/// feature; where a feature has no more distinct values the splits are the exact ones.
public struct GradientBoostingClassifier: BoostsClassically {
  public var classic = ClassicBoostingParameters()
  public var loss: ClassicClassifierLoss = .logLoss

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "gradient_boosting_classifier", pythonName: "GradientBoostingClassifier", pythonModule: "ensemble",
    doc: """
      Gradient boosting of shallow trees on the log loss or, as AdaBoost, the exponential loss, with Newton steps in the
      leaves (Friedman 2001).
      Splits maximise the variance of gradients between the children; thresholds come from at most 255 bins a feature.
      Time O(rows · features · depth) per tree; memory one byte per cell.
      """,
    role: .classifier,
    parameters: [
      Parameter(
        "loss", \Self.loss, doc: "log_loss, or exponential for two classes: AdaBoost's exp(-y raw), y of -1 and 1.")
    ] + classicParameters(),
    attributes: classicAttributes(classifier: true),
    operations: HistGradientBoostingClassifier.schema.operations,
    traits: [.sparseInput, .sampleWeight, .float32, .randomized, .needsTargets],
    fitArguments: BoostingFit.arguments)

  public func boosted(_ data: TrainingData, previous: FittedBoosting?, context: FitContext) throws -> FittedBoosting {
    return try BoostingFit.classify(
      data, schema: Self.schema, parameters: classic.histogram, classWeight: .none,
      binary: loss == .exponential ? (ExponentialLoss(), .halfLogit) : (LogisticLoss(), .logit), previous: previous,
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
  public var classic = ClassicBoostingParameters()
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
    attributes: classicAttributes(classifier: false),
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
