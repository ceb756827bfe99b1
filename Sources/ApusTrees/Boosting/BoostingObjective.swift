import ApusNumerics
import RealModule

/// What boosting minimises: a loss per row for one raw score, or the softmax over several.
indirect enum BoostingObjective: Sendable {
  case single(any BoostingLoss)
  /// Cross-entropy over `classes` raw scores per row; targets are class numbers.
  case softmax(classes: Int)
  /// NDCG of queries, by LambdaRank.
  case ranking(LambdaRank)
  /// A user's gradients; the other objective serves evaluations.
  case custom(CustomLoss, evaluated: BoostingObjective)

  var outputs: Int {
    switch self {
    case .softmax(let classes): return classes
    case .custom(let loss, _): return loss.outputs
    case .single, .ranking: return 1
    }
  }

  /// Whether the gradients of all rows and outputs are computed at once, by ``fillAll``.
  var fillsAtOnce: Bool {
    switch self {
    case .single, .softmax: return false
    case .ranking, .custom: return true
    }
  }

  /// (gradient, Hessian) of all outputs, (outputs, rows), for objectives that fill at once.
  func fillAll(
    y: BoostingTargets, raw: UnsafePointer<Double>, rows: Int, into steps: UnsafeMutablePointer<SIMD2<Float>>
  ) throws {
    switch self {
    case .ranking(let ranking): try ranking.fill(raw: raw, into: steps)
    case .custom(let loss, _): try loss.fill(y: y, raw: raw, rows: rows, into: steps)
    case .single, .softmax: break
    }
  }

  /// The objective of a round, for losses that adapt to the residuals.
  func forRound(
    y: BoostingTargets, raw: UnsafePointer<Double>, weights: UnsafePointer<Double>?, rows: Int
  ) -> BoostingObjective {
    guard case .single(let loss) = self else { return self }
    return .single(loss.forRound(y: y, raw: raw, weights: weights, rows: rows))
  }

  /// The prediction that belongs to the only raw score of a row.
  func prediction(_ raw: Double) -> Double {
    switch self {
    case .single(let loss): return loss.prediction(raw)
    case .custom(_, let evaluated): return evaluated.prediction(raw)
    case .softmax, .ranking: return raw
    }
  }

  /// The class that raw scores (outputs, rows) say; of equals the first.
  func predictedClass(_ raw: UnsafePointer<Double>, row: Int, rows: Int) -> Int {
    if outputs == 1 { return raw[row] > 0 ? 1 : 0 }
    var best = 0
    for k in 1..<outputs where raw[k * rows + row] > raw[best * rows + row] { best = k }
    return best
  }

  /// ``BoostingLoss/stageFactor``, 1 for objectives that are no loss of one score.
  var stageFactor: Double {
    switch self {
    case .single(let loss): return loss.stageFactor
    case .custom(_, let evaluated): return evaluated.stageFactor
    case .softmax, .ranking: return 1
    }
  }

  /// The constant raw scores to start from, one per output.
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) throws -> [Double] {
    switch self {
    case .single(let loss): return [try loss.baseline(y, weights, count: count)]
    case .ranking, .custom: return [Double](repeating: 0, count: outputs)
    case .softmax(let classes):
      var sums = [Double](repeating: 0, count: classes)
      for row in 0..<count { sums[Int(y[row])] += weights?[row] ?? 1 }
      let total = sums.reduce(0, +)
      let logs = sums.map { Double.log(max($0 / total, Double.ulpOfOne)) }
      let mean = logs.reduce(0, +) / Double(classes)
      return logs.map { $0 - mean }
    }
  }

  /// (gradient, Hessian) of every row for one output.
  ///
  /// - Parameters:
  ///   - raw: scores, output after output: `raw[output * rows + row]`.
  ///   - probabilities: for softmax, from ``fillProbabilities(_:raw:rows:)``, in the same layout.
  func fill(
    output: Int, rows: Int, y: BoostingTargets, raw: UnsafePointer<Double>, probabilities: UnsafePointer<Float>?,
    into steps: UnsafeMutablePointer<SIMD2<Float>>
  ) {
    ThreadPool.parallelBlocks(count: rows, blockSize: 16384) { range in
      switch self {
      case .single(let loss): loss.fill(range, y: y, raw: raw, into: steps)
      case .softmax:
        guard let probabilities else { return }
        let own = probabilities + output * rows
        for row in range {
          let p = own[row]
          steps[row] = SIMD2(p - (Int(y[row]) == output ? 1 : 0), p * (1 - p))
        }
      case .ranking, .custom: break
      }
    }
  }

  /// Softmax of the scores of all rows.
  static func fillProbabilities(
    _ target: UnsafeMutablePointer<Float>, raw: UnsafePointer<Double>, rows: Int, classes: Int
  ) {
    ThreadPool.parallelBlocks(count: rows, blockSize: 4096) { range in
      for row in range {
        var largest = -Double.infinity
        for k in 0..<classes { largest = max(largest, raw[k &* rows &+ row]) }
        var sum = 0.0
        for k in 0..<classes { sum += .exp(raw[k &* rows &+ row] - largest) }
        for k in 0..<classes { target[k &* rows &+ row] = Float(.exp(raw[k &* rows &+ row] - largest) / sum) }
      }
    }
  }

  /// Weighted mean loss; for ranking 1 − NDCG.
  func loss(
    y: BoostingTargets, raw: UnsafePointer<Double>, weights: UnsafePointer<Double>?, rows: Int
  ) throws -> Double {
    switch self {
    case .ranking(let ranking): return 1 - ranking.ndcg(raw: raw)
    case .custom(_, let evaluated): return try evaluated.loss(y: y, raw: raw, weights: weights, rows: rows)
    case .single, .softmax: break
    }
    let blockSize = 8192
    let blocks = (rows + blockSize - 1) / blockSize
    let partial = try Buffer<SIMD2<Double>>(count: max(blocks, 1))
    ThreadPool.parallelFor(tasks: blocks) { block in
      var sum = SIMD2<Double>()
      for row in (block * blockSize)..<min((block + 1) * blockSize, rows) {
        let weight = weights?[row] ?? 1
        sum += SIMD2(weight * rowLoss(y: y[row], raw: raw, row: row, rows: rows), weight)
      }
      partial[block] = sum
    }
    let sum = (0..<blocks).reduce(SIMD2<Double>()) { $0 + partial[$1] }
    return sum.x / sum.y
  }

  private func rowLoss(y: Double, raw: UnsafePointer<Double>, row: Int, rows: Int) -> Double {
    switch self {
    case .single(let loss): return loss.loss(y, raw[row])
    case .softmax(let classes):
      var largest = -Double.infinity
      for k in 0..<classes { largest = max(largest, raw[k * rows + row]) }
      var sum = 0.0
      for k in 0..<classes { sum += .exp(raw[k * rows + row] - largest) }
      return largest + .log(sum) - raw[Int(y) * rows + row]
    case .ranking, .custom: return 0
    }
  }
}
