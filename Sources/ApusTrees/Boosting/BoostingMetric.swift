import ApusNumerics
import RealModule

/// What evaluations of boosting report beside the loss, weighted.
enum BoostingMetric: String, CaseIterable, Sendable {
  /// What is minimised.
  case loss
  /// Share of wrong classes.
  case error
  /// Share of right classes.
  case accuracy
  /// Area under the ROC curve of two classes.
  case auc
  case mse
  case rmse
  case mae
  case r2
  /// Normalised discounted cumulative gain.
  case ndcg

  var isBetterWhenLarger: Bool { [.accuracy, .auc, .r2, .ndcg].contains(self) }

  /// The metrics of a list separated by commas, as `eval_metric` names them.
  ///
  /// - Parameter allowed: those of the task.
  static func list(_ text: String, allowed: [BoostingMetric]) throws(ApusError) -> [BoostingMetric] {
    var result: [BoostingMetric] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let name = String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      guard let metric = BoostingMetric(rawValue: name), allowed.contains(metric) else {
        throw .invalidArgument(
          name: "eval_metric",
          reason: "'\(name)' is not one of \(allowed.map { "'\($0.rawValue)'" }.joined(separator: ", "))")
      }
      result.append(metric)
    }
    return result
  }

  /// The metric of raw scores (outputs, rows).
  func value(
    _ objective: BoostingObjective, y: BoostingTargets, raw: UnsafePointer<Double>,
    weights: UnsafePointer<Double>?, rows: Int
  ) throws -> Double {
    switch self {
    case .loss, .ndcg:
      let loss = try objective.loss(y: y, raw: raw, weights: weights, rows: rows)
      return self == .ndcg ? 1 - loss : loss
    case .auc: return try BoostingMetric.area(y: y, raw: raw, weights: weights, rows: rows)
    case .error, .accuracy:
      let isRight = self == .accuracy
      return BoostingMetric.mean(weights, rows) {
        (objective.predictedClass(raw, row: $0, rows: rows) == Int(y[$0])) == isRight ? 1 : 0
      }
    case .mae: return BoostingMetric.mean(weights, rows) { abs(y[$0] - objective.prediction(raw[$0])) }
    case .mse, .rmse, .r2:
      let error = BoostingMetric.mean(weights, rows) { Self.square(y[$0] - objective.prediction(raw[$0])) }
      if self == .mse { return error }
      if self == .rmse { return error.squareRoot() }
      let mean = BoostingMetric.mean(weights, rows) { y[$0] }
      let variance = BoostingMetric.mean(weights, rows) { Self.square(y[$0] - mean) }
      return variance > 0 ? 1 - error / variance : (error > 0 ? 0 : 1)
    }
  }

  private static func square(_ x: Double) -> Double { x * x }

  private static func mean(_ weights: UnsafePointer<Double>?, _ rows: Int, _ value: (Int) -> Double) -> Double {
    var (sum, total) = (0.0, 0.0)
    for row in 0..<rows {
      let weight = weights?[row] ?? 1
      sum += weight * value(row)
      total += weight
    }
    return sum / total
  }

  /// The chance that a positive row has the higher score, ties counted half; 1/2 where a class is missing.
  private static func area(
    y: BoostingTargets, raw: UnsafePointer<Double>, weights: UnsafePointer<Double>?, rows: Int
  ) throws -> Double {
    let keys = try Buffer<UInt64>(count: 2 * rows)
    let indices = try Buffer<UInt32>(count: 2 * rows)
    for row in 0..<rows {
      keys[row] = ColumnSort.orderedBits(raw[row])
      indices[row] = UInt32(truncatingIfNeeded: row)
    }
    let sorted = ColumnSort.sort(
      keys: keys.pointer, indices: indices.pointer, spareKeys: keys.pointer + rows,
      spareIndices: indices.pointer + rows,
      count: rows)
    // Going up, each positive beats the negatives below it.
    var (below, positives, area) = (0.0, 0.0, 0.0)
    var start = 0
    while start < rows {
      var end = start
      var (negative, positive) = (0.0, 0.0)
      while end < rows, sorted.keys[end] == sorted.keys[start] {
        let row = Int(sorted.indices[end])
        if y[row] > 0 { positive += weights?[row] ?? 1 } else { negative += weights?[row] ?? 1 }
        end += 1
      }
      area += positive * (below + negative / 2)
      below += negative
      positives += positive
      start = end
    }
    return withExtendedLifetime((keys, indices)) { below > 0 && positives > 0 ? area / (below * positives) : 0.5 }
  }
}
