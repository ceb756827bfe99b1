import Apus
import Foundation

/// The network script in Swift, twice: step by step, and through the library's training loop.
@main struct SwiftNetwork {
  static func model() throws -> Sequential {
    Generator.default.manualSeed(42)
    return try Sequential {
      try Linear(3, 8)
      ReLU()
      try Linear(8, 4)
      Sigmoid()
      try Linear(4, 1)
    }
  }

  static func main() throws {
    Generator.default.manualSeed(1)
    let x = try Tensor.randn([100, 3])
    let y = try (x.narrow(dim: 1, start: 0, length: 1) - x.narrow(dim: 1, start: 2, length: 1)).tanh()

    let network = try model()
    let optimizer = try SGD(network.parameters(), lr: 0.1)
    let loss = MSELoss()
    for epoch in 0..<1000 {
      let predictions = try network(x)
      let error = try loss(predictions, y)
      try error.backward()
      try optimizer.step()
      try optimizer.zeroGrad()
      if epoch % 250 == 0 || epoch == 999 { print(line(epoch + 1, try error.item())) }
    }
    network.evaluate()
    let test = try withoutGrad { try loss(network(x), y).item() }
    print("evaluation: \(String(format: "%.6f", test))")

    let twin = try model()
    var options = TrainingOptions()
    options.epochs = 1000
    options.batchSize = 0
    options.shuffle = false
    let trainer = try Trainer(twin, loss: loss, optimizer: SGD(twin.parameters(), lr: 0.1), options: options)
    let start = ContinuousClock.now
    let history = try trainer.fit(TensorDataset([x, y]))
    let elapsed = ContinuousClock.now - start
    print("Trainer, \(elapsed): \(line(history.count, history[history.count - 1].loss))")
    print(twin.description)
    print(twin.summary)
  }

  static func line(_ epoch: Int, _ loss: Double) -> String { "epoch \(epoch): loss \(String(format: "%.6f", loss))" }
}
