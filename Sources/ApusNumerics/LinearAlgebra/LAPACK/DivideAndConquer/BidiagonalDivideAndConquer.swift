/// The singular value decomposition of a square upper bidiagonal matrix by divide and conquer, as
/// ``TridiagonalDivideAndConquer``.
///
/// - Complexity: 8 n³ / 3 multiplications, less for every column that deflates, nearly all in matrix products.
enum BidiagonalDivideAndConquer<T: LinearAlgebraScalar> {
  /// B = U · diag(d) · Vᵀ with the singular values, descending, in `d` and the vectors in the columns of `u` and `v`, both
  /// n × n. Destroys `e`.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)``, ``ApusError/numericalFailure(reason:)`` when an iteration did not
  ///   converge; the results are then undefined.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func decompose(
    n: Int, d: UnsafeMutablePointer<T>, e: UnsafeMutablePointer<T>, u: UnsafeMutablePointer<T>, ldu: Int,
    v: UnsafeMutablePointer<T>, ldv: Int
  ) throws(ApusError) {
    // A block of the tree has a row less than indices: the row between it and the next one joins the two.
    let tree = BisectionTree(extent: n + 1)
    let scratch = try MergeScratch<T>(tree)
    let workStride = n + 3
    let leftWork = try Buffer<T>(count: (n + 1) * workStride)
    let rightWork = try Buffer<T>(count: (n + 1) * workStride)
    OpenBLASThreads.assertSingle()
    ThreadPool.parallelBlocks(count: n, blockSize: 64) { columns in
      for j in columns {
        (u + j * ldu).update(repeating: 0, count: n)
        (v + j * ldv).update(repeating: 0, count: n)
      }
    }
    guard let scale = CondensedScaling.divide(n: n, d, e) else {
      for j in 0..<n { (u[j * (ldu + 1)], v[j * (ldv + 1)]) = (1, 1) }
      return
    }
    ThreadPool.parallelFor(tasks: tree.blocks(level: tree.depth)) { leaf in
      let range = tree.range(leaf, level: tree.depth)
      let (start, rows) = (range.lowerBound, range.count - 1)
      scratch.info[leaf] = BidiagonalLeaf.solve(
        n: rows, isWide: range.upperBound <= n, d: d + start, e: e + start, u: u + start * (ldu + 1), ldu: ldu,
        v: v + start * (ldv + 1), ldv: ldv, work: scratch.lines(at: start, count: range.count).tasks)
      for i in 0..<rows { scratch.order[start + i] = rows - 1 - i }
    }
    try scratch.checkInfo("svd")
    for level in stride(from: tree.depth - 1, through: 0, by: -1) {
      let merge = { (block: Int) in
        let range = tree.range(block, level: level)
        let start = range.lowerBound
        let split = tree.range(2 * block, level: level + 1).count - 1
        return BidiagonalMerge(
          n: range.count - 1, split: split, isWide: range.upperBound <= n, diagonal: d[start + split],
          beside: e[start + split], values: d + start, order: scratch.order.pointer + start, u: u + start * (ldu + 1),
          ldu: ldu,
          v: v + start * (ldv + 1), ldv: ldv, leftWork: leftWork.pointer + start * workStride,
          rightWork: rightWork.pointer + start * workStride, lines: scratch.lines(at: start, count: range.count))
      }
      if tree.mergesSideBySide(level: level) {
        ThreadPool.parallelFor(tasks: tree.blocks(level: level)) { block in
          do throws(ApusError) {
            let (left, right) = try merge(block).prepare()
            left.multiply()
            right.multiply()
          } catch {
            scratch.info[block] = 1
          }
        }
        try scratch.checkInfo("svd")
      } else {
        for block in 0..<tree.blocks(level: level) {
          let (left, right) = try merge(block).prepare()
          try left.multiplyInParallel()
          try right.multiplyInParallel()
        }
      }
    }
    sort(n: n, d, u, ldu, v, ldv, scratch.order.pointer, scratch.lines(at: 0, count: n + 1))
    if scale != 1 { for i in 0..<n { d[i] *= scale } }
    withExtendedLifetime((scratch, leftWork, rightWork)) {}
  }

  /// Puts everything in descending order of the values.
  private static func sort(
    n: Int, _ d: UnsafeMutablePointer<T>, _ u: UnsafeMutablePointer<T>, _ ldu: Int, _ v: UnsafeMutablePointer<T>,
    _ ldv: Int, _ order: UnsafePointer<Int>, _ lines: MergeLines<T>
  ) {
    let descending = lines.sorted
    for i in 0..<n { descending[i] = order[n - 1 - i] }
    for (columns, stride) in [(u, ldu), (v, ldv)] {
      ColumnPermutation.apply(
        order: descending, n: n, columns: columns, rows: n, stride: stride, scratch: lines.tasks, visited: lines.kept)
    }
    for i in 0..<n { lines.shifts[i] = d[descending[i]] }
    d.update(from: lines.shifts, count: n)
  }
}
