import ApusModels
import ApusNumerics

/// How a single tree chooses thresholds.
public enum Splitter: String, ParameterChoice {
  /// The best of all thresholds.
  case best
  /// One threshold drawn at random per feature.
  case random
}

/// An estimator that is one tree.
public protocol GrowsSingleTree: GrowsTrees {
  var splitter: Splitter { get set }
}

extension GrowsSingleTree {
  public var resolvedGrowth: TreeGrowthParameters {
    var copy = growth
    copy.randomThresholds = splitter == .random
    return copy
  }

  /// The schema of a single tree.
  static func treeSchema(kind: String, pythonName: String, role: EstimatorRole, doc: String) -> EstimatorSchema {
    EstimatorSchema(
      kind: kind, pythonName: pythonName, pythonModule: "tree",
      doc: """
        \(doc)
        Time O(depth · rows · features), one linear sort per feature and node.
        """,
      role: role,
      parameters: growthParameters(role) + taskParameters + [
        Parameter("splitter", \Self.splitter, doc: "'best' searches every threshold, 'random' draws one per feature.")
      ],
      attributes: TreeAttributes.common(role) + TreeAttributes.single,
      operations: TreeOperation.all(role), traits: TreeAttributes.traits)
  }
}

/// A classification tree grown by exact split search (Breiman, Friedman, Olshen, Stone 1984).
///
/// Time O(depth · rows · features), one linear sort per feature and node.
public struct DecisionTreeClassifier: GrowsSingleTree, WeighsClasses {
  public var growth = TreeGrowthParameters(criterion: "gini", maxFeatures: .none)
  public var classWeight: ParameterValue = .none
  public var splitter: Splitter = .best

  public init() {}

  public static let schema = treeSchema(
    kind: "decision_tree_classifier", pythonName: "DecisionTreeClassifier", role: .classifier,
    doc: "A classification tree grown by exact split search (Breiman, Friedman, Olshen, Stone 1984).")
}

/// A regression tree grown by exact split search (Breiman, Friedman, Olshen, Stone 1984).
///
/// Time O(depth · rows · features), one linear sort per feature and node.
public struct DecisionTreeRegressor: GrowsSingleTree {
  public var growth = TreeGrowthParameters(criterion: "squared_error", maxFeatures: .none)
  public var splitter: Splitter = .best

  public init() {}

  public static let schema = treeSchema(
    kind: "decision_tree_regressor", pythonName: "DecisionTreeRegressor", role: .regressor,
    doc: "A regression tree grown by exact split search (Breiman, Friedman, Olshen, Stone 1984).")
}

/// A classification tree with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006, doi:10.1007/s10994-006-6226-1).
public struct ExtraTreeClassifier: GrowsSingleTree, WeighsClasses {
  public var growth = TreeGrowthParameters(criterion: "gini", maxFeatures: .string("sqrt"))
  public var classWeight: ParameterValue = .none
  public var splitter: Splitter = .random

  public init() {}

  public static let schema = treeSchema(
    kind: "extra_tree_classifier", pythonName: "ExtraTreeClassifier", role: .classifier,
    doc: "A classification tree with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).")
}

/// A regression tree with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006, doi:10.1007/s10994-006-6226-1).
public struct ExtraTreeRegressor: GrowsSingleTree {
  public var growth = TreeGrowthParameters(criterion: "squared_error", maxFeatures: .double(1))
  public var splitter: Splitter = .random

  public init() {}

  public static let schema = treeSchema(
    kind: "extra_tree_regressor", pythonName: "ExtraTreeRegressor", role: .regressor,
    doc: "A regression tree with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).")
}
