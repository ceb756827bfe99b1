import ApusModels

/// The parameters that every estimator fitted by coordinate descent has.
public struct CoordinateDescentOptions: Sendable {
  public var fitIntercept = true
  public var copyX = true
  public var maxIterations = 1000
  public var tol = 1e-4
  public var positive = false
  public var randomState: UInt64?
  public var selection = CoordinateSelection.cyclic

  var shuffleSeed: UInt64? { selection == .random ? randomState ?? 0 : nil }
}

/// Order of the coordinates in a pass of coordinate descent.
public enum CoordinateSelection: String, CaseIterable, ParameterChoice {
  case cyclic, random
}

/// An estimator fitted by coordinate descent. The options are its properties too: `Lasso { $0.tol = 1e-6 }`.
@dynamicMemberLookup
public protocol CoordinateDescentEstimator: Estimator {
  var descent: CoordinateDescentOptions { get set }
}

extension CoordinateDescentEstimator {
  public subscript<Value>(dynamicMember path: WritableKeyPath<CoordinateDescentOptions, Value>) -> Value {
    get { descent[keyPath: path] }
    set { descent[keyPath: path] = newValue }
  }

  /// The schema of ``CoordinateDescentOptions``.
  static func descentParameters(positive: Bool) -> [Parameter] {
    let common = [
      Parameter("fit_intercept", \Self.descent.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter("copy_X", \Self.descent.copyX, doc: "Accepted for compatibility: X is never changed."),
      Parameter(
        "max_iter", \Self.descent.maxIterations, range: .atLeast(1),
        doc: "Most passes over the coordinates, for each penalty."),
      Parameter(
        "tol", \Self.descent.tol, range: .atLeast(0),
        doc: "Duality gap, relative to the mean square of y, at which to stop."),
      Parameter(
        "random_state", \Self.descent.randomState, doc: "Seed of the order of coordinates for selection='random'."),
      Parameter(
        "selection", \Self.descent.selection, doc: "Order of the coordinates in a pass: 'cyclic' or 'random'."),
    ]
    let sign = Parameter("positive", \Self.descent.positive, doc: "Whether coefficients must not be negative.")
    return positive ? common + [sign] : common
  }
}

/// What the fitted models of coordinate descent tell.
enum CoordinateDescentAttributes {
  static let single = [
    FittedAttribute("coef_", doc: "Coefficients: (n_features,), or (n_targets, n_features) for several targets."),
    FittedAttribute("intercept_", doc: "Constant term: a number, or (n_targets,)."),
    FittedAttribute("n_iter_", doc: "Passes over the coordinates: a number, or (n_targets,)."),
    FittedAttribute("dual_gap_", doc: "Duality gap at the end: a number, or (n_targets,)."),
    FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
  ]

  static let multiTask = [
    FittedAttribute("coef_", doc: "Coefficients: (n_targets, n_features), or (n_features,) for one target."),
    FittedAttribute("intercept_", doc: "Constant terms: (n_targets,), or a number."),
    FittedAttribute("n_iter_", .int, doc: "Passes over the coordinates."),
    FittedAttribute("dual_gap_", .double, doc: "Duality gap at the end."),
    FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
  ]

  static let searched = [
    FittedAttribute("alpha_", .double, doc: "The penalty chosen by cross-validation."),
    FittedAttribute("alphas_", doc: "Penalties tried, descending: (n_alphas,), or (n_l1_ratios, n_alphas)."),
    FittedAttribute(
      "mse_path_", doc: "Mean squared error: (n_alphas, n_folds), or (n_l1_ratios, n_alphas, n_folds)."),
    FittedAttribute(
      "coef_path_",
      doc:
        "Coefficients of the data as a whole along the penalties of the chosen l1_ratio: (n_targets, n_features, n_alphas)."
    ),
    FittedAttribute("intercept_path_", doc: "The constant terms that go with them: (n_targets, n_alphas)."),
    FittedAttribute("dual_gap_path_", doc: "The duality gaps that go with them: (n_alphas,)."),
    FittedAttribute("n_iter_path_", doc: "The passes that go with them: (n_alphas,)."),
  ]
}
