import ApusModels
import ApusNumerics

/// Fitted kernel principal components: T = K̃(X, X_fit) · V · diag(1 / √λ).
struct KernelModel: FittedModel {
  let schema: EstimatorSchema
  let function: KernelFunction
  /// (n, p) float64: the training rows, or the training kernel.
  let training: NDArray
  let centring: KernelCentring
  /// (k,) float64, descending, none negative.
  let values: NDArray
  /// (n, k) float64.
  let vectors: NDArray
  let dtype: DType
  /// (n, p) coefficients of pre-images.
  var dualCoefficients: NDArray?
  /// (n, k): the transform of the training rows.
  var transformed: NDArray?

  private static let blockRows = 256

  init(
    schema: EstimatorSchema, function: KernelFunction, training: NDArray, centring: KernelCentring, values: NDArray,
    vectors: NDArray, dtype: DType
  ) throws(ApusError) {
    self.schema = schema
    self.function = function
    self.training = function.kernel == .precomputed ? training : try training.copied()
    self.centring = centring
    self.values = values
    self.vectors = vectors
    self.dtype = dtype
  }

  var featureCount: Int { training.shape[1] }
  private var sampleCount: Int { training.shape[0] }
  private var componentCount: Int { values.count }

  /// Kernel ridge regression of the training rows on their transform (Bakır, Weston & Schölkopf, NIPS 2003).
  mutating func learnPreimages(alpha: Double) throws {
    let coordinates = try transform(training)
    let kernel = try function.gram(coordinates)
    for i in 0..<sampleCount { kernel.pointer(Double.self)[i * (sampleCount + 1)] += alpha }
    dualCoefficients = try LinearAlgebra.solve(kernel, training)
    transformed = coordinates
  }

  func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "eigenvalues_": return .array(try values.converted(to: dtype))
    case "eigenvectors_": return .array(try vectors.converted(to: dtype))
    case "gamma_": return .double(function.gamma)
    case "X_fit_": return .array(try training.converted(to: dtype))
    case "dual_coef_": return try dualCoefficients.map { .array(try $0.converted(to: dtype)) }
    case "X_transformed_fit_": return try transformed.map { .array(try $0.converted(to: dtype)) }
    case "n_features_in_": return .int(Int64(featureCount))
    default: return nil
    }
  }

  func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    if operation == .inverseTransform, dualCoefficients == nil {
      throw ApusError.notFitted(kind: "KernelPCA: fit_inverse_transform was not True, so its inverse transform of this")
    }
    let expected = operation == .inverseTransform ? componentCount : featureCount
    let checked = try InputValidation.features(input, schema: schema, expectedColumns: expected)
    guard case .dense(let array) = checked else {
      throw ApusError.internalError(reason: "sparse features passed the door")
    }
    let type: DType = array.dtype == .float32 && dtype == .float32 ? .float32 : .float64
    let rows = try array.converted(to: .float64).contiguous()
    switch operation {
    case .transform: return try transform(rows).converted(to: type)
    case .inverseTransform: return try preimages(rows).converted(to: type)
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  private func transform(_ rows: NDArray) throws(ApusError) -> NDArray {
    let weights = try vectors.copied()
    let pointer = weights.pointer(Double.self)
    for c in 0..<componentCount {
      let value = values.pointer(Double.self)[c]
      for i in 0..<sampleCount { pointer[i * componentCount + c] *= value > 0 ? 1 / value.squareRoot() : 0 }
    }
    return try mapped(rows, training, through: RowProjection(weights), centred: true)
  }

  private func preimages(_ rows: NDArray) throws(ApusError) -> NDArray {
    guard let dualCoefficients, let transformed else { throw .notFitted(kind: "KernelPCA") }
    return try mapped(rows, transformed, through: RowProjection(dualCoefficients), centred: false)
  }

  /// Kernel values of `rows` with `samples`, projected; in blocks, so that memory does not grow with rows · samples.
  private func mapped(
    _ rows: NDArray, _ samples: NDArray, through projection: RowProjection, centred: Bool
  ) throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [rows.shape[0], projection.outputs], dtype: .float64)
    let isPrecomputed = function.kernel == .precomputed
    let products = isPrecomputed ? nil : try RowProjection(samples.transposed)
    let sampleSquares = try KernelFunction.squares(samples)
    for start in stride(from: 0, to: rows.shape[0], by: KernelModel.blockRows) {
      let block = try rows.slice(start..<Swift.min(start + KernelModel.blockRows, rows.shape[0]))
      let kernel: NDArray
      if let products {
        kernel = try products.apply(.dense(block), dtype: .float64)
        try function.map(kernel, KernelFunction.squares(block), sampleSquares)
      } else {
        kernel = try block.copied()
      }
      if centred { centring.apply(to: kernel) }
      let values = try projection.apply(.dense(kernel), dtype: .float64)
      (result.pointer(Double.self) + start * projection.outputs).update(
        from: values.pointer(Double.self), count: values.count)
    }
    return result
  }

  func state() throws -> ModelState {
    var state = ModelState(
      tensors: [
        "training": training, "column_means": centring.columnMeans, "values": values, "vectors": vectors,
      ],
      scalars: [
        "mean": .double(centring.mean), "kernel": .string(function.kernel.rawValue), "gamma": .double(function.gamma),
        "degree": .double(function.degree), "coef0": .double(function.coef0), "dtype": .string(dtype.name),
      ])
    if let dualCoefficients { state.tensors["dual_coef"] = dualCoefficients }
    if let transformed { state.tensors["transformed"] = transformed }
    return state
  }

  init(_ state: ModelState, schema: EstimatorSchema) throws {
    let training = try StoredNumbers.finite(state, "training", rank: 2)
    let columnMeans = try StoredNumbers.finite(state, "column_means", rank: 1)
    let values = try StoredNumbers.finite(state, "values", rank: 1)
    let vectors = try StoredNumbers.finite(state, "vectors", rank: 2)
    let (n, p, k) = (training.shape[0], training.shape[1], values.count)
    guard n >= 1, p >= 1, k >= 1, columnMeans.count == n, vectors.shape == [n, k] else {
      throw ApusError.malformedFile(reason: "model file: shapes of the kernel model do not fit")
    }
    guard let kernel = KernelPCA.Kernel(rawValue: try state.string("kernel")), kernel != .precomputed || n == p else {
      throw ApusError.malformedFile(reason: "model file: the kernel is unknown or does not fit")
    }
    try self.init(
      schema: schema,
      function: KernelFunction(
        kernel: kernel, gamma: try state.double("gamma"), degree: try state.double("degree"),
        coef0: try state.double("coef0")),
      training: training, centring: KernelCentring(columnMeans: columnMeans, mean: try state.double("mean")),
      values: values, vectors: vectors, dtype: try StoredNumbers.dtype(state))
    guard function.degree >= 0, function.degree.isFinite else {
      throw ApusError.malformedFile(reason: "model file: the degree is negative or not finite")
    }
    if state.tensors["dual_coef"] != nil {
      let dual = try StoredNumbers.finite(state, "dual_coef", rank: 2)
      let coordinates = try StoredNumbers.finite(state, "transformed", rank: 2)
      guard dual.shape == [n, p], coordinates.shape == [n, k] else {
        throw ApusError.malformedFile(reason: "model file: the inverse transform does not fit")
      }
      dualCoefficients = dual
      transformed = coordinates
    }
  }
}
