import ApusNumerics

/// What sends a row left in a binned tree.
struct BinTest {
  var feature: Int
  /// Numeric: bins up to this go left.
  var lastLeftBin: UInt8
  var missingBin: UInt8
  var missingLeft: Bool
  /// Categorical: bit b says that bin b goes left; empty for numeric features.
  var leftBins: [UInt32] = []
}

/// Division of the rows of a leaf between its children, stable and in parallel.
enum LeafPartition {
  private static let blockSize = 8192

  /// Reorders `rows` so that those going left come first, both sides ascending as before.
  ///
  /// - Parameter spare: room for `count` rows.
  /// - Returns: the number of rows on the left.
  static func divide(
    _ rows: UnsafeMutablePointer<UInt32>, count: Int, matrix: BinnedMatrix, test: BinTest,
    spare: UnsafeMutablePointer<UInt32>
  ) throws(ApusError) -> Int {
    let table = try Buffer<UInt8>(zeroed: 256)
    let goesLeft = table.pointer
    for bin in 0..<256 {
      var isLeft = test.leftBins.isEmpty ? bin <= Int(test.lastLeftBin) : false
      if !test.leftBins.isEmpty { isLeft = test.leftBins[bin >> 5] >> UInt32(bin & 31) & 1 != 0 }
      if bin == Int(test.missingBin) { isLeft = test.missingLeft }
      goesLeft[bin] = isLeft ? 1 : 0
    }
    let blocks = (count + blockSize - 1) / blockSize
    let counts = try Buffer<Int>(count: blocks)
    let column = matrix.bins.pointer + test.feature
    let stride = matrix.columns
    ThreadPool.parallelFor(tasks: blocks) { block in
      let start = block * blockSize
      let size = min(blockSize, count - start)
      let (from, right) = (rows + start, spare + start)
      var (left, other) = (0, 0)
      for i in 0..<size {
        let row = from[i]
        let step = Int(goesLeft[Int(column[Int(row) &* stride])])
        from[left] = row
        right[other] = row
        left &+= step
        other &+= 1 &- step
      }
      counts[block] = left
    }
    if blocks == 1 {
      (rows + counts[0]).update(from: spare, count: count - counts[0])
      return counts[0]
    }
    // Left parts move down in order; right parts, which lie in `spare`, follow them.
    var left = 0
    for block in 0..<blocks {
      let start = block * blockSize
      if left != start { (rows + left).update(from: rows + start, count: counts[block]) }
      left += counts[block]
    }
    var right = left
    for block in 0..<blocks {
      let start = block * blockSize
      let size = min(blockSize, count - start) - counts[block]
      (rows + right).update(from: spare + start, count: size)
      right += size
    }
    withExtendedLifetime(table) {}
    return left
  }
}
