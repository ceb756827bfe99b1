/// How the rows of a matrix are cut into blocks for a reduction over rows: from the shape alone, so that results do not
/// depend on the thread count.
struct RowBlocks {
  let rows: Int
  let blockRows: Int
  let count: Int

  /// Blocks of about `elements` elements, at most `limit` of them if that is given.
  init(rows: Int, columns: Int, elements: Int = 1 << 15, limit: Int? = 256) {
    self.rows = rows
    let fitting = Swift.max(elements / Swift.max(columns, 1), 16)
    let smallest = limit.map { (rows + $0 - 1) / $0 } ?? 1
    blockRows = Swift.max(Swift.min(Swift.max(fitting, smallest), rows), 1)
    count = (rows + blockRows - 1) / blockRows
  }

  /// Blocks that suit the layout: of whole rows that fit in cache where columns are the inner axis, else of stretches of
  /// each column long enough to stream.
  init<Element>(_ x: MatrixView<Element>) {
    let columnsAreInner = x.columnStride.magnitude <= x.rowStride.magnitude && x.columns > 1
    self.init(rows: x.rows, columns: columnsAreInner ? x.columns : 1, elements: columnsAreInner ? 1 << 15 : 1 << 13)
  }

  @inline(__always)
  func range(_ block: Int) -> Range<Int> { TileGrid.range(block, extent: blockRows, total: rows) }
}
