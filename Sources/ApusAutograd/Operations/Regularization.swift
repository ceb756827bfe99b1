import ApusNumerics

extension Tensor {
  /// Zeros with probability `p`, other elements scaled by 1/(1 − p), with PyTorch's masks.
  ///
  /// - Parameter channelAxes: number of leading axes that share one decision each; nil decides every element.
  public func dropout(_ p: Double, channelAxes: Int? = nil, generator: Generator = .default) throws -> Tensor {
    guard (0...1).contains(p) else { throw ApusError.invalidArgument(name: "p", reason: "\(p) is not in [0, 1]") }
    guard isFloatingPoint else { throw FloatDispatch.refusal("dropout", dtype) }
    if p == 0 { return self }
    let maskShape = channelAxes.map { axes in shape.enumerated().map { $0.offset < axes ? $0.element : 1 } } ?? shape
    let mask = try TensorMemory.array(maskShape, dtype)
    try generator.fillDropoutFactors(mask.data, dtype: dtype, count: mask.count, probability: p)
    return try self * Tensor(mask)
  }

  /// (x − mean) / √(variance + eps) over the last axes of shape `normalizedShape`, then scaled and shifted.
  public func layerNorm(
    _ normalizedShape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) throws -> Tensor {
    guard rank >= normalizedShape.count, Array(shape.suffix(normalizedShape.count)) == normalizedShape,
      !normalizedShape.isEmpty
    else {
      throw ApusError.shapeMismatch(
        name: "layer_norm", reason: "input of shape \(shape) does not end in \(normalizedShape)")
    }
    return try normalized(Array(rank - normalizedShape.count..<rank), eps: eps).scaled(weight, bias)
  }

  /// x / √(mean of squares + eps) over the last axes, then scaled.
  public func rmsNorm(_ normalizedShape: [Int], weight: Tensor? = nil, eps: Double? = nil) throws -> Tensor {
    guard rank >= normalizedShape.count, Array(shape.suffix(normalizedShape.count)) == normalizedShape,
      !normalizedShape.isEmpty
    else {
      throw ApusError.shapeMismatch(
        name: "rms_norm", reason: "input of shape \(shape) does not end in \(normalizedShape)")
    }
    let axes = Array(rank - normalizedShape.count..<rank)
    let eps = eps ?? (dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne)
    let scale = try (apply(.square).mean(axes, keepDims: true) + eps).apply(.reciprocalSquareRoot)
    return try (self * scale).scaled(weight, nil)
  }

  /// (x − mean) / √(variance + eps) over the channels of each of `groups` groups and all places; x (N, C, …).
  public func groupNorm(_ groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5) throws -> Tensor
  {
    guard rank >= 2, groups > 0, shape[1] % groups == 0 else {
      throw ApusError.shapeMismatch(
        name: "group_norm", reason: "\(groups) groups do not divide the channels of shape \(shape)")
    }
    let grouped = try reshaped([shape[0], groups, -1]).normalized([2], eps: eps).reshaped(shape)
    return try grouped.scaled(weight?.channelwise(rank), bias?.channelwise(rank))
  }

  /// Batch normalisation over all axes but the channels (axis 1). Running statistics, where given, are updated in place
  /// while training and used otherwise.
  public func batchNorm(
    runningMean: Tensor?, runningVariance: Tensor?, weight: Tensor? = nil, bias: Tensor? = nil, isTraining: Bool,
    momentum: Double = 0.1, eps: Double = 1e-5
  ) throws -> Tensor {
    guard rank >= 2 else { throw ApusError.shapeMismatch(name: "batch_norm", reason: "shape \(shape) has no channels") }
    let axes = [0] + Array(2..<rank)
    let n = axes.map { shape[$0] }.reduce(1, *)
    let (scale, shift) = (try weight?.channelwise(rank), try bias?.channelwise(rank))
    if !isTraining, let runningMean, let runningVariance {
      let deviation = try (runningVariance.channelwise(rank) + eps).apply(.reciprocalSquareRoot)
      return try ((self - runningMean.channelwise(rank)) * deviation).scaled(scale, shift)
    }
    guard n > 1 || !isTraining else {
      throw ApusError.shapeMismatch(
        name: "batch_norm", reason: "more than 1 value per channel is needed when training, got shape \(shape)")
    }
    let mean = try mean(axes, keepDims: true)
    let centred = try self - mean
    let variance = try centred.apply(.square).mean(axes, keepDims: true)
    if let runningMean, let runningVariance {
      try withoutGrad {
        let channels = [shape[1]]
        let unbiased = try variance.detached().reshaped(channels) * (Double(n) / Double(Swift.max(n - 1, 1)))
        try runningMean.modify { try $0 * (1 - momentum) + mean.detached().reshaped(channels) * momentum }
        try runningVariance.modify { try $0 * (1 - momentum) + unbiased * momentum }
      }
    }
    return try (centred * (variance + eps).apply(.reciprocalSquareRoot)).scaled(scale, shift)
  }

  private func normalized(_ axes: [Int], eps: Double) throws -> Tensor {
    let centred = try self - mean(axes, keepDims: true)
    let variance = try centred.apply(.square).mean(axes, keepDims: true)
    return try centred * (variance + eps).apply(.reciprocalSquareRoot)
  }

  private func scaled(_ weight: Tensor?, _ bias: Tensor?) throws -> Tensor {
    var result = self
    if let weight { result = try result * weight }
    if let bias { result = try result + bias }
    return result
  }

  /// A tensor of one number per channel, shaped to broadcast along axis 1 of `rank` axes.
  private func channelwise(_ rank: Int) throws -> Tensor {
    try reshaped([1, count] + Array(repeating: 1, count: rank - 2))
  }

  /// x / max(‖x‖_p, eps) along an axis.
  public func normalizedLength(_ p: Double = 2, dim: Int = 1, eps: Double = 1e-12) throws -> Tensor {
    try self / norm(p, [dim], keepDims: true).clamped(minimum: eps)
  }

  /// x₁ · x₂ / (‖x₁‖ ‖x₂‖) along an axis.
  public func cosineSimilarity(_ other: Tensor, dim: Int = 1, eps: Double = 1e-8) throws -> Tensor {
    let (a, b) = (try norm(2, [dim], keepDims: true), try other.norm(2, [dim], keepDims: true))
    return try ((self / a.clamped(minimum: eps)) * (other / b.clamped(minimum: eps))).sum([dim])
  }
}
