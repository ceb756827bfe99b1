/// The rows of [X | Y] with their weights, from which blocks are loaded for ``CentredGramKernel``.
struct CentredBlockSource {
  let x: NDArray
  let y: NDArray?
  let weights: NDArray?
  let centred: Bool

  var rows: Int { x.shape[0] }
  var featureCount: Int { x.shape[1] }
  /// Columns of X and Y together.
  var columns: Int { featureCount + (y.map { $0.rank == 2 ? $0.shape[1] : 1 } ?? 0) }

  private var weightView: VectorView<Double>? { weights?.vectorView(Double.self) }

  /// The sum of the weights of some rows.
  func weight(of rows: Range<Int>) -> Double {
    guard let weightView else { return Double(rows.count) }
    var total = 0.0
    for i in rows { total += weightView[i] }
    return total
  }

  /// Writes a row of [X | Y], near enough to the means of the rows around it that sums of differences from it lose no digits.
  func copyRow(_ row: Int, into target: UnsafeMutablePointer<Double>) {
    forEachPart { part, first in
      switch part {
      case .float(let view): for j in 0..<view.columns { target[first &+ j] = Double(view[row, j]) }
      case .double(let view): for j in 0..<view.columns { target[first &+ j] = view[row, j] }
      }
    }
  }

  /// sums += Σ w (z − shifts) over `rows`; on the calling thread.
  func addSums(
    _ rows: Range<Int>, shifts: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>
  ) {
    forEachPart { part, first in
      switch part {
      case .float(let view):
        CentredBlock.addSums(view, rows: rows, weights: weightView, shifts: shifts + first, into: sums + first)
      case .double(let view):
        CentredBlock.addSums(view, rows: rows, weights: weightView, shifts: shifts + first, into: sums + first)
      }
    }
  }

  /// Copies `rows` into `block` (row-major, `columns` wide), less `means`, each row times the square root of its weight.
  func load<Work: LinearAlgebraScalar>(
    _ rows: Range<Int>, means: UnsafePointer<Double>, into block: UnsafeMutablePointer<Work>
  ) {
    forEachPart { part, first in
      switch part {
      case .float(let view):
        CentredBlock.load(
          view, rows: rows, weights: weightView, means: means + first, into: block + first, width: columns)
      case .double(let view):
        CentredBlock.load(
          view, rows: rows, weights: weightView, means: means + first, into: block + first, width: columns)
      }
    }
  }

  /// The same into panels, as a part of a packed block of `count` rows that begins with row `first`.
  ///
  /// - Parameter ones: as many as columns.
  func pack<Work: LinearAlgebraScalar>(
    _ rows: Range<Int>, means: UnsafePointer<Double>, ones: UnsafePointer<Work>, first: Int, count: Int,
    panels: PackedRows<Work>, into block: UnsafeMutablePointer<Work>
  ) {
    forEachPart { part, column in
      switch part {
      case .float(let view):
        CentredBlock.pack(
          view, rows: rows, weights: weightView, means: means + column, column: column, layout: panels.layout,
          first: first, count: count, into: block)
      case .double(let view):
        if column == 0, view.columnStride == 1, let source = view.base as? UnsafePointer<Work>,
          let means = means as? UnsafePointer<Work>
        {
          packRows(
            rows, view, source, means: means, ones: ones, first: first, count: count, panels: panels, into: block)
        } else {
          CentredBlock.pack(
            view, rows: rows, weights: weightView, means: means + column, column: column, layout: panels.layout,
            first: first, count: count, into: block)
        }
      }
    }
    let last = (columns &- 1) / panels.layout.panelColumns &* panels.layout.panelColumns
    let stride = panels.layout.lastColumns
    for row in rows {
      let target = block + (last &* count &+ (row &- first) &* stride)
      for j in (columns &- last)..<stride { target[j] = 0 }
    }
  }

  /// Contiguous rows in the type of the products, by vectors.
  private func packRows<Work: LinearAlgebraScalar>(
    _ rows: Range<Int>, _ view: MatrixView<Double>, _ source: UnsafePointer<Work>, means: UnsafePointer<Work>,
    ones: UnsafePointer<Work>, first: Int, count: Int, panels: PackedRows<Work>, into block: UnsafeMutablePointer<Work>
  ) {
    func pack(_ rows: Range<Int>, factors: UnsafePointer<Work>?) {
      panels.pack(
        rows: rows.count, columns: featureCount, source: source + rows.lowerBound &* view.rowStride,
        row: view.rowStride, shifts: means, scales: ones, factors: factors, first: rows.lowerBound &- first,
        count: count, into: block)
    }
    guard let weightView else { return pack(rows, factors: nil) }
    withUnsafeTemporaryAllocation(of: Work.self, capacity: CentredGramKernel<Work>.packedRows) { roots in
      for start in stride(from: rows.lowerBound, to: rows.upperBound, by: roots.count) {
        let some = start..<Swift.min(start + roots.count, rows.upperBound)
        for i in some { roots[i &- start] = Work(weightView[i].squareRoot()) }
        pack(some, factors: UnsafePointer(roots.baseAddress))
      }
    }
  }

  private enum Part {
    case float(MatrixView<Float>)
    case double(MatrixView<Double>)

    init(_ array: NDArray) {
      self = array.dtype == .float32 ? .float(array.matrixView(Float.self)) : .double(array.matrixView(Double.self))
    }
  }

  /// X, and Y with its first column.
  @inline(__always)
  private func forEachPart(_ body: (Part, Int) -> Void) {
    body(Part(x), 0)
    if let y { body(Part(y), featureCount) }
  }
}
