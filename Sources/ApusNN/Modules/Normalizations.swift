import ApusAutograd
import ApusNumerics

/// Normalisation over the last axes, with a learnable scale and shift.
public final class LayerNorm: Module, @unchecked Sendable {
  let normalizedShape: [Int]
  let eps: Double
  private let isAffine: Bool

  public init(
    _ normalizedShape: [Int], eps: Double = 1e-5, elementwiseAffine: Bool = true, bias: Bool = true,
    dtype: DType = .float32
  ) throws {
    self.normalizedShape = normalizedShape
    self.eps = eps
    isAffine = elementwiseAffine
    super.init()
    register(
      parameter: "weight", elementwiseAffine ? try Tensor.ones(normalizedShape, dtype: dtype).asParameter() : nil)
    register(
      parameter: "bias",
      elementwiseAffine && bias ? try Tensor.zeros(normalizedShape, dtype: dtype).asParameter() : nil)
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    try input.layerNorm(
      normalizedShape, weight: ownParameters[0].tensor, bias: ownParameters[1].tensor, eps: eps)
  }
  public override var details: String {
    "\(PythonText.tuple(normalizedShape)), eps=\(PythonText.number(eps)), elementwise_affine=\(PythonText.truth(isAffine))"
  }
}

/// Division by the root of the mean square over the last axes, with a learnable scale.
public final class RMSNorm: Module, @unchecked Sendable {
  let normalizedShape: [Int]
  let eps: Double?
  private let isAffine: Bool

  public init(
    _ normalizedShape: [Int], eps: Double? = nil, elementwiseAffine: Bool = true, dtype: DType = .float32
  ) throws {
    self.normalizedShape = normalizedShape
    self.eps = eps
    isAffine = elementwiseAffine
    super.init()
    register(
      parameter: "weight", elementwiseAffine ? try Tensor.ones(normalizedShape, dtype: dtype).asParameter() : nil)
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    try input.rmsNorm(normalizedShape, weight: ownParameters[0].tensor, eps: eps)
  }
  public override var details: String {
    "\(PythonText.tuple(normalizedShape)), eps=\(eps.map(PythonText.number) ?? "None"), "
      + "elementwise_affine=\(PythonText.truth(isAffine))"
  }
}

/// Normalisation over the channels of each group and all places.
public final class GroupNorm: Module, @unchecked Sendable {
  let groups: Int
  let channels: Int
  let eps: Double
  private let isAffine: Bool

  public init(_ groups: Int, _ channels: Int, eps: Double = 1e-5, affine: Bool = true, dtype: DType = .float32) throws {
    guard groups > 0, channels % groups == 0 else {
      throw ApusError.invalidArgument(name: "num_groups", reason: "\(groups) does not divide \(channels) channels")
    }
    self.groups = groups
    self.channels = channels
    self.eps = eps
    isAffine = affine
    super.init()
    register(parameter: "weight", affine ? try Tensor.ones([channels], dtype: dtype).asParameter() : nil)
    register(parameter: "bias", affine ? try Tensor.zeros([channels], dtype: dtype).asParameter() : nil)
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    try input.groupNorm(groups, weight: ownParameters[0].tensor, bias: ownParameters[1].tensor, eps: eps)
  }
  public override var details: String {
    "\(groups), \(channels), eps=\(PythonText.number(eps)), affine=\(PythonText.truth(isAffine))"
  }
}

/// Normalisation of every channel over the batch, with running statistics for evaluation.
public final class BatchNorm: Module, @unchecked Sendable {
  let features: Int
  let eps: Double
  let momentum: Double?
  private let dimensions: Int
  private let isAffine: Bool
  private let tracks: Bool

  /// - Parameters:
  ///   - dimensions: 1 for (N, C) and (N, C, L), 2 for (N, C, H, W).
  ///   - momentum: weight of a new batch in the running statistics; nil averages all batches.
  public init(
    _ features: Int, dimensions: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    trackRunningStats: Bool = true, dtype: DType = .float32
  ) throws {
    self.features = features
    self.dimensions = dimensions
    self.eps = eps
    self.momentum = momentum
    isAffine = affine
    tracks = trackRunningStats
    super.init()
    register(parameter: "weight", affine ? try Tensor.ones([features], dtype: dtype).asParameter() : nil)
    register(parameter: "bias", affine ? try Tensor.zeros([features], dtype: dtype).asParameter() : nil)
    register(buffer: "running_mean", tracks ? try Tensor.zeros([features], dtype: dtype) : nil)
    register(buffer: "running_var", tracks ? try Tensor.ones([features], dtype: dtype) : nil)
    register(buffer: "num_batches_tracked", tracks ? try Tensor.zeros([], dtype: .int64) : nil)
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    let ranks = dimensions == 1 ? 2...3 : 4...4
    guard ranks.contains(input.rank), input.shape[1] == features else {
      throw ApusError.shapeMismatch(
        name: typeName,
        reason: "got an input of shape \(input.shape), expected \(ranks) dimensions and \(features) channels")
    }
    var factor = momentum ?? 0
    if isTraining, let counter = ownBuffers[2].tensor {
      try withoutGrad { _ = try counter.modify { try $0 + 1 } }
      if momentum == nil { factor = 1 / (try counter.item()) }
    }
    let updates = isTraining || !tracks
    return try input.batchNorm(
      runningMean: ownBuffers[0].tensor, runningVariance: ownBuffers[1].tensor, weight: ownParameters[0].tensor,
      bias: ownParameters[1].tensor, isTraining: updates, momentum: factor, eps: eps)
  }

  public override var typeName: String { "BatchNorm\(dimensions)d" }
  public override var details: String {
    "\(features), eps=\(PythonText.number(eps)), momentum=\(momentum.map(PythonText.number) ?? "None"), "
      + "affine=\(PythonText.truth(isAffine)), track_running_stats=\(PythonText.truth(tracks))"
  }
}
