import ApusModels
import ApusNumerics
import RealModule

/// The objective of ``HuberRegressor`` in scaled units: features centred and divided by a power of two, targets centred at
/// their median and divided by 1.4826 median absolute deviations (where those are 0, by their standard deviation). Parameters are the coefficients, the intercept and s with σ = floor + eˢ: where the
/// features reproduce the targets exactly there is no smallest σ, and the floor takes its place.
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
  /// Least σ, in units of the scaled targets.
  private static let floor = 1e-5

  private static func sigma(_ parameter: Double) -> Double {
    floor + Double.exp(Swift.min(700, Swift.max(-700, parameter)))
  }

  init(_ data: RegressionData, epsilon: Double, alpha: Double, fitIntercept: Bool) throws(ApusError) {
    self.data = data
    self.epsilon = epsilon
    self.fitIntercept = fitIntercept
    design = try CentredOperator(data, centred: fitIntercept)
    residual = try Buffer<Double>(count: data.rows)
    target = try Buffer<Double>(count: data.rows)
    var total = 0.0
    for row in 0..<data.rows {
      total += data.weightPointer?[row] ?? 1
      target[row] = data.targetPointer[row]
    }
    totalWeight = total
    // Robust measures, so that outliers however large change neither the start nor the least scale.
    targetMean = fitIntercept ? try HuberLoss.median(target, data.weightPointer) : 0
    var largest = 0.0
    for row in 0..<data.rows {
      target[row] = (target[row] - targetMean).magnitude
      largest = Swift.max(largest, target[row])
    }
    var scale = 1.4826 * (try HuberLoss.median(target, data.weightPointer))
    if scale == 0, largest > 0 {
      var squares = 0.0
      for row in 0..<data.rows {
        squares += (data.weightPointer?[row] ?? 1) * (target[row] / largest) * (target[row] / largest)
      }
      scale = largest * (squares / total).squareRoot()
    }
    guard scale.isFinite, largest.isFinite else {
      throw .numericalFailure(reason: "y: the targets overflow float64; scale the targets")
    }
    targetScale = scale > 0 ? scale : 1
    for row in 0..<data.rows { target[row] = (data.targetPointer[row] - targetMean) / targetScale }
    // β = (targetScale · 2^-e) b, and the objective is divided by targetScale.
    let unit = Double(sign: .plus, exponent: -design.exponent, significand: 1)
    penalty = Swift.min(alpha * targetScale * unit * unit, 1e300)
    scaling = try Buffer<Double>(count: data.columns + 2)
    let weights = try Buffer<Double>(count: data.rows)
    for row in 0..<data.rows { weights[row] = design.roots[row] * design.roots[row] }
    let moments = try ColumnSquares(data.design, weights: weights)
    for j in 0..<data.columns {
      let square = moments.squares[j] * unit * unit
      let centred = square - total * design.means[j] * design.means[j]
      let curvature = 2 * Swift.max(centred, 1e-3 * square) + 2 * penalty
      scaling[j] = curvature > 0 && curvature.isFinite ? 1 / curvature : 1
    }
    scaling[data.columns] = 1 / (2 * total)
    scaling[data.columns + 1] = 1 / (2 * total)
  }

  /// The smallest value that half of the weight does not exceed.
  private static func median(_ values: Buffer<Double>, _ weights: UnsafePointer<Double>?) throws(ApusError) -> Double {
    let count = values.count
    let order = try Buffer<Int>(count: count)
    var total = 0.0
    for index in 0..<count {
      order[index] = index
      total += weights?[index] ?? 1
    }
    var elements = order.elements
    elements.sort { values.pointer[$0] < values.pointer[$1] }
    var sum = 0.0
    for index in 0..<count {
      sum += weights?[order[index]] ?? 1
      if sum >= total / 2 { return values[order[index]] }
    }
    return values[order[count - 1]]
  }

  /// Parameters to begin with: those of an earlier model, or zeros and the scale of the targets.
  ///
  /// - Parameter offsets: what the features of the model had and these have not.
  mutating func start(_ model: LinearModel?, offsets: FeatureOffsets?) throws -> Buffer<Double> {
    let theta = try Buffer<Double>(zeroed: count)
    let p = data.columns
    guard let model, model.featureCount == p, case .double(let scale)? = model.extras["scale_"], scale > 0 else {
      return theta
    }
    let unit = Double(sign: .plus, exponent: design.exponent, significand: 1)
    let old = model.coefficients.pointer(Double.self)
    var intercept = model.intercepts.pointer(Double.self)[0] - targetMean + (offsets?.constant(old) ?? 0)
    for j in 0..<p {
      theta[j] = old[j] * unit / targetScale
      intercept += old[j] * unit * design.means[j]
    }
    theta[p] = fitIntercept ? intercept / targetScale : 0
    theta[p + 1] = Double.log(Swift.max(scale / targetScale - HuberLoss.floor, 1e-2 * HuberLoss.floor))
    withExtendedLifetime(model) {}
    return theta
  }

  func evaluate(_ theta: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>) throws(ApusError) -> Double {
    let (p, rows) = (data.columns, data.rows)
    let sigma = HuberLoss.sigma(theta[p + 1])
    try design.apply(theta, into: residual.pointer)
    let limit = epsilon * sigma
    let roots = design.roots.pointer
    let parts = Swift.max(1, Swift.min(16, rows >> 12))
    let sums = try Buffer<Double>(zeroed: 3 * parts)
    let (r, y, constant, epsilon) = (residual.pointer, target.pointer, theta[p], epsilon)
    ThreadPool.parallelFor(tasks: parts) { part in
      var (value, slope, intercept) = (0.0, 0.0, 0.0)
      for row in (part * rows / parts)..<((part + 1) * rows / parts) {
        let root = roots[row]
        if root == 0 {
          r[row] = 0
          continue
        }
        let weight = root * root
        let difference = y[row] - constant - r[row] / root
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
        r[row] = derivative / root
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
    gradient[p + 1] = slope * (sigma - HuberLoss.floor)
    return value
  }

  func model(
    _ theta: Buffer<Double>, _ outcome: LimitedMemoryBFGS.Outcome, schema: EstimatorSchema
  ) throws -> LinearModel {
    let (p, rows) = (data.columns, data.rows)
    let unit = Double(sign: .plus, exponent: -design.exponent, significand: 1)
    let coefficients = try Buffer<Double>(count: p)
    var intercept = fitIntercept ? targetMean + targetScale * theta[p] : 0
    for j in 0..<p {
      coefficients[j] = theta[j] * targetScale * unit
      if fitIntercept { intercept -= targetScale * theta[j] * design.means[j] }
    }
    let sigma = HuberLoss.sigma(theta[p + 1])
    let beta = try NDArray(uninitialized: [1, p], dtype: .float64)
    beta.pointer(Double.self).update(from: coefficients.pointer, count: p)
    let fitted = try LinearPrediction.predict(
      data.design, coefficients: beta, intercepts: try NDArray([intercept]), dtype: .float64)
    let outliers = try NDArray(zeros: [rows], dtype: .bool)
    var squares = 0.0
    for row in 0..<rows {
      let difference = data.targetPointer[row] - fitted.pointer(Double.self)[row]
      squares += (data.weightPointer?[row] ?? 1) * difference * difference
      if difference.magnitude > epsilon * sigma * targetScale { outliers.pointer(Bool.self)[row] = true }
    }
    withExtendedLifetime(fitted) {}
    let solution = LinearSolution(
      coefficients: coefficients, intercepts: [intercept], rank: nil, residualSums: [squares],
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
