import ApusAutograd
import ApusNumerics

/// Muon (Jordan et al., 2024): momentum whose matrix is replaced by its nearest orthogonal one, approximately, by five steps
/// of a Newton–Schulz iteration X ← aX + (b(XXᵀ) + c(XXᵀ)²)X. For the weight matrices of hidden layers.
///
/// PyTorch iterates in bfloat16; here the iteration has the parameter's precision, so that results agree to bfloat16's.
///
/// Settings: `lr` 0.001, `weight_decay` 0.1, `momentum` 0.95, `nesterov` 1, `ns_a` 3.4445, `ns_b` −4.775, `ns_c` 2.0315,
/// `eps` 1e-7, `ns_steps` 5, `match_rms_adamw` 0.
public final class Muon: Optimizer, @unchecked Sendable {
  public override class var typeName: String { "Muon" }
  public override class var defaults: [String: Double] {
    [
      "lr": 0.001, "weight_decay": 0.1, "momentum": 0.95, "nesterov": 1, "ns_a": 3.4445, "ns_b": -4.775,
      "ns_c": 2.0315, "eps": 1e-7, "ns_steps": 5, "match_rms_adamw": 0,
    ]
  }

  public override init(_ parameters: [Tensor], _ settings: [String: Double] = [:]) throws {
    if let other = parameters.first(where: { $0.rank != 2 }) {
      throw ApusError.shapeMismatch(
        name: "params", reason: "Muon takes matrices only, got a parameter of shape \(other.shape)")
    }
    let steps = settings["ns_steps"] ?? 5
    guard (0...100).contains(steps) else {
      throw ApusError.invalidArgument(name: "ns_steps", reason: "\(steps) is not in [0, 100]")
    }
    try super.init(parameters, settings)
  }

  public override func update(
    _ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup
  ) throws {
    guard parameter.rank == 2 else {
      throw ApusError.shapeMismatch(
        name: "params", reason: "Muon takes matrices only, got a parameter of shape \(parameter.shape)")
    }
    let (momentum, rate) = (group.number("momentum"), group.number("lr"))
    let buffer = try state.tensor("momentum_buffer", like: parameter)
    state.step += 1
    try buffer.modify(with: [gradient]) { try $0 + (gradient - $0) * (1 - momentum) }
    let direction = group.flag("nesterov") ? try gradient + (buffer - gradient) * momentum : buffer
    let update = try Self.orthogonalized(direction, group)
    let (rows, columns) = (Double(parameter.shape[0]), Double(max(parameter.shape[1], 1)))
    let scale =
      group.flag("match_rms_adamw")
      ? 0.2 * max(rows, columns).squareRoot() : max(1, rows / columns).squareRoot()
    try parameter.modify { try $0 * (1 - rate * group.number("weight_decay")) - update * (rate * scale) }
  }

  /// About U Vᵀ of the singular value decomposition of `matrix`.
  private static func orthogonalized(_ matrix: Tensor, _ group: ParameterGroup) throws -> Tensor {
    let (a, b, c) = (group.number("ns_a"), group.number("ns_b"), group.number("ns_c"))
    let isTall = matrix.shape[0] > matrix.shape[1]
    var x = isTall ? try matrix.transposed() : matrix
    x = try x / max(x.norm().item(), group.number("eps"))
    for _ in 0..<group.count("ns_steps") {
      let gram = try x.matmul(x.transposed())
      let polynomial = try gram * b + gram.matmul(gram) * c
      x = try x * a + polynomial.matmul(x)
    }
    return isTall ? try x.transposed() : x
  }
}
