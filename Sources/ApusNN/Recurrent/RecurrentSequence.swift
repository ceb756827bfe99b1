import ApusAutograd
import ApusNumerics

/// A recurrent layer in one direction as one recorded operation: one product for the inputs of all steps, one pass over the
/// steps, and in reverse one pass and one product per weight.
enum RecurrentSequence {
  /// The layer's tensors.
  struct Operands {
    /// (steps, batch, features)
    let sequence: Tensor
    /// h and, for LSTM, c before the first step, (batch, hidden).
    let start: [Tensor]
    /// (gates · hidden, features)
    let inputWeight: Tensor
    /// (gates · hidden, hidden)
    let hiddenWeight: Tensor
    let inputBias: Tensor?
    let hiddenBias: Tensor?

    /// All of them, in the order of the recorded operation's inputs.
    var tensors: [Tensor] {
      [sequence] + start + [inputWeight, hiddenWeight] + [inputBias, hiddenBias].compactMap { $0 }
    }

    /// The same operands with other tensors in the order of ``tensors``.
    func replaced(_ t: [Tensor]) -> Operands {
      let weights = 1 + start.count
      return Operands(
        sequence: t[0], start: Array(t[1..<weights]), inputWeight: t[weights], hiddenWeight: t[weights + 1],
        inputBias: inputBias == nil ? nil : t[weights + 2], hiddenBias: hiddenBias == nil ? nil : t[weights + 3])
    }
  }

  /// The layer's output (steps, batch, hidden) and final states.
  ///
  /// - Parameter lengths: steps of each sequence; later steps give zeros and leave the state.
  static func apply(
    _ kind: RecurrentKind, _ operands: Operands, isReverse: Bool, lengths: [Int]?
  ) throws -> (output: Tensor, state: [Tensor]) {
    for tensor in operands.tensors where tensor.dtype != operands.sequence.dtype {
      throw ApusError.unsupportedType(
        name: kind.name,
        reason: "input holds \(operands.sequence.dtype.name), a state or parameter holds \(tensor.dtype.name)")
    }
    let call = RecurrentCall(kind: kind, operands: operands, isReverse: isReverse, lengths: lengths)
    switch (kind, operands.sequence.dtype) {
    case (.plain(.tanh), .float32): return try call.run(TanhRule<Float>.self)
    case (.plain(.tanh), .float64): return try call.run(TanhRule<Double>.self)
    case (.plain(.relu), .float32): return try call.run(ReLURule<Float>.self)
    case (.plain(.relu), .float64): return try call.run(ReLURule<Double>.self)
    case (.lstm, .float32): return try call.run(LSTMRule<Float>.self)
    case (.lstm, .float64): return try call.run(LSTMRule<Double>.self)
    case (.gru, .float32): return try call.run(GRURule<Float>.self)
    case (.gru, .float64): return try call.run(GRURule<Double>.self)
    case (_, let dtype):
      throw ApusError.unsupportedType(name: kind.name, reason: "takes float32 or float64 tensors, got \(dtype.name)")
    }
  }
}

/// One call of ``RecurrentSequence/apply(_:_:isReverse:lengths:)``.
private struct RecurrentCall {
  let kind: RecurrentKind
  let operands: RecurrentSequence.Operands
  let isReverse: Bool
  let lengths: [Int]?

  private var steps: Int { operands.sequence.shape[0] }
  private var batch: Int { operands.sequence.shape[1] }
  private var features: Int { operands.sequence.shape[2] }
  private var hidden: Int { operands.hiddenWeight.shape[1] }

  func run<Rule: RecurrentCellRule>(_ rule: Rule.Type) throws -> (output: Tensor, state: [Tensor]) {
    typealias T = Rule.Scalar
    let pass = RecurrentPass<Rule>(
      steps: steps, batch: batch, hidden: hidden, isReverse: isReverse, lengths: lengths)
    let record = try project(rule)
    let weight = try operands.hiddenWeight.array.packed()
    let biases = try [operands.inputBias, operands.hiddenBias].map { try $0?.array.packed() }
    try pass.forward(
      record, weight: UnsafePointer(weight.raw(T.self)), inputBias: biases[0].map { UnsafePointer($0.raw(T.self)) },
      hiddenBias: biases[1].map { UnsafePointer($0.raw(T.self)) })
    withExtendedLifetime((weight, biases)) {}
    let outputs = isReverse ? 0..<steps : 1..<steps + 1
    let output = Tensor(try masked(try record.h.slice(outputs)))
    let states = try [record.h, record.c].prefix(operands.start.count).map { slots in
      let last = try TensorMemory.array([batch, hidden], T.dtype)
      let slot = isReverse ? 0 : steps
      last.raw(T.self).update(from: slots.raw(T.self) + slot * batch * hidden, count: batch * hidden)
      return Tensor(last)
    }
    let inputs = operands.tensors
    guard Tensor.shouldRecord(inputs) else { return (output, states) }
    let saved = inputs.map { SavedTensor($0) }
    let savedOutput = SavedResult(output)
    Tensor.record(kind.nodeName, inputs, outputs: [output] + states) { call in
      let tensors = try saved.map { try $0.unpacked(for: call) }
      if GradMode.isEnabled { return try differentiable(tensors, call) }
      _ = try savedOutput.unpacked(for: call)
      return try backward(pass, record, operands.replaced(tensors), call)
    }
    return (output, states)
  }

  /// W_ih x of all steps in one product, and the starting states in their slots.
  private func project<Rule: RecurrentCellRule>(_ rule: Rule.Type) throws -> RecurrentPass<Rule>.Record {
    typealias T = Rule.Scalar
    let (rows, width) = (steps * batch, Rule.gates * hidden)
    let gates = try TensorMemory.array([steps, batch, width], T.dtype)
    let source = try operands.sequence.array.packed()
    let weight = try operands.inputWeight.array.packed()
    try BLAS.checkExtents([rows, width, features], name: kind.name)
    try BLAS.gemm(
      transA: true, m: width, n: rows, k: features, a: UnsafePointer(weight.raw(T.self)), lda: max(features, 1),
      b: UnsafePointer(source.raw(T.self)), ldb: max(features, 1), c: gates.raw(T.self), ldc: width)
    withExtendedLifetime((source, weight)) {}
    func slots(_ start: Tensor) throws -> NDArray {
      let all = try TensorMemory.array([steps + 1, batch, hidden], T.dtype)
      let first = try start.array.packed()
      let slot = isReverse ? steps : 0
      (all.raw(T.self) + slot * batch * hidden).update(from: first.raw(T.self), count: batch * hidden)
      withExtendedLifetime(first) {}
      return all
    }
    let none = try TensorMemory.array([0], T.dtype)
    return RecurrentPass<Rule>.Record(
      gates: gates, h: try slots(operands.start[0]), c: Rule.hasCell ? try slots(operands.start[1]) : none,
      apart: Rule.apartGate == nil ? none : try TensorMemory.array([steps, batch, hidden], T.dtype))
  }

  /// The outputs with zeros beyond each sequence's end; the states' own memory when all sequences are whole.
  private func masked(_ outputs: NDArray) throws -> NDArray {
    guard let lengths, lengths.contains(where: { $0 < steps }) else { return outputs }
    let result = try TensorMemory.array(outputs.shape, outputs.dtype)
    try result.assign(from: outputs)
    let rowBytes = hidden * outputs.dtype.stride
    for t in 0..<steps {
      for (row, length) in lengths.enumerated() where t >= length {
        (result.data + (t * batch + row) * rowBytes).initializeMemory(as: UInt8.self, repeating: 0, count: rowBytes)
      }
    }
    return result
  }

  // MARK: Derivatives

  private func backward<Rule: RecurrentCellRule>(
    _ pass: RecurrentPass<Rule>, _ record: RecurrentPass<Rule>.Record, _ operands: RecurrentSequence.Operands,
    _ call: BackwardCall
  ) throws -> [Tensor?] {
    typealias T = Rule.Scalar
    let (rows, width) = (steps * batch, Rule.gates * hidden)
    let inputDelta = try TensorMemory.array([rows, width], T.dtype)
    let hiddenDelta = Rule.apartGate == nil ? inputDelta : try TensorMemory.array([rows, width], T.dtype)
    let outputDelta = try call.gradients[0]?.array.packed()
    let startDeltas = try (0..<operands.start.count).map { index -> NDArray in
      let delta = try TensorMemory.array([batch, hidden], T.dtype)
      if let given = call.gradients[1 + index] {
        try delta.assign(from: given.array)
      } else {
        delta.raw(T.self).update(repeating: 0, count: batch * hidden)
      }
      return delta
    }
    let weight = try operands.hiddenWeight.array.packed()
    try pass.backward(
      record, weight: UnsafePointer(weight.raw(T.self)), outputDelta: outputDelta.map { UnsafePointer($0.raw(T.self)) },
      inputDelta: inputDelta.raw(T.self), hiddenDelta: hiddenDelta.raw(T.self), startDeltas: startDeltas)
    withExtendedLifetime((weight, outputDelta)) {}
    let products = RecurrentGradients<T>(rows: rows, width: width)
    let first = 1 + operands.start.count
    var results: [Tensor?] = [nil] + startDeltas.map { Tensor($0) }
    if call.needs(0) {
      let gradient = try products.inputs(inputDelta, try operands.inputWeight.array.packed(), features)
      results[0] = Tensor(try gradient.reshaped(operands.sequence.shape))
    }
    let sequence = try operands.sequence.array.packed()
    let previous = try record.h.slice(isReverse ? 1..<steps + 1 : 0..<steps)
    results.append(call.needs(first) ? Tensor(try products.weights(inputDelta, sequence, features)) : nil)
    results.append(call.needs(first + 1) ? Tensor(try products.weights(hiddenDelta, previous, hidden)) : nil)
    if operands.inputBias != nil {
      results.append(call.needs(first + 2) ? Tensor(try products.biases(inputDelta)) : nil)
    }
    if operands.hiddenBias != nil {
      results.append(call.needs(first + 3) ? Tensor(try products.biases(hiddenDelta)) : nil)
    }
    return results
  }

  /// The gradients through the separate steps, so that they can be differentiated again.
  private func differentiable(_ tensors: [Tensor], _ call: BackwardCall) throws -> [Tensor?] {
    let (output, state) = try RecurrentSteps.run(
      kind, operands.replaced(tensors), isReverse: isReverse, lengths: lengths)
    let pairs = zip([output] + state, call.gradients).compactMap { result, gradient in gradient.map { (result, $0) } }
    let wanted = tensors.indices.filter(call.needs)
    let found = try Tensor.gradients(
      of: pairs.map(\.0), with: wanted.map { tensors[$0] }, gradients: pairs.map(\.1), createGraph: true,
      allowUnused: true)
    var results = [Tensor?](repeating: nil, count: tensors.count)
    for (index, gradient) in zip(wanted, found) { results[index] = gradient }
    return results
  }
}

/// Products of all steps' δ (rows, width) with what they were computed from.
private struct RecurrentGradients<T: RecurrentScalar> {
  let rows: Int
  let width: Int

  /// δ · W, (rows, features).
  func inputs(_ delta: NDArray, _ weight: NDArray, _ features: Int) throws -> NDArray {
    let result = try TensorMemory.array([rows, features], T.dtype)
    try BLAS.gemm(
      m: features, n: rows, k: width, a: UnsafePointer(weight.raw(T.self)), lda: max(features, 1),
      b: UnsafePointer(delta.raw(T.self)), ldb: width, c: result.raw(T.self), ldc: max(features, 1))
    withExtendedLifetime((delta, weight)) {}
    return result
  }

  /// δᵀ · x, (width, features).
  func weights(_ delta: NDArray, _ source: NDArray, _ features: Int) throws -> NDArray {
    let result = try TensorMemory.array([width, features], T.dtype)
    try BLAS.gemm(
      transB: true, m: features, n: width, k: rows, a: UnsafePointer(source.raw(T.self)), lda: max(features, 1),
      b: UnsafePointer(delta.raw(T.self)), ldb: width, c: result.raw(T.self), ldc: max(features, 1))
    withExtendedLifetime((delta, source)) {}
    return result
  }

  /// Column sums of δ, (width).
  func biases(_ delta: NDArray) throws -> NDArray {
    let result = try TensorMemory.array([width], T.dtype)
    WideChainKernels.columnSums(UnsafePointer(delta.raw(T.self)), result.raw(T.self), rows: rows, width: width)
    withExtendedLifetime(delta) {}
    return result
  }
}
