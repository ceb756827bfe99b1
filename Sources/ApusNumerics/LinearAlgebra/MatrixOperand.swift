/// A matrix as BLAS takes it: op(A) in column-major memory, where `trans` says that the memory holds the transpose.
///
/// Row-major memory is the column-major memory of the transpose, so every array whose rows or whose columns are
/// contiguous needs no copy; any other (general strides, zero or negative strides, misaligned) is copied once.
package struct MatrixOperand<T: LinearAlgebraScalar> {
  /// The array the pointer leads into; holding it keeps the memory alive.
  package let array: NDArray
  package let rows: Int
  package let columns: Int
  /// Elements between the columns (the rows if `trans`) in memory; at least 1 and at least the extent they hold.
  package let leadingDimension: Int
  package let trans: Bool

  package var pointer: UnsafePointer<T> { UnsafePointer(array.pointer(T.self)) }

  /// - Parameter source: one- or two-dimensional, of element type `T`; a vector is a single column.
  /// - Throws: ``ApusError/sizeOverflow(reason:)`` beyond LAPACK's 32-bit extents; ``ApusError/outOfMemory(bytes:)``.
  package init(_ source: NDArray, name: String) throws(ApusError) {
    precondition(source.dtype == T.dtype && (source.rank == 1 || source.rank == 2))
    let size = source.dtype.stride
    rows = source.shape[0]
    columns = source.rank == 2 ? source.shape[1] : 1
    try BLAS.checkExtents([rows, columns], name: name)
    let rowStride = source.strides[0]
    let columnStride = source.rank == 2 ? source.strides[1] : size
    if source.isEmpty {
      (array, trans, leadingDimension) = (source, false, Swift.max(rows, 1))
    } else if source.isAligned,
      let step = MatrixOperand.leadingDimension(
        inner: (rows, rowStride), outer: (columns, columnStride), size: size)
    {
      (array, trans, leadingDimension) = (source, false, step)
    } else if source.isAligned,
      let step = MatrixOperand.leadingDimension(
        inner: (columns, columnStride), outer: (rows, rowStride), size: size)
    {
      (array, trans, leadingDimension) = (source, true, step)
    } else {
      (array, trans, leadingDimension) = (try source.copied(), true, columns)
    }
  }

  /// The leading dimension of memory whose `inner` axis is contiguous, or nil when it is not.
  private static func leadingDimension(
    inner: (extent: Int, stride: Int), outer: (extent: Int, stride: Int), size: Int
  ) -> Int? {
    guard inner.extent == 1 || inner.stride == size else { return nil }
    if outer.extent == 1 { return inner.extent }
    let step = outer.stride / size
    return step >= inner.extent && step <= Int(Int32.max) ? step : nil
  }
}
