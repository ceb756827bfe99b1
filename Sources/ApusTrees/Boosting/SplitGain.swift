/// Regularised gains and values of leaves. Chen, Guestrin 2016, "XGBoost", doi:10.1145/2939672.2939785, equations 5–7.
struct SplitGain: BitwiseCopyable, Sendable {
  /// L1 and L2 penalties on leaf values.
  var l1 = 0.0
  var l2 = 0.0

  /// The gradient after soft-thresholding by the L1 penalty.
  @inline(__always) func shrunk(_ gradient: Double) -> Double {
    if l1 == 0 { return gradient }
    return gradient > l1 ? gradient - l1 : (gradient < -l1 ? gradient + l1 : 0)
  }

  /// The value that minimises the penalised loss: `−T(G) / (H + λ)`.
  @inline(__always) func value(_ gradient: Double, _ hessian: Double) -> Double {
    let denominator = hessian + l2
    return denominator > 0 ? -shrunk(gradient) / denominator : 0
  }

  /// Twice the loss that the best value saves: `T(G)² / (H + λ)`.
  @inline(__always) func saving(_ gradient: Double, _ hessian: Double) -> Double {
    let g = shrunk(gradient)
    let denominator = hessian + l2
    return denominator > 0 ? g * g / denominator : 0
  }

  /// Twice the loss that a given value saves.
  @inline(__always) func saving(_ gradient: Double, _ hessian: Double, value: Double) -> Double {
    -(2 * gradient * value + 2 * l1 * abs(value) + (hessian + l2) * value * value)
  }
}
