import ApusNumerics

/// Arithmetic on shapes, with the messages of its failures.
package enum Shapes {
  /// The shape two operands broadcast to: aligned at the last axis, extents are equal or one of them is 1.
  package static func broadcast(_ a: [Int], _ b: [Int], operation: String) throws(ApusError) -> [Int] {
    if a == b { return a }
    let rank = max(a.count, b.count)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let (i, j) = (axis - rank + a.count, axis - rank + b.count)
      let (x, y) = (i >= 0 ? a[i] : 1, j >= 0 ? b[j] : 1)
      guard x == y || x == 1 || y == 1 else {
        throw .shapeMismatch(name: operation, reason: "shapes \(a) and \(b) do not broadcast")
      }
      result[axis] = x == 1 ? y : x
    }
    return result
  }

  /// `axis` counted from the end when negative.
  package static func axis(_ axis: Int, rank: Int, name: String = "dim") throws(ApusError) -> Int {
    let extent = max(rank, 1)
    guard axis >= -extent, axis < extent else {
      throw .invalidArgument(name: name, reason: "\(axis) is not in \(-extent)...\(extent - 1)")
    }
    return axis < 0 ? axis + extent : axis
  }

  /// The given axes in ascending order, each once; all axes when nil or empty.
  package static func axes(_ axes: [Int]?, rank: Int) throws(ApusError) -> [Int] {
    guard let axes, !axes.isEmpty else { return Array(0..<rank) }
    var isChosen = [Bool](repeating: false, count: max(rank, 1))
    for axis in axes {
      let index = try Shapes.axis(axis, rank: rank)
      guard !isChosen[index] else { throw .invalidArgument(name: "dim", reason: "\(axis) appears twice") }
      isChosen[index] = true
    }
    return (0..<rank).filter { isChosen[$0] }
  }

  /// `shape` with one −1 replaced by what `count` elements leave.
  package static func resolved(_ shape: [Int], count: Int) throws(ApusError) -> [Int] {
    var known = 1
    var unknown: Int?
    for (axis, extent) in shape.enumerated() {
      if extent == -1 {
        guard unknown == nil else { throw .shapeMismatch(name: "shape", reason: "\(shape) has more than one -1") }
        unknown = axis
      } else if extent < 0 {
        throw .shapeMismatch(name: "shape", reason: "\(shape) has a negative extent")
      } else {
        let (product, overflow) = known.multipliedReportingOverflow(by: extent)
        guard !overflow else { throw .sizeOverflow(reason: "shape: \(shape) exceeds the address space") }
        known = product
      }
    }
    guard let unknown else {
      guard known == count else {
        throw .shapeMismatch(name: "shape", reason: "\(shape) does not hold \(count) elements")
      }
      return shape
    }
    guard known > 0, count % known == 0 else {
      throw .shapeMismatch(name: "shape", reason: "\(shape) does not divide \(count) elements")
    }
    var result = shape
    result[unknown] = count / known
    return result
  }

  /// `shape` as (outer, extent of `axis`, inner): the three numbers row-major kernels along one axis need.
  package static func split(_ shape: [Int], at axis: Int) -> (outer: Int, extent: Int, inner: Int) {
    if shape.isEmpty { return (1, 1, 1) }
    return (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
  }
}

/// The element type of a result of two operands, as PyTorch promotes them.
package enum Promotion {
  package static func result(_ a: DType, _ b: DType) -> DType {
    rank(a) >= rank(b) ? a : b
  }

  private static func rank(_ dtype: DType) -> Int {
    switch dtype {
    case .bool: return 0
    case .uint8: return 1
    case .int32: return 2
    case .int64: return 3
    case .float32: return 4
    case .float64: return 5
    }
  }
}

extension NDArray {
  /// This array repeated without copying along axes of extent 1 and new leading axes. The shape must be one it broadcasts to.
  package func broadcast(to shape: [Int]) -> NDArray {
    if shape == self.shape { return self }
    let lead = shape.count - rank
    var strides = [Int](repeating: 0, count: shape.count)
    for axis in 0..<rank where self.shape[axis] == shape[axis + lead] { strides[axis + lead] = self.strides[axis] }
    return NDArray(storage: storage, data: data, dtype: dtype, shape: shape, strides: strides)
  }

  /// A view of the same memory, whose extents and strides the caller has checked.
  package func view(shape: [Int], strides: [Int], byteOffset: Int = 0) -> NDArray {
    NDArray(storage: storage, data: data + byteOffset, dtype: dtype, shape: shape, strides: strides)
  }

  /// As ``contiguous()`` with recycled memory.
  package func packed() throws(ApusError) -> NDArray {
    if isContiguous && isAligned { return self }
    let result = try TensorMemory.array(shape, dtype)
    try result.assign(from: self)
    return result
  }
}
