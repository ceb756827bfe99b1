import ApusAutograd
import ApusNumerics
import Testing

@testable import ApusNN

/// The fused passes of recurrent layers against the same layer out of separate operations, and their derivatives against
/// finite differences.
@Suite(.serialized) struct RecurrentSequenceTests {
  struct Form: Sendable, CustomTestStringConvertible {
    let kind: String
    let isReverse: Bool
    let lengths: [Int]?
    var testDescription: String { "\(kind)\(isReverse ? " reversed" : "")\(lengths.map { " \($0)" } ?? "")" }
    var rule: RecurrentKind {
      switch kind {
      case "lstm": return .lstm
      case "gru": return .gru
      case "relu": return .plain(.relu)
      default: return .plain(.tanh)
      }
    }
  }

  static let forms: [Form] = ["tanh", "relu", "lstm", "gru"].flatMap { kind in
    [false, true].flatMap { reverse in
      [nil, [3, 0, 4]].map { Form(kind: kind, isReverse: reverse, lengths: $0) }
    }
  }

  private func operands(
    _ form: Form, steps: Int, batch: Int, features: Int, hidden: Int, dtype: DType = .float64, requiresGrad: Bool = true
  ) throws -> RecurrentSequence.Operands {
    let generator = Generator(seed: 4)
    let rows = form.rule.gateCount * hidden
    func made(_ shape: [Int]) throws -> Tensor {
      let tensor = try Tensor.randn(shape, dtype: dtype, generator: generator)
      if requiresGrad { try tensor.setRequiresGrad(true) }
      return tensor
    }
    return RecurrentSequence.Operands(
      sequence: try made([steps, batch, features]),
      start: try (0..<(form.kind == "lstm" ? 2 : 1)).map { _ in try made([batch, hidden]) },
      inputWeight: try made([rows, features]), hiddenWeight: try made([rows, hidden]), inputBias: try made([rows]),
      hiddenBias: try made([rows]))
  }

  @Test(arguments: forms) func agreesWithSeparateSteps(_ form: Form) throws {
    for hidden in [1, 5, 8, 19] {
      let operands = try operands(form, steps: 4, batch: 3, features: 2, hidden: hidden)
      let fused = try RecurrentSequence.apply(
        form.rule, operands, isReverse: form.isReverse, lengths: form.lengths)
      let separate = try RecurrentSteps.run(
        form.rule, operands, isReverse: form.isReverse, lengths: form.lengths)
      for (a, b) in zip([fused.output] + fused.state, [separate.output] + separate.state) {
        // Rectified states grow from step to step, and with them their rounding.
        let scale = max(1, try b.absolute().extremum(largest: true).item())
        #expect(try (a - b).absolute().extremum(largest: true).item() < 1e-14 * scale)
      }
    }
  }

  @Test(arguments: forms) func derivativesAgreeWithDifferences(_ form: Form) throws {
    let operands = try operands(form, steps: 4, batch: 3, features: 2, hidden: 3)
    try GradientCheck.check(operands.tensors, step: 1e-5, absolute: 1e-7, relative: 1e-6) { tensors in
      let found = try RecurrentSequence.apply(
        form.rule, operands.replaced(tensors), isReverse: form.isReverse, lengths: form.lengths)
      return try [(found.output * 0.7).sum()] + found.state.map { try $0.square().sum() }
    }
  }

  @Test(arguments: ["tanh", "lstm", "gru"]) func secondDerivativesAgreeWithDifferences(_ kind: String) throws {
    let form = Form(kind: kind, isReverse: false, lengths: nil)
    let operands = try operands(form, steps: 2, batch: 1, features: 1, hidden: 2)
    try GradientCheck.checkSecondOrder(operands.tensors, step: 1e-5, absolute: 1e-6, relative: 1e-5) { tensors in
      [try RecurrentSequence.apply(form.rule, operands.replaced(tensors), isReverse: false, lengths: nil).output]
    }
  }

  @Test(arguments: ["tanh", "lstm", "gru"]) func bitsDoNotDependOnThreads(_ kind: String) throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    let form = Form(kind: kind, isReverse: false, lengths: nil)
    var expected: [[Float]] = []
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let operands = try operands(form, steps: 6, batch: 37, features: 9, hidden: 21, dtype: .float32)
      let found = try RecurrentSequence.apply(form.rule, operands, isReverse: false, lengths: nil)
      try found.output.square().sum().backward()
      let values =
        try [found.output.elements(as: Float.self)]
        + operands.tensors.map { try $0.grad!.elements(as: Float.self) }
      if expected.isEmpty { expected = values }
      #expect(values == expected, "\(threads) threads")
    }
  }

  @Test(arguments: ["tanh", "lstm", "gru"]) func streamingStepByStepGivesTheSameBits(_ kind: String) throws {
    let form = Form(kind: kind, isReverse: false, lengths: nil)
    let operands = try operands(form, steps: 5, batch: 2, features: 3, hidden: 7, requiresGrad: false)
    let whole = try RecurrentSequence.apply(form.rule, operands, isReverse: false, lengths: nil)
    var state = operands.start
    for step in 0..<5 {
      let next = RecurrentSequence.Operands(
        sequence: try operands.sequence.narrow(dim: 0, start: step, length: 1), start: state,
        inputWeight: operands.inputWeight, hiddenWeight: operands.hiddenWeight, inputBias: operands.inputBias,
        hiddenBias: operands.hiddenBias)
      state = try RecurrentSequence.apply(form.rule, next, isReverse: false, lengths: nil).state
      let difference = try (state[0] - whole.output.select(dim: 0, index: step)).absolute()
      #expect(try difference.extremum(largest: true).item() < 1e-15)
    }
  }

  @Test func steadyStateAsksTheAllocatorForNothing() throws {
    let layer = try RecurrentLayer.gru(8, 16)
    let x = try Tensor.randn([12, 4, 8])
    var requests = 0
    for round in 0..<6 {
      if round == 3 { requests = Allocator.requestCount }
      try layer.forward(x).square().sum().backward()
      layer.zeroGrad()
    }
    #expect(Allocator.requestCount - requests <= 3)
  }

  @Test func emptyBatchesAndSequencesHaveEmptyResults() throws {
    let layer = try RecurrentLayer.lstm(3, 4)
    #expect(try layer.forward(Tensor.zeros([0, 2, 3])).shape == [0, 2, 4])
    #expect(try layer.forward(Tensor.zeros([5, 0, 3])).shape == [5, 0, 4])
    let found = try layer.forward(Tensor.randn([3, 2, 3]), state: [], lengths: [0, 0])
    #expect(try found.output.absolute().sum().item() == 0)
    #expect(try found.state[0].absolute().sum().item() == 0)
  }
}
