import ApusAutograd
import ApusNumerics

/// Optimisers by kind, for callers outside Swift. Kinds are PyTorch's class names; settings are numbers by PyTorch's names
/// (`betas` as `beta1` and `beta2`).
public enum OptimizerKinds {
  typealias Maker = @Sendable ([Tensor], [String: Double]) throws -> Optimizer

  /// A new optimiser.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an unknown kind or setting.
  public static func make(_ kind: String, _ parameters: [Tensor], _ settings: [String: Double]) throws -> Optimizer {
    guard let maker = table[kind] else {
      throw ApusError.invalidArgument(
        name: "kind", reason: "'\(kind)' is no kind of optimizer" + NearestName.suggestion(for: kind, in: names))
    }
    return try maker(parameters, settings)
  }

  public static var names: [String] { table.keys.sorted() }

  private static let table: [String: Maker] = [
    "SGD": { parameters, settings in try SGD(parameters, settings) },
    "Adam": { parameters, settings in try Adam(parameters, settings) },
    "AdamW": { parameters, settings in try AdamW(parameters, settings) },
    "NAdam": { parameters, settings in try NAdam(parameters, settings) },
    "RAdam": { parameters, settings in try RAdam(parameters, settings) },
    "Adamax": { parameters, settings in try Adamax(parameters, settings) },
    "Adagrad": { parameters, settings in try Adagrad(parameters, settings) },
    "Adadelta": { parameters, settings in try Adadelta(parameters, settings) },
    "RMSprop": { parameters, settings in try RMSprop(parameters, settings) },
    "Rprop": { parameters, settings in try Rprop(parameters, settings) },
    "ASGD": { parameters, settings in try ASGD(parameters, settings) },
    "LBFGS": { parameters, settings in try LBFGS(parameters, settings) },
    "Muon": { parameters, settings in try Muon(parameters, settings) },
    "Lion": { parameters, settings in try Lion(parameters, settings) },
  ]
}
