import ApusAutograd
import ApusNumerics

/// A recurrent layer step by step, out of separate tensor operations: what derivatives of higher order go through.
enum RecurrentSteps {
  static func run(
    _ kind: RecurrentKind, _ operands: RecurrentSequence.Operands, isReverse: Bool, lengths: [Int]?
  ) throws -> (output: Tensor, state: [Tensor]) {
    let sequence = operands.sequence
    let length = sequence.shape[0]
    let projected = try Tensor.linear(sequence, weight: operands.inputWeight, bias: operands.inputBias)
    var state = operands.start
    var outputs = [Tensor?](repeating: nil, count: length)
    for step in isReverse ? Array((0..<length).reversed()) : Array(0..<length) {
      let recurrent = try Tensor.linear(state[0], weight: operands.hiddenWeight, bias: operands.hiddenBias)
      let next = try kind.step(projected.select(dim: 0, index: step), recurrent, state)
      if let lengths {
        let isActive = try active(lengths, step, sequence.dtype)
        outputs[step] = try next[0] * isActive
        state = try zip(state, next).map { try $0 + ($1 - $0) * isActive }
      } else {
        outputs[step] = next[0]
        state = next
      }
    }
    let all = outputs.compactMap { $0 }
    let output =
      all.isEmpty
      ? try Tensor.zeros([0, sequence.shape[1], operands.hiddenWeight.shape[1]], dtype: sequence.dtype)
      : try Tensor.stacked(all)
    return (output, state)
  }

  /// Which sequences have a step: (batch, 1) of ones and zeros.
  private static func active(_ lengths: [Int], _ step: Int, _ dtype: DType) throws -> Tensor {
    try Tensor(lengths.map { $0 > step ? 1.0 : 0.0 }, shape: [lengths.count, 1]).converted(to: dtype)
  }
}
