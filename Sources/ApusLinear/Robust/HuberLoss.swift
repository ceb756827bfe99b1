import ApusModels
import ApusNumerics
import RealModule

/// The objective of ``HuberRegressor`` in scaled units: features centred and divided by a power of two, targets centred and
/// divided by their standard deviation. Parameters are the coefficients, the intercept and the logarithm of σ.
struct HuberLoss {
  private let data: RegressionData
  private let design: CentredOperator
  private let epsilon: Double
  private let penalty: Double
  private let fitIntercept: Bool
  private let target: Buffer<Double>
  private let targetMean: Double
  private let targetScale: Double
  private let residual: Buffer<Double>
  let totalWeight: Double
  /// Inverse curvatures for the optimiser.
  let scaling: Buffer<Double>

  var count: Int { data.columns + 2 }

  init(_ data: RegressionData, epsilon: Double, alpha: Double, fitIntercept: Bool) throws(ApusError) {
    self.data = data
    self.epsilon = epsilon
    self.fitIntercept = fitIntercept
    let plain = RegressionData(
      design: data.design, targets: data.targets, targetCount: data.targetCount, targetsAreVector: true, weights: nil,
      dtype: data.dtype)
    design = try CentredOperator(plain, centred: fitIntercept)
    let (values, mean) = try design.target(0, exponent: 0, centred: fitIntercept)
    (target, targetMean) = (values, mean)
    residual = try Buffer<Double>(count: data.rows)
    var (total, squares) = (0.0, 0.0)
    for row in 0..<data.rows {
      total += data.weightPointer?[row] ?? 1
      squares = Swift.max(squares, values[row].magnitude)
    }
    totalWeight = total
    let largest = squares
    squares = 0
    if largest > 0 { for row in 0..<data.rows { squares += (values[row] / largest) * (values[row] / largest) } }
    let scale = largest * (squares / Double(data.rows)).squareRoot()
    guard scale.isFinite else {
      throw .numericalFailure(reason: "y: the targets overflow float64; scale the targets")
    }
    targetScale = scale > 0 ? scale : 1
    for row in 0..<data.rows { target[row] /= targetScale }
    // β = (targetScale · 2^-e) b, and the objective is divided by targetScale.
    let unit = Double(sign: .plus, exponent: -design.exponent, significand: 1)
    penalty = Swift.min(alpha * targetScale * unit * unit, 1e300)
    scaling = try Buffer<Double>(count: data.columns + 2)
    let weights = try Buffer<Double>(repeating: 1, count: data.rows)
    let moments = try ColumnSquares(data.design, weights: weights)
    for j in 0..<data.columns {
      let square = moments.squares[j] * unit * unit
      let centred = square - Double(data.rows) * design.means[j] * design.means[j]
      let curvature = 2 * Swift.max(centred, 1e-3 * square) * total / Double(data.rows) + 2 * penalty
      scaling[j] = curvature > 0 && curvature.isFinite ? 1 / curvature : 1
    }
    scaling[data.columns] = 1 / (2 * total)
    scaling[data.columns + 1] = 1 / (2 * total)
  }

  /// Parameters to begin with: those of an earlier model, or zeros and a scale of one standard deviation.
  mutating func start(_ model: LinearModel?) throws -> Buffer<Double> {
    let theta = try Buffer<Double>(zeroed: count)
    let p = data.columns
    guard let model, model.featureCount == p, case .double(let scale)? = model.extras["scale_"], scale > 0 else {
      return theta
    }
    let unit = Double(sign: .plus, exponent: design.exponent, significand: 1)
    let old = model.coefficients.pointer(Double.self)
    var intercept = model.intercepts.pointer(Double.self)[0] - targetMean
    for j in 0..<p {
      theta[j] = old[j] * unit / targetScale
      intercept += old[j] * unit * design.means[j]
    }
    theta[p] = fitIntercept ? intercept / targetScale : 0
    theta[p + 1] = Double.log(scale / targetScale)
    withExtendedLifetime(model) {}
    return theta
  }

  func evaluate(_ theta: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>) throws(ApusError) -> Double {
    let (p, rows) = (data.columns, data.rows)
    let sigma = Double.exp(Swift.min(700, Swift.max(-700, theta[p + 1])))
    try design.apply(theta, into: residual.pointer)
    let limit = epsilon * sigma
    let weights = data.weightPointer
    let parts = Swift.max(1, Swift.min(16, rows >> 12))
    let sums = try Buffer<Double>(zeroed: 3 * parts)
    let (r, y, constant, epsilon) = (residual.pointer, target.pointer, theta[p], epsilon)
    ThreadPool.parallelFor(tasks: parts) { part in
      var (value, slope, intercept) = (0.0, 0.0, 0.0)
      for row in (part * rows / parts)..<((part + 1) * rows / parts) {
        let weight = weights?[row] ?? 1
        let difference = y[row] - constant - r[row]
        let scaled = difference / sigma
        let derivative: Double
        if difference.magnitude <= limit {
          value += weight * (sigma + scaled * difference)
          slope += weight * (1 - scaled * scaled)
          derivative = -2 * weight * scaled
        } else {
          value += weight * (sigma + 2 * epsilon * difference.magnitude - epsilon * epsilon * sigma)
          slope += weight * (1 - epsilon * epsilon)
          derivative = difference > 0 ? -2 * weight * epsilon : 2 * weight * epsilon
        }
        r[row] = derivative
        intercept += derivative
      }
      sums.pointer[3 * part] = value
      sums.pointer[3 * part + 1] = slope
      sums.pointer[3 * part + 2] = intercept
    }
    var (value, slope, intercept) = (0.0, 0.0, 0.0)
    for part in 0..<parts {
      value += sums[3 * part]
      slope += sums[3 * part + 1]
      intercept += sums[3 * part + 2]
    }
    try design.applyAdjoint(residual.pointer, into: gradient)
    for j in 0..<p {
      value += penalty * theta[j] * theta[j]
      gradient[j] += 2 * penalty * theta[j]
    }
    gradient[p] = fitIntercept ? intercept : 0
    gradient[p + 1] = slope * sigma
    return value
  }

  func model(
    _ theta: Buffer<Double>, _ outcome: LimitedMemoryBFGS.Outcome, schema: EstimatorSchema
  ) throws -> LinearModel {
    let (p, rows) = (data.columns, data.rows)
    let unit = Double(sign: .plus, exponent: -design.exponent, significand: 1)
    let coefficients = try Buffer<Double>(count: p)
    var intercept = targetMean + targetScale * theta[p]
    for j in 0..<p {
      coefficients[j] = theta[j] * targetScale * unit
      intercept -= targetScale * theta[j] * design.means[j]
    }
    let sigma = Double.exp(theta[p + 1])
    try design.apply(theta.pointer, into: residual.pointer)
    let outliers = try NDArray(zeros: [rows], dtype: .bool)
    var squares = 0.0
    for row in 0..<rows {
      let difference = target[row] - theta[p] - residual[row]
      squares += (data.weightPointer?[row] ?? 1) * difference * difference * targetScale * targetScale
      if difference.magnitude > epsilon * sigma { outliers.pointer(Bool.self)[row] = true }
    }
    let solution = LinearSolution(
      coefficients: coefficients, intercepts: [fitIntercept ? intercept : 0], rank: nil, residualSums: [squares],
      factor: nil, iterations: [outcome.iterations])
    try solution.requireFinite()
    var model = try LinearModel(
      LeastSquares.Result(solution: solution, moments: nil), data, schema: schema, fitIntercept: fitIntercept)
    model.extras = [
      "scale_": .double(sigma * targetScale), "outliers_": .array(outliers), "n_iter_": .int(Int64(outcome.iterations)),
    ]
    return model
  }
}
