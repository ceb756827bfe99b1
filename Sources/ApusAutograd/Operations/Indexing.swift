import ApusNumerics

extension Tensor {
  /// Entries `indices` along an axis; the axis is replaced by the shape of `indices`.
  public func indexSelect(dim: Int, _ indices: Tensor) throws -> Tensor {
    let axis = try Shapes.axis(dim, rank: rank)
    guard rank > 0 else { throw ApusError.shapeMismatch(name: "index_select", reason: "a scalar has no entries") }
    let (outer, extent, inner) = Shapes.split(shape, at: axis)
    let index = try IndexKernels.checked(indices.array, extent: extent, name: "index")
    let target = Array(shape[..<axis]) + indices.shape + Array(shape[(axis + 1)...])
    let result = Tensor(try TensorMemory.array(target, dtype))
    IndexKernels.select(try array.packed(), index, into: result.array, outer: outer, extent: extent, inner: inner)
    let (full, places) = (shape, Tensor(index))
    return result.recorded("IndexSelectBackward0", [self]) { call in
      [try Tensor.zeros(full, dtype: call.gradient.dtype).indexAdding(dim: axis, places, call.gradient)]
    }
  }

  /// This tensor with the entries of `source` added at `indices` along an axis, repeated indices one after the other.
  public func indexAdding(dim: Int, _ indices: Tensor, _ source: Tensor) throws -> Tensor {
    guard isFloatingPoint, source.dtype == dtype else { throw FloatDispatch.refusal("index_add", source.dtype) }
    let axis = try Shapes.axis(dim, rank: rank)
    let (outer, extent, inner) = Shapes.split(shape, at: axis)
    let index = try IndexKernels.checked(indices.array, extent: extent, name: "index")
    guard rank > 0, source.count == outer * index.count * inner else {
      throw ApusError.shapeMismatch(
        name: "index_add", reason: "source of shape \(source.shape) does not fit \(index.count) indices into \(shape)")
    }
    let copy = try TensorMemory.array(shape, dtype)
    try copy.assign(from: array)
    let values = try source.array.packed()
    if dtype == .float32 {
      IndexKernels.add(
        values.raw(Float.self), index, into: copy.raw(Float.self), outer: outer, extent: extent, inner: inner)
    } else {
      IndexKernels.add(
        values.raw(Double.self), index, into: copy.raw(Double.self), outer: outer, extent: extent, inner: inner)
    }
    let (places, sourceShape) = (try Tensor(index).reshaped([-1]), source.shape)
    return Tensor(copy).recorded("IndexAddBackward0", [self, source]) { call in
      [
        call.gradient,
        call.needs(1) ? try call.gradient.indexSelect(dim: axis, places).reshaped(sourceShape) : nil,
      ]
    }
  }

  private func checkedGatherIndex(_ index: Tensor, axis: Int, name: String) throws -> NDArray {
    guard index.rank == rank, shape.indices.allSatisfy({ $0 == axis || index.shape[$0] == shape[$0] }) else {
      throw ApusError.shapeMismatch(
        name: name,
        reason: "index of shape \(index.shape) does not fit a tensor of shape \(shape) along dimension \(axis)")
    }
    return try IndexKernels.checked(index.array, extent: rank == 0 ? 1 : shape[axis], name: "index")
  }

  /// result[…, j, …] = self[…, index[…, j, …], …] along an axis. Other extents of `index` may be smaller than this tensor's.
  public func gather(dim: Int, _ index: Tensor) throws -> Tensor {
    let axis = try Shapes.axis(dim, rank: rank)
    if index.rank == rank, let other = shape.indices.first(where: { $0 != axis && index.shape[$0] < shape[$0] }) {
      return try narrow(dim: other, start: 0, length: index.shape[other]).gather(dim: dim, index)
    }
    let places = try checkedGatherIndex(index, axis: axis, name: "gather")
    let (outer, extent, inner) = Shapes.split(shape, at: axis)
    let count = rank == 0 ? 1 : index.shape[axis]
    let source = try array.packed()
    let result = Tensor(try TensorMemory.array(index.shape, dtype))
    let positions = places.raw(Int64.self)
    func copy<Bits: BitwiseCopyable>(_ type: Bits.Type) {
      IndexKernels.gather(
        source.raw(type), positions, into: result.array.raw(type), outer: outer, extent: extent, count: count,
        inner: inner)
    }
    switch dtype.stride {
    case 4: copy(UInt32.self)
    case 8: copy(UInt64.self)
    default: copy(UInt8.self)
    }
    let (full, kept) = (shape, Tensor(places))
    return result.recorded("GatherBackward0", [self]) { call in
      [try Tensor.zeros(full, dtype: call.gradient.dtype).scatterAdding(dim: axis, kept, call.gradient)]
    }
  }

  /// This tensor with source[…, j, …] added at index[…, j, …] along an axis.
  public func scatterAdding(dim: Int, _ index: Tensor, _ source: Tensor) throws -> Tensor {
    try scatter(dim: dim, index, source, adds: true)
  }

  /// This tensor with source[…, j, …] at index[…, j, …] along an axis; of equal indices the last one stays.
  public func scattering(dim: Int, _ index: Tensor, _ source: Tensor) throws -> Tensor {
    try scatter(dim: dim, index, source, adds: false)
  }

  private func scatter(dim: Int, _ index: Tensor, _ source: Tensor, adds: Bool) throws -> Tensor {
    guard isFloatingPoint else {
      return try converted(to: .float64).scatter(dim: dim, index, source.converted(to: .float64), adds: adds)
        .converted(to: dtype)
    }
    let axis = try Shapes.axis(dim, rank: rank)
    let places = try checkedGatherIndex(index, axis: axis, name: "scatter")
    guard source.shape == index.shape, source.dtype == dtype else {
      throw ApusError.shapeMismatch(
        name: "scatter",
        reason: "source \(source.dtype.name)\(source.shape) does not match index of shape \(index.shape)")
    }
    let (outer, extent, inner) = Shapes.split(shape, at: axis)
    let count = rank == 0 ? 1 : index.shape[axis]
    let copy = try TensorMemory.array(shape, dtype)
    try copy.assign(from: array)
    let values = try source.array.packed()
    if dtype == .float32 {
      IndexKernels.scatter(
        values.raw(Float.self), places.raw(Int64.self), into: copy.raw(Float.self), outer: outer, extent: extent,
        count: count, inner: inner, adds: adds)
    } else {
      IndexKernels.scatter(
        values.raw(Double.self), places.raw(Int64.self), into: copy.raw(Double.self), outer: outer, extent: extent,
        count: count, inner: inner, adds: adds)
    }
    let kept = Tensor(places)
    return Tensor(copy).recorded(adds ? "ScatterAddBackward0" : "ScatterBackward0", [self, source]) { call in
      let zero = try Tensor.zeros(like: kept).converted(to: call.gradient.dtype)
      return [
        adds ? call.gradient : try call.gradient.scattering(dim: axis, kept, zero),
        call.needs(1) ? try call.gradient.gather(dim: axis, kept) : nil,
      ]
    }
  }

  /// Flat positions that index tensors for the axes `first`… name, and the extents they span.
  private func flatIndex(_ indices: [Tensor], first: Int) throws -> Tensor {
    var flat: Tensor?
    for (offset, index) in indices.enumerated() {
      let extent = shape[first + offset]
      let places = Tensor(try IndexKernels.checked(index.array, extent: extent, name: "index"))
      flat = try flat.map { try ($0 * Double(extent)).adding(places) } ?? places
    }
    return flat!
  }

  /// x[…, i₀, i₁, …]: integer tensors for consecutive axes from `dim` on, broadcast against each other.
  public func index(_ indices: [Tensor], dim: Int = 0) throws -> Tensor {
    guard !indices.isEmpty, dim >= 0, dim + indices.count <= rank else {
      throw ApusError.invalidArgument(
        name: "index", reason: "\(indices.count) indices from axis \(dim) on for shape \(shape)")
    }
    let flat = try flatIndex(indices, first: dim)
    let last = dim + indices.count
    let merged = Array(shape[..<dim]) + [shape[dim..<last].reduce(1, *)] + Array(shape[last...])
    return try reshaped(merged).indexSelect(dim: dim, flat)
  }

  /// x[…, i₀, i₁, …] = values (or += with `accumulate`), in place.
  @discardableResult
  public func putIndex(_ indices: [Tensor], dim: Int = 0, _ values: Tensor, accumulate: Bool = false) throws -> Tensor {
    guard !indices.isEmpty, dim >= 0, dim + indices.count <= rank else {
      throw ApusError.invalidArgument(
        name: "index", reason: "\(indices.count) indices from axis \(dim) on for shape \(shape)")
    }
    let flat = try flatIndex(indices, first: dim)
    let last = dim + indices.count
    let merged = Array(shape[..<dim]) + [shape[dim..<last].reduce(1, *)] + Array(shape[last...])
    let target = Array(shape[..<dim]) + flat.shape + Array(shape[last...])
    let full = shape
    let flatCount = flat.count
    return try modify(with: [values]) { own in
      let wide = try values.converted(to: own.dtype).expanded(target)
      let rows = Array(merged[..<dim]) + [flatCount] + Array(merged[(dim + 1)...])
      let base = try own.reshaped(merged)
      let source = try wide.reshaped(rows)
      if accumulate { return try base.indexAdding(dim: dim, flat.reshaped([-1]), source).reshaped(full) }
      let inner = Array(repeating: 1, count: merged.count - dim - 1)
      let places = try flat.reshaped(Array(repeating: 1, count: dim) + [flatCount] + inner).expanded(rows)
      return try base.scattering(dim: dim, places, source).reshaped(full)
    }
  }

  /// The elements where `mask`, which broadcasts to this shape, holds.
  public func maskedSelect(_ mask: Tensor) throws -> Tensor {
    let target = try Shapes.broadcast(shape, mask.shape, operation: "masked_select")
    let flags = try mask.converted(to: .bool).array.broadcast(to: target).packed()
    return try expanded(target).reshaped([-1]).indexSelect(dim: 0, Tensor(SelectionKernels.truePositions(flags)))
  }

  /// Indices of the true (nonzero) elements, (count, rank).
  public func nonzero() throws -> Tensor {
    let flat = Tensor(try SelectionKernels.truePositions(converted(to: .bool).array.packed()))
    var columns = [Tensor]()
    var rest = flat
    for extent in shape.reversed() {
      let divisor = try Tensor.full([], Double(extent), dtype: .int64)
      columns.insert(try rest.remainder(divisor), at: 0)
      rest = try rest.floorDivided(by: divisor)
    }
    return columns.isEmpty ? try flat.reshaped([flat.count, 0]) : try Tensor.stacked(columns, dim: 1)
  }

  /// Rows of `weight` (entries, width) by index. Gradients do not flow into row `paddingIndex`.
  public static func embedding(_ indices: Tensor, weight: Tensor, paddingIndex: Int? = nil) throws -> Tensor {
    guard weight.rank == 2 else {
      throw ApusError.shapeMismatch(
        name: "embedding", reason: "weight has shape \(weight.shape), expected 2 dimensions")
    }
    let table = weight.detached()
    guard !indices.isFloatingPoint else {
      throw ApusError.unsupportedType(name: "embedding", reason: "indices must be integers, got \(indices.dtype.name)")
    }
    let lowest = try indices.count == 0 ? 0 : indices.detached().extremum(largest: false).item()
    guard lowest >= 0 else {
      throw ApusError.invalidArgument(name: "embedding", reason: "index \(Int(exactly: lowest) ?? Int.min) is negative")
    }
    let result = try table.indexSelect(dim: 0, indices)
    let shape = weight.shape
    return result.recorded("EmbeddingBackward0", [weight]) { call in
      var gradient = call.gradient
      if let paddingIndex {
        let isPadding = try indices.compared(.equal, Double(paddingIndex)).unsqueezed(-1)
        gradient = try gradient.maskedFill(isPadding, 0)
      }
      return [try Tensor.zeros(shape, dtype: gradient.dtype).indexAdding(dim: 0, indices, gradient)]
    }
  }

  /// One-hot rows of `classes` entries, int64.
  public func oneHot(_ classes: Int = -1) throws -> Tensor {
    guard !isFloatingPoint else {
      throw ApusError.unsupportedType(name: "one_hot", reason: "classes must be integers, got \(dtype.name)")
    }
    var n = classes
    if n <= 0 {
      let largest = try count == 0 ? 0 : extremum(largest: true).item()
      guard largest < 0x1p62 else {
        throw ApusError.sizeOverflow(reason: "one_hot: \(largest) classes exceed the address space")
      }
      n = Int(largest) + 1
    }
    let index = Tensor(try IndexKernels.checked(array, extent: n, name: "one_hot"))
    return try index.unsqueezed(-1).compared(.equal, Tensor.arange(0, Double(n))).converted(to: .int64)
  }

  /// The lower (or upper) triangle of the last two axes, zeros elsewhere.
  public func triangle(upper: Bool, diagonal: Int = 0) throws -> Tensor {
    guard rank >= 2 else { throw ApusError.shapeMismatch(name: "tril", reason: "shape \(shape) has no two axes") }
    let rows = try Tensor.arange(0, Double(shape[rank - 2])).unsqueezed(1)
    let columns = try Tensor.arange(0, Double(shape[rank - 1]))
    let limit = try rows + Double(diagonal)
    let kept = try columns.compared(upper ? .greaterOrEqual : .lessOrEqual, limit)
    return try Tensor.select(kept, self, scalar(0).converted(to: dtype))
  }
}
