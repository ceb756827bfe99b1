/// A fitted model that is made of other fitted models, its members.
public protocol FittedEnsemble: FittedModel {
  /// How many members there are; 0 where this model has none to show.
  var memberCount: Int { get }

  /// A member with an estimator as it was fitted by. Classifiers among the members know the classes by their positions 0,
  /// 1, … in the ensemble's.
  ///
  /// - Parameters:
  ///   - index: within 0..<``memberCount``.
  ///   - owner: the estimator whose fit gave this model.
  func member(_ index: Int, of owner: any Estimator) throws -> (estimator: any Estimator, model: any FittedModel)
}
