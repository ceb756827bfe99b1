import ApusModels
import ApusNumerics

/// Kernel principal component analysis (Schölkopf, Smola & Müller, Neural Computation 10(5), 1998).
public struct KernelPCA: Estimator {
  public enum Kernel: String, CaseIterable, ParameterChoice {
    case linear, poly, rbf, sigmoid, cosine, precomputed
  }

  public enum EigenSolver: String, CaseIterable, ParameterChoice {
    case auto, dense, arpack, randomized
  }

  public var nComponents: Int?
  public var kernel = Kernel.linear
  public var gamma: Double?
  public var degree = 3.0
  public var coef0 = 1.0
  public var kernelParams = ParameterValue.none
  public var alpha = 1.0
  public var fitInverseTransform = false
  public var eigenSolver = EigenSolver.auto
  public var tol = 0.0
  public var maxIterations: Int?
  public var iteratedPower = ParameterValue.string("auto")
  public var removeZeroEig = false
  public var randomState: UInt64?
  public var copyX = true
  public var nJobs: Int?

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "kernel_pca", pythonName: "KernelPCA", pythonModule: "decomposition",
    doc: """
      Kernel principal component analysis.

      Principal components in the feature space of a kernel, from the eigenvectors of the centred kernel matrix: O(n^2)
      memory; a few components of many samples by block Lanczos, else by a dense eigensolver. Sparse features stay sparse.
      """,
    role: .transformer,
    parameters: [
      Parameter(
        "n_components", \KernelPCA.nComponents, range: .atLeast(1),
        doc: "Components to keep; None for all with an eigenvalue above zero."),
      Parameter(
        "kernel", \KernelPCA.kernel,
        doc:
          "linear x.y; poly (gamma x.y + coef0)^degree; rbf exp(-gamma |x-y|^2); sigmoid tanh(gamma x.y + coef0); cosine; "
          + "precomputed: X is the kernel matrix."),
      Parameter(
        "gamma", \KernelPCA.gamma, range: .atLeast(0), doc: "Factor of poly, rbf and sigmoid; None for 1 / n_features."),
      Parameter("degree", \KernelPCA.degree, range: .atLeast(0), doc: "Degree of poly."),
      Parameter("coef0", \KernelPCA.coef0, doc: "Constant of poly and sigmoid."),
      Parameter(
        "kernel_params", \KernelPCA.kernelParams, types: [.none], doc: "Accepted for compatibility: must be None."),
      Parameter(
        "alpha", \KernelPCA.alpha, range: .atLeast(0),
        doc: "Ridge penalty of the inverse transform; larger values give smoother pre-images."),
      Parameter(
        "fit_inverse_transform", \KernelPCA.fitInverseTransform,
        doc: "Whether to learn pre-images, by kernel ridge regression of X on its transform."),
      Parameter(
        "eigen_solver", \KernelPCA.eigenSolver,
        doc: "'dense', or 'arpack' and 'randomized' for block Lanczos; 'auto' chooses by shape."),
      Parameter(
        "tol", \KernelPCA.tol, range: .atLeast(0),
        doc: "Relative residual at which block Lanczos stops; 0 for full accuracy."),
      Parameter(
        "max_iter", \KernelPCA.maxIterations, range: .atLeast(1),
        doc: "Most blocks block Lanczos multiplies; None for as many as it takes."),
      Parameter(
        "iterated_power", \KernelPCA.iteratedPower, types: [.int, .string], range: .atLeast(0), choices: ["auto"],
        doc: "Accepted for compatibility: 'randomized' iterates to convergence."),
      Parameter(
        "remove_zero_eig", \KernelPCA.removeZeroEig, doc: "Whether to drop components whose eigenvalue is zero."),
      Parameter("random_state", \KernelPCA.randomState, doc: "Seed of the starting block of block Lanczos; None is 0."),
      Parameter("copy_X", \KernelPCA.copyX, doc: "Accepted for compatibility: X is always copied into the model."),
      .jobs(\KernelPCA.nJobs),
    ],
    attributes: [
      FittedAttribute("eigenvalues_", doc: "Eigenvalues of the centred kernel matrix, descending: (n_components,)."),
      FittedAttribute("eigenvectors_", doc: "Its eigenvectors: (n_samples, n_components)."),
      FittedAttribute("gamma_", .double, doc: "The factor used in the kernel."),
      FittedAttribute("X_fit_", doc: "The training data, unless they are sparse."),
      FittedAttribute("dual_coef_", doc: "Coefficients of the inverse transform: (n_samples, n_features)."),
      FittedAttribute("X_transformed_fit_", doc: "The transformed training data, with fit_inverse_transform."),
      FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
    ],
    operations: [.transform, .inverseTransform],
    traits: [.sparseInput, .float32, .randomized])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    try InputValidation.arguments(data, schema: Self.schema)
    let checked = try InputValidation.features(data.features, schema: Self.schema)
    let rows = try KernelRows(checked)
    let (n, p) = (rows.count, rows.columns)
    if kernel == .precomputed {
      guard n == p else {
        throw ApusError.shapeMismatch(name: "X", reason: "has shape [\(n), \(p)], a precomputed kernel must be square")
      }
      if fitInverseTransform {
        throw ApusError.invalidArgument(
          name: "fit_inverse_transform", reason: "True cannot be used with a precomputed kernel")
      }
    }
    if case .sparse = rows {
      try KernelModel.requireDense(kernel == .precomputed, "a precomputed kernel is a")
    }
    _ = try checkedCount([n, n], stride: 8)
    let function = KernelFunction(
      kernel: kernel, gamma: gamma ?? 1 / Double(p), degree: degree, coef0: coef0)
    try context.checkpoint("kernel", 0)
    let matrix = try function.gram(rows)
    let centring = try KernelCentring(centring: matrix)
    let eigen = try KernelEigen.solve(
      matrix, count: nComponents.map { Swift.min($0, n) }, solver: eigenSolver, tolerance: tol,
      blocks: maxIterations, seed: randomState ?? 0, removesZeros: removeZeroEig || nComponents == nil, context: context
    )
    var model = try KernelModel(
      schema: Self.schema, function: function, training: rows, centring: centring, values: eigen.values,
      vectors: eigen.vectors, dtype: checked.dtype)
    if fitInverseTransform { try model.learnPreimages(alpha: alpha) }
    return model
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try KernelModel(state, schema: Self.schema)
  }
}
