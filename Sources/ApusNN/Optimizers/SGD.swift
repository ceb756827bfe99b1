import ApusAutograd
import ApusNumerics

/// Stochastic gradient descent: v ← μ·v + (1 − τ)·g, θ ← θ − γ·v, with Nesterov's look-ahead if asked.
///
/// Settings: `lr` 0.001, `momentum` 0, `dampening` 0, `weight_decay` 0, `nesterov` 0, `maximize` 0.
public final class SGD: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "SGD" }
  public override class var defaults: [String: Double] {
    ["lr": 0.001, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": 0, "maximize": 0]
  }

  public override init(_ parameters: [Tensor], _ settings: [String: Double] = [:]) throws {
    if (settings["nesterov"] ?? 0) != 0, (settings["momentum"] ?? 0) <= 0 || (settings["dampening"] ?? 0) != 0 {
      throw ApusError.invalidArgument(name: "nesterov", reason: "needs a momentum above 0 and no dampening")
    }
    try super.init(parameters, settings)
  }

  public convenience init(
    _ parameters: [Tensor], lr: Double, momentum: Double = 0, weightDecay: Double = 0, nesterov: Bool = false
  ) throws {
    try self.init(
      parameters,
      ["lr": lr, "momentum": momentum, "weight_decay": weightDecay, "nesterov": nesterov ? 1 : 0])
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    let rule = rule(group)
    let buffers = rule.momentum == 0 ? [] : [try state.tensor("momentum_buffer", like: parameter)]
    let isFirst = state.step == 0
    state.step += 1
    try withElements(
      parameter, gradient, buffers, float: { rule.apply($0, isFirst) }, double: { rule.apply($0, isFirst) })
  }

  /// The rule last used, with what it was made of.
  private var last: (group: ParameterGroup, revision: Int, rule: Rule)?

  private func rule(_ group: ParameterGroup) -> Rule {
    if let last, last.group === group, last.revision == group.revision { return last.rule }
    let rule = Rule(
      rate: group.number("lr"), momentum: group.number("momentum"), dampening: group.number("dampening"),
      decay: group.number("weight_decay"), nesterov: group.flag("nesterov"), maximize: group.flag("maximize"))
    last = (group, group.revision, rule)
    return rule
  }

  private struct Rule {
    let rate: Double
    let momentum: Double
    let dampening: Double
    let decay: Double
    let nesterov: Bool
    let maximize: Bool

    func apply<T: TensorFloat>(_ e: UpdateElements<T>, _ isFirst: Bool) {
      let (p, g) = (e.parameter, e.gradient)
      let (rate, decay, sign) = (T(rate), T(decay), T(maximize ? -1 : 1))
      if momentum == 0 {
        if decay == 0, !maximize {
          e.forEach { i in p[i] -= rate * g[i] }
        } else {
          e.forEach { i in p[i] -= rate * (sign * g[i] + decay * p[i]) }
        }
        return
      }
      let buffer = e.state(0)
      // The first step starts the buffer from the gradient itself.
      let (keep, take) = (T(isFirst ? 0 : momentum), T(isFirst ? 1 : 1 - dampening))
      let ahead = T(momentum)
      if nesterov {
        e.forEach { i in
          let d = sign * g[i] + decay * p[i]
          let v = buffer[i] * keep + take * d
          buffer[i] = v
          p[i] -= rate * (d + ahead * v)
        }
      } else {
        e.forEach { i in
          let v = buffer[i] * keep + take * (sign * g[i] + decay * p[i])
          buffer[i] = v
          p[i] -= rate * v
        }
      }
    }
  }
}
