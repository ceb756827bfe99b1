import ApusModels
import ApusNumerics

/// An estimator made of exact trees. All of them fit, refit and restore alike; they differ in their parameters.
public protocol GrowsTrees: Estimator {
  var growth: TreeGrowthParameters { get set }
  /// ``growth`` as the fit uses it.
  var resolvedGrowth: TreeGrowthParameters { get }
  /// How many trees and on which rows; nil for a single tree on all rows.
  var resolvedForest: ForestParameters? { get }
  /// Weights of the classes: none, `'balanced'`, or an array.
  var resolvedClassWeight: ParameterValue { get }
  /// Parameters of some kinds beside those of growth and forest.
  static var taskParameters: [Parameter] { get }
}

extension GrowsTrees {
  public var resolvedGrowth: TreeGrowthParameters { growth }
  public var resolvedForest: ForestParameters? { nil }
  public var resolvedClassWeight: ParameterValue { .none }
  public static var taskParameters: [Parameter] { [] }

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try ForestFit.fit(self, data, previous: nil, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    let continues = resolvedForest?.warmStart == true
    return try ForestFit.fit(self, data, previous: continues ? previous as? FittedTrees : nil, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel { try FittedTrees(state, schema: Self.schema) }
}

/// A tree or forest for classification.
public protocol WeighsClasses: GrowsTrees {
  var classWeight: ParameterValue { get set }
}

extension WeighsClasses {
  public var resolvedClassWeight: ParameterValue { classWeight }

  public static var taskParameters: [Parameter] {
    [
      Parameter(
        "class_weight", \Self.classWeight, types: [.none, .string, .array], range: .atLeast(0),
        choices: Self.self is any GrowsForest.Type ? ["balanced", "balanced_subsample"] : ["balanced"],
        doc: "Weights of the classes in their order, output after output, 'balanced' for equal totals"
          + (Self.self is any GrowsForest.Type ? ", 'balanced_subsample' for such in every tree's sample" : "")
          + ", or None for 1.")
    ]
  }
}
