import ApusAutograd
import ApusNN
import ApusNumerics
import Testing

/// The regression script of the documentation; the first weights are those of PyTorch 2.15.
@Suite struct ScriptTests {
  @Test func seededModelStartsWithPyTorchsBits() throws {
    Generator.default.manualSeed(42)
    let model = try Sequential([Linear(3, 8), ReLU(), Linear(8, 4), Sigmoid(), Linear(4, 1)])
    let first = try model.parameters()[0].elements(as: Float.self)
    #expect(first[0] == 0.44140652 && first[1] == 0.47920528 && first[2] == -0.13525727)
  }

  @Test func chainAgreesWithSeparateLayers() throws {
    let layers: [Module] = try [Linear(3, 8, dtype: .float64), Tanh(), Linear(8, 2, dtype: .float64), Sigmoid()]
    let model = Sequential(layers)
    let x = try Tensor.randn([21, 3], dtype: .float64)
    var separate = x
    for layer in layers { separate = try layer.forward(separate) }
    let fused = try model(x)
    let difference = try (fused - separate).absolute().extremum(largest: true).item()
    #expect(difference < 1e-14)
    try fused.square().sum().backward()
    let gradients = try model.parameters().map { try $0.grad!.elements(as: Double.self) }
    model.zeroGrad()
    try separate.square().sum().backward()
    for (parameter, expected) in zip(model.parameters(), gradients) {
      let found = try parameter.grad!.elements(as: Double.self)
      for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-12 * max(1, abs(b))) }
    }
  }

  @Test func trainingLowersTheLoss() throws {
    Generator.default.manualSeed(1)
    let (x, y) = (try Tensor.randn([100, 3]), try Tensor.randn([100, 1]))
    let model = try Sequential([Linear(3, 8), ReLU(), Linear(8, 4), Sigmoid(), Linear(4, 1)])
    let optimizer = try SGD(model.parameters(), lr: 0.05)
    let loss = MSELoss()
    let before = try loss(model(x), y).item()
    for _ in 0..<200 {
      let value = try loss(model(x), y)
      try value.backward()
      try optimizer.step()
      try optimizer.zeroGrad()
    }
    #expect(try loss(model(x), y).item() < before)
  }

  private final class Recorder: @unchecked Sendable {
    var shapes: [[Int]] = []
  }

  @Test func hooksSeeAndReplaceResults() throws {
    let (first, second) = (try Linear(3, 4), ReLU())
    let model = Sequential([first, second])
    let x = try Tensor.randn([5, 3])
    let plain = try model(x)
    let recorder = Recorder()
    let seeing = first.registerForwardHook { _, _, result in
      recorder.shapes.append(result.shape)
      return nil
    }
    let doubling = second.registerForwardHook { _, _, result in try result * 2 }
    #expect(try (model(x) - plain * 2).absolute().extremum(largest: true).item() < 1e-5)
    #expect(recorder.shapes == [[5, 4]])
    first.removeForwardHook(seeing)
    second.removeForwardHook(doubling)
    #expect(try model(x).elements(as: Float.self) == plain.elements(as: Float.self))
    #expect(recorder.shapes.count == 1)
  }
}
