/// The elements of a non-empty array as equally long lines of equally spaced elements, each visited once, in the order
/// that suits the memory: axes sorted by stride, negative strides turned round, repeated elements (stride 0) dropped,
/// axes that follow on from each other joined.
struct LineLayout {
  private let base: UnsafeRawPointer
  /// Axes across the lines, the slowest first.
  private let extents: [Int]
  private let strides: [Int]
  /// Elements of a line and the bytes between them.
  let length: Int
  let stride: Int
  /// The number of lines.
  let count: Int

  init(_ array: NDArray) {
    var base = UnsafeRawPointer(array.data)
    var axes: [(extent: Int, stride: Int)] = []
    for (extent, stride) in zip(array.shape, array.strides) where extent > 1 && stride != 0 {
      if stride < 0 { base += (extent - 1) * stride }
      axes.append((extent, abs(stride)))
    }
    axes.sort { ($0.stride, $0.extent) > ($1.stride, $1.extent) }
    var joined: [(extent: Int, stride: Int)] = []
    for axis in axes.reversed() {
      if let inner = joined.last, inner.extent * inner.stride == axis.stride {
        joined[joined.count - 1].extent *= axis.extent
      } else {
        joined.append(axis)
      }
    }
    self.base = base
    length = joined.first?.extent ?? 1
    stride = joined.first?.stride ?? array.dtype.stride
    let outer = joined.dropFirst().reversed()
    extents = outer.map(\.extent)
    strides = outer.map(\.stride)
    count = extents.reduce(1, *)
  }

  /// The address of the first element of line `index`.
  @inline(__always)
  func start(of index: Int) -> UnsafeRawPointer {
    if extents.count == 1 { return base + index &* strides[0] }
    var offset = 0
    var rest = index
    for axis in extents.indices.reversed() {
      let (quotient, position) = rest.quotientAndRemainder(dividingBy: extents[axis])
      offset &+= position &* strides[axis]
      rest = quotient
    }
    return base + offset
  }

  /// Elements per task.
  private static let pieceElements = 1 << 16

  /// Calls `body(start, count, stride)` in parallel for pieces of lines that together are all elements.
  @inline(__always)
  func forEachPiece(_ body: (UnsafeRawPointer, Int, Int) -> Void) {
    let piecesPerLine = (length - 1) / LineLayout.pieceElements + 1
    let linesPerTask = piecesPerLine > 1 ? 1 : Swift.max(1, LineLayout.pieceElements / length)
    let lineGroups = (count - 1) / linesPerTask + 1
    ThreadPool.parallelFor(tasks: lineGroups * piecesPerLine) { task in
      let (group, piece) = task.quotientAndRemainder(dividingBy: piecesPerLine)
      let elements = TileGrid.range(piece, extent: LineLayout.pieceElements, total: length)
      for line in TileGrid.range(group, extent: linesPerTask, total: count) {
        body(start(of: line) + elements.lowerBound &* stride, elements.count, stride)
      }
    }
  }
}
