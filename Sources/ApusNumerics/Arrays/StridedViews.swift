/// A read-only strided vector of `count` elements; strides count elements, not bytes.
///
/// The typed views are what kernels work on: `@frozen`, inlined across modules and without bounds checks. They are valid
/// only while the array they came from lives.
@frozen
package struct VectorView<Element: BitwiseCopyable> {
  package let base: UnsafePointer<Element>
  package let count: Int
  package let stride: Int

  @inlinable @inline(__always)
  package init(base: UnsafePointer<Element>, count: Int, stride: Int = 1) {
    self.base = base
    self.count = count
    self.stride = stride
  }

  @inlinable @inline(__always)
  package subscript(index: Int) -> Element { base[index &* stride] }
}

/// A read-only strided matrix of `rows` × `columns`; strides count elements.
@frozen
package struct MatrixView<Element: BitwiseCopyable> {
  package let base: UnsafePointer<Element>
  package let rows: Int
  package let columns: Int
  package let rowStride: Int
  package let columnStride: Int

  @inlinable @inline(__always)
  package init(base: UnsafePointer<Element>, rows: Int, columns: Int, rowStride: Int, columnStride: Int = 1) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  @inlinable @inline(__always)
  package subscript(row: Int, column: Int) -> Element { base[row &* rowStride &+ column &* columnStride] }

  @inlinable @inline(__always)
  package func row(_ index: Int) -> VectorView<Element> {
    VectorView(base: base + index &* rowStride, count: columns, stride: columnStride)
  }

  @inlinable @inline(__always)
  package func column(_ index: Int) -> VectorView<Element> {
    VectorView(base: base + index &* columnStride, count: rows, stride: rowStride)
  }

  /// Rows `range` of the matrix.
  @inlinable @inline(__always)
  package func rows(_ range: Range<Int>) -> MatrixView {
    MatrixView(
      base: base + range.lowerBound &* rowStride, rows: range.count, columns: columns, rowStride: rowStride,
      columnStride: columnStride)
  }

  /// Columns `range` of the matrix.
  @inlinable @inline(__always)
  package func columns(_ range: Range<Int>) -> MatrixView {
    MatrixView(
      base: base + range.lowerBound &* columnStride, rows: rows, columns: range.count, rowStride: rowStride,
      columnStride: columnStride)
  }

  @inlinable @inline(__always)
  package var transposed: MatrixView {
    MatrixView(base: base, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride)
  }
}

/// A strided matrix that kernels write into; strides count elements.
@frozen
package struct MutableMatrixView<Element: BitwiseCopyable> {
  package let base: UnsafeMutablePointer<Element>
  package let rows: Int
  package let columns: Int
  package let rowStride: Int
  package let columnStride: Int

  @inlinable @inline(__always)
  package init(base: UnsafeMutablePointer<Element>, rows: Int, columns: Int, rowStride: Int, columnStride: Int = 1) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  @inlinable @inline(__always)
  package subscript(row: Int, column: Int) -> Element {
    get { base[row &* rowStride &+ column &* columnStride] }
    nonmutating set { base[row &* rowStride &+ column &* columnStride] = newValue }
  }

  @inlinable @inline(__always)
  package var readOnly: MatrixView<Element> {
    MatrixView(
      base: UnsafePointer(base), rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
}

extension NDArray {
  /// The typed address of the first element. The caller has checked `dtype`; the array is contiguous where that matters.
  @inline(__always)
  package func pointer<Element: NDElement>(_ type: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
    precondition(dtype == Element.dtype)
    return data.assumingMemoryBound(to: Element.self)
  }

  /// A typed view of a one-dimensional (or single-column) array. Requires matching `dtype` and `isAligned`.
  package func vectorView<Element: NDElement>(_ type: Element.Type = Element.self) -> VectorView<Element> {
    precondition(dtype == Element.dtype && (rank == 1 || (rank == 2 && shape[1] == 1)))
    return VectorView(
      base: UnsafePointer(pointer(type)), count: shape[0], stride: strides[0] / MemoryLayout<Element>.stride)
  }

  /// A typed view of a two-dimensional array; one dimension counts as a single column.
  package func matrixView<Element: NDElement>(_ type: Element.Type = Element.self) -> MatrixView<Element> {
    precondition(dtype == Element.dtype && (rank == 1 || rank == 2))
    let step = MemoryLayout<Element>.stride
    return MatrixView(
      base: UnsafePointer(pointer(type)), rows: shape[0], columns: rank == 2 ? shape[1] : 1,
      rowStride: strides[0] / step, columnStride: rank == 2 ? strides[1] / step : 1)
  }

  /// A typed view for writing; the array must be freshly made by the caller or a writable output buffer.
  package func mutableMatrixView<Element: NDElement>(
    _ type: Element.Type = Element.self
  ) -> MutableMatrixView<Element> {
    precondition(dtype == Element.dtype && (rank == 1 || rank == 2) && storage.isWritable)
    let step = MemoryLayout<Element>.stride
    return MutableMatrixView(
      base: pointer(type), rows: shape[0], columns: rank == 2 ? shape[1] : 1, rowStride: strides[0] / step,
      columnStride: rank == 2 ? strides[1] / step : 1)
  }
}
