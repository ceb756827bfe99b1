import ApusModels
import ApusNumerics

/// What all elastic nets share: the objective 1/(2 Σw) Σ w ‖y − X B − c‖² + α ρ Σ_j ‖B_j‖ + ½ α (1 − ρ) Σ_j ‖B_j‖², where B_j
/// are the coefficients of feature j: one target at a time, or all targets together.
struct ElasticNetFit {
  var l1Ratio: Double
  let options: CoordinateDescentOptions
  /// Whether targets share their zeros.
  let joinsTargets: Bool
  /// Always compute the Gram matrix of dense features, or choose by shape.
  let precompute: Bool

  /// What one target, or all together, came to.
  struct Solution {
    /// (columns, tasks) in the units of the source.
    let descent: WorkingSetDescent
    let outcome: WorkingSetDescent.Outcome
  }

  /// Penalties in the units of a source.
  func penalties(_ alpha: Double, _ source: any CorrelationSource) -> (l1: Double, l2: Double) {
    let unit = Double(sign: .plus, exponent: -source.exponent, significand: 1)
    return (
      Swift.min(alpha * l1Ratio * unit, .greatestFiniteMagnitude),
      Swift.min(alpha * (1 - l1Ratio) * unit * unit, 1e300)
    )
  }

  /// Gram matrix for dense features with at least as many rows as columns, else correlations column by column.
  func source(_ data: RegressionData, _ context: FitContext) throws -> any CorrelationSource {
    try context.checkpoint("moments", 0)
    if data.design.isSparse { return try SparseColumnSource(data, centred: options.fitIntercept) }
    if precompute || data.columns <= data.rows {
      return try GramSource(FoldMoments(data, centred: options.fitIntercept))
    }
    return try DenseColumnSource(data, centred: options.fitIntercept)
  }

  func descent(
    _ source: any CorrelationSource, _ members: WorkingSet, targets: Range<Int>
  ) throws(ApusError) -> WorkingSetDescent {
    try WorkingSetDescent(
      source, members: members, targets: targets, positive: options.positive, tolerance: options.tol,
      maximumIterations: options.maxIterations, shuffleSeed: options.shuffleSeed)
  }

  /// The targets that are solved for together.
  func groups(_ targets: Int) -> [Range<Int>] { joinsTargets ? [0..<targets] : (0..<targets).map { $0..<$0 + 1 } }

  func fit(
    _ data: RegressionData, alpha: Double, schema: EstimatorSchema, start: LinearModel?, context: FitContext
  ) throws -> LinearModel {
    let source = try source(data, context)
    let members = try WorkingSet(for: source, tasks: joinsTargets ? data.targetCount : 1)
    let (l1, l2) = penalties(alpha, source)
    let unit = Double(sign: .plus, exponent: source.exponent, significand: 1)
    var result = LinearParts(columns: data.columns, targets: data.targetCount)
    try result.allocate()
    for targets in groups(data.targetCount) {
      var descent = try descent(source, members, targets: targets)
      if let start, start.featureCount == data.columns, start.targetCount == data.targetCount {
        let old = start.coefficients.pointer(Double.self)
        try descent.start { old[(targets.lowerBound + $1) * data.columns + $0] * unit }
        withExtendedLifetime(start) {}
      }
      let outcome = try descent.minimise(l1: l1, l2: l2) { try context.checkpoint("coordinate descent", $0) }
      if !outcome.converged {
        context.warn(
          .convergence,
          "coordinate descent did not converge: the duality gap is \(outcome.gap), tolerance "
            + "\(options.tol * source.targetSquares[targets].reduce(0, +)); increase max_iter or alpha, or scale the "
            + "features")
      }
      result.store(descent, outcome, fitIntercept: options.fitIntercept)
    }
    return try result.model(data, schema: schema, fitIntercept: options.fitIntercept, joinsTargets: joinsTargets)
  }
}

/// Coefficients and what belongs to them, gathered target by target in the units of the data.
struct LinearParts {
  let columns: Int
  let targets: Int
  private(set) var coefficients: Buffer<Double>?
  private(set) var intercepts: [Double] = []
  private var sums: [Double] = []
  private(set) var iterations: [Int] = []
  private(set) var gaps: [Double] = []

  init(columns: Int, targets: Int) {
    self.columns = columns
    self.targets = targets
  }

  mutating func allocate() throws(ApusError) { coefficients = try Buffer<Double>(zeroed: columns * targets) }

  /// Takes over the targets of a descent, in ascending order of targets.
  mutating func store(_ descent: WorkingSetDescent, _ outcome: WorkingSetDescent.Outcome, fitIntercept: Bool) {
    guard let coefficients else { return }
    let (source, tasks) = (descent.source, descent.targets.count)
    let unit = Double(sign: .plus, exponent: -source.exponent, significand: 1)
    for (t, k) in descent.targets.enumerated() {
      var intercept = source.targetMeans[k]
      for j in 0..<columns {
        let value = descent.w.pointer[j * tasks + t]
        coefficients.pointer[k * columns + j] = value * unit
        intercept -= source.means[j] * value
      }
      intercepts.append(fitIntercept ? intercept : 0)
      iterations.append(outcome.iterations)
      gaps.append(outcome.gap)
    }
    sums += descent.residualSquares().map { $0 * source.totalWeight }
  }

  func model(
    _ data: RegressionData, schema: EstimatorSchema, fitIntercept: Bool, joinsTargets: Bool
  ) throws -> LinearModel {
    guard let coefficients else { throw ApusError.internalError(reason: "coefficients were not allocated") }
    let solution = LinearSolution(
      coefficients: coefficients, intercepts: intercepts, rank: nil, residualSums: sums, factor: nil,
      iterations: iterations)
    try solution.requireFinite()
    var model = try LinearModel(
      LeastSquares.Result(solution: solution, moments: nil), data, schema: schema, fitIntercept: fitIntercept)
    model.dualGaps = gaps
    if joinsTargets {
      model.extras["n_iter_"] = .int(Int64(iterations[0]))
      model.extras["dual_gap_"] = .double(gaps[0])
    }
    return model
  }
}
