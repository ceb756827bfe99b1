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

  /// Writes 1 for every bin that goes left, else 0.
  func fill(_ table: UnsafeMutablePointer<UInt8>) {
    for bin in 0..<256 {
      var isLeft = bin <= Int(lastLeftBin)
      if !leftBins.isEmpty { isLeft = leftBins[bin >> 5] >> UInt32(bin & 31) & 1 != 0 }
      if bin == Int(missingBin) { isLeft = missingLeft }
      table[bin] = isLeft ? 1 : 0
    }
  }
}

/// Division of the rows of a leaf between its children, from one buffer into another, stable and in parallel.
final class LeafPartition {
  private static let blockSize = 8192
  /// 1 for each bin that goes left.
  private let table: Buffer<UInt8>
  /// 1 for each row of the leaf that goes left.
  private let flags: Buffer<UInt8>
  /// Rows on the left in each block, then the block's first place on the left.
  private let counts: Buffer<Int>

  init(rows: Int) throws(ApusError) {
    table = try Buffer(count: 256)
    flags = try Buffer(count: rows)
    counts = try Buffer(count: rows / LeafPartition.blockSize + 1)
  }

  /// Copies `rows` to `target` so that those going left come first, both sides ascending as before.
  ///
  /// - Returns: the number of rows on the left.
  func divide(
    _ rows: UnsafePointer<UInt32>, count: Int, matrix: BinnedMatrix, test: BinTest,
    into target: UnsafeMutablePointer<UInt32>
  ) -> Int {
    test.fill(table.pointer)
    let (table, flags, counts) = (table.pointer, flags.pointer, counts.pointer)
    let blockSize = LeafPartition.blockSize
    let blocks = (count + blockSize - 1) / blockSize
    let column = matrix.bins.pointer + test.feature
    let stride = matrix.columns
    ThreadPool.parallelFor(tasks: blocks) { block in
      var left = 0
      for i in (block * blockSize)..<min((block + 1) * blockSize, count) {
        let flag = table[Int(column[Int(rows[i]) &* stride])]
        flags[i] = flag
        left &+= Int(flag)
      }
      counts[block] = left
    }
    var total = 0
    for block in 0..<blocks {
      let own = counts[block]
      counts[block] = total
      total += own
    }
    ThreadPool.parallelFor(tasks: blocks) { block in
      let start = block * blockSize
      var left = counts[block]
      var right = total &+ start &- left
      for i in start..<min(start + blockSize, count) {
        let isLeft = Int(flags[i])
        // One store, to the place on the side the row goes to.
        target[isLeft != 0 ? left : right] = rows[i]
        left &+= isLeft
        right &+= 1 &- isLeft
      }
    }
    return total
  }
}
