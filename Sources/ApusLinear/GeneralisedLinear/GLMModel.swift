import ApusModels
import ApusNumerics

/// A fitted generalised linear model: μ = g⁻¹(X coefᵀ + intercept + offset).
struct GLMModel: FittedModel {
  let schema: EstimatorSchema
  /// (1, columns) float64.
  let coefficients: NDArray
  let intercept: Double
  let family: GLMFamily
  let link: GLMLink
  let dtype: DType
  let iterations: Int
  let converged: Bool
  /// Present after a fit with inference.
  var inference: InferenceRecord?

  var featureCount: Int { coefficients.shape[1] }

  func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "coef_": return .array(try coefficients.reshaped([featureCount]).converted(to: dtype))
    case "intercept_": return .double(dtype == .float32 ? Double(Float(intercept)) : intercept)
    case "n_iter_": return .int(Int64(iterations))
    case "converged_": return .bool(converged)
    case "n_features_in_": return .int(Int64(featureCount))
    case "alpha_":
      if case .negativeBinomial(let alpha) = family { return .double(alpha) }
      return nil
    default: return try inference?.attribute(name)
    }
  }

  func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    if operation == .confidenceIntervals {
      return try fittedInference().coefficients.intervals(InferenceArguments(arguments, allowed: ["alpha"]).alpha)
    }
    guard operation == .predict || operation == .predictionTable else {
      throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let features = try InputValidation.features(input, schema: schema, expectedColumns: featureCount)
    let (design, inputType) = try DesignMatrix.validated(features)
    let predictor = try LinearPrediction.predict(
      design, coefficients: coefficients, intercepts: NDArray([intercept]), dtype: .float64
    ).reshaped([design.rows])
    if operation == .predictionTable { return try predictionTable(design, predictor, arguments) }
    let eta = predictor.pointer(Double.self)
    for row in 0..<design.rows { eta[row] = link.mean(eta[row]).mu }
    let type: DType = inputType == .float32 && dtype == .float32 ? .float32 : .float64
    return try predictor.converted(to: type)
  }

  private func fittedInference() throws(ApusError) -> InferenceRecord {
    if let inference { return inference }
    throw .unsupported(reason: "inference: \(schema.pythonName) was fitted without inference")
  }

  /// (rows, 4): mean, its standard error by the delta method, and the link's interval carried over to the mean.
  private func predictionTable(
    _ design: DesignMatrix, _ predictor: NDArray, _ arguments: [String: ParameterValue]
  ) throws -> NDArray {
    let record = try fittedInference()
    let arguments = try InferenceArguments(arguments, allowed: ["alpha", "offset", "exposure"])
    let shift = try GLMOffset.shift(
      offset: arguments.offset, exposure: arguments.exposure, rows: design.rows, link: link)
    let errors = try record.predictorErrors(design)
    let result = try NDArray(uninitialized: [design.rows, 4], dtype: .float64)
    let critical = record.coefficients.reference.criticalValue(arguments.alpha)
    let (eta, error, target) = (
      predictor.pointer(Double.self), errors.pointer(Double.self), result.pointer(Double.self)
    )
    for row in 0..<design.rows {
      let centre = eta[row] + (shift.map { $0.pointer(Double.self)[row] } ?? 0)
      let (mean, _, slope) = link.mean(centre)
      let first = link.mean(centre - critical * error[row]).mu
      let second = link.mean(centre + critical * error[row]).mu
      let line = target + 4 * row
      line[0] = mean
      line[1] = error[row] * slope.magnitude
      line[2] = Swift.min(first, second)
      line[3] = Swift.max(first, second)
    }
    withExtendedLifetime((predictor, errors, shift)) {}
    return result
  }

  func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    guard name == "summary" else {
      throw ApusError.unsupported(reason: "text: '\(name)' is not a report of \(schema.kind); known is 'summary'")
    }
    let record = try fittedInference()
    return try GLMSummary.text(
      record, InferenceArguments(arguments, allowed: ["alpha", "xname", "yname", "title"]))
  }

  /// D², the share of the null deviance that the model explains, the null model being the weighted mean; the coefficient
  /// of determination for the Gaussian family.
  func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    let predictions = try apply(.predict, to: features, arguments: [:], context: context).converted(to: .float64)
    let response = try GLMResponse(
      targets, sampleWeight: sampleWeight, rows: features.rows, schema: schema, family: family)
    let (mu, y) = (predictions.pointer(Double.self), response.values.pointer(Double.self))
    let weights = response.weights?.pointer(Double.self)
    defer { withExtendedLifetime((predictions, response)) {} }
    var (sum, total) = (0.0, 0.0)
    for row in 0..<features.rows {
      sum += (weights?[row] ?? 1) * y[row]
      total += weights?[row] ?? 1
    }
    let average = sum / total
    var (own, null) = (0.0, 0.0)
    for row in 0..<features.rows {
      own += (weights?[row] ?? 1) * family.deviance(y[row], mu[row])
      null += (weights?[row] ?? 1) * family.deviance(y[row], average)
    }
    return null > 0 ? 1 - own / null : (own == 0 ? 1 : 0)
  }

  func state() throws -> ModelState {
    var state = ModelState(
      tensors: ["coef": coefficients],
      scalars: [
        "intercept": .double(intercept), "dtype": .string(dtype.name), "n_iter": .int(Int64(iterations)),
        "converged": .bool(converged),
      ])
    if case .negativeBinomial(let alpha) = family { state.scalars["alpha"] = .double(alpha) }
    if let inference { try inference.write(to: &state) }
    return state
  }

  init(
    schema: EstimatorSchema, coefficients: NDArray, intercept: Double, family: GLMFamily, link: GLMLink, dtype: DType,
    iterations: Int, converged: Bool, inference: InferenceRecord?
  ) {
    self.schema = schema
    self.coefficients = coefficients
    self.intercept = intercept
    self.family = family
    self.link = link
    self.dtype = dtype
    self.iterations = iterations
    self.converged = converged
    self.inference = inference
  }

  init(
    _ fit: GLMSolver.Fit, schema: EstimatorSchema, inference: InferenceRecord? = nil
  ) {
    let problem = fit.rows.problem
    self.init(
      schema: schema, coefficients: fit.coefficients, intercept: fit.intercept, family: problem.family,
      link: problem.link, dtype: problem.dtype, iterations: fit.iterations, converged: fit.converged,
      inference: inference)
  }

  /// - Parameters:
  ///   - family: that of the estimator's parameters; the dispersion of a negative binomial comes from the state.
  init(_ state: ModelState, schema: EstimatorSchema, family: GLMFamily, link: GLMLink) throws(ApusError) {
    let coefficients = try state.tensor("coef", .float64, rank: 2)
    guard coefficients.shape[0] == 1, coefficients.shape[1] >= 1 else {
      throw .malformedFile(reason: "model file: coef has shape \(coefficients.shape), expected one row")
    }
    let type = try state.string("dtype")
    guard type == "float32" || type == "float64" else {
      throw .malformedFile(reason: "model file: dtype '\(type)' is neither float32 nor float64")
    }
    self.schema = schema
    self.coefficients = try coefficients.contiguous()
    intercept = try state.double("intercept")
    self.link = link
    if case .negativeBinomial = family {
      let alpha = try state.double("alpha")
      guard alpha > 0, alpha.isFinite else {
        throw .malformedFile(reason: "model file: alpha \(alpha) is not in (0, inf)")
      }
      self.family = .negativeBinomial(alpha: alpha)
    } else {
      self.family = family
    }
    dtype = type == "float32" ? .float32 : .float64
    iterations = try state.integer("n_iter")
    converged = try state.bool("converged")
    inference = try InferenceRecord(state, featureCount: self.coefficients.shape[1])
  }
}

extension DesignMatrix {
  /// The design of validated features, and the element type they came in.
  static func validated(_ features: FeatureMatrix) throws(ApusError) -> (DesignMatrix, DType) {
    switch features {
    case .dense(let array): return (DesignMatrix(dense: array), array.dtype)
    case .sparse(let matrix): return (try DesignMatrix(sparse: matrix), matrix.values.dtype)
    }
  }
}
