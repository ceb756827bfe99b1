import ApusNumerics

extension Tensor {
  /// Gradient checkpointing: `function` of `inputs` without keeping what its derivative needs; the backward pass computes it
  /// again (Chen, Xu, Zhang and Guestrin, 2016). Memory for time: one more forward computation.
  ///
  /// The random numbers of the second computation are those of the first, so dropout drops the same elements.
  ///
  /// - Parameters:
  ///   - parameters: tensors other than `inputs` that `function` uses and that want gradients.
  public static func checkpointed(
    _ inputs: [Tensor], parameters: [Tensor] = [], _ function: @escaping ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    let random = Generator.default.state
    let results = try withoutGrad { try function(inputs) }
    let sources = inputs + parameters
    let saved = sources.map { SavedTensor($0) }
    record("CheckpointBackward0", sources, outputs: results) { call in
      let originals = try saved.map { try $0.unpacked(for: call) }
      let createGraph = GradMode.isEnabled
      // Inputs leave their own graph, which this pass walks through next; parameters are leaves already.
      let used = try originals.enumerated().map { index, tensor in
        guard !createGraph, index < inputs.count, call.needs(index) else { return tensor }
        let leaf = tensor.detached()
        try leaf.setRequiresGrad(true)
        return leaf
      }
      let again = try withRandomState(random) {
        try GradMode.with(enabled: true) { try function(Array(used.prefix(inputs.count))) }
      }
      let pairs = zip(again, call.gradients).compactMap { result, gradient in
        gradient.flatMap { result.requiresGrad ? (result, $0) : nil }
      }
      let wanted = used.indices.filter(call.needs)
      var gradients = [Tensor?](repeating: nil, count: used.count)
      if pairs.isEmpty { return gradients }
      let found = try Tensor.gradients(
        of: pairs.map(\.0), with: wanted.map { used[$0] }, gradients: pairs.map(\.1), createGraph: createGraph,
        allowUnused: true)
      for (index, gradient) in zip(wanted, found) { gradients[index] = gradient }
      return gradients
    }
    return results
  }

  /// Runs `body` with the default generator in another state, and puts its own back.
  private static func withRandomState<Result>(_ state: [UInt8], _ body: () throws -> Result) throws -> Result {
    let now = Generator.default.state
    try Generator.default.setState(state)
    defer { try? Generator.default.setState(now) }
    return try body()
  }
}
