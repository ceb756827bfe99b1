import ApusNumerics

extension Tensor {
  /// Computes the derivative of this tensor with respect to every leaf it depends on and adds it to their ``grad``.
  ///
  /// - Parameters:
  ///   - gradient: δ of this tensor; may be nil for a scalar, where it is 1.
  ///   - retainGraph: keeps what the graph saved, so that backward can run through it again; nil follows `createGraph`.
  ///   - createGraph: records the derivatives too, for derivatives of higher order.
  /// - Throws: when the tensor does not require gradients, is no scalar and no `gradient` is given, a saved value was
  ///   changed in place, or the graph was used before without `retainGraph`.
  /// - Complexity: a small multiple of the forward computation's.
  public func backward(gradient: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false) throws {
    let seed = try seedGradient(gradient, name: "backward")
    try BackwardEngine.run(
      roots: [(self, seed)], target: .accumulate, retainGraph: retainGraph ?? createGraph, createGraph: createGraph)
  }

  /// Derivatives of the sum of `outputs` (each weighted by its gradient) with respect to `inputs`, leaving ``grad`` alone.
  ///
  /// - Parameter allowUnused: gives nil for inputs the outputs do not depend on, which is an error otherwise.
  public static func gradients(
    of outputs: [Tensor], with inputs: [Tensor], gradients: [Tensor?]? = nil, retainGraph: Bool? = nil,
    createGraph: Bool = false, allowUnused: Bool = false
  ) throws -> [Tensor?] {
    if let gradients, gradients.count != outputs.count {
      throw ApusError.shapeMismatch(
        name: "grad_outputs", reason: "\(gradients.count) gradients for \(outputs.count) outputs")
    }
    for (index, input) in inputs.enumerated() where !input.requiresGrad {
      throw ApusError.invalidArgument(name: "inputs[\(index)]", reason: "does not require gradients")
    }
    let roots = try outputs.enumerated().map { index, output in
      (output, try output.seedGradient(gradients?[index], name: "outputs[\(index)]"))
    }
    let keys = inputs.map { BackwardEngine.Collector.key(of: $0) }
    let collector = BackwardEngine.Collector(wanted: Set(keys))
    try BackwardEngine.run(
      roots: roots, target: .collect(collector), retainGraph: retainGraph ?? createGraph, createGraph: createGraph)
    return try zip(keys, inputs.indices).map { key, index in
      if let result = collector.results[key] { return result }
      guard allowUnused else {
        throw ApusError.invalidArgument(
          name: "inputs[\(index)]", reason: "the outputs do not depend on it; pass allow_unused=True to get None")
      }
      return nil
    }
  }

  private func seedGradient(_ gradient: Tensor?, name: String) throws -> Tensor {
    guard requiresGrad else {
      throw ApusError.invalidArgument(
        name: name, reason: "the tensor does not require gradients: nothing it was computed from does")
    }
    if let gradient {
      guard gradient.shape == shape else {
        throw ApusError.shapeMismatch(
          name: "gradient", reason: "has shape \(gradient.shape), the tensor has shape \(shape)")
      }
      return gradient
    }
    guard count == 1 else {
      throw ApusError.invalidArgument(
        name: name, reason: "a gradient can be created implicitly only for scalars, this tensor has shape \(shape)")
    }
    return try Tensor.full(shape, 1, dtype: dtype)
  }

  /// Whether no other tensor or array shares this tensor's row-major elements.
  var ownsItsMemory: Bool { array.isContiguous && array.isUniquelyReferenced() && storageIsWhole }

  /// Whether the memory is no larger than the elements: otherwise this is a slice of something that was larger.
  private var storageIsWhole: Bool { array.storage.byteCount == array.count * array.dtype.stride }
}
