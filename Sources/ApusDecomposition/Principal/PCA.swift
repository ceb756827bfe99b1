import ApusModels
import ApusNumerics

/// Principal component analysis: C = ZᵀZ / (n − 1), C v = λ v, T = Z V_k, where Z is X centred or standardised.
public struct PCA: Estimator {
  /// How the components are found.
  public enum Solver: String, CaseIterable, ParameterChoice {
    case auto, full
    case covarianceEigh = "covariance_eigh"
    case arpack, randomized
  }

  /// Normalisation between power iterations; only the stable one is used.
  public enum Normalizer: String, CaseIterable, ParameterChoice {
    case auto
    case qr = "QR"
    case lu = "LU"
    case none
  }

  /// What NaN in X means.
  public enum Missing: String, CaseIterable, ParameterChoice {
    /// NaN is refused.
    case error
    /// NaN is a missing value, estimated together with the components.
    case em
  }

  /// A number, a fraction of the variance, "mle" or none for min(rows, columns).
  public var nComponents = ParameterValue.none
  public var copy = true
  public var whiten = false
  public var svdSolver = Solver.auto
  public var tol = 0.0
  /// A number or "auto".
  public var iteratedPower = ParameterValue.string("auto")
  public var nOversamples = 10
  public var powerIterationNormalizer = Normalizer.auto
  public var randomState: UInt64?
  public var standardize = false
  public var missing = Missing.error

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "pca", pythonName: "PCA", pythonModule: "decomposition",
    doc: """
      Principal component analysis.

      The orthogonal directions of greatest variance: eigenvectors of the covariance matrix of the centred features, or of
      their correlation matrix with standardize=True. Found from the Gram matrix where its condition allows (O(n p^2) time,
      O(p^2) memory), else from a QR factorisation in blocks; by block Lanczos for a few components of large data. Sparse
      features are centred implicitly. The largest element of every component is positive, as in scikit-learn.
      """,
    role: .transformer,
    parameters: [
      Parameter(
        "n_components", \PCA.nComponents, types: [.none, .int, .double, .string], range: .atLeast(0), choices: ["mle"],
        doc:
          "Components to keep: a number; a fraction in (0, 1) of the variance to explain; 'mle' for Minka's estimate; "
          + "None for min(n_samples, n_features)."),
      Parameter("copy", \PCA.copy, doc: "Accepted for compatibility: X is never changed."),
      Parameter("whiten", \PCA.whiten, doc: "Whether to divide the transformed data by their standard deviations."),
      Parameter(
        "svd_solver", \PCA.svdSolver,
        doc:
          "'auto' chooses by shape; 'full' is as accurate as a singular value decomposition; 'covariance_eigh' uses the "
          + "covariance matrix; 'arpack' is block Lanczos to convergence; 'randomized' is randomised subspace iteration."
      ),
      Parameter(
        "tol", \PCA.tol, range: .atLeast(0),
        doc:
          "Relative residual at which 'arpack' stops, 0 for full accuracy; relative change at which missing='em' stops, "
          + "0 for 1e-7."),
      Parameter(
        "iterated_power", \PCA.iteratedPower, types: [.int, .string], range: .atLeast(0), choices: ["auto"],
        doc: "Power iterations of 'randomized'; more are more accurate."),
      Parameter(
        "n_oversamples", \PCA.nOversamples, range: .atLeast(1),
        doc: "Additional random directions of 'randomized'; more are more accurate."),
      Parameter(
        "power_iteration_normalizer", \PCA.powerIterationNormalizer,
        doc: "Accepted for compatibility: iterates are always orthonormalised by QR."),
      Parameter("random_state", \PCA.randomState, doc: "Seed of 'randomized' and of the start of 'arpack'; None is 0."),
      Parameter(
        "standardize", \PCA.standardize,
        doc: "Whether to divide the features by their standard deviations, so that the correlation matrix is analysed."),
      Parameter(
        "missing", \PCA.missing,
        doc: "'error' refuses NaN; 'em' takes NaN as missing and estimates it by expectation maximisation."),
    ],
    attributes: PrincipalModel.attributes + [
      FittedAttribute("n_samples_", .int, doc: "Number of samples in fit."),
      FittedAttribute("svd_solver_", .string, doc: "The solver that was used."),
      FittedAttribute("n_iter_", .int, doc: "Iterations of missing='em'."),
    ],
    operations: PrincipalModel.operations,
    traits: [.sparseInput, .float32, .randomized])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    try InputValidation.arguments(data, schema: Self.schema)
    // Tall integers are read block by block; other shapes are copied when they are centred anyway.
    let isTall = data.features.rows >= data.features.columns
    let input =
      try inputOnGrid(data, context)
      ?? PrincipalInput(
        data.features, schema: Self.schema, allowsMissing: missing == .em, keepsIntegers: isTall && missing == .error)
    let count = try ComponentCount(nComponents, rows: input.rows, columns: input.columns)
    if missing == .em, case .dense(let array) = input.features,
      FiniteCheck.firstNonFinite(in: array) != nil
    {
      guard case .fixed(let k) = count, k < Swift.min(input.rows, input.columns) else {
        throw ApusError.invalidArgument(
          name: "n_components",
          reason: "\(nComponents) is not a number below min(n_samples, n_features), which "
            + "missing='em' needs")
      }
      let result = try MissingValues.fit(
        array, count: k, standardize: standardize, tolerance: tol > 0 ? tol : 1e-7, context: context)
      return try PrincipalModel(
        result.spectrum, count: k, rows: input.rows, dtype: input.dtype, whiten: whiten, schema: Self.schema,
        solver: .full, iterations: result.iterations, completesRows: true)
    }
    let fit = PrincipalFit(
      input: input, count: count, standardize: standardize, solver: svdSolver, tolerance: tol,
      powerIterations: powerIterations, oversamples: nOversamples, seed: randomState ?? 0, context: context)
    let result = try fit.solve()
    let kept = count.resolved(
      variances: result.spectrum.variances, total: result.spectrum.totalVariance, rows: input.rows,
      columns: input.columns)
    let spectrum = try result.spectrum.scaled(by: input.exponent)
    if spectrum.totalVariance == 0, result.spectrum.totalVariance > 0 {
      context.warn(
        .data,
        "X: its variances are too small for float64, and are 0 here, as are their ratios; the components are right. Multiply "
          + "the features by a constant")
    }
    return try PrincipalModel(
      spectrum, count: kept, rows: input.rows, dtype: input.dtype, whiten: whiten, schema: Self.schema,
      solver: result.solver, completesRows: missing == .em)
  }

  /// Features whose covariance is known from the reading that validates them; nil for others, and where the settings ask for
  /// another solver or are not valid.
  private func inputOnGrid(_ data: TrainingData, _ context: FitContext) throws(ApusError) -> PrincipalInput? {
    guard missing == .error, case .dense(let array) = data.features, array.rank == 2,
      let count = try? ComponentCount(nComponents, rows: array.shape[0], columns: array.shape[1]),
      let precision = PrincipalFit.covariancePrecision(array, svdSolver, count)
    else { return nil }
    return try PrincipalInput(onGrid: data.features, schema: Self.schema, precision: precision) {
      () throws(ApusError) in
      if context.isCancelled { throw .cancelled }
    }
  }

  private var powerIterations: Int? {
    if case .int(let value) = iteratedPower { return Int(value) }
    return nil
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try PrincipalModel(state, schema: Self.schema)
  }
}
