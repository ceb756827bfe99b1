import ApusAutograd
import ApusNumerics

/// A loss with its options: a module of two or more tensors.
public final class LossModule: Module, @unchecked Sendable {
  public typealias Function = @Sendable ([Tensor], Reduction) throws -> Tensor
  /// What a mean divides the sum of the losses by.
  public typealias Weight = @Sendable ([Tensor]) throws -> Double
  private let name: String
  private let function: Function
  private let inputCount: Int
  private let weight: Weight
  /// How the losses of the elements are put together.
  public let reduction: Reduction
  /// True for the squared error, which training loops fuse with the last layer.
  let isSquaredError: Bool

  /// A loss of the caller's own.
  ///
  /// - Parameters:
  ///   - weight: the divisor of the mean; by default the number of losses `function` gives without reduction.
  ///   - function: the loss of the inputs, reduced as asked.
  public init(
    _ name: String, inputs: Int = 2, reduction: Reduction = .mean, weight: Weight? = nil, _ function: @escaping Function
  ) {
    self.name = name
    self.inputCount = inputs
    self.reduction = reduction
    self.function = function
    self.weight = weight ?? { inputs in try withoutGrad { Double(try function(inputs, .none).count) } }
    isSquaredError = false
  }

  /// A loss whose mean is over all elements of the first input.
  init(elementwise name: String, reduction: Reduction, isSquaredError: Bool = false, _ function: @escaping Function) {
    self.name = name
    self.inputCount = 2
    self.reduction = reduction
    self.function = function
    self.weight = { Double($0[0].count) }
    self.isSquaredError = isSquaredError
  }

  /// The loss of `input` against `target`.
  public func callAsFunction(_ input: Tensor, _ target: Tensor) throws -> Tensor { try forwardAll([input, target])[0] }

  public override func forwardAll(_ inputs: [Tensor?]) throws -> [Tensor] {
    [try function(try checked(inputs), reduction)]
  }

  /// The sum of the losses and what a mean divides it by (1 for summed losses): batches put together as
  /// Σ sums / Σ weights have the loss and gradient of one large batch, however their weights differ.
  public func sum(_ inputs: [Tensor?]) throws -> (sum: Tensor, weight: Double) {
    let given = try checked(inputs)
    return (try function(given, .sum), reduction == .mean ? try weight(given) : 1)
  }

  /// What a mean divides by.
  func divisor(_ inputs: [Tensor?]) throws -> Double { reduction == .mean ? try weight(try checked(inputs)) : 1 }

  private func checked(_ inputs: [Tensor?]) throws -> [Tensor] {
    let given = inputs.compactMap { $0 }
    guard given.count == inputCount else {
      throw ApusError.invalidArgument(name: name, reason: "takes \(inputCount) tensors, got \(given.count)")
    }
    return given
  }

  public override var typeName: String { name }
}

/// Losses as modules, with PyTorch's names.
public func MSELoss(reduction: Reduction = .mean) -> LossModule {
  LossModule(elementwise: "MSELoss", reduction: reduction, isSquaredError: true) {
    try Tensor.meanSquaredError($0[0], $0[1], reduction: $1)
  }
}
public func L1Loss(reduction: Reduction = .mean) -> LossModule {
  LossModule(elementwise: "L1Loss", reduction: reduction) { try Losses.l1($0[0], $0[1], reduction: $1) }
}
public func HuberLoss(delta: Double = 1, reduction: Reduction = .mean) -> LossModule {
  LossModule(elementwise: "HuberLoss", reduction: reduction) {
    try Losses.huber($0[0], $0[1], delta: delta, reduction: $1)
  }
}
public func SmoothL1Loss(beta: Double = 1, reduction: Reduction = .mean) -> LossModule {
  LossModule(elementwise: "SmoothL1Loss", reduction: reduction) {
    try Losses.smoothL1($0[0], $0[1], beta: beta, reduction: $1)
  }
}
public func CrossEntropyLoss(
  weight: Tensor? = nil, ignoreIndex: Int = -100, labelSmoothing: Double = 0, reduction: Reduction = .mean
) -> LossModule {
  LossModule(
    "CrossEntropyLoss", reduction: reduction, weight: ClassWeights.total(weight, ignoreIndex: ignoreIndex)
  ) {
    try Tensor.crossEntropy(
      $0[0], $0[1], weight: weight, ignoreIndex: ignoreIndex, reduction: $1, labelSmoothing: labelSmoothing)
  }
}
public func NLLLoss(weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean) -> LossModule {
  LossModule("NLLLoss", reduction: reduction, weight: ClassWeights.total(weight, ignoreIndex: ignoreIndex)) {
    try Tensor.negativeLogLikelihood($0[0], $0[1], weight: weight, ignoreIndex: ignoreIndex, reduction: $1)
  }
}
public func BCELoss(weight: Tensor? = nil, reduction: Reduction = .mean) -> LossModule {
  LossModule(elementwise: "BCELoss", reduction: reduction) {
    try Losses.binaryCrossEntropy($0[0], $0[1], weight: weight, reduction: $1)
  }
}
public func BCEWithLogitsLoss(
  weight: Tensor? = nil, positiveWeight: Tensor? = nil, reduction: Reduction = .mean
) -> LossModule {
  LossModule(elementwise: "BCEWithLogitsLoss", reduction: reduction) {
    try Losses.binaryCrossEntropyWithLogits(
      $0[0], $0[1], weight: weight, positiveWeight: positiveWeight, reduction: $1)
  }
}
public func KLDivLoss(reduction: Reduction = .mean, batchMean: Bool = false, logTarget: Bool = false) -> LossModule {
  if batchMean {
    return LossModule("KLDivLoss", weight: { Double(max($0[0].shape.first ?? 1, 1)) }) {
      try Losses.klDivergence($0[0], $0[1], reduction: $1, batchMean: $1 == .mean, logTarget: logTarget)
    }
  }
  return LossModule(elementwise: "KLDivLoss", reduction: reduction) {
    try Losses.klDivergence($0[0], $0[1], reduction: $1, logTarget: logTarget)
  }
}
public func HingeEmbeddingLoss(margin: Double = 1, reduction: Reduction = .mean) -> LossModule {
  LossModule(elementwise: "HingeEmbeddingLoss", reduction: reduction) {
    try Losses.hingeEmbedding($0[0], $0[1], margin: margin, reduction: $1)
  }
}
public func CosineEmbeddingLoss(margin: Double = 0, reduction: Reduction = .mean) -> LossModule {
  LossModule("CosineEmbeddingLoss", inputs: 3, reduction: reduction) {
    try Losses.cosineEmbedding($0[0], $0[1], $0[2], margin: margin, reduction: $1)
  }
}
public func MarginRankingLoss(margin: Double = 0, reduction: Reduction = .mean) -> LossModule {
  LossModule("MarginRankingLoss", inputs: 3, reduction: reduction) {
    try Losses.marginRanking($0[0], $0[1], $0[2], margin: margin, reduction: $1)
  }
}
public func TripletMarginLoss(margin: Double = 1, p: Double = 2, reduction: Reduction = .mean) -> LossModule {
  LossModule("TripletMarginLoss", inputs: 3, reduction: reduction) {
    try Losses.tripletMargin($0[0], $0[1], $0[2], margin: margin, p: p, reduction: $1)
  }
}
/// Inputs: log-probabilities, targets, input lengths and target lengths (int64).
public func CTCLoss(blank: Int = 0, reduction: Reduction = .mean, zeroInfinity: Bool = false) -> LossModule {
  LossModule("CTCLoss", inputs: 4, reduction: reduction) {
    try Losses.temporalClassification(
      $0[0], $0[1], inputLengths: $0[2].elements(as: Int64.self).map { Int($0) },
      targetLengths: $0[3].elements(as: Int64.self).map { Int($0) }, blank: blank, reduction: $1,
      zeroInfinity: zeroInfinity)
  }
}
/// Inputs: logits (batch, length, vocabulary), tokens and mask (batch, length); see ``Losses/maskedToken(_:_:mask:normalization:)``.
public func MaskedTokenLoss(normalization: Losses.TokenNormalization = .batch) -> LossModule {
  LossModule(
    "MaskedTokenLoss", inputs: 3,
    weight: { inputs in
      normalization == .batch
        ? Double(max(inputs[0].shape.first ?? 1, 1)) : try inputs[2].converted(to: .float64).sum().item()
    }
  ) { inputs, reduction in
    guard reduction == .sum else {
      return try Losses.maskedToken(inputs[0], inputs[1], mask: inputs[2], normalization: normalization)
    }
    let perSequence = try Losses.maskedToken(inputs[0], inputs[1], mask: inputs[2], normalization: .batch)
    return try perSequence * Double(max(inputs[0].shape.first ?? 1, 1))
  }
}

/// The divisor of weighted means over class targets.
private enum ClassWeights {
  static func total(_ weight: Tensor?, ignoreIndex: Int) -> LossModule.Weight {
    { inputs in
      if inputs[1].isFloatingPoint {
        return Double(inputs[1].count / max(inputs[0].shape[inputs[0].rank == 1 ? 0 : 1], 1))
      }
      let targets = try inputs[1].detached().converted(to: .int64).elements(as: Int64.self)
      guard let weight else { return targets.reduce(0) { $0 + ($1 == Int64(ignoreIndex) ? 0 : 1) } }
      let weights = try weight.detached().converted(to: .float64).elements(as: Double.self)
      return targets.reduce(0) { sum, target in
        weights.indices.contains(Int(target)) && target != Int64(ignoreIndex) ? sum + weights[Int(target)] : sum
      }
    }
  }
}
