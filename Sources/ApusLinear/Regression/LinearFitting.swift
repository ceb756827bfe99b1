import ApusModels
import ApusNumerics

/// What LinearRegression and Ridge share beyond their solvers.
enum LinearFitting {
  static func moments(of data: RegressionData, _ context: FitContext) throws -> CrossMoments {
    let empty = try CrossMoments(featureCount: data.columns, targetCount: data.targetCount)
    return try empty.adding(data) { try context.checkpoint("moments", $0) }
  }

  /// The moments `previous` was fitted on and those of a further batch.
  static func moments(
    of data: RegressionData, continuing previous: (any FittedModel)?, _ context: FitContext
  ) throws -> CrossMoments {
    guard let previous else { return try moments(of: data, context) }
    let earlier = try model(previous)
    guard earlier.targetCount == data.targetCount else {
      throw ApusError.shapeMismatch(
        name: "y", reason: "has \(data.targetCount) targets, earlier batches had \(earlier.targetCount)")
    }
    return try momentsOf(earlier).adding(data) { try context.checkpoint("moments", $0) }
  }

  /// The moments of the rows of both models, and the first model.
  static func mergedMoments(_ first: any FittedModel, _ second: any FittedModel) throws -> (CrossMoments, LinearModel) {
    let (a, b) = (try model(first), try model(second))
    guard a.featureCount == b.featureCount, a.targetCount == b.targetCount else {
      throw ApusError.shapeMismatch(
        name: "other",
        reason:
          "has \(b.featureCount) features and \(b.targetCount) targets, the estimator has \(a.featureCount) and \(a.targetCount)"
      )
    }
    return (try momentsOf(a).merged(with: momentsOf(b)), a)
  }

  /// The solution that the moments determine.
  static func solve(
    _ moments: CrossMoments, _ problem: LinearProblem, positive: Bool, _ context: FitContext
  ) throws -> LinearSolution {
    if positive {
      return try NonNegativeSolver(
        moments: moments, problem: problem, context: IterationContext(context: context, stage: "active set")
      ).solve()
    }
    return try LeastSquares.solve(moments, problem) { try context.checkpoint("least squares", $0) }
  }

  private static func model(_ model: any FittedModel) throws(ApusError) -> LinearModel {
    guard let model = model as? LinearModel else {
      throw .internalError(reason: "a linear estimator was given another kind of model")
    }
    return model
  }

  private static func momentsOf(_ model: LinearModel) throws(ApusError) -> CrossMoments {
    if let moments = model.moments { return moments }
    throw .unsupported(
      reason: "partial_fit: the model was fitted by fit on all rows and kept no moments; begin with partial_fit")
  }

  /// Warns when columns are dependent.
  static func warnOfRank(_ solution: LinearSolution, rows: Int, columns: Int, _ context: FitContext) {
    guard let rank = solution.rank, rank < columns else { return }
    context.warn(
      .data,
      "X: the features have rank \(rank) after centring, less than their number \(columns) (n_samples = \(rows)); the "
        + "coefficients are the solution of minimum norm")
  }
}
