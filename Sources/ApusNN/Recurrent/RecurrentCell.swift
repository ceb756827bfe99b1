import ApusAutograd
import ApusNumerics

/// One step of a recurrent layer: RNNCell, LSTMCell, GRUCell, for streams that arrive element by element.
///
/// Inputs are (batch, features) or (features); states (batch, hidden) or (hidden).
public final class RecurrentCell: Module, @unchecked Sendable {
  private let kind: RecurrentKind
  private let inputSize: Int
  private let hiddenSize: Int
  private let hasBias: Bool

  private init(
    _ kind: RecurrentKind, _ inputSize: Int, _ hiddenSize: Int, bias: Bool, dtype: DType, generator: Generator
  ) throws {
    try LayerArguments.requirePositive(inputSize, "input_size")
    try LayerArguments.requirePositive(hiddenSize, "hidden_size")
    self.kind = kind
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    hasBias = bias
    super.init()
    let bound = 1 / Double(hiddenSize).squareRoot()
    let rows = kind.gateCount * hiddenSize
    var shapes = [("weight_ih", [rows, inputSize]), ("weight_hh", [rows, hiddenSize])]
    if bias { shapes += [("bias_ih", [rows]), ("bias_hh", [rows])] }
    for (name, shape) in shapes {
      let values = try Tensor.zeros(shape, dtype: dtype)
      try values.fillUniform(from: -bound, to: bound, generator: generator)
      register(parameter: name, try values.asParameter())
    }
  }

  /// h′ = f(W_ih x + b_ih + W_hh h + b_hh) with f tanh or relu.
  public static func rnn(
    _ inputSize: Int, _ hiddenSize: Int, nonlinearity: String = "tanh", bias: Bool = true, dtype: DType = .float32,
    generator: Generator = .default
  ) throws -> RecurrentCell {
    guard nonlinearity == "tanh" || nonlinearity == "relu" else {
      throw ApusError.invalidArgument(name: "nonlinearity", reason: "'\(nonlinearity)' is not tanh or relu")
    }
    return try RecurrentCell(
      .plain(nonlinearity == "tanh" ? .tanh : .relu), inputSize, hiddenSize, bias: bias, dtype: dtype,
      generator: generator)
  }

  public static func lstm(
    _ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, dtype: DType = .float32, generator: Generator = .default
  ) throws -> RecurrentCell {
    try RecurrentCell(.lstm, inputSize, hiddenSize, bias: bias, dtype: dtype, generator: generator)
  }

  public static func gru(
    _ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, dtype: DType = .float32, generator: Generator = .default
  ) throws -> RecurrentCell {
    try RecurrentCell(.gru, inputSize, hiddenSize, bias: bias, dtype: dtype, generator: generator)
  }

  private var stateCount: Int { kind == .lstm ? 2 : 1 }

  public override func forward(_ input: Tensor) throws -> Tensor { try forward(input, state: [])[0] }

  /// Inputs: x, then h (and c), optional. Results: h′ (and c′).
  public override func forwardAll(_ inputs: [Tensor?]) throws -> [Tensor] {
    guard let first = inputs.first, let input = first, inputs.count <= stateCount + 1 else {
      throw ApusError.invalidArgument(
        name: typeName, reason: "takes 1...\(stateCount + 1) tensors, got \(inputs.count)")
    }
    return try forward(input, state: inputs.dropFirst().compactMap { $0 })
  }

  /// The states after one more element.
  ///
  /// - Parameter state: h (and c); empty for zeros.
  public func forward(_ input: Tensor, state: [Tensor]) throws -> [Tensor] {
    guard input.rank == 1 || input.rank == 2, input.shape[input.rank - 1] == inputSize else {
      throw ApusError.shapeMismatch(
        name: typeName, reason: "input of shape \(input.shape) does not end in input_size = \(inputSize)")
    }
    let isBatch = input.rank == 2
    let expected = (isBatch ? [input.shape[0]] : []) + [hiddenSize]
    var states = state
    if states.isEmpty {
      states = try (0..<stateCount).map { _ in try Tensor.zeros(expected, dtype: input.dtype) }
    }
    guard states.count == stateCount, states.allSatisfy({ $0.shape == expected }) else {
      throw ApusError.shapeMismatch(name: "hx", reason: "shapes \(state.map(\.shape)), expected \(expected)")
    }
    let own = ownParameters.map { $0.tensor! }
    let operands = RecurrentSequence.Operands(
      sequence: try (isBatch ? input : input.unsqueezed(0)).unsqueezed(0),
      start: isBatch ? states : try states.map { try $0.unsqueezed(0) }, inputWeight: own[0], hiddenWeight: own[1],
      inputBias: hasBias ? own[2] : nil, hiddenBias: hasBias ? own[3] : nil)
    let next = try RecurrentSequence.apply(kind, operands, isReverse: false, lengths: nil).state
    return isBatch ? next : try next.map { try $0.squeezed(0) }
  }

  public override var typeName: String { "\(kind.name)Cell" }
  public override var details: String { "\(inputSize), \(hiddenSize)" + (hasBias ? "" : ", bias=False") }
}
