import ApusNumerics

extension Tensor {
  /// Running sums along an axis.
  public func cumulativeSum(_ dim: Int) throws -> Tensor {
    guard isFloatingPoint else { return try converted(to: .float64).cumulativeSum(dim).converted(to: .int64) }
    let axis = try Shapes.axis(dim, rank: rank)
    let (outer, extent, inner) = Shapes.split(shape, at: axis)
    let source = try array.packed()
    let result = Tensor(try TensorMemory.array(shape, dtype))
    if dtype == .float32 {
      ScanKernels.cumulativeSum(
        source.raw(Float.self), result.array.raw(Float.self), outer: outer, extent: extent, inner: inner)
    } else {
      ScanKernels.cumulativeSum(
        source.raw(Double.self), result.array.raw(Double.self), outer: outer, extent: extent, inner: inner)
    }
    let isScalar = rank == 0
    return result.recorded("CumsumBackward0", [self]) { call in
      isScalar ? [call.gradient] : [try call.gradient.flipped([axis]).cumulativeSum(axis).flipped([axis])]
    }
  }

  /// Stable order along an axis.
  public func argsort(_ dim: Int = -1, descending: Bool = false) throws -> Tensor {
    let axis = try Shapes.axis(dim, rank: rank)
    if rank > 0, axis != rank - 1 {
      return try detached().transposed(axis, rank - 1).argsort(-1, descending: descending).transposed(axis, rank - 1)
        .contiguous()
    }
    let n = rank == 0 ? 1 : shape[axis]
    let rows = n == 0 ? 0 : count / n
    let source = try array.packed()
    let result = try TensorMemory.array(shape, .int64)
    let out = result.raw(Int64.self)
    switch dtype {
    case .float32: try ScanKernels.order(source.raw(Float.self), out, rows: rows, n: n, descending: descending)
    case .float64: try ScanKernels.order(source.raw(Double.self), out, rows: rows, n: n, descending: descending)
    case .int32: try ScanKernels.order(source.raw(Int32.self), out, rows: rows, n: n, descending: descending)
    case .int64: try ScanKernels.order(source.raw(Int64.self), out, rows: rows, n: n, descending: descending)
    case .uint8, .bool: try ScanKernels.order(source.raw(UInt8.self), out, rows: rows, n: n, descending: descending)
    }
    return Tensor(result)
  }

  /// Elements in order along an axis, and their original places.
  public func sorted(_ dim: Int = -1, descending: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    let order = try argsort(dim, descending: descending)
    return (try gather(dim: dim, order), order)
  }

  /// The `k` largest (or smallest) elements along an axis in order, and their places.
  public func topK(_ k: Int, dim: Int = -1, largest: Bool = true) throws -> (values: Tensor, indices: Tensor) {
    let axis = try Shapes.axis(dim, rank: rank)
    let extent = rank == 0 ? 1 : shape[axis]
    guard k >= 0, k <= extent else {
      throw ApusError.invalidArgument(name: "k", reason: "\(k) is not in 0...\(extent), the extent of dimension \(dim)")
    }
    let order = try argsort(axis, descending: largest)
    let chosen = rank == 0 ? order : try order.narrow(dim: axis, start: 0, length: k).contiguous()
    return (try gather(dim: axis, chosen), chosen)
  }
}
