import ApusAutograd
import ApusNumerics

/// What one batch does to a model, with the sums of an epoch. Subclasses differ in how the gradients come about.
class TrainingStep {
  let trainer: Trainer
  let loader: DataLoader
  let options: TrainingOptions
  let parameters: [Tensor]
  /// Σ losses, Σ weights and samples of the epoch so far.
  final var total = 0.0
  final var weight = 0.0
  final var samples = 0
  final var metricTotals: [Double]

  init(_ trainer: Trainer, _ loader: DataLoader, _ options: TrainingOptions) {
    self.trainer = trainer
    self.loader = loader
    self.options = options
    parameters = trainer.optimizer.groups.flatMap(\.parameters)
    metricTotals = options.metrics.map { _ in 0 }
  }

  /// The fastest step that these modules, this loss and this data allow.
  static func make(_ trainer: Trainer, _ loader: DataLoader, _ options: TrainingOptions) throws -> TrainingStep {
    try FusedChainStep(fusing: trainer, loader, options) ?? GraphStep(trainer, loader, options)
  }

  func beginEpoch() throws {
    (total, weight, samples) = (0, 0, 0)
    for index in metricTotals.indices { metricTotals[index] = 0 }
  }

  /// Trains on batch `index`; false when its loss is not finite, in which case no parameter changes.
  func run(_ index: Int, _ order: Tensor?) throws -> Bool { false }

  final func clipAndStep() throws {
    if let maximum = options.clipValue { try GradientClipping.value(parameters, maximum: maximum) }
    if let maximum = options.clipNorm { try GradientClipping.norm(parameters, maximum: maximum) }
    try trainer.optimizer.step()
  }
}

/// Any module and loss, through the graph.
final class GraphStep: TrainingStep {
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
      let outputs = try trainer.module(batch[0])
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
