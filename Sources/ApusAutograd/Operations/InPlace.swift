import ApusNumerics

/// Changes in place. The graph sees them as new values: gradients flow through what was written and through what was kept.
extension Tensor {
  /// Replaces the elements by those of `operation(self)`; `others` are the further tensors it reads.
  ///
  /// - Throws: when this is a leaf that collects gradients (outside ``withoutGrad(_:)``), memory is read-only, elements share
  ///   memory, or the result has another shape.
  @discardableResult
  public func modify(with others: [Tensor] = [], _ operation: (Tensor) throws -> Tensor) throws -> Tensor {
    try checkWritable()
    let isRecorded = Tensor.shouldRecord([self] + others)
    let source = isRecorded ? try snapshot() : detached()
    let result = try operation(source)
    guard result.shape == shape else {
      throw ApusError.shapeMismatch(
        name: "in-place operation", reason: "the result has shape \(result.shape), the tensor has shape \(shape)")
    }
    if result.isFloatingPoint, !isFloatingPoint {
      throw ApusError.unsupportedType(
        name: "in-place operation", reason: "a \(result.dtype.name) result cannot be stored in \(dtype.name)")
    }
    let values = try result.converted(to: dtype)
    try array.assign(from: values.array)
    bumpVersion()
    if isRecorded { rebase(on: values) }
    return self
  }

  /// The present values with the present place in the graph, in memory of their own.
  private func snapshot() throws -> Tensor {
    let copy = try TensorMemory.array(shape, dtype)
    try copy.assign(from: array)
    let result = Tensor(copy)
    if let node { result.setNode(node, outputIndex: outputIndex) }
    return result
  }

  private func checkWritable() throws {
    let base = viewRelation?.base ?? self
    if GradMode.isEnabled, isFloatingPoint, base.isLeafRequiringGrad, base.node == nil {
      throw ApusError.invalidArgument(
        name: "in-place operation",
        reason: "a leaf tensor that requires gradients (or a view of one) may only be changed inside no_grad")
    }
    guard array.storage.isWritable else {
      throw ApusError.invalidArgument(name: "in-place operation", reason: "the memory is read-only")
    }
    if zip(shape, array.strides).contains(where: { $0 > 1 && $1 == 0 }) {
      throw ApusError.invalidArgument(
        name: "in-place operation", reason: "elements of an expanded tensor share memory; use clone() first")
    }
  }

  /// Puts `values`, just written into this memory, in this tensor's place in the graph.
  private func rebase(on values: Tensor) {
    guard let base = viewRelation?.base else {
      setNode(values.node, outputIndex: values.outputIndex)
      return
    }
    let region = ViewRegion(view: self, base: base)
    let node = GraphNode("CopySlices", edges: [base.edge, values.edge]) { call in
      [try region.cleared(call.gradient), try region.taken(call.gradient)]
    }
    base.setNode(node)
  }

  /// self += alpha · other. Without recording this is one pass over the memory.
  @discardableResult
  public func add(inPlace other: Tensor, alpha: Double = 1) throws -> Tensor {
    if !Tensor.shouldRecord([self, other]), dtype == other.dtype, shape == other.shape, isFloatingPoint,
      array.isContiguous, other.array.isContiguous
    {
      try checkWritable()
      if dtype == .float32 {
        Self.accumulate(array.raw(Float.self), other.array.raw(Float.self), Float(alpha), count)
      } else {
        Self.accumulate(array.raw(Double.self), other.array.raw(Double.self), alpha, count)
      }
      bumpVersion()
      return self
    }
    return try modify(with: [other]) { try $0.adding(other, alpha: alpha) }
  }

  private static func accumulate<T: TensorFloat>(
    _ x: UnsafeMutablePointer<T>, _ y: UnsafePointer<T>, _ alpha: T, _ count: Int
  ) {
    ElementwiseLoop.blocks(count) { range in
      for i in range { x[i] += alpha * y[i] }
    }
  }

  /// Takes over the elements of `other`, broadcast and converted: `copy_`.
  @discardableResult
  public func copy(from other: Tensor) throws -> Tensor {
    let target = shape
    return try modify(with: [other]) { own in
      let values = try other.converted(to: own.dtype).expanded(target)
      return Tensor.shouldRecord([other]) ? values : try values.cloned()
    }
  }

  /// Every element becomes `value`.
  @discardableResult
  public func fill(_ value: Double) throws -> Tensor {
    try modify { try Tensor.full($0.shape, value, dtype: $0.dtype) }
  }

  // MARK: Random fills, with PyTorch's bits

  private func fillRandomly(_ body: (NDArray) throws -> Void) throws -> Tensor {
    try modify { own in
      let values = try Tensor.empty(own.shape, dtype: own.dtype)
      try body(values.array)
      return values
    }
  }

  /// `uniform_(from, to)`
  @discardableResult
  public func fillUniform(from: Double = 0, to: Double = 1, generator: Generator = .default) throws -> Tensor {
    try fillRandomly { try generator.fillUniform($0.data, dtype: $0.dtype, count: $0.count, from: from, to: to) }
  }

  /// `normal_(mean, std)`
  @discardableResult
  public func fillNormal(
    mean: Double = 0, standardDeviation: Double = 1, generator: Generator = .default
  ) throws -> Tensor {
    try fillRandomly {
      try generator.fillNormal(
        $0.data, dtype: $0.dtype, count: $0.count, mean: mean, standardDeviation: standardDeviation)
    }
  }

  /// Normal variates conditioned on [low, high]: `torch.nn.init.trunc_normal_(self, mean, std, a, b)`.
  @discardableResult
  public func fillTruncatedNormal(
    mean: Double = 0, standardDeviation: Double = 1, low: Double = -2, high: Double = 2,
    generator: Generator = .default
  ) throws -> Tensor {
    try fillRandomly {
      try generator.fillTruncatedNormal(
        $0.data, dtype: $0.dtype, count: $0.count, mean: mean, standardDeviation: standardDeviation, low: low,
        high: high)
    }
  }

  /// `bernoulli_(p)`
  @discardableResult
  public func fillBernoulli(probability: Double = 0.5, generator: Generator = .default) throws -> Tensor {
    try fillRandomly {
      try generator.fillBernoulli($0.data, dtype: $0.dtype, count: $0.count, probability: probability)
    }
  }
}

extension Tensor {
  /// Tells the graph that the elements were changed from outside, as optimisers do.
  package func didChangeInPlace() { bumpVersion() }
}
