/// Eigenvalues and eigenvectors of a symmetric tridiagonal matrix by divide and conquer: halves down to
/// ``BisectionTree/leafExtent``, QR iteration there, and merges on the way up.
///
/// - Complexity: 4 n³ / 3 multiplications, less for every column that deflates, nearly all in matrix products.
enum TridiagonalDivideAndConquer<T: LinearAlgebraScalar> {
  /// The eigenvalues, ascending, in `d` and eigenvectors in the columns of the n × n `z`. Destroys `e`.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)``, ``ApusError/numericalFailure(reason:)`` when an iteration did not
  ///   converge; the results are then undefined.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func decompose(
    n: Int, d: UnsafeMutablePointer<T>, e: UnsafeMutablePointer<T>, z: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    let tree = BisectionTree(extent: n)
    let scratch = try MergeScratch<T>(tree)
    let work = try Buffer<T>(count: n * (n + 1))
    OpenBLASThreads.assertSingle()
    ThreadPool.parallelBlocks(count: n, blockSize: 64) { columns in
      (z + columns.lowerBound * n).update(repeating: 0, count: columns.count * n)
    }
    guard let scale = CondensedScaling.divide(n: n, d, e) else {
      for j in 0..<n { z[j * (n + 1)] = 1 }
      return
    }
    tear(tree, d, e)
    ThreadPool.parallelFor(tasks: tree.blocks(level: tree.depth)) { leaf in
      let range = tree.range(leaf, level: tree.depth)
      let start = range.lowerBound
      scratch.info[leaf] = T.steqr(
        n: range.count, d: d + start, e: e + start, z: z + start * (n + 1), ldz: n,
        work: scratch.lines(at: start, count: range.count).tasks)
      for i in 0..<range.count { scratch.order[start + i] = i }
    }
    try scratch.checkInfo("eigh")
    for level in stride(from: tree.depth - 1, through: 0, by: -1) {
      let merge = { (block: Int) in
        let range = tree.range(block, level: level)
        let start = range.lowerBound
        let split = tree.range(2 * block, level: level + 1).count
        return TridiagonalMerge(
          n: range.count, split: split, coupling: e[start + split - 1], values: d + start,
          order: scratch.order.pointer + start,
          vectors: z + start * (n + 1), stride: n, work: work.pointer + start * (n + 1),
          lines: scratch.lines(at: start, count: range.count))
      }
      if tree.mergesSideBySide(level: level) {
        ThreadPool.parallelFor(tasks: tree.blocks(level: level)) { block in
          do throws(ApusError) { try merge(block).prepare()?.multiply() } catch { scratch.info[block] = 1 }
        }
        try scratch.checkInfo("eigh")
      } else {
        for block in 0..<tree.blocks(level: level) { try merge(block).prepare()?.multiplyInParallel() }
      }
    }
    sort(n: n, d, z, order: scratch.order.pointer, scratch.lines(at: 0, count: n))
    if scale != 1 { for i in 0..<n { d[i] *= scale } }
    withExtendedLifetime((scratch, work)) {}
  }

  /// Subtracts ρ z zᵀ at every place where the matrix is halved.
  private static func tear(_ tree: BisectionTree, _ d: UnsafeMutablePointer<T>, _ e: UnsafePointer<T>) {
    for leaf in 1..<tree.blocks(level: tree.depth) {
      let first = tree.range(leaf, level: tree.depth).lowerBound
      let coupling = e[first - 1].magnitude
      d[first - 1] -= coupling
      d[first] -= coupling
    }
  }

  private static func sort(
    n: Int, _ d: UnsafeMutablePointer<T>, _ z: UnsafeMutablePointer<T>, order: UnsafePointer<Int>,
    _ lines: MergeLines<T>
  ) {
    ColumnPermutation.apply(
      order: order, n: n, columns: z, rows: n, stride: n, scratch: lines.tasks, visited: lines.kept)
    for i in 0..<n { lines.shifts[i] = d[order[i]] }
    d.update(from: lines.shifts, count: n)
  }
}
