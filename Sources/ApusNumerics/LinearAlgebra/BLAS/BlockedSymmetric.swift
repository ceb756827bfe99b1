/// A symmetric matrix stored in its lower blocks: blocks of ``extent`` columns from the block on the diagonal, which is
/// full, down. That halves the memory a product reads and still lets each block be one call of a kernel.
enum BlockedSymmetric {
  static let extent = 64
  /// Elements worth a task of their own.
  private static let taskElements = 1 << 15
  static let taskLimit = 8

  /// The strips (blocks of columns) that each task takes, of about the same area; from the shape alone.
  static func strips(from start: Int, order n: Int) -> [Range<Int>] {
    let first = start / extent
    let blocks = (n - 1) / extent + 1
    let size = n - start
    let tasks = Swift.max(1, Swift.min(taskLimit, Swift.min(blocks - first, size * size / 2 / taskElements)))
    var result = [Range<Int>]()
    var (strip, done) = (first, 0)
    let total = size * (size + 1) / 2
    for task in 1...tasks {
      let begin = strip
      let goal = total * task / tasks
      while strip < blocks && (done < goal || task == tasks) {
        let columns = Swift.min((strip + 1) * extent, n) - Swift.max(strip * extent, start)
        done += columns * (n - Swift.max(strip * extent, start))
        strip += 1
      }
      if strip > begin { result.append(begin..<strip) }
    }
    return result
  }

  /// y ← A · x for the rows and columns from `start` on, of the matrix of order n.
  ///
  /// - Parameters:
  ///   - x, y: n elements, of which those from `start` on are used.
  ///   - partial: ``taskLimit`` · n elements of scratch.
  static func multiply<T: LinearAlgebraScalar>(
    _ a: UnsafePointer<T>, lda: Int, from start: Int, order n: Int, x: UnsafePointer<T>, y: UnsafeMutablePointer<T>,
    partial: UnsafeMutablePointer<T>
  ) {
    let tasks = strips(from: start, order: n)
    let kernels = ProductKernels<T>.available
    ThreadPool.parallelFor(tasks: tasks.count) { task in
      let sum = partial + task * n
      (sum + start).update(repeating: 0, count: n - start)
      for strip in tasks[task] {
        let (first, end) = (Swift.max(strip * extent, start), Swift.min((strip + 1) * extent, n))
        let columns = end - first
        let block = a + first + first * lda
        T.gemv(
          trans: false, m: columns, n: columns, alpha: 1, a: block, lda: lda, x: x + first, incx: 1, beta: 1,
          y: sum + first, incy: 1)
        if end < n {
          multiplyBoth(
            kernels, m: n - end, n: columns, a: block + columns, lda: lda, x: x + first, z: x + end, y: sum + end,
            s: sum + first)
        }
      }
    }
    addParts(partial, parts: tasks.count, from: start, order: n, y: y)
  }

  /// y ← y + A · x and s ← s + Aᵀ · z for the m × n block A.
  @inline(__always)
  private static func multiplyBoth<T: LinearAlgebraScalar>(
    _ kernels: ProductKernels<T>?, m: Int, n: Int, a: UnsafePointer<T>, lda: Int, x: UnsafePointer<T>,
    z: UnsafePointer<T>, y: UnsafeMutablePointer<T>, s: UnsafeMutablePointer<T>
  ) {
    if let kernels {
      T.multiplyBoth(kernels.registerBytes, m: m, n: n, a: a, lda: lda, x: x, z: z, y: y, s: s)
      return
    }
    T.gemv(trans: false, m: m, n: n, alpha: 1, a: a, lda: lda, x: x, incx: 1, beta: 1, y: y, incy: 1)
    T.gemv(trans: true, m: m, n: n, alpha: 1, a: a, lda: lda, x: z, incx: 1, beta: 1, y: s, incy: 1)
  }

  @specialized(where T == Float)
  @specialized(where T == Double)
  private static func addParts<T: LinearAlgebraScalar>(
    _ partial: UnsafePointer<T>, parts: Int, from start: Int, order n: Int, y: UnsafeMutablePointer<T>
  ) {
    for i in start..<n { y[i] = partial[i] }
    for part in 1..<Swift.max(parts, 1) {
      let source = partial + part &* n
      for i in start..<n { y[i] += source[i] }
    }
  }

  /// A ← A − left · rightᵀ for the rows and columns from `start` on; left and right are n × k, the product symmetric.
  static func subtract<T: LinearAlgebraScalar>(
    _ left: UnsafePointer<T>, _ right: UnsafePointer<T>, k: Int, from start: Int, order n: Int,
    a: UnsafeMutablePointer<T>, lda: Int
  ) {
    if start >= n { return }
    let first = start / extent
    ThreadPool.parallelFor(tasks: (n - 1) / extent + 1 - first) { task in
      let strip = first + task
      let (from, end) = (Swift.max(strip * extent, start), Swift.min((strip + 1) * extent, n))
      T.gemm(
        transA: false, transB: true, m: n - from, n: end - from, k: k, alpha: -1, a: left + from, lda: n,
        b: right + from, ldb: n, beta: 1, c: a + from + from * lda, ldc: lda)
    }
  }
}
