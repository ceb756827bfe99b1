/// Matrix products on the calling thread with ``ProductKernels``: operands are cut into blocks that stay in cache, packed
/// and multiplied (Goto & van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM Transactions on
/// Mathematical Software 34(3), 2008, §4).
///
/// The cut along k depends on k alone, so that an element of C has the same bits in products of any m and n.
enum PackedProduct<T: ProductScalar> {
  /// The longest block along k.
  static var depth: Int { 256 }
  /// Panels of A in a block.
  private static var blockPanels: Int { 10 }
  /// Columns of B in a block.
  private static var blockColumns: Int { 512 }

  /// The blocks that cover k steps, of about equal lengths.
  @inline(__always)
  static func depthBlock(_ k: Int) -> Int {
    let blocks = (k &- 1) / depth &+ 1
    return (k &- 1) / blocks &+ 1
  }

  /// C ← alpha · op(A) · op(B) + beta · C, as the `gemm` of ``LinearAlgebraScalar``,
  /// for positive extents.
  static func multiply(
    _ kernels: ProductKernels<T>, scratch: UnsafeMutableRawPointer, transA: Bool, transB: Bool, m: Int, n: Int, k: Int,
    alpha: T, a: UnsafePointer<T>, lda: Int, b: UnsafePointer<T>, ldb: Int, beta: T, c: UnsafeMutablePointer<T>,
    ldc: Int
  ) {
    let (rowA, stepA) = transA ? (lda, 1) : (1, lda)
    let (stepB, columnB) = transB ? (ldb, 1) : (1, ldb)
    // Narrow registers where wide ones would be half empty.
    let kernels = 2 &* m <= kernels.lanes ? ProductKernels<T>(registerBytes: 32) : kernels
    let bytes = kernels.registerBytes
    let panel = kernels.panelRows
    let blockRows = panel &* blockPanels
    let packedA = scratch.assumingMemoryBound(to: T.self)
    let packedB = packedA + blockRows &* depth
    // Packing pays only where what it packs is read more than once.
    let packsB = m > panel
    let packsA = transA || n > 2 &* kernels.tileColumns
    let block = depthBlock(k)
    for first in stride(from: 0, to: n, by: blockColumns) {
      let columns = Swift.min(blockColumns, n &- first)
      for start in stride(from: 0, to: k, by: block) {
        let length = Swift.min(block, k &- start)
        let scale = start == 0 ? beta : 1
        var right = b + (first &* columnB &+ start &* stepB)
        if packsB {
          T.pack(
            bytes, m: columns, k: length, source: right, row: columnB, step: stepB, panel: kernels.tileColumns, unit: 1,
            into: packedB)
          right = UnsafePointer(packedB)
        }
        let (rightStep, rightColumn) = packsB ? (0, 1) : (stepB, columnB)
        for top in stride(from: 0, to: m, by: blockRows) {
          let rows = Swift.min(blockRows, m &- top)
          let left = a + (top &* rowA &+ start &* stepA)
          let target = c + (top &+ first &* ldc)
          // Whole registers can be read where they are.
          let direct = packsA ? 0 : rows / kernels.lanes &* kernels.lanes
          if direct > 0 {
            T.multiply(
              bytes, m: direct, n: columns, k: length, a: left, aStep: stepA, b: right, bStep: rightStep,
              bColumn: rightColumn, alpha: alpha, beta: scale, c: target, ldc: ldc)
          }
          if direct < rows {
            T.pack(
              bytes, m: rows &- direct, k: length, source: left + direct &* rowA, row: rowA, step: stepA, panel: panel,
              unit: kernels.lanes, into: packedA)
            T.multiply(
              bytes, m: rows &- direct, n: columns, k: length, a: packedA, aStep: 0, b: right, bStep: rightStep,
              bColumn: rightColumn, alpha: alpha, beta: scale, c: target + direct, ldc: ldc)
          }
        }
      }
    }
  }

  /// One triangle of C ← alpha · A · Aᵀ + beta · C, as the `syrk` of ``LinearAlgebraScalar``,
  /// for positive extents: A is packed once and serves on both sides.
  static func square(
    _ kernels: ProductKernels<T>, scratch: UnsafeMutableRawPointer, lower: Bool, trans: Bool, n: Int, k: Int, alpha: T,
    a: UnsafePointer<T>, lda: Int, beta: T, c: UnsafeMutablePointer<T>, ldc: Int
  ) {
    let (rowA, stepA) = trans ? (lda, 1) : (1, lda)
    let packed = scratch.assumingMemoryBound(to: T.self)
    let panel = kernels.panelRows
    let capacity = PackingScratch.byteCount / MemoryLayout<T>.stride / depth / panel &* panel
    let block = depthBlock(k)
    for first in stride(from: 0, to: n, by: capacity) {
      let columns = Swift.min(capacity, n &- first)
      for start in stride(from: 0, to: k, by: block) {
        let length = Swift.min(block, k &- start)
        T.pack(
          kernels.registerBytes, m: columns, k: length, source: a + (first &* rowA &+ start &* stepA), row: rowA,
          step: stepA, panel: panel, unit: kernels.lanes, into: packed)
        T.square(
          kernels.registerBytes, columns: 0..<columns, n: columns, k: length, a: packed, alpha: alpha,
          beta: start == 0 ? beta : 1, lower: lower, c: c + first &* (ldc &+ 1), ldc: ldc)
      }
      let end = first &+ columns
      if end == n { return }
      // The rest of these columns below the diagonal, or of these rows right of it.
      let (here, there) = (a + first &* rowA, a + end &* rowA)
      multiply(
        kernels, scratch: scratch, transA: trans, transB: !trans, m: lower ? n &- end : columns,
        n: lower ? columns : n &- end, k: k, alpha: alpha, a: lower ? there : here, lda: lda, b: lower ? here : there,
        ldb: lda, beta: beta, c: c + (lower ? end &+ first &* ldc : first &+ end &* ldc), ldc: ldc)
    }
  }
}
