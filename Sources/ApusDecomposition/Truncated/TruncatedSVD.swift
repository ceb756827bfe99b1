import ApusModels
import ApusNumerics

/// Truncated singular value decomposition: X ≈ U diag(s) Vᵀ without centring, T = X Vᵀ (latent semantic analysis).
public struct TruncatedSVD: Estimator {
  public enum Algorithm: String, CaseIterable, ParameterChoice {
    case arpack, randomized
  }

  public var nComponents = 2
  public var algorithm = Algorithm.randomized
  public var nIterations = 5
  public var nOversamples = 10
  public var powerIterationNormalizer = PCA.Normalizer.auto
  public var randomState: UInt64?
  public var tol = 0.0

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "truncated_svd", pythonName: "TruncatedSVD", pythonModule: "decomposition",
    doc: """
      Truncated singular value decomposition.

      The directions along which the rows have the greatest sum of squares, without centring, so that sparse features stay
      sparse. Both algorithms are block Lanczos on X'X: 'arpack' to convergence, 'randomized' with a Krylov space as large
      as n_iter allows, which is at least as accurate as n_iter power iterations of a random subspace.
      """,
    role: .transformer,
    parameters: [
      Parameter(
        "n_components", \TruncatedSVD.nComponents, range: .atLeast(1),
        doc: "Singular values to keep, at most the number of features."),
      Parameter(
        "algorithm", \TruncatedSVD.algorithm,
        doc: "'arpack' iterates to convergence, 'randomized' for a bounded time."),
      Parameter(
        "n_iter", \TruncatedSVD.nIterations, range: .atLeast(0),
        doc: "Effort of 'randomized', in power iterations; more are more accurate."),
      Parameter(
        "n_oversamples", \TruncatedSVD.nOversamples, range: .atLeast(1),
        doc: "Additional random directions of 'randomized'; more are more accurate."),
      Parameter(
        "power_iteration_normalizer", \TruncatedSVD.powerIterationNormalizer,
        doc: "Accepted for compatibility: iterates are always orthonormalised."),
      Parameter("random_state", \TruncatedSVD.randomState, doc: "Seed of the starting block; None is 0."),
      Parameter(
        "tol", \TruncatedSVD.tol, range: .atLeast(0),
        doc: "Relative residual at which 'arpack' stops; 0 for full accuracy."),
    ],
    attributes: [
      FittedAttribute("components_", doc: "Right singular vectors: (n_components, n_features), orthonormal rows."),
      FittedAttribute("singular_values_", doc: "Singular values, descending: (n_components,)."),
      FittedAttribute("explained_variance_", doc: "Variances of the transformed training data: (n_components,)."),
      FittedAttribute("explained_variance_ratio_", doc: "As fractions of the total variance: (n_components,)."),
      FittedAttribute("n_iter_", .int, doc: "Lanczos steps; 0 where the decomposition was direct."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ],
    operations: [.transform, .inverseTransform],
    traits: [.sparseInput, .float32, .randomized])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    try InputValidation.arguments(data, schema: Self.schema)
    let input = try PrincipalInput(data.features, schema: Self.schema)
    guard input.columns >= 2 else {
      throw ApusError.shapeMismatch(
        name: "X",
        reason:
          "found array with 1 feature(s) (shape=(\(input.rows), 1)) while a minimum of 2 is required by TruncatedSVD.")
    }
    guard nComponents <= input.columns else {
      throw ApusError.invalidArgument(
        name: "n_components", reason: "\(nComponents) exceeds n_features = \(input.columns) (n_samples = \(input.rows))"
      )
    }
    let factors = try factors(input, context)
    if algorithm == .arpack, !factors.isConverged {
      context.warn(.convergence, "TruncatedSVD: not all components met the tolerance; raise tol")
    }
    return try TruncatedModel(
      factors, input: input, count: Swift.min(nComponents, input.rows), schema: Self.schema)
  }

  private func factors(_ input: PrincipalInput, _ context: FitContext) throws -> TruncatedFactors {
    let smaller = Swift.min(input.rows, input.columns)
    let count = Swift.min(nComponents, smaller)
    let seed = randomState ?? 0
    switch input.features {
    case .sparse(let matrix):
      let sparse = try SparseOperator(matrix)
      return try iterate(sparse, cheaper: nil, count: count, smaller: smaller, seed: seed, context)
    case .dense(let array):
      if smaller <= 256 || 3 * (count + nOversamples) >= smaller {
        return try TruncatedFactors.direct(array, count: count)
      }
      let cheaper =
        try algorithm == .randomized && isModerate(array) ? DenseOperator(array, precision: .float32) : nil
      let matrix = DenseOperator(array, precision: algorithm == .arpack ? .float64 : nil)
      return try iterate(matrix, cheaper: cheaper, count: count, smaller: smaller, seed: seed, context)
    }
  }

  /// Whether products with AᵀA stay within the range of float32.
  private func isModerate(_ array: NDArray) throws(ApusError) -> Bool {
    let squares = try ColumnReductions.sumsOfSquares(array).elements(as: Double.self).reduce(0, +)
    return squares > 0x1p-60 && squares < 0x1p60
  }

  private func iterate(
    _ matrix: any MatrixOperator, cheaper: DenseOperator?, count: Int, smaller: Int, seed: UInt64, _ context: FitContext
  ) throws -> TruncatedFactors {
    if algorithm == .arpack {
      return try TruncatedFactors.lanczos(matrix, count: count, tolerance: tol, seed: seed, context: context)
    }
    // A Krylov space of this many times the directions of a power iteration with n_iter steps holds as good a subspace,
    // for fewer products: measured against it on flat, slowly and quickly falling spectra.
    let directions = Swift.min(count + nOversamples, smaller)
    let steps = 1 + 0.35 * Double(Swift.min(nIterations, 1000))
    let products = Int(Double(directions) * steps)
    return try TruncatedFactors.lanczos(
      matrix, count: count, tolerance: 1e-7, productLimit: products, basisLimit: products + 64,
      blockSize: Swift.max(4, Swift.min(32, (directions + 3) / 4)), seed: seed, products: cheaper, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try TruncatedModel(state, schema: Self.schema)
  }
}

extension TruncatedFactors {
  /// From the full decomposition.
  static func direct(_ array: NDArray, count: Int) throws(ApusError) -> TruncatedFactors {
    let full = try LinearAlgebra.svd(array)
    let vt = try full.vTransposed.slice(0..<count).converted(to: .float64).copied()
    let ut = try full.u.slice(0..<count, axis: 1).transposed.converted(to: .float64).copied()
    ComponentSigns.orient(vt, with: ut)
    return TruncatedFactors(
      u: ut.transposed, singularValues: try full.singularValues.slice(0..<count).converted(to: .float64),
      vTransposed: vt, iterations: 0, isConverged: true)
  }

  init(u: NDArray, singularValues: NDArray, vTransposed: NDArray, iterations: Int, isConverged: Bool) {
    self.u = u
    self.singularValues = singularValues
    self.vTransposed = vTransposed
    self.iterations = iterations
    self.isConverged = isConverged
  }
}
