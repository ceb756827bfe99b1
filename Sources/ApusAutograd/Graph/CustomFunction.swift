import ApusNumerics

extension Tensor {
  /// An operation with a derivative of the caller's own.
  ///
  /// - Parameters:
  ///   - name: the operation's name in descriptions of graphs and error messages.
  ///   - inputs: what the results are computed from.
  ///   - forward: computes the results; nothing it does is recorded.
  ///   - backward: δ of every input from δ of every result; nil stands for zeros, on both sides. What it computes with
  ///     tensor operations is recorded when derivatives of higher order are asked for.
  /// - Throws: what `forward` throws; a backward pass throws when `backward` does, and when it returns another number of
  ///   gradients or other shapes than there are inputs.
  public static func custom(
    _ name: String, _ inputs: [Tensor], forward: ([Tensor]) throws -> [Tensor],
    backward: @escaping ([Tensor?]) throws -> [Tensor?]
  ) throws -> [Tensor] {
    let results = try withoutGrad { try forward(inputs) }.map { result in
      // A result that is an input, or belongs to another graph, gets a place of its own in this one.
      result.node != nil || inputs.contains { $0 === result } ? result.detached() : result
    }
    attach(name, inputs, outputs: results, backward: backward)
    return results
  }

  /// Makes `outputs`, computed without recording, the results of an operation on `inputs` with the derivative `backward`.
  package static func attach(
    _ name: String, _ inputs: [Tensor], outputs: [Tensor], backward: @escaping ([Tensor?]) throws -> [Tensor?]
  ) {
    record(name, inputs, outputs: outputs) { call in
      let gradients = try backward(call.gradients)
      guard gradients.count == inputs.count else {
        throw ApusError.invalidArgument(
          name: name, reason: "backward returned \(gradients.count) gradients for \(inputs.count) inputs")
      }
      for (index, gradient) in gradients.enumerated() where call.needs(index) {
        guard let gradient, gradient.shape != inputs[index].shape else { continue }
        throw ApusError.shapeMismatch(
          name: name,
          reason: "backward returned a gradient of shape \(gradient.shape) for input \(index) of shape "
            + "\(inputs[index].shape)")
      }
      return gradients
    }
  }
}
