/// How a product of an m × k by a k × n matrix is cut into tasks: from the extents alone, never from the thread count, so
/// that every element is summed in the same order whatever the number of threads.
struct TileGrid: Equatable {
  /// Tiles along the rows, the columns and the summed dimension.
  let rowTiles: Int
  let columnTiles: Int
  let depthTiles: Int
  /// Extents of a tile; the last one along a dimension may be smaller.
  let tileRows: Int
  let tileColumns: Int
  let tileDepth: Int

  var outputTiles: Int { rowTiles * columnTiles }

  /// Multiplications that are worth a task of their own (about 50 µs on one core).
  static let taskProducts = 1_500_000.0
  /// The number of tasks aimed at: enough to keep many cores evenly busy, few enough that packing does not dominate.
  static let wantedTasks = 64
  /// Below this extent a tile packs more than it multiplies.
  static let smallestExtent = 96
  /// Above this extent a tile would leave the cache, and other cores without work.
  static let largestExtent = 1024
  static let smallestDepth = 512
  /// Elements that the partial results of a product cut along the summed dimension may take.
  static let partialElements = 8 << 20

  init(m: Int, n: Int, k: Int, splitsDepth: Bool = true) {
    let products = Double(m) * Double(n) * Double(k)
    let wanted = Int(Swift.min(Double(TileGrid.wantedTasks), (products / TileGrid.taskProducts).rounded(.up)))
    var (rows, columns) = (1, 1)
    while true {
      let (height, width) = ((m - 1) / rows + 1, (n - 1) / columns + 1)
      let longest = Swift.max(height, width)
      let enough = rows * columns >= wanted
      if longest <= (enough ? TileGrid.largestExtent : 2 * TileGrid.smallestExtent) { break }
      if height >= width { rows += 1 } else { columns += 1 }
    }
    var depth = 1
    if splitsDepth, rows * columns * 2 <= wanted {
      depth = Swift.min(wanted / (rows * columns), k / TileGrid.smallestDepth, TileGrid.partialElements / (m * n))
    }
    tileRows = TileGrid.extent(m, parts: rows)
    tileColumns = TileGrid.extent(n, parts: columns)
    tileDepth = TileGrid.extent(k, parts: Swift.max(depth, 1))
    rowTiles = (m - 1) / tileRows + 1
    columnTiles = (n - 1) / tileColumns + 1
    depthTiles = (k - 1) / tileDepth + 1
  }

  /// The smallest multiple of 8 that covers `total` in `parts` parts.
  private static func extent(_ total: Int, parts: Int) -> Int {
    parts == 1 ? total : ((total - 1) / parts / 8 + 1) * 8
  }

  /// The indices that tile `index` of extent `extent` covers in `0..<total`.
  @inline(__always)
  static func range(_ index: Int, extent: Int, total: Int) -> Range<Int> {
    index &* extent..<Swift.min(index &* extent &+ extent, total)
  }
}
