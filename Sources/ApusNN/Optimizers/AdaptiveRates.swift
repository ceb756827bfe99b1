import ApusAutograd
import ApusNumerics
import RealModule

/// Rates divided by the root of all squared gradients so far (Duchi et al., 2011). Settings: `lr` 0.01, `lr_decay` 0,
/// `weight_decay` 0, `initial_accumulator_value` 0, `eps` 1e-10.
public final class Adagrad: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "Adagrad" }
  public override class var defaults: [String: Double] {
    ["lr": 0.01, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10]
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    let sums = try state.tensor("sum", like: parameter, initial: group.number("initial_accumulator_value"))
    let rate = group.number("lr") / (1 + Double(state.step) * group.number("lr_decay"))
    state.step += 1
    let rule = Rule(rate: rate, decay: group.number("weight_decay"), epsilon: group.number("eps"))
    try withElements(parameter, gradient, [sums], float: rule.apply, double: rule.apply)
  }

  private struct Rule {
    let rate: Double, decay: Double, epsilon: Double

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, s) = (e.parameter, e.gradient, e.state(0))
      let (rate, decay, eps) = (T(rate), T(decay), T(epsilon))
      e.forEach { i in
        let d = g[i] + decay * p[i]
        s[i] += d * d
        p[i] -= rate * (d / (s[i].magnitude.squareRoot() + eps))
      }
    }
  }
}

/// Rates from running averages of squared gradients and squared steps (Zeiler, 2012). Settings: `lr` 1, `rho` 0.9,
/// `eps` 1e-6, `weight_decay` 0.
public final class Adadelta: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "Adadelta" }
  public override class var defaults: [String: Double] { ["lr": 1, "rho": 0.9, "eps": 1e-6, "weight_decay": 0] }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    state.step += 1
    let rule = Rule(
      rate: group.number("lr"), rho: group.number("rho"), epsilon: group.number("eps"),
      decay: group.number("weight_decay"))
    let states = [try state.tensor("square_avg", like: parameter), try state.tensor("acc_delta", like: parameter)]
    try withElements(parameter, gradient, states, float: rule.apply, double: rule.apply)
  }

  private struct Rule {
    let rate: Double, rho: Double, epsilon: Double, decay: Double

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, s, a) = (e.parameter, e.gradient, e.state(0), e.state(1))
      let (rate, keep, rest, eps, decay) = (T(rate), T(rho), T(1 - rho), T(epsilon), T(decay))
      e.forEach { i in
        let d = g[i] + decay * p[i]
        s[i] = s[i] * keep + rest * d * d
        let move = (a[i] + eps).magnitude.squareRoot() / (s[i] + eps).magnitude.squareRoot() * d
        a[i] = a[i] * keep + rest * move * move
        p[i] -= rate * move
      }
    }
  }
}

/// Rates divided by the root of a running average of squared gradients (Hinton's lecture 6e). Settings: `lr` 0.01,
/// `alpha` 0.99, `eps` 1e-8, `weight_decay` 0, `momentum` 0, `centered` 0.
public final class RMSprop: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "RMSprop" }
  public override class var defaults: [String: Double] {
    ["lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0, "centered": 0]
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    state.step += 1
    let rule = Rule(
      rate: group.number("lr"), alpha: group.number("alpha"), epsilon: group.number("eps"),
      decay: group.number("weight_decay"), momentum: group.number("momentum"), isCentred: group.flag("centered"))
    let square = try state.tensor("square_avg", like: parameter)
    let mean = rule.isCentred ? try state.tensor("grad_avg", like: parameter) : square
    let buffer = rule.momentum > 0 ? try state.tensor("momentum_buffer", like: parameter) : square
    try withElements(parameter, gradient, [square, mean, buffer], float: rule.apply, double: rule.apply)
  }

  private struct Rule {
    let rate: Double, alpha: Double, epsilon: Double, decay: Double, momentum: Double
    let isCentred: Bool

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, s, average, buffer) = (e.parameter, e.gradient, e.state(0), e.state(1), e.state(2))
      let (rate, keep, rest, eps, decay) = (T(rate), T(alpha), T(1 - alpha), T(epsilon), T(decay))
      let (momentum, isCentred) = (T(momentum), isCentred)
      e.forEach { i in
        let d = g[i] + decay * p[i]
        s[i] = s[i] * keep + rest * d * d
        var scale = s[i]
        if isCentred {
          average[i] += rest * (d - average[i])
          scale -= average[i] * average[i]
        }
        let move = d / (scale.magnitude.squareRoot() + eps)
        if momentum > 0 {
          buffer[i] = buffer[i] * momentum + move
          p[i] -= rate * buffer[i]
        } else {
          p[i] -= rate * move
        }
      }
    }
  }
}

/// Steps that grow while the gradient keeps its sign and shrink when it changes (Riedmiller and Braun, 1993). Settings:
/// `lr` 0.01, `eta_minus` 0.5, `eta_plus` 1.2, `step_min` 1e-6, `step_max` 50.
public final class Rprop: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "Rprop" }
  public override class var defaults: [String: Double] {
    ["lr": 0.01, "eta_minus": 0.5, "eta_plus": 1.2, "step_min": 1e-6, "step_max": 50]
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    state.step += 1
    let states = [
      try state.tensor("prev", like: parameter),
      try state.tensor("step_size", like: parameter, initial: group.number("lr")),
    ]
    let rule = Rule(
      minus: group.number("eta_minus"), plus: group.number("eta_plus"), least: group.number("step_min"),
      most: group.number("step_max"))
    try withElements(parameter, gradient, states, float: rule.apply, double: rule.apply)
  }

  private struct Rule {
    let minus: Double, plus: Double, least: Double, most: Double

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, before, size) = (e.parameter, e.gradient, e.state(0), e.state(1))
      let (minus, plus, least, most) = (T(minus), T(plus), T(least), T(most))
      e.forEach { i in
        var d = g[i]
        let product = d * before[i]
        let scaled = size[i] * (product > 0 ? plus : (product < 0 ? minus : 1))
        size[i] = scaled < least ? least : (scaled > most ? most : scaled)
        if product < 0 { d = 0 }
        p[i] -= (d > 0 ? 1 : (d < 0 ? -1 : 0)) * size[i]
        before[i] = d
      }
    }
  }
}

/// Averaged stochastic gradient descent (Polyak and Juditsky, 1992); the average is the state tensor `ax`. Settings: `lr` 0.01,
/// `lambd` 1e-4, `alpha` 0.75, `t0` 1e6, `weight_decay` 0.
public final class ASGD: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "ASGD" }
  public override class var defaults: [String: Double] {
    ["lr": 0.01, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weight_decay": 0]
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    let (rate, lambda) = (group.number("lr"), group.number("lambd"))
    // PyTorch keeps both in float32.
    let eta = state.numbers["eta"] ?? Double(Float(rate))
    let mu = state.numbers["mu"] ?? 1
    state.step += 1
    let rule = Rule(eta: eta, lambda: lambda, mu: mu, decay: group.number("weight_decay"))
    let average = try state.tensor("ax", like: parameter)
    try withElements(parameter, gradient, [average], float: rule.apply, double: rule.apply)
    let step = Double(state.step)
    state.numbers["eta"] = Double(Float(rate / PowerOf.real(1 + lambda * rate * step, group.number("alpha"))))
    state.numbers["mu"] = Double(Float(1 / Swift.max(1, step - group.number("t0"))))
  }

  private struct Rule {
    let eta: Double, lambda: Double, mu: Double, decay: Double

    func apply<T: TensorFloat>(_ e: UpdateElements<T>) {
      let (p, g, average) = (e.parameter, e.gradient, e.state(0))
      let (eta, shrink, decay, mu) = (T(eta), T(1 - lambda * eta), T(decay), T(mu))
      let isCopy = self.mu == 1
      e.forEach { i in
        let d = g[i] + decay * p[i]
        p[i] = p[i] * shrink - eta * d
        average[i] = isCopy ? p[i] : average[i] + (p[i] - average[i]) * mu
      }
    }
  }
}

extension PowerOf {
  static func real(_ base: Double, _ exponent: Double) -> Double { Double.pow(base, exponent) }
}
