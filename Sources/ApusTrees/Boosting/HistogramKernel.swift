import ApusNumerics

/// Accumulation of histograms over the rows of a leaf.
enum HistogramKernel {
  /// Rows from which a leaf is divided between threads by rows, each with a histogram of its own.
  private static let rowsPerTask = 16384

  /// Sets `histogram` to the sums over the given rows.
  ///
  /// Large leaves are cut by rows (partial histograms in `scratch`, added up), small ones by features. Sums of whole
  /// numbers do not depend on the cut.
  ///
  /// - Parameters:
  ///   - offsets: first cell of every feature.
  ///   - scratch: histograms for all but the first of `scratchCount + 1` tasks.
  static func build(
    matrix: BinnedMatrix, table: GradientTable, rows: UnsafePointer<UInt32>, count: Int, offsets: UnsafePointer<Int32>,
    cellCount: Int, histogram: UnsafeMutablePointer<HistogramCell>, scratch: UnsafeMutablePointer<HistogramCell>,
    scratchCount: Int
  ) {
    let features = matrix.columns
    let tasks = min(count / rowsPerTask + 1, scratchCount + 1)
    if tasks == 1 {
      let groups = count * features < 8192 ? 1 : min(ThreadPool.threadCount, (features + 7) / 8)
      ThreadPool.parallelFor(tasks: groups) { group in
        let first = features * group / groups
        let last = features * (group + 1) / groups
        let (start, end) = (Int(offsets[first]), last == features ? cellCount : Int(offsets[last]))
        (histogram + start).update(repeating: HistogramCell(), count: end - start)
        accumulate(
          bins: matrix.bins.pointer, stride: features, features: first..<last, table: table, rows: rows, count: count,
          offsets: offsets, into: histogram)
      }
      return
    }
    ThreadPool.parallelFor(tasks: tasks) { task in
      let start = count * task / tasks
      let end = count * (task + 1) / tasks
      let target = task == 0 ? histogram : scratch + (task - 1) * cellCount
      target.update(repeating: HistogramCell(), count: cellCount)
      accumulate(
        bins: matrix.bins.pointer, stride: features, features: 0..<features, table: table, rows: rows + start,
        count: end - start, offsets: offsets, into: target)
    }
    ThreadPool.parallelBlocks(count: cellCount, blockSize: 4096) { range in
      for task in 1..<tasks {
        let from = scratch + (task - 1) * cellCount
        for i in range { histogram[i] &+= from[i] }
      }
    }
  }

  /// Adds the cells of `count` rows to the histograms of some features.
  @inline(never)
  static func accumulate(
    bins: UnsafePointer<UInt8>, stride: Int, features: Range<Int>, table: GradientTable, rows: UnsafePointer<UInt32>,
    count: Int, offsets: UnsafePointer<Int32>, into histogram: UnsafeMutablePointer<HistogramCell>
  ) {
    let pairs = table.pairs.pointer
    let shift = Int64(table.countBits)
    let multiplicity = table.multiplicity
    let (first, last) = (features.lowerBound, features.upperBound)
    for i in 0..<count {
      let row = Int(rows[i])
      let pair = pairs[row]
      let step = multiplicity.map { Int64($0[row]) } ?? 1
      let cell = HistogramCell(Int64(pair.x), (Int64(pair.y) &<< shift) &+ step)
      let line = bins + row &* stride
      var feature = first
      while feature &+ 4 <= last {
        let a = Int(offsets[feature]) &+ Int(line[feature])
        let b = Int(offsets[feature &+ 1]) &+ Int(line[feature &+ 1])
        let c = Int(offsets[feature &+ 2]) &+ Int(line[feature &+ 2])
        let d = Int(offsets[feature &+ 3]) &+ Int(line[feature &+ 3])
        histogram[a] &+= cell
        histogram[b] &+= cell
        histogram[c] &+= cell
        histogram[d] &+= cell
        feature &+= 4
      }
      while feature < last {
        histogram[Int(offsets[feature]) &+ Int(line[feature])] &+= cell
        feature &+= 1
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
