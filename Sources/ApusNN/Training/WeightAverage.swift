import ApusAutograd
import ApusNumerics

/// A running average of a module's parameters: exponential (EMA) or over all steps so far (stochastic weight averaging,
/// Izmailov et al., UAI 2018).
public final class WeightAverage: @unchecked Sendable {
  public enum Rule: Sendable, Equatable {
    /// a ← decay · a + (1 − decay) · θ
    case exponential(decay: Double)
    /// a ← a + (θ − a) / (n + 1)
    case equal
  }

  private let module: Module
  private let rule: Rule
  private var averages: [(name: String, tensor: Tensor)] = []
  /// Updates so far.
  public private(set) var count = 0

  public init(_ module: Module, _ rule: Rule) throws {
    if case .exponential(let decay) = rule, !(0...1).contains(decay) {
      throw ApusError.invalidArgument(name: "decay", reason: "\(decay) is not in [0, 1]")
    }
    self.module = module
    self.rule = rule
    averages = try Self.floating(module).map { ($0.name, try $0.tensor.detached().cloned()) }
  }

  private static func floating(_ module: Module) -> [(name: String, tensor: Tensor)] {
    module.namedParameters().filter(\.tensor.isFloatingPoint)
  }

  /// Takes the parameters in as they are now; the first update copies them.
  public func update() throws {
    let own = Self.floating(module)
    guard own.count == averages.count else {
      throw ApusError.invalidArgument(name: "module", reason: "its parameters changed since the average was made")
    }
    try withoutGrad {
      for ((_, average), (_, parameter)) in zip(averages, own) {
        if count == 0 {
          try average.copy(from: parameter)
          continue
        }
        let share: Double
        switch rule {
        case .exponential(let decay): share = 1 - decay
        case .equal: share = 1 / Double(count + 1)
        }
        try average.modify(with: [parameter]) { try $0 + (parameter.detached() - $0) * share }
      }
    }
    count += 1
  }

  /// The averages by parameter name; they share memory with this object.
  public var state: [(name: String, tensor: Tensor)] { averages }

  /// Exchanges parameters and averages: called twice, all is as before.
  public func swap() throws {
    try withoutGrad {
      for ((_, average), (_, parameter)) in zip(averages, Self.floating(module)) {
        let kept = try parameter.detached().cloned()
        try parameter.copy(from: average)
        try average.copy(from: kept)
      }
    }
  }
}
