import ApusModels
import ApusNumerics

/// Principal component analysis of data that come in batches.
///
/// The state is the exact covariance: any partition into batches, in any order, and any merging of parts gives the
/// components of all rows together, up to rounding.
public struct IncrementalPCA: Estimator {
  public var nComponents: Int?
  public var whiten = false
  public var copy = true
  public var batchSize: Int?
  public var standardize = false

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "incremental_pca", pythonName: "IncrementalPCA", pythonModule: "decomposition",
    doc: """
      Principal component analysis of batches.

      Keeps means and the centred Gram matrix of all rows seen (O(p^2) memory), so that partial_fit on any partition of the
      rows, and merging of models, agree with one fit on all rows.
      """,
    role: .transformer,
    parameters: [
      Parameter(
        "n_components", \IncrementalPCA.nComponents, range: .atLeast(1),
        doc: "Components to keep; None for min(n_samples, n_features) of the rows seen."),
      Parameter(
        "whiten", \IncrementalPCA.whiten, doc: "Whether to divide the transformed data by their standard deviations."),
      Parameter("copy", \IncrementalPCA.copy, doc: "Accepted for compatibility: X is never changed."),
      Parameter(
        "batch_size", \IncrementalPCA.batchSize, range: .atLeast(1),
        doc: "Rows a batch of fit; None for 5 times the number of features. It does not change the result."),
      Parameter(
        "standardize", \IncrementalPCA.standardize,
        doc: "Whether to divide the features by their standard deviations, so that the correlation matrix is analysed."),
    ],
    attributes: PrincipalModel.attributes + [
      FittedAttribute("var_", doc: "Variances of the features, divided by the number of samples: (n_features,)."),
      FittedAttribute("n_samples_seen_", .int, doc: "Number of samples seen."),
      FittedAttribute("batch_size_", .int, doc: "Rows a batch of fit by default."),
    ],
    operations: PrincipalModel.operations,
    traits: [.sparseInput, .float32, .partialFit, .mergeable])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    try InputValidation.arguments(data, schema: Self.schema)
    let input = try PrincipalInput(data.features, schema: Self.schema, keepsIntegers: true)
    try requireCount(rows: input.rows, columns: input.columns)
    return try model(moments(input, context), dtype: input.dtype)
  }

  public func partialFit(
    _ data: TrainingData, continuing previous: (any FittedModel)?, context: FitContext
  ) throws -> any FittedModel {
    try validateParameters()
    try InputValidation.arguments(data, schema: Self.schema)
    let input = try PrincipalInput(
      data.features, schema: Self.schema, expectedColumns: previous?.featureCount, keepsIntegers: true)
    if let count = nComponents, count > input.columns {
      throw ApusError.invalidArgument(
        name: "n_components", reason: "\(count) exceeds n_features = \(input.columns)")
    }
    var moments = try moments(input, context)
    var dtype = input.dtype
    if let previous = previous as? PrincipalModel, let earlier = previous.moments {
      moments = try earlier.merged(with: moments)
      if previous.dtype == .float64 { dtype = .float64 }
    }
    return try model(moments, dtype: dtype)
  }

  public func merge(_ first: any FittedModel, _ second: any FittedModel) throws -> any FittedModel {
    guard let first = first as? PrincipalModel, let second = second as? PrincipalModel, let earlier = first.moments,
      let later = second.moments
    else { throw ApusError.unsupported(reason: "merge: both models must be fitted incremental_pca models") }
    guard first.featureCount == second.featureCount else {
      throw ApusError.shapeMismatch(
        name: "other", reason: "has \(second.featureCount) features, the model has \(first.featureCount)")
    }
    let dtype: DType = first.dtype == .float32 && second.dtype == .float32 ? .float32 : .float64
    return try model(earlier.merged(with: later), dtype: dtype)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try PrincipalModel(state, schema: Self.schema)
  }

  private func moments(_ input: PrincipalInput, _ context: FitContext) throws -> CovarianceMoments {
    guard input.exponent == 0 else {
      throw ApusError.numericalFailure(
        reason: "X: its largest magnitude, about 2^\(input.exponent), is too far from 1 for sums of squares; scale it")
    }
    try context.checkpoint("covariance", 0)
    return try CovarianceMoments(input.features, precision: .float64) { () throws(ApusError) in
      if context.isCancelled { throw .cancelled }
    }
  }

  private func requireCount(rows: Int, columns: Int) throws(ApusError) {
    if let count = nComponents { _ = try ComponentCount(.int(Int64(count)), rows: rows, columns: columns) }
  }

  private func model(_ moments: CovarianceMoments, dtype: DType) throws(ApusError) -> PrincipalModel {
    let count = nComponents ?? Swift.min(moments.rows, moments.columns)
    let spectrum = try GramSolver.solve(moments, count: count, standardize: standardize)
    return try PrincipalModel(
      spectrum, count: count, rows: moments.rows, dtype: dtype, whiten: whiten, schema: Self.schema, moments: moments)
  }
}
