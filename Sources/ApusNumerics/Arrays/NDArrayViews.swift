/// Views: results share storage with the receiver and copy nothing.
extension NDArray {
  /// The axes in reverse order.
  public var transposed: NDArray {
    NDArray(storage: storage, data: data, dtype: dtype, shape: shape.reversed(), strides: strides.reversed())
  }

  /// Rows (entries along axis 0) `range` of the array.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when the range leaves the array.
  public func slice(_ range: Range<Int>, axis: Int = 0) throws(ApusError) -> NDArray {
    guard shape.indices.contains(axis) else {
      throw .invalidArgument(name: "axis", reason: "\(axis) is not in 0..<\(rank)")
    }
    guard range.lowerBound >= 0, range.upperBound <= shape[axis] else {
      throw .invalidArgument(name: "range", reason: "\(range) is not within 0..<\(shape[axis])")
    }
    var shape = shape
    shape[axis] = range.count
    return NDArray(
      storage: storage, data: data + range.lowerBound * strides[axis], dtype: dtype, shape: shape, strides: strides)
  }

  /// The same elements in another shape; copies only when the memory layout demands it.
  ///
  /// - Throws: ``ApusError/shapeMismatch(name:reason:)`` when the element counts differ.
  public func reshaped(_ newShape: [Int]) throws(ApusError) -> NDArray {
    let bytes = try checkedCount(newShape, stride: dtype.stride)
    guard bytes == count * dtype.stride else {
      throw .shapeMismatch(name: "shape", reason: "\(shape) cannot become \(newShape): the element counts differ")
    }
    let source = isContiguous ? self : try self.contiguous()
    return NDArray(
      storage: source.storage, data: source.data, dtype: dtype, shape: newShape,
      strides: NDArray.rowMajorStrides(newShape, stride: dtype.stride))
  }
}
