import ApusNumerics

/// What a loss makes of the losses of its elements.
public enum Reduction: String, Sendable {
  case none, mean, sum
}

extension Tensor {
  /// A loss tensor reduced as asked.
  public func reduced(_ reduction: Reduction) throws -> Tensor {
    switch reduction {
    case .none: return self
    case .mean: return try mean()
    case .sum: return try sum()
    }
  }

  /// (x − y)², averaged, summed or as it is: `mse_loss`.
  public static func meanSquaredError(_ input: Tensor, _ target: Tensor, reduction: Reduction = .mean) throws -> Tensor
  {
    let (x, y) = try promoted(input, target)
    guard reduction != .none, x.shape == y.shape, x.isFloatingPoint else {
      return try (x - y).apply(.square).reduced(reduction)
    }
    let (a, b) = (try x.array.packed(), try y.array.packed())
    let sum =
      x.dtype == .float32
      ? LossKernels.squaredErrorSum(a.raw(Float.self), b.raw(Float.self), count: a.count)
      : LossKernels.squaredErrorSum(a.raw(Double.self), b.raw(Double.self), count: a.count)
    let divisor = reduction == .mean ? Double(a.count) : 1
    let result = try full([], sum / divisor, dtype: x.dtype)
    guard shouldRecord([x, y]) else { return result }
    let (savedX, savedY) = (SavedTensor(x), SavedTensor(y))
    return result.recorded("MseLossBackward0", [x, y]) { call in
      let (x, y) = (try savedX.unpacked(for: call), try savedY.unpacked(for: call))
      if GradMode.isEnabled {
        let g = try (x - y) * (call.gradient * (2 / divisor))
        return [g, try -g]
      }
      let scale = try call.gradient.item() * 2 / divisor
      func gradient(_ scale: Double) throws -> Tensor {
        let (a, b) = (try x.array.packed(), try y.array.packed())
        let out = try TensorMemory.array(x.shape, x.dtype)
        if x.dtype == .float32 {
          LossKernels.scaledDifference(
            a.raw(Float.self), b.raw(Float.self), out.raw(Float.self), scale: Float(scale), count: a.count)
        } else {
          LossKernels.scaledDifference(
            a.raw(Double.self), b.raw(Double.self), out.raw(Double.self), scale: scale, count: a.count)
        }
        return Tensor(out)
      }
      return [call.needs(0) ? try gradient(scale) : nil, call.needs(1) ? try gradient(-scale) : nil]
    }
  }

  /// −w[t] · x[t] for log-probabilities x (N, C, …) and classes t (N, …): `nll_loss`.
  ///
  /// The mean is weighted: Σ losses / Σ w of the rows that count. A batch in which every row is ignored gives 0.
  public static func negativeLogLikelihood(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean
  ) throws -> Tensor {
    guard input.isFloatingPoint else { throw FloatDispatch.refusal("nll_loss", input.dtype) }
    guard input.rank >= 1 else { throw ApusError.shapeMismatch(name: "nll_loss", reason: "input has no classes") }
    let classAxis = input.rank == 1 ? 0 : 1
    var expected = input.shape
    let classes = expected.remove(at: classAxis)
    guard target.shape == expected else {
      throw ApusError.shapeMismatch(
        name: "target", reason: "has shape \(target.shape), an input of shape \(input.shape) needs \(expected)")
    }
    if input.rank > 2 {
      let order = [0] + Array(2..<input.rank) + [1]
      let rows = try input.permuted(order).reshaped([-1, classes])
      return try negativeLogLikelihood(
        rows, target.reshaped([-1]), weight: weight, ignoreIndex: ignoreIndex, reduction: reduction
      ).reshaped(reduction == .none ? expected : [])
    }
    let targets = try checkedTargets(target, classes: classes, ignoreIndex: ignoreIndex)
    if let weight, weight.shape != [classes] || weight.dtype != input.dtype {
      throw ApusError.shapeMismatch(
        name: "weight", reason: "is \(weight.dtype.name)\(weight.shape), needs \(input.dtype.name)[\(classes)]")
    }
    let rows = input.rank == 1 ? 1 : input.shape[0]
    let weights = try weight?.array.packed()
    let source = try input.array.packed()
    let losses = reduction == .none ? try TensorMemory.array(expected, input.dtype) : nil
    let ignored = Int64(ignoreIndex)
    let total: (sum: Double, weight: Double)
    if input.dtype == .float32 {
      total = LossKernels.negativeLogLikelihood(
        source.raw(Float.self), targets.raw(Int64.self), weights.map { UnsafePointer($0.raw(Float.self)) },
        ignoring: ignored, losses: losses?.raw(Float.self), rows: rows, classes: classes)
    } else {
      total = LossKernels.negativeLogLikelihood(
        source.raw(Double.self), targets.raw(Int64.self), weights.map { UnsafePointer($0.raw(Double.self)) },
        ignoring: ignored, losses: losses?.raw(Double.self), rows: rows, classes: classes)
    }
    let divisor = reduction == .mean ? total.weight : 1
    let result =
      try losses.map { Tensor($0) } ?? full([], divisor == 0 ? 0 : total.sum / divisor, dtype: input.dtype)
    let shape = input.shape
    return result.recorded("NllLossBackward0", [input]) { call in
      guard divisor != 0 else { return [try Tensor.zeros(shape, dtype: call.gradient.dtype)] }
      if GradMode.isEnabled {
        return [
          try likelihoodGradient(
            call.gradient, Tensor(targets), weight, rows: rows, classes: classes, ignoreIndex: ignoreIndex,
            divisor: divisor, shape: shape)
        ]
      }
      let g = try call.gradient.array.packed()
      let out = try TensorMemory.array(shape, g.dtype)
      let step = reduction == .none ? 1 : 0
      if g.dtype == .float32 {
        LossKernels.negativeLogLikelihoodGradient(
          out.raw(Float.self), targets.raw(Int64.self), weights.map { UnsafePointer($0.raw(Float.self)) },
          ignoring: ignored, scale: g.raw(Float.self), step: step, factor: Float(1 / divisor), rows: rows,
          classes: classes)
      } else {
        LossKernels.negativeLogLikelihoodGradient(
          out.raw(Double.self), targets.raw(Int64.self), weights.map { UnsafePointer($0.raw(Double.self)) },
          ignoring: ignored, scale: g.raw(Double.self), step: step, factor: 1 / divisor, rows: rows, classes: classes)
      }
      return [Tensor(out)]
    }
  }

  /// Classes as int64, all in 0..<classes or equal to `ignoreIndex`.
  static func checkedTargets(_ target: Tensor, classes: Int, ignoreIndex: Int) throws -> NDArray {
    guard !target.isFloatingPoint, target.dtype != .bool else {
      throw ApusError.unsupportedType(name: "target", reason: "classes must be integers, got \(target.dtype.name)")
    }
    let targets = try Casting.cast(target.array, to: .int64)
    let values = targets.raw(Int64.self)
    for i in 0..<targets.count where values[i] != Int64(ignoreIndex) {
      guard values[i] >= 0, values[i] < Int64(classes) else {
        throw ApusError.invalidArgument(
          name: "target", reason: "\(values[i]) at index \(i) is out of range for \(classes) classes")
      }
    }
    return targets
  }

  /// The gradient of the likelihood in terms of tensor operations.
  private static func likelihoodGradient(
    _ gradient: Tensor, _ targets: Tensor, _ weight: Tensor?, rows: Int, classes: Int, ignoreIndex: Int,
    divisor: Double, shape: [Int]
  ) throws -> Tensor {
    let kept = try targets.reshaped([rows]).compared(.notEqual, Double(ignoreIndex))
    let safe = try Tensor.select(kept, targets.reshaped([rows]), zeros([rows], dtype: .int64))
    var factors = try kept.converted(to: gradient.dtype) * (-1 / divisor)
    if let weight { factors = try factors * weight.detached().indexSelect(dim: 0, safe) }
    let scaled = try (factors * (gradient.count == 1 ? gradient.reshaped([1]) : gradient.reshaped([rows]))).unsqueezed(
      1)
    return try zeros([rows, classes], dtype: gradient.dtype).scatterAdding(dim: 1, safe.unsqueezed(1), scaled)
      .reshaped(shape)
  }

  /// Cross-entropy of logits x (N, C, …) against classes (N, …) or class probabilities (N, C, …).
  ///
  /// - Parameters:
  ///   - weight: (C,) weights of the classes.
  ///   - ignoreIndex: class of targets that do not count; only with class targets.
  ///   - labelSmoothing: ε in [0, 1]: targets become (1 − ε) · target + ε / C.
  public static func crossEntropy(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean,
    labelSmoothing: Double = 0
  ) throws -> Tensor {
    guard (0...1).contains(labelSmoothing) else {
      throw ApusError.invalidArgument(name: "label_smoothing", reason: "\(labelSmoothing) is not in [0, 1]")
    }
    guard input.rank >= 1, input.isFloatingPoint else { throw FloatDispatch.refusal("cross_entropy", input.dtype) }
    let classAxis = input.rank == 1 ? 0 : 1
    let classes = input.shape[classAxis]
    let logProbabilities = try input.logSoftmax(classAxis)
    if target.isFloatingPoint {
      return try softCrossEntropy(
        logProbabilities, target, weight: weight, classAxis: classAxis, reduction: reduction, smoothing: labelSmoothing)
    }
    let hard = try negativeLogLikelihood(
      logProbabilities, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
    if labelSmoothing == 0 { return hard }
    let kept = try target.compared(.notEqual, Double(ignoreIndex))
    var negative = try -logProbabilities
    if let weight { negative = try negative * weight.classwise(axis: classAxis, rank: input.rank) }
    let smooth = try negative.sum([classAxis]).maskedFill(kept.compared(.equal, 0), 0)
    let share = labelSmoothing / Double(classes)
    let uniform: Tensor
    switch reduction {
    case .none: uniform = smooth
    case .sum: uniform = try smooth.sum()
    case .mean:
      var count = try kept.converted(to: input.dtype)
      if let weight {
        let safe = try Tensor.select(kept, target.converted(to: .int64), zeros(target.shape, dtype: .int64))
        count = try count * weight.detached().indexSelect(dim: 0, safe)
      }
      let total = try count.sum()
      uniform = try total.item() == 0 ? smooth.sum() : smooth.sum() / total
    }
    return try hard * (1 - labelSmoothing) + uniform * share
  }

  private static func softCrossEntropy(
    _ logProbabilities: Tensor, _ target: Tensor, weight: Tensor?, classAxis: Int, reduction: Reduction,
    smoothing: Double
  ) throws -> Tensor {
    guard target.shape == logProbabilities.shape else {
      throw ApusError.shapeMismatch(
        name: "target",
        reason: "probabilities have shape \(target.shape), logits have \(logProbabilities.shape); classes are integers")
    }
    let classes = Double(logProbabilities.shape[classAxis])
    let soft = smoothing == 0 ? target : try target * (1 - smoothing) + smoothing / classes
    var products = try soft * logProbabilities
    if let weight { products = try products * weight.classwise(axis: classAxis, rank: products.rank) }
    let losses = try -products.sum([classAxis])
    guard reduction == .mean else { return try losses.reduced(reduction) }
    return try losses.sum() / Double(Swift.max(losses.count, 1))
  }

  /// One number per class, shaped to broadcast along `axis`.
  private func classwise(axis: Int, rank: Int) throws -> Tensor {
    var shape = [Int](repeating: 1, count: rank)
    shape[axis] = count
    return try reshaped(shape)
  }
}
