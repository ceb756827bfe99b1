import ApusAutograd
import ApusNumerics

/// Limited-memory BFGS (Nocedal, 1980; two-loop recursion of Nocedal and Wright, 2006, algorithm 7.4) on all parameters as
/// one vector, with PyTorch's stopping rules.
///
/// A step evaluates the loss through its closure several times: ``Optimizer/step(_:)`` with a closure that forgets the
/// gradients, computes the loss and calls backward. With `strong_wolfe` the step length satisfies the strong Wolfe
/// conditions (the same, algorithms 3.5 and 3.6), else it is `lr`.
///
/// Settings: `lr` 1, `max_iter` 20, `max_eval` 1.25 · max_iter, `tolerance_grad` 1e-7, `tolerance_change` 1e-9,
/// `history_size` 100, `strong_wolfe` 0.
public final class LBFGS: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "LBFGS" }
  public override class var defaults: [String: Double] {
    [
      "lr": 1, "max_iter": 20, "max_eval": 0, "tolerance_grad": 1e-7, "tolerance_change": 1e-9, "history_size": 100,
      "strong_wolfe": 0,
    ]
  }

  /// What one step leaves for the next.
  private var direction: Tensor?
  private var length = 0.0
  private var previousGradient: Tensor?
  private var corrections: [Correction] = []
  private var diagonal = 1.0
  private var iterations = 0

  /// y = g′ − g and s = x′ − x of one iteration, ρ = 1 / yᵀs.
  private struct Correction {
    let y: Tensor
    let s: Tensor
    let rho: Double
  }

  public override init(_ parameters: [Tensor], _ settings: [String: Double] = [:]) throws {
    for name in ["max_iter", "max_eval", "history_size"] {
      if let value = settings[name], !(0...1e9).contains(value) || value != value.rounded() {
        throw ApusError.invalidArgument(name: name, reason: "\(value) is not a whole number in [0, 1e9]")
      }
    }
    try super.init(parameters, settings)
  }

  public override func addGroup(_ parameters: [Tensor], _ settings: [String: Double] = [:]) throws {
    guard groups.isEmpty else {
      throw ApusError.unsupported(reason: "LBFGS: has one group of parameters; it does not take a second")
    }
    try super.addGroup(parameters, settings)
  }

  public override func step() throws {
    throw ApusError.unsupported(reason: "LBFGS: step needs a closure that evaluates the loss again")
  }

  @discardableResult
  public override func step(_ closure: () throws -> Tensor) throws -> Tensor {
    try withoutGrad { try run { try GradMode.with(enabled: true) { try closure() } } }
  }

  private func run(_ closure: () throws -> Tensor) throws -> Tensor {
    let group = groups[0]
    let limit = group.count("max_iter")
    let evaluationLimit = group.number("max_eval") > 0 ? group.count("max_eval") : limit * 5 / 4
    let (toleranceGradient, toleranceChange) = (group.number("tolerance_grad"), group.number("tolerance_change"))
    let first = try closure()
    var loss = try first.item()
    var gradient = try flatGradient()
    var evaluations = 1
    var round = 0
    if try gradient.norm(.infinity).item() <= toleranceGradient { return first }
    while round < limit {
      round += 1
      iterations += 1
      let search = try nextDirection(gradient, group)
      previousGradient = gradient
      let previousLoss = loss
      let rate = group.number("lr")
      length = iterations == 1 ? Swift.min(1, 1 / (try gradient.norm(1).item())) * rate : rate
      let slope = try dot(gradient, search)
      direction = search
      if slope > -toleranceChange { break }
      let start = try flatParameters()
      if group.flag("strong_wolfe") {
        var found = WolfeSearch(
          length: length, loss: loss, gradient: gradient, slope: slope,
          largestDirection: try search.norm(.infinity).item(), toleranceChange: toleranceChange)
        try found.run { length in
          try self.set(start + search * length)
          let value = try closure().item()
          let gradient = try self.flatGradient()
          return (value, gradient, try self.dot(gradient, search))
        }
        (loss, gradient, length) = (found.loss, found.gradient, found.length)
        try set(start + search * length)
        evaluations += found.evaluations
      } else {
        try set(start + search * length)
        if round != limit {
          loss = try closure().item()
          gradient = try flatGradient()
          evaluations += 1
        }
      }
      if round == limit || evaluations >= evaluationLimit { break }
      if try gradient.norm(.infinity).item() <= toleranceGradient { break }
      let moved = try (search * length).norm(.infinity).item()
      if moved <= toleranceChange || (loss - previousLoss).magnitude < toleranceChange { break }
    }
    return first
  }

  private func nextDirection(_ gradient: Tensor, _ group: ParameterGroup) throws -> Tensor {
    guard iterations > 1, let direction, let previousGradient else {
      corrections = []
      diagonal = 1
      return try -gradient
    }
    let y = try gradient - previousGradient
    let s = try direction * length
    let curvature = try dot(y, s)
    let capacity = group.count("history_size")
    if curvature > 1e-10 {
      if corrections.count >= capacity, !corrections.isEmpty { corrections.removeFirst() }
      if capacity > 0 { corrections.append(Correction(y: y, s: s, rho: 1 / curvature)) }
      diagonal = curvature / (try dot(y, y))
    }
    var result = try -gradient
    var weights = corrections.map { _ in 0.0 }
    for (index, correction) in corrections.enumerated().reversed() {
      weights[index] = try dot(correction.s, result) * correction.rho
      result = try result.adding(correction.y, alpha: -weights[index])
    }
    result = try result * diagonal
    for (index, correction) in corrections.enumerated() {
      let share = weights[index] - (try dot(correction.y, result)) * correction.rho
      result = try result.adding(correction.s, alpha: share)
    }
    return result
  }

  // MARK: All parameters as one vector

  private func flatGradient() throws -> Tensor {
    try Tensor.concatenated(
      groups[0].parameters.map { try ($0.grad?.detached() ?? Tensor.zeros(like: $0)).reshaped([-1]) }, dim: 0)
  }

  private func flatParameters() throws -> Tensor {
    try Tensor.concatenated(groups[0].parameters.map { try $0.detached().reshaped([-1]) }, dim: 0).cloned()
  }

  private func set(_ values: Tensor) throws {
    var offset = 0
    for parameter in groups[0].parameters {
      let own = try values.narrow(dim: 0, start: offset, length: parameter.count).reshaped(parameter.shape)
      try parameter.copy(from: own)
      offset += parameter.count
    }
  }

  private func dot(_ a: Tensor, _ b: Tensor) throws -> Double { try (a * b).sum().item() }
}
