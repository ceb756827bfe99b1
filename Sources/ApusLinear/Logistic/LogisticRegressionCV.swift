import ApusModels
import ApusNumerics
import RealModule

/// Logistic regression with its penalty chosen by cross-validation.
public struct LogisticRegressionCV: LogisticEstimator {
  public typealias Scoring = LogisticScoring

  /// Number of inverse strengths between 10⁻⁴ and 10⁴, or an array of them.
  public var inverseStrengths = ParameterValue.int(10)
  /// One share of the L1 penalty, or an array; 0 for 'warn' and none.
  public var l1Ratios = ParameterValue.string("warn")
  public var cv = ParameterValue.none
  public var scoring: Scoring? = .warn
  public var refits = true
  public var legacyAttributes = ParameterValue.string("warn")
  public var options = LogisticOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "logistic_regression_cv", pythonName: "LogisticRegressionCV", pythonModule: "linear_model",
    doc: """
      Logistic regression with the strength of its penalty, and the share of its L1 part, chosen by cross-validation.

      Folds are stratified and solved in parallel, each from the strongest penalty to the weakest, with the same result for any
      number of threads.
      """,
    role: .classifier,
    parameters: [
      Parameter(
        "Cs", \LogisticRegressionCV.inverseStrengths, types: [.int, .array], range: .greaterThan(0),
        doc: "Number of inverse strengths between 1e-4 and 1e4, or the inverse strengths."),
      Parameter(
        "l1_ratios", \LogisticRegressionCV.l1Ratios, types: [.none, .string, .double, .array], range: .closed(0, 1),
        choices: ["warn"], doc: "Shares of the L1 penalty to choose from; 'warn' and None: 0."),
      Parameter(
        "cv", \LogisticRegressionCV.cv, types: [.none, .int, .array], range: .atLeast(-1),
        doc:
          "Number of stratified folds, 5 when None; or the fold that tests each row; or (n_folds, n_samples) with 1 for test rows, "
          + "0 for training rows, -1 for neither. In Python a splitter or pairs of index arrays too."),
      Parameter(
        "scoring", \LogisticRegressionCV.scoring,
        doc:
          "What is compared on test rows: 'accuracy' ('warn' and None too), 'balanced_accuracy', 'neg_log_loss', "
          + "'neg_brier_score'; for two classes also 'roc_auc', 'average_precision', 'f1', 'precision', 'recall' of the second."
      ),
      Parameter(
        "refit", \LogisticRegressionCV.refits,
        doc:
          "True: fit all rows with the penalty whose mean score is best; False: average coefficients and penalties over the "
          + "folds, each with its own best penalty."),
      Parameter(
        "use_legacy_attributes", \LogisticRegressionCV.legacyAttributes, types: [.bool, .string], choices: ["warn"],
        doc: "Accepted for compatibility: attributes have the forms of False."),
    ] + optionParameters(penalties: "'deprecated' or 'elasticnet': as l1_ratios say; 'l1', 'l2': as the names say."),
    attributes: [
      FittedAttribute("classes_", doc: "Labels in ascending order: (n_classes,)."),
      FittedAttribute("coef_", doc: "Coefficients: (1, n_features) for two classes, else (n_classes, n_features)."),
      FittedAttribute("intercept_", doc: "Constant terms: (1,) or (n_classes,)."),
      FittedAttribute("C_", .double, doc: "The inverse strength chosen by cross-validation."),
      FittedAttribute("l1_ratio_", .double, doc: "The share of the L1 penalty chosen by cross-validation."),
      FittedAttribute("Cs_", doc: "Inverse strengths tried, ascending: (n_cs,)."),
      FittedAttribute("l1_ratios_", doc: "Shares of the L1 penalty tried: (n_l1_ratios,)."),
      FittedAttribute("scores_", doc: "Scores of the test rows: (n_folds, n_l1_ratios, n_cs)."),
      FittedAttribute(
        "coefs_paths_",
        doc: "Coefficients with intercepts last: (n_folds, n_l1_ratios, n_cs, n_classes or 1, n_features + 1)."),
      FittedAttribute("n_iter_", doc: "Iterations, at least 1: (n_folds, n_l1_ratios, n_cs)."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ],
    operations: [.predict, .predictProbabilities, .predictLogProbabilities, .decisionFunction],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LogisticModel(state, schema: Self.schema)
  }

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    guard options.penalty != .firth else {
      throw ApusError.invalidArgument(
        name: "penalty", reason: "'firth' has no strength to choose; use LogisticRegression")
    }
    let (strengths, ratios) = (try strengths(), try ratios())
    for ratio in ratios { try options.solver.requirePenalty(ratio) }
    let sampleWeight = data.sampleWeight
    let data = try LogisticData(data, schema: Self.schema, classWeight: options.classWeight)
    try requireClasses(data)
    if let scoring, scoring.isBinary, data.classCount > 2 {
      throw ApusError.invalidArgument(
        name: "scoring", reason: "'\(scoring.rawValue)' is for two classes; y holds \(data.classCount)")
    }
    try data.requireSquaresInRange()
    let plain = try InputValidation.sampleWeight(sampleWeight, rows: data.rows)
    let folds = try LogisticFolds(
      data, try assignment(data), scoreWeights: plain, strengths: strengths, ratios: ratios,
      scoring: scoring ?? .accuracy, fit: fit(1, 0), context)
    warnOfConvergence(folds.worst, context)
    let (ratio, strength) = folds.best
    var final = fit(strengths[strength], ratios[ratio])
    if options.penalty == nil { final.inverseStrength = .infinity }
    var model: LogisticModel
    var chosen = (strength: strengths[strength], ratio: ratios[ratio])
    if refits {
      let result = try final.fit(data, start: try folds.meanParameters { _ in (ratio, strength) }) {
        try context.checkpoint("logistic", $0)
      }
      warnOfConvergence(result.outcome, context)
      model = try result.model(data, schema: Self.schema)
    } else {
      let loss = SoftmaxLoss(data, fitIntercept: options.fitIntercept, penalty: 0)
      model = try LogisticFit.Result(
        theta: folds.meanParameters { folds.best(ofFold: $0) }, loss: loss, outcome: folds.worst, totalWeight: 1
      ).model(data, schema: Self.schema)
      let count = folds.scores.shape[0]
      let best = (0..<count).map { folds.best(ofFold: $0) }
      chosen.strength = best.reduce(0) { $0 + strengths[$1.strength] } / Double(count)
      chosen.ratio = best.reduce(0) { $0 + ratios[$1.ratio] } / Double(count)
    }
    model.extras = [
      "C_": .double(chosen.strength), "l1_ratio_": .double(chosen.ratio), "Cs_": .array(try NDArray(strengths)),
      "l1_ratios_": .array(try NDArray(ratios)), "scores_": .array(folds.scores),
      "coefs_paths_": .array(folds.coefficients), "n_iter_": .array(folds.iterations),
    ]
    return model
  }

  private func fit(_ inverseStrength: Double, _ l1Ratio: Double) -> LogisticFit {
    LogisticFit(
      inverseStrength: inverseStrength, l1Ratio: l1Ratio, fitIntercept: options.fitIntercept, tolerance: options.tol,
      maximumIterations: options.maxIterations)
  }

  private func assignment(_ data: LogisticData) throws(ApusError) -> FoldAssignment {
    switch cv {
    case .array(let array): return try FoldAssignment(array, rows: data.rows)
    case .int(let count):
      return try FoldAssignment(
        stratifying: data.labels.codes, classCount: data.classCount, folds: Int(clamping: count))
    default: return try FoldAssignment(stratifying: data.labels.codes, classCount: data.classCount, folds: 5)
    }
  }

  private func strengths() throws(ApusError) -> [Double] {
    if case .array(let array) = inverseStrengths {
      let values = try array.converted(to: .float64, name: "Cs").elements(as: Double.self)
      guard !values.isEmpty else { throw .invalidArgument(name: "Cs", reason: "is empty") }
      return values.sorted()
    }
    guard case .int(let count) = inverseStrengths, (1...10_000).contains(count) else {
      throw .invalidArgument(name: "Cs", reason: "\(inverseStrengths) is not in [1, 10000]")
    }
    return (0..<Int(count)).map { count == 1 ? 1e-4 : Double.pow(10, -4 + 8 * Double($0) / Double(count - 1)) }
  }

  private func ratios() throws(ApusError) -> [Double] {
    switch (options.penalty, l1Ratios) {
    case (.l1?, _): return [1]
    case (.l2?, _), (nil, _): return [0]
    case (_, .double(let value)): return [value]
    case (_, .array(let array)):
      let values = try array.converted(to: .float64, name: "l1_ratios").elements(as: Double.self)
      guard !values.isEmpty else { throw .invalidArgument(name: "l1_ratios", reason: "is empty") }
      return values
    default: return [0]
    }
  }
}

/// The folds of a ``LogisticRegressionCV``.
struct LogisticFolds {
  /// (folds, ratios, strengths).
  let scores: NDArray
  /// (folds, ratios, strengths, scores, columns + 1).
  let coefficients: NDArray
  /// (folds, ratios, strengths) int32.
  let iterations: NDArray
  /// The positions with the highest mean score, the first of equals.
  let best: (ratio: Int, strength: Int)
  /// Of the fit that took most iterations, converged only if all did.
  let worst: LimitedMemoryBFGS.Outcome

  init(
    _ data: LogisticData, _ assignment: FoldAssignment, scoreWeights: NDArray?, strengths: [Double], ratios: [Double],
    scoring: LogisticScoring, fit: LogisticFit, _ context: FitContext
  ) throws {
    let (folds, r, s) = (assignment.foldCount, ratios.count, strengths.count)
    let scoreCount = data.classCount == 2 ? 1 : data.classCount
    let width = scoreCount * (data.columns + 1)
    scores = try NDArray(zeros: [folds, r, s])
    coefficients = try NDArray(zeros: [folds, r, s, scoreCount, data.columns + 1])
    iterations = try NDArray(zeros: [folds, r, s], dtype: .int32)
    let converged = try NDArray(zeros: [folds, r, s], dtype: .uint8)
    let (score, beta, count, ended) = (
      scores.pointer(Double.self), coefficients.pointer(Double.self), iterations.pointer(Int32.self),
      converged.pointer(UInt8.self)
    )
    try context.checkpoint("folds", 0)
    try ThreadPool.parallelForThrowing(tasks: folds * r) { task in
      let (fold, ratio) = task.quotientAndRemainder(dividingBy: r)
      let training = try data.subset(assignment.positions(fold, testing: false))
      let positions = try assignment.positions(fold, testing: true)
      let test = try data.subset(positions)
      let weights = try scoreWeights.map { weights throws(ApusError) in try RowSubset.rows(weights, positions) }
      var start: Buffer<Double>?
      for (index, strength) in strengths.enumerated() {
        var own = fit
        (own.inverseStrength, own.l1Ratio) = (strength, ratios[ratio])
        let result = try own.fit(training, start: start) { _ in
          if context.isCancelled { throw ApusError.cancelled }
        }
        start = result.theta
        let place = (fold * r + ratio) * s + index
        (beta + place * width).update(from: result.theta.pointer, count: width)
        count[place] = Int32(clamping: Swift.max(1, result.outcome.iterations))
        ended[place] = result.outcome.converged ? 1 : 0
        score[place] = try LogisticFolds.score(result.theta, test, weights: weights, scoring)
      }
    }
    try context.checkpoint("folds", 1)
    var chosen = (ratio: 0, strength: 0, mean: -Double.infinity)
    var outcome = LimitedMemoryBFGS.Outcome()
    outcome.converged = true
    for ratio in 0..<r {
      for strength in 0..<s {
        var sum = 0.0
        for fold in 0..<folds {
          let place = (fold * r + ratio) * s + strength
          sum += score[place]
          outcome.iterations = Swift.max(outcome.iterations, Int(count[place]))
          if ended[place] == 0 { outcome.converged = false }
        }
        if sum / Double(folds) > chosen.mean { chosen = (ratio, strength, sum / Double(folds)) }
      }
    }
    withExtendedLifetime(converged) {}
    best = (chosen.ratio, chosen.strength)
    worst = outcome
  }

  /// The score of parameters on test rows.
  private static func score(
    _ theta: Buffer<Double>, _ test: LogisticData, weights: NDArray?, _ scoring: LogisticScoring
  ) throws -> Double {
    let p = test.columns
    let count = theta.count / (p + 1)
    let beta = try NDArray(uninitialized: [count, p], dtype: .float64)
    let intercepts = try NDArray(uninitialized: [count], dtype: .float64)
    for k in 0..<count {
      (beta.pointer(Double.self) + k * p).update(from: theta.pointer + k * (p + 1), count: p)
      intercepts.pointer(Double.self)[k] = theta[k * (p + 1) + p]
    }
    let predictions = try LinearPrediction.predict(
      test.design, coefficients: beta, intercepts: intercepts, dtype: .float64)
    let tested = TestScores(
      scores: predictions.pointer(Double.self), count: count, rows: test.rows, codes: test.codes,
      classCount: test.classCount, weights: weights.map { UnsafePointer($0.pointer(Double.self)) })
    return withExtendedLifetime((predictions, weights)) { tested.value(scoring) }
  }

  /// The mean over the folds of the parameters for a penalty of each.
  func meanParameters(
    _ penalty: (_ fold: Int) -> (ratio: Int, strength: Int)
  ) throws(ApusError) -> Buffer<Double> {
    let shape = coefficients.shape
    let width = shape[3] * shape[4]
    let result = try Buffer<Double>(zeroed: width)
    for fold in 0..<shape[0] {
      let (ratio, strength) = penalty(fold)
      let own = coefficients.pointer(Double.self) + ((fold * shape[1] + ratio) * shape[2] + strength) * width
      for index in 0..<width { result.pointer[index] += own[index] / Double(shape[0]) }
    }
    return result
  }
  /// The positions of a fold's own highest score, the first of equals.
  func best(ofFold fold: Int) -> (ratio: Int, strength: Int) {
    let (r, s) = (scores.shape[1], scores.shape[2])
    let own = scores.pointer(Double.self) + fold * r * s
    let place = (0..<r * s).reduce(0) { own[$1] > own[$0] ? $1 : $0 }
    return withExtendedLifetime(scores) { (place / s, place % s) }
  }
}
