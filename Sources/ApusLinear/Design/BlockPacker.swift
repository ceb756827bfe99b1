import ApusNumerics

/// Copies blocks of rows of [features, targets, 1], shifted, scaled and weighted, into memory that BLAS reads.
///
/// Rows lie together when a row's features do in the source, otherwise columns: both copies then run along the memory of
/// the source.
struct BlockPacker<Source: LinearAlgebraScalar, Packed: LinearAlgebraScalar> {
  let features: MatrixView<Source>
  /// (rows, targetCount) row-major.
  let targets: UnsafePointer<Double>
  let targetCount: Int
  /// √w, or nil.
  let rootWeights: UnsafePointer<Double>?
  /// Subtracted from every column before scaling; featureCount + targetCount.
  let shifts: UnsafePointer<Double>
  let scales: UnsafePointer<Double>
  /// The same in the packed type, for the features alone; nil where features have another type.
  var packedShifts: UnsafePointer<Packed>?
  var packedScales: UnsafePointer<Packed>?
  /// Rows from one column to the next of a block with columns together.
  var blockRows: Int

  var width: Int { features.columns &+ targetCount &+ 1 }
  var rowsTogether: Bool {
    features.columnStride == 1 || features.rowStride.magnitude > features.columnStride.magnitude
  }
  /// Elements between neighbouring rows or columns, whichever is larger.
  var leadingDimension: Int { rowsTogether ? width : blockRows }

  @inline(__always)
  func pack(_ rows: Range<Int>, into block: UnsafeMutablePointer<Packed>) {
    if rowsTogether { packRows(rows, block) } else { packColumns(rows, block) }
  }

  @inline(__always)
  private func packRows(_ rows: Range<Int>, _ block: UnsafeMutablePointer<Packed>) {
    let (p, t, width, step) = (features.columns, targetCount, width, features.columnStride)
    for row in rows {
      let source = features.base + row &* features.rowStride
      let target = block + (row &- rows.lowerBound) &* width
      if step == 1 {
        for j in 0..<p { target[j] = (Packed(source[j]) - Packed(shifts[j])) * Packed(scales[j]) }
      } else {
        for j in 0..<p { target[j] = (Packed(source[j &* step]) - Packed(shifts[j])) * Packed(scales[j]) }
      }
      for k in 0..<t {
        target[p &+ k] = Packed((targets[row &* t &+ k] - shifts[p &+ k]) * scales[p &+ k])
      }
      target[p &+ t] = 1
      if let rootWeights {
        let weight = Packed(rootWeights[row])
        for j in 0..<width { target[j] *= weight }
      }
    }
  }

  /// Packs rows that lie together into the panels of a ``PackedRows``.
  ///
  /// - Parameters:
  ///   - rows: what to pack; `first` is the first row of the block they are part of.
  ///   - count: rows of the whole block.
  @inline(__always)
  func packPanels(
    _ rows: Range<Int>, first: Int, count: Int, panels: PackedRows<Packed>, into block: UnsafeMutablePointer<Packed>
  ) {
    let (p, t, width, step) = (features.columns, targetCount, width, features.columnStride)
    let layout = panels.layout
    var packedColumns = 0
    if step == 1, let packedShifts, let packedScales,
      let source = features.base as? UnsafePointer<Packed>
    {
      packedColumns = p
      panels.pack(
        rows: rows.count, columns: p, source: source + rows.lowerBound &* features.rowStride, row: features.rowStride,
        shifts: packedShifts, scales: packedScales, first: rows.lowerBound &- first, count: count, into: block)
    }
    for row in rows {
      let source = features.base + row &* features.rowStride
      // Without weights, panels that are complete stay as they are.
      var start = rootWeights == nil ? packedColumns / layout.panelColumns &* layout.panelColumns : 0
      while start < width {
        let stride = layout.rowStride(ofPanelAt: start)
        let target = block + (start &* count &+ (row &- first) &* stride)
        let end = Swift.min(start &+ stride, width)
        for j in Swift.max(start, packedColumns)..<Swift.max(start, packedColumns, Swift.min(end, p)) {
          target[j &- start] = (Packed(source[j &* step]) - Packed(shifts[j])) * Packed(scales[j])
        }
        for j in Swift.max(start, p)..<Swift.max(end, p) {
          target[j &- start] = j < p &+ t ? Packed((targets[row &* t &+ j &- p] - shifts[j]) * scales[j]) : 1
        }
        if let rootWeights {
          let weight = Packed(rootWeights[row])
          for j in 0..<(end &- start) { target[j] *= weight }
        }
        for j in (end &- start)..<stride { target[j] = 0 }
        start &+= stride
      }
    }
  }

  @inline(__always)
  private func packColumns(_ rows: Range<Int>, _ block: UnsafeMutablePointer<Packed>) {
    let (p, t, step, count) = (features.columns, targetCount, features.rowStride, rows.count)
    for j in 0..<p {
      let source = features.base + (j &* features.columnStride &+ rows.lowerBound &* step)
      let target = block + j &* blockRows
      let (shift, scale) = (Packed(shifts[j]), Packed(scales[j]))
      if step == 1 {
        for i in 0..<count { target[i] = (Packed(source[i]) - shift) * scale }
      } else {
        for i in 0..<count { target[i] = (Packed(source[i &* step]) - shift) * scale }
      }
    }
    for k in 0..<t {
      let source = targets + (rows.lowerBound &* t &+ k)
      let target = block + (p &+ k) &* blockRows
      for i in 0..<count { target[i] = Packed((source[i &* t] - shifts[p &+ k]) * scales[p &+ k]) }
    }
    let ones = block + (p &+ t) &* blockRows
    for i in 0..<count { ones[i] = 1 }
    if let rootWeights {
      for j in 0..<width {
        let target = block + j &* blockRows
        for i in 0..<count { target[i] *= Packed(rootWeights[rows.lowerBound &+ i]) }
      }
    }
  }
}
