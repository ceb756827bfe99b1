import ApusModels
import ApusNumerics
import RealModule

/// Chooses the penalties of an elastic net by cross-validation.
///
/// For dense features with more rows than columns the data are read once: the moments of the test rows of all folds add up
/// to those of every training set, and the squared errors follow from moments too. Folds and ratios are solved in parallel,
/// each in one thread from the largest penalty to the smallest.
struct ElasticNetSearch {
  let l1Ratios: [Double]
  /// Number of penalties, or the penalties.
  let alphas: ParameterValue
  /// Smallest penalty divided by the largest.
  let eps: Double
  let folds: ParameterValue
  let options: CoordinateDescentOptions
  let joinsTargets: Bool
  let precompute: Bool

  func fit(_ data: RegressionData, schema: EstimatorSchema, context: FitContext) throws -> LinearModel {
    var fit = ElasticNetFit(l1Ratio: 1, options: options, joinsTargets: joinsTargets, precompute: precompute)
    if case .int(1) = folds {
      fit.l1Ratio = l1Ratios[0]
      let source = try fit.source(data, context)
      let alphas = try penalties(l1Ratios[0], source)
      var model = try wholePath(data, source, alphas, alphas.count - 1, fit, schema, context)
      try record([alphas], chosen: (0, alphas.count - 1), in: &model)
      return model
    }
    let assignment = try assignment(rows: data.rows)
    let prepared = try FoldSources(data, assignment, fit, context)
    let grid = try l1Ratios.map { try penalties($0, prepared.whole) }
    let (ratioCount, alphaCount, foldCount) = (l1Ratios.count, grid[0].count, assignment.foldCount)
    let errors = try NDArray(zeros: [ratioCount, alphaCount, foldCount])
    let error = errors.pointer(Double.self)
    try context.checkpoint("folds", 0)
    try ThreadPool.parallelForThrowing(tasks: ratioCount * foldCount) { task in
      let (ratio, fold) = task.quotientAndRemainder(dividingBy: foldCount)
      let found = try path(grid[ratio], l1Ratios[ratio], fold: fold, prepared, context)
      for (index, value) in found.enumerated() { error[(ratio * alphaCount + index) * foldCount + fold] = value }
    }
    try context.checkpoint("folds", 1)
    var best = (ratio: 0, alpha: 0, error: Double.infinity)
    for ratio in 0..<ratioCount {
      for alpha in 0..<alphaCount {
        let mean = (0..<foldCount).reduce(0.0) { $0 + error[(ratio * alphaCount + alpha) * foldCount + $1] }
        if mean < best.error { best = (ratio, alpha, mean) }
      }
    }
    fit.l1Ratio = l1Ratios[best.ratio]
    var model = try wholePath(data, prepared.whole, grid[best.ratio], best.alpha, fit, schema, context)
    try record(grid, chosen: (best.ratio, best.alpha), in: &model)
    model.extras["mse_path_"] = .array(ratioCount == 1 ? try errors.reshaped([alphaCount, foldCount]) : errors)
    return model
  }

  /// Stores the penalties, (ratios, penalties) of them, and which were chosen.
  private func record(_ grid: [[Double]], chosen: (ratio: Int, alpha: Int), in model: inout LinearModel) throws {
    let isGiven = if case .array = alphas { true } else { false }
    let isVector = grid.count == 1 || isGiven
    model.extras["alpha_"] = .double(grid[chosen.ratio][chosen.alpha])
    model.extras["l1_ratio_"] = .double(l1Ratios[chosen.ratio])
    model.extras["alphas_"] = .array(
      isVector ? try NDArray(grid[0]) : try NDArray(grid.flatMap { $0 }, shape: [grid.count, grid[0].count]))
  }

  private func assignment(rows: Int) throws -> FoldAssignment {
    switch folds {
    case .array(let array): return try FoldAssignment(array, rows: rows)
    case .int(let count):
      return try FoldAssignment(rows: rows, folds: Int(clamping: count))
    default: return try FoldAssignment(rows: rows, folds: 5)
    }
  }

  /// Penalties in descending order: those given, or a geometric sequence from the smallest one that leaves nothing.
  private func penalties(_ l1Ratio: Double, _ source: any CorrelationSource) throws -> [Double] {
    if case .array(let array) = alphas {
      let values = try array.converted(to: .float64, name: "alphas").elements(as: Double.self)
      guard !values.isEmpty else { throw ApusError.invalidArgument(name: "alphas", reason: "is empty") }
      return values.sorted(by: >)
    }
    guard case .int(let requested) = alphas, let count = Int(exactly: requested), (1...(1 << 20)).contains(count) else {
      throw ApusError.invalidArgument(name: "alphas", reason: "\(alphas) is not in [1, 1048576]")
    }
    guard l1Ratio > 0 else {
      throw ApusError.invalidArgument(
        name: "l1_ratio",
        reason: "Automatic alpha grid generation is not supported for l1_ratio=0; please supply a grid by alphas")
    }
    let targets = source.targetMeans.count
    var largest = 0.0
    for j in 0..<source.columns {
      if joinsTargets {
        let square = (0..<targets).reduce(0.0) {
          $0 + source.cross[$1 * source.columns + j] * source.cross[$1 * source.columns + j]
        }
        largest = Swift.max(largest, square.squareRoot())
      } else {
        for k in 0..<targets {
          let slope = source.cross[k * source.columns + j]
          largest = Swift.max(largest, options.positive ? slope : slope.magnitude)
        }
      }
    }
    let top = largest * Double(sign: .plus, exponent: source.exponent, significand: 1) / l1Ratio
    guard top > 1e-15, top.isFinite else { return [Double](repeating: 1e-15, count: count) }
    if count == 1 { return [top] }
    // The ends are exact, so that nothing enters at the first penalty.
    return (0..<count).map { index in
      index == 0 ? top : top * Double.pow(eps, Double(index) / Double(count - 1))
    }
  }

  /// Mean squared errors of the test rows of a fold, one a penalty.
  private func path(
    _ alphas: [Double], _ l1Ratio: Double, fold: Int, _ prepared: FoldSources, _ context: FitContext
  ) throws -> [Double] {
    var fit = prepared.fit
    fit.l1Ratio = l1Ratio
    let source = try prepared.source(fold)
    let members = try WorkingSet(for: source, tasks: joinsTargets ? source.targetMeans.count : 1)
    var descents = try fit.groups(source.targetMeans.count).map { try fit.descent(source, members, targets: $0) }
    return try alphas.map { alpha in
      let (l1, l2) = fit.penalties(alpha, source)
      var parts = LinearParts(columns: source.columns, targets: source.targetMeans.count)
      try parts.allocate()
      for index in descents.indices {
        let outcome = try descents[index].minimise(l1: l1, l2: l2) { _ in
          if context.isCancelled { throw ApusError.cancelled }
        }
        parts.store(descents[index], outcome, fitIntercept: options.fitIntercept)
      }
      return try prepared.meanSquare(parts, fold: fold)
    }
  }

  /// The model of all rows at the chosen penalty, and the path of all penalties.
  private func wholePath(
    _ data: RegressionData, _ source: any CorrelationSource, _ alphas: [Double], _ chosen: Int, _ fit: ElasticNetFit,
    _ schema: EstimatorSchema, _ context: FitContext
  ) throws -> LinearModel {
    let (p, t, count) = (data.columns, data.targetCount, alphas.count)
    let coefficients = try NDArray(uninitialized: [t, p, count], dtype: .float64)
    let intercepts = try NDArray(uninitialized: [t, count], dtype: .float64)
    let members = try WorkingSet(for: source, tasks: joinsTargets ? t : 1)
    var descents = try fit.groups(t).map { try fit.descent(source, members, targets: $0) }
    var model: LinearModel?
    var (gaps, iterations) = ([Double](), [Int64]())
    for (index, alpha) in alphas.enumerated() {
      try context.checkpoint("path", Double(index) / Double(count))
      let (l1, l2) = fit.penalties(alpha, source)
      var parts = LinearParts(columns: p, targets: t)
      try parts.allocate()
      for place in descents.indices {
        let outcome = try descents[place].minimise(l1: l1, l2: l2) { _ in
          if context.isCancelled { throw ApusError.cancelled }
        }
        if !outcome.converged {
          context.warn(
            .convergence,
            "coordinate descent did not converge for alpha=\(alpha): the duality gap is \(outcome.gap); increase "
              + "max_iter, or leave out the smallest penalties")
        }
        parts.store(descents[place], outcome, fitIntercept: options.fitIntercept)
      }
      for k in 0..<t {
        for j in 0..<p {
          coefficients.pointer(Double.self)[(k * p + j) * count + index] = parts.coefficients?[k * p + j] ?? 0
        }
        intercepts.pointer(Double.self)[k * count + index] = parts.intercepts[k]
      }
      gaps.append(parts.gaps.max() ?? 0)
      iterations.append(Int64(parts.iterations.max() ?? 0))
      if index == chosen {
        model = try parts.model(
          data, schema: schema, fitIntercept: options.fitIntercept, joinsTargets: joinsTargets)
      }
    }
    guard var model else { throw ApusError.internalError(reason: "no penalty was chosen") }
    model.extras["coef_path_"] = .array(coefficients)
    model.extras["intercept_path_"] = .array(intercepts)
    model.extras["dual_gap_path_"] = .array(try NDArray(gaps))
    model.extras["n_iter_path_"] = .array(try NDArray(iterations))
    return model
  }
}

/// What the folds of a cross-validation are fitted on and tested with.
struct FoldSources: @unchecked Sendable {
  let fit: ElasticNetFit
  /// The data as a whole.
  let whole: any CorrelationSource
  private let data: RegressionData
  private let assignment: FoldAssignment
  /// Moments of training and test rows of each fold; empty when columns are read one by one.
  private var training: [GramSource] = []
  private var tests: [FoldMoments] = []

  init(_ data: RegressionData, _ assignment: FoldAssignment, _ fit: ElasticNetFit, _ context: FitContext) throws {
    self.data = data
    self.assignment = assignment
    self.fit = fit
    let folds = assignment.foldCount
    guard !data.design.isSparse, fit.precompute || data.columns <= data.rows else {
      whole = try fit.source(data, context)
      return
    }
    let centred = fit.options.fitIntercept
    for fold in 0..<folds {
      try context.checkpoint("moments", Double(fold) / Double(folds))
      let test = try data.subset(assignment.positions(fold, testing: true))
      try FoldSources.requireWeight(test, fold)
      tests.append(try FoldMoments(test, centred: centred))
    }
    if assignment.isPartition, folds > 1 {
      // What comes before and after each fold, so that the cost grows with the number of folds, not with its square.
      var following: [FoldMoments] = [tests[folds - 1]]
      for fold in stride(from: folds - 2, through: 1, by: -1) {
        following.append(try FoldMoments(merging: [tests[fold], following[following.count - 1]]))
      }
      var before: FoldMoments?
      for fold in 0..<folds {
        try context.checkpoint("moments", Double(fold) / Double(folds))
        let after = fold < folds - 1 ? following[folds - 2 - fold] : nil
        training.append(try GramSource(FoldMoments(merging: [before, after].compactMap { $0 })))
        if let previous = before {
          before = try FoldMoments(merging: [previous, tests[fold]])
        } else {
          before = tests[fold]
        }
      }
      whole = try GramSource(before ?? tests[0])
    } else {
      whole = try fit.source(data, context)
      for fold in 0..<folds {
        let rows = try data.subset(assignment.positions(fold, testing: false))
        try FoldSources.requireWeight(rows, fold)
        training.append(try GramSource(FoldMoments(rows, centred: centred)))
      }
    }
  }

  private static func requireWeight(_ data: RegressionData, _ fold: Int) throws(ApusError) {
    guard let weights = data.weightPointer else { return }
    for row in 0..<data.rows where weights[row] > 0 { return }
    throw .invalidArgument(name: "sample_weight", reason: "all weights of fold \(fold) are zero")
  }

  /// The training rows of a fold, for one thread.
  func source(_ fold: Int) throws -> any CorrelationSource {
    if !training.isEmpty { return training[fold] }
    let rows = try data.subset(assignment.positions(fold, testing: false))
    try FoldSources.requireWeight(rows, fold)
    return try fit.source(rows, FitContext())
  }

  /// The weighted mean of squared errors of all targets over the test rows of a fold.
  func meanSquare(_ parts: LinearParts, fold: Int) throws -> Double {
    guard let coefficients = parts.coefficients else { return .infinity }
    let (p, t) = (data.columns, data.targetCount)
    if !tests.isEmpty {
      let sum = (0..<t).reduce(0.0) {
        $0
          + tests[fold].residualSum(coefficients.pointer + $1 * p, intercept: parts.intercepts[$1], target: $1)
      }
      return sum / (tests[fold].totalWeight * Double(t))
    }
    let test = try data.subset(assignment.positions(fold, testing: true))
    try FoldSources.requireWeight(test, fold)
    let beta = try NDArray(uninitialized: [t, p], dtype: .float64)
    beta.pointer(Double.self).update(from: coefficients.pointer, count: t * p)
    let predictions = try LinearPrediction.predict(
      test.design, coefficients: beta, intercepts: try NDArray(parts.intercepts), dtype: .float64)
    let predicted = predictions.pointer(Double.self)
    var (sum, total) = (0.0, 0.0)
    for row in 0..<test.rows {
      let weight = test.weightPointer?[row] ?? 1
      total += weight
      for k in 0..<t {
        let difference = test.targetPointer[row * t + k] - predicted[row * t + k]
        sum += weight * difference * difference
      }
    }
    withExtendedLifetime((test, predictions)) {}
    return sum / (total * Double(t))
  }
}
