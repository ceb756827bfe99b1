/// How rows of `width` elements are packed for ``PackedRows``: columns in panels side by side, a panel's rows one after
/// another.
@frozen package struct PanelLayout: Sendable {
  package let width: Int
  /// Columns of a panel.
  package let panelColumns: Int
  /// Columns of the last panel as stored; those beyond `width` are zero.
  package let lastColumns: Int

  @inlinable package init(width: Int, panelColumns: Int, lastColumns: Int) {
    self.width = width
    self.panelColumns = panelColumns
    self.lastColumns = lastColumns
  }

  /// Elements from one row to the next in the panel that begins at `column`; its first row lies at `column` times the
  /// number of packed rows.
  @inlinable @inline(__always)
  package func rowStride(ofPanelAt column: Int) -> Int {
    width &- column > panelColumns ? panelColumns : lastColumns
  }
}

/// One triangle of the sums of products of tall matrices' columns, from blocks of rows that the caller packs as it reads
/// (and shifts, scales or converts) them: the packing of a product comes free.
package struct PackedRows<T: LinearAlgebraScalar>: Sendable {
  package let layout: PanelLayout
  private let kernels: ProductKernels<T>

  /// Nil where the processor has no kernels.
  package init?(width: Int) {
    guard width > 0, let kernels = ProductKernels<T>.available else { return nil }
    self.kernels = kernels
    let panel = kernels.panelRows
    let rest = (width - 1) % panel + 1
    layout = PanelLayout(width: width, panelColumns: panel, lastColumns: kernels.padded(rest))
  }

  /// The most rows of a block.
  package static var depth: Int { PackedProduct<T>.depth }

  /// Elements that `rows` packed rows take.
  package func count(rows: Int) -> Int {
    let panels = (layout.width - 1) / layout.panelColumns
    return rows * (panels * layout.panelColumns + layout.lastColumns)
  }

  /// Packs (source − shift) · scale for the first `columns` columns of contiguous rows, each times its factor if those are
  /// given.
  ///
  /// - Parameters:
  ///   - rows: how many; `row` elements from one to the next.
  ///   - count: rows of the whole block, of which `first` is the first written here.
  package func pack(
    rows: Int, columns: Int, source: UnsafePointer<T>, row: Int, shifts: UnsafePointer<T>, scales: UnsafePointer<T>,
    factors: UnsafePointer<T>? = nil, first: Int, count: Int, into block: UnsafeMutablePointer<T>
  ) {
    // All panels but the layout's last one have the same width: `first` rows further on in each of them.
    let panel = layout.panelColumns
    let whole = (layout.width - 1) / panel * panel
    let leading = Swift.min(columns, whole)
    T.packShifted(
      kernels.registerBytes, rows: rows, columns: leading, source: source, row: row, shifts: shifts, scales: scales,
      factors: factors, panel: panel, count: count, lastColumns: 0, into: block + first * panel)
    if columns > whole {
      T.packShifted(
        kernels.registerBytes, rows: rows, columns: columns - whole, source: source + whole, row: row,
        shifts: shifts + whole, scales: scales + whole, factors: factors, panel: panel, count: count,
        lastColumns: layout.lastColumns,
        into: block + whole * count + first * layout.lastColumns)
    }
  }

  /// Lower triangle of C ← ZᵀZ + beta · C for a packed block Z, on the calling thread.
  package func square(_ block: UnsafePointer<T>, rows: Int, beta: T, c: UnsafeMutablePointer<T>, ldc: Int) {
    T.square(
      kernels.registerBytes, columns: 0..<layout.width, n: layout.width, k: rows, a: block, alpha: 1, beta: beta,
      lower: true, c: c, ldc: ldc)
  }

  /// The same in parallel, a panel of columns a task, for any number of rows: those beyond ``depth`` follow in further blocks,
  /// each behind a block of ``depth`` rows.
  package func squareInParallel(_ blocks: UnsafePointer<T>, rows: Int, beta: T, c: UnsafeMutablePointer<T>, ldc: Int) {
    let (depth, extent) = (PackedRows<T>.depth, count(rows: PackedRows<T>.depth))
    ThreadPool.parallelBlocks(count: layout.width, blockSize: layout.panelColumns) { columns in
      for start in stride(from: 0, to: rows, by: depth) {
        T.square(
          kernels.registerBytes, columns: columns, n: layout.width, k: Swift.min(depth, rows - start),
          a: blocks + start / depth * extent, alpha: 1, beta: start == 0 ? beta : 1, lower: true, c: c, ldc: ldc)
      }
    }
  }
}
