import ApusAutograd
import ApusNumerics

/// Optimisers by kind, for callers outside Swift. Kinds are PyTorch's class names; settings are numbers by PyTorch's names
/// (`betas` as `beta1` and `beta2`).
public enum OptimizerKinds {
  public static func make(_ kind: String, _ parameters: [Tensor], _ settings: [String: Double]) throws -> Optimizer {
    switch kind {
    case "SGD": return try SGD(parameters, settings)
    case "Adam": return try Adam(parameters, settings)
    case "AdamW": return try AdamW(parameters, settings)
    case "NAdam": return try NAdam(parameters, settings)
    case "RAdam": return try RAdam(parameters, settings)
    case "Adamax": return try Adamax(parameters, settings)
    case "Adagrad": return try Adagrad(parameters, settings)
    case "Adadelta": return try Adadelta(parameters, settings)
    case "RMSprop": return try RMSprop(parameters, settings)
    case "Rprop": return try Rprop(parameters, settings)
    case "ASGD": return try ASGD(parameters, settings)
    case "LBFGS": return try LBFGS(parameters, settings)
    case "Muon": return try Muon(parameters, settings)
    case "Lion": return try Lion(parameters, settings)
    default: throw ApusError.invalidArgument(name: "kind", reason: "'\(kind)' is no kind of optimizer")
    }
  }
}
