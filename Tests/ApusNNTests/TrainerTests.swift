import ApusAutograd
import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusNN

@Suite(.serialized) struct TrainerTests {
  private func data(_ rows: Int, seed: UInt64 = 1, dtype: DType = .float32) throws -> TensorDataset {
    let generator = Generator(seed: seed)
    let x = try Tensor.randn([rows, 3], dtype: dtype, generator: generator)
    let y = try (x.narrow(dim: 1, start: 0, length: 1) - x.narrow(dim: 1, start: 2, length: 1)).tanh()
    return try TensorDataset([x, y])
  }

  private func model(_ dtype: DType = .float32) throws -> Sequential {
    try Sequential([
      Linear(3, 8, dtype: dtype), ReLU(), Linear(8, 4, dtype: dtype), Sigmoid(), Linear(4, 1, dtype: dtype),
    ])
  }

  private func options(_ change: (inout TrainingOptions) -> Void) -> TrainingOptions {
    var options = TrainingOptions()
    change(&options)
    return options
  }

  /// The fused step and the graph's: a hook on a gradient calls for the latter.
  @Test func fusedStepAgreesWithTheGraph() throws {
    var losses: [[Double]] = []
    for isFused in [true, false] {
      Generator.default.manualSeed(7)
      let model = try model(.float64)
      if !isFused { try model.parameters()[0].registerHook { _ in nil } }
      let trainer = try Trainer(
        model, loss: MSELoss(), optimizer: Adam(model.parameters(), lr: 0.01),
        options: options {
          $0.epochs = 4
          $0.batchSize = 10
          $0.clipNorm = 0.5
          $0.metrics = [.meanAbsoluteError]
        })
      try trainer.fit(data(60, dtype: .float64), validation: data(20, seed: 2, dtype: .float64))
      losses.append(trainer.history.flatMap { [$0.loss, $0.validationLoss] + $0.metrics + $0.validationMetrics })
    }
    for (a, b) in zip(losses[0], losses[1]) { #expect(abs(a - b) <= 1e-13 * max(1, abs(b))) }
    #expect(losses[0].count == 16)
  }

  @Test func fusedStepAllocatesNothing() throws {
    let model = try model()
    let trainer = try Trainer(
      model, loss: MSELoss(), optimizer: SGD(model.parameters(), lr: 0.05),
      options: options {
        $0.epochs = 5
        $0.batchSize = 0
        $0.shuffle = false
      })
    let set = try data(100)
    try trainer.fit(set)
    let before = Allocator.requestCount
    try trainer.fit(set)
    let short = Allocator.requestCount - before
    trainer.options.epochs = 500
    let middle = Allocator.requestCount
    try trainer.fit(set)
    #expect(Allocator.requestCount - middle <= short + 2)
  }

  @Test func resumedTrainingHasTheSameBits() throws {
    let path = NSTemporaryDirectory() + "apus-checkpoint-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    func trainer() throws -> Trainer {
      let model = try Sequential([Linear(3, 6), Tanh(), Dropout(0.2), BatchNorm(6, dimensions: 1), Linear(6, 1)])
      let optimizer = try Adam(model.parameters(), lr: 0.02)
      return try Trainer(
        model, loss: MSELoss(), optimizer: optimizer, schedule: StepSchedule(optimizer, stepSize: 2),
        options: options {
          $0.epochs = 3
          $0.batchSize = 7
        })
    }
    Generator.default.manualSeed(3)
    let whole = try trainer()
    let set = try data(40)
    try whole.fit(set)
    try whole.saveCheckpoint(to: path)
    try whole.fit(set)
    Generator.default.manualSeed(99)
    let resumed = try trainer()
    try resumed.loadCheckpoint(from: path)
    try resumed.fit(set)
    #expect(resumed.history.map(\.loss) == whole.history.map(\.loss))
    #expect(resumed.history.map(\.learningRate) == whole.history.map(\.learningRate))
    for ((name, a), (_, b)) in zip(resumed.module.stateDict(), whole.module.stateDict()) {
      #expect(try a.elements(as: Float.self) == b.elements(as: Float.self), "\(name)")
    }
  }

  @Test func damagedCheckpointsAreErrors() throws {
    let path = NSTemporaryDirectory() + "apus-checkpoint-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = try model()
    let trainer = try Trainer(model, loss: MSELoss(), optimizer: SGD(model.parameters(), lr: 0.1, momentum: 0.9))
    trainer.options.epochs = 1
    try trainer.fit(data(8))
    try trainer.saveCheckpoint(to: path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    for end in stride(from: 0, to: bytes.count, by: 97) {
      try bytes.prefix(end).write(to: URL(fileURLWithPath: path))
      #expect(throws: ApusError.self) { try trainer.loadCheckpoint(from: path) }
    }
    let other = try Trainer(model, loss: MSELoss(), optimizer: Adam(model.parameters(), lr: 0.1))
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(throws: ApusError.self) { try other.loadCheckpoint(from: path) }
  }

  /// Two batches with different numbers of counted tokens: accumulated gradients are those of one batch of both.
  @Test func accumulationWeighsByTokens() throws {
    let x = try Tensor.randn([8, 5], dtype: .float64, generator: Generator(seed: 5))
    let y = try Tensor([0, -100, 2, -100, 1, 1, -100, -100].map { Int64($0) }, shape: [8])
    var weights: [[Double]] = []
    for (size, steps) in [(8, 1), (4, 2), (2, 4)] {
      Generator.default.manualSeed(2)
      let layer = try Linear(5, 3, dtype: .float64)
      let trainer = try Trainer(
        layer, loss: CrossEntropyLoss(), optimizer: SGD(layer.parameters(), lr: 1),
        options: options {
          $0.epochs = 2
          $0.batchSize = size
          $0.accumulationSteps = steps
          $0.shuffle = false
        })
      try trainer.fit(TensorDataset([x, y]))
      weights.append(try layer.weight.elements(as: Double.self) + trainer.history.map(\.loss))
    }
    for other in weights.dropFirst() {
      for (a, b) in zip(other, weights[0]) { #expect(abs(a - b) < 1e-14) }
    }
  }

  @Test func lossThatIsNotFiniteKeepsTheLastGoodState() throws {
    let model = try model()
    let optimizer = try SGD(model.parameters(), lr: 0.01)
    let trainer = try Trainer(
      model, loss: MSELoss(), optimizer: optimizer,
      options: options {
        $0.epochs = 2
        $0.batchSize = 10
      })
    let set = try data(30)
    try trainer.fit(set)
    let before = try model.parameters().map { try $0.elements(as: Float.self) }
    try optimizer.set("lr", .infinity, group: 0)
    #expect {
      try trainer.fit(set)
    } throws: { error in
      "\(error)".contains("epoch 3, step 2")
    }
    #expect(try model.parameters().map { try $0.elements(as: Float.self) } == before)
    #expect(trainer.history.count == 2)
  }

  @Test func cancellingKeepsWholeEpochs() throws {
    let model = try model()
    let trainer = try Trainer(model, loss: MSELoss(), optimizer: SGD(model.parameters(), lr: 0.01))
    trainer.options.epochs = 1_000_000
    let token = CancelToken()
    let context = FitContext(cancel: token) { _, fraction in if fraction > 4.5e-6 { token.trip() } }
    #expect(throws: ApusError.cancelled) { try trainer.fit(data(30), context: context) }
    #expect(trainer.history.count == 5)
    trainer.options.epochs = 1
    try trainer.fit(data(30))
    #expect(trainer.history.map(\.epoch) == [1, 2, 3, 4, 5, 6])
  }

  @Test func earlyStoppingRestoresTheBestEpoch() throws {
    Generator.default.manualSeed(0)
    let model = try model()
    let optimizer = try SGD(model.parameters(), lr: 0.1)
    // A rate that grows until training diverges.
    let trainer = try Trainer(
      model, loss: MSELoss(), optimizer: optimizer, schedule: FunctionSchedule(optimizer) { pow(1.7, Double($0)) },
      options: options {
        $0.epochs = 60
        $0.patience = 3
        $0.restoresBest = true
        $0.shuffle = false
      })
    let (train, held) = (try data(64), try data(32, seed: 9))
    let history = try trainer.fit(train, validation: held)
    let best = history.min { $0.validationLoss < $1.validationLoss }!
    #expect(history.count < 60)
    #expect(history.count == best.epoch + 4)
    #expect(try abs(trainer.evaluate(held)[0] - best.validationLoss) < 1e-9)
  }

  @Test func shuffledBatchesHavePyTorchsOrder() throws {
    // DataLoader(TensorDataset(arange(11)), batch_size=3, shuffle=True) after torch.manual_seed(11), first epoch.
    Generator.default.manualSeed(11)
    let loader = try DataLoader(
      TensorDataset([Tensor.arange(0, 11)]), batchSize: 3, shuffle: true)
    var found: [Int64] = []
    try loader.forEachBatch { found += try $0[0].elements(as: Int64.self) }
    #expect(found.sorted() == Array(0..<11))
    #expect(found == Self.pytorchOrder)
  }

  static let pytorchOrder: [Int64] = [7, 4, 6, 1, 9, 0, 3, 10, 8, 2, 5]

  @Test func metricsCountSamples() throws {
    let outputs = try Tensor([0.1, 0.9, 0.8, 0.2, 0.4, 0.6].map { Float($0) }, shape: [3, 2])
    let targets = try Tensor([Int64(1), 0, 0], shape: [3])
    #expect(try TrainingMetric.accuracy.total(outputs, targets) == 2)
  }

  @Test func badSettingsAreNamed() throws {
    let model = try model()
    for change: (inout TrainingOptions) -> Void in [
      { $0.epochs = -1 }, { $0.batchSize = -1 }, { $0.accumulationSteps = 0 }, { $0.clipNorm = .nan },
      { $0.patience = -1 }, { $0.checkpointInterval = 0 },
    ] {
      #expect(throws: ApusError.self) {
        try Trainer(
          model, loss: MSELoss(), optimizer: SGD(model.parameters(), lr: 0.1), options: self.options(change))
      }
    }
    let trainer = try Trainer(model, loss: MSELoss(), optimizer: SGD(model.parameters(), lr: 0.1))
    #expect(throws: ApusError.self) { try trainer.fit(TensorDataset([Tensor.zeros([4, 3])])) }
    #expect(throws: ApusError.self) { try trainer.fit(TensorDataset([Tensor.zeros([0, 3]), Tensor.zeros([0, 1])])) }
  }
}
