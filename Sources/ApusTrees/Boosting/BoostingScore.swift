import ApusModels
import ApusNumerics

/// What early stopping can watch, by the names of scikit-learn's scorers. Larger is better.
public enum BoostingScore: String, ParameterChoice {
  /// Minus what is minimised.
  case loss
  case accuracy
  case rocAUC = "roc_auc"
  case negativeLogLoss = "neg_log_loss"
  case r2
  case negativeMeanSquaredError = "neg_mean_squared_error"
  case negativeRootMeanSquaredError = "neg_root_mean_squared_error"
  case negativeMeanAbsoluteError = "neg_mean_absolute_error"

  /// The metric that tells it; nil for what is minimised.
  private var metric: BoostingMetric? {
    switch self {
    case .loss: return nil
    case .accuracy: return .accuracy
    case .rocAUC: return .auc
    // Classifiers minimise it.
    case .negativeLogLoss: return .error
    case .r2: return .r2
    case .negativeMeanSquaredError: return .mse
    case .negativeRootMeanSquaredError: return .rmse
    case .negativeMeanAbsoluteError: return .mae
    }
  }

  /// The metrics by which `score` is watched, none for what is minimised.
  ///
  /// - Parameters:
  ///   - score: nil for the task's default: accuracy of classes, R² of numbers.
  ///   - allowed: the metrics of the task.
  static func metrics(_ score: BoostingScore?, allowed: [BoostingMetric]) throws(ApusError) -> [BoostingMetric] {
    guard let score else { return [BoostingMetric.accuracy, .r2].filter(allowed.contains) }
    guard let metric = score.metric else { return [] }
    guard allowed.contains(metric) else {
      throw .invalidArgument(name: "scoring", reason: "'\(score.rawValue)' is not a score of this task")
    }
    return score == .negativeLogLoss ? [] : [metric]
  }
}
