import ApusModels
import ApusNumerics
import RealModule

/// A fitted logistic regression: scores X coefᵀ + intercept, one for two classes, else one a class.
struct LogisticModel: FittedModel {
  let schema: EstimatorSchema
  /// Ascending labels.
  let classes: NDArray
  /// (scores, columns) float64.
  let coefficients: NDArray
  /// (scores,) float64.
  let intercepts: NDArray
  let dtype: DType
  let iterations: Int
  /// Further attributes by name, such as what a cross-validation chose; they go before those of the same name here.
  var extras: [String: ParameterValue] = [:]
  /// Present after a fit of two classes with inference.
  var inference: InferenceRecord?
  /// Present after a fit of several classes with inference.
  var multinomial: MultinomialRecord?

  var featureCount: Int { coefficients.shape[1] }

  func attribute(_ name: String) throws -> ParameterValue? {
    if let extra = extras[name] { return extra }
    switch name {
    case "classes_": return .array(classes)
    case "coef_": return .array(try coefficients.converted(to: dtype))
    case "intercept_": return .array(try intercepts.converted(to: dtype))
    case "n_iter_": return .array(try NDArray([Int64(iterations)]).converted(to: .int32))
    case "n_features_in_": return .int(Int64(featureCount))
    default: return try multinomial?.attribute(name) ?? inference?.attribute(name)
    }
  }

  func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    if let result = try inferenceOperation(operation, input, arguments) { return result }
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let features = try InputValidation.features(input, schema: schema, expectedColumns: featureCount)
    let design: DesignMatrix
    switch features {
    case .dense(let array): design = DesignMatrix(dense: array)
    case .sparse(let matrix): design = try DesignMatrix(sparse: matrix)
    }
    let type: DType = features.dtype == .float32 && dtype == .float32 ? .float32 : .float64
    let scores = try LinearPrediction.predict(
      design, coefficients: coefficients, intercepts: intercepts, dtype: .float64)
    switch operation {
    case .decisionFunction:
      return try (intercepts.count == 1 ? scores.reshaped([design.rows]) : scores).converted(to: type)
    case .predict: return try predict(scores)
    case .predictProbabilities: return try probabilities(scores, logarithmic: false).converted(to: type)
    case .predictLogProbabilities: return try probabilities(scores, logarithmic: true).converted(to: type)
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  private func predict(_ scores: NDArray) throws(ApusError) -> NDArray {
    let (rows, count) = (scores.shape[0], scores.shape[1])
    let z = scores.pointer(Double.self)
    let codes = try NDArray(uninitialized: [rows], dtype: .int64)
    for row in 0..<rows {
      var best = 0
      if count == 1 {
        best = z[row] > 0 ? 1 : 0
      } else {
        for k in 1..<count where z[row * count + k] > z[row * count + best] { best = k }
      }
      codes.pointer(Int64.self)[row] = Int64(best)
    }
    return try ClassLabels.decode(codes, classes: classes)
  }

  private func probabilities(_ scores: NDArray, logarithmic: Bool) throws(ApusError) -> NDArray {
    let (rows, count) = (scores.shape[0], scores.shape[1])
    let z = scores.pointer(Double.self)
    let result = try NDArray(uninitialized: [rows, classes.count], dtype: .float64)
    let p = result.pointer(Double.self)
    for row in 0..<rows {
      if count == 1 {
        let e = Double.exp(-z[row].magnitude)
        let positive = z[row] >= 0
        let (small, large) = positive ? (0, 1) : (1, 0)
        if logarithmic {
          let base = -Double.log(onePlus: e)
          p[2 * row + small] = base - z[row].magnitude
          p[2 * row + large] = base
        } else {
          p[2 * row + small] = e / (1 + e)
          p[2 * row + large] = 1 / (1 + e)
        }
        continue
      }
      let (own, target) = (z + row * count, p + row * count)
      var largest = own[0]
      for k in 1..<count { largest = Swift.max(largest, own[k]) }
      var total = 0.0
      for k in 0..<count {
        target[k] = Double.exp(own[k] - largest)
        total += target[k]
      }
      let logTotal = Double.log(total)
      for k in 0..<count { target[k] = logarithmic ? own[k] - largest - logTotal : target[k] / total }
    }
    return result
  }

  func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    let predictions = try apply(.predict, to: features, arguments: [:], context: context)
    return try Scores.accuracy(targets: targets, predictions: predictions, sampleWeight: sampleWeight)
  }

  func state() throws -> ModelState {
    var state = ModelState(
      tensors: ["classes": classes, "coef": coefficients, "intercept": intercepts],
      scalars: ["dtype": .string(dtype.name), "n_iter": .int(Int64(iterations))])
    state.store(extras: extras)
    if let inference { try inference.write(to: &state) }
    if let multinomial { try multinomial.write(to: &state) }
    return state
  }

  init(
    schema: EstimatorSchema, classes: NDArray, coefficients: NDArray, intercepts: NDArray, dtype: DType,
    iterations: Int
  ) {
    self.schema = schema
    self.classes = classes
    self.coefficients = coefficients
    self.intercepts = intercepts
    self.dtype = dtype
    self.iterations = iterations
  }

  init(_ state: ModelState, schema: EstimatorSchema) throws(ApusError) {
    let coefficients = try state.tensor("coef", .float64, rank: 2)
    let intercepts = try state.tensor("intercept", .float64, rank: 1)
    let classes = try state.tensor("classes", rank: 1)
    let scores = coefficients.shape[0]
    guard coefficients.shape[1] >= 1, intercepts.count == scores, classes.count >= 2,
      scores == (classes.count == 2 ? 1 : classes.count)
    else { throw .malformedFile(reason: "model file: shapes of classes, coef and intercept do not fit") }
    let type = try state.string("dtype")
    guard type == "float32" || type == "float64" else {
      throw .malformedFile(reason: "model file: dtype '\(type)' is neither float32 nor float64")
    }
    self.init(
      schema: schema, classes: try classes.contiguous(), coefficients: try coefficients.contiguous(),
      intercepts: try intercepts.contiguous(), dtype: type == "float32" ? .float32 : .float64,
      iterations: try state.integer("n_iter"))
    extras = state.extras
    if scores == 1 {
      inference = try InferenceRecord(state, featureCount: featureCount)
    } else {
      multinomial = try MultinomialRecord(state, classes: self.classes, featureCount: featureCount)
    }
  }
}
