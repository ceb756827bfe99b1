import ApusNumerics

/// Where the cells of each feature lie in a histogram: `stride` cells per feature.
struct HistogramLayout: Sendable {
  let features: Int
  let stride: Int
  var cellCount: Int { features * stride }

  init(_ mapper: BinMapper) {
    features = mapper.features.count
    let largest = mapper.features.map(\.cellCount).max() ?? 1
    // 256 is known to the compiler: addresses become constants.
    stride = largest > 128 ? 256 : max(largest, 1)
  }
}

/// Accumulation of histograms over the rows of a leaf.
///
/// Rows are taken in chunks, and within a chunk features in groups whose cells fit into the first-level cache. While the
/// rows of one chunk are added, those of the next are on their way from memory.
enum HistogramKernel {
  /// Rows from which a leaf is divided between threads by rows, each with a histogram of its own.
  static let rowsPerTask = 16384
  /// Rows whose cells are laid out side by side before they are added.
  static let chunk = 256
  /// Bytes of the cells of a group of features: 8 features of 256 bins.
  private static let groupBytes = 32 << 10

  /// Sets `histogram` to the sums over the given rows.
  ///
  /// Large leaves are cut by rows (partial histograms in `scratch`, added up), small ones by features. Sums of whole
  /// numbers do not depend on the cut.
  ///
  /// - Parameter scratch: room for `scratchCount` histograms, for all tasks but the first.
  static func build(
    matrix: BinnedMatrix, table: GradientTable, rows: UnsafePointer<UInt32>, count: Int, layout: HistogramLayout,
    histogram: UnsafeMutablePointer<HistogramCell>, scratch: UnsafeMutablePointer<HistogramCell>, scratchCount: Int
  ) {
    let features = layout.features
    let tasks = min(count / rowsPerTask + 1, scratchCount + 1)
    if tasks == 1 {
      let groups = count * features < 8192 ? 1 : (features + 7) / 8
      ThreadPool.parallelFor(tasks: groups) { group in
        buildPart(
          (features * group / groups)..<(features * (group + 1) / groups), matrix: matrix, table: table, rows: rows,
          count: count, layout: layout, histogram: histogram)
      }
      return
    }
    let cells = layout.cellCount
    ThreadPool.parallelFor(tasks: tasks) { task in
      let start = count * task / tasks
      let end = count * (task + 1) / tasks
      let target = task == 0 ? histogram : scratch + (task - 1) * cells
      target.update(repeating: HistogramCell(), count: cells)
      accumulate(
        matrix: matrix, features: 0..<features, table: table, rows: rows + start, count: end - start, layout: layout,
        into: target)
    }
    ThreadPool.parallelBlocks(count: cells, blockSize: 4096) { range in
      for task in 1..<tasks {
        let from = scratch + (task - 1) * cells
        for i in range { histogram[i] &+= from[i] }
      }
    }
  }

  /// Whether a leaf is divided between threads by rows.
  static func isLarge(_ count: Int) -> Bool { count >= rowsPerTask }

  /// Sets the cells of some features to the sums over the given rows.
  static func buildPart(
    _ features: Range<Int>, matrix: BinnedMatrix, table: GradientTable, rows: UnsafePointer<UInt32>, count: Int,
    layout: HistogramLayout, histogram: UnsafeMutablePointer<HistogramCell>
  ) {
    (histogram + features.lowerBound * layout.stride).update(
      repeating: HistogramCell(), count: features.count * layout.stride)
    accumulate(
      matrix: matrix, features: features, table: table, rows: rows, count: count, layout: layout, into: histogram)
  }

  /// Adds the cells of `count` rows to the histograms of some features.
  private static func accumulate(
    matrix: BinnedMatrix, features: Range<Int>, table: GradientTable, rows: UnsafePointer<UInt32>, count: Int,
    layout: HistogramLayout, into histogram: UnsafeMutablePointer<HistogramCell>
  ) {
    if let bits = table.packedBits, count >= 1024 {
      PackedHistogram.accumulate(
        matrix: matrix, features: features, table: table, bits: bits, rows: rows, count: count, layout: layout,
        into: histogram)
      return
    }
    let ahead = RowsAhead(matrix, features: features, table: table)
    withUnsafeTemporaryAllocation(of: HistogramCell.self, capacity: chunk) { scratch in
      guard let cells = scratch.baseAddress else { return }
      ahead.touch(rows, count: min(chunk, count))
      var start = 0
      while start < count {
        let size = min(chunk, count &- start)
        gather(table, rows: rows + start, count: size, into: cells)
        add(
          matrix: matrix, features: features, rows: rows + start, cells: UnsafePointer(cells), count: size,
          next: min(size, count &- start &- size), ahead: ahead, layout: layout,
          into: histogram + features.lowerBound &* layout.stride)
        start &+= size
      }
    }
  }

  /// Adds the cells of a chunk of rows, features in groups whose cells fit into the first-level cache.
  ///
  /// - Parameters:
  ///   - next: how many of the rows behind the chunk are fetched meanwhile.
  ///   - target: the cells of the first feature.
  @inline(__always)
  static func add<Cell: HistogramAddable>(
    matrix: BinnedMatrix, features: Range<Int>, rows: UnsafePointer<UInt32>, cells: UnsafePointer<Cell>, count: Int,
    next: Int, ahead: RowsAhead, layout: HistogramLayout, into target: UnsafeMutablePointer<Cell>
  ) {
    let group = max(groupBytes / (layout.stride &* MemoryLayout<Cell>.stride), 1)
    var (first, next) = (features.lowerBound, next)
    while first < features.upperBound {
      let last = min(first &+ group, features.upperBound)
      let bins = matrix.bins.pointer + first
      let own = target + (first &- features.lowerBound) &* layout.stride
      if layout.stride == 256 {
        add(
          bins: bins, rowStride: matrix.columns, features: last &- first, stride: 256, rows: rows, cells: cells,
          count: count, next: next, ahead: ahead, into: own)
      } else {
        add(
          bins: bins, rowStride: matrix.columns, features: last &- first, stride: layout.stride, rows: rows,
          cells: cells, count: count, next: next, ahead: ahead, into: own)
      }
      (first, next) = (last, 0)
    }
  }

  private static func gather(
    _ table: GradientTable, rows: UnsafePointer<UInt32>, count: Int, into cells: UnsafeMutablePointer<HistogramCell>
  ) {
    let pairs = table.pairs.pointer
    let shift = Int64(table.countBits)
    if let multiplicity = table.multiplicity {
      for i in 0..<count {
        let row = Int(rows[i])
        cells[i] = HistogramCell(
          Int64(pairs[row].x), (Int64(pairs[row].y) &<< shift) &+ Int64(multiplicity[row]))
      }
    } else {
      for i in 0..<count {
        let pair = pairs[Int(rows[i])]
        cells[i] = HistogramCell(Int64(pair.x), (Int64(pair.y) &<< shift) &+ 1)
      }
    }
  }

  /// The innermost loops: one addition per row and feature.
  @inline(__always)
  private static func add<Cell: HistogramAddable>(
    bins: UnsafePointer<UInt8>, rowStride: Int, features: Int, stride: Int, rows: UnsafePointer<UInt32>,
    cells: UnsafePointer<Cell>, count: Int, next: Int, ahead: RowsAhead, into histogram: UnsafeMutablePointer<Cell>
  ) {
    for i in 0..<count {
      if i < next { ahead.fetch(rows[count &+ i]) }
      let cell = cells[i]
      var line = bins + Int(rows[i]) &* rowStride
      var target = histogram
      var left = features
      while left >= 4 {
        Cell.add(cell, to: target + Int(line[0]))
        Cell.add(cell, to: target + (stride &+ Int(line[1])))
        Cell.add(cell, to: target + (2 &* stride &+ Int(line[2])))
        Cell.add(cell, to: target + (3 &* stride &+ Int(line[3])))
        line += 4
        target += 4 &* stride
        left &-= 4
      }
      while left > 0 {
        Cell.add(cell, to: target + Int(line[0]))
        line += 1
        target += stride
        left &-= 1
      }
    }
  }

  /// `parent − child`, in place of the parent.
  static func subtract(
    _ child: UnsafePointer<HistogramCell>, from parent: UnsafeMutablePointer<HistogramCell>, cellCount: Int
  ) {
    for i in 0..<cellCount { parent[i] &-= child[i] }
  }
}

/// What histograms add up.
protocol HistogramAddable: BitwiseCopyable {
  static func add(_ cell: Self, to target: UnsafeMutablePointer<Self>)
}

extension HistogramCell: HistogramAddable {
  @inline(__always)
  static func add(_ cell: HistogramCell, to target: UnsafeMutablePointer<HistogramCell>) { target.pointee &+= cell }
}

extension Int64: HistogramAddable {
  @inline(__always)
  static func add(_ cell: Int64, to target: UnsafeMutablePointer<Int64>) { target.pointee &+= cell }
}
