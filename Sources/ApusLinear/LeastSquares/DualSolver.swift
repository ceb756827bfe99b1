import ApusNumerics

/// Least squares and ridge regression with fewer rows than columns, from K = X Xᵀ of the centred, weighted rows in
/// double-double arithmetic: β = Xᵀ a with (K + α I) a = y, which without penalty is the solution of minimum norm.
///
/// Centring leaves K singular along √w; that direction is filled in, which changes no solution because y and a are
/// orthogonal to it. Rows dependent on others give a = L (LᵀL)⁻¹ (LᵀL + α I)⁻¹ Lᵀ y with K = L Lᵀ.
///
/// - Complexity: O(rows² columns) time, O(rows²) memory.
struct DualSolver {
  let data: RegressionData
  let problem: LinearProblem

  private var n: Int { data.rows }
  private var p: Int { data.columns }
  private var t: Int { data.targetCount }

  func solve(checkpoint: (Double) throws -> Void) throws -> LinearSolution {
    let kernel = try RowKernel(data, centred: problem.fitIntercept, checkpoint: checkpoint)
    let factor = try DoubleDoubleCholesky(
      destroying: kernel.filled(), squaredLengths: kernel.squaredLengths, tolerance: problem.rankTolerance,
      checkpoint: checkpoint)
    var solution = LinearSolution(
      coefficients: try Buffer<Double>(zeroed: p * t), intercepts: [],
      rank: factor.rank - (problem.fitIntercept ? 1 : 0), residualSums: [], factor: try kernel.rowFactor(factor),
      iterations: nil)
    let dual = try Buffer<DoubleDouble>(repeating: .zero, count: n * t)
    var penalised: (penalty: Double, factor: DoubleDoubleCholesky)?
    for k in 0..<t {
      let y = try kernel.centredTarget(k)
      let a = dual.pointer + k * n
      let penalty = Swift.min(
        1e280, Double(sign: .plus, exponent: -2 * kernel.exponent, significand: problem.penalties[k]))
      if penalty == 0 || factor.rank < n {
        try solve(factor, y, penalty: penalty, into: a)
      } else {
        if penalised?.penalty != penalty {
          penalised = (penalty, try kernel.factorWith(penalty, checkpoint: checkpoint))
        }
        if let factor = penalised?.factor { try solve(factor, y, penalty: 0, into: a) }
      }
      solution.residualSums.append(kernel.residualSum(a, y, target: k))
    }
    try kernel.applyTransposed(dual, to: &solution)
    try solution.requireFinite()
    return solution
  }

  /// a ← (K + α I)⁻¹ y on the range of K, from a pivoted Cholesky factorisation; regular K only without penalty.
  private func solve(
    _ factor: DoubleDoubleCholesky, _ y: Buffer<DoubleDouble>, penalty: Double,
    into a: UnsafeMutablePointer<DoubleDouble>
  ) throws {
    let r = factor.rank
    let u = try Buffer<DoubleDouble>(repeating: .zero, count: n)
    if r == n {
      for i in 0..<n { u[i] = y[factor.pivots[i]] }
      factor.solveTransposed(u.pointer)
      factor.solve(u.pointer)
      for i in 0..<n { a[factor.pivots[i]] = u[i] }
      return
    }
    let gram = try DoubleDoubleMatrix(rows: r, columns: r)
    for i in 0..<r {
      for j in i..<r {
        var sum = DoubleDouble.zero
        for k in j..<n { sum += factor.factor[i, k] * factor.factor[j, k] }
        gram[i, j] = sum
      }
      for k in i..<n { u[i] += factor.factor[i, k] * y[factor.pivots[k]] }
    }
    let v = try Buffer<DoubleDouble>(repeating: .zero, count: Swift.max(1, r))
    for shift in [penalty, 0] {
      let system = try gram.copied()
      for i in 0..<r { system[i, i] += DoubleDouble(shift) }
      let lengths = (0..<r).map { system[$0, $0].high }
      let inner = try DoubleDoubleCholesky(
        destroying: system, squaredLengths: lengths, tolerance: 0, checkpoint: { _ in })
      for k in 0..<inner.rank { v[k] = u[inner.pivots[k]] }
      inner.solveTransposed(v.pointer)
      inner.solve(v.pointer)
      for k in 0..<inner.rank { u[inner.pivots[k]] = v[k] }
    }
    for i in 0..<n {
      var sum = DoubleDouble.zero
      for k in 0...Swift.max(0, Swift.min(i, r - 1)) where r > 0 { sum += factor.factor[k, i] * u[k] }
      a[factor.pivots[i]] = sum
    }
  }
}
