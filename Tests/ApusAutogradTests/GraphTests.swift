import ApusAutograd
import ApusNumerics
import Testing

/// The graph: accumulation, in-place changes, views, modes, hooks.
@Suite struct GraphTests {
  private func leaf(_ values: [Double]) throws -> Tensor { try Tensor(values, requiresGrad: true) }

  @Test func gradientsAccumulate() throws {
    let x = try leaf([1, 2, 3])
    try x.square().sum().backward()
    try x.square().sum().backward()
    #expect(try x.grad!.elements(as: Double.self) == [4, 8, 12])
    x.zeroGrad()
    #expect(x.grad == nil)
  }

  @Test func sharedGradientsAreNotAliased() throws {
    let (x, y) = (try leaf([1, 2]), try leaf([3, 4]))
    try (x + y).sum().backward()
    try (x * 3.0).sum().backward()
    #expect(try x.grad!.elements(as: Double.self) == [4, 4])
    #expect(try y.grad!.elements(as: Double.self) == [1, 1])
  }

  @Test func secondBackwardNeedsRetainGraph() throws {
    let x = try leaf([2])
    let y = try x.square().sum()
    try y.backward(retainGraph: true)
    try y.backward()
    #expect(throws: ApusError.self) { try y.backward() }
    #expect(try x.grad!.elements(as: Double.self) == [8])
  }

  @Test func changedSavedTensorIsDetected() throws {
    let x = try leaf([1, 2])
    let y = try x * 1.0
    let z = try y.square().sum()
    try y.add(inPlace: Tensor([1.0, 1.0]))
    #expect(throws: ApusError.self) { try z.backward() }
  }

  @Test func leafInPlaceNeedsNoGrad() throws {
    let x = try leaf([1, 2])
    #expect(throws: ApusError.self) { try x.fill(0) }
    _ = try withoutGrad { try x.fill(5) }
    #expect(try x.elements(as: Double.self) == [5, 5])
  }

  @Test func writingIntoAViewReachesTheBase() throws {
    let x = try leaf([1, 2, 3, 4])
    let w = try leaf([10])
    let base = try x * 2.0
    let view = try base.narrow(dim: 0, start: 1, length: 2)
    try view.copy(from: w)
    #expect(try base.elements(as: Double.self) == [2, 10, 10, 8])
    try (base * Tensor([1.0, 2, 3, 4])).sum().backward()
    #expect(try x.grad!.elements(as: Double.self) == [2, 0, 0, 8])
    #expect(try w.grad!.elements(as: Double.self) == [5])
  }

  @Test func derivativesOfHigherOrder() throws {
    let x = try leaf([2])
    let y = try x.power(3).sum()
    let first = try Tensor.gradients(of: [y], with: [x], createGraph: true)[0]!
    let second = try Tensor.gradients(of: [first.sum()], with: [x], createGraph: true)[0]!
    let third = try Tensor.gradients(of: [second.sum()], with: [x])[0]!
    #expect(try first.item() == 12 && second.item() == 12 && third.item() == 6)
  }

  @Test func hooksSeeAndReplaceGradients() throws {
    let x = try leaf([1, 2])
    try x.registerHook { try $0 * 10.0 }
    try (x * 3.0).sum().backward()
    #expect(try x.grad!.elements(as: Double.self) == [30, 30])
  }

  @Test func longChainsDoNotOverflowTheStack() throws {
    let x = try leaf([1])
    var y = try x * 1.0
    for _ in 0..<100_000 { y = try y + 1.0 }
    try y.sum().backward()
    #expect(try x.grad!.item() == 1)
  }

  @Test func steadyStateAllocatesNothing() throws {
    let x = try Tensor.randn([64, 64])
    let w = try Tensor.randn([64, 64])
    try w.setRequiresGrad(true)
    func step() throws {
      try x.matmul(w).relu().square().mean().backward()
      w.zeroGrad()
    }
    for _ in 0..<3 { try step() }
    let before = Allocator.requestCount
    for _ in 0..<10 { try step() }
    #expect(Allocator.requestCount == before)
  }

  @Test func wrongShapesAreNamed() throws {
    let (a, b) = (try Tensor.zeros([2, 3]), try Tensor.zeros([4, 5]))
    #expect(throws: ApusError.shapeMismatch(name: "add", reason: "shapes [2, 3] and [4, 5] do not broadcast")) {
      try a + b
    }
    #expect(throws: ApusError.self) { try a.matmul(b) }
    let target = try Tensor([Int64(1), 7])
    #expect(throws: ApusError.invalidArgument(name: "target", reason: "7 at index 1 is out of range for 3 classes")) {
      try Tensor.crossEntropy(a, target)
    }
  }

  @Test func everythingIgnoredGivesZero() throws {
    let x = try leaf([1, 2]).reshaped([1, 2])
    let loss = try Tensor.crossEntropy(x, Tensor([Int64(-100)]))
    #expect(try loss.item() == 0)
    try loss.backward()
  }
}
