import ApusModels
import ApusNumerics

/// Classification by ridge regression on targets of ±1, one for every class.
public struct RidgeClassifier: Estimator {
  public var alpha = 1.0
  public var fitIntercept = true
  public var copyX = true
  public var maxIterations: Int?
  public var tol = 1e-4
  public var classWeight = ParameterValue.none
  public var solver = Ridge.Solver.auto
  public var positive = false
  public var randomState: UInt64?

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "ridge_classifier", pythonName: "RidgeClassifier", pythonModule: "linear_model",
    doc: """
      Classification by ridge regression on targets of -1 and 1.

      Two classes are one regression, more classes one for each; the largest prediction wins.
      """,
    role: .classifier,
    parameters: [
      Parameter("alpha", \RidgeClassifier.alpha, range: .atLeast(0), doc: "Penalty; larger values shrink more."),
      Parameter("fit_intercept", \RidgeClassifier.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter("copy_X", \RidgeClassifier.copyX, doc: "Accepted for compatibility: X is never changed."),
      Parameter(
        "max_iter", \RidgeClassifier.maxIterations, range: .atLeast(1),
        doc: "Most iterations of the iterative solvers; by default chosen by the size of X."),
      Parameter("tol", \RidgeClassifier.tol, range: .atLeast(0), doc: "Relative precision of the iterative solvers."),
      Parameter(
        "class_weight", \RidgeClassifier.classWeight, types: [.none, .string, .array], range: .atLeast(0),
        choices: ["balanced"], doc: "Weights of the classes in the order of their labels, 'balanced', or None for ones."
      ),
      Parameter("solver", \RidgeClassifier.solver, doc: "As of Ridge."),
      Parameter("positive", \RidgeClassifier.positive, doc: "Whether coefficients must not be negative."),
      Parameter(
        "random_state", \RidgeClassifier.randomState,
        doc: "Accepted for compatibility: no solver here draws random numbers."),
    ],
    attributes: RidgeClasses.attributes + [FittedAttribute("n_iter_", doc: "1: the solvers are direct, (1,).")],
    operations: [.predict, .decisionFunction],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let classes = try RidgeClasses(data, schema: Self.schema, classWeight: classWeight)
    let ridge = Ridge {
      $0.alpha = .double(alpha)
      $0.fitIntercept = fitIntercept
      $0.maxIterations = maxIterations
      $0.tol = tol
      $0.solver = solver
      $0.positive = positive
    }
    return try classes.model(ridge.solve(classes.regression, context), schema: Self.schema)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LogisticModel(state, schema: Self.schema)
  }
}

/// Ridge classification with its penalty chosen by leave-one-out or k-fold cross-validation.
public struct RidgeClassifierCV: Estimator {
  /// Penalties to choose from; 0.1, 1 and 10 when none.
  public var alphas = ParameterValue.none
  public var fitIntercept = true
  public var cv = ParameterValue.none
  public var classWeight = ParameterValue.none
  public var storesResults = false

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "ridge_classifier_cv", pythonName: "RidgeClassifierCV", pythonModule: "linear_model",
    doc: """
      Classification by ridge regression with its penalty chosen by cross-validation.

      By default by the mean squared leave-one-out errors of the targets of -1 and 1; with cv, stratified folds are compared by
      accuracy.
      """,
    role: .classifier,
    parameters: RidgeSearch.parameters(
      alphas: \RidgeClassifierCV.alphas, fitIntercept: \RidgeClassifierCV.fitIntercept, cv: \RidgeClassifierCV.cv,
      stores: \RidgeClassifierCV.storesResults)
      + [
        Parameter(
          "class_weight", \RidgeClassifierCV.classWeight, types: [.none, .string, .array], range: .atLeast(0),
          choices: ["balanced"],
          doc: "Weights of the classes in the order of their labels, 'balanced', or None for ones.")
      ],
    attributes: RidgeClasses.attributes + [
      FittedAttribute("alpha_", .double, doc: "The penalty chosen."),
      FittedAttribute("best_score_", .double, doc: "The score of that penalty."),
      FittedAttribute(
        "cv_results_", doc: "Squared leave-one-out errors, weighted: (n_samples, n_targets, n_alphas)."),
    ], operations: [.predict, .decisionFunction],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let classes = try RidgeClasses(data, schema: Self.schema, classWeight: classWeight)
    let search = RidgeSearch(
      alphas: try RidgeSearch.penalties(alphas), fitIntercept: fitIntercept, cv: cv, storesResults: storesResults,
      perTarget: false, scoring: nil)
    let found = try search.search(classes.regression, classes: classes.labels, context)
    var model = try classes.model(
      search.solve(classes.regression, found.alphas, context).solution, schema: Self.schema)
    model.extras = try found.attributes(perTarget: false)
    return model
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LogisticModel(state, schema: Self.schema)
  }
}

/// A classification as a regression on ±1.
struct RidgeClasses {
  let labels: ClassLabels
  let regression: RegressionData

  static let attributes = [
    FittedAttribute("classes_", doc: "Labels in ascending order: (n_classes,)."),
    FittedAttribute("coef_", doc: "Coefficients: (1, n_features) for two classes, else (n_classes, n_features)."),
    FittedAttribute("intercept_", doc: "Constant terms: (1,) or (n_classes,)."),
    FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
  ]

  init(_ data: TrainingData, schema: EstimatorSchema, classWeight: ParameterValue) throws(ApusError) {
    let classified = try LogisticData(
      data, schema: schema, classWeight: classWeight, balancesWeights: false)
    labels = classified.labels
    let (rows, count) = (classified.rows, classified.classCount == 2 ? 1 : classified.classCount)
    let targets = try NDArray(uninitialized: [rows, count], dtype: .float64)
    for row in 0..<rows {
      for k in 0..<count {
        let isOwn = classified.codes[row] == Int64(count == 1 ? 1 : k)
        targets.pointer(Double.self)[row * count + k] = isOwn ? 1 : -1
      }
    }
    let weights = try NDArray(uninitialized: [rows], dtype: .float64)
    weights.pointer(Double.self).update(from: classified.weights.pointer, count: rows)
    regression = RegressionData(
      design: classified.design, targets: targets, targetCount: count, targetsAreVector: false, weights: weights,
      dtype: classified.dtype)
  }

  func model(_ solution: LinearSolution, schema: EstimatorSchema) throws -> LogisticModel {
    let (p, count) = (regression.columns, regression.targetCount)
    let coefficients = try NDArray(uninitialized: [count, p], dtype: .float64)
    coefficients.pointer(Double.self).update(from: solution.coefficients.pointer, count: count * p)
    return LogisticModel(
      schema: schema, classes: labels.classes, coefficients: coefficients,
      intercepts: try NDArray(solution.intercepts), dtype: regression.dtype, iterations: 1)
  }
}
