import ApusModels
import ApusNumerics

/// Linear regression of a conditional quantile: minimises 1/Σw Σ w ρ_τ(y − X β − c) + α Σ |β| with the pinball loss
/// ρ_τ(r) = τ max(r, 0) + (1 − τ) max(−r, 0).
public struct QuantileRegressor: Estimator {
  /// scikit-learn's names of linear programming solvers.
  public enum Solver: String, CaseIterable, ParameterChoice {
    case highs
    case highsDualSimplex = "highs-ds"
    case highsInteriorPoint = "highs-ipm"
    case interiorPoint = "interior-point"
    case revisedSimplex = "revised simplex"
  }

  public var quantile = 0.5
  public var alpha = 1.0
  public var fitIntercept = true
  public var solver = Solver.highs
  public var solverOptions = ParameterValue.none

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "quantile_regressor", pythonName: "QuantileRegressor", pythonModule: "linear_model",
    doc: """
      Linear regression of a conditional quantile with L1 regularisation.

      The linear programme is solved by a primal-dual interior point method in the dual (Portnoy & Koenker, Statistical Science
      12(4), 1997) and finished by the vertex it points to. Time O(n_samples n_features^2) for each of 10 to 30 iterations.
      """,
    role: .regressor,
    parameters: [
      Parameter(
        "quantile", \QuantileRegressor.quantile,
        range: ValueRange(0, 1, includesMinimum: false, includesMaximum: false), doc: "The quantile to predict."),
      Parameter(
        "alpha", \QuantileRegressor.alpha, range: .atLeast(0), doc: "Weight of the L1 penalty of the coefficients."),
      Parameter("fit_intercept", \QuantileRegressor.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "solver", \QuantileRegressor.solver,
        doc: "Accepted for compatibility: the interior point method of this library is used."),
      Parameter("solver_options", \QuantileRegressor.solverOptions, types: [.none], doc: "Accepted for compatibility."),
    ],
    attributes: [
      FittedAttribute("coef_", doc: "Coefficients: (n_features,)."),
      FittedAttribute("intercept_", .double, doc: "Constant term."),
      FittedAttribute("n_iter_", .int, doc: "Iterations."),
      FittedAttribute("objective_", .double, doc: "The value of the objective at the solution."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ],
    operations: [.predict], traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    var data = try RegressionData(data, schema: Self.schema, keepsColumnTargets: false)
    let offsets = fitIntercept ? try FeatureOffsets(data.design) : nil
    if let offsets { data = data.replacing(try offsets.removed(from: data.design)) }
    let programme = try QuantileProgramme(data, quantile: quantile, alpha: alpha, fitIntercept: fitIntercept)
    let found = try QuantileInteriorPoint(programme).solve { try context.checkpoint("interior point", $0) }
    if !found.converged {
      context.warn(
        .convergence, "QuantileRegressor: the interior point method stopped with a relative gap of \(found.gap)")
    }
    let model = try programme.model(found, schema: Self.schema)
    if let offsets { model.restore(offsets) }
    return model
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}
