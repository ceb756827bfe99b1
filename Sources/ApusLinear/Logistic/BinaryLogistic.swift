import ApusModels
import ApusNumerics
import RealModule

/// Maximum of the binary logistic likelihood, plain or with Firth's penalty ½ ln det I(β), which removes the first-order
/// bias and is finite for separated data (D. Firth, Biometrika 80, 1993; G. Heinze & M. Schemper, Stat. Med. 21, 2002), with
/// one parameter held fixed if asked.
///
/// Fisher scoring on the modified score Σ (wᵢ (yᵢ − μᵢ) + hᵢ (½ − μᵢ)) xᵢ, hᵢ being the leverages of all parameters, with
/// steps halved until the penalised likelihood rises. With the penalty scoring converges linearly, in a ratio of about
/// parameters over rows.
struct BinaryLogistic {
  let problem: GLMProblem
  let isFirth: Bool
  let tolerance: Double
  let maximumIterations: Int
  let checkpoint: (Double) throws -> Void

  /// A parameter held at a value; the intercept is nil.
  struct Fixed {
    let column: Int?
    let value: Double
  }

  struct Fit {
    /// (1, columns).
    var coefficients: NDArray
    var intercept: Double
    /// ℓ, or ℓ + ½ ln det I.
    var logLikelihood: Double
    var iterations = 0
    var converged = false
    let rows: GLMRows
  }

  private static let halvings = 40
  /// Largest change of the linear predictor's size in one step, in the spirit of logistf's bound.
  private static let largestStep = 5.0

  /// - Parameter start: coefficients to go on from; zero unless given.
  func solve(fixed: Fixed? = nil, from start: (NDArray, Double)? = nil) throws -> Fit {
    let free = try FreeParameters(problem, fixed)
    let rows = try GLMRows(problem)
    var fit = Fit(
      coefficients: try (start?.0 ?? NDArray(zeros: [1, problem.columns])).copied(), intercept: start?.1 ?? 0,
      logLikelihood: 0, rows: rows)
    free.impose(&fit.coefficients, &fit.intercept)
    try rows.evaluate(fit.coefficients, intercept: fit.intercept)
    var system = try information(rows)
    fit.logLikelihood = value(rows, system)
    let response = try Buffer<Double>(count: problem.rows)
    while fit.iterations < maximumIterations {
      try checkpoint(Double(fit.iterations) / Double(maximumIterations))
      let leverages = isFirth ? try scores(system).leverages(weights: UnsafePointer(rows.weight.pointer)) : nil
      for row in 0..<problem.rows {
        var score = rows.score[row]
        if let leverages { score += leverages.pointer(Double.self)[row] * (0.5 - rows.mean[row]) }
        let correction = rows.weight[row] > 1e-280 ? score / rows.weight[row] : 0
        response[row] = rows.predictor[row] - problem.shift(row) + correction
      }
      let next = try free.step(weights: rows.weight, response: response, checkpoint: checkpoint)
      let old = (fit.coefficients, fit.intercept, fit.logLikelihood)
      let promised = try expectedRise(rows, old.0, old.1, next)
      var length = Swift.min(1, BinaryLogistic.largestStep / Swift.max(promised.largest, 1e-300))
      let isWhole = length == 1
      var accepted = false
      for _ in 0..<BinaryLogistic.halvings {
        fit.coefficients = try BinaryLogistic.mixed(old.0, next.0, length)
        fit.intercept = old.1 + length * (next.1 - old.1)
        try rows.evaluate(fit.coefficients, intercept: fit.intercept)
        system = try information(rows)
        fit.logLikelihood = value(rows, system)
        if fit.logLikelihood >= old.2 - 1e-11 * Swift.max(1, old.2.magnitude) {
          accepted = true
          break
        }
        length /= 2
      }
      guard accepted else {
        (fit.coefficients, fit.intercept, fit.logLikelihood) = old
        try rows.evaluate(fit.coefficients, intercept: fit.intercept)
        fit.converged = promised.rise <= 1e-6
        return fit
      }
      fit.iterations += 1
      if isWhole, promised.rise <= tolerance * tolerance {
        fit.converged = true
        return fit
      }
    }
    return fit
  }

  func scores(_ system: OrthonormalSystem) throws -> OrthonormalScores {
    try OrthonormalScores(problem.design, system.basis)
  }

  /// The weighted problem at the current means.
  func information(_ rows: GLMRows) throws -> OrthonormalSystem {
    let zeros = try Buffer<Double>(zeroed: problem.rows)
    let moments = try WeightedStep(problem: problem, checkpoint: checkpoint).moments(rows.weight, zeros)
    guard moments.totalWeight.high > 0 else {
      throw ApusError.numericalFailure(reason: "y: all fitted probabilities are 0 or 1; nothing is left to estimate")
    }
    return try OrthonormalSystem(
      moments, fitIntercept: problem.fitIntercept,
      tolerance: LinearProblem.rankTolerance(columns: problem.columns, dtype: problem.dtype), checkpoint: checkpoint)
  }

  private func value(_ rows: GLMRows, _ system: OrthonormalSystem) -> Double {
    -rows.deviance / 2 + (isFirth ? system.logDeterminant / 2 : 0)
  }

  /// Half the squared weighted length of the step, and the largest change of the predictor.
  private func expectedRise(
    _ rows: GLMRows, _ coefficients: NDArray, _ intercept: Double, _ next: (NDArray, Double)
  ) throws -> (rise: Double, largest: Double) {
    let trial = try LinearPrediction.predict(
      problem.design, coefficients: next.0, intercepts: NDArray([next.1]), dtype: .float64)
    var (sum, largest) = (0.0, 0.0)
    for row in 0..<problem.rows {
      let change = trial.pointer(Double.self)[row] + problem.shift(row) - rows.predictor[row]
      sum += rows.weight[row] * change * change
      largest = Swift.max(largest, change.magnitude)
    }
    withExtendedLifetime(trial) {}
    return (sum / 2, largest)
  }

  private static func mixed(_ a: NDArray, _ b: NDArray, _ length: Double) throws -> NDArray {
    if length == 1 { return b }
    let result = try NDArray(uninitialized: a.shape, dtype: .float64)
    for index in 0..<a.count {
      let (first, second) = (a.pointer(Double.self)[index], b.pointer(Double.self)[index])
      result.pointer(Double.self)[index] = first + length * (second - first)
    }
    withExtendedLifetime((a, b)) {}
    return result
  }
}

/// The parameters that are estimated when one of them may be held fixed.
private struct FreeParameters {
  private let problem: GLMProblem
  private let fixed: BinaryLogistic.Fixed?
  /// The problem without the fixed feature.
  private let reduced: GLMProblem?
  /// x of the fixed feature; nil for the intercept.
  private let held: Buffer<Double>?

  init(_ problem: GLMProblem, _ fixed: BinaryLogistic.Fixed?) throws(ApusError) {
    self.problem = problem
    self.fixed = fixed
    let (n, p) = (problem.rows, problem.columns)
    guard let fixed else {
      (reduced, held) = (problem, nil)
      return
    }
    guard !problem.design.isSparse else {
      throw .unsupported(reason: "profile_alpha: profile intervals need dense X")
    }
    var design: DesignMatrix? = problem.design
    if let column = fixed.column {
      let kept = try NDArray(zeros: [n, Swift.max(1, p - 1)])
      let (line, values) = (try Buffer<Double>(zeroed: p), try Buffer<Double>(count: n))
      for row in 0..<n {
        problem.design.unpack(row..<row + 1, into: line.pointer, stride: p)
        values[row] = line[column]
        let target = kept.pointer(Double.self) + row * (p - 1)
        for j in 0..<p where j != column { target[j < column ? j : j - 1] = line[j] }
      }
      held = values
      design = p > 1 ? DesignMatrix(dense: kept) : nil
    } else {
      held = nil
    }
    reduced = design.map {
      GLMProblem(
        design: $0, response: problem.response, priorWeights: problem.priorWeights, frequencies: nil,
        offset: problem.offset, family: problem.family, link: problem.link,
        fitIntercept: fixed.column != nil && problem.fitIntercept, penalty: 0, dtype: problem.dtype)
    }
  }

  /// Sets the fixed parameter.
  func impose(_ coefficients: inout NDArray, _ intercept: inout Double) {
    guard let fixed else { return }
    if let column = fixed.column {
      coefficients.pointer(Double.self)[column] = fixed.value
    } else {
      intercept = fixed.value
    }
  }

  /// Weighted least squares of the working response on the free parameters.
  func step(
    weights: Buffer<Double>, response: Buffer<Double>, checkpoint: @escaping (Double) throws -> Void
  ) throws -> (NDArray, Double) {
    let (n, p) = (problem.rows, problem.columns)
    let target = try Buffer<Double>(count: n)
    for row in 0..<n {
      target[row] = response[row] - (fixed.map { $0.value * (held?[row] ?? 1) } ?? 0)
    }
    let coefficients = try NDArray(zeros: [1, p])
    var intercept = 0.0
    if let reduced {
      let zero = try NDArray(zeros: [1, reduced.columns])
      let solution = try WeightedStep(problem: reduced, checkpoint: checkpoint).solve(
        weights: weights, response: target, current: (zero, 0))
      intercept = solution.intercept
      let source = solution.coefficients.pointer(Double.self)
      for j in 0..<reduced.columns {
        let shifted = fixed?.column.map { j >= $0 } ?? false
        coefficients.pointer(Double.self)[shifted ? j + 1 : j] = source[j]
      }
      withExtendedLifetime(solution) {}
    } else if problem.fitIntercept {
      var (sum, total) = (0.0, 0.0)
      for row in 0..<n {
        sum += weights[row] * target[row]
        total += weights[row]
      }
      intercept = sum / total
    }
    var result = coefficients
    impose(&result, &intercept)
    return (result, intercept)
  }
}
