/// The vectors of two solved halves, the diagonal blocks of one matrix, and their change to the vectors of the whole: two
/// products, of the columns that are not zero in the upper and of those that are not zero in the lower half (Gu &
/// Eisenstat 1995, § 4; Tisseur & Dongarra, SIAM J. Sci. Comput. 20, 1999, § 3).
struct MergeBasis<T: LinearAlgebraScalar> {
  /// The columns of the whole, column-major; zero outside the diagonal blocks.
  let columns: UnsafeMutablePointer<T>
  let stride: Int
  /// Rows of the upper and of the lower half, and where the latter begin.
  let upperRows: Int
  let lowerRows: Int
  let lowerStart: Int
  /// (n + 1) n elements, n = `lowerStart` + `lowerRows`.
  let work: UnsafeMutablePointer<T>
  let lines: MergeLines<T>
  /// The lists `upper` and `lower` of the lines as they apply to these columns.
  let upper: UnsafePointer<Int>
  let lower: UnsafePointer<Int>
  let upperCount: Int
  let lowerCount: Int
  /// Lengths of the lists `kept` and `deflated`.
  let keptCount: Int
  let deflatedCount: Int

  private var rows: Int { lowerStart + lowerRows }
  private var packedLower: UnsafeMutablePointer<T> { work + upperRows * upperCount }
  /// Room for the larger half of the coefficients, after the packed columns; first used for columns that stay.
  private var coefficients: UnsafeMutablePointer<T> { packedLower + lowerRows * lowerCount }

  /// Columns copied by a task.
  private static var columnsPerTask: Int { 32 }
  /// Rows rotated by a task.
  private static var rowsPerTask: Int { 128 }

  /// Rotates pairs of columns, one pair after the other, as ``MergeDeflation`` found them.
  func rotate(count: Int) {
    if count == 0 { return }
    ThreadPool.parallelBlocks(count: rows, blockSize: Self.rowsPerTask) { rotate($0, count: count) }
  }

  @specialized(where T == Float)
  @specialized(where T == Double)
  private func rotate(_ rows: Range<Int>, count: Int) {
    for rotation in 0..<count {
      let (cosine, sine) = (lines.cosines[rotation], lines.sines[rotation])
      let first = columns + lines.rotatedFirst[rotation] &* stride
      let second = columns + lines.rotatedSecond[rotation] &* stride
      for i in rows {
        let (x, y) = (first[i], second[i])
        first[i] = cosine * x + sine * y
        second[i] = cosine * y - sine * x
      }
    }
  }

  /// Copies the columns kept into `work`, halves apart, and moves those that stay to the end. The others are then free.
  func pack() {
    let tasks = upperCount + lowerCount + deflatedCount
    ThreadPool.parallelBlocks(count: tasks, blockSize: Self.columnsPerTask) { range in
      for task in range { packColumn(task) }
    }
    ThreadPool.parallelBlocks(count: deflatedCount, blockSize: Self.columnsPerTask) { range in
      for j in range { (columns + (keptCount + j) * stride).update(from: coefficients + j * rows, count: rows) }
    }
  }

  private func packColumn(_ task: Int) {
    if task < upperCount {
      (work + task * upperRows).update(from: columns + lines.kept[upper[task]] * stride, count: upperRows)
    } else if task < upperCount + lowerCount {
      let j = task - upperCount
      (packedLower + j * lowerRows).update(
        from: columns + lines.kept[lower[j]] * stride + lowerStart, count: lowerRows)
    } else {
      let j = task - upperCount - lowerCount
      (coefficients + j * rows).update(from: columns + lines.deflated[j] * stride, count: rows)
    }
  }

  /// Stores one vector of coefficients, by pole: what the upper half needs at the top of column `j`, the rest in `work`.
  @inline(__always)
  func scatter(_ vector: UnsafePointer<T>, times factor: T, column j: Int) {
    let top = columns + j &* stride
    for i in 0..<upperCount { top[i] = vector[upper[i]] * factor }
    let bottom = coefficients + j &* lowerCount
    for i in 0..<lowerCount { bottom[i] = vector[lower[i]] * factor }
  }

  /// Replaces the coefficients in the first ``keptCount`` columns by the vectors, with the whole pool.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  func multiplyInParallel() throws(ApusError) {
    try BLAS.gemm(
      m: lowerRows, n: keptCount, k: lowerCount, a: UnsafePointer(packedLower), lda: lowerRows,
      b: UnsafePointer(coefficients), ldb: Swift.max(lowerCount, 1), beta: 0, c: columns + lowerStart, ldc: stride)
    gatherUpper()
    try BLAS.gemm(
      m: upperRows, n: keptCount, k: upperCount, a: UnsafePointer(work), lda: upperRows,
      b: UnsafePointer(coefficients), ldb: Swift.max(upperCount, 1), beta: 0, c: columns, ldc: stride)
  }

  /// As ``multiplyInParallel()`` on the calling thread alone.
  func multiply() {
    multiply(packedLower, rows: lowerRows, lowerCount, into: columns + lowerStart)
    gatherUpper()
    multiply(work, rows: upperRows, upperCount, into: columns)
  }

  private func multiply(_ packed: UnsafePointer<T>, rows: Int, _ k: Int, into c: UnsafeMutablePointer<T>) {
    if k == 0 {
      BLAS.scale(m: rows, n: keptCount, by: 0, c: c, ldc: stride)
      return
    }
    T.gemm(
      transA: false, transB: false, m: rows, n: keptCount, k: k, alpha: 1, a: packed, lda: rows,
      b: UnsafePointer(coefficients), ldb: k, beta: 0, c: c, ldc: stride)
  }

  private func gatherUpper() {
    ThreadPool.parallelBlocks(count: keptCount, blockSize: Self.columnsPerTask) { range in
      for j in range { (coefficients + j * upperCount).update(from: columns + j * stride, count: upperCount) }
    }
  }
}
