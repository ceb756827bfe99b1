import ApusModels
import ApusNumerics

/// Logistic regression of two or more classes with L2 penalty: minimises C Σ w loss + ½ ‖β‖².
public struct LogisticRegression: Estimator {
  public enum Solver: String, CaseIterable, ParameterChoice {
    case lbfgs
    case newtonCholesky = "newton-cholesky"
  }

  public enum Penalty: String, CaseIterable, ParameterChoice {
    case l2
    case deprecated
  }

  public var penalty: Penalty? = .deprecated
  public var inverseStrength = 1.0
  public var l1Ratio = 0.0
  public var dual = false
  public var tol = 1e-4
  public var fitIntercept = true
  public var interceptScaling = 1.0
  public var classWeight = ParameterValue.none
  public var randomState: UInt64?
  public var solver = Solver.lbfgs
  public var maxIterations = 100
  public var verbose = 0
  public var warmStart = false
  public var jobs: Int?

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "logistic_regression", pythonName: "LogisticRegression", pythonModule: "linear_model",
    doc: """
      Logistic regression with L2 regularisation.

      Minimises C times the weighted log-loss plus half the squared length of the coefficients; the intercept is not
      penalised. Several classes share one softmax. Two classes with up to about 1,000 dense features are fitted by Newton's
      method whatever the solver, others by L-BFGS. Separable classes without penalty are reported.
      """,
    role: .classifier,
    parameters: [
      Parameter(
        "penalty", \LogisticRegression.penalty, doc: "'l2' or 'deprecated': L2 of strength 1 / C; None: no penalty."),
      Parameter(
        "C", \LogisticRegression.inverseStrength,
        range: ValueRange(0, .infinity, includesMinimum: false),
        doc: "Inverse of the strength of the penalty; inf for none."),
      Parameter(
        "l1_ratio", \LogisticRegression.l1Ratio, range: .closed(0, 0),
        doc: "Share of an L1 penalty; only 0 is available."),
      Parameter("dual", \LogisticRegression.dual, doc: "Accepted for compatibility: the primal problem is solved."),
      Parameter(
        "tol", \LogisticRegression.tol, range: .greaterThan(0),
        doc: "Largest component of the gradient of the mean loss at which to stop."),
      Parameter("fit_intercept", \LogisticRegression.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "intercept_scaling", \LogisticRegression.interceptScaling,
        doc: "Accepted for compatibility: the intercept is never penalised."),
      Parameter(
        "class_weight", \LogisticRegression.classWeight, types: [.none, .string, .array], range: .atLeast(0),
        choices: ["balanced"], doc: "Weights of the classes in the order of their labels, 'balanced', or None for ones."
      ),
      Parameter(
        "random_state", \LogisticRegression.randomState, doc: "Accepted for compatibility: nothing is drawn at random."),
      Parameter("solver", \LogisticRegression.solver, doc: "'lbfgs' or 'newton-cholesky'."),
      Parameter("max_iter", \LogisticRegression.maxIterations, range: .atLeast(0), doc: "Most iterations."),
      Parameter("verbose", \LogisticRegression.verbose, doc: "Accepted for compatibility."),
      Parameter(
        "warm_start", \LogisticRegression.warmStart, doc: "Whether fitting again starts from the last coefficients."),
      Parameter(
        "n_jobs", \LogisticRegression.jobs, doc: "Accepted for compatibility: threads are set for the whole library."),
    ],
    attributes: [
      FittedAttribute("classes_", doc: "Labels in ascending order: (n_classes,)."),
      FittedAttribute("coef_", doc: "Coefficients: (1, n_features) for two classes, else (n_classes, n_features)."),
      FittedAttribute("intercept_", doc: "Constant terms: (1,) or (n_classes,)."),
      FittedAttribute("n_iter_", doc: "Iterations: (1,)."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ],
    operations: [.predict, .predictProbabilities, .predictLogProbabilities, .decisionFunction],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, start: nil, context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, start: warmStart ? previous as? LogisticModel : nil, context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LogisticModel(state, schema: Self.schema)
  }

  private func fit(_ data: TrainingData, start: LogisticModel?, _ context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let data = try LogisticData(data, schema: Self.schema, classWeight: classWeight)
    try data.requireSquaresInRange()
    let total = (0..<data.rows).reduce(0.0) { $0 + data.weights[$1] }
    guard total > 0, total.isFinite else {
      throw ApusError.invalidArgument(name: "class_weight", reason: "all weights are zero, or their sum overflows")
    }
    let strength = penalty == nil ? 0 : 1 / inverseStrength
    let loss = SoftmaxLoss(data, fitIntercept: fitIntercept, penalty: strength)
    let theta = try Buffer<Double>(zeroed: loss.count)
    if let start, start.featureCount == data.columns, start.intercepts.count == loss.scores { copy(start, to: theta) }
    let outcome = try minimise(loss, theta, tolerance: tol * total, context)
    if !outcome.converged {
      context.warn(
        .convergence,
        "\(solver.rawValue) did not converge within \(outcome.iterations) iterations: increase max_iter or scale the features"
      )
    }
    warnOfSeparation(loss, outcome.value / total, context)
    return try model(data, loss, theta, outcome.iterations)
  }

  private func minimise(
    _ loss: SoftmaxLoss, _ theta: Buffer<Double>, tolerance: Double, _ context: FitContext
  ) throws -> LimitedMemoryBFGS.Outcome {
    func checkpoint(_ iteration: Int) throws {
      try context.checkpoint("logistic", Double(iteration) / Double(Swift.max(1, maxIterations)))
    }
    var done = 0
    if loss.scores == 1, loss.data.columns <= 1024 {
      let newton = NewtonLogistic(loss: loss)
      // Newton's steps are few and quadratic, so they go on until rounding, for little more.
      if let outcome = try newton.minimise(
        theta.pointer, gradientTolerance: tolerance * 1e-6, maximumIterations: maxIterations, checkpoint: checkpoint)
      {
        return outcome
      }
      done = 1
    }
    var outcome = try LimitedMemoryBFGS.minimise(
      theta.pointer, count: loss.count, gradientTolerance: tolerance,
      maximumIterations: Swift.max(0, maxIterations - done),
      function: { try loss.evaluate($0, gradient: $1) }, checkpoint: checkpoint)
    outcome.iterations += done
    return outcome
  }

  private func copy(_ start: LogisticModel, to theta: Buffer<Double>) {
    let p = start.featureCount
    for score in 0..<start.intercepts.count {
      for j in 0..<p {
        theta[score * (p + 1) + j] = start.coefficients.pointer(Double.self)[score * p + j]
      }
      theta[score * (p + 1) + p] = start.intercepts.pointer(Double.self)[score]
    }
  }

  private func warnOfSeparation(_ loss: SoftmaxLoss, _ meanLoss: Double, _ context: FitContext) {
    if loss.penalty < 1e-8, meanLoss < 1e-4 {
      context.warn(
        .data,
        "y: the classes are separated perfectly by the features, and without penalty the coefficients grow without bound; they are "
          + "where the loss no longer falls")
    }
  }

  private func model(
    _ data: LogisticData, _ loss: SoftmaxLoss, _ theta: Buffer<Double>, _ iterations: Int
  ) throws -> LogisticModel {
    let p = data.columns
    let coefficients = try NDArray(uninitialized: [loss.scores, p], dtype: .float64)
    let intercepts = try NDArray(uninitialized: [loss.scores], dtype: .float64)
    for score in 0..<loss.scores {
      for j in 0..<p {
        let value = theta[score * (p + 1) + j]
        guard value.isFinite else {
          throw ApusError.numericalFailure(reason: "X: the coefficients are not finite; scale the features")
        }
        coefficients.pointer(Double.self)[score * p + j] = value
      }
      intercepts.pointer(Double.self)[score] = fitIntercept ? theta[score * (p + 1) + p] : 0
    }
    return LogisticModel(
      schema: Self.schema, classes: data.labels.classes, coefficients: coefficients, intercepts: intercepts,
      dtype: data.dtype, iterations: iterations)
  }
}
