import ApusModels
import ApusNumerics

/// What both AdaBoosts are told.
public struct AdaBoostParameters: Sendable {
  /// The estimator to boost; none for the default.
  public var estimator: ParameterValue = .none
  public var nEstimators = 50
  public var learningRate = 1.0
  /// Rounds without progress after which to stop; nil boosts to the end.
  public var nIterNoChange: Int?
  public var validationFraction = 0.1
  public var tol = 1e-4
  public var randomState: UInt64?

  public init() {}

  var heldOut: Double { nIterNoChange == nil ? 0 : validationFraction }
  var stopping: EarlyStopping? { nIterNoChange.map { EarlyStopping(patience: $0, tolerance: tol) } }
}

/// An estimator that boosts another by reweighting.
public protocol BoostsByWeight: Estimator {
  var boosting: AdaBoostParameters { get set }
}

extension BoostsByWeight {
  static func boostingParameters(base: String) -> [Parameter] {
    [
      Parameter(
        "estimator", \Self.boosting.estimator, types: [.none, .estimator],
        doc: "The estimator to boost, which must take sample weights; None for \(base)."),
      Parameter(
        "n_estimators", \Self.boosting.nEstimators, range: .closed(1, 1_000_000),
        doc: "Most rounds; fewer are made when one is perfect or no better than chance."),
      Parameter(
        "learning_rate", \Self.boosting.learningRate, range: .greaterThan(0),
        doc: "Factor of the members' weights; smaller needs more rounds."),
      Parameter(
        "n_iter_no_change", \Self.boosting.nIterNoChange, range: .atLeast(1),
        doc: "Rounds without progress on held-out rows after which to stop; None never stops early."),
      Parameter(
        "validation_fraction", \Self.boosting.validationFraction,
        range: ValueRange(0, 1, includesMinimum: false, includesMaximum: false),
        doc: "Share of the rows held out for early stopping."),
      Parameter(
        "tol", \Self.boosting.tol, range: .atLeast(0), doc: "Least rise of the score that counts as progress."),
      Parameter(
        "random_state", \Self.boosting.randomState,
        doc: "Seed, 0 when None, of the rows held out and of resampling for estimators without sample weights."),
    ]
  }

  static var boostingAttributes: [FittedAttribute] {
    [
      FittedAttribute("estimator_weights_", doc: "Weight of every member, shape (members,)."),
      FittedAttribute("estimator_errors_", doc: "Weighted error of every member, shape (members,)."),
      FittedAttribute("n_estimators_", .int, doc: "Members made."),
      FittedAttribute("validation_score_", doc: "Score on the held-out rows after every round, shape (rounds,)."),
      FittedAttribute(
        "feature_importances_",
        doc: "Mean decrease in impurity weighted by the members, summing to 1, for trees, shape (features,)."),
    ] + TreeArrays.attributes
  }
}
