import ApusAutograd
import ApusNumerics

/// A number beside the loss that training reports for every epoch, averaged over the samples.
public struct TrainingMetric: Sendable {
  public let name: String
  /// Σ over the batch's samples, from outputs and targets.
  let total: @Sendable (_ outputs: Tensor, _ targets: Tensor) throws -> Double

  public init(_ name: String, total: @escaping @Sendable (_ outputs: Tensor, _ targets: Tensor) throws -> Double) {
    self.name = name
    self.total = total
  }

  /// The share of samples whose largest output is at the target class; for a single output, whether its sign (a logit)
  /// agrees with a target of 0 or 1.
  public static let accuracy = TrainingMetric("accuracy") { outputs, targets in
    let classes = outputs.shape.last ?? 1
    let chosen: Tensor
    if classes == 1 || outputs.rank < 2 {
      chosen = try outputs.detached().greater(than: Tensor.zeros([], dtype: outputs.dtype)).reshaped([-1])
    } else {
      chosen = try outputs.detached().reshaped([-1, classes]).argmax(-1)
    }
    let expected = try targets.detached().reshaped([-1]).converted(to: .int64)
    return try chosen.converted(to: .int64).equal(to: expected).converted(to: .float64).sum().item()
      * Double(outputs.shape.first ?? 0) / Double(max(expected.count, 1))
  }

  /// The mean absolute error.
  public static let meanAbsoluteError = TrainingMetric("mae") { outputs, targets in
    try (outputs.detached() - targets).absolute().mean().item() * Double(outputs.shape.first ?? 0)
  }

  /// The mean squared error.
  public static let meanSquaredError = TrainingMetric("mse") { outputs, targets in
    try Tensor.meanSquaredError(outputs.detached(), targets).item() * Double(outputs.shape.first ?? 0)
  }

  /// A metric by name, for callers outside Swift.
  public static func named(_ name: String) throws(ApusError) -> TrainingMetric {
    let all = [accuracy, meanAbsoluteError, meanSquaredError]
    guard let found = all.first(where: { $0.name == name }) else {
      throw .invalidArgument(
        name: "metrics", reason: "'\(name)' is none of \(all.map(\.name).joined(separator: ", "))")
    }
    return found
  }
}
