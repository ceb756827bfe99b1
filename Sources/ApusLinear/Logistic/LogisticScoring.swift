import ApusModels
import RealModule

/// What ``LogisticRegressionCV`` compares on the test rows.
public enum LogisticScoring: String, CaseIterable, ParameterChoice {
  case accuracy
  case balancedAccuracy = "balanced_accuracy"
  case negativeLogLoss = "neg_log_loss"
  case negativeBrierScore = "neg_brier_score"
  case rocAUC = "roc_auc"
  case averagePrecision = "average_precision"
  case f1
  case precision
  case recall
  /// As `accuracy`.
  case warn

  /// Whether it is defined for two classes only.
  var isBinary: Bool {
    switch self {
    case .rocAUC, .averagePrecision, .f1, .precision, .recall: return true
    default: return false
    }
  }
}

/// Linear scores of test rows with their classes.
struct TestScores {
  /// (rows, count); one score is that of the second of two classes.
  let scores: UnsafePointer<Double>
  let count: Int
  let rows: Int
  let codes: UnsafePointer<Int64>
  let classCount: Int
  let weights: UnsafePointer<Double>?

  private func weight(_ row: Int) -> Double { weights?[row] ?? 1 }

  func value(_ scoring: LogisticScoring) -> Double {
    switch scoring {
    case .accuracy, .warn: return accuracy()
    case .balancedAccuracy: return balancedAccuracy()
    case .negativeLogLoss: return mean(logLikelihood)
    case .negativeBrierScore: return mean { -brier($0) }
    case .rocAUC: return rankingScores().area
    case .averagePrecision: return rankingScores().averagePrecision
    case .f1: return ratio { 2 * $0 / (2 * $0 + $1 + $2) }
    case .precision:
      return ratio { truePositives, falsePositives, _ in truePositives / (truePositives + falsePositives) }
    case .recall: return ratio { truePositives, _, falseNegatives in truePositives / (truePositives + falseNegatives) }
    }
  }

  /// The class with the highest score.
  private func predicted(_ row: Int) -> Int {
    let own = scores + row * count
    if count == 1 { return own[0] > 0 ? 1 : 0 }
    return (1..<count).reduce(0) { own[$1] > own[$0] ? $1 : $0 }
  }

  private func mean(_ term: (Int) -> Double) -> Double {
    var (sum, total) = (0.0, 0.0)
    for row in 0..<rows {
      sum += weight(row) * term(row)
      total += weight(row)
    }
    return total > 0 ? sum / total : 0
  }

  private func accuracy() -> Double { mean { predicted($0) == Int(codes[$0]) ? 1 : 0 } }

  /// The mean over the classes that occur of the share of their rows that are recognised.
  private func balancedAccuracy() -> Double {
    var right = [Double](repeating: 0, count: classCount)
    var total = right
    for row in 0..<rows {
      total[Int(codes[row])] += weight(row)
      if predicted(row) == Int(codes[row]) { right[Int(codes[row])] += weight(row) }
    }
    let present = (0..<classCount).filter { total[$0] > 0 }
    return present.isEmpty ? 0 : present.reduce(0) { $0 + right[$1] / total[$1] } / Double(present.count)
  }

  /// ln p of the row's class.
  private func logLikelihood(_ row: Int) -> Double {
    let (own, label) = (scores + row * count, Int(codes[row]))
    if count == 1 {
      let margin = label == 1 ? own[0] : -own[0]
      return -(Double.log(onePlus: Double.exp(-margin.magnitude)) + Swift.max(0, -margin))
    }
    let largest = (0..<count).reduce(own[0]) { Swift.max($0, own[$1]) }
    let rest = (0..<count).reduce(0.0) { $0 + Double.exp(own[$1] - largest) }
    return own[label] - largest - Double.log(rest)
  }

  /// (1 − p)² of two classes; of more the sum of the squared differences over the classes.
  private func brier(_ row: Int) -> Double {
    let (own, label) = (scores + row * count, Int(codes[row]))
    if count == 1 {
      let wrong = 1 / (1 + Double.exp(label == 1 ? own[0] : -own[0]))
      return wrong * wrong
    }
    let largest = (0..<count).reduce(own[0]) { Swift.max($0, own[$1]) }
    let rest = (0..<count).reduce(0.0) { $0 + Double.exp(own[$1] - largest) }
    return (0..<count).reduce(0.0) {
      let difference = Double.exp(own[$1] - largest) / rest - ($1 == label ? 1 : 0)
      return $0 + difference * difference
    }
  }

  /// A function of the weights of true positives, false positives and false negatives; 0 where it is not defined.
  private func ratio(_ function: (Double, Double, Double) -> Double) -> Double {
    var (truePositives, falsePositives, falseNegatives) = (0.0, 0.0, 0.0)
    for row in 0..<rows {
      switch (predicted(row), codes[row]) {
      case (1, 1): truePositives += weight(row)
      case (1, _): falsePositives += weight(row)
      case (_, 1): falseNegatives += weight(row)
      default: break
      }
    }
    let value = function(truePositives, falsePositives, falseNegatives)
    return value.isFinite ? value : 0
  }

  /// The area under the receiver operating characteristic, rows of equal score counting half, and the average precision: the
  /// sum over thresholds of precision times the recall gained. NaN with a single class.
  private func rankingScores() -> (area: Double, averagePrecision: Double) {
    let order = (0..<rows).sorted { scores[$0] > scores[$1] }
    var (positives, negatives, area, precision) = (0.0, 0.0, 0.0, 0.0)
    var index = 0
    while index < rows {
      let threshold = scores[order[index]]
      var (right, wrong) = (0.0, 0.0)
      while index < rows, scores[order[index]] == threshold {
        if codes[order[index]] == 1 { right += weight(order[index]) } else { wrong += weight(order[index]) }
        index += 1
      }
      area += wrong * (positives + right / 2)
      positives += right
      negatives += wrong
      if right > 0 { precision += right * positives / (positives + negatives) }
    }
    return (area / (positives * negatives), precision / positives)
  }
}
