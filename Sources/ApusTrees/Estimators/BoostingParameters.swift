import ApusModels
import ApusNumerics

/// When boosting stops before `max_iter`.
public enum EarlyStoppingRule {
  /// `'auto'`, true or false as a parameter value.
  static func applies(_ value: ParameterValue, rows: Int) -> Bool {
    switch value {
    case .bool(let flag): return flag
    default: return rows > 10_000
    }
  }
}

/// How trees are added.
public enum BoostingMode: String, ParameterChoice {
  /// All trees stay as they are.
  case gbdt
  /// Dropout of trees (Rashmi, Gilad-Bachrach 2015).
  case dart
  /// Gradient-based one-side sampling (Ke et al. 2017).
  case goss
}

/// The parameters that classifier, regressor and ranker of histogram gradient boosting share.
public struct BoostingParameters: Sendable {
  public var learningRate = 0.1
  public var maxIter = 100
  public var maxLeafNodes: Int? = 31
  public var maxDepth: Int?
  /// What the classic estimators ask for beside.
  var classic: ClassicBoostingParameters?
  public var minSamplesLeaf = 20
  public var minChildWeight = 1e-3
  public var minSplitGain = 0.0
  public var l1Regularization = 0.0
  public var l2Regularization = 0.0
  public var maxFeatures = 1.0
  public var maxFeaturesTree = 1.0
  public var subsample = 1.0
  public var maxBins = 255
  public var categoricalFeatures: ParameterValue = .string("from_dtype")
  public var monotonicCst: NDArray?
  public var interactionCst: ParameterValue = .none
  public var warmStart = false
  public var earlyStopping: ParameterValue = .string("auto")
  public var validationFraction: Double? = 0.1
  public var nIterNoChange = 10
  public var tol = 1e-7
  public var boosting: BoostingMode = .gbdt
  public var topRate = 0.2
  public var otherRate = 0.1
  public var dropRate = 0.1
  public var maxDrop = 50
  public var skipDrop = 0.5
  public var gradientBits: Int?
  public var evalMetric: String?
  public var scoring: BoostingScore? = .loss
  public var randomState: UInt64?
  public var verbose = ParameterValue.int(0)

  public init() {}

  /// The options of a fit on a matrix with `features` columns.
  func options(features: Int, rows: Int) throws(ApusError) -> BoostingOptions {
    var options = BoostingOptions()
    options.iterations = maxIter
    options.growth.learningRate = learningRate
    options.growth.maxLeaves = maxLeafNodes ?? Int.max
    options.growth.maxDepth = maxDepth ?? Int.max
    options.growth.featureShare = maxFeatures
    options.growth.limits.gain = SplitGain(l1: l1Regularization, l2: l2Regularization)
    // Beyond the number of rows nothing can be split, and no product of the limit may overflow.
    options.growth.limits.minSamplesLeaf = min(minSamplesLeaf, rows + 1)
    options.growth.limits.minChildWeight = minChildWeight
    options.growth.limits.minGain = minSplitGain
    options.growth.limits.monotone = try directions(features: features)
    options.growth.interactions = try interactions(features: features)
    options.subsample = subsample
    options.featureShare = maxFeaturesTree
    switch boosting {
    case .gbdt: break
    case .dart: options.dropout = (dropRate, maxDrop, skipDrop)
    case .goss:
      guard topRate + otherRate <= 1 else {
        throw .invalidArgument(name: "top_rate", reason: "\(topRate) + other_rate \(otherRate) exceeds 1")
      }
      guard subsample == 1 else {
        throw .invalidArgument(
          name: "subsample", reason: "\(subsample) with boosting='goss', which draws the rows itself; it must be 1")
      }
      options.oneSide = (topRate, otherRate)
    }
    options.quantisationBits = gradientBits
    if EarlyStoppingRule.applies(earlyStopping, rows: rows) { options.patience = nIterNoChange }
    options.tolerance = tol
    options.seed = randomState ?? 0
    try classic?.apply(to: &options, rows: rows, features: features)
    return options
  }

  private func directions(features: Int) throws(ApusError) -> [Int8] {
    guard let monotonicCst else { return [] }
    var growth = TreeGrowthParameters(criterion: "")
    growth.monotonicCst = monotonicCst
    return try growth.monotone(features: features)
  }

  /// Rows of a matrix of shape (sets, features): feature f belongs to set s where the entry is not 0.
  private func interactions(features: Int) throws(ApusError) -> [[Int]] {
    let given: NDArray
    switch interactionCst {
    case .array(let array): given = array
    case .string("no_interactions"): return (0..<features).map { [$0] }
    case .string("pairwise"): return (0..<features).flatMap { first in (first..<features).map { [first, $0] } }
    default: return []
    }
    let numbers = try given.converted(to: .float64, name: "interaction_cst")
    guard numbers.rank == 2, numbers.shape[1] == features else {
      throw .shapeMismatch(
        name: "interaction_cst", reason: "has shape \(numbers.shape), needs (sets, \(features)) with 1 for members")
    }
    let pointer = numbers.pointer(Double.self)
    var sets: [[Int]] = []
    for set in 0..<numbers.shape[0] {
      sets.append((0..<features).filter { pointer[set * features + $0] != 0 })
    }
    // Features in no set may appear together with each other.
    let rest = (0..<features).filter { feature in !sets.contains { $0.contains(feature) } }
    return rest.isEmpty ? sets : sets + [rest]
  }
}

/// An estimator by histogram gradient boosting.
public protocol BoostsTrees: FitsBoosting {
  var boosting: BoostingParameters { get set }
}

extension BoostsTrees {
  /// The schema of ``BoostingParameters``.
  static func boostingParameters() -> [Parameter] {
    [
      Parameter(
        "learning_rate", \Self.boosting.learningRate, range: .greaterThan(0),
        doc: "Factor of every tree; smaller needs more trees and generalises better."),
      Parameter("max_iter", \Self.boosting.maxIter, range: .closed(0, 1_000_000), doc: "Most rounds of boosting."),
      Parameter(
        "max_leaf_nodes", \Self.boosting.maxLeafNodes, range: .atLeast(2),
        doc: "Most leaves of a tree, grown leaf-wise; larger fits finer, None for no limit."),
      Parameter("max_depth", \Self.boosting.maxDepth, range: .atLeast(1), doc: "Deepest leaf; None for no limit."),
      Parameter(
        "min_samples_leaf", \Self.boosting.minSamplesLeaf, range: .atLeast(1),
        doc: "Fewest rows in a leaf, whole weights counted as repetitions; larger is smoother."),
      Parameter(
        "min_child_weight", \Self.boosting.minChildWeight, range: .atLeast(0), doc: "Least sum of Hessians in a leaf."),
      Parameter(
        "min_split_gain", \Self.boosting.minSplitGain, range: .atLeast(0), doc: "Least gain a split must bring."),
      Parameter(
        "l1_regularization", \Self.boosting.l1Regularization, range: .atLeast(0),
        doc: "Penalty on the magnitude of leaf values."),
      Parameter(
        "l2_regularization", \Self.boosting.l2Regularization, range: .atLeast(0),
        doc: "Penalty on the squares of leaf values."),
      Parameter(
        "max_features", \Self.boosting.maxFeatures, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Share of the features drawn for every node."),
      Parameter(
        "max_features_tree", \Self.boosting.maxFeaturesTree, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Share of the features drawn for every tree."),
      Parameter(
        "subsample", \Self.boosting.subsample, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Share of the rows drawn for every round."),
      Parameter(
        "max_bins", \Self.boosting.maxBins, range: .closed(2, 255),
        doc: "Bins per feature, one more for missing values."),
      Parameter(
        "categorical_features", \Self.boosting.categoricalFeatures, types: [.none, .string, .array],
        choices: [CategoricalFeatures.fromType], doc: CategoricalFeatures.doc),
      Parameter(
        "monotonic_cst", \Self.boosting.monotonicCst, range: .closed(-1, 1),
        doc: "-1, 0 or 1 per feature: the raw score must fall, is free, or must rise with it."),
      Parameter(
        "interaction_cst", \Self.boosting.interactionCst, types: [.none, .string, .array],
        choices: ["pairwise", "no_interactions"],
        doc:
          "Matrix (sets, features), 1 for members: only features of one set may meet on a path; in Python sets of positions "
          + "too. 'pairwise' for all pairs, 'no_interactions' for every feature alone."),
      Parameter("warm_start", \Self.boosting.warmStart, doc: "Whether a further fit keeps the trees and adds more."),
      Parameter(
        "early_stopping", \Self.boosting.earlyStopping, types: [.bool, .string], choices: ["auto"],
        doc: "Whether to stop when the loss no longer falls; 'auto' does for more than 10000 rows."),
      Parameter(
        "validation_fraction", \Self.boosting.validationFraction,
        range: ValueRange(0, 1, includesMinimum: false, includesMaximum: false),
        doc: "Share of the rows held out for early stopping; None watches the training loss."),
      Parameter(
        "n_iter_no_change", \Self.boosting.nIterNoChange, range: .atLeast(1),
        doc: "Rounds without improvement before stopping."),
      Parameter("tol", \Self.boosting.tol, range: .atLeast(0), doc: "Least improvement of the loss that counts."),
      Parameter("boosting", \Self.boosting.boosting, doc: "'gbdt', 'dart' (dropout) or 'goss' (one-side sampling)."),
      Parameter("top_rate", \Self.boosting.topRate, range: .closed(0, 1), doc: "goss: share kept for large gradients."),
      Parameter(
        "other_rate", \Self.boosting.otherRate, range: .closed(0, 1), doc: "goss: share drawn from the others."),
      Parameter("drop_rate", \Self.boosting.dropRate, range: .closed(0, 1), doc: "dart: share of the trees dropped."),
      Parameter("max_drop", \Self.boosting.maxDrop, range: .atLeast(1), doc: "dart: most trees dropped in a round."),
      Parameter("skip_drop", \Self.boosting.skipDrop, range: .closed(0, 1), doc: "dart: chance of dropping none."),
      Parameter(
        "gradient_bits", \Self.boosting.gradientBits, range: .closed(2, 16),
        doc: "Bits of stochastically rounded gradients (4 to 6 are fast and accurate); None for exact ones."),
      Parameter(
        "eval_metric", \Self.boosting.evalMetric,
        doc:
          "What to report after each round, names separated by commas: loss, for classes error, accuracy and (of two) "
          + "auc, for regression mse, rmse, mae and r2, for ranking ndcg. Early stopping watches the first, or the score when None."
      ),
      Parameter(
        "scoring", \Self.boosting.scoring,
        doc: "What early stopping watches: 'loss', another score by scikit-learn's name, or None for accuracy or R²."),
      Parameter(
        "random_state", \Self.boosting.randomState,
        doc: "Seed, 0 when None; the result does not depend on the number of threads."),
      .verbosity(\Self.boosting.verbose),
    ]
  }

  static func boostingAttributes(classifier: Bool) -> [FittedAttribute] {
    (classifier ? [FittedAttribute("classes_", doc: "Distinct labels, shape (classes,).")] : [])
      + [
        FittedAttribute("n_iter_", .int, doc: "Rounds done."),
        FittedAttribute("n_trees_per_iteration_", .int, doc: "Trees per round: 1, or the number of classes."),
        FittedAttribute("do_early_stopping_", .bool, doc: "Whether the loss was watched."),
        FittedAttribute(
          "train_score_",
          doc:
            "The score of the training rows before the first and after each round (minus the loss), if it was watched."),
        FittedAttribute("validation_score_", doc: "The score of the validation rows, likewise."),
        FittedAttribute("train_metrics_", doc: "eval_metric on the training rows, shape (rounds + 1, metrics)."),
        FittedAttribute(
          "validation_metrics_",
          doc:
            "eval_metric on the validation rows, likewise; with validation_group of shape (rounds + 1, sets, metrics)."),
        FittedAttribute("baseline_", doc: "Raw scores before the first tree, shape (trees per round,)."),
        FittedAttribute("feature_importances_", doc: "Share of the total gain, shape (features,)."),
        FittedAttribute("split_importances_", doc: "Number of splits on every feature, shape (features,)."),
      ] + TreeArrays.attributes
  }
}
