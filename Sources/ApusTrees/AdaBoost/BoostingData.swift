import ApusModels
import ApusNumerics

/// The rows AdaBoost learns from, and those it watches its progress on.
struct BoostingData {
  let features: FeatureMatrix
  let targets: NDArray
  let weights: BoostingWeights
  /// Held out for early stopping; nil without.
  let validation: (features: FeatureMatrix, targets: NDArray, weights: NDArray)?

  /// Leaves rows without weight out: they must not influence thresholds.
  ///
  /// - Parameters:
  ///   - targets: (rows,).
  ///   - held: share of the rows to hold out; 0 for none.
  init(_ input: ForestInput, targets: NDArray, held share: Double, seed: UInt64) throws {
    let weights = try input.weights()
    let order = try Buffer<UInt32>(count: input.rows)
    var count = 0
    for row in 0..<input.rows where weights[row] > 0 {
      order[count] = UInt32(truncatingIfNeeded: row)
      count += 1
    }
    var kept = count
    if share > 0 {
      let held = Int((share * Double(count)).rounded(.up))
      guard held < count else {
        throw ApusError.invalidArgument(
          name: "validation_fraction", reason: "\(share) of \(count) rows leaves none to learn from")
      }
      var random = RandomStream(seed: seed, index: UInt64.max)
      random.shuffle(order.pointer, count: count)
      kept = count - held
    }
    let rows = UnsafeBufferPointer(start: order.pointer, count: kept)
    let isWhole = kept == input.rows && share == 0
    features = isWhole ? input.features : try TakenRows.take(input.features, rows)
    self.targets = isWhole ? targets : try TakenRows.take(targets, rows)
    let base = try Buffer<Double>(count: kept)
    for i in 0..<kept { base[i] = weights[Int(order[i])] }
    self.weights = try BoostingWeights(base: base)
    guard kept < count else {
      validation = nil
      return
    }
    let others = UnsafeBufferPointer(start: order.pointer + kept, count: count - kept)
    let otherWeights = try NDArray(uninitialized: [others.count], dtype: .float64)
    for (i, row) in others.enumerated() { otherWeights.pointer(Double.self)[i] = weights[Int(row)] }
    validation = (
      try TakenRows.take(input.features, others), try TakenRows.take(targets, others), otherWeights
    )
  }
}

/// Ends boosting when the score on held-out rows has not risen by `tolerance` for `patience` rounds.
struct EarlyStopping {
  let patience: Int
  let tolerance: Double
  private(set) var scores: [Double] = []
  private var best = -Double.infinity
  private var sinceBest = 0

  init(patience: Int, tolerance: Double) {
    self.patience = patience
    self.tolerance = tolerance
  }

  /// Takes the score of a round; true when boosting should end.
  mutating func shouldStop(after score: Double) -> Bool {
    scores.append(score)
    if score > best + tolerance {
      best = score
      sinceBest = 0
    } else {
      sinceBest += 1
    }
    return sinceBest >= patience
  }
}
