import ApusAutograd
import ApusNumerics

/// RNN, LSTM and GRU over sequences: several layers, both directions, weights and order of PyTorch.
///
/// The input's products for all steps of a layer are one matrix product. Inputs are (length, batch, features), with
/// `batchFirst` (batch, length, features), or (length, features) without batch; lengths may differ within a batch
/// (``forward(_:state:lengths:)``).
public final class RecurrentLayer: Module, @unchecked Sendable {
  private let kind: RecurrentKind
  private let name: String
  private let inputSize: Int
  private let hiddenSize: Int
  private let layerCount: Int
  private let isBidirectional: Bool
  private let batchFirst: Bool
  private let dropout: Double
  private let hasBias: Bool

  private init(
    _ kind: RecurrentKind, name: String, inputSize: Int, hiddenSize: Int, layers: Int, bias: Bool, batchFirst: Bool,
    dropout: Double, bidirectional: Bool, dtype: DType, generator: Generator
  ) throws {
    try LayerArguments.requirePositive(inputSize, "input_size")
    try LayerArguments.requirePositive(hiddenSize, "hidden_size")
    try LayerArguments.requirePositive(layers, "num_layers")
    guard (0...1).contains(dropout) else {
      throw ApusError.invalidArgument(name: "dropout", reason: "\(dropout) is not in [0, 1]")
    }
    self.kind = kind
    self.name = name
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    layerCount = layers
    isBidirectional = bidirectional
    self.batchFirst = batchFirst
    self.dropout = dropout
    hasBias = bias
    super.init()
    let bound = 1 / Double(hiddenSize).squareRoot()
    let rows = kind.gateCount * hiddenSize
    for layer in 0..<layers {
      for direction in 0..<(bidirectional ? 2 : 1) {
        let features = layer == 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1)
        var shapes = [("weight_ih", [rows, features]), ("weight_hh", [rows, hiddenSize])]
        if bias { shapes += [("bias_ih", [rows]), ("bias_hh", [rows])] }
        for (name, shape) in shapes {
          let values = try Tensor.zeros(shape, dtype: dtype)
          try values.fillUniform(from: -bound, to: bound, generator: generator)
          register(parameter: "\(name)_l\(layer)\(direction == 1 ? "_reverse" : "")", try values.asParameter())
        }
      }
    }
  }

  /// h_t = f(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh) with f tanh or relu.
  public static func rnn(
    _ inputSize: Int, _ hiddenSize: Int, layers: Int = 1, nonlinearity: String = "tanh", bias: Bool = true,
    batchFirst: Bool = false, dropout: Double = 0, bidirectional: Bool = false, dtype: DType = .float32,
    generator: Generator = .default
  ) throws -> RecurrentLayer {
    guard nonlinearity == "tanh" || nonlinearity == "relu" else {
      throw ApusError.invalidArgument(name: "nonlinearity", reason: "'\(nonlinearity)' is not tanh or relu")
    }
    return try RecurrentLayer(
      .plain(nonlinearity == "tanh" ? .tanh : .relu), name: "RNN", inputSize: inputSize, hiddenSize: hiddenSize,
      layers: layers, bias: bias, batchFirst: batchFirst, dropout: dropout, bidirectional: bidirectional, dtype: dtype,
      generator: generator)
  }

  /// Long short-term memory (Hochreiter and Schmidhuber, 1997; forget gate of Gers et al., 2000).
  public static func lstm(
    _ inputSize: Int, _ hiddenSize: Int, layers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, dtype: DType = .float32, generator: Generator = .default
  ) throws -> RecurrentLayer {
    try RecurrentLayer(
      .lstm, name: "LSTM", inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, bias: bias,
      batchFirst: batchFirst, dropout: dropout, bidirectional: bidirectional, dtype: dtype, generator: generator)
  }

  /// Gated recurrent units (Cho et al., 2014).
  public static func gru(
    _ inputSize: Int, _ hiddenSize: Int, layers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, dtype: DType = .float32, generator: Generator = .default
  ) throws -> RecurrentLayer {
    try RecurrentLayer(
      .gru, name: "GRU", inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, bias: bias,
      batchFirst: batchFirst, dropout: dropout, bidirectional: bidirectional, dtype: dtype, generator: generator)
  }

  private var directions: Int { isBidirectional ? 2 : 1 }
  private var stateCount: Int { kind == .lstm ? 2 : 1 }

  public override func forward(_ input: Tensor) throws -> Tensor { try forward(input, state: []).output }

  /// Inputs: sequence, then hidden state (and cell state), then lengths (int64), each optional but the first. Results: output,
  /// final hidden state, and for LSTM the final cell state.
  public override func forwardAll(_ inputs: [Tensor?]) throws -> [Tensor] {
    guard let first = inputs.first, let input = first, inputs.count <= stateCount + 2 else {
      throw ApusError.invalidArgument(name: name, reason: "takes 1...\(stateCount + 2) tensors, got \(inputs.count)")
    }
    let state = inputs.dropFirst().prefix(stateCount).compactMap { $0 }
    let lengths = inputs.count == stateCount + 2 ? inputs[stateCount + 1] : nil
    let result = try forward(input, state: state, lengths: try lengths?.elements(as: Int64.self).map { Int($0) })
    return [result.output] + result.state
  }

  /// The outputs of the last layer at every step, and the final states (layers · directions, batch, hidden).
  ///
  /// - Parameters:
  ///   - state: starting states of that shape; empty for zeros.
  ///   - lengths: one per sequence, 0 allowed, in any order; steps beyond a sequence's end give zeros and leave its state.
  public func forward(
    _ input: Tensor, state: [Tensor], lengths: [Int]? = nil
  ) throws -> (output: Tensor, state: [Tensor]) {
    guard input.rank == 2 || input.rank == 3, input.shape[input.rank - 1] == inputSize else {
      throw ApusError.shapeMismatch(
        name: name, reason: "input of shape \(input.shape) does not end in input_size = \(inputSize)")
    }
    let isBatch = input.rank == 3
    var sequence = isBatch ? (batchFirst ? try input.transposed(0, 1) : input) : try input.unsqueezed(1)
    let (length, batch) = (sequence.shape[0], sequence.shape[1])
    let expected = [layerCount * directions, batch, hiddenSize]
    var states = try state.map { isBatch ? $0 : try $0.unsqueezed(1) }
    if states.isEmpty {
      states = try (0..<stateCount).map { _ in try Tensor.zeros(expected, dtype: input.dtype) }
    }
    guard states.count == stateCount, states.allSatisfy({ $0.shape == expected }) else {
      throw ApusError.shapeMismatch(name: "hx", reason: "shapes \(state.map(\.shape)), expected \(expected)")
    }
    if let lengths, lengths.count != batch || lengths.contains(where: { $0 < 0 || $0 > length }) {
      throw ApusError.invalidArgument(
        name: "lengths", reason: "\(lengths) do not fit \(batch) sequences of \(length) steps")
    }
    var finals: [[Tensor]] = Array(repeating: [], count: stateCount)
    for layer in 0..<layerCount {
      var outputs: [Tensor] = []
      for direction in 0..<directions {
        let index = layer * directions + direction
        let start = try states.map { try $0.select(dim: 0, index: index) }
        let (output, end) = try RecurrentSequence.apply(
          kind, operands(sequence, start, parameters: index), isReverse: direction == 1, lengths: lengths)
        outputs.append(output)
        for (position, tensor) in end.enumerated() { finals[position].append(tensor) }
      }
      sequence = outputs.count == 1 ? outputs[0] : try Tensor.concatenated(outputs, dim: 2)
      if dropout > 0, isTraining, layer < layerCount - 1 { sequence = try sequence.dropout(dropout) }
    }
    var output = sequence
    if isBatch { if batchFirst { output = try output.transposed(0, 1) } } else { output = try output.squeezed(1) }
    let ends = try finals.map { list -> Tensor in
      let stacked = try Tensor.stacked(list)
      return isBatch ? stacked : try stacked.squeezed(1)
    }
    return (output, ends)
  }

  /// The tensors of one layer in one direction.
  private func operands(_ sequence: Tensor, _ start: [Tensor], parameters index: Int) -> RecurrentSequence.Operands {
    let perCell = hasBias ? 4 : 2
    let own = ownParameters[index * perCell..<(index + 1) * perCell].map { $0.tensor! }
    return RecurrentSequence.Operands(
      sequence: sequence, start: start, inputWeight: own[0], hiddenWeight: own[1], inputBias: hasBias ? own[2] : nil,
      hiddenBias: hasBias ? own[3] : nil)
  }

  public override var typeName: String { name }
  public override var details: String {
    var text = "\(inputSize), \(hiddenSize)"
    if layerCount != 1 { text += ", num_layers=\(layerCount)" }
    if !hasBias { text += ", bias=False" }
    if batchFirst { text += ", batch_first=True" }
    if dropout != 0 { text += ", dropout=\(dropout)" }
    if isBidirectional { text += ", bidirectional=True" }
    return text
  }
}
