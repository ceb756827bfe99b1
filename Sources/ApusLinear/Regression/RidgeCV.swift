import ApusModels
import ApusNumerics

/// Ridge regression with its penalty chosen by leave-one-out or k-fold cross-validation.
public struct RidgeCV: Estimator {
  /// Penalties to choose from; 0.1, 1 and 10 when none.
  public var alphas = ParameterValue.none
  public var fitIntercept = true
  public var scoring: RidgeScoring?
  public var cv = ParameterValue.none
  public var mode: RidgeDecomposition?
  public var storesResults = false
  public var alphaPerTarget = false

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "ridge_cv", pythonName: "RidgeCV", pythonModule: "linear_model",
    doc: """
      Ridge regression with its penalty chosen by cross-validation.

      By default every row is left out once: the errors of all penalties follow from one eigendecomposition. With cv, folds are
      compared by the coefficient of determination.
      """,
    role: .regressor,
    parameters: RidgeSearch.parameters(
      alphas: \RidgeCV.alphas, fitIntercept: \RidgeCV.fitIntercept, cv: \RidgeCV.cv, stores: \RidgeCV.storesResults)
      + [
        Parameter(
          "scoring", \RidgeCV.scoring,
          doc:
            "'neg_mean_squared_error', 'neg_root_mean_squared_error', 'neg_mean_absolute_error', 'neg_max_error' or 'r2'; "
            + "None: the first for leave-one-out, the last for folds."),
        Parameter("gcv_mode", \RidgeCV.mode, doc: "Accepted for compatibility: the decomposition follows from shape."),
        Parameter(
          "alpha_per_target", \RidgeCV.alphaPerTarget,
          doc: "Whether every target gets a penalty of its own; only for leave-one-out."),
      ],
    attributes: [
      FittedAttribute("coef_", doc: "Coefficients: (n_features,), or (n_targets, n_features) for several targets."),
      FittedAttribute("intercept_", doc: "Constant term: a number, or (n_targets,)."),
      FittedAttribute("alpha_", doc: "The penalty chosen: a number, or (n_targets,) with alpha_per_target."),
      FittedAttribute("best_score_", doc: "The score of that penalty: a number, or (n_targets,)."),
      FittedAttribute(
        "cv_results_",
        doc: "Squared leave-one-out errors, weighted: (n_samples, n_alphas) or (n_samples, n_targets, n_alphas)."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ],
    operations: [.predict], traits: [.sparseInput, .multiOutput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let data = try RegressionData(data, schema: Self.schema, keepsColumnTargets: false)
    let search = RidgeSearch(
      alphas: try RidgeSearch.penalties(alphas), fitIntercept: fitIntercept, cv: cv, storesResults: storesResults,
      perTarget: alphaPerTarget, scoring: scoring)
    let found = try search.search(data, classes: nil, context)
    let solution = try search.solve(data, found.alphas, context)
    var model = try LinearModel(solution, data, schema: Self.schema, fitIntercept: fitIntercept)
    model.extras = try found.attributes(perTarget: alphaPerTarget && !data.targetsAreVector)
    return model
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}

/// What penalties are compared by.
public enum RidgeScoring: String, CaseIterable, ParameterChoice {
  case negativeMeanSquaredError = "neg_mean_squared_error"
  case negativeRootMeanSquaredError = "neg_root_mean_squared_error"
  case negativeMeanAbsoluteError = "neg_mean_absolute_error"
  case negativeMaximumError = "neg_max_error"
  case r2

  /// The score of errors; nil for the share of a variance.
  ///
  /// - Parameter error: weight and magnitude of the error of a row.
  func score(rows: Int, _ error: (Int) -> (weight: Double, magnitude: Double)) -> Double? {
    var (sum, total, largest) = (0.0, 0.0, 0.0)
    for row in 0..<rows {
      let (weight, magnitude) = error(row)
      total += weight
      sum += weight * (self == .negativeMeanAbsoluteError ? magnitude : magnitude * magnitude)
      if weight > 0 { largest = Swift.max(largest, magnitude) }
    }
    switch self {
    case .negativeMeanSquaredError, .negativeMeanAbsoluteError: return -sum / total
    case .negativeRootMeanSquaredError: return -(sum / total).squareRoot()
    case .negativeMaximumError: return -largest
    case .r2: return nil
    }
  }
}

/// scikit-learn's names of decompositions for leave-one-out errors.
public enum RidgeDecomposition: String, CaseIterable, ParameterChoice {
  case auto, svd, eigen
}
