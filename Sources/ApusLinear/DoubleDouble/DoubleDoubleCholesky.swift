import ApusNumerics

/// The Cholesky factorisation Pᵀ A P = Uᵀ U of a symmetric positive semidefinite matrix with diagonal pivoting, in
/// double-double arithmetic.
///
/// A = XᵀX for the columns x of some matrix. The pivot is the column with the largest remaining part relative to its
/// length; a column counts as dependent on those already chosen, and is left out, when a perturbation of every column by
/// `tolerance` times its length could make it so:
/// ‖x_j − Σ t_k x_k‖ ≤ tolerance · (‖x_j‖ + Σ |t_k| ‖x_k‖). Unlike a bound on singular values this does not depend on the
/// units of the columns. `rank` is the number of columns chosen.
///
/// - Complexity: n² rank double-double operations (about 20 flops each), in parallel.
final class DoubleDoubleCholesky {
  let order: Int
  private(set) var rank: Int
  /// Position in A of every row of U; the first `rank` are the pivots.
  private(set) var pivots: [Int]
  /// U in its upper triangle, in pivoted order; rows from `rank` on are meaningless.
  let factor: DoubleDoubleMatrix

  /// Below this ratio of squared lengths a column is examined for dependence.
  private static let suspectRatio = 1e-6

  /// Factors `matrix`, whose upper triangle is destroyed.
  ///
  /// - Parameters:
  ///   - matrix: n × n; the upper triangle is read.
  ///   - squaredLengths: ‖x_j‖², before any centring; columns with 0 are left out.
  ///   - tolerance: relative size of the perturbations; 0 leaves out only columns without positive pivot.
  init(
    destroying matrix: DoubleDoubleMatrix, squaredLengths: [Double], tolerance: Double,
    checkpoint: (Double) throws -> Void
  ) throws {
    let n = matrix.rows
    order = n
    rank = n
    factor = matrix
    pivots = Array(0..<n)
    var lengths = squaredLengths.map { $0.squareRoot() }
    var step = 0
    while step < n {
      if step % 64 == 63 { try checkpoint(Double(step) / Double(n)) }
      var best = -1
      var bestRatio = 0.0
      for candidate in step..<n where lengths[candidate] > 0 {
        let ratio = matrix.high[candidate &* matrix.rowStride &+ candidate] / lengths[candidate] / lengths[candidate]
        if ratio > bestRatio { (best, bestRatio) = (candidate, ratio) }
      }
      guard best >= 0 else { break }
      if tolerance > 0, bestRatio < DoubleDoubleCholesky.suspectRatio,
        isDependent(best, step: step, lengths: lengths, tolerance: tolerance)
      {
        lengths[best] = 0
        continue
      }
      if best != step {
        DoubleDoubleCholesky.swap(matrix, step, best)
        pivots.swapAt(step, best)
        lengths.swapAt(step, best)
      }
      DoubleDoubleCholesky.eliminate(matrix, step)
      step += 1
    }
    rank = step
  }

  /// Whether column `candidate` lies within the tolerance of the span of the first `step` columns.
  private func isDependent(_ candidate: Int, step: Int, lengths: [Double], tolerance: Double) -> Bool {
    let stride = factor.rowStride
    // t = U₁⁻¹ u: magnitudes matter, so doubles do.
    var t = (0..<step).map { factor.high[$0 * stride + candidate] }
    var bound = lengths[candidate]
    for i in (0..<step).reversed() {
      for j in (i + 1)..<Swift.max(step, i + 1) { t[i] -= factor.high[i * stride + j] * t[j] }
      t[i] /= factor.high[i * stride + i]
      bound += t[i].magnitude * lengths[i]
    }
    let distance = Swift.max(0, factor.high[candidate * stride + candidate]).squareRoot()
    return !(distance > tolerance * bound)
  }

  /// Exchanges rows and columns i < j of a symmetric matrix stored in its upper triangle.
  private static func swap(_ matrix: DoubleDoubleMatrix, _ i: Int, _ j: Int) {
    let stride = matrix.rowStride
    for part in [matrix.high, matrix.low] {
      func exchange(_ a: Int, _ b: Int) { (part[a], part[b]) = (part[b], part[a]) }
      exchange(i * stride + i, j * stride + j)
      for k in 0..<i { exchange(k * stride + i, k * stride + j) }
      for k in (i + 1)..<Swift.max(j, i + 1) { exchange(i * stride + k, k * stride + j) }
      for k in (j + 1)..<Swift.max(matrix.rows, j + 1) { exchange(i * stride + k, j * stride + k) }
    }
  }

  /// Divides row `step` by the root of its pivot and subtracts its outer product from the rows below.
  private static func eliminate(_ matrix: DoubleDoubleMatrix, _ step: Int) {
    let (n, stride) = (matrix.rows, matrix.rowStride)
    let root = matrix[step, step].squareRoot
    matrix[step, step] = root
    for j in (step + 1)..<Swift.max(n, step + 1) { matrix[step, j] = matrix[step, j] / root }
    let (high, low) = (matrix.high, matrix.low)
    let rows = n - step - 1
    if rows <= 0 { return }
    let blockSize = rows * rows > 8192 ? Swift.max(4, 4096 / rows) : rows
    ThreadPool.parallelBlocks(count: rows, blockSize: blockSize) { block in
      for offset in block {
        let i = step + 1 + offset
        subtractMultiple(
          high: high, low: low, source: step * stride, target: i * stride,
          factor: DoubleDouble(high: high[step * stride + i], low: low[step * stride + i]), from: i / 4 * 4, to: stride)
      }
    }
  }

  /// Row `target` minus `factor` times row `source`, columns `from..<to`, both multiples of 4. What lies left of the
  /// diagonal is scratch.
  @inline(__always)
  static func subtractMultiple(
    high: UnsafeMutablePointer<Double>, low: UnsafeMutablePointer<Double>, source: Int, target: Int,
    factor: DoubleDouble, from: Int, to: Int
  ) {
    let c = 134_217_729 * factor.high
    let fh = c - (c - factor.high)
    let fl = factor.high - fh
    var j = from
    while j < to {
      let b = UnsafeRawPointer(high + (source &+ j)).loadUnaligned(as: SIMD4<Double>.self)
      let bLow = UnsafeRawPointer(low + (source &+ j)).loadUnaligned(as: SIMD4<Double>.self)
      let a = UnsafeRawPointer(high + (target &+ j)).loadUnaligned(as: SIMD4<Double>.self)
      let aLow = UnsafeRawPointer(low + (target &+ j)).loadUnaligned(as: SIMD4<Double>.self)
      let cb = b * 134_217_729
      let bh = cb - (cb - b)
      let bl = b - bh
      let p = b * factor.high
      var error = (bh * fh - p) + bl * fh + bh * fl
      error += bl * fl
      error += b * factor.low + bLow * factor.high
      let s = a - p
      let t = s - a
      let rest = ((a - (s - t)) - (p + t)) + (aLow - error)
      let result = s + rest
      UnsafeMutableRawPointer(high + (target &+ j)).storeBytes(of: result, as: SIMD4<Double>.self)
      UnsafeMutableRawPointer(low + (target &+ j)).storeBytes(of: rest - (result - s), as: SIMD4<Double>.self)
      j &+= 4
    }
  }

  /// x ← U₁⁻ᵀ x for the leading `rank` × `rank` part, in pivoted order.
  func solveTransposed(_ x: UnsafeMutablePointer<DoubleDouble>) {
    for i in 0..<rank {
      x[i] = x[i] / factor[i, i]
      let value = x[i]
      for j in (i + 1)..<Swift.max(rank, i + 1) { x[j] -= factor[i, j] * value }
    }
  }

  /// x ← U₁⁻¹ x for the leading `rank` × `rank` part, in pivoted order.
  func solve(_ x: UnsafeMutablePointer<DoubleDouble>) {
    for i in (0..<rank).reversed() {
      var sum = x[i]
      for j in (i + 1)..<Swift.max(rank, i + 1) { sum -= factor[i, j] * x[j] }
      x[i] = sum / factor[i, i]
    }
  }
}
