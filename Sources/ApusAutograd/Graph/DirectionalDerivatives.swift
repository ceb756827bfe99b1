import ApusNumerics

extension Tensor {
  /// Forward-mode products J·v: how `outputs` change when `inputs` move along `tangents`.
  ///
  /// Two reverse passes instead of a forward one: uᵀJ is linear in u, and its derivative with respect to u, weighted by v,
  /// is J·v. Costs about two backward passes; the graph stays usable.
  ///
  /// - Returns: one tensor per output, nil where an output does not depend on the inputs.
  public static func jacobianVectorProduct(
    of outputs: [Tensor], with inputs: [Tensor], tangents: [Tensor]
  ) throws -> [Tensor?] {
    guard tangents.count == inputs.count else {
      throw ApusError.shapeMismatch(name: "tangents", reason: "\(tangents.count) tangents for \(inputs.count) inputs")
    }
    for (index, (input, tangent)) in zip(inputs, tangents).enumerated() where input.shape != tangent.shape {
      throw ApusError.shapeMismatch(
        name: "tangents[\(index)]", reason: "has shape \(tangent.shape), the input has shape \(input.shape)")
    }
    let probes = try outputs.map { output in
      let probe = try Tensor.zeros(like: output)
      try probe.setRequiresGrad(true)
      return probe
    }
    let pulled = try gradients(
      of: outputs, with: inputs, gradients: probes, retainGraph: true, createGraph: true, allowUnused: true)
    // What does not depend on the probes does not depend on the outputs.
    let pairs = zip(pulled, tangents).compactMap { gradient, tangent in
      gradient.flatMap { $0.requiresGrad ? ($0, tangent) : nil }
    }
    if pairs.isEmpty { return outputs.map { _ in nil } }
    return try gradients(
      of: pairs.map(\.0), with: probes, gradients: pairs.map(\.1), retainGraph: true, allowUnused: true)
  }
}
