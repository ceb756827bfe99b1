import ApusModels
import ApusNumerics

/// Chooses the penalty of ridge regressions.
struct RidgeSearch {
  let alphas: [Double]
  let fitIntercept: Bool
  let cv: ParameterValue
  let storesResults: Bool
  let perTarget: Bool
  /// Nil: mean squared error for leave-one-out, R² for folds.
  let scoring: RidgeScoring?

  struct Found {
    /// One a target.
    let alphas: [Double]
    /// One a target, or one for all.
    let scores: [Double]
    /// (rows, targets, penalties), or nil.
    let results: NDArray?
    let isVector: Bool

    /// What the models of a search tell.
    func attributes(perTarget: Bool) throws(ApusError) -> [String: ParameterValue] {
      var found: [String: ParameterValue] = [
        "alpha_": perTarget ? .array(try NDArray(alphas)) : .double(alphas[0]),
        "best_score_": perTarget ? .array(try NDArray(scores)) : .double(scores[0]),
      ]
      if let results {
        found["cv_results_"] = .array(isVector ? try results.reshaped([results.shape[0], results.shape[2]]) : results)
      }
      return found
    }
  }

  static func parameters<Root: Estimator>(
    alphas: WritableKeyPath<Root, ParameterValue> & Sendable, fitIntercept: WritableKeyPath<Root, Bool> & Sendable,
    cv: WritableKeyPath<Root, ParameterValue> & Sendable, stores: WritableKeyPath<Root, Bool> & Sendable
  ) -> [Parameter] {
    [
      Parameter(
        "alphas", alphas, types: [.none, .double, .array], range: .greaterThan(0),
        doc: "Penalties to choose from; 0.1, 1 and 10 when None."),
      Parameter("fit_intercept", fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "cv", cv, types: [.none, .int, .array], range: .atLeast(-1),
        doc:
          "None: leave one row out at a time; else the number of folds, the fold that tests each row, or (n_folds, n_samples) "
          + "with 1 for test rows, 0 for training rows, -1 for neither. In Python a splitter or pairs of index arrays too."
      ),
      Parameter("store_cv_results", stores, doc: "Whether to keep the squared leave-one-out errors as cv_results_."),
    ]
  }

  static func penalties(_ alphas: ParameterValue) throws(ApusError) -> [Double] {
    switch alphas {
    case .double(let value): return [value]
    case .int(let value): return [Double(value)]
    case .array(let array):
      let values = try array.converted(to: .float64, name: "alphas").elements(as: Double.self)
      guard !values.isEmpty else { throw .invalidArgument(name: "alphas", reason: "is empty") }
      return values
    default: return [0.1, 1, 10]
    }
  }

  /// - Parameter classes: codes of the rows, when the targets are ±1 for classes and folds are to be stratified and compared
  ///   by accuracy.
  func search(_ data: RegressionData, classes: ClassLabels?, _ context: FitContext) throws -> Found {
    if case .none = cv { return try leaveOneOut(data, context) }
    if storesResults {
      throw ApusError.invalidArgument(
        name: "store_cv_results", reason: "cv!=None and store_cv_results=True are incompatible")
    }
    if perTarget {
      throw ApusError.invalidArgument(
        name: "alpha_per_target", reason: "cv!=None and alpha_per_target=True are incompatible")
    }
    return try folds(data, classes, context)
  }

  func solve(_ data: RegressionData, _ penalties: [Double], _ context: FitContext) throws -> LeastSquares.Result {
    let problem = LinearProblem(
      fitIntercept: fitIntercept, penalties: penalties, rankTolerance: LinearProblem.rankTolerance(data))
    var result = try LeastSquares(data: data, problem: problem, context: context).solve(tolerance: 1e-10)
    result.solution.factor = nil
    result.moments = nil
    return result
  }

  private func leaveOneOut(_ data: RegressionData, _ context: FitContext) throws -> Found {
    let (n, t, a) = (data.rows, data.targetCount, alphas.count)
    guard n >= 2 || !fitIntercept else {
      throw ApusError.shapeMismatch(name: "X", reason: "has n_samples = 1; leaving one out needs at least 2 samples")
    }
    let needsErrors = scoring != nil && scoring != .r2 && scoring != .negativeMeanSquaredError
    let results = storesResults || needsErrors ? try NDArray(uninitialized: [n, t, a], dtype: .float64) : nil
    let errors = try RidgeLeaveOneOut(data, centred: fitIntercept, context).errors(alphas, stored: results)
    var scores = errors.map { $0.map { -$0 } }
    if scoring == .r2 {
      for k in 0..<t {
        let total = spread(data, k)
        for index in 0..<a { scores[index][k] = total > 0 ? 1 - errors[index][k] / total : 0 }
      }
    }
    if needsErrors, let scoring, let results {
      let squares = results.pointer(Double.self)
      for index in 0..<a {
        for k in 0..<t {
          // The errors are those of rows times √w.
          let score = scoring.score(rows: n) { row in
            let weight = data.weightPointer?[row] ?? 1
            return (weight, weight > 0 ? (squares[(row * t + k) * a + index] / weight).squareRoot() : 0)
          }
          scores[index][k] = score ?? scores[index][k]
        }
      }
    }
    func best(_ score: (Int) -> Double) -> Int { (0..<a).reduce(0) { score($1) > score($0) ? $1 : $0 } }
    if perTarget {
      let chosen = (0..<t).map { k in best { scores[$0][k] } }
      return Found(
        alphas: chosen.map { alphas[$0] }, scores: (0..<t).map { scores[chosen[$0]][$0] },
        results: storesResults ? results : nil,
        isVector: data.targetsAreVector)
    }
    let means = scores.map { $0.reduce(0, +) / Double(t) }
    let chosen = best { means[$0] }
    return Found(
      alphas: [Double](repeating: alphas[chosen], count: t), scores: [means[chosen]],
      results: storesResults ? results : nil,
      isVector: data.targetsAreVector)
  }

  /// Σ w (y − ȳ)² / rows of a target.
  private func spread(_ data: RegressionData, _ k: Int) -> Double {
    var (sum, total) = (0.0, 0.0)
    for row in 0..<data.rows {
      let weight = data.weightPointer?[row] ?? 1
      sum += weight * data.targetPointer[row * data.targetCount + k]
      total += weight
    }
    var squares = 0.0
    for row in 0..<data.rows {
      let difference = data.targetPointer[row * data.targetCount + k] - sum / total
      squares += (data.weightPointer?[row] ?? 1) * difference * difference
    }
    return squares / Double(data.rows)
  }

  private func folds(_ data: RegressionData, _ classes: ClassLabels?, _ context: FitContext) throws -> Found {
    let assignment: FoldAssignment
    switch cv {
    case .array(let array): assignment = try FoldAssignment(array, rows: data.rows)
    case .int(let count):
      if let classes {
        assignment = try FoldAssignment(
          stratifying: classes.codes, classCount: classes.classCount, folds: Int(clamping: count))
      } else {
        assignment = try FoldAssignment(rows: data.rows, folds: Int(clamping: count))
      }
    default: assignment = try FoldAssignment(rows: data.rows, folds: 5)
    }
    let (a, count) = (alphas.count, assignment.foldCount)
    let scores = try Buffer<Double>(zeroed: a * count)
    try context.checkpoint("folds", 0)
    try ThreadPool.parallelForThrowing(tasks: a * count) { task in
      if context.isCancelled { throw ApusError.cancelled }
      let (fold, index) = task.quotientAndRemainder(dividingBy: a)
      let training = try data.subset(assignment.positions(fold, testing: false))
      let test = try data.subset(assignment.positions(fold, testing: true))
      let penalties = [Double](repeating: alphas[index], count: data.targetCount)
      let solution = try solve(training, penalties, FitContext()).solution
      scores.pointer[task] = try score(solution, test, isClassification: classes != nil)
    }
    try context.checkpoint("folds", 1)
    func mean(_ index: Int) -> Double {
      (0..<count).reduce(0.0) { $0 + scores.pointer[$1 * a + index] } / Double(count)
    }
    let chosen = (0..<a).reduce(0) { mean($1) > mean($0) ? $1 : $0 }
    return Found(
      alphas: [Double](repeating: alphas[chosen], count: data.targetCount), scores: [mean(chosen)], results: nil,
      isVector: data.targetsAreVector)
  }

  /// R² or another score averaged over targets, or accuracy.
  private func score(_ solution: LinearSolution, _ test: RegressionData, isClassification: Bool) throws -> Double {
    let t = test.targetCount
    let beta = try NDArray(uninitialized: [t, test.columns], dtype: .float64)
    beta.pointer(Double.self).update(from: solution.coefficients.pointer, count: t * test.columns)
    let predictions = try LinearPrediction.predict(
      test.design, coefficients: beta, intercepts: try NDArray(solution.intercepts), dtype: .float64)
    let found = predictions.pointer(Double.self)
    defer { withExtendedLifetime((predictions, test)) {} }
    if isClassification {
      var (right, total) = (0.0, 0.0)
      for row in 0..<test.rows {
        let weight = test.weightPointer?[row] ?? 1
        total += weight
        let (own, wanted) = (found + row * t, test.targetPointer + row * t)
        if t == 1 {
          if (own[0] > 0) == (wanted[0] > 0) { right += weight }
        } else {
          let best = (0..<t).reduce(0) { own[$1] > own[$0] ? $1 : $0 }
          if wanted[best] > 0 { right += weight }
        }
      }
      return total > 0 ? right / total : 0
    }
    var sum = 0.0
    for k in 0..<t {
      var squares = 0.0
      for row in 0..<test.rows {
        let difference = test.targetPointer[row * t + k] - found[row * t + k]
        squares += (test.weightPointer?[row] ?? 1) * difference * difference
      }
      let mean = squares / Double(test.rows)
      let total = spread(test, k)
      let score = scoring?.score(rows: test.rows) { row in
        (test.weightPointer?[row] ?? 1, (test.targetPointer[row * t + k] - found[row * t + k]).magnitude)
      }
      if let score {
        sum += score
      } else {
        sum += total > 0 ? 1 - mean / total : (mean == 0 ? 1 : 0)
      }
    }
    return sum / Double(t)
  }
}
