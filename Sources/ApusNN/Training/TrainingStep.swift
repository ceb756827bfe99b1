import ApusAutograd
import ApusNumerics

/// What one batch does to a model, with the sums of an epoch. Subclasses differ in how the gradients come about.
class TrainingStep {
  fileprivate let trainer: Trainer
  fileprivate let loader: DataLoader
  fileprivate let options: TrainingOptions
  fileprivate let parameters: [Tensor]
  /// Σ losses, Σ weights and samples of the epoch so far.
  fileprivate(set) var total = 0.0
  fileprivate(set) var weight = 0.0
  fileprivate(set) var samples = 0
  fileprivate(set) var metricTotals: [Double]

  fileprivate init(_ trainer: Trainer, _ loader: DataLoader, _ options: TrainingOptions) {
    self.trainer = trainer
    self.loader = loader
    self.options = options
    parameters = trainer.optimizer.groups.flatMap(\.parameters)
    metricTotals = options.metrics.map { _ in 0 }
  }

  /// The fastest step that these modules, this loss and this data allow.
  static func make(_ trainer: Trainer, _ loader: DataLoader, _ options: TrainingOptions) throws -> TrainingStep {
    let features = loader.dataset.tensors[0]
    if features.dtype == .float32, let fused = try FusedChainStep<Float>(fusing: trainer, loader, options) {
      return fused
    }
    if features.dtype == .float64, let fused = try FusedChainStep<Double>(fusing: trainer, loader, options) {
      return fused
    }
    return GraphStep(trainer, loader, options)
  }

  func beginEpoch() throws {
    (total, weight, samples) = (0, 0, 0)
    for index in metricTotals.indices { metricTotals[index] = 0 }
  }

  /// Trains on batch `index`; false when its loss is not finite, in which case no parameter changes.
  func run(_ index: Int, _ order: Tensor?) throws -> Bool { false }

  fileprivate func clipAndStep() throws {
    if let maximum = options.clipValue { try GradientClipping.value(parameters, maximum: maximum) }
    if let maximum = options.clipNorm { try GradientClipping.norm(parameters, maximum: maximum) }
    try trainer.optimizer.step()
  }
}

/// Any module and loss, through the graph.
private final class GraphStep: TrainingStep {
  private var pendingBatches = 0
  private var pendingWeight = 0.0

  override func beginEpoch() throws {
    try super.beginEpoch()
    (pendingBatches, pendingWeight) = (0, 0)
    try trainer.optimizer.zeroGrad()
  }

  override func run(_ index: Int, _ order: Tensor?) throws -> Bool {
    let batch = try loader.batch(index, order: order)
    return try GradMode.with(enabled: true) {
      let outputs = try trainer.module.forward(batch[0])
      guard try add(outputs, batch[1]) else { return false }
      samples += outputs.shape.first ?? 0
      for (position, metric) in options.metrics.enumerated() {
        metricTotals[position] += try withoutGrad { try metric.total(outputs, batch[1]) }
      }
      if pendingBatches == options.accumulationSteps || index == loader.batchCount - 1 { try finish() }
      return true
    }
  }

  /// Adds the gradients of one batch; false when its loss is not finite.
  private func add(_ outputs: Tensor, _ targets: Tensor) throws -> Bool {
    let inputs = [outputs, targets]
    if options.accumulationSteps == 1 {
      let value = try trainer.loss.forwardAll(inputs)[0]
      let number = try value.item()
      guard number.isFinite else { return false }
      let share = try withoutGrad { try trainer.loss.divisor(inputs) }
      total += number * share
      weight += share
      try value.backward()
      pendingWeight = 1
    } else {
      let part = try trainer.loss.sum(inputs)
      let number = try part.sum.item()
      guard number.isFinite else { return false }
      total += number
      weight += part.weight
      try part.sum.backward()
      pendingWeight = trainer.loss.reduction == .mean ? pendingWeight + part.weight : 1
    }
    pendingBatches += 1
    return true
  }

  private func finish() throws {
    if pendingWeight != 1, pendingWeight != 0 {
      try withoutGrad {
        for gradient in parameters.compactMap(\.grad) { try gradient.modify { try $0 / self.pendingWeight } }
      }
    }
    try clipAndStep()
    try trainer.optimizer.zeroGrad()
    (pendingBatches, pendingWeight) = (0, 0)
  }
}

/// A chain of linear layers under the squared error: forward pass, loss, gradients and update without a graph, in memory that
/// is allocated once.
private final class FusedChainStep<T: TensorFloat>: TrainingStep {
  private let plan: ChainPlan
  private let weights: [(weight: Tensor, bias: Tensor?)]
  private let chain: ChainRun<T>
  private let gradients: ChainRun<T>.Gradients
  private let features: NDArray
  private let targets: NDArray
  private let output: NDArray
  private let delta: NDArray
  private let isMean: Bool

  /// Nil where the general step is needed: other modules or losses, batches of different sizes, accumulation.
  init?(fusing trainer: Trainer, _ loader: DataLoader, _ options: TrainingOptions) throws {
    let data = loader.dataset
    guard let sequential = trainer.module as? Sequential, let plan = ChainPlanCache().current(sequential),
      let weights = plan.parameters(T.dtype), trainer.loss.isSquaredError, trainer.loss.reduction != .none,
      options.accumulationSteps == 1, !AnomalyMode.isEnabled, data.tensors[0].rank == 2,
      data.tensors[0].shape[1] == plan.inFeatures, data.tensors[1].dtype == T.dtype,
      data.tensors[1].shape == [data.count, plan.outFeatures],
      loader.dropLast || data.count % min(loader.batchSize, data.count) == 0
    else { return nil }
    let own = weights.flatMap { [$0.weight] + ($0.bias.map { [$0] } ?? []) }
    let optimized = trainer.optimizer.groups.flatMap(\.parameters)
    // Frozen or foreign parameters, hooks on gradients: the graph knows how.
    guard own.allSatisfy({ $0.requiresGrad && !$0.hasHooks }),
      Set(own.map { ObjectIdentifier($0) }) == Set(optimized.map { ObjectIdentifier($0) })
    else { return nil }
    let rows = min(loader.batchSize, data.count)
    self.plan = plan
    self.weights = weights
    chain = try ChainRun<T>(plan, rows: rows)
    gradients = try ChainRun<T>.Gradients(plan, weights, rows: rows)
    features = try TensorMemory.array([rows, plan.inFeatures], T.dtype)
    targets = try TensorMemory.array([rows, plan.outFeatures], T.dtype)
    output = try TensorMemory.array([rows, plan.outFeatures], T.dtype)
    delta = try TensorMemory.array([rows, plan.outFeatures], T.dtype)
    isMean = trainer.loss.reduction == .mean
    super.init(trainer, loader, options)
  }

  override func beginEpoch() throws {
    try super.beginEpoch()
    for (parameter, gradient) in gradients.byParameter(weights) { parameter.grad = gradient }
  }

  override func run(_ index: Int, _ order: Tensor?) throws -> Bool {
    let (x, y) = batch(index, order)
    try chain.forward(x, weights, output: output)
    let count = output.count
    let error = ChainKernels.squaredError(
      UnsafePointer(output.raw(T.self)), UnsafePointer(y.raw(T.self)), delta.raw(T.self),
      scale: T(isMean ? 2 / Double(count) : 2), count: count)
    guard error.isFinite else { return false }
    total += error
    weight += isMean ? Double(count) : 1
    samples += x.shape[0]
    for (position, metric) in options.metrics.enumerated() {
      metricTotals[position] += try metric.total(Tensor(output), Tensor(y))
    }
    try chain.backward(delta, input: x, output: output, parameters: weights, gradients)
    try clipAndStep()
    return true
  }

  /// Features and targets of a batch: the data's own memory where the order is, else copies.
  private func batch(_ index: Int, _ order: Tensor?) -> (NDArray, NDArray) {
    let range = loader.range(index)
    guard let order else {
      if loader.batchCount == 1 { return (loader.dataset.tensors[0].array, loader.dataset.tensors[1].array) }
      for (tensor, target) in zip(loader.dataset.tensors, [features, targets]) {
        let bytes = tensor.array.strides[0]
        target.data.copyMemory(from: tensor.array.data + range.lowerBound * bytes, byteCount: range.count * bytes)
      }
      return (features, targets)
    }
    let indices = UnsafeBufferPointer(start: order.array.raw(Int64.self) + range.lowerBound, count: range.count)
    loader.dataset.copyRows(loader.dataset.tensors[0], indices, into: features.data)
    loader.dataset.copyRows(loader.dataset.tensors[1], indices, into: targets.data)
    return (features, targets)
  }
}
