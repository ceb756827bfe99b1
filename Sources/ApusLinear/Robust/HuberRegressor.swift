import ApusModels
import ApusNumerics

/// Linear regression that is robust to outliers: minimises Σ w (σ + H(r / σ) σ) + α ‖β‖² over β, c and σ, where H(z) = z² up to
/// ε and 2 ε |z| − ε² beyond.
public struct HuberRegressor: Estimator {
  public var epsilon = 1.35
  public var maxIterations = 100
  public var alpha = 1e-4
  public var warmStart = false
  public var fitIntercept = true
  public var tol = 1e-5

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "huber_regressor", pythonName: "HuberRegressor", pythonModule: "linear_model",
    doc: """
      Linear regression that is robust to outliers, with the scale of the residuals estimated together with the coefficients.

      Residuals up to epsilon scales count squared, larger ones linearly (Huber & Ronchetti, Robust Statistics, 2nd ed., 2009,
      §7.7). The objective is convex; L-BFGS on centred features and the logarithm of the scale.
      """,
    role: .regressor,
    parameters: [
      Parameter(
        "epsilon", \HuberRegressor.epsilon, range: .atLeast(1),
        doc: "Residual, in units of the scale, from which rows count as outliers; smaller is more robust."),
      Parameter("max_iter", \HuberRegressor.maxIterations, range: .atLeast(0), doc: "Most iterations."),
      Parameter("alpha", \HuberRegressor.alpha, range: .atLeast(0), doc: "Weight of the L2 penalty."),
      Parameter(
        "warm_start", \HuberRegressor.warmStart, doc: "Whether fitting again starts from the last coefficients."),
      Parameter("fit_intercept", \HuberRegressor.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "tol", \HuberRegressor.tol, range: .atLeast(0),
        doc:
          "Largest component of the gradient, relative to the number of samples and the scales of X and y, at which to "
          + "stop."),
    ],
    attributes: [
      FittedAttribute("coef_", doc: "Coefficients: (n_features,)."),
      FittedAttribute("intercept_", .double, doc: "Constant term."),
      FittedAttribute(
        "scale_", .double, doc: "The scale of the residuals, sigma; at least 1e-5 of the scale of the targets."),
      FittedAttribute("outliers_", doc: "Whether each sample is an outlier: (n_samples,)."),
      FittedAttribute("n_iter_", .int, doc: "Iterations."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ],
    operations: [.predict], traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, start: nil, context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, start: warmStart ? previous as? LinearModel : nil, context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }

  private func fit(_ data: TrainingData, start: LinearModel?, _ context: FitContext) throws -> any FittedModel {
    try validateParameters()
    var data = try RegressionData(data, schema: Self.schema, keepsColumnTargets: false)
    let offsets = fitIntercept ? try FeatureOffsets(data.design) : nil
    if let offsets { data = data.replacing(try offsets.removed(from: data.design)) }
    var loss = try HuberLoss(data, epsilon: epsilon, alpha: alpha, fitIntercept: fitIntercept)
    let theta = try loss.start(start, offsets: offsets)
    let outcome = try LimitedMemoryBFGS.minimise(
      theta.pointer, count: loss.count, gradientTolerance: tol * loss.totalWeight,
      maximumIterations: maxIterations, scaling: UnsafePointer(loss.scaling.pointer),
      function: { try loss.evaluate($0, gradient: $1) },
      checkpoint: { try context.checkpoint("huber", Double($0) / Double(Swift.max(1, maxIterations))) })
    if !outcome.converged, outcome.iterations >= maxIterations {
      context.warn(
        .convergence, "HuberRegressor did not converge within \(outcome.iterations) iterations: increase max_iter")
    }
    let model = try loss.model(theta, outcome, schema: Self.schema)
    if let offsets { model.restore(offsets) }
    return model
  }
}
