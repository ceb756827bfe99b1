import ApusModels
import ApusNumerics
import RealModule

/// Fitted principal components: T = (X − mean) / scale · Vᵀ.
struct PrincipalModel: FittedModel {
  let schema: EstimatorSchema
  let spectrum: PrincipalSpectrum
  /// The mean of the variances of the directions left out, 0 when none is.
  let noiseVariance: Double
  let rowCount: Int
  /// Element type of attributes, and of results for features of the same type.
  let dtype: DType
  let whiten: Bool
  /// Nil for incremental fits.
  var solver: PCA.Solver?
  /// Iterations of expectation maximisation.
  var iterations: Int?
  /// Whether NaN in rows to transform is a missing value.
  var completesRows = false
  /// What `partial_fit` and `merge` go on from.
  var moments: CovarianceMoments?

  static let attributes = [
    FittedAttribute("components_", doc: "Principal directions: (n_components, n_features), orthonormal rows."),
    FittedAttribute("explained_variance_", doc: "Variances along the components, descending: (n_components,)."),
    FittedAttribute("explained_variance_ratio_", doc: "As fractions of the total variance: (n_components,)."),
    FittedAttribute("singular_values_", doc: "Singular values of the centred features: (n_components,)."),
    FittedAttribute("mean_", doc: "Means of the features: (n_features,)."),
    FittedAttribute("scale_", doc: "What standardising divides the features by: (n_features,)."),
    FittedAttribute("loadings_", doc: "Components times the roots of their variances: (n_features, n_components)."),
    FittedAttribute("scree_", doc: "Variance, ratio and cumulated ratio of every component: (n_components, 3)."),
    FittedAttribute("total_variance_", .double, doc: "The sum of the variances of the features."),
    FittedAttribute(
      "noise_variance_", .double, doc: "Mean variance of the directions left out (Tipping & Bishop 1999)."),
    FittedAttribute("n_components_", .int, doc: "Number of components."),
    FittedAttribute("n_features_in_", .int, doc: "Number of features seen in fit."),
  ]

  static let operations: [Operation] = [
    .transform, .inverseTransform, Operation("score_samples"), Operation("score"), Operation("get_covariance"),
    Operation("get_precision"),
  ]

  /// - Parameter count: components to keep of those in `spectrum`.
  init(
    _ spectrum: PrincipalSpectrum, count: Int, rows: Int, dtype: DType, whiten: Bool, schema: EstimatorSchema,
    solver: PCA.Solver? = nil, iterations: Int? = nil, completesRows: Bool = false, moments: CovarianceMoments? = nil
  ) throws(ApusError) {
    let kept = try spectrum.prefix(count)
    let smaller = Swift.min(rows, spectrum.means.count)
    var explained = 0.0
    for i in 0..<count { explained += kept.variances.pointer(Double.self)[i] }
    let rest = smaller - count
    self.init(
      schema: schema, spectrum: kept,
      noiseVariance: rest > 0 ? Swift.max(spectrum.totalVariance - explained, 0) / Double(rest) : 0, rowCount: rows,
      dtype: dtype, whiten: whiten, solver: solver, iterations: iterations, completesRows: completesRows,
      moments: moments)
  }

  init(
    schema: EstimatorSchema, spectrum: PrincipalSpectrum, noiseVariance: Double, rowCount: Int, dtype: DType,
    whiten: Bool, solver: PCA.Solver?, iterations: Int?, completesRows: Bool, moments: CovarianceMoments?
  ) {
    self.schema = schema
    self.spectrum = spectrum
    self.noiseVariance = noiseVariance
    self.rowCount = rowCount
    self.dtype = dtype
    self.whiten = whiten
    self.solver = solver
    self.iterations = iterations
    self.completesRows = completesRows
    self.moments = moments
  }

  var featureCount: Int { spectrum.means.count }
  var componentCount: Int { spectrum.variances.count }

  func attribute(_ name: String) throws -> ParameterValue? {
    guard schema.attributes.contains(where: { $0.name == name }) else { return nil }
    switch name {
    case "components_": return .array(try spectrum.components.converted(to: dtype))
    case "explained_variance_": return .array(try spectrum.variances.converted(to: dtype))
    case "explained_variance_ratio_": return .array(try ratios().converted(to: dtype))
    case "singular_values_": return .array(try singularValues().converted(to: dtype))
    case "mean_": return .array(try spectrum.means.converted(to: dtype))
    case "scale_": return try spectrum.scales.map { .array(try $0.converted(to: dtype)) }
    case "loadings_": return .array(try loadings().converted(to: dtype))
    case "scree_": return .array(try scree())
    case "total_variance_": return .double(spectrum.totalVariance)
    case "noise_variance_": return .double(noiseVariance)
    case "n_components_": return .int(Int64(componentCount))
    case "n_features_in_": return .int(Int64(featureCount))
    case "n_samples_", "n_samples_seen_": return .int(Int64(rowCount))
    case "svd_solver_": return solver.map { .string($0.rawValue) }
    case "n_iter_": return iterations.map { .int(Int64($0)) }
    case "batch_size_": return .int(Int64(5 * featureCount))
    case "var_": return try moments.map { .array(try $0.populationVariances()) }
    default: return nil
    }
  }

  private func ratios() throws(ApusError) -> NDArray {
    let result = try spectrum.variances.copied()
    let pointer = result.pointer(Double.self)
    for i in 0..<result.count { pointer[i] = spectrum.totalVariance > 0 ? pointer[i] / spectrum.totalVariance : 0 }
    return result
  }

  private func singularValues() throws(ApusError) -> NDArray {
    let result = try spectrum.variances.copied()
    let (pointer, root) = (result.pointer(Double.self), Double(Swift.max(rowCount - 1, 1)).squareRoot())
    for i in 0..<result.count { pointer[i] = pointer[i].squareRoot() * root }
    return result
  }

  private func loadings() throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [featureCount, componentCount], dtype: .float64)
    let (target, source) = (result.pointer(Double.self), spectrum.components.pointer(Double.self))
    for k in 0..<componentCount {
      let root = spectrum.variances.pointer(Double.self)[k].squareRoot()
      for j in 0..<featureCount { target[j &* componentCount &+ k] = source[k &* featureCount &+ j] * root }
    }
    return result
  }

  private func scree() throws(ApusError) -> NDArray {
    let ratios = try ratios()
    let result = try NDArray(uninitialized: [componentCount, 3], dtype: .float64)
    let target = result.pointer(Double.self)
    var sum = 0.0
    for k in 0..<componentCount {
      let ratio = ratios.pointer(Double.self)[k]
      sum += ratio
      target[3 * k] = spectrum.variances.pointer(Double.self)[k]
      target[3 * k + 1] = ratio
      target[3 * k + 2] = sum
    }
    return result
  }

  func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    switch operation.rawValue {
    case "get_covariance": return try PrincipalCovariance(self).covariance().converted(to: dtype)
    case "get_precision": return try PrincipalCovariance(self).precision().converted(to: dtype)
    default: break
    }
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    switch operation.rawValue {
    case "transform": return try transform(input)
    case "inverse_transform": return try inverseTransform(input)
    case "score_samples": return try scoreSamples(input)
    case "score":
      let scores = try scoreSamples(input)
      let sum = try ColumnReductions.means(scores.reshaped([scores.count, 1]))
      return try sum.reshaped([])
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  /// Validated features and the element type of what is made of them.
  private func features(_ input: FeatureMatrix) throws(ApusError) -> (FeatureMatrix, DType) {
    let checked: FeatureMatrix
    if completesRows, case .dense(let array) = input, array.dtype.isFloatingPoint {
      try FiniteCheck.requireFinite(array, name: "X", policy: .allowNaN)
      checked = try InputValidation.features(
        input, schema: schema.accepting(.missingValues), expectedColumns: featureCount)
    } else {
      checked = try InputValidation.features(
        input, schema: schema, expectedColumns: featureCount, keepsIntegers: true)
    }
    let type: DType = checked.dtype == .float32 && dtype == .float32 ? .float32 : .float64
    if completesRows, case .dense(let array) = checked, array.dtype.isFloatingPoint,
      FiniteCheck.firstNonFinite(in: array) != nil
    {
      return (.dense(try MissingValues.completed(array, self)), type)
    }
    return (checked, type)
  }

  private func transform(_ input: FeatureMatrix) throws(ApusError) -> NDArray {
    let (features, type) = try features(input)
    return try projection(whiten: whiten).apply(features, dtype: type)
  }

  /// Rows to coordinates along the components, in units of their standard deviations if `whiten`.
  func projection(whiten: Bool) throws(ApusError) -> RowProjection {
    let weights = try NDArray(uninitialized: [featureCount, componentCount], dtype: .float64)
    let (target, source) = (weights.pointer(Double.self), spectrum.components.pointer(Double.self))
    let scale = spectrum.scales?.pointer(Double.self)
    for k in 0..<componentCount {
      let factor = whiten ? 1 / deviation(k) : 1
      for j in 0..<featureCount {
        target[j &* componentCount &+ k] = source[k &* featureCount &+ j] * factor / (scale.map { $0[j] } ?? 1)
      }
    }
    return try RowProjection(weights, shift: spectrum.means)
  }

  /// The standard deviation along component `k`, at least the machine epsilon, so that whitening stays finite.
  private func deviation(_ k: Int) -> Double {
    let smallest = dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    return Swift.max(spectrum.variances.pointer(Double.self)[k].squareRoot(), smallest)
  }

  private func inverseTransform(_ input: FeatureMatrix) throws(ApusError) -> NDArray {
    let checked = try InputValidation.features(input, schema: schema, expectedColumns: componentCount)
    let weights = try spectrum.components.copied()
    let pointer = weights.pointer(Double.self)
    let scale = spectrum.scales?.pointer(Double.self)
    for k in 0..<componentCount {
      let factor = whiten ? deviation(k) : 1
      for j in 0..<featureCount { pointer[k &* featureCount &+ j] *= factor * (scale.map { $0[j] } ?? 1) }
    }
    let type: DType = checked.dtype == .float32 && dtype == .float32 ? .float32 : .float64
    return try RowProjection(weights, offset: spectrum.means).apply(checked, dtype: type)
  }

  private func scoreSamples(_ input: FeatureMatrix) throws(ApusError) -> NDArray {
    let (features, type) = try features(input)
    guard case .dense(let array) = features else {
      throw .unsupportedType(name: "X", reason: "is sparse, and scores need dense data; convert it with toarray()")
    }
    let coordinates = try projection(whiten: false).apply(features, dtype: .float64)
    return try PrincipalCovariance(self).logDensities(array, coordinates).converted(to: type)
  }

  func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    try apply(Operation("score"), to: features, arguments: [:], context: context).elements(as: Double.self)[0]
  }
}
