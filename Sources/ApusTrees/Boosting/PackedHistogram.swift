import ApusNumerics

/// Histograms of quantised gradients in single words: gradient, Hessian and count side by side in 64 bits.
///
/// Gradients of few bits sum up in few bits: over a limited number of rows all three sums fit into one word, so that an
/// update is one addition to memory. The words are then spread into wide cells. The result is the same, bit for bit, as
/// with wide cells throughout.
enum PackedHistogram {
  /// Count and Hessian occupy this many bits each; the gradient has the other 24.
  private static let fieldBits = 20

  /// Rows whose sums fit: 2^19 units of a Hessian or a gradient of 2^(bits − 1) each.
  private static func rowLimit(bits: Int) -> Int { 1 << (19 - bits) }

  /// Adds the cells of `count` rows to the wide histograms of some features.
  static func accumulate(
    matrix: BinnedMatrix, features: Range<Int>, table: GradientTable, bits: Int, rows: UnsafePointer<UInt32>,
    count: Int, layout: HistogramLayout, into histogram: UnsafeMutablePointer<HistogramCell>
  ) {
    let chunk = HistogramKernel.chunk
    let cellCount = features.count * layout.stride
    let ahead = RowsAhead(matrix, features: features, table: table)
    ahead.touch(rows, count: min(chunk, count))
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: cellCount + chunk) { scratch in
      guard let words = scratch.baseAddress else { return }
      let sums = words + chunk
      var start = 0
      while start < count {
        let end = min(start &+ rowLimit(bits: bits), count)
        sums.update(repeating: 0, count: cellCount)
        while start < end {
          let size = min(chunk, end &- start)
          let pairs = table.pairs.pointer
          for i in 0..<size {
            let pair = pairs[Int(rows[start &+ i])]
            words[i] = (Int64(pair.x) &<< 40) &+ (Int64(pair.y) &<< 20) &+ 1
          }
          HistogramKernel.add(
            matrix: matrix, features: features, rows: rows + start, cells: UnsafePointer(words), count: size,
            next: min(size, count &- start &- size), ahead: ahead, layout: layout, into: sums)
          start &+= size
        }
        spread(
          sums, count: cellCount, countBits: Int64(table.countBits),
          into: histogram + features.lowerBound * layout.stride)
      }
    }
  }

  /// Adds packed sums to wide cells. Fields below the gradient are never negative, so they split off without borrow.
  private static func spread(
    _ words: UnsafePointer<Int64>, count: Int, countBits: Int64, into cells: UnsafeMutablePointer<HistogramCell>
  ) {
    let mask = (Int64(1) << Int64(fieldBits)) - 1
    for i in 0..<count {
      let word = words[i]
      cells[i] &+= HistogramCell(
        word &>> 40, (((word &>> 20) & mask) &<< countBits) &+ (word & mask))
    }
  }
}
