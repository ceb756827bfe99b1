import ApusNumerics

extension Tensor {
  /// exp(x) / Σ exp(x) along an axis.
  public func softmax(_ dim: Int) throws -> Tensor { try normalizedExponential(dim, isLog: false) }

  /// log of ``softmax(_:)``, without the loss of digits.
  public func logSoftmax(_ dim: Int) throws -> Tensor { try normalizedExponential(dim, isLog: true) }

  private func normalizedExponential(_ dim: Int, isLog: Bool) throws -> Tensor {
    guard isFloatingPoint else { return try converted(to: .float32).normalizedExponential(dim, isLog: isLog) }
    let axis = try Shapes.axis(dim, rank: rank)
    if rank > 0, axis != rank - 1 {
      return try transposed(axis, rank - 1).contiguous().normalizedExponential(rank - 1, isLog: isLog)
        .transposed(axis, rank - 1)
    }
    let n = rank == 0 ? 1 : shape[axis]
    let rows = n == 0 ? 0 : count / n
    let source = try array.packed()
    let result = Tensor(try TensorMemory.array(shape, dtype))
    if dtype == .float32 {
      try SoftmaxKernels.forward(
        source.raw(Float.self), result.array.raw(Float.self), rows: rows, n: n, isLog: isLog)
    } else {
      try SoftmaxKernels.forward(
        source.raw(Double.self), result.array.raw(Double.self), rows: rows, n: n, isLog: isLog)
    }
    guard Tensor.shouldRecord([self]) else { return result }
    let saved = SavedResult(result)
    return result.recorded(isLog ? "LogSoftmaxBackward0" : "SoftmaxBackward0", [self]) { call in
      let (y, g) = (try saved.unpacked(for: call), call.gradient)
      if GradMode.isEnabled {
        if isLog { return [try g - y.apply(.exp) * g.sum([-1], keepDims: true)] }
        let weighted = try g * y
        return [try weighted - y * weighted.sum([-1], keepDims: true)]
      }
      let (gradient, values) = (try g.array.packed(), y.array)
      let out = try TensorMemory.array(y.shape, y.dtype)
      if y.dtype == .float32 {
        SoftmaxKernels.backward(
          gradient.raw(Float.self), values.raw(Float.self), out.raw(Float.self), rows: rows, n: n, isLog: isLog)
      } else {
        SoftmaxKernels.backward(
          gradient.raw(Double.self), values.raw(Double.self), out.raw(Double.self), rows: rows, n: n, isLog: isLog)
      }
      return [Tensor(out)]
    }
  }
}
