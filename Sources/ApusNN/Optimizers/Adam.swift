import ApusAutograd
import ApusNumerics
import RealModule

/// Adam (Kingma and Ba, 2015, algorithm 1): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − γ · m̂ / (√v̂ + ε).
///
/// Settings: `lr` 0.001, `beta1` 0.9, `beta2` 0.999, `eps` 1e-8, `weight_decay` 0, `amsgrad` 0, `maximize` 0.
public class Adam: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "Adam" }
  public override class var defaults: [String: Double] {
    [
      "lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0, "amsgrad": 0, "maximize": 0,
      "decoupled_weight_decay": 0,
    ]
  }

  public convenience init(_ parameters: [Tensor], lr: Double, weightDecay: Double? = nil) throws {
    var settings = ["lr": lr]
    if let weightDecay { settings["weight_decay"] = weightDecay }
    try self.init(parameters, settings)
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    state.step += 1
    let rule = rule(state.step, group)
    var states = [
      try state.tensor("exp_avg", like: parameter), try state.tensor("exp_avg_sq", like: parameter),
    ]
    if rule.amsgrad { states.append(try state.tensor("max_exp_avg_sq", like: parameter)) }
    try withElements(parameter, gradient, states, float: rule.apply, double: rule.apply)
  }

  /// The rule last used, with what it was made of: the same for all parameters of a group that take the same step.
  private var last: (group: ParameterGroup, revision: Int, step: Int, rule: AdamRule)?

  private func rule(_ step: Int, _ group: ParameterGroup) -> AdamRule {
    if let last, last.group === group, last.revision == group.revision, last.step == step { return last.rule }
    let rule = AdamRule(step: step, group: group)
    last = (group, group.revision, step, rule)
    return rule
  }
}

/// Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019); `weight_decay` 0.01.
public final class AdamW: Adam, @unchecked Sendable {
  public override class var typeName: String { "AdamW" }
  public override class var defaults: [String: Double] {
    super.defaults.merging(["weight_decay": 0.01, "decoupled_weight_decay": 1]) { _, own in own }
  }
}

/// The arithmetic of one Adam step.
struct AdamRule {
  let beta1: Double
  let beta2: Double
  let epsilon: Double
  let decay: Double
  let rate: Double
  let stepSize: Double
  let correction2Root: Double
  let amsgrad: Bool
  let maximize: Bool
  let isDecoupled: Bool

  init(step: Int, group: ParameterGroup) {
    beta1 = group.number("beta1")
    beta2 = group.number("beta2")
    epsilon = group.number("eps")
    decay = group.number("weight_decay")
    rate = group.number("lr")
    amsgrad = group.flag("amsgrad")
    maximize = group.flag("maximize")
    isDecoupled = group.flag("decoupled_weight_decay")
    stepSize = rate / (1 - PowerOf.integer(beta1, step))
    correction2Root = (1 - PowerOf.integer(beta2, step)).squareRoot()
  }

  func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
    let (p, g, m, v) = (e.parameter, e.gradient, e.state(0), e.state(1))
    let largest = amsgrad ? e.state(2) : v
    let (rest1, keep2, rest2) = (T(1 - beta1), T(beta2), T(1 - beta2))
    let (size, root, eps) = (T(stepSize), T(correction2Root), T(epsilon))
    let coupled = T(isDecoupled ? 0 : decay)
    let shrink = T(isDecoupled ? 1 - rate * decay : 1)
    let sign = T(maximize ? -1 : 1)
    let amsgrad = amsgrad
    e.forEach { i in
      let theta = p[i] * shrink
      let d = sign * g[i] + coupled * theta
      let mean = m[i] + rest1 * (d - m[i])
      let square = v[i] * keep2 + rest2 * d * d
      m[i] = mean
      v[i] = square
      var scale = square
      if amsgrad {
        scale = largest[i] > square ? largest[i] : square
        largest[i] = scale
      }
      p[i] = theta - size * (mean / (scale.magnitude.squareRoot() / root + eps))
    }
  }
}

/// Integer powers of float64 numbers, correctly rounded by libm's `pow` as Python's `**`.
enum PowerOf {
  static func integer(_ base: Double, _ exponent: Int) -> Double { Double.pow(base, Double(exponent)) }
}
