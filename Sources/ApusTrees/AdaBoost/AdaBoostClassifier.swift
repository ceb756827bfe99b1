import ApusModels
import ApusNumerics
import RealModule

/// Boosting of a classifier by reweighting (SAMME). Zhu, Zou, Rosset, Hastie 2009, doi:10.4310/SII.2009.v2.n3.a8.
///
/// A member of weighted error e gets the weight `rate · (log((1 − e) / e) + log(classes − 1))`, and the rows it
/// misclassifies gain weight by that exponent. Without `estimator` the members are stumps of least weighted Gini impurity,
/// found on features sorted once.
public struct AdaBoostClassifier: BoostsByWeight {
  public var boosting = AdaBoostParameters()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "ada_boost_classifier", pythonName: "AdaBoostClassifier", pythonModule: "ensemble",
    doc: """
      Boosting of a classifier by reweighting rows (SAMME; Zhu, Zou, Rosset, Hastie 2009).
      Stumps are found on features sorted once; time O(rows · features) per round.
      """,
    role: .classifier,
    parameters: boostingParameters(base: "a tree with one split"),
    attributes: [FittedAttribute("classes_", doc: "Distinct labels, shape (classes,).")] + boostingAttributes,
    operations: [
      .predict, .predictProbabilities, .predictLogProbabilities, .decisionFunction, FittedBoosting.stagedPredict,
      FittedBoosting.stagedDecision, FittedBoosting.stagedProbabilities, TreeOperation.apply,
      TreeOperation.decisionPath,
    ],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let input = try ForestInput(data, schema: Self.schema)
    let targets = try ClassTargets(data.targets, rows: input.rows, schema: Self.schema)
    let classCount = targets.counts[0]
    guard classCount >= 2 else {
      throw ApusError.invalidArgument(name: "y", reason: "has \(classCount) class; AdaBoost needs at least 2")
    }
    let codes = try NDArray(uninitialized: [input.rows], dtype: .int64)
    for row in 0..<input.rows { codes.pointer(Int64.self)[row] = Int64(targets.labels[row]) }
    let rows = try BoostingData(
      input, targets: codes, held: boosting.heldOut, seed: boosting.randomState ?? 0)
    let learner: any SammeLearner =
      try StumpLearner.suits(boosting.estimator)
      ? StumpLearner(rows, classCount: classCount)
      : ModelLearner(rows, base: boosting.estimator, classCount: classCount)
    let result = try Samme.boost(
      learner, rows: rows, classCount: classCount, parameters: boosting, context: context)
    return FittedAdaBoost(
      WeightedMembers(
        try learner.members(), weights: result.weights, errors: result.errors, validationScores: result.scores),
      classes: targets.classes[0], schema: Self.schema)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel { try FittedAdaBoost(state, schema: Self.schema) }
}
