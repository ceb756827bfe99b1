import ApusModels
import ApusNumerics

/// A classification tree grown by exact split search (Breiman, Friedman, Olshen, Stone 1984).
///
/// Time O(depth · rows · features), one linear sort per feature and node.
public struct DecisionTreeClassifier: GrowsTrees {
  var growth = TreeGrowthParameters(criterion: "gini", maxFeatures: .none)
  public var classWeight: ParameterValue = .none
  public var splitter: Splitter = .best

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "decision_tree_classifier", pythonName: "DecisionTreeClassifier", pythonModule: "tree",
    doc: """
      A classification tree grown by exact split search (Breiman, Friedman, Olshen, Stone 1984).
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

/// A regression tree grown by exact split search (Breiman, Friedman, Olshen, Stone 1984).
///
/// Time O(depth · rows · features), one linear sort per feature and node.
public struct DecisionTreeRegressor: GrowsTrees {
  var growth = TreeGrowthParameters(criterion: "squared_error", maxFeatures: .none)
  public var splitter: Splitter = .best

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "decision_tree_regressor", pythonName: "DecisionTreeRegressor", pythonModule: "tree",
    doc: """
      A regression tree grown by exact split search (Breiman, Friedman, Olshen, Stone 1984).
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
