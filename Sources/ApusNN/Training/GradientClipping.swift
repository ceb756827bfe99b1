import ApusAutograd
import ApusNumerics
import RealModule

/// Limits on gradients between backward pass and optimiser step.
public enum GradientClipping {
  /// Scales all gradients so that their joint norm ‖g‖_p is at most `maximum`: factor min(1, maximum / (‖g‖ + 1e−6)).
  ///
  /// - Returns: the norm before.
  @discardableResult
  public static func norm(_ parameters: [Tensor], maximum: Double, p: Double = 2) throws -> Double {
    guard maximum >= 0 else {
      throw ApusError.invalidArgument(name: "max_norm", reason: "\(maximum) is not at least 0")
    }
    let gradients = parameters.compactMap(\.grad)
    guard !gradients.isEmpty else { return 0 }
    return try withoutGrad {
      let norms = try gradients.map { try $0.norm(p).item() }
      let total =
        p == .infinity
        ? norms.max() ?? 0 : Double.pow(norms.reduce(0) { $0 + Double.pow($1, p) }, 1 / p)
      let factor = maximum / (total + 1e-6)
      // NaN and infinity are passed on, as PyTorch does: the loss check of a training loop reports them.
      if !(factor >= 1) { for gradient in gradients { try gradient.modify { try $0 * factor } } }
      return total
    }
  }

  /// Limits every element to [−maximum, maximum].
  public static func value(_ parameters: [Tensor], maximum: Double) throws {
    guard maximum >= 0 else {
      throw ApusError.invalidArgument(name: "clip_value", reason: "\(maximum) is not at least 0")
    }
    try withoutGrad {
      for gradient in parameters.compactMap(\.grad) {
        try gradient.modify { try $0.clamped(minimum: -maximum, maximum: maximum) }
      }
    }
  }
}
