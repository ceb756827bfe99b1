import ApusAutograd
import ApusNumerics
import RealModule

/// Learning rates that change over the epochs, with the recurrences of `torch.optim.lr_scheduler`, so that the rates have
/// PyTorch's bits.
///
/// Making a schedule sets the rates of epoch 0; every ``step(metric:)`` those of the next. Several schedules on one optimiser
/// chain: each starts from the rate it finds.
open class LearningRateSchedule: @unchecked Sendable {
  public let optimizer: Optimizer
  /// Steps so far.
  public internal(set) var epoch = 0
  /// The rates the groups had when the first schedule was made.
  public let baseRates: [Double]

  public init(_ optimizer: Optimizer) throws {
    self.optimizer = optimizer
    for group in optimizer.groups where group.settings["initial_lr"] == nil {
      group.settings["initial_lr"] = group.number("lr")
    }
    baseRates = optimizer.groups.map { $0.number("initial_lr") }
  }

  /// Subclasses call this at the end of their initialisers.
  public final func begin() throws { try apply(nextRates()) }

  /// Moves on by one epoch; `metric` is what plateau schedules watch.
  open func step(metric: Double = .nan) throws {
    epoch += 1
    try apply(nextRates())
  }

  /// The rates of ``epoch``, from those of the epoch before.
  open func nextRates() throws -> [Double] { rates }

  /// The groups' rates as they are.
  public final var rates: [Double] { optimizer.groups.map { $0.number("lr") } }

  final func apply(_ rates: [Double]) throws {
    for (index, rate) in rates.enumerated() { try optimizer.set("lr", rate, group: index) }
  }

  /// What a checkpoint keeps beside the optimiser's settings.
  open var state: [String: Double] {
    get { ["epoch": Double(epoch)] }
    set { epoch = newValue["epoch"].flatMap { Int(exactly: $0) } ?? epoch }
  }
}

/// × γ every `stepSize` epochs.
public final class StepSchedule: LearningRateSchedule, @unchecked Sendable {
  private let stepSize: Int
  private let gamma: Double

  public init(_ optimizer: Optimizer, stepSize: Int, gamma: Double = 0.1) throws {
    try ScheduleArguments.requirePositive(stepSize, "step_size")
    self.stepSize = stepSize
    self.gamma = gamma
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() -> [Double] {
    epoch == 0 || epoch % stepSize != 0 ? rates : rates.map { $0 * gamma }
  }
}

/// × γ at every milestone.
public final class MultiStepSchedule: LearningRateSchedule, @unchecked Sendable {
  private let milestones: [Int]
  private let gamma: Double

  public init(_ optimizer: Optimizer, milestones: [Int], gamma: Double = 0.1) throws {
    self.milestones = milestones
    self.gamma = gamma
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() -> [Double] {
    let hits = milestones.reduce(0) { $0 + ($1 == epoch ? 1 : 0) }
    return rates.map { $0 * Double.pow(gamma, Double(hits)) }
  }
}

/// × γ every epoch.
public final class ExponentialSchedule: LearningRateSchedule, @unchecked Sendable {
  private let gamma: Double

  public init(_ optimizer: Optimizer, gamma: Double) throws {
    self.gamma = gamma
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() -> [Double] { epoch == 0 ? rates : rates.map { $0 * gamma } }
}

/// `factor` times the rate for `iterations` epochs, then the rate itself.
public final class ConstantSchedule: LearningRateSchedule, @unchecked Sendable {
  private let factor: Double
  private let iterations: Int

  public init(_ optimizer: Optimizer, factor: Double = 1.0 / 3, iterations: Int = 5) throws {
    guard factor > 0, factor <= 1 else {
      throw ApusError.invalidArgument(name: "factor", reason: "\(factor) is not in (0, 1]")
    }
    self.factor = factor
    self.iterations = iterations
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() -> [Double] {
    if epoch == 0 { return rates.map { $0 * factor } }
    return epoch == iterations ? rates.map { $0 * (1 / factor) } : rates
  }
}

/// From `start` to `end` times the rate in `iterations` epochs: warm-up.
public final class LinearSchedule: LearningRateSchedule, @unchecked Sendable {
  private let start: Double
  private let end: Double
  private let iterations: Int

  public init(_ optimizer: Optimizer, start: Double = 1.0 / 3, end: Double = 1, iterations: Int = 5) throws {
    guard start > 0, start <= 1 else {
      throw ApusError.invalidArgument(name: "start_factor", reason: "\(start) is not in (0, 1]")
    }
    guard (0...1).contains(end) else {
      throw ApusError.invalidArgument(name: "end_factor", reason: "\(end) is not in [0, 1]")
    }
    try ScheduleArguments.requirePositive(iterations, "total_iters")
    self.start = start
    self.end = end
    self.iterations = iterations
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() -> [Double] {
    if epoch == 0 { return rates.map { $0 * start } }
    if epoch > iterations { return rates }
    let span = end - start
    let growth = 1 + span / (Double(iterations) * start + Double(epoch - 1) * span)
    return rates.map { $0 * growth }
  }
}

/// (1 − epoch / iterations)^power times the rate.
public final class PolynomialSchedule: LearningRateSchedule, @unchecked Sendable {
  private let iterations: Int
  private let power: Double

  public init(_ optimizer: Optimizer, iterations: Int = 5, power: Double = 1) throws {
    try ScheduleArguments.requirePositive(iterations, "total_iters")
    self.iterations = iterations
    self.power = power
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() -> [Double] {
    if epoch == 0 || epoch > iterations { return rates }
    let left = 1 - Double(epoch) / Double(iterations)
    let before = 1 - Double(epoch - 1) / Double(iterations)
    let factor = Double.pow(left / before, power)
    return rates.map { $0 * factor }
  }
}

/// Half a cosine from the rate to `minimum` in `period` epochs, and back (Loshchilov and Hutter, 2017, without restarts).
public final class CosineSchedule: LearningRateSchedule, @unchecked Sendable {
  private let period: Int
  private let minimum: Double

  public init(_ optimizer: Optimizer, period: Int, minimum: Double = 0) throws {
    try ScheduleArguments.requirePositive(period, "T_max")
    self.period = period
    self.minimum = minimum
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() -> [Double] {
    if epoch == 0 { return rates }
    let n = Double(period)
    if (epoch - 1 - period) % (2 * period) == 0 {
      let rise = (1 - Double.cos(.pi / n)) / 2
      return zip(baseRates, rates).map { base, rate in rate + (base - minimum) * rise }
    }
    let factor = (1 + Double.cos(.pi * Double(epoch) / n)) / (1 + Double.cos(.pi * Double(epoch - 1) / n))
    return rates.map { factor * ($0 - minimum) + minimum }
  }
}

/// A falling half cosine of `period` epochs that starts again, each time `multiple` times as long (the same, equation 5).
public final class CosineRestartSchedule: LearningRateSchedule, @unchecked Sendable {
  private var period: Int
  private let multiple: Int
  private let minimum: Double
  private var position = 0

  public init(_ optimizer: Optimizer, period: Int, multiple: Int = 1, minimum: Double = 0) throws {
    try ScheduleArguments.requirePositive(period, "T_0")
    try ScheduleArguments.requirePositive(multiple, "T_mult")
    self.period = period
    self.multiple = multiple
    self.minimum = minimum
    try super.init(optimizer)
    try begin()
  }

  public override func step(metric: Double = .nan) throws {
    position += 1
    if position >= period {
      position -= period
      let longer = period.multipliedReportingOverflow(by: multiple)
      period = longer.overflow ? Int.max : longer.partialValue
    }
    try super.step(metric: metric)
  }

  public override func nextRates() -> [Double] {
    baseRates.map { minimum + ($0 - minimum) * (1 + Double.cos(.pi * Double(position) / Double(period))) / 2 }
  }

  public override var state: [String: Double] {
    get { super.state.merging(["position": Double(position), "period": Double(period)]) { $1 } }
    set {
      super.state = newValue
      position = newValue["position"].flatMap { Int(exactly: $0) } ?? position
      period = max(newValue["period"].flatMap { Int(exactly: $0) } ?? period, 1)
    }
  }
}

/// Up to `peak` and down far below the start in one cycle of `steps` steps (Smith and Topin, 2019); the momentum stays.
public final class OneCycleSchedule: LearningRateSchedule, @unchecked Sendable {
  private let steps: Int
  private let share: Double
  private let isLinear: Bool
  private let peak: Double
  private let start: Double
  private let final: Double

  public init(
    _ optimizer: Optimizer, peak: Double, steps: Int, risingShare: Double = 0.3, linear: Bool = false,
    startDivisor: Double = 25, finalDivisor: Double = 1e4
  ) throws {
    try ScheduleArguments.requirePositive(steps, "total_steps")
    guard (0...1).contains(risingShare) else {
      throw ApusError.invalidArgument(name: "pct_start", reason: "\(risingShare) is not in [0, 1]")
    }
    self.steps = steps
    share = risingShare
    isLinear = linear
    self.peak = peak
    start = peak / startDivisor
    final = start / finalDivisor
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() throws -> [Double] {
    guard epoch <= steps else {
      throw ApusError.invalidArgument(name: "step", reason: "step \(epoch) of a cycle of \(steps) steps")
    }
    let (turn, end, now) = (share * Double(steps) - 1, Double(steps - 1), Double(epoch))
    let rate = now <= turn ? between(start, peak, now / turn) : between(peak, final, (now - turn) / (end - turn))
    return rates.map { _ in rate }
  }

  private func between(_ from: Double, _ to: Double, _ share: Double) -> Double {
    isLinear ? (to - from) * share + from : to + (from - to) / 2 * (Double.cos(.pi * share) + 1)
  }
}

/// × `factor` when the metric has not improved for `patience` epochs.
public final class PlateauSchedule: LearningRateSchedule, @unchecked Sendable {
  private let lowersMetric: Bool
  private let factor: Double
  private let patience: Int
  private let threshold: Double
  private let isRelative: Bool
  private let cooldown: Int
  private let minimum: Double
  private let epsilon: Double
  private var best: Double
  private var badEpochs = 0
  private var waiting = 0

  /// - Parameter mode: `min` for metrics that should fall, `max` for those that should rise.
  public init(
    _ optimizer: Optimizer, mode: String = "min", factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4,
    relative: Bool = true, cooldown: Int = 0, minimum: Double = 0, epsilon: Double = 1e-8
  ) throws {
    guard mode == "min" || mode == "max" else {
      throw ApusError.invalidArgument(name: "mode", reason: "'\(mode)' is not min or max")
    }
    guard factor < 1 else { throw ApusError.invalidArgument(name: "factor", reason: "\(factor) is not below 1") }
    lowersMetric = mode == "min"
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
    isRelative = relative
    self.cooldown = cooldown
    self.minimum = minimum
    self.epsilon = epsilon
    best = mode == "min" ? .infinity : -.infinity
    try super.init(optimizer)
  }

  public override func step(metric: Double = .nan) throws {
    epoch += 1
    if isBetter(metric) {
      best = metric
      badEpochs = 0
    } else {
      badEpochs += 1
    }
    if waiting > 0 {
      waiting -= 1
      badEpochs = 0
    }
    guard badEpochs > patience else { return }
    try apply(
      rates.map { rate in
        let lower = max(rate * factor, minimum)
        return rate - lower > epsilon ? lower : rate
      })
    waiting = cooldown
    badEpochs = 0
  }

  private func isBetter(_ metric: Double) -> Bool {
    let sign = lowersMetric ? -1.0 : 1.0
    let limit = isRelative ? best * (1 + sign * threshold) : best + sign * threshold
    return lowersMetric ? metric < limit : metric > limit
  }

  public override var state: [String: Double] {
    get {
      super.state.merging(["best": best, "bad_epochs": Double(badEpochs), "waiting": Double(waiting)]) { $1 }
    }
    set {
      super.state = newValue
      best = newValue["best"] ?? best
      badEpochs = newValue["bad_epochs"].flatMap { Int(exactly: $0) } ?? badEpochs
      waiting = newValue["waiting"].flatMap { Int(exactly: $0) } ?? waiting
    }
  }
}

/// The rate of each group times a function of the epoch.
public final class FunctionSchedule: LearningRateSchedule, @unchecked Sendable {
  private let factor: @Sendable (Int) -> Double

  public init(_ optimizer: Optimizer, _ factor: @escaping @Sendable (Int) -> Double) throws {
    self.factor = factor
    try super.init(optimizer)
    try begin()
  }

  public override func nextRates() -> [Double] { baseRates.map { $0 * factor(epoch) } }
}

enum ScheduleArguments {
  static func requirePositive(_ value: Int, _ name: String) throws(ApusError) {
    guard value >= 1 else { throw .invalidArgument(name: name, reason: "\(value) is not at least 1") }
  }
}
