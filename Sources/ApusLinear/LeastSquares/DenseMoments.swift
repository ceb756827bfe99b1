import ApusNumerics

/// Adds the rows of a dense regression to double-double moments.
enum DenseMoments {
  /// Elements of a block of rows: two or three such blocks stay in the second-level cache.
  private static let blockElements = 1 << 15

  static func add(
    _ data: RegressionData, exponents: [Int], to matrix: DoubleDoubleMatrix, checkpoint: (Double) throws -> Void
  ) throws {
    let (rows, p, t, stride) = (data.rows, data.columns, data.targetCount, matrix.rowStride)
    let scales = try ColumnScales.factors(exponents)
    let blockRows = Swift.min(rows, Swift.max(32, blockElements / stride))
    let block = try Buffer<Double>(zeroed: blockRows * stride)
    let weighted = data.weights == nil ? nil : try Buffer<Double>(zeroed: 2 * blockRows * stride)
    for start in Swift.stride(from: 0, to: rows, by: blockRows) {
      try checkpoint(Double(start) / Double(rows))
      let range = start..<Swift.min(rows, start + blockRows)
      let rowBlock = Swift.max(8, 4096 / stride)
      ThreadPool.parallelBlocks(count: range.count, blockSize: rowBlock) { part in
        let slice = (start + part.lowerBound)..<(start + part.upperBound)
        let target = block.pointer + part.lowerBound * stride
        data.design.unpack(slice, into: target, stride: stride)
        finish(slice, data.targetPointer, t, p, scales.pointer, target, stride)
        if let weighted, let weights = data.weightPointer {
          weigh(
            slice, weights, target, weighted.pointer + part.lowerBound * stride,
            weighted.pointer + (blockRows + part.lowerBound) * stride, stride)
        }
      }
      let left = UnsafePointer(weighted?.pointer ?? block.pointer)
      let leftLow = weighted.map { UnsafePointer($0.pointer + blockRows * stride) }
      addProducts(
        left: left, leftLow: leftLow, right: UnsafePointer(block.pointer), rows: range.count, to: matrix)
    }
  }

  /// Appends targets and one, and scales.
  private static func finish(
    _ rows: Range<Int>, _ targets: UnsafePointer<Double>, _ t: Int, _ p: Int, _ scales: UnsafePointer<Double>,
    _ block: UnsafeMutablePointer<Double>, _ stride: Int
  ) {
    for row in rows {
      let z = block + (row &- rows.lowerBound) &* stride
      for target in 0..<t { z[p &+ target] = targets[row &* t &+ target] }
      z[p &+ t] = 1
      for column in 0..<(p &+ t) { z[column] *= scales[column] }
    }
  }

  /// high + low ← w · z, exactly.
  private static func weigh(
    _ rows: Range<Int>, _ weights: UnsafePointer<Double>, _ block: UnsafePointer<Double>,
    _ high: UnsafeMutablePointer<Double>, _ low: UnsafeMutablePointer<Double>, _ stride: Int
  ) {
    for row in rows {
      let offset = (row &- rows.lowerBound) &* stride
      for column in 0..<stride {
        let product = DoubleDouble.product(weights[row], block[offset &+ column])
        high[offset &+ column] = product.high
        low[offset &+ column] = product.low
      }
    }
  }

  /// matrix ← matrix + leftᵀ · right, upper triangle in tiles of 4 × 4, one row of tiles a task.
  static func addProducts(
    left: UnsafePointer<Double>, leftLow: UnsafePointer<Double>?, right: UnsafePointer<Double>, rows: Int,
    to matrix: DoubleDoubleMatrix
  ) {
    let stride = matrix.rowStride
    let tiles = stride / 4
    let (high, low) = (matrix.high, matrix.low)
    // Rows of tiles get shorter downwards: a task takes one from each end.
    let tasks = (tiles + 1) / 2
    let isSmall = rows * stride * stride < 1 << 16
    func run(_ task: Int) {
      for tileRow in task == tiles - 1 - task ? [task] : [task, tiles - 1 - task] {
        for tileColumn in tileRow..<tiles {
          DoubleDoubleGramKernel.addTile(
            left: left, leftLow: leftLow, right: right, rows: rows, stride: stride, i: tileRow &* 4,
            j: tileColumn &* 4, high: high, low: low, resultStride: stride)
        }
      }
    }
    if isSmall {
      for task in 0..<tasks { run(task) }
    } else {
      ThreadPool.parallelFor(tasks: tasks, run)
    }
  }
}
