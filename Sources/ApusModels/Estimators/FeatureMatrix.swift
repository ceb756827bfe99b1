import ApusNumerics

/// The features an estimator is given: (rows, columns), dense or sparse.
public enum FeatureMatrix: Sendable {
  /// A dense array of any element type and strides. Rank is checked by the estimator's door.
  case dense(NDArray)
  case sparse(CSRMatrix)

  /// Extent of the first axis.
  public var rows: Int {
    switch self {
    case .dense(let array): return array.shape.first ?? 0
    case .sparse(let matrix): return matrix.rows
    }
  }

  /// Extent of the second axis; 0 when there is none.
  public var columns: Int {
    switch self {
    case .dense(let array): return array.rank >= 2 ? array.shape[1] : 0
    case .sparse(let matrix): return matrix.columns
    }
  }

  /// Element type, of the entries for sparse features.
  public var dtype: DType {
    switch self {
    case .dense(let array): return array.dtype
    case .sparse(let matrix): return matrix.values.dtype
    }
  }
}

/// What `fit` is given.
public struct TrainingData: Sendable {
  public var features: FeatureMatrix
  /// (rows,) or (rows, targets); nil for unsupervised estimators.
  public var targets: NDArray?
  /// (rows,) of non-negative weights; an integer weight equals repetition of the row.
  public var sampleWeight: NDArray?
  /// Further arrays some estimators use (``EstimatorSchema/fitArguments``), by name: `group`, `validation_x`, `validation_y`, `validation_sample_weight`,
  /// `validation_group`, `initial_score`, `groups`, `sigma`, `offset`, `exposure`.
  public var extras: [String: NDArray]
  /// A loss of the caller's instead of the estimator's, for gradient boosting.
  public var objective: TrainingObjective?

  public init(
    _ features: FeatureMatrix, _ targets: NDArray? = nil, sampleWeight: NDArray? = nil, extras: [String: NDArray] = [:]
  ) {
    self.features = features
    self.targets = targets
    self.sampleWeight = sampleWeight
    self.extras = extras
  }
}
