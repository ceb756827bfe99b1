/// Large matrix products in parallel with ``ProductKernels``: for each block along k both operands are packed once, by all
/// threads, and then multiplied tile by tile.
enum SharedProduct<T: ProductScalar> {
  /// Rows of A and columns of B that are packed at once.
  private static var extent: Int { 2048 }
  /// Elements that a task packs.
  private static var packedElements: Int { 1 << 15 }
  /// Multiplications of a task, about 10 µs; and the most columns of one.
  private static var taskProducts: Int { 1 << 20 }
  private static var taskColumns: Int { 128 }

  /// C ← alpha · op(A) · op(B) + beta · C as ``PackedProduct``, with the same bits.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)`` for the packed operands.
  static func multiply(
    _ kernels: ProductKernels<T>, transA: Bool, transB: Bool, m: Int, n: Int, k: Int, alpha: T, a: UnsafePointer<T>,
    lda: Int, b: UnsafePointer<T>, ldb: Int, beta: T, c: UnsafeMutablePointer<T>, ldc: Int
  ) throws(ApusError) {
    let (rowA, stepA) = transA ? (lda, 1) : (1, lda)
    let (stepB, columnB) = transB ? (ldb, 1) : (1, ldb)
    let (panel, width) = (kernels.panelRows, kernels.tileColumns)
    let block = PackedProduct<T>.depthBlock(k)
    // Whole panels, so that a part of a packed operand is packed itself.
    let (rowExtent, columnExtent) = (extent / panel * panel, extent / width * width)
    let packedRows = Swift.min(m + panel, rowExtent)
    let memory = try Buffer<T>(count: block * (packedRows + Swift.min(n, columnExtent)))
    let left = memory.pointer
    let right = left + block * packedRows
    for firstColumn in stride(from: 0, to: n, by: columnExtent) {
      let columns = Swift.min(columnExtent, n - firstColumn)
      for start in stride(from: 0, to: k, by: block) {
        let length = Swift.min(block, k - start)
        let packingB = PartGrid(columns, unit: width, parts: (columns * length - 1) / packedElements + 1)
        for firstRow in stride(from: 0, to: m, by: rowExtent) {
          let rows = Swift.min(rowExtent, m - firstRow)
          let packingA = PartGrid(rows, unit: panel, parts: (rows * length - 1) / packedElements + 1)
          let tasksB = firstRow == 0 ? packingB.count : 0
          ThreadPool.parallelFor(tasks: tasksB + packingA.count) { task in
            if task < tasksB {
              let part = packingB.range(task)
              T.pack(
                kernels.registerBytes, m: part.count, k: length,
                source: b + (firstColumn + part.lowerBound) * columnB + start * stepB, row: columnB, step: stepB,
                panel: width, unit: 1, into: right + part.lowerBound * length)
            } else {
              let part = packingA.range(task - tasksB)
              T.pack(
                kernels.registerBytes, m: part.count, k: length,
                source: a + (firstRow + part.lowerBound) * rowA + start * stepA, row: rowA, step: stepA, panel: panel,
                unit: kernels.lanes, into: left + part.lowerBound * length)
            }
          }
          // High rather than wide: a panel of B is read once for all rows of a tile.
          let along = PartGrid(columns, unit: width, parts: (columns - 1) / taskColumns + 1)
          let wanted = Swift.min(TileGrid.wantedTasks, rows * columns * length / taskProducts) / along.count
          let down = PartGrid(
            rows, unit: panel, parts: Swift.max((rows - 1) / (10 * panel) + 1, Swift.min(wanted, rows / panel)))
          let target = c + firstRow + firstColumn * ldc
          ThreadPool.parallelFor(tasks: down.count * along.count) { task in
            let (i, j) = (down.range(task % down.count), along.range(task / down.count))
            T.multiply(
              kernels.registerBytes, m: i.count, n: j.count, k: length, a: left + i.lowerBound * length, aStep: 0,
              b: right + j.lowerBound * length, bStep: 0, bColumn: 1, alpha: alpha, beta: start == 0 ? beta : 1,
              c: target + i.lowerBound + j.lowerBound * ldc, ldc: ldc)
          }
        }
      }
    }
    withExtendedLifetime(memory) {}
  }

  /// Blocks along k that are packed together, so that a strip of C stays in cache for all of them.
  private static var groupBlocks: Int { 4 }

  /// The least order whose panels keep several threads busy.
  static func smallestOrder(_ kernels: ProductKernels<T>) -> Int { 8 * kernels.panelRows }

  /// One triangle of C ← alpha · A · Aᵀ + beta · C as ``PackedProduct``, with the same bits; a task is a strip of columns
  /// as wide as a panel.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)`` for the packed operand.
  static func square(
    _ kernels: ProductKernels<T>, lower: Bool, trans: Bool, n: Int, k: Int, alpha: T, a: UnsafePointer<T>, lda: Int,
    beta: T, c: UnsafeMutablePointer<T>, ldc: Int
  ) throws(ApusError) {
    let (rowA, stepA) = trans ? (lda, 1) : (1, lda)
    let panel = kernels.panelRows
    let block = PackedProduct<T>.depthBlock(k)
    let group = Swift.min(groupBlocks * block, k)
    let blockCount = ((n - 1) / panel + 1) * panel * block
    let memory = try Buffer<T>(count: ((group - 1) / block + 1) * blockCount)
    let packed = memory.pointer
    let parts = PartGrid(n, unit: panel, parts: (n * block - 1) / packedElements + 1)
    for start in stride(from: 0, to: k, by: group) {
      let steps = Swift.min(group, k - start)
      let blocks = (steps - 1) / block + 1
      ThreadPool.parallelFor(tasks: blocks * parts.count) { task in
        let (index, part) = task.quotientAndRemainder(dividingBy: parts.count)
        let (rows, range) = (parts.range(part), TileGrid.range(index, extent: block, total: steps))
        T.pack(
          kernels.registerBytes, m: rows.count, k: range.count,
          source: a + rows.lowerBound * rowA + (start + range.lowerBound) * stepA, row: rowA, step: stepA, panel: panel,
          unit: kernels.lanes, into: packed + index * blockCount + rows.lowerBound * range.count)
      }
      ThreadPool.parallelBlocks(count: n, blockSize: panel) { columns in
        for index in 0..<blocks {
          T.square(
            kernels.registerBytes, columns: columns, n: n,
            k: TileGrid.range(index, extent: block, total: steps).count, a: packed + index * blockCount, alpha: alpha,
            beta: start + index == 0 ? beta : 1, lower: lower, c: c, ldc: ldc)
        }
      }
    }
    withExtendedLifetime(memory) {}
  }
}

/// A range of whole units cut into parts of about the same length.
private struct PartGrid {
  private let total: Int
  private let extent: Int
  let count: Int

  init(_ total: Int, unit: Int, parts: Int) {
    self.total = total
    extent = ((total - 1) / parts / unit + 1) * unit
    count = (total - 1) / extent + 1
  }

  func range(_ index: Int) -> Range<Int> { TileGrid.range(index, extent: extent, total: total) }
}
