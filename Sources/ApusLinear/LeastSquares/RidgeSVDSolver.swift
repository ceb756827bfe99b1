import ApusNumerics

/// Ridge regression from the singular value decomposition of a centred copy of the features: β = V diag(s / (s² + α)) Uᵀ y.
/// The most expensive method, and the only one whose cost does not grow with the number of different penalties.
///
/// - Complexity: O(rows · columns · min(rows, columns)) time and a copy of the features.
struct RidgeSVDSolver {
  let data: RegressionData
  let problem: LinearProblem

  func solve(checkpoint: (Double) throws -> Void) throws -> LinearSolution {
    let (n, p, t) = (data.rows, data.columns, data.targetCount)
    let centred = problem.fitIntercept
    try checkpoint(0)
    let operation = try CentredOperator(data, centred: centred)
    let targetExponents = Array(try ColumnScales.exponents(data).suffix(t))
    let copy = try NDArray(uninitialized: [n, p], dtype: .float64)
    operation.unpack(into: copy.pointer(Double.self))
    let decomposition = try LinearAlgebra.svd(copy)
    try checkpoint(0.9)
    let u = try decomposition.u.contiguous()
    let vt = try decomposition.vTransposed.contiguous()
    let s = decomposition.singularValues.pointer(Double.self)
    let size = decomposition.singularValues.count
    let cutoff = size > 0 ? s[0] * Double.ulpOfOne * Double(Swift.max(n, p)) : 0
    let rank = (0..<size).count { s[$0] > cutoff }
    var solution = LinearSolution(
      coefficients: try Buffer<Double>(zeroed: p * t), intercepts: [], rank: rank, residualSums: [], factor: nil,
      iterations: nil)
    let fitted = try Buffer<Double>(count: n)
    for k in 0..<t {
      let (y, mean) = try operation.target(k, exponent: targetExponents[k], centred: centred)
      let x = try Buffer<Double>(zeroed: p)
      let penalty = Double(sign: .plus, exponent: -2 * operation.exponent, significand: problem.penalties[k])
      let (left, right) = (u.pointer(Double.self), vt.pointer(Double.self))
      for j in 0..<rank {
        var projection = 0.0
        for i in 0..<n { projection += left[i * size + j] * y[i] }
        let share = projection * s[j] / (s[j] * s[j] + penalty)
        for column in 0..<p { x[column] += share * right[j * p + column] }
      }
      var intercept = mean
      for j in 0..<p {
        intercept -= operation.means[j] * x[j]
        solution.coefficients[k * p + j] = Double(
          sign: .plus, exponent: targetExponents[k] - operation.exponent, significand: x[j])
      }
      solution.intercepts.append(
        centred ? Double(sign: .plus, exponent: targetExponents[k], significand: intercept) : 0)
      try operation.apply(x.pointer, into: fitted.pointer)
      let sum = (0..<n).reduce(0.0) { $0 + (y[$1] - fitted[$1]) * (y[$1] - fitted[$1]) }
      solution.residualSums.append(Double(sign: .plus, exponent: 2 * targetExponents[k], significand: sum))
    }
    try solution.requireFinite()
    return solution
  }
}
