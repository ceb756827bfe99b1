import ApusModels
import ApusNumerics

/// The trees of a forest as estimators of one tree.
extension FittedTrees: FittedEnsemble {
  public var memberCount: Int { schema.isForest ? trees.treeCount : 0 }

  public func member(_ index: Int, of owner: any Estimator) throws -> (estimator: any Estimator, model: any FittedModel)
  {
    guard let forest = owner as? any GrowsForest else {
      throw ApusError.unsupported(reason: "member: \(schema.pythonName) is one tree")
    }
    let growth = forest.growth
    func fitted<Tree: GrowsSingleTree>(_ tree: Tree) throws -> (any Estimator, any FittedModel) {
      var tree = tree
      tree.growth = growth
      let positions = try classes.map { try NDArray((0..<$0.count).map { Int64($0) }) }
      let one = try TreeEnsemble(
        [GrownTree(copying: index, of: trees)], featureCount: featureCount, valueCount: trees.valueCount)
      let model = try FittedTrees(one, classes: positions, schema: Tree.schema, extras: shownByTrees)
      return (tree, model)
    }
    switch (classes.isEmpty, growth.randomThresholds) {
    case (false, false): return try fitted(DecisionTreeClassifier())
    case (false, true): return try fitted(ExtraTreeClassifier())
    case (true, false): return try fitted(DecisionTreeRegressor())
    case (true, true): return try fitted(ExtraTreeRegressor())
    }
  }

  /// What was computed for all trees at once.
  private var shownByTrees: [String: ParameterValue] { extras.filter { $0.key == "max_features_" } }
}
