import ApusAutograd
import ApusNumerics

/// How a ``Trainer`` goes about it.
public struct TrainingOptions: Sendable {
  /// Passes over the data per call of `fit`.
  public var epochs = 10
  /// Samples per batch; 0 takes all of them at once.
  public var batchSize = 32
  /// Whether each epoch has an order of its own; drawn as PyTorch's data loader draws it.
  public var shuffle = true
  /// Leaves out a last batch that is not full.
  public var dropLast = false
  /// Batches per optimiser step. Gradients are Σ gradients / Σ weights over them: exact for losses that average over tokens.
  public var accumulationSteps = 1
  /// Limit on the joint norm of all gradients; nil for none.
  public var clipNorm: Double?
  /// Limit on every element of the gradients; nil for none.
  public var clipValue: Double?
  /// Epochs without improvement of the validation loss (the training loss without validation data) after which training
  /// ends; nil for none.
  public var patience: Int?
  /// How much the loss must fall to count as improvement.
  public var minimumDelta = 0.0
  /// Whether `fit` ends with the parameters of the best epoch.
  public var restoresBest = false
  /// Where a checkpoint is written after every ``checkpointInterval``th epoch; nil for nowhere.
  public var checkpointPath: String?
  public var checkpointInterval = 1
  public var metrics: [TrainingMetric] = []

  public init() {}

  /// Reads options by PyTorch-like names.
  public init(_ options: Options) throws {
    epochs = try options.int("epochs", epochs)
    batchSize = try options.int("batch_size", batchSize)
    shuffle = try options.bool("shuffle", shuffle)
    dropLast = try options.bool("drop_last", dropLast)
    accumulationSteps = try options.int("accumulation_steps", accumulationSteps)
    clipNorm = try options.optionalDouble("clip_norm")
    clipValue = try options.optionalDouble("clip_value")
    patience = try options.optionalInt("patience")
    minimumDelta = try options.double("min_delta", minimumDelta)
    restoresBest = try options.bool("restore_best", restoresBest)
    let path = try options.string("checkpoint", "")
    checkpointPath = path.isEmpty ? nil : path
    checkpointInterval = try options.int("checkpoint_interval", checkpointInterval)
    metrics = try options.string("metrics", "").split(separator: ",").map { try TrainingMetric.named(String($0)) }
  }

  func validated() throws(ApusError) -> TrainingOptions {
    for (name, value, least) in [
      ("epochs", epochs, 0), ("batch_size", batchSize, 0), ("accumulation_steps", accumulationSteps, 1),
      ("patience", patience ?? 0, 0), ("checkpoint_interval", checkpointInterval, 1),
    ] where value < least {
      throw .invalidArgument(name: name, reason: "\(value) is not at least \(least)")
    }
    for (name, value) in [("clip_norm", clipNorm ?? 0), ("clip_value", clipValue ?? 0), ("min_delta", minimumDelta)]
    where !(value >= 0) {
      throw .invalidArgument(name: name, reason: "\(value) is not at least 0")
    }
    return self
  }
}

/// What one epoch came to.
public struct EpochRecord: Sendable, Equatable {
  /// Counted from 1 over all calls of `fit`.
  public let epoch: Int
  /// The mean training loss, each batch by its weight.
  public let loss: Double
  /// NaN without validation data.
  public let validationLoss: Double
  /// Of the training batches, in the order of ``TrainingOptions/metrics``.
  public let metrics: [Double]
  /// Of the validation data; NaN without.
  public let validationMetrics: [Double]
  /// The learning rate of the first group.
  public let learningRate: Double
}
