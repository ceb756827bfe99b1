import ApusModels
import ApusNumerics

/// A classification tree with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).
///
/// Time O(depth · rows · features), one linear sort per feature and node.
public struct ExtraTreeClassifier: GrowsTrees {
  var growth = TreeGrowthParameters(criterion: "gini", maxFeatures: .string("sqrt"), randomThresholds: true)
  public var classWeight: ParameterValue = .none
  public var splitter: Splitter = .random

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "extra_tree_classifier", pythonName: "ExtraTreeClassifier", pythonModule: "tree",
    doc: """
      A classification tree with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).
      Time O(depth · rows · features), one linear sort per feature and node.
      """,
    role: .classifier,
    parameters: growthParameters(
      criteria: [.gini, .entropy, .logLoss], monotone: "the probability of the second class")
      + [
        Parameter(
          "class_weight", \Self.classWeight, types: [.none, .string, .array], range: .atLeast(0), choices: ["balanced"],
          doc: "Weights of the classes in their order, 'balanced' for equal totals, or None for 1."),
        Parameter(
          "splitter", \Self.splitter, doc: "'best' searches every threshold, 'random' draws one per feature."),
      ],
    attributes: TreeAttributes.common(classifier: true) + TreeAttributes.single,
    operations: TreeAttributes.operations(classifier: true),
    traits: TreeAttributes.traits)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    return try ForestFit.classify(
      data, schema: Self.schema, growth: growth.with(splitter), forest: nil, classWeight: classWeight, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel { try FittedTrees(state, schema: Self.schema) }
}

/// A regression tree with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).
///
/// Time O(depth · rows · features), one linear sort per feature and node.
public struct ExtraTreeRegressor: GrowsTrees {
  var growth = TreeGrowthParameters(criterion: "squared_error", maxFeatures: .double(1), randomThresholds: true)
  public var splitter: Splitter = .random

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "extra_tree_regressor", pythonName: "ExtraTreeRegressor", pythonModule: "tree",
    doc: """
      A regression tree with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).
      Time O(depth · rows · features), one linear sort per feature and node.
      """,
    role: .regressor,
    parameters: growthParameters(
      criteria: [.squaredError, .friedmanMSE, .absoluteError, .poisson], monotone: "the prediction")
      + [
        Parameter(
          "splitter", \Self.splitter, doc: "'best' searches every threshold, 'random' draws one per feature.")
      ],
    attributes: TreeAttributes.common(classifier: false) + TreeAttributes.single,
    operations: TreeAttributes.operations(classifier: false),
    traits: TreeAttributes.traits)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    return try ForestFit.regress(
      data, schema: Self.schema, growth: growth.with(splitter), forest: nil, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel { try FittedTrees(state, schema: Self.schema) }
}
