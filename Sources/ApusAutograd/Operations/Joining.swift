import ApusNumerics

extension Tensor {
  /// Tensors one after the other along an axis; all other extents agree.
  public static func concatenated(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
    guard let first = tensors.first else {
      throw ApusError.invalidArgument(name: "cat", reason: "needs at least one tensor")
    }
    var dtype = first.dtype
    for tensor in tensors { dtype = Promotion.result(dtype, tensor.dtype) }
    // Legacy of PyTorch: empty one-dimensional tensors are skipped.
    let skipped = tensors.filter { $0.shape != [0] }
    let parts = try (skipped.isEmpty ? tensors : skipped).map { try $0.converted(to: dtype) }
    let shape = parts[0].shape
    let axis = try Shapes.axis(dim, rank: shape.count)
    guard !shape.isEmpty else {
      throw ApusError.shapeMismatch(name: "cat", reason: "tensors without dimensions cannot be concatenated; use stack")
    }
    var total = 0
    for (index, part) in parts.enumerated() {
      guard part.rank == shape.count, shape.indices.allSatisfy({ $0 == axis || part.shape[$0] == shape[$0] }) else {
        throw ApusError.shapeMismatch(
          name: "cat",
          reason: "tensor \(index) has shape \(part.shape), tensor 0 has \(shape): all but "
            + "dimension \(dim) must agree")
      }
      total += part.shape[axis]
    }
    var target = shape
    target[axis] = total
    let result = Tensor(try TensorMemory.array(target, dtype))
    let lengths = parts.map { $0.shape[axis] }
    var start = 0
    for part in parts {
      try result.array.slice(start..<start + part.shape[axis], axis: axis).assign(from: part.array)
      start += part.shape[axis]
    }
    return result.recorded("CatBackward0", parts) { call in
      var start = 0
      return try lengths.enumerated().map { index, length in
        defer { start += length }
        return call.needs(index) ? try call.gradient.narrow(dim: axis, start: start, length: length) : nil
      }
    }
  }

  /// Tensors of one shape side by side along a new axis.
  public static func stacked(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
    guard let first = tensors.first else {
      throw ApusError.invalidArgument(name: "stack", reason: "needs at least one tensor")
    }
    let axis = try Shapes.axis(dim, rank: first.rank + 1)
    for (index, tensor) in tensors.enumerated() where tensor.shape != first.shape {
      throw ApusError.shapeMismatch(
        name: "stack", reason: "tensor \(index) has shape \(tensor.shape), tensor 0 has \(first.shape)")
    }
    return try concatenated(tensors.map { try $0.unsqueezed(axis) }, dim: axis)
  }

  /// Views of consecutive pieces along an axis.
  public func split(_ sizes: [Int], dim: Int = 0) throws -> [Tensor] {
    let axis = try Shapes.axis(dim, rank: rank)
    // Sizes that each fit cannot overflow before their sum exceeds the extent.
    guard rank > 0, sizes.allSatisfy({ (0...shape[axis]).contains($0) }), sizes.reduce(0, +) == shape[axis] else {
      throw ApusError.shapeMismatch(
        name: "split", reason: "sizes \(sizes) do not add up to the extent of dimension \(dim) of shape \(shape)")
    }
    var start = 0
    return try sizes.map { size in
      defer { start += size }
      return try narrow(dim: axis, start: start, length: size)
    }
  }

  /// Pieces of `size` entries along an axis, the last one smaller.
  public func split(_ size: Int, dim: Int = 0) throws -> [Tensor] {
    let axis = try Shapes.axis(dim, rank: rank)
    guard rank > 0, size > 0 else {
      throw ApusError.invalidArgument(name: "split_size", reason: "\(size) is not positive")
    }
    let n = shape[axis]
    let sizes = stride(from: 0, to: Swift.max(n, 1), by: size).map { Swift.min(size, n - $0) }
    return try split(sizes, dim: axis)
  }

  /// At most `count` pieces of equal size along an axis, the last one smaller.
  public func chunked(_ count: Int, dim: Int = 0) throws -> [Tensor] {
    let axis = try Shapes.axis(dim, rank: rank)
    guard rank > 0, count > 0 else {
      throw ApusError.invalidArgument(name: "chunks", reason: "\(count) is not positive")
    }
    let (size, rest) = shape[axis].quotientAndRemainder(dividingBy: count)
    return try split(Swift.max(1, size + (rest > 0 ? 1 : 0)), dim: axis)
  }

  /// What stands beyond the edges of a padded tensor.
  public enum Padding: Sendable {
    case constant(Double)
    case reflect
    case replicate
    case circular
  }

  /// Padded by (before, after) pairs, the last axis first, as `torch.nn.functional.pad`; negative numbers crop.
  public func padded(_ amounts: [Int], _ padding: Padding = .constant(0)) throws -> Tensor {
    guard amounts.count % 2 == 0, amounts.count / 2 <= rank else {
      throw ApusError.shapeMismatch(name: "pad", reason: "\(amounts.count) amounts for a tensor of shape \(shape)")
    }
    var result = self
    for pair in 0..<amounts.count / 2 {
      let axis = rank - 1 - pair
      result = try result.padded(axis, before: amounts[2 * pair], after: amounts[2 * pair + 1], padding)
    }
    return result
  }

  private func padded(_ axis: Int, before: Int, after: Int, _ padding: Padding) throws -> Tensor {
    let n = shape[axis]
    if before == 0 && after == 0 { return self }
    guard n + before + after >= 0, before > -n - 1, after > -n - 1 else {
      throw ApusError.shapeMismatch(
        name: "pad", reason: "(\(before), \(after)) leaves nothing of dimension \(axis) of \(shape)")
    }
    guard case .constant(let value) = padding else {
      let positions = try Padding.sources(padding, n: n, before: before, after: after)
      return try indexSelect(dim: axis, Tensor(positions.map { Int64($0) }))
    }
    let start = Swift.max(0, -before)
    let kept = try narrow(dim: axis, start: start, length: n - start - Swift.max(0, -after))
    func margin(_ size: Int) throws -> Tensor {
      var extents = shape
      extents[axis] = size
      return try Tensor.full(extents, value, dtype: dtype)
    }
    var parts = [kept]
    if before > 0 { parts.insert(try margin(before), at: 0) }
    if after > 0 { parts.append(try margin(after)) }
    return parts.count == 1 ? kept : try Tensor.concatenated(parts, dim: axis)
  }
}

extension Tensor.Padding {
  /// The entry every padded position repeats.
  fileprivate static func sources(_ padding: Tensor.Padding, n: Int, before: Int, after: Int) throws -> [Int] {
    let widest = max(before, after)
    if case .reflect = padding, widest >= n {
      throw ApusError.shapeMismatch(name: "pad", reason: "reflection by \(widest) needs more than \(n) entries")
    }
    if case .circular = padding, widest > n {
      throw ApusError.shapeMismatch(
        name: "pad", reason: "circular padding by \(widest) needs at least that many entries")
    }
    guard n > 0 else { throw ApusError.shapeMismatch(name: "pad", reason: "a dimension without entries") }
    return (-before..<n + after).map { position in
      switch padding {
      case .replicate: return min(max(position, 0), n - 1)
      case .circular: return ((position % n) + n) % n
      default: return position < 0 ? -position : (position >= n ? 2 * (n - 1) - position : position)
      }
    }
  }
}
