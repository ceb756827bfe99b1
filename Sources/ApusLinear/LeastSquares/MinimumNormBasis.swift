import ApusNumerics

/// The row space of features of deficient rank: columns B chosen by a pivoted Cholesky factorisation and the others,
/// N = B T, so that A = [I T] spans the rows. Norms are measured in the units of the data.
///
/// With D the power-of-two scales of the columns and T̃ the scaled T, S̃ = D_B² + T̃ D_N² T̃ᵀ is D_B (A Aᵀ) D_B; a common
/// factor of the scales cancels.
struct MinimumNormBasis {
  private let factor: DoubleDoubleCholesky
  private let rank: Int
  /// Row-major (columns − rank) × rank: D_N T̃ᵀ.
  private let weightedOthers: Buffer<Double>
  private let stride: Int
  /// 2^exponent of every column relative to the largest, in pivoted order.
  private let scales: [Double]
  /// The exponent all scales were divided by.
  private let largestExponent: Int
  private let gramFactor: DoubleDoubleCholesky

  init(_ factor: DoubleDoubleCholesky, exponents: [Int]) throws {
    self.factor = factor
    let (p, r) = (factor.order, factor.rank)
    rank = r
    let largest = exponents.max() ?? 0
    largestExponent = largest
    scales = factor.pivots.map { Double(sign: .plus, exponent: exponents[$0] - largest, significand: 1) }
    let gram = try DoubleDoubleMatrix(rows: r, columns: r)
    stride = gram.rowStride
    let others = p - r
    weightedOthers = try Buffer<Double>(zeroed: Swift.max(1, others * stride))
    let (rows, rowStride, scales) = (weightedOthers.pointer, stride, scales)
    let scratch = try Buffer<DoubleDouble>(repeating: .zero, count: Swift.max(1, others * r))
    ThreadPool.parallelFor(tasks: others) { other in
      let t = scratch.pointer + other * r
      for k in 0..<r { t[k] = factor.factor[k, r + other] }
      factor.solve(t)
      for k in 0..<r { rows[other * rowStride + k] = t[k].value * scales[r + other] }
    }
    DenseMoments.addProducts(left: rows, leftLow: nil, right: rows, rows: others, to: gram)
    for k in 0..<r { gram[k, k] += DoubleDouble.product(scales[k], scales[k]) }
    let lengths = (0..<r).map { gram[$0, $0].high }
    gramFactor = try DoubleDoubleCholesky(
      destroying: gram, squaredLengths: lengths, tolerance: 0, checkpoint: { _ in })
    guard gramFactor.rank == r else {
      throw ApusError.numericalFailure(
        reason: "X: dependent columns whose scales differ by more than 1e150 have no minimum-norm solution in float64")
    }
  }

  /// x ← the minimum-norm coefficients (scaled units) with the same predictions as `u` on the chosen columns.
  func spread(_ u: Buffer<DoubleDouble>, into x: Buffer<DoubleDouble>) {
    applyInverse(u.pointer)
    for k in 0..<rank { x[factor.pivots[k]] = u[k] * scales[k] * scales[k] }
    for other in 0..<(factor.order - rank) {
      var sum = DoubleDouble.zero
      for k in 0..<rank { sum += u[k] * weightedOthers[other * stride + k] }
      x[factor.pivots[rank + other]] = sum * scales[rank + other]
    }
  }

  /// As the ridge solution with `penalty`, restricted to the row space, where it lies: solves
  /// (R₁₁ᵀR₁₁ + α S⁻¹) d = c on the chosen columns, then spreads d.
  func solve(
    gram: DoubleDoubleMatrix, rightSide: (Int) -> DoubleDouble, penalty: Double, into x: Buffer<DoubleDouble>
  ) throws {
    let system = try DoubleDoubleMatrix(rows: rank, columns: rank)
    let column = try Buffer<DoubleDouble>(repeating: .zero, count: Swift.max(1, rank))
    for j in 0..<rank {
      for k in 0..<rank { column[k] = .zero }
      column[j] = DoubleDouble(1)
      applyInverse(column.pointer)
      for i in 0...j {
        let (a, b) = (factor.pivots[i], factor.pivots[j])
        let share = (column[i] * penalty).scaled(byPowerOfTwo: -2 * largestExponent)
        system[i, j] = (a <= b ? gram[a, b] : gram[b, a]) + share
      }
    }
    let lengths = (0..<rank).map { Swift.max(0, system[$0, $0].high) }
    let solver = try DoubleDoubleCholesky(
      destroying: system, squaredLengths: lengths, tolerance: 0, checkpoint: { _ in })
    let permuted = try Buffer<DoubleDouble>(repeating: .zero, count: Swift.max(1, rank))
    for k in 0..<solver.rank { permuted[k] = rightSide(factor.pivots[solver.pivots[k]]) }
    solver.solveTransposed(permuted.pointer)
    solver.solve(permuted.pointer)
    let d = try Buffer<DoubleDouble>(repeating: .zero, count: Swift.max(1, rank))
    for k in 0..<solver.rank { d[solver.pivots[k]] = permuted[k] }
    spread(d, into: x)
  }

  /// v ← S̃⁻¹ v.
  private func applyInverse(_ v: UnsafeMutablePointer<DoubleDouble>) {
    var permuted = gramFactor.pivots.map { v[$0] }
    permuted.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      gramFactor.solveTransposed(base)
      gramFactor.solve(base)
    }
    for (k, pivot) in gramFactor.pivots.enumerated() { v[pivot] = permuted[k] }
  }
}
