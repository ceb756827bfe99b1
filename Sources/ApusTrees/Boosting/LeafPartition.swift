import ApusNumerics
import CMemory

/// What sends a row left in a binned tree.
struct BinTest {
  var feature: Int
  /// Numeric: bins up to this go left.
  var lastLeftBin: UInt8
  var missingBin: UInt8
  var missingLeft: Bool
  /// Categorical: bit b says that bin b goes left; nil for numeric features.
  var leftBins: SIMD8<UInt32>?

  /// Writes 1 for every bin that goes left, else 0.
  func fill(_ table: UnsafeMutablePointer<UInt8>) {
    for bin in 0..<256 {
      var isLeft = bin <= Int(lastLeftBin)
      if let leftBins { isLeft = leftBins[bin >> 5] >> UInt32(bin & 31) & 1 != 0 }
      if bin == Int(missingBin) { isLeft = missingLeft }
      table[bin] = isLeft ? 1 : 0
    }
  }
}

/// Division of the rows of a leaf between its children, in place, stable and in parallel.
final class LeafPartition {
  private static let blockSize = 2048
  /// Rows between the one that is asked for and the one that is read.
  private static let lookAhead = 48
  /// 1 for each bin that goes left.
  private let table: Buffer<UInt8>
  /// Each block's rows that go left, then, from its end backwards, those that go right.
  private let divided: Buffer<UInt32>
  /// Rows on the left in each block, then the block's first place on the left; after the last block their number.
  private let counts: Buffer<Int>

  init(rows: Int) throws(ApusError) {
    table = try Buffer(count: 256)
    divided = try Buffer(count: rows)
    counts = try Buffer(count: rows / LeafPartition.blockSize + 2)
  }

  /// Moves those of `rows` that go left to the front, both sides in the order they had.
  ///
  /// - Returns: the number of rows on the left.
  func divide(_ rows: UnsafeMutablePointer<UInt32>, count: Int, matrix: BinnedMatrix, test: BinTest) -> Int {
    test.fill(table.pointer)
    let (divided, counts) = (divided.pointer, counts.pointer)
    let blockSize = LeafPartition.blockSize
    let blocks = (count + blockSize - 1) / blockSize
    func size(_ block: Int) -> Int { min(blockSize, count - block * blockSize) }
    let (table, column, stride) = (UnsafePointer(table.pointer), matrix.bins.pointer + test.feature, matrix.columns)
    ThreadPool.parallelFor(tasks: blocks) { block in
      let start = block * blockSize
      counts[block] = LeafPartition.divide(
        rows + start, count: size(block), column: column, stride: stride, table: table, into: divided + start)
    }
    let total = (0..<blocks).reduce(0) { $0 + counts[$1] }
    var left = 0
    for block in 0..<blocks {
      let own = counts[block]
      counts[block] = left
      left += own
    }
    counts[blocks] = total
    ThreadPool.parallelFor(tasks: blocks) { block in
      let (start, left) = (block * blockSize, counts[block])
      let own = counts[block + 1] - left
      (rows + left).update(from: divided + start, count: own)
      let (right, end) = (rows + (total + start - left), divided + (start + size(block) - 1))
      for i in 0..<(size(block) - own) { right[i] = end[-i] }
    }
    return total
  }

  /// Divides one block. Sides are looked up first, in a loop in which nothing depends on them and which asks for
  /// them ahead: its cache misses overlap.
  /// Then every row is stored once, at the place its side has reached.
  @inline(__always)
  private static func divide(
    _ rows: UnsafePointer<UInt32>, count: Int, column: UnsafePointer<UInt8>, stride: Int, table: UnsafePointer<UInt8>,
    into target: UnsafeMutablePointer<UInt32>
  ) -> Int {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: blockSize) { scratch in
      guard let flags = scratch.baseAddress else { return 0 }
      let ahead = max(count &- lookAhead, 0)
      for i in 0..<ahead {
        apus_prefetch_near(column + Int(rows[i &+ lookAhead]) &* stride)
        flags[i] = table[Int(column[Int(rows[i]) &* stride])]
      }
      for i in ahead..<count { flags[i] = table[Int(column[Int(rows[i]) &* stride])] }
      var (left, right) = (0, count &- 1)
      for i in 0..<count {
        let isLeft = Int(flags[i])
        target[right &+ ((left &- right) & (0 &- isLeft))] = rows[i]
        left &+= isLeft
        right &+= isLeft &- 1
      }
      return left
    }
  }
}
