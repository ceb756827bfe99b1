extension BLAS {
  /// Elements of A per task: memory-bound work, so a task should outlast waking a thread.
  private static let gemvTaskElements = 1 << 17

  /// y ← alpha · op(A) · x + beta · y, where A is m × n column-major.
  ///
  /// Cut along the elements of y. When y is short and the sum long, along the sum too, into partial results added in
  /// order.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)`` for the partial results.
  package static func gemv<T: LinearAlgebraScalar>(
    trans: Bool, m: Int, n: Int, alpha: T = 1, a: UnsafePointer<T>, lda: Int, x: UnsafePointer<T>, incx: Int = 1,
    beta: T = 0, y: UnsafeMutablePointer<T>, incy: Int = 1
  ) throws(ApusError) {
    let (outputs, summed) = trans ? (n, m) : (m, n)
    if outputs == 0 { return }
    OpenBLASThreads.assertSingle()
    // OpenBLAS would multiply what y held by a zero beta, and NaN times zero is NaN.
    scaleVector(y, count: outputs, stride: incy, by: beta)
    if summed == 0 { return }
    let tasks = Swift.min(64, (outputs * summed - 1) / gemvTaskElements + 1)
    if tasks <= 1 {
      T.gemv(trans: trans, m: m, n: n, alpha: alpha, a: a, lda: lda, x: x, incx: incx, beta: 1, y: y, incy: incy)
      return
    }
    // Memory is contiguous along y, or if `trans` along x: the cut keeps long stretches of it together.
    let outputParts = Swift.max(1, Swift.min(tasks, outputs / (trans ? 8 : 512)))
    let sumParts = outputParts * 2 > tasks ? 1 : Swift.min(tasks / outputParts, summed)
    let outputExtent = (outputs - 1) / outputParts + 1
    let sumExtent = (summed - 1) / sumParts + 1
    let partial = sumParts > 1 ? try Buffer<T>(zeroed: outputs * sumParts) : nil
    ThreadPool.parallelFor(tasks: outputParts * sumParts) { task in
      let (part, outputBlock) = task.quotientAndRemainder(dividingBy: outputParts)
      let start = Swift.min(outputBlock * outputExtent, outputs)
      let count = Swift.min(outputExtent, outputs - start)
      let sumStart = Swift.min(part * sumExtent, summed)
      let sumCount = Swift.min(sumExtent, summed - sumStart)
      if count == 0 || sumCount == 0 { return }
      let block = a + (trans ? start * lda + sumStart : start + sumStart * lda)
      T.gemv(
        trans: trans, m: trans ? sumCount : count, n: trans ? count : sumCount, alpha: alpha, a: block, lda: lda,
        x: x + sumStart * incx, incx: incx, beta: 1,
        y: partial.map { $0.pointer + part * outputs + start } ?? y + start * incy, incy: partial == nil ? incy : 1)
    }
    if let partial { addVectors(partial.pointer, parts: sumParts, count: outputs, y: y, incy: incy) }
  }

  /// y ← y + Σ parts, in the order of the parts.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private static func addVectors<T: LinearAlgebraScalar>(
    _ partial: UnsafePointer<T>, parts: Int, count: Int, y: UnsafeMutablePointer<T>, incy: Int
  ) {
    for i in 0..<count {
      var sum = y[i &* incy]
      for part in 0..<parts { sum += partial[part &* count &+ i] }
      y[i &* incy] = sum
    }
  }

  /// y ← beta · y, where a zero `beta` clears even NaN.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private static func scaleVector<T: LinearAlgebraScalar>(
    _ y: UnsafeMutablePointer<T>, count: Int, stride: Int, by beta: T
  ) {
    if beta == 1 { return }
    for i in 0..<count { y[i &* stride] = beta == 0 ? 0 : beta * y[i &* stride] }
  }
}
