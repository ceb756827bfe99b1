import ApusAutograd
import ApusNumerics
import Testing

/// Operations with derivatives of the caller's own, recomputation, and forward-mode products.
@Suite struct CustomFunctionTests {
  private func input(_ shape: [Int], seed: UInt64 = 1) throws -> Tensor {
    let tensor = try Tensor.randn(shape, dtype: .float64, generator: Generator(seed: seed))
    try tensor.setRequiresGrad(true)
    return tensor
  }

  /// x · |x| + y with the derivative 2|x|, 1.
  private func custom(_ x: Tensor, _ y: Tensor) throws -> Tensor {
    try Tensor.custom("SignedSquare", [x, y], forward: { [try $0[0] * $0[0].absolute() + $0[1]] }) { gradients in
      [try gradients[0]! * x.absolute() * 2, gradients[0]]
    }[0]
  }

  @Test func derivativesAreTheCallers() throws {
    let (x, y) = (try input([3, 2]), try input([3, 2], seed: 2))
    try GradientCheck.check([x, y]) { [try custom($0[0], $0[1])] }
    try GradientCheck.checkSecondOrder([x, y]) { [try custom($0[0], $0[1])] }
    #expect(try custom(x, y).gradFunctionName == "SignedSquare")
  }

  @Test func wrongNumbersAndShapesOfGradientsAreErrors() throws {
    let x = try input([3])
    let tooFew = try Tensor.custom("Few", [x, x], forward: { [try $0[0] + $0[1]] }) { [$0[0]] }[0]
    #expect(throws: ApusError.self) { try tooFew.sum().backward() }
    let misshapen = try Tensor.custom("Shape", [x], forward: { [try $0[0] * 2] }) { _ in [try Tensor.ones([2])] }[0]
    #expect(throws: ApusError.self) { try misshapen.sum().backward() }
    let same = try Tensor.custom("Same", [x], forward: { $0 }) { $0 }[0]
    #expect(same !== x && same.requiresGrad && x.isLeaf)
  }

  @Test func recomputationGivesTheSameGradients() throws {
    let (x, w) = (try input([4, 3]), try input([3, 3], seed: 2))
    func part(_ inputs: [Tensor]) throws -> [Tensor] { [try inputs[0].matmul(w).tanh().dropout(0.5)] }
    Generator.default.manualSeed(8)
    try part([x])[0].square().sum().backward()
    let expected = try [x, w].map { try $0.grad!.elements(as: Double.self) }
    x.zeroGrad()
    w.zeroGrad()
    Generator.default.manualSeed(8)
    let result = try Tensor.checkpointed([x], parameters: [w], part)[0]
    let after = Generator.default.state
    try result.square().sum().backward()
    #expect(try [x, w].map { try $0.grad!.elements(as: Double.self) } == expected)
    #expect(Generator.default.state == after)
  }

  @Test func recomputationCanBeDifferentiatedTwice() throws {
    let x = try input([3])
    try GradientCheck.checkSecondOrder([x]) { inputs in
      try Tensor.checkpointed(inputs) { [try $0[0].sin() * $0[0]] }
    }
  }

  @Test func productsWithTheJacobianAgreeWithDifferences() throws {
    let (x, y) = (try input([4]), try input([4], seed: 2))
    func function(_ x: Tensor, _ y: Tensor) throws -> [Tensor] { [try (x * y).sin(), try x.exp().sum()] }
    let tangents = try [input([4], seed: 3).detached(), input([4], seed: 4).detached()]
    let found = try Tensor.jacobianVectorProduct(of: function(x, y), with: [x, y], tangents: tangents)
    let h = 1e-6
    let up = try function(x.detached() + tangents[0] * h, y.detached() + tangents[1] * h)
    let down = try function(x.detached() - tangents[0] * h, y.detached() - tangents[1] * h)
    for index in 0..<2 {
      let slope = try (up[index] - down[index]) / (2 * h)
      #expect(try (found[index]! - slope).absolute().sum().item() < 1e-7)
    }
    let unrelated = try input([2], seed: 9)
    #expect(
      try Tensor.jacobianVectorProduct(of: [unrelated * 2], with: [x], tangents: [tangents[0]])[0] == nil)
  }

  @Test func extremesShareGradientsEvenly() throws {
    let x = try Tensor([1.0, 3, 3, 2, 5, 5], shape: [2, 3], requiresGrad: true)
    try x.extreme([1], largest: true).sum().backward()
    #expect(try x.grad!.elements(as: Double.self) == [0, 0.5, 0.5, 0, 0.5, 0.5])
    try GradientCheck.check([try input([3, 4])]) {
      [try $0[0].extreme([0], largest: false), try $0[0].extreme(largest: true)]
    }
  }
}
