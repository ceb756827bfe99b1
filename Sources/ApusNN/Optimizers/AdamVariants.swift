import ApusAutograd
import ApusNumerics

/// Adam with Nesterov momentum (Dozat, 2016). Settings: `lr` 0.002, `beta1`, `beta2`, `eps`, `weight_decay`,
/// `momentum_decay` 0.004.
public final class NAdam: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "NAdam" }
  public override class var defaults: [String: Double] {
    [
      "lr": 0.002, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0, "momentum_decay": 0.004,
      "decoupled_weight_decay": 0,
    ]
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    state.step += 1
    let (beta1, beta2, rate) = (group.number("beta1"), group.number("beta2"), group.number("lr"))
    let exponent = Double(state.step) * group.number("momentum_decay")
    let next = Double(state.step + 1) * group.number("momentum_decay")
    let mu = beta1 * (1 - 0.5 * PowerOf.real(0.96, exponent))
    let muNext = beta1 * (1 - 0.5 * PowerOf.real(0.96, next))
    // PyTorch keeps the product in float32.
    let product = Double(Float((state.numbers["mu_product"] ?? 1)) * Float(mu))
    state.numbers["mu_product"] = product
    let rule = Rule(
      beta1: beta1, beta2: beta2, epsilon: group.number("eps"), decay: group.number("weight_decay"), rate: rate,
      isDecoupled: group.flag("decoupled_weight_decay"), correction2: 1 - PowerOf.integer(beta2, state.step),
      gradientFactor: rate * (1 - mu) / (1 - product), meanFactor: rate * muNext / (1 - product * muNext))
    let states = [try state.tensor("exp_avg", like: parameter), try state.tensor("exp_avg_sq", like: parameter)]
    try withElements(parameter, gradient, states, float: rule.apply, double: rule.apply)
  }

  private struct Rule {
    let beta1: Double, beta2: Double, epsilon: Double, decay: Double, rate: Double
    let isDecoupled: Bool
    let correction2: Double, gradientFactor: Double, meanFactor: Double

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, m, v) = (e.parameter, e.gradient, e.state(0), e.state(1))
      let (rest1, keep2, rest2) = (T(1 - beta1), T(beta2), T(1 - beta2))
      let (correction, eps) = (T(correction2), T(epsilon))
      let (own, average) = (T(gradientFactor), T(meanFactor))
      let coupled = T(isDecoupled ? 0 : decay)
      let shrink = T(isDecoupled ? 1 - rate * decay : 1)
      e.forEach { i in
        let theta = p[i] * shrink
        let d = g[i] + coupled * theta
        m[i] += rest1 * (d - m[i])
        v[i] = v[i] * keep2 + rest2 * d * d
        let scale = (v[i] / correction).magnitude.squareRoot() + eps
        p[i] = theta - own * (d / scale) - average * (m[i] / scale)
      }
    }
  }
}

/// Adam whose adaptive rate waits until its variance is tractable (Liu et al., 2020). Settings as Adam's.
public final class RAdam: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "RAdam" }
  public override class var defaults: [String: Double] {
    ["lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0, "decoupled_weight_decay": 0]
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    state.step += 1
    let (beta1, beta2, rate) = (group.number("beta1"), group.number("beta2"), group.number("lr"))
    let power2 = PowerOf.integer(beta2, state.step)
    let limit = 2 / (1 - beta2) - 1
    let length = limit - 2 * Double(state.step) * power2 / (1 - power2)
    var rectification: Double?
    if length > 5 {
      rectification =
        ((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)).squareRoot()
        * (1 - power2).squareRoot()
    }
    let rule = Rule(
      beta1: beta1, beta2: beta2, epsilon: group.number("eps"), decay: group.number("weight_decay"), rate: rate,
      isDecoupled: group.flag("decoupled_weight_decay"), correction1: 1 - PowerOf.integer(beta1, state.step),
      rectification: rectification)
    let states = [try state.tensor("exp_avg", like: parameter), try state.tensor("exp_avg_sq", like: parameter)]
    try withElements(parameter, gradient, states, float: rule.apply, double: rule.apply)
  }

  private struct Rule {
    let beta1: Double, beta2: Double, epsilon: Double, decay: Double, rate: Double
    let isDecoupled: Bool
    let correction1: Double
    let rectification: Double?

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, m, v) = (e.parameter, e.gradient, e.state(0), e.state(1))
      let (rest1, keep2, rest2) = (T(1 - beta1), T(beta2), T(1 - beta2))
      let (size, correction, eps) = (T(rate), T(correction1), T(epsilon))
      let coupled = T(isDecoupled ? 0 : decay)
      let shrink = T(isDecoupled ? 1 - rate * decay : 1)
      let (isRectified, factor) = (rectification != nil, T(rectification ?? 1))
      e.forEach { i in
        let theta = p[i] * shrink
        let d = g[i] + coupled * theta
        m[i] += rest1 * (d - m[i])
        v[i] = v[i] * keep2 + rest2 * d * d
        var move = m[i] / correction * size
        if isRectified { move = move * (factor / (v[i].magnitude.squareRoot() + eps)) }
        p[i] = theta - move
      }
    }
  }
}

/// Adam with the infinity norm (Kingma and Ba, 2015, algorithm 2). Settings: `lr` 0.002, `beta1`, `beta2`, `eps`,
/// `weight_decay`.
public final class Adamax: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "Adamax" }
  public override class var defaults: [String: Double] {
    ["lr": 0.002, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0]
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    state.step += 1
    let rule = Rule(
      beta1: group.number("beta1"), beta2: group.number("beta2"), epsilon: group.number("eps"),
      decay: group.number("weight_decay"),
      stepSize: group.number("lr") / (1 - PowerOf.integer(group.number("beta1"), state.step)))
    let states = [try state.tensor("exp_avg", like: parameter), try state.tensor("exp_inf", like: parameter)]
    try withElements(parameter, gradient, states, float: rule.apply, double: rule.apply)
  }

  private struct Rule {
    let beta1: Double, beta2: Double, epsilon: Double, decay: Double, stepSize: Double

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, m, u) = (e.parameter, e.gradient, e.state(0), e.state(1))
      let (rest1, keep2, eps, decay, size) = (T(1 - beta1), T(beta2), T(epsilon), T(decay), T(stepSize))
      e.forEach { i in
        let d = g[i] + decay * p[i]
        m[i] += rest1 * (d - m[i])
        let (kept, new) = (u[i] * keep2, d.magnitude + eps)
        u[i] = kept > new ? kept : new
        p[i] -= size * (m[i] / u[i])
      }
    }
  }
}

/// The sign of an interpolated momentum (Chen et al., 2023). Settings: `lr` 1e-4, `beta1` 0.9, `beta2` 0.99,
/// `weight_decay` 0.
public final class Lion: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "Lion" }
  public override class var defaults: [String: Double] {
    ["lr": 1e-4, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0]
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    state.step += 1
    let rule = Rule(
      beta1: group.number("beta1"), beta2: group.number("beta2"), decay: group.number("weight_decay"),
      rate: group.number("lr"))
    let states = [try state.tensor("exp_avg", like: parameter)]
    try withElements(parameter, gradient, states, float: rule.apply, double: rule.apply)
  }

  private struct Rule {
    let beta1: Double, beta2: Double, decay: Double, rate: Double

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, m) = (e.parameter, e.gradient, e.state(0))
      let (keep1, rest1, keep2, rest2) = (T(beta1), T(1 - beta1), T(beta2), T(1 - beta2))
      let (shrink, size) = (T(1 - rate * decay), T(rate))
      e.forEach { i in
        let direction = m[i] * keep1 + g[i] * rest1
        p[i] = p[i] * shrink - size * (direction > 0 ? 1 : (direction < 0 ? -1 : 0))
        m[i] = m[i] * keep2 + g[i] * rest2
      }
    }
  }
}
