import ApusModels

/// What this room offers.
public enum TreesRoom {
  /// All estimators of the room, for the registry.
  public static let estimators: [any Estimator.Type] = [
    DecisionTreeClassifier.self, DecisionTreeRegressor.self, ExtraTreeClassifier.self, ExtraTreeRegressor.self,
    RandomForestClassifier.self, RandomForestRegressor.self, ExtraTreesClassifier.self, ExtraTreesRegressor.self,
    HistGradientBoostingClassifier.self, HistGradientBoostingRegressor.self, HistGradientBoostingRanker.self,
    GradientBoostingClassifier.self, GradientBoostingRegressor.self, AdaBoostClassifier.self,
    AdaBoostRegressor.self, IsolationForest.self, BaggingClassifier.self, BaggingRegressor.self,
  ]
}
