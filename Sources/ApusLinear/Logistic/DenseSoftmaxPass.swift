import ApusNumerics

/// One pass of ``SoftmaxLoss`` over dense rows, with products in `Element`: a block of rows is read once for its scores and
/// its share of the gradient.
struct DenseSoftmaxPass<Element: LinearAlgebraScalar & VectorMathScalar> {
  private let loss: SoftmaxLoss
  private let blockRows: Int

  init(_ loss: SoftmaxLoss, blockRows: Int) {
    self.loss = loss
    self.blockRows = blockRows
  }

  /// Adds the loss and its derivatives over each of `parts` parts to `sums`, `loss.count + 1` elements each.
  func run(
    _ parts: Int, _ theta: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>,
    _ details: SoftmaxLoss.Details?
  ) throws(ApusError) {
    let data = loss.data
    let (rows, p, width, scores, count) = (data.rows, data.columns, loss.width, loss.scores, loss.count)
    let copies = data.design.rowPointer(Element.self) == nil
    let perPart = blockRows * (scores + 3) + (copies ? blockRows * p : 0) + count
    let scratch = try Buffer<Element>(count: parts * perPart)
    let coefficients = try Buffer<Element>(count: count)
    for index in 0..<count { coefficients.pointer[index] = Element(theta[index]) }
    OpenBLASThreads.assertSingle()
    let (base, weights, codes, blockRows) = (
      scratch.pointer, UnsafePointer(data.weights.pointer), data.codes, blockRows
    )
    let beta = UnsafePointer(coefficients.pointer)
    ThreadPool.parallelFor(tasks: parts) { part in
      let sum = sums + part * (count + 1)
      let eta = base + part * perPart
      let gradient = eta + blockRows * (scores + 3)
      let copy = gradient + count
      let range = (part * rows / parts)..<((part + 1) * rows / parts)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
        let n = Swift.min(blockRows, range.upperBound - start)
        let x: UnsafePointer<Element>
        let step: Int
        if let direct = data.design.rowPointer(Element.self) {
          (x, step) = (direct.base + start &* direct.stride, direct.stride)
        } else {
          data.design.unpack(start..<start + n, into: copy, stride: p)
          (x, step) = (UnsafePointer(copy), p)
        }
        for score in 0..<scores {
          let (own, intercept) = (eta + score &* n, beta[score &* width &+ p])
          for i in 0..<n { own[i] = intercept }
        }
        if scores == 1 {
          Element.gemv(
            trans: true, m: p, n: n, alpha: 1, a: x, lda: step, x: beta, incx: 1, beta: 1, y: eta, incy: 1)
        } else {
          Element.gemm(
            transA: true, transB: false, m: n, n: scores, k: p, alpha: 1, a: x, lda: step, b: beta, ldb: width,
            beta: 1, c: eta, ldc: n)
        }
        sum[count] += SoftmaxKernel.derivatives(
          eta, scratch: eta + scores &* n, rows: n, scores: scores, codes: codes + start, weights: weights + start,
          details: details, start: start)
        for index in 0..<count { gradient[index] = 0 }
        if scores == 1 {
          Element.gemv(
            trans: false, m: p, n: n, alpha: 1, a: x, lda: step, x: eta, incx: 1, beta: 1, y: gradient, incy: 1)
        } else {
          Element.gemm(
            transA: false, transB: false, m: p, n: scores, k: n, alpha: 1, a: x, lda: step, b: eta, ldb: n, beta: 1,
            c: gradient, ldc: width)
        }
        for score in 0..<scores {
          let residual = eta + score &* n
          var total = 0.0
          for i in 0..<n { total += Double(residual[i]) }
          sum[score &* width &+ p] += total
          let (source, target) = (gradient + score &* width, sum + score &* width)
          for j in 0..<p { target[j] += Double(source[j]) }
        }
      }
    }
    withExtendedLifetime((scratch, coefficients)) {}
  }
}
