import ApusNumerics

/// Views: results share memory and version with the tensor they are taken from.
extension Tensor {
  private func view(
    _ name: String, _ array: NDArray, _ backward: @escaping (Tensor) throws -> Tensor
  ) -> Tensor {
    let result = Tensor(array)
    result.becomeView(of: self)
    return result.recorded(name, [self]) { call in [try backward(call.gradient)] }
  }

  /// The same elements in another shape, one extent of which may be −1; a view where the layout allows it, else a copy.
  public func reshaped(_ newShape: [Int]) throws -> Tensor {
    let target = try Shapes.resolved(newShape, count: count)
    let source = shape
    let backward: (Tensor) throws -> Tensor = { try $0.reshaped(source) }
    if let strides = viewStrides(for: target) {
      return view("ViewBackward0", array.view(shape: target, strides: strides), backward)
    }
    return try contiguous().reshaped(target)
  }

  /// As ``reshaped(_:)`` but never a copy.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when the layout does not allow a view.
  public func viewed(_ newShape: [Int]) throws -> Tensor {
    let target = try Shapes.resolved(newShape, count: count)
    guard viewStrides(for: target) != nil else {
      throw ApusError.invalidArgument(
        name: "view", reason: "shape \(target) is not compatible with the memory layout; use reshape")
    }
    return try reshaped(target)
  }

  /// Strides under which this memory has `target`'s shape; nil where there are none.
  private func viewStrides(for target: [Int]) -> [Int]? {
    if array.isContiguous || array.isEmpty { return NDArray.rowMajorStrides(target, stride: dtype.stride) }
    var strides = [Int](repeating: 0, count: target.count)
    var position = target.count - 1
    var chunk = 1
    var base = array.strides.last ?? dtype.stride
    for axis in array.shape.indices.reversed() {
      chunk *= array.shape[axis]
      let isChunkEnd =
        axis == 0 || (array.shape[axis - 1] != 1 && array.strides[axis - 1] != chunk * base)
      guard isChunkEnd else { continue }
      var filled = 1
      while position >= 0, filled < chunk || target[position] == 1 {
        strides[position] = filled * base
        filled *= target[position]
        position -= 1
      }
      if filled != chunk { return nil }
      if axis > 0 {
        base = array.strides[axis - 1]
        chunk = 1
      }
    }
    while position >= 0, target[position] == 1 { position -= 1 }
    return position < 0 ? strides : nil
  }

  /// Axes `start`…`end` merged into one.
  public func flattened(from start: Int = 0, to end: Int = -1) throws -> Tensor {
    if rank == 0 { return try reshaped([1]) }
    let (first, last) = (try Shapes.axis(start, rank: rank), try Shapes.axis(end, rank: rank))
    guard first <= last else {
      throw ApusError.invalidArgument(name: "flatten", reason: "start_dim \(start) comes after end_dim \(end)")
    }
    return try reshaped(Array(shape[..<first]) + [shape[first...last].reduce(1, *)] + Array(shape[(last + 1)...]))
  }

  /// Two axes exchanged.
  public func transposed(_ a: Int, _ b: Int) throws -> Tensor {
    let (i, j) = (try Shapes.axis(a, rank: rank), try Shapes.axis(b, rank: rank))
    if rank == 0 { return self }
    var (extents, strides) = (shape, array.strides)
    extents.swapAt(i, j)
    strides.swapAt(i, j)
    return view("TransposeBackward0", array.view(shape: extents, strides: strides)) { try $0.transposed(i, j) }
  }

  /// The transpose of a matrix.
  public func transposed() throws -> Tensor {
    guard rank <= 2 else {
      throw ApusError.shapeMismatch(name: "t", reason: "takes at most 2 dimensions, got shape \(shape)")
    }
    return rank < 2 ? self : try transposed(0, 1)
  }

  /// Axes in the order given.
  public func permuted(_ order: [Int]) throws -> Tensor {
    let axes = try order.map { try Shapes.axis($0, rank: rank) }
    guard axes.count == rank, Set(axes).count == rank else {
      throw ApusError.invalidArgument(name: "dims", reason: "\(order) is not an order of \(rank) axes")
    }
    var inverse = axes
    for (position, axis) in axes.enumerated() { inverse[axis] = position }
    return view(
      "PermuteBackward0", array.view(shape: axes.map { shape[$0] }, strides: axes.map { array.strides[$0] })
    ) { try $0.permuted(inverse) }
  }

  /// `length` entries along an axis from `start` on, every `step`-th.
  public func narrow(dim: Int, start: Int, length: Int, step: Int = 1) throws -> Tensor {
    let axis = try Shapes.axis(dim, rank: rank)
    guard rank > 0, start >= 0, length >= 0, step >= 1, length == 0 || start + (length - 1) * step < shape[axis] else {
      throw ApusError.invalidArgument(
        name: "narrow", reason: "start \(start), length \(length), step \(step) leave shape \(shape) along \(dim)")
    }
    let full = shape
    var (extents, strides) = (shape, array.strides)
    extents[axis] = length
    let offset = length == 0 ? 0 : start * strides[axis]
    strides[axis] *= step
    return view("SliceBackward0", array.view(shape: extents, strides: strides, byteOffset: offset)) { gradient in
      try gradient.embeddedInZeros(shape: full, axis: axis, start: start, step: step)
    }
  }

  /// The entry `index` along an axis, which disappears. Negative indices count from the end.
  public func select(dim: Int, index: Int) throws -> Tensor {
    let axis = try Shapes.axis(dim, rank: rank)
    guard rank > 0, index >= -shape[axis], index < shape[axis] else {
      throw ApusError.invalidArgument(
        name: "index", reason: "\(index) is out of range for dimension \(dim) of shape \(shape)")
    }
    let position = index < 0 ? index + shape[axis] : index
    let full = shape
    var (extents, strides) = (shape, array.strides)
    let offset = position * strides[axis]
    extents.remove(at: axis)
    strides.remove(at: axis)
    return view("SelectBackward0", array.view(shape: extents, strides: strides, byteOffset: offset)) { gradient in
      try gradient.unsqueezed(axis).embeddedInZeros(shape: full, axis: axis, start: position, step: 1)
    }
  }

  /// A tensor of zeros with this one in its place along `axis`.
  private func embeddedInZeros(shape: [Int], axis: Int, start: Int, step: Int) throws -> Tensor {
    let length = self.shape[axis]
    let result = try Tensor.zeros(shape, dtype: dtype)
    try result.narrow(dim: axis, start: start, length: length, step: step).array.assign(from: array)
    return result.recorded("SliceBackward1", [self]) { call in
      [try call.gradient.narrow(dim: axis, start: start, length: length, step: step)]
    }
  }

  /// A new axis of extent 1 at `dim`.
  public func unsqueezed(_ dim: Int) throws -> Tensor {
    let axis = try Shapes.axis(dim, rank: rank + 1)
    var (extents, strides) = (shape, array.strides)
    extents.insert(1, at: axis)
    strides.insert(axis < rank ? strides[axis] * shape[axis] : dtype.stride, at: axis)
    return view("UnsqueezeBackward0", array.view(shape: extents, strides: strides)) { try $0.squeezed(axis) }
  }

  /// Without the axes of extent 1, or without `dim` if that is one.
  public func squeezed(_ dim: Int? = nil) throws -> Tensor {
    let chosen = try dim.map { try Shapes.axis($0, rank: rank) }
    let kept = shape.indices.filter { shape[$0] != 1 || (chosen != nil && $0 != chosen) }
    let full = shape
    return view(
      "SqueezeBackward0", array.view(shape: kept.map { shape[$0] }, strides: kept.map { array.strides[$0] })
    ) { try $0.reshaped(full) }
  }

  /// Repeated along axes of extent 1 and new leading axes; −1 keeps an extent.
  public func expanded(_ newShape: [Int]) throws -> Tensor {
    let lead = newShape.count - rank
    var target = newShape
    for (axis, extent) in newShape.enumerated() where extent == -1 && axis >= lead { target[axis] = shape[axis - lead] }
    guard lead >= 0, !target.contains(where: { $0 < 0 }),
      shape.indices.allSatisfy({ shape[$0] == target[$0 + lead] || shape[$0] == 1 })
    else {
      throw ApusError.shapeMismatch(name: "expand", reason: "shape \(shape) does not expand to \(newShape)")
    }
    _ = try checkedCount(target, stride: dtype.stride)
    let source = shape
    return view("ExpandBackward0", array.broadcast(to: target)) { try $0.reduced(to: source) }
  }

  /// Copies side by side along every axis.
  public func repeated(_ counts: [Int]) throws -> Tensor {
    guard counts.count >= rank, counts.allSatisfy({ $0 >= 0 }) else {
      throw ApusError.invalidArgument(name: "repeats", reason: "\(counts) for a tensor of shape \(shape)")
    }
    let own = [Int](repeating: 1, count: counts.count - rank) + shape
    // Every axis splits into (copy, entry).
    let split = own.flatMap { [1, $0] }
    let wide = zip(counts, own).flatMap { [$0, $1] }
    return try reshaped(split).expanded(wide).reshaped(zip(counts, own).map(*))
  }

  /// Entries in reverse order along the axes given.
  public func flipped(_ dims: [Int]) throws -> Tensor {
    let axes = try Shapes.axes(dims, rank: rank)
    var (strides, offset) = (array.strides, 0)
    for axis in axes where shape[axis] > 0 {
      offset += strides[axis] * (shape[axis] - 1)
      strides[axis] = -strides[axis]
    }
    let copy = try TensorMemory.array(shape, dtype)
    try copy.assign(from: array.view(shape: shape, strides: strides, byteOffset: array.isEmpty ? 0 : offset))
    return Tensor(copy).recorded("FlipBackward0", [self]) { call in [try call.gradient.flipped(axes)] }
  }

  /// Entries shifted cyclically along an axis.
  public func rolled(_ shift: Int, dim: Int) throws -> Tensor {
    let axis = try Shapes.axis(dim, rank: rank)
    guard rank > 0, shape[axis] > 0 else { return self }
    let cut = ((shape[axis] - shift % shape[axis]) % shape[axis])
    return try Tensor.concatenated(
      [
        narrow(dim: axis, start: cut, length: shape[axis] - cut), narrow(dim: axis, start: 0, length: cut),
      ], dim: axis)
  }
}
