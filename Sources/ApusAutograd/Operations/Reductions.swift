import ApusNumerics

extension Tensor {
  /// This tensor's elements with the axes `axes` moved to the end and merged: (kept…, extent). Row-major.
  private func withAxesLast(_ axes: [Int]) throws -> Tensor {
    let kept = shape.indices.filter { !axes.contains($0) }
    let extents = kept.map { shape[$0] }
    let moved = axes == Array(rank - axes.count..<rank) ? self : try permuted(kept + axes)
    return try moved.reshaped(extents + [axes.map { shape[$0] }.reduce(1, *)])
  }

  /// The shape after reducing `axes`.
  private func reducedShape(_ axes: [Int], keepDims: Bool) -> [Int] {
    shape.indices.compactMap { axes.contains($0) ? (keepDims ? 1 : nil) : shape[$0] }
  }

  /// A gradient of a reduction's result, with the reduced axes back as extent 1.
  private static func restored(_ gradient: Tensor, _ axes: [Int], of shape: [Int]) throws -> Tensor {
    try gradient.reshaped(shape.indices.map { axes.contains($0) ? 1 : shape[$0] })
  }

  /// The sum over `dims` (all when nil or empty). Integers and truth values give int64.
  public func sum(_ dims: [Int]? = nil, keepDims: Bool = false) throws -> Tensor {
    let axes = try Shapes.axes(dims, rank: rank)
    let full = shape
    let result = Tensor(try sumArray(axes, shape: reducedShape(axes, keepDims: keepDims)))
    return result.recorded(axes.count == rank ? "SumBackward0" : "SumBackward1", [self]) { call in
      [try Tensor.restored(call.gradient, axes, of: full).expanded(full)]
    }
  }

  private func sumArray(_ axes: [Int], shape target: [Int]) throws -> NDArray {
    if axes.isEmpty, isFloatingPoint { return try array.packed() }
    // One run of neighbouring axes needs no rearrangement.
    let isRun = axes.isEmpty || axes.last! - axes.first! == axes.count - 1
    let source = try (isRun ? detached() : detached().withAxesLast(axes)).array.packed()
    let (outer, extent, inner): (Int, Int, Int)
    if isRun, let first = axes.first, let last = axes.last {
      outer = shape[..<first].reduce(1, *)
      extent = shape[first...last].reduce(1, *)
      inner = shape[(last + 1)...].reduce(1, *)
    } else {
      (outer, extent, inner) = (target.reduce(1, *), axes.map { shape[$0] }.reduce(1, *), 1)
    }
    let result = try TensorMemory.array(target, isFloatingPoint ? dtype : .int64)
    switch dtype {
    case .float32:
      try ReductionKernels.sum(
        source.raw(Float.self), result.raw(Float.self), outer: outer, extent: extent, inner: inner)
    case .float64:
      try ReductionKernels.sum(
        source.raw(Double.self), result.raw(Double.self), outer: outer, extent: extent, inner: inner)
    case .int32:
      ReductionKernels.sum(source.raw(Int32.self), result.raw(Int64.self), outer: outer, extent: extent, inner: inner)
    case .int64:
      ReductionKernels.sum(source.raw(Int64.self), result.raw(Int64.self), outer: outer, extent: extent, inner: inner)
    case .uint8, .bool:
      ReductionKernels.sum(source.raw(UInt8.self), result.raw(Int64.self), outer: outer, extent: extent, inner: inner)
    }
    return result
  }

  /// Summed to a shape that broadcasts to this one: the derivative of broadcasting.
  func reduced(to target: [Int]) throws -> Tensor {
    if shape == target { return self }
    let lead = rank - target.count
    var axes = Array(0..<lead)
    for axis in target.indices where target[axis] == 1 && shape[axis + lead] != 1 { axes.append(axis + lead) }
    return axes.isEmpty ? try reshaped(target) : try sum(axes, keepDims: true).reshaped(target)
  }

  /// The arithmetic mean over `dims` (all when nil or empty).
  public func mean(_ dims: [Int]? = nil, keepDims: Bool = false) throws -> Tensor {
    guard isFloatingPoint else { throw FloatDispatch.refusal("mean", dtype) }
    let axes = try Shapes.axes(dims, rank: rank)
    let full = shape
    let n = Double(axes.map { shape[$0] }.reduce(1, *))
    let result = try detached().sum(axes, keepDims: keepDims) / n
    return result.recorded(axes.count == rank ? "MeanBackward0" : "MeanBackward1", [self]) { call in
      [try (Tensor.restored(call.gradient, axes, of: full) / n).expanded(full)]
    }
  }

  /// The variance over `dims`, with `correction` degrees of freedom subtracted from the count.
  public func variance(_ dims: [Int]? = nil, correction: Double = 1, keepDims: Bool = false) throws -> Tensor {
    let axes = try Shapes.axes(dims, rank: rank)
    let n = Double(axes.map { shape[$0] }.reduce(1, *))
    let centred = try self - mean(axes, keepDims: true)
    return try centred.apply(.square).sum(axes, keepDims: keepDims) / Swift.max(n - correction, 0)
  }

  /// The standard deviation over `dims`.
  public func standardDeviation(_ dims: [Int]? = nil, correction: Double = 1, keepDims: Bool = false) throws -> Tensor {
    try variance(dims, correction: correction, keepDims: keepDims).apply(.squareRoot)
  }

  /// The product over one axis.
  public func product(_ dim: Int, keepDims: Bool = false) throws -> Tensor {
    guard isFloatingPoint else {
      return try converted(to: .float64).product(dim, keepDims: keepDims).converted(to: .int64)
    }
    let axis = try Shapes.axis(dim, rank: rank)
    let (outer, extent, inner) = Shapes.split(shape, at: axis)
    let source = try array.packed()
    let result = Tensor(try TensorMemory.array(reducedShape(rank == 0 ? [] : [axis], keepDims: keepDims), dtype))
    if dtype == .float32 {
      ReductionKernels.product(
        source.raw(Float.self), result.array.raw(Float.self), outer: outer, extent: extent, inner: inner)
    } else {
      ReductionKernels.product(
        source.raw(Double.self), result.array.raw(Double.self), outer: outer, extent: extent, inner: inner)
    }
    let (full, saved) = (shape, SavedTensor(self))
    return result.recorded("ProdBackward1", [self]) { call in
      let x = try saved.unpacked(for: call)
      let gradient = try Tensor.restored(call.gradient, rankAxes(axis, full), of: full)
      return [try gradient * x.productOfOthers(axis)]
    }
  }

  /// Along `axis` the product of all other elements, zeros included: prefixes times suffixes.
  private func productOfOthers(_ axis: Int) throws -> Tensor {
    if rank == 0 { return try Tensor.ones(like: self) }
    let n = shape[axis]
    let entries = try (0..<n).map { try narrow(dim: axis, start: $0, length: 1) }
    guard let first = entries.first else { return self }
    let one = try Tensor.ones(like: first)
    var prefixes = [one]
    for entry in entries.dropLast() { prefixes.append(try prefixes[prefixes.count - 1] * entry) }
    var suffixes = [one]
    for entry in entries.dropFirst().reversed() { suffixes.append(try suffixes[suffixes.count - 1] * entry) }
    return try Tensor.concatenated(try zip(prefixes, suffixes.reversed()).map { try $0 * $1 }, dim: axis)
  }

  /// The largest (or smallest) elements along an axis and their indices; the gradient goes to the first of equals.
  public func extremum(_ dim: Int, largest: Bool, keepDims: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    let axis = try Shapes.axis(dim, rank: rank)
    let (outer, extent, inner) = Shapes.split(shape, at: axis)
    guard extent > 0 else {
      throw ApusError.shapeMismatch(
        name: largest ? "max" : "min", reason: "shape \(shape) has no elements along \(dim)")
    }
    let source = try array.packed()
    let target = reducedShape(rank == 0 ? [] : [axis], keepDims: keepDims)
    let (values, indices) = (try TensorMemory.array(target, dtype), try TensorMemory.array(target, .int64))
    let positions = indices.raw(Int64.self)
    func find<T: NDElement & Comparable>(_ type: T.Type) {
      ReductionKernels.extremum(
        source.raw(type), values.raw(type), positions, outer: outer, extent: extent, inner: inner, largest: largest)
    }
    switch dtype {
    case .float32: find(Float.self)
    case .float64: find(Double.self)
    case .int32: find(Int32.self)
    case .int64: find(Int64.self)
    case .uint8, .bool: find(UInt8.self)
    }
    let (result, places) = (Tensor(values), Tensor(indices))
    let full = shape
    result.recorded(largest ? "MaxBackward0" : "MinBackward0", [self]) { call in
      if full.isEmpty { return [call.gradient] }
      let restored = try Tensor.restored(call.gradient, [axis], of: full)
      let index = try Tensor.restored(places, [axis], of: full)
      return [try Tensor.zeros(full, dtype: restored.dtype).scatterAdding(dim: axis, index, restored)]
    }
    return (result, places)
  }

  /// The largest (or smallest) element of all; the gradient is shared evenly by equals.
  public func extremum(largest: Bool) throws -> Tensor {
    let result = try detached().reshaped([-1]).extremum(0, largest: largest).values
    guard Tensor.shouldRecord([self]) else { return result }
    let (saved, kept) = (SavedTensor(self), result.detached())
    return result.recorded(largest ? "MaxBackward1" : "MinBackward1", [self]) { call in
      let mask = try saved.unpacked(for: call).compared(.equal, kept).converted(to: call.gradient.dtype)
      return [try mask * (call.gradient / mask.sum())]
    }
  }

  /// The largest (or smallest) elements over `dims` (all when nil); the gradient is shared evenly by equals.
  public func extreme(_ dims: [Int]? = nil, largest: Bool, keepDims: Bool = false) throws -> Tensor {
    let axes = try Shapes.axes(dims, rank: rank)
    var kept = detached()
    for axis in axes where rank > 0 { kept = try kept.extremum(axis, largest: largest, keepDims: true).values }
    let result = try kept.reshaped(keepDims ? kept.shape : reducedShape(axes, keepDims: false)).cloned()
    guard Tensor.shouldRecord([self]) else { return result }
    let saved = SavedTensor(self)
    let shape = kept.shape
    return result.recorded(largest ? "AmaxBackward0" : "AminBackward0", [self]) { call in
      let mask = try saved.unpacked(for: call).compared(.equal, kept).converted(to: call.gradient.dtype)
      return [try mask * (call.gradient.reshaped(shape) / mask.sum(axes, keepDims: true))]
    }
  }

  /// The index of the largest element along an axis, or of all.
  public func argmax(_ dim: Int? = nil, keepDims: Bool = false) throws -> Tensor {
    guard let dim else { return try detached().reshaped([-1]).extremum(0, largest: true).indices }
    return try detached().extremum(dim, largest: true, keepDims: keepDims).indices
  }

  public func argmin(_ dim: Int? = nil, keepDims: Bool = false) throws -> Tensor {
    guard let dim else { return try detached().reshaped([-1]).extremum(0, largest: false).indices }
    return try detached().extremum(dim, largest: false, keepDims: keepDims).indices
  }

  /// Whether all (or any) elements are true, over `dims`.
  public func truth(all: Bool, _ dims: [Int]? = nil, keepDims: Bool = false) throws -> Tensor {
    let flags = try converted(to: .bool)
    let axes = try Shapes.axes(dims, rank: rank)
    let trues = try flags.sum(axes, keepDims: keepDims)
    return try trues.compared(all ? .equal : .greater, all ? Double(axes.map { shape[$0] }.reduce(1, *)) : 0)
  }

  /// log Σ exp over `dims`, safe against overflow.
  public func logSumExp(_ dims: [Int], keepDims: Bool = false) throws -> Tensor {
    guard isFloatingPoint else { return try converted(to: .float32).logSumExp(dims, keepDims: keepDims) }
    let axes = try Shapes.axes(dims, rank: rank)
    var largest = self.detached()
    for axis in axes where rank > 0 { largest = try largest.extremum(axis, largest: true, keepDims: true).values }
    // Where the maximum is infinite, subtracting it would give NaN.
    let finite = try largest.compared(.less, .infinity).multiplied(by: largest.compared(.greater, -.infinity))
    let shift = try Tensor.select(finite, largest, Tensor.zeros(like: largest))
    let sum = try (self - shift).apply(.exp).sum(axes, keepDims: true).apply(.log) + shift
    return keepDims ? sum : try sum.reshaped(reducedShape(axes, keepDims: false))
  }

  /// The p-norm over `dims` (all when nil).
  public func norm(_ p: Double = 2, _ dims: [Int]? = nil, keepDims: Bool = false) throws -> Tensor {
    if p == .infinity || p == -.infinity {
      var result = try apply(.absolute)
      guard let dims else { return try result.extremum(largest: p > 0) }
      for axis in try Shapes.axes(dims, rank: rank).reversed() {
        result = try result.extremum(axis, largest: p > 0, keepDims: keepDims).values
      }
      return result
    }
    if p == 1 { return try apply(.absolute).sum(dims, keepDims: keepDims) }
    guard p != 2 else {
      let axes = try Shapes.axes(dims, rank: rank)
      let result = try detached().apply(.square).sum(axes, keepDims: keepDims).apply(.squareRoot)
      guard Tensor.shouldRecord([self]) else { return result }
      let (saved, full) = (SavedTensor(self), shape)
      let kept = SavedResult(result)
      return result.recorded("LinalgVectorNormBackward0", [self]) { call in
        // The gradient of the norm of a zero vector is taken to be 0.
        let norm = try Tensor.restored(kept.unpacked(for: call), axes, of: full)
        let scaled = try Tensor.restored(call.gradient, axes, of: full) / norm
        return [try (saved.unpacked(for: call) * scaled).maskedFill(norm.compared(.equal, 0), 0)]
      }
    }
    return try apply(.absolute).power(p).sum(dims, keepDims: keepDims).power(1 / p)
  }
}

private func rankAxes(_ axis: Int, _ shape: [Int]) -> [Int] { shape.isEmpty ? [] : [axis] }
