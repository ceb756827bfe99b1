import ApusAutograd
import ApusModels
import ApusNumerics

/// A training loop in the library: epochs of batches with validation, metrics, early stopping and checkpoints.
///
/// `fit` may be called again and goes on where it was. When it is cancelled, or fails because the loss became NaN or
/// infinite, module, optimiser and ``history`` are as they were after the last complete epoch: nothing learned by then is
/// lost, and `fit` can go on. One trainer is used by one thread at a time.
public final class Trainer: @unchecked Sendable {
  public let module: Module
  public let loss: LossModule
  public let optimizer: Optimizer
  /// Stepped after every epoch; plateau schedules get the validation loss (the training loss without validation data).
  public var schedule: LearningRateSchedule?
  public var options: TrainingOptions
  /// All epochs so far.
  public internal(set) var history: [EpochRecord] = []
  /// The lowest watched loss so far and its epoch.
  var best: (loss: Double, epoch: Int)?
  private var bestWeights: TrainingSnapshot
  private let isBusy = Lock(false)

  public init(
    _ module: Module, loss: LossModule, optimizer: Optimizer, schedule: LearningRateSchedule? = nil,
    options: TrainingOptions = TrainingOptions()
  ) throws {
    self.module = module
    self.loss = loss
    self.optimizer = optimizer
    self.schedule = schedule
    self.options = try options.validated()
    bestWeights = TrainingSnapshot(module, nil)
  }

  // MARK: Training

  /// Trains for ``TrainingOptions/epochs`` epochs or until early stopping ends it.
  ///
  /// - Parameters:
  ///   - data: features and targets.
  ///   - validation: data of the same form that is only looked at; nil for none.
  ///   - context: whom to tell, epoch by epoch, and whether to stop, asked at every batch.
  /// - Returns: the epochs of this call.
  /// - Throws: ``ApusError/numericalFailure(reason:)`` naming epoch and step when the loss is not finite,
  ///   ``ApusError/cancelled``, and what modules throw.
  @discardableResult
  public func fit(
    _ data: TensorDataset, validation: TensorDataset? = nil, context: FitContext = FitContext()
  ) throws -> [EpochRecord] {
    try exclusively {
      let options = try options.validated()
      for set in [data, validation].compactMap({ $0 }) where set.tensors.count != 2 {
        throw ApusError.shapeMismatch(
          name: "data", reason: "\(set.tensors.count) tensors, features and targets are needed")
      }
      guard data.count > 0 else { throw ApusError.invalidArgument(name: "data", reason: "has 0 samples") }
      let loader = try DataLoader(
        data, batchSize: options.batchSize == 0 ? data.count : options.batchSize, shuffle: options.shuffle,
        dropLast: options.dropLast)
      guard loader.batchCount > 0 else {
        throw ApusError.invalidArgument(
          name: "batch_size", reason: "\(options.batchSize) exceeds the \(data.count) samples, and drop_last is set")
      }
      let first = history.count
      let wasTraining = module.isTraining
      defer { module.train(wasTraining) }
      let step = try TrainingStep.make(self, loader, options)
      var lastGood = TrainingSnapshot(module, optimizer)
      try lastGood.take()
      for round in 0..<options.epochs {
        do {
          try trainEpoch(step, loader, validation, options, context, progress: (round, options.epochs))
        } catch {
          try? lastGood.restore()
          try? optimizer.zeroGrad()
          throw error
        }
        try lastGood.take()
        try noteBest(options)
        if let path = options.checkpointPath, history.count % options.checkpointInterval == 0 {
          try writeCheckpoint(to: path)
        }
        if let patience = options.patience, let best, history.count - best.epoch > patience { break }
      }
      try optimizer.zeroGrad()
      if options.restoresBest, best != nil { try bestWeights.restore() }
      try context.checkpoint("training", 1)
      return Array(history[first...])
    }
  }

  private func trainEpoch(
    _ step: TrainingStep, _ loader: DataLoader, _ validation: TensorDataset?, _ options: TrainingOptions,
    _ context: FitContext, progress: (round: Int, rounds: Int)
  ) throws {
    if !module.isTraining || history.isEmpty { module.train() }
    let order = try loader.drawOrder()
    let epoch = history.count + 1
    try step.beginEpoch()
    let rate = optimizer.groups[0].number("lr")
    for batch in 0..<loader.batchCount {
      if context.isCancelled { throw ApusError.cancelled }
      guard try step.run(batch, order) else {
        throw ApusError.numericalFailure(
          reason:
            "loss: is not finite in epoch \(epoch), step \(batch + 1); the parameters of the epoch before are kept")
      }
    }
    let samples = Double(max(step.samples, 1))
    var (validationLoss, validationMetrics) = (Double.nan, options.metrics.map { _ in Double.nan })
    if let validation {
      let found = try measure(validation, batchSize: options.batchSize, metrics: options.metrics)
      (validationLoss, validationMetrics) = (found[0], Array(found.dropFirst()))
    }
    let mean = step.weight == 0 ? 0 : step.total / step.weight
    try schedule?.step(metric: validation == nil ? mean : validationLoss)
    history.append(
      EpochRecord(
        epoch: epoch, loss: mean, validationLoss: validationLoss, metrics: step.metricTotals.map { $0 / samples },
        validationMetrics: validationMetrics, learningRate: rate))
    try context.checkpoint("training", Double(progress.round + 1) / Double(progress.rounds))
  }

  private func noteBest(_ options: TrainingOptions) throws {
    guard options.patience != nil || options.restoresBest, let last = history.last else { return }
    let watched = last.validationLoss.isNaN ? last.loss : last.validationLoss
    if let best, watched >= best.loss - options.minimumDelta { return }
    best = (watched, last.epoch)
    if options.restoresBest { try bestWeights.take() }
  }

  // MARK: Using

  /// The loss and the metrics of ``TrainingOptions/metrics`` on `data`, in evaluation mode.
  public func evaluate(_ data: TensorDataset) throws -> [Double] {
    try exclusively {
      let wasTraining = module.isTraining
      defer { module.train(wasTraining) }
      return try measure(data, batchSize: options.batchSize, metrics: options.metrics)
    }
  }

  /// The module's outputs for all rows of `features`, in evaluation mode and without recording.
  public func predict(_ features: Tensor) throws -> Tensor {
    try exclusively {
      let wasTraining = module.isTraining
      module.train(false)
      defer { module.train(wasTraining) }
      return try withoutGrad { try module(features) }
    }
  }

  /// Writes a checkpoint, atomically.
  public func saveCheckpoint(to path: String) throws { try exclusively { try writeCheckpoint(to: path) } }

  /// Continues from a checkpoint: module, optimiser, schedule, default generator and ``history`` become what they were.
  ///
  /// - Throws: when the file is damaged, belongs to another model or optimiser, or is of a newer version; everything is as
  ///   before then.
  public func loadCheckpoint(from path: String) throws { try exclusively { try readCheckpoint(from: path) } }

  private func measure(_ data: TensorDataset, batchSize: Int, metrics: [TrainingMetric]) throws -> [Double] {
    guard data.tensors.count == 2 else {
      throw ApusError.shapeMismatch(
        name: "data", reason: "\(data.tensors.count) tensors, features and targets are needed")
    }
    module.train(false)
    return try withoutGrad {
      var (total, weight) = (0.0, 0.0)
      var sums = metrics.map { _ in 0.0 }
      let size = batchSize == 0 ? max(data.count, 1) : batchSize
      for start in stride(from: 0, to: data.count, by: size) {
        let batch = try data.slice(start..<min(start + size, data.count))
        let outputs = try module(batch[0])
        let part = try loss.sum([outputs, batch[1]])
        total += try part.sum.item()
        weight += part.weight
        for (index, metric) in metrics.enumerated() { sums[index] += try metric.total(outputs, batch[1]) }
      }
      if loss.reduction != .mean { weight = 1 }
      return [weight == 0 ? 0 : total / weight] + sums.map { $0 / Double(max(data.count, 1)) }
    }
  }

  private func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
    let isFree = isBusy.withLock { busy in
      if busy { return false }
      busy = true
      return true
    }
    guard isFree else { throw ApusError.busy(reason: "trainer: another call is using it") }
    defer { isBusy.withLock { $0 = false } }
    return try body()
  }
}
