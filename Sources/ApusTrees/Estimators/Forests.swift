import ApusModels
import ApusNumerics

/// Averages classification trees on bootstrap samples with features drawn per split (Breiman 2001,
/// doi:10.1023/A:1010933404324).
public struct RandomForestClassifier: GrowsForest, WeighsClasses {
  public var growth = TreeGrowthParameters(criterion: "gini", maxFeatures: .string("sqrt"))
  public var forest = ForestParameters(bootstrap: true)
  public var classWeight: ParameterValue = .none

  public init() {}

  public static let schema = forestSchema(
    kind: "random_forest_classifier", pythonName: "RandomForestClassifier", role: .classifier,
    doc: "Averages classification trees on bootstrap samples with features drawn per split (Breiman 2001).")
}

/// Averages regression trees on bootstrap samples (Breiman 2001, doi:10.1023/A:1010933404324).
public struct RandomForestRegressor: GrowsForest, KeepsTargets {
  public var growth = TreeGrowthParameters(criterion: "squared_error", maxFeatures: .double(1))
  public var forest = ForestParameters(bootstrap: true)
  public var keepsTargets = false

  public init() {}

  public static let schema = forestSchema(
    kind: "random_forest_regressor", pythonName: "RandomForestRegressor", role: .regressor,
    doc: "Averages regression trees on bootstrap samples (Breiman 2001).")
}

/// Averages classification trees with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006,
/// doi:10.1007/s10994-006-6226-1).
public struct ExtraTreesClassifier: GrowsForest, WeighsClasses {
  public var growth = TreeGrowthParameters(criterion: "gini", maxFeatures: .string("sqrt"), randomThresholds: true)
  public var forest = ForestParameters(bootstrap: false)
  public var classWeight: ParameterValue = .none

  public init() {}

  public static let schema = forestSchema(
    kind: "extra_trees_classifier", pythonName: "ExtraTreesClassifier", role: .classifier,
    doc: "Averages classification trees with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).")
}

/// Averages regression trees with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006,
/// doi:10.1007/s10994-006-6226-1).
public struct ExtraTreesRegressor: GrowsForest, KeepsTargets {
  public var growth = TreeGrowthParameters(criterion: "squared_error", maxFeatures: .double(1), randomThresholds: true)
  public var forest = ForestParameters(bootstrap: false)
  public var keepsTargets = false

  public init() {}

  public static let schema = forestSchema(
    kind: "extra_trees_regressor", pythonName: "ExtraTreesRegressor", role: .regressor,
    doc: "Averages regression trees with thresholds drawn at random (Geurts, Ernst, Wehenkel 2006).")
}
