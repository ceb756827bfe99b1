import ApusNumerics

/// Copies of chosen rows.
enum TakenRows {
  /// Rows of an array of at least one dimension, in the order given, row-major.
  static func take<Rows: Collection>(
    _ array: NDArray, _ rows: Rows
  ) throws(ApusError) -> NDArray where Rows.Element: BinaryInteger {
    let source = try array.contiguous()
    var shape = source.shape
    let width = shape.dropFirst().reduce(1, *) * source.dtype.stride
    shape[0] = rows.count
    let result = try NDArray(uninitialized: shape, dtype: source.dtype)
    for (place, row) in rows.enumerated() {
      (result.data + place * width).copyMemory(from: source.data + Int(row) * width, byteCount: width)
    }
    return result
  }
}
