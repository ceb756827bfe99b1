import ApusAutograd
import ApusNumerics

/// A loss with its options: a module of two or more tensors.
public final class LossModule: Module, @unchecked Sendable {
  public typealias Function = @Sendable ([Tensor]) throws -> Tensor
  private let name: String
  private let function: Function
  private let inputCount: Int
  /// Set for the mean (or summed) squared error, which training loops fuse with the last layer.
  let squaredErrorReduction: Reduction?

  init(_ name: String, inputs: Int = 2, squaredErrorReduction: Reduction? = nil, _ function: @escaping Function) {
    self.name = name
    self.inputCount = inputs
    self.function = function
    self.squaredErrorReduction = squaredErrorReduction
  }

  /// The loss of `input` against `target`.
  public func callAsFunction(_ input: Tensor, _ target: Tensor) throws -> Tensor { try forwardAll([input, target])[0] }

  public override func forwardAll(_ inputs: [Tensor?]) throws -> [Tensor] {
    let given = inputs.compactMap { $0 }
    guard given.count == inputCount else {
      throw ApusError.invalidArgument(name: name, reason: "takes \(inputCount) tensors, got \(given.count)")
    }
    return [try function(given)]
  }

  public override var typeName: String { name }
}

/// Losses as modules, with PyTorch's names.
public func MSELoss(reduction: Reduction = .mean) -> LossModule {
  LossModule("MSELoss", squaredErrorReduction: reduction) {
    try Tensor.meanSquaredError($0[0], $0[1], reduction: reduction)
  }
}
public func L1Loss(reduction: Reduction = .mean) -> LossModule {
  LossModule("L1Loss") { try Losses.l1($0[0], $0[1], reduction: reduction) }
}
public func HuberLoss(delta: Double = 1, reduction: Reduction = .mean) -> LossModule {
  LossModule("HuberLoss") { try Losses.huber($0[0], $0[1], delta: delta, reduction: reduction) }
}
public func SmoothL1Loss(beta: Double = 1, reduction: Reduction = .mean) -> LossModule {
  LossModule("SmoothL1Loss") { try Losses.smoothL1($0[0], $0[1], beta: beta, reduction: reduction) }
}
public func CrossEntropyLoss(
  weight: Tensor? = nil, ignoreIndex: Int = -100, labelSmoothing: Double = 0, reduction: Reduction = .mean
) -> LossModule {
  LossModule("CrossEntropyLoss") {
    try Tensor.crossEntropy(
      $0[0], $0[1], weight: weight, ignoreIndex: ignoreIndex, reduction: reduction, labelSmoothing: labelSmoothing)
  }
}
public func NLLLoss(weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean) -> LossModule {
  LossModule("NLLLoss") {
    try Tensor.negativeLogLikelihood($0[0], $0[1], weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
  }
}
public func BCELoss(weight: Tensor? = nil, reduction: Reduction = .mean) -> LossModule {
  LossModule("BCELoss") { try Losses.binaryCrossEntropy($0[0], $0[1], weight: weight, reduction: reduction) }
}
public func BCEWithLogitsLoss(
  weight: Tensor? = nil, positiveWeight: Tensor? = nil, reduction: Reduction = .mean
) -> LossModule {
  LossModule("BCEWithLogitsLoss") {
    try Losses.binaryCrossEntropyWithLogits(
      $0[0], $0[1], weight: weight, positiveWeight: positiveWeight, reduction: reduction)
  }
}
public func KLDivLoss(reduction: Reduction = .mean, batchMean: Bool = false, logTarget: Bool = false) -> LossModule {
  LossModule("KLDivLoss") {
    try Losses.klDivergence($0[0], $0[1], reduction: reduction, batchMean: batchMean, logTarget: logTarget)
  }
}
