import ApusNumerics

extension Tensor {
  /// The matrix product: of vectors their inner product, of higher dimensions that of the last two axes with the leading ones
  /// broadcast.
  public func matmul(_ other: Tensor) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self, other)
    guard a.isFloatingPoint else {
      // Exact for products below 2⁵³.
      return try a.converted(to: .float64).matmul(b.converted(to: .float64)).converted(to: a.dtype)
    }
    guard a.rank > 0, b.rank > 0 else {
      throw ApusError.shapeMismatch(name: "matmul", reason: "both operands need at least 1 dimension")
    }
    if a.rank == 1 || b.rank == 1 {
      let left = a.rank == 1 ? try a.unsqueezed(0) : a
      let right = b.rank == 1 ? try b.unsqueezed(1) : b
      let product = try left.matmul(right)
      var shape = product.shape
      if b.rank == 1 { shape.removeLast() }
      if a.rank == 1 { shape.remove(at: b.rank == 1 ? shape.count - 1 : shape.count - 2) }
      return try product.reshaped(shape)
    }
    guard a.shape[a.rank - 1] == b.shape[b.rank - 2] else {
      throw ApusError.shapeMismatch(
        name: "matmul",
        reason: "shapes \(a.shape) and \(b.shape) cannot be multiplied: \(a.shape[a.rank - 1]) "
          + "columns against \(b.shape[b.rank - 2]) rows")
    }
    return a.rank == 2 && b.rank == 2 ? try matrixProduct(a, b) : try batchedProduct(a, b)
  }

  private func matrixProduct(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let result = Tensor(try TensorMemory.array([a.shape[0], b.shape[1]], a.dtype))
    try Products.multiply(a.array, b.array, into: result.array)
    guard Tensor.shouldRecord([a, b]) else { return result }
    let (savedA, savedB) = (SavedTensor(a), SavedTensor(b))
    return result.recorded("MmBackward0", [a, b]) { call in
      [
        call.needs(0) ? try call.gradient.matmul(savedB.unpacked(for: call).transposed()) : nil,
        call.needs(1) ? try savedA.unpacked(for: call).transposed().matmul(call.gradient) : nil,
      ]
    }
  }

  private func batchedProduct(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
    let (leadA, leadB) = (Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    // A batch times one matrix is one long product.
    if leadB.isEmpty || leadB.allSatisfy({ $0 == 1 }) && leadB.count <= leadA.count {
      let rows = leadA.reduce(1, *) * m
      return try a.reshaped([rows, k]).matmul(b.reshaped([k, n])).reshaped(leadA + [m, n])
    }
    let lead = try Shapes.broadcast(leadA, leadB, operation: "matmul")
    let (x, y) = (try a.array.packed(), try b.array.packed())
    let batch = batchOffsets(lead, leadA, leadB, m * k, k * n)
    let result = Tensor(try TensorMemory.array(lead + [m, n], a.dtype))
    try Products.multiplyBatch(x, y, into: result.array, batch: batch, m: m, k: k, n: n)
    guard Tensor.shouldRecord([a, b]) else { return result }
    let (savedA, savedB) = (SavedTensor(a), SavedTensor(b))
    let (shapeA, shapeB) = (a.shape, b.shape)
    return result.recorded("BmmBackward0", [a, b]) { call in
      [
        call.needs(0)
          ? try call.gradient.matmul(savedB.unpacked(for: call).transposed(-2, -1)).reduced(to: shapeA) : nil,
        call.needs(1)
          ? try savedA.unpacked(for: call).transposed(-2, -1).matmul(call.gradient).reduced(to: shapeB) : nil,
      ]
    }
  }

  /// Element offsets of every pair of matrices of a broadcast batch.
  private func batchOffsets(_ lead: [Int], _ a: [Int], _ b: [Int], _ sizeA: Int, _ sizeB: Int) -> [(a: Int, b: Int)] {
    func steps(_ shape: [Int], _ size: Int) -> [Int] {
      var result = [Int](repeating: 0, count: lead.count)
      var step = size
      for axis in shape.indices.reversed() {
        if shape[axis] != 1 { result[axis + lead.count - shape.count] = step }
        step *= shape[axis]
      }
      return result
    }
    var offsets = [(a: Int, b: Int)]()
    offsets.reserveCapacity(lead.reduce(1, *))
    StridedLoop(shape: lead, first: steps(a, sizeA), second: steps(b, sizeB)).forEachRow { x, y, _, n, stepX, stepY in
      for i in 0..<n { offsets.append((x + i * stepX, y + i * stepY)) }
    }
    return offsets
  }

  /// x · Wᵀ + b, with x (…, in), W (out, in), b (out): one product that starts from the bias.
  public static func linear(_ input: Tensor, weight: Tensor, bias: Tensor? = nil) throws -> Tensor {
    guard weight.rank == 2, input.rank >= 1, input.shape[input.rank - 1] == weight.shape[1] else {
      throw ApusError.shapeMismatch(
        name: "linear",
        reason: "input of shape \(input.shape) does not fit a weight of shape \(weight.shape): "
          + "the last dimension must be \(weight.rank == 2 ? weight.shape[1] : 0)")
    }
    let (out, k) = (weight.shape[0], weight.shape[1])
    guard bias.map({ $0.shape == [out] }) ?? true else {
      throw ApusError.shapeMismatch(name: "linear", reason: "bias has shape \(bias?.shape ?? []), expected [\(out)]")
    }
    guard input.isFloatingPoint, input.dtype == weight.dtype, bias.map({ $0.dtype == input.dtype }) ?? true else {
      throw ApusError.unsupportedType(
        name: "linear",
        reason: "input holds \(input.dtype.name), weight \(weight.dtype.name): one floating type is needed")
    }
    if input.rank != 2 {
      let lead = Array(input.shape.dropLast())
      return try linear(input.reshaped([lead.reduce(1, *), k]), weight: weight, bias: bias).reshaped(lead + [out])
    }
    let result = Tensor(try TensorMemory.array([input.shape[0], out], input.dtype))
    if let bias { try result.array.assign(from: bias.array.broadcast(to: result.shape)) }
    try Products.multiply(input.array, weight.array.transposed, into: result.array, beta: bias == nil ? 0 : 1)
    let inputs = bias.map { [input, weight, $0] } ?? [input, weight]
    guard Tensor.shouldRecord(inputs) else { return result }
    let (savedInput, savedWeight) = (SavedTensor(input), SavedTensor(weight))
    let hasBias = bias != nil
    return result.recorded(hasBias ? "AddmmBackward0" : "MmBackward0", inputs) { call in
      let gradient = call.gradient
      var results: [Tensor?] = [
        call.needs(0) ? try gradient.matmul(savedWeight.unpacked(for: call)) : nil,
        call.needs(1) ? try gradient.transposed().matmul(savedInput.unpacked(for: call)) : nil,
      ]
      if hasBias { results.append(call.needs(2) ? try gradient.sum([0]) : nil) }
      return results
    }
  }
}
