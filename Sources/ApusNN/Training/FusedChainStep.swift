import ApusAutograd
import ApusNumerics

/// A chain of linear layers under the squared error: forward pass, loss, gradients and update without a graph, in memory that
/// is allocated once.
final class FusedChainStep: TrainingStep {
  /// Not a generic class: its methods would be called through a table and never be specialised.
  private enum Chain {
    case float(FusedChain<Float>)
    case double(FusedChain<Double>)
  }

  private let chain: Chain

  /// Nil where the general step is needed: other modules or losses, batches of different sizes, accumulation.
  init?(fusing trainer: Trainer, _ loader: DataLoader, _ options: TrainingOptions) throws {
    guard options.accumulationSteps == 1, !AnomalyMode.isEnabled else { return nil }
    switch loader.dataset.tensors[0].dtype {
    case .float32:
      guard let found = try FusedChain<Float>(trainer, loader) else { return nil }
      chain = .float(found)
    case .float64:
      guard let found = try FusedChain<Double>(trainer, loader) else { return nil }
      chain = .double(found)
    default: return nil
    }
    super.init(trainer, loader, options)
  }

  override func beginEpoch() throws {
    try super.beginEpoch()
    switch chain {
    case .float(let chain): chain.begin()
    case .double(let chain): chain.begin()
    }
  }

  override func run(_ index: Int, _ order: Tensor?) throws -> Bool {
    let found: FusedChainResult
    switch chain {
    case .float(let chain): found = try chain.run(loader, index, order)
    case .double(let chain): found = try chain.run(loader, index, order)
    }
    guard found.error.isFinite else { return false }
    total += found.error
    weight += found.weight
    samples += found.targets.shape[0]
    for (position, metric) in options.metrics.enumerated() {
      metricTotals[position] += try metric.total(Tensor(found.output), Tensor(found.targets))
    }
    try clipAndStep()
    return true
  }
}

/// What one batch of a fused chain came to.
struct FusedChainResult {
  /// Σ squared errors, and what a mean divides them by.
  let error: Double
  let weight: Double
  let output: NDArray
  let targets: NDArray
}

/// The memory and the arithmetic of ``FusedChainStep``.
final class FusedChain<T: TensorFloat> {
  private let weights: [(weight: Tensor, bias: Tensor?)]
  private let chain: ChainRun<T>
  private let gradients: ChainRun<T>.Gradients
  /// Parameters with the tensors their gradients are written to.
  private let pairs: [(Tensor, Tensor?)]
  private let features: NDArray
  private let targets: NDArray
  private let output: NDArray
  private let delta: NDArray
  private let isMean: Bool
  private var stages: [ChainRun<T>.Stage] = []

  init?(_ trainer: Trainer, _ loader: DataLoader) throws {
    let data = loader.dataset
    guard let sequential = trainer.module as? Sequential, let plan = ChainPlanCache().current(sequential),
      !sequential.hasForwardHooks, let weights = plan.parameters(T.dtype), trainer.loss.isSquaredError,
      trainer.loss.reduction != .none,
      data.tensors[0].rank == 2, data.tensors[0].shape[1] == plan.inFeatures, data.tensors[1].dtype == T.dtype,
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
    self.weights = weights
    chain = try ChainRun<T>(plan, rows: rows)
    gradients = try ChainRun<T>.Gradients(plan, weights, rows: rows)
    pairs = gradients.byParameter(weights)
    features = try TensorMemory.array([rows, plan.inFeatures], T.dtype)
    targets = try TensorMemory.array([rows, plan.outFeatures], T.dtype)
    output = try TensorMemory.array([rows, plan.outFeatures], T.dtype)
    delta = try TensorMemory.array([rows, plan.outFeatures], T.dtype)
    isMean = trainer.loss.reduction == .mean
  }

  /// Begins an epoch: finds the parameters' memory, and makes that of the gradients their `grad`.
  func begin() {
    stages = chain.stages(weights, gradients)
    for (parameter, gradient) in pairs where parameter.grad !== gradient { parameter.grad = gradient }
  }

  /// Outputs, error and gradients of batch `index`; no gradients when the error is not finite.
  func run(_ loader: DataLoader, _ index: Int, _ order: Tensor?) throws -> FusedChainResult {
    let (x, y) = batch(loader, index, order)
    try chain.forward(x, stages, output: output)
    let count = output.count
    let error = ChainKernels.squaredError(
      UnsafePointer(output.raw(T.self)), UnsafePointer(y.raw(T.self)), delta.raw(T.self),
      scale: T(isMean ? 2 / Double(count) : 2), count: count)
    if error.isFinite { try chain.backward(delta, input: x, output: output, stages, gradients) }
    return FusedChainResult(error: error, weight: isMean ? Double(count) : 1, output: output, targets: y)
  }

  /// Features and targets of a batch: the data's own memory where that is the batch, else copies.
  private func batch(_ loader: DataLoader, _ index: Int, _ order: Tensor?) -> (NDArray, NDArray) {
    let range = loader.range(index)
    let tensors = loader.dataset.tensors
    if let order {
      let indices = UnsafeBufferPointer(start: order.array.raw(Int64.self) + range.lowerBound, count: range.count)
      loader.dataset.copyRows(tensors[0], indices, into: features.data)
      loader.dataset.copyRows(tensors[1], indices, into: targets.data)
      return (features, targets)
    }
    if range.count == loader.dataset.count { return (tensors[0].array, tensors[1].array) }
    for (tensor, target) in zip(tensors, [features, targets]) {
      let bytes = tensor.array.strides[0]
      target.data.copyMemory(from: tensor.array.data + range.lowerBound * bytes, byteCount: range.count * bytes)
    }
    return (features, targets)
  }
}
