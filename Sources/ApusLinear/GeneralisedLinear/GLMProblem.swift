import ApusModels
import ApusNumerics
import RealModule

/// The data of a generalised linear model as the solver reads them.
struct GLMProblem {
  let design: DesignMatrix
  /// Responses; for the binomial shares of successes: (rows,).
  let response: NDArray
  /// Inverse relative variances, for the binomial times the number of trials; nil for ones: (rows,).
  let priorWeights: NDArray?
  /// Numbers of equal rows; nil for ones: (rows,).
  let frequencies: NDArray?
  /// Terms of the predictor with coefficient one: (rows,), or nil.
  let offset: NDArray?
  var family: GLMFamily
  let link: GLMLink
  let fitIntercept: Bool
  /// ½ penalty ‖β‖² is added to half the deviance; the intercept is free.
  let penalty: Double
  let dtype: DType

  var rows: Int { design.rows }
  var columns: Int { design.columns }

  /// Rows whose weights and frequencies are positive, counted with their frequencies.
  var observationCount: Double {
    var sum = 0.0
    for row in 0..<rows where weight(row) > 0 { sum += frequency(row) }
    return sum
  }

  func priorWeight(_ row: Int) -> Double { priorWeights.map { $0.pointer(Double.self)[row] } ?? 1 }
  func frequency(_ row: Int) -> Double { frequencies.map { $0.pointer(Double.self)[row] } ?? 1 }
  /// Prior weight times frequency.
  func weight(_ row: Int) -> Double { priorWeight(row) * frequency(row) }
  func shift(_ row: Int) -> Double { offset.map { $0.pointer(Double.self)[row] } ?? 0 }
  func target(_ row: Int) -> Double { response.pointer(Double.self)[row] }
}

/// The state of a fit at given coefficients, row by row.
final class GLMRows {
  let problem: GLMProblem
  /// η: linear predictor with offset.
  let predictor: Buffer<Double>
  /// μ.
  let mean: Buffer<Double>
  /// Weights of the working least-squares problem: w (dμ/dη)² / V.
  let weight: Buffer<Double>
  /// Derivative of −½ deviance by η: w (y − μ) dμ/dη / V.
  let score: Buffer<Double>
  /// Weighted deviance; infinite when a mean lies outside the family's.
  private(set) var deviance = 0.0

  private static let parts = 16

  init(_ problem: GLMProblem) throws(ApusError) {
    self.problem = problem
    predictor = try Buffer<Double>(zeroed: problem.rows)
    mean = try Buffer<Double>(zeroed: problem.rows)
    weight = try Buffer<Double>(zeroed: problem.rows)
    score = try Buffer<Double>(zeroed: problem.rows)
  }

  /// Takes over the coefficients.
  func evaluate(_ coefficients: NDArray, intercept: Double) throws(ApusError) {
    let fitted = try LinearPrediction.predict(
      problem.design, coefficients: coefficients, intercepts: NDArray([intercept]), dtype: .float64)
    let source = fitted.pointer(Double.self)
    for row in 0..<problem.rows { predictor[row] = source[row] + problem.shift(row) }
    withExtendedLifetime(fitted) {}
    try evaluatePredictor()
  }

  /// Moves the predictor to `base` + length · `change`, (rows,) each.
  func evaluate(base: Buffer<Double>, change: Buffer<Double>, length: Double) throws(ApusError) {
    predictor.pointer.update(from: base.pointer, count: problem.rows)
    if length != 0 { for row in 0..<problem.rows { predictor.pointer[row] += length * change.pointer[row] } }
    try evaluatePredictor()
  }

  /// Fills means, weights and scores from the predictor.
  func evaluatePredictor() throws(ApusError) {
    let (rows, parts) = (problem.rows, Swift.max(1, Swift.min(GLMRows.parts, problem.rows >> 9)))
    let sums = try Buffer<Double>(zeroed: parts)
    let (problem, link, family) = (problem, problem.link, problem.family)
    let y = problem.response.pointer(Double.self)
    let (eta, mu, w, s) = (predictor.pointer, mean.pointer, weight.pointer, score.pointer)
    let (isBinomial, total) = (family == .binomial, sums.pointer)
    ThreadPool.parallelFor(tasks: parts) { part in
      var sum = 0.0
      for row in (part * rows / parts)..<((part + 1) * rows / parts) {
        let prior = problem.weight(row)
        let (value, complement, slope) = link.mean(eta[row])
        mu[row] = value
        guard prior > 0 else {
          (w[row], s[row]) = (0, 0)
          continue
        }
        if isBinomial, link.isProbability {
          sum += prior * GLMRows.binomial(y[row], value, complement, slope, &w[row], &s[row])
          w[row] *= prior
          s[row] *= prior
          continue
        }
        guard family.permits(mean: value) else {
          sum = .infinity
          (w[row], s[row]) = (0, 0)
          continue
        }
        let variance = family.variance(value)
        w[row] = prior * slope * slope / variance
        s[row] = prior * (y[row] - value) * slope / variance
        sum += prior * family.deviance(y[row], value)
      }
      total[part] = sum
    }
    deviance = 0
    for part in 0..<parts { deviance += total[part] }
    if deviance.isNaN { deviance = .infinity }
    withExtendedLifetime(problem) {}
  }

  /// Unit deviance, working weight and score of a share of successes, exact in both tails.
  @inline(__always)
  private static func binomial(
    _ y: Double, _ mu: Double, _ complement: Double, _ slope: Double, _ weight: inout Double, _ score: inout Double
  ) -> Double {
    let least = Double.leastNormalMagnitude
    let (p, q) = (Swift.max(mu, least), Swift.max(complement, least))
    weight = slope * slope / p / q
    score = (y == 1 ? slope / p : (y == 0 ? -slope / q : (y * q - (1 - y) * p) * slope / p / q))
    var deviance = 0.0
    if y > 0 { deviance += y * (Double.log(y) - (p > 0.5 ? Double.log(onePlus: -q) : Double.log(p))) }
    if y < 1 { deviance += (1 - y) * (Double.log(1 - y) - (q > 0.5 ? Double.log(onePlus: -p) : Double.log(q))) }
    return 2 * deviance
  }

  /// The means to start from, pulled off the boundary towards the mean of the responses, with their predictors.
  func start() throws(ApusError) {
    var (sum, total) = (0.0, 0.0)
    for row in 0..<problem.rows {
      sum += problem.weight(row) * problem.target(row)
      total += problem.weight(row)
    }
    let average = total > 0 ? sum / total : 0
    for row in 0..<problem.rows {
      let y = problem.target(row)
      var mu = (y + average) / 2
      if problem.family == .binomial {
        let trials = problem.priorWeight(row)
        mu = (trials * y + 0.5) / (trials + 1)
      } else if problem.family != .gaussian {
        mu = Swift.max(mu, 1e-3 * Swift.max(average, .leastNormalMagnitude))
      }
      predictor[row] = problem.link.predictor(mu)
    }
    try evaluatePredictor()
  }
}
