import ApusModels
import ApusNumerics

/// Averages classification trees with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).
///
/// Trees grow in parallel; the result is the same for any number of threads.
public struct ExtraTreesClassifier: GrowsForest {
  var growth = TreeGrowthParameters(criterion: "gini", maxFeatures: .string("sqrt"), randomThresholds: true)
  var forest = ForestParameters(bootstrap: false)
  public var classWeight: ParameterValue = .none

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "extra_trees_classifier", pythonName: "ExtraTreesClassifier", pythonModule: "ensemble",
    doc: """
      Averages classification trees with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).
      Trees grow in parallel; the result is the same for any number of threads.
      """,
    role: .classifier,
    parameters: forestParameters()
      + growthParameters(criteria: [.gini, .entropy, .logLoss], monotone: "the probability of the second class")
      + [
        Parameter(
          "class_weight", \Self.classWeight, types: [.none, .string, .array], range: .atLeast(0), choices: ["balanced"],
          doc: "Weights of the classes in their order, 'balanced' for equal totals, or None for 1.")
      ],
    attributes: TreeAttributes.common(classifier: true) + forestAttributes(classifier: true),
    operations: TreeAttributes.operations(classifier: true),
    traits: TreeAttributes.traits)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    return try ForestFit.classify(
      data, schema: Self.schema, growth: growth, forest: forest, classWeight: classWeight, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let earlier = forest.warmStart ? previous as? FittedTrees : nil
    return try ForestFit.classify(
      data, schema: Self.schema, growth: growth, forest: forest, classWeight: classWeight, previous: earlier,
      context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel { try FittedTrees(state, schema: Self.schema) }
}

/// Averages regression trees with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).
///
/// Trees grow in parallel; the result is the same for any number of threads.
public struct ExtraTreesRegressor: GrowsForest {
  var growth = TreeGrowthParameters(criterion: "squared_error", maxFeatures: .double(1), randomThresholds: true)
  var forest = ForestParameters(bootstrap: false)

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "extra_trees_regressor", pythonName: "ExtraTreesRegressor", pythonModule: "ensemble",
    doc: """
      Averages regression trees with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).
      Trees grow in parallel; the result is the same for any number of threads.
      """,
    role: .regressor,
    parameters: forestParameters()
      + growthParameters(criteria: [.squaredError, .friedmanMSE, .absoluteError, .poisson], monotone: "the prediction"),
    attributes: TreeAttributes.common(classifier: false) + forestAttributes(classifier: false),
    operations: TreeAttributes.operations(classifier: false),
    traits: TreeAttributes.traits)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    return try ForestFit.regress(
      data, schema: Self.schema, growth: growth, forest: forest, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let earlier = forest.warmStart ? previous as? FittedTrees : nil
    return try ForestFit.regress(
      data, schema: Self.schema, growth: growth, forest: forest, previous: earlier, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel { try FittedTrees(state, schema: Self.schema) }
}
