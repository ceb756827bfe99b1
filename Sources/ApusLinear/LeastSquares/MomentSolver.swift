import ApusNumerics

/// Least squares and ridge regression from ``CrossMoments``: centring, rank decision and solution in double-double
/// arithmetic, which makes normal equations as accurate as an orthogonal method with exact refinement while the condition
/// number of the scaled features stays below about 1e12.
///
/// Dependent columns give the solution of minimum norm: with the chosen columns B and the others N = B T, it is
/// x_B = S⁻¹ u, x_N = Tᵀ x_B with S = I + T Tᵀ and u the solution on B alone (Golub & Van Loan, Matrix Computations,
/// 4th ed., §5.5.6 in terms of Cholesky factors).
struct MomentSolver {
  let moments: CrossMoments
  let fitIntercept: Bool
  /// Centred moments of features and targets, scaled; upper triangle.
  let centred: DoubleDoubleMatrix
  let checkpoint: (Double) throws -> Void

  private var p: Int { moments.featureCount }
  private var t: Int { moments.targetCount }

  init(_ moments: CrossMoments, fitIntercept: Bool, checkpoint: @escaping (Double) throws -> Void) throws(ApusError) {
    self.moments = moments
    self.fitIntercept = fitIntercept
    self.checkpoint = checkpoint
    let size = moments.order - 1
    centred = try DoubleDoubleMatrix(rows: size, columns: size)
    let total = moments.totalWeight
    for i in 0..<size {
      let mean = moments.moment(i, moments.onesIndex) / total
      for j in i..<size {
        var value = moments.moment(i, j)
        if fitIntercept { value -= mean * moments.moment(j, moments.onesIndex) }
        centred[i, j] = value
      }
    }
  }

  func solve(_ problem: LinearProblem) throws -> LinearSolution {
    let lengths = (0..<p).map { moments.moment($0, $0).high }
    let factor = try DoubleDoubleCholesky(
      destroying: featureBlock(), squaredLengths: lengths, tolerance: problem.rankTolerance, checkpoint: checkpoint)
    var solution = LinearSolution(
      coefficients: try Buffer<Double>(zeroed: p * t), intercepts: [], rank: factor.rank, residualSums: [],
      factor: try unscaledFactor(factor), iterations: nil)
    let minimumNorm = factor.rank < p ? try MinimumNormBasis(factor, exponents: featureExponents) : nil
    var penalised: (penalty: Double, factor: DoubleDoubleCholesky)?
    for target in 0..<t {
      let penalty = problem.penalties[target]
      let x = try Buffer<DoubleDouble>(repeating: .zero, count: p)
      if penalty == 0 {
        try solveUnpenalised(factor, minimumNorm, target, x)
      } else if let minimumNorm, isSmall(penalty) {
        try minimumNorm.solve(gram: featureBlock(), rightSide: rightSide(target), penalty: penalty, into: x)
      } else {
        if penalised?.penalty != penalty { penalised = (penalty, try factorWith(penalty)) }
        if let factor = penalised?.factor { try solveUnpenalised(factor, nil, target, x) }
      }
      finish(target, x.pointer, &solution)
    }
    try solution.requireFinite()
    return solution
  }

  private var featureExponents: [Int] { Array(moments.exponents.prefix(p)) }

  /// A copy of the centred moments of the features.
  private func featureBlock() throws(ApusError) -> DoubleDoubleMatrix {
    let block = try DoubleDoubleMatrix(rows: p, columns: p)
    for i in 0..<p {
      for j in i..<p { block[i, j] = centred[i, j] }
    }
    return block
  }

  private func rightSide(_ target: Int) -> (Int) -> DoubleDouble { { centred[$0, p + target] } }

  /// x ← solution of the factored system, in scaled units; columns left out get 0 or their share of the minimum norm.
  private func solveUnpenalised(
    _ factor: DoubleDoubleCholesky, _ minimumNorm: MinimumNormBasis?, _ target: Int, _ x: Buffer<DoubleDouble>
  ) throws(ApusError) {
    let u = try Buffer<DoubleDouble>(count: Swift.max(1, factor.rank))
    for k in 0..<factor.rank { u[k] = centred[factor.pivots[k], p + target] }
    factor.solveTransposed(u.pointer)
    factor.solve(u.pointer)
    if let minimumNorm {
      minimumNorm.spread(u, into: x)
    } else {
      for k in 0..<factor.rank { x[factor.pivots[k]] = u[k] }
    }
  }

  /// The penalty in scaled units of column j, kept below the range where products overflow.
  func scaledPenalty(_ penalty: Double, _ column: Int) -> Double {
    Swift.min(1e280, Double(sign: .plus, exponent: -2 * moments.exponents[column], significand: penalty))
  }

  /// True when the penalty does not damp the directions that the rank decision left out: rounding of the data would
  /// show there.
  private func isSmall(_ penalty: Double) -> Bool {
    (0..<p).contains { scaledPenalty(penalty, $0) < 1e-6 * centred[$0, $0].high }
  }

  private func factorWith(_ penalty: Double) throws -> DoubleDoubleCholesky {
    let block = try featureBlock()
    for j in 0..<p { block[j, j] += DoubleDouble(scaledPenalty(penalty, j)) }
    let lengths = (0..<p).map { Swift.max(0, block[$0, $0].high) }
    return try DoubleDoubleCholesky(
      destroying: block, squaredLengths: lengths, tolerance: 0, checkpoint: checkpoint)
  }

  /// Writes coefficients, intercept and residual sum of one target in the units of the data.
  func finish(_ target: Int, _ x: UnsafePointer<DoubleDouble>, _ solution: inout LinearSolution) {
    let column = p + target
    let exponent = moments.exponents[column]
    for j in 0..<p {
      solution.coefficients[target * p + j] =
        x[j].scaled(byPowerOfTwo: exponent - moments.exponents[j]).value
    }
    var intercept = DoubleDouble.zero
    if fitIntercept {
      intercept = moments.moment(column, moments.onesIndex)
      for j in 0..<p { intercept -= moments.moment(j, moments.onesIndex) * x[j] }
      intercept = (intercept / moments.totalWeight).scaled(byPowerOfTwo: exponent)
    }
    solution.intercepts.append(intercept.value)
    // yᵀy − xᵀ(2c − A x)
    var sum = centred[column, column]
    for i in 0..<p {
      var inner = centred[i, column] + centred[i, column]
      for j in 0..<p { inner -= (i <= j ? centred[i, j] : centred[j, i]) * x[j] }
      sum -= x[i] * inner
    }
    solution.residualSums.append(Swift.max(0, sum.scaled(byPowerOfTwo: 2 * exponent).value))
  }

  /// The first `rank` rows of U with columns in the order and units of the data.
  private func unscaledFactor(_ factor: DoubleDoubleCholesky) throws(ApusError) -> NDArray {
    let result = try NDArray(zeros: [factor.rank, p], dtype: .float64)
    let target = result.pointer(Double.self)
    for i in 0..<factor.rank {
      for j in i..<p {
        let column = factor.pivots[j]
        target[i * p + column] = factor.factor[i, j].scaled(byPowerOfTwo: moments.exponents[column]).value
      }
    }
    return result
  }
}

/// Parts of the normal equations, for active-set methods.
extension MomentSolver {
  /// Length of feature j, scaled; 1 for a column of zeros.
  func length(_ j: Int) -> Double {
    let square = centred[j, j].high
    return square > 0 ? square.squareRoot() : 1
  }

  /// −½ the derivative of the penalised sum of squares by coefficient j, and the size of its terms.
  func slope(
    _ j: Int, _ x: UnsafePointer<DoubleDouble>, _ passive: [Int], _ target: Int, penalty: Double
  ) -> (value: Double, scale: Double) {
    var slope = centred[j, moments.featureCount + target]
    var scale = slope.high.magnitude
    for k in passive {
      let term = (j <= k ? centred[j, k] : centred[k, j]) * x[k]
      slope -= term
      scale += term.high.magnitude
    }
    slope -= x[j] * scaledPenalty(penalty, j)
    return (slope.value, scale)
  }

  /// The minimum over the given columns, or nil when they are dependent.
  func solve(on columns: [Int], _ target: Int, penalty: Double, tolerance: Double) throws -> [DoubleDouble]? {
    let size = columns.count
    let system = try DoubleDoubleMatrix(rows: size, columns: size)
    for (i, a) in columns.enumerated() {
      for j in i..<size {
        let b = columns[j]
        system[i, j] = a <= b ? centred[a, b] : centred[b, a]
      }
      system[i, i] += DoubleDouble(scaledPenalty(penalty, a))
    }
    let lengths = columns.map { moments.moment($0, $0).high + scaledPenalty(penalty, $0) }
    let factor = try DoubleDoubleCholesky(
      destroying: system, squaredLengths: lengths, tolerance: penalty > 0 ? 0 : tolerance, checkpoint: checkpoint)
    guard factor.rank == size else { return nil }
    let x = try Buffer<DoubleDouble>(count: size)
    for k in 0..<size { x[k] = centred[columns[factor.pivots[k]], moments.featureCount + target] }
    factor.solveTransposed(x.pointer)
    factor.solve(x.pointer)
    var result = [DoubleDouble](repeating: .zero, count: size)
    for k in 0..<size { result[factor.pivots[k]] = x[k] }
    return result
  }
}
