import ApusAutograd
import ApusNumerics

/// A chain of linear layers with fused activations, carried out as one operation in one block of memory.
///
/// Layer l computes y_l = f_l(y_{l−1} · W_lᵀ + b_l). Small chains run feature by feature on ``ChainKernels``; wide ones run on
/// BLAS with bias and activation fused into one pass.
final class ChainPlan {
  struct Layer {
    let linear: Linear
    let activation: ChainKernels.FusedActivation
  }

  let layers: [Layer]
  private let modules: [Module]
  let inFeatures: Int
  let outFeatures: Int
  /// The name of the last operation, for descriptions of graphs.
  let nodeName: String
  /// The largest number of features anywhere in the chain.
  let widest: Int

  /// Products per row up to which a chain runs feature by feature.
  private static let smallChainProducts = 4096
  private static let smallWidth = 64

  /// Nil when `modules` are anything but linear layers that fit together, each followed by at most one fusible activation.
  init?(_ modules: [Module]) {
    var layers: [Layer] = []
    var position = 0
    while position < modules.count {
      guard let linear = modules[position] as? Linear else { return nil }
      position += 1
      var activation = ChainKernels.FusedActivation.identity
      if position < modules.count, let module = modules[position] as? Activation {
        guard let fused = ChainKernels.FusedActivation(module.function) else { return nil }
        activation = fused
        position += 1
      }
      if let before = layers.last, before.linear.outFeatures != linear.inFeatures { return nil }
      layers.append(Layer(linear: linear, activation: activation))
    }
    guard layers.count >= 1, let first = layers.first, let last = layers.last else { return nil }
    guard layers.allSatisfy({ $0.linear.inFeatures > 0 && $0.linear.outFeatures > 0 }) else { return nil }
    self.layers = layers
    self.modules = modules
    inFeatures = first.linear.inFeatures
    outFeatures = last.linear.outFeatures
    widest = layers.map { Swift.max($0.linear.inFeatures, $0.linear.outFeatures) }.max() ?? 0
    switch last.activation {
    case .identity: nodeName = "AddmmBackward0"
    case .relu: nodeName = "ReluBackward0"
    case .sigmoid: nodeName = "SigmoidBackward0"
    case .tanh: nodeName = "TanhBackward0"
    }
  }

  /// Weights and biases in order, as they are now; nil when they are not plain contiguous leaves of `dtype`, or a module
  /// has hooks, which see every result.
  func parameters(_ dtype: DType) -> [(weight: Tensor, bias: Tensor?)]? {
    for module in modules where module.hasForwardHooks { return nil }
    var result: [(weight: Tensor, bias: Tensor?)] = []
    result.reserveCapacity(layers.count)
    for layer in layers {
      let (weight, bias) = (layer.linear.weight, layer.linear.bias)
      guard weight.dtype == dtype, weight.array.isContiguous, weight.rank == 2,
        weight.array.shape[0] == layer.linear.outFeatures, weight.array.shape[1] == layer.linear.inFeatures
      else { return nil }
      if let bias {
        guard bias.dtype == dtype, bias.array.isContiguous, bias.count == layer.linear.outFeatures else { return nil }
      }
      result.append((weight, bias))
    }
    return result
  }

  func isSmall(rows: Int) -> Bool { widest <= Self.smallWidth && products <= Self.smallChainProducts }

  private var products: Int { layers.reduce(0) { $0 + $1.linear.inFeatures * $1.linear.outFeatures } }
}
