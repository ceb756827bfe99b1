/// Residuals of linear systems with twice the working precision, as iterative refinement needs them: in working
/// precision a residual near convergence is nothing but rounding error.
enum PreciseResidual {
  /// R ← B − A · X for float32, in float64. `work` is n elements.
  static func compute(
    n: Int, columns: Int, a: UnsafePointer<Float>, lda: Int, x: UnsafePointer<Float>, b: UnsafePointer<Float>,
    r: UnsafeMutablePointer<Float>, work: UnsafeMutablePointer<Double>
  ) {
    for k in 0..<columns {
      for i in 0..<n { work[i] = Double(b[i &+ k &* n]) }
      for j in 0..<n {
        let factor = Double(x[j &+ k &* n])
        let column = a + j &* lda
        for i in 0..<n { work[i] -= Double(column[i]) * factor }
      }
      for i in 0..<n { r[i &+ k &* n] = Float(work[i]) }
    }
  }

  /// R ← B − A · X for float64, by error-free transformations: the compensated dot product of Ogita, Rump & Oishi (SIAM J.
  /// Sci. Comput. 26(6), 2005, algorithm 5.3), along columns. `work` holds the n compensations.
  static func compute(
    n: Int, columns: Int, a: UnsafePointer<Double>, lda: Int, x: UnsafePointer<Double>, b: UnsafePointer<Double>,
    r: UnsafeMutablePointer<Double>, work: UnsafeMutablePointer<Double>
  ) {
    for k in 0..<columns {
      let sum = r + k &* n
      sum.update(from: b + k &* n, count: n)
      work.update(repeating: 0, count: n)
      for j in 0..<n {
        let factor = -x[j &+ k &* n]
        let column = a + j &* lda
        for i in 0..<n {
          let product = column[i] * factor
          let productError = (-product).addingProduct(column[i], factor)
          let total = sum[i] + product
          let virtual = total - sum[i]
          let sumError = (sum[i] - (total - virtual)) + (product - virtual)
          sum[i] = total
          work[i] += productError + sumError
        }
      }
      for i in 0..<n { sum[i] += work[i] }
    }
  }
}
