import ApusNumerics

/// Copies and sums by index. Row-major data are seen as (outer, extent, inner) along the indexed axis; indices have been
/// checked.
enum IndexKernels {
  /// Indices as int64 with negative ones counted from the end.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` naming the first one out of range.
  static func checked(_ indices: NDArray, extent: Int, name: String) throws(ApusError) -> NDArray {
    guard !indices.dtype.isFloatingPoint, indices.dtype != .bool else {
      throw .unsupportedType(name: name, reason: "indices must be integers, got \(indices.dtype.name)")
    }
    let source = try Casting.cast(indices, to: .int64)
    let values = source.raw(Int64.self)
    let limit = Int64(extent)
    for i in 0..<source.count {
      guard values[i] >= -limit, values[i] < limit else {
        throw .invalidArgument(name: name, reason: "index \(values[i]) is out of range for \(extent) entries")
      }
      if values[i] < 0 { values[i] += limit }
    }
    return source
  }

  /// target[o, j, :] = source[o, index[j], :]
  static func select(
    _ source: NDArray, _ indices: NDArray, into target: NDArray, outer: Int, extent: Int, inner: Int
  ) {
    let (index, n) = (indices.raw(Int64.self), indices.count)
    let bytes = inner * source.dtype.stride
    let (from, to) = (UnsafeRawPointer(source.data), target.data)
    ReductionKernels.forOuter(outer * n, work: max(inner, 1)) { position in
      let (o, j) = position.quotientAndRemainder(dividingBy: n)
      let row = from + (o &* extent &+ Int(index[j])) &* bytes
      (to + position &* bytes).copyMemory(from: row, byteCount: bytes)
    }
  }

  /// target[o, index[j], :] += source[o, j, :], in the order of j.
  static func add<T: TensorFloat>(
    _ source: UnsafePointer<T>, _ indices: NDArray, into target: UnsafeMutablePointer<T>, outer: Int, extent: Int,
    inner: Int
  ) {
    let (index, n) = (indices.raw(Int64.self), indices.count)
    for o in 0..<outer {
      for j in 0..<n {
        let to = target + (o &* extent &+ Int(index[j])) &* inner
        let from = source + (o &* n &+ j) &* inner
        for i in 0..<inner { to[i] += from[i] }
      }
    }
  }

  /// target[o, j, i] = source[o, index[o, j, i], i]
  static func gather<Bits: BitwiseCopyable>(
    _ source: UnsafePointer<Bits>, _ index: UnsafePointer<Int64>, into target: UnsafeMutablePointer<Bits>, outer: Int,
    extent: Int, count: Int, inner: Int
  ) {
    for o in 0..<outer {
      for j in 0..<count {
        let row = (o &* count &+ j) &* inner
        for i in 0..<inner { target[row &+ i] = source[(o &* extent &+ Int(index[row &+ i])) &* inner &+ i] }
      }
    }
  }

  /// target[o, index[o, j, i], i] = (or +=) source[o, j, i]
  static func scatter<T: TensorFloat>(
    _ source: UnsafePointer<T>, _ index: UnsafePointer<Int64>, into target: UnsafeMutablePointer<T>, outer: Int,
    extent: Int, count: Int, inner: Int, adds: Bool
  ) {
    for o in 0..<outer {
      for j in 0..<count {
        let row = (o &* count &+ j) &* inner
        for i in 0..<inner {
          let place = (o &* extent &+ Int(index[row &+ i])) &* inner &+ i
          target[place] = adds ? target[place] + source[row &+ i] : source[row &+ i]
        }
      }
    }
  }
}
