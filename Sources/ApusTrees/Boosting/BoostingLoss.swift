import ApusNumerics
import RealModule

/// A loss of gradient boosting: from targets and raw scores to gradients and Hessians.
///
/// Formulas are per row; raw scores are the sums of the trees. Friedman 2001, doi:10.1214/aos/1013203451.
protocol BoostingLoss: Sendable {
  /// Derivative and second derivative of the loss by the raw score.
  func gradient(_ y: Double, _ raw: Double) -> (Float, Float)
  /// ``gradient(_:_:)`` of a range of rows. A requirement so that each loss gets a loop of its own.
  func fill(
    _ range: Range<Int>, y: BoostingTargets, raw: UnsafePointer<Double>,
    into steps: UnsafeMutablePointer<SIMD2<Float>>)
  /// The loss of one row, as evaluations report it.
  func loss(_ y: Double, _ raw: Double) -> Double
  /// The constant raw score with least loss.
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) throws -> Double
  /// The prediction that belongs to a raw score.
  func prediction(_ raw: Double) -> Double
  /// How often stage scores count the loss: twice where it is half a deviance.
  var stageFactor: Double { get }
  /// The loss of a round, for losses that adapt to the residuals.
  func forRound(
    y: BoostingTargets, raw: UnsafePointer<Double>, weights: UnsafePointer<Double>?, rows: Int
  ) -> any BoostingLoss
  /// For losses whose Hessian says nothing: the best constant to add for a leaf with the given residuals.
  var renewsLeaves: Bool { get }
  func leafValue(residuals: inout [(residual: Double, weight: Double)]) -> Double
}

extension BoostingLoss {
  func fill(
    _ range: Range<Int>, y: BoostingTargets, raw: UnsafePointer<Double>,
    into steps: UnsafeMutablePointer<SIMD2<Float>>
  ) {
    for row in range {
      let (g, h) = gradient(y[row], raw[row])
      steps[row] = SIMD2(g, h)
    }
  }
  func prediction(_ raw: Double) -> Double { raw }
  var stageFactor: Double { 1 }
  func forRound(
    y: BoostingTargets, raw: UnsafePointer<Double>, weights: UnsafePointer<Double>?, rows: Int
  ) -> any BoostingLoss { self }
  var renewsLeaves: Bool { false }
  func leafValue(residuals: inout [(residual: Double, weight: Double)]) -> Double { 0 }
}

/// Weighted statistics of targets.
enum TargetStatistics {
  /// The weighted mean, compensated as in ``MeanMeasure``, so that order and repetition do not matter.
  static func mean(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) -> Double {
    var (sum, carry, total) = (0.0, 0.0, 0.0)
    for row in 0..<count {
      let weight = weights?[row] ?? 1
      let term = weight * y[row]
      let next = sum + term
      let part = next - sum
      carry += ((sum - (next - part)) + (term - part)) + (-term).addingProduct(weight, y[row])
      sum = next
      total += weight
    }
    return (sum + carry) / total
  }

  /// The smallest value at which the cumulative weight reaches `share` of the total, averaged with the next at equality.
  static func quantile(_ pairs: inout [(residual: Double, weight: Double)], share: Double) -> Double {
    pairs.sort { $0.residual < $1.residual }
    let goal = share * pairs.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    for i in pairs.indices {
      sum += pairs[i].weight
      if sum == goal, i + 1 < pairs.count { return pairs[i].residual / 2 + pairs[i + 1].residual / 2 }
      if sum >= goal, pairs[i].weight > 0 { return pairs[i].residual }
    }
    return pairs.last?.residual ?? 0
  }

  static func quantile(
    _ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int, share: Double
  ) -> Double {
    var pairs = (0..<count).map { (residual: y[$0], weight: weights?[$0] ?? 1) }
    return quantile(&pairs, share: share)
  }
}

/// `½ (y − raw)²`.
struct SquaredLoss: BoostingLoss {
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) { (Float(raw - y), 1) }
  func loss(_ y: Double, _ raw: Double) -> Double { 0.5 * (y - raw) * (y - raw) }
  var stageFactor: Double { 2 }
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) -> Double {
    TargetStatistics.mean(y, weights, count: count)
  }
}

/// `|y − raw|`, leaves renewed to medians.
struct AbsoluteLoss: BoostingLoss {
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    (raw > y ? 1 : (raw < y ? -1 : 0), 1)
  }
  func loss(_ y: Double, _ raw: Double) -> Double { abs(y - raw) }
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) -> Double {
    TargetStatistics.quantile(y, weights, count: count, share: 0.5)
  }
  var renewsLeaves: Bool { true }
  func leafValue(residuals: inout [(residual: Double, weight: Double)]) -> Double {
    TargetStatistics.quantile(&residuals, share: 0.5)
  }
}

/// The pinball loss of quantile q: `q (y − raw)` above, `(1 − q)(raw − y)` below; leaves renewed to quantiles.
struct QuantileLoss: BoostingLoss {
  let quantile: Double
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    (raw >= y ? Float(1 - quantile) : -Float(quantile), 1)
  }
  func loss(_ y: Double, _ raw: Double) -> Double { y >= raw ? quantile * (y - raw) : (1 - quantile) * (raw - y) }
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) -> Double {
    TargetStatistics.quantile(y, weights, count: count, share: quantile)
  }
  var renewsLeaves: Bool { true }
  func leafValue(residuals: inout [(residual: Double, weight: Double)]) -> Double {
    TargetStatistics.quantile(&residuals, share: quantile)
  }
}

/// Huber's loss: squared within `delta`, linear beyond. Huber 1964, doi:10.1214/aoms/1177703732.
struct HuberLoss: BoostingLoss {
  let delta: Double
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    (Float(min(max(raw - y, -delta), delta)), 1)
  }
  func loss(_ y: Double, _ raw: Double) -> Double {
    let r = abs(y - raw)
    return r <= delta ? 0.5 * r * r : delta * (r - 0.5 * delta)
  }
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) -> Double {
    TargetStatistics.quantile(y, weights, count: count, share: 0.5)
  }
}

/// Huber's loss whose `delta` is a quantile of the absolute residuals of the round (Friedman 2001, section 4.4).
///
/// Leaves are renewed to `median + mean(clip(r − median, ±delta))`.
struct AdaptiveHuberLoss: BoostingLoss {
  /// Share of the residuals within the quadratic part.
  let share: Double
  var delta = 1.0
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    (Float(min(max(raw - y, -delta), delta)), 1)
  }
  func loss(_ y: Double, _ raw: Double) -> Double { HuberLoss(delta: delta).loss(y, raw) }
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) -> Double {
    TargetStatistics.quantile(y, weights, count: count, share: 0.5)
  }
  func forRound(
    y: BoostingTargets, raw: UnsafePointer<Double>, weights: UnsafePointer<Double>?, rows: Int
  ) -> any BoostingLoss {
    var pairs = (0..<rows).map { (residual: abs(y[$0] - raw[$0]), weight: weights?[$0] ?? 1) }
    var loss = self
    loss.delta = max(TargetStatistics.quantile(&pairs, share: share), .leastNormalMagnitude)
    return loss
  }
  var renewsLeaves: Bool { true }
  func leafValue(residuals: inout [(residual: Double, weight: Double)]) -> Double {
    let median = TargetStatistics.quantile(&residuals, share: 0.5)
    var (sum, total) = (0.0, 0.0)
    for (residual, weight) in residuals {
      sum += weight * min(max(residual - median, -delta), delta)
      total += weight
    }
    return total > 0 ? median + sum / total : median
  }
}

/// Losses with the logarithm as link: predictions are `exp(raw)`.
protocol LogLinkLoss: BoostingLoss {}

extension LogLinkLoss {
  func prediction(_ raw: Double) -> Double { .exp(raw) }
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) throws -> Double {
    let mean = TargetStatistics.mean(y, weights, count: count)
    guard mean > 0 else {
      throw ApusError.invalidArgument(name: "y", reason: "has mean \(mean); this loss needs a positive sum of y")
    }
    return .log(mean)
  }
}

/// Half Poisson deviance: `exp(raw) − y raw`.
struct PoissonLoss: LogLinkLoss {
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    let mean = Double.exp(raw)
    return (Float(mean - y), Float(mean))
  }
  func loss(_ y: Double, _ raw: Double) -> Double { .exp(raw) - y * raw }
}

/// Half gamma deviance: `raw + y exp(−raw)`.
struct GammaLoss: LogLinkLoss {
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    let ratio = y * .exp(-raw)
    return (Float(1 - ratio), Float(ratio))
  }
  func loss(_ y: Double, _ raw: Double) -> Double { raw + y * .exp(-raw) }
}

/// Half Tweedie deviance of power p in (1, 2): `exp((2 − p) raw) / (2 − p) − y exp((1 − p) raw) / (1 − p)`.
struct TweedieLoss: LogLinkLoss {
  let power: Double
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    let (a, b) = (Double.exp((2 - power) * raw), y * .exp((1 - power) * raw))
    return (Float(a - b), Float((2 - power) * a - (1 - power) * b))
  }
  func loss(_ y: Double, _ raw: Double) -> Double {
    .exp((2 - power) * raw) / (2 - power) - y * .exp((1 - power) * raw) / (1 - power)
  }
}

/// The exponential loss of AdaBoost on half the log-odds: `y exp(−raw) + (1 − y) exp(raw)` for y in {0, 1}.
struct ExponentialLoss: BoostingLoss {
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    let (up, down) = ((1 - y) * Double.exp(raw), y * Double.exp(-raw))
    return (Float(up - down), Float(up + down))
  }
  func loss(_ y: Double, _ raw: Double) -> Double { y * .exp(-raw) + (1 - y) * .exp(raw) }
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) -> Double {
    0.5 * LogisticLoss().baseline(y, weights, count: count)
  }
  func prediction(_ raw: Double) -> Double { 1 / (1 + .exp(-2 * raw)) }
}

/// Binary cross-entropy on log-odds: `log(1 + exp(raw)) − y raw` for y in {0, 1}.
struct LogisticLoss: BoostingLoss {
  @inline(__always) func gradient(_ y: Double, _ raw: Double) -> (Float, Float) {
    let p = 1 / (1 + Double.exp(-raw))
    return (Float(p - y), Float(p * (1 - p)))
  }
  func loss(_ y: Double, _ raw: Double) -> Double {
    // log(1 + e^raw) without overflow.
    max(raw, 0) + .log(onePlus: .exp(-abs(raw))) - y * raw
  }
  var stageFactor: Double { 2 }
  func baseline(_ y: BoostingTargets, _ weights: UnsafePointer<Double>?, count: Int) -> Double {
    let p = min(max(TargetStatistics.mean(y, weights, count: count), Double.ulpOfOne), 1 - Double.ulpOfOne)
    return .log(p / (1 - p))
  }
  func prediction(_ raw: Double) -> Double { 1 / (1 + .exp(-raw)) }
}
