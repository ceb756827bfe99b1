import ApusModels
import ApusNumerics

/// Fitted kernel principal components: T = K̃(X, X_fit) · V · diag(1 / √λ).
struct KernelModel: FittedModel {
  let schema: EstimatorSchema
  let function: KernelFunction
  /// The training rows, or the training kernel.
  let training: KernelRows
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
    schema: EstimatorSchema, function: KernelFunction, training: KernelRows, centring: KernelCentring, values: NDArray,
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

  var featureCount: Int { training.columns }
  private var sampleCount: Int { training.count }
  private var componentCount: Int { values.count }

  /// Kernel ridge regression of the training rows on their transform (Bakır, Weston & Schölkopf, NIPS 2003).
  mutating func learnPreimages(alpha: Double) throws {
    let coordinates = try transform(training)
    let kernel = try function.gram(.dense(coordinates))
    for i in 0..<sampleCount { kernel.pointer(Double.self)[i * (sampleCount + 1)] += alpha }
    dualCoefficients = try LinearAlgebra.solve(kernel, training.dense())
    transformed = coordinates
  }

  /// Refuses sparse features where `isNeeded`.
  static func requireDense(_ isNeeded: Bool, _ what: String) throws(ApusError) {
    guard isNeeded else { return }
    throw .unsupportedType(name: "X", reason: "is sparse, and \(what) dense matrix; convert it with toarray()")
  }

  func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "eigenvalues_": return .array(try values.converted(to: dtype))
    case "eigenvectors_": return .array(try vectors.converted(to: dtype))
    case "gamma_": return .double(function.gamma)
    case "X_fit_":
      guard case .dense(let rows) = training else { return nil }
      return .array(try rows.converted(to: dtype))
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
    if case .sparse = checked {
      try KernelModel.requireDense(function.kernel == .precomputed, "a precomputed kernel is a")
      try KernelModel.requireDense(operation == .inverseTransform, "inverse_transform takes a")
    }
    let type: DType = checked.dtype == .float32 && dtype == .float32 ? .float32 : .float64
    let rows = try KernelRows(checked)
    switch operation {
    case .transform: return try transform(rows).converted(to: type)
    case .inverseTransform: return try preimages(rows).converted(to: type)
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  private func transform(_ rows: KernelRows) throws(ApusError) -> NDArray {
    let weights = try vectors.copied()
    let pointer = weights.pointer(Double.self)
    for c in 0..<componentCount {
      let value = values.pointer(Double.self)[c]
      for i in 0..<sampleCount { pointer[i * componentCount + c] *= value > 0 ? 1 / value.squareRoot() : 0 }
    }
    return try mapped(rows, training, through: RowProjection(weights), centred: true)
  }

  private func preimages(_ rows: KernelRows) throws(ApusError) -> NDArray {
    guard let dualCoefficients, let transformed else { throw .notFitted(kind: "KernelPCA") }
    return try mapped(rows, .dense(transformed), through: RowProjection(dualCoefficients), centred: false)
  }

  /// Kernel values of `rows` with `samples`, projected; in blocks, so that memory does not grow with rows · samples.
  private func mapped(
    _ rows: KernelRows, _ samples: KernelRows, through projection: RowProjection, centred: Bool
  ) throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [rows.count, projection.outputs], dtype: .float64)
    let products = function.kernel == .precomputed ? nil : try KernelProducts(samples)
    let sampleSquares = try samples.squares()
    for start in stride(from: 0, to: rows.count, by: KernelModel.blockRows) {
      let block = try rows.slice(start..<Swift.min(start + KernelModel.blockRows, rows.count))
      let kernel: NDArray
      if let products {
        kernel = try products.apply(block)
        try function.map(kernel, block.squares(), sampleSquares)
      } else if case .dense(let values) = block {
        kernel = try values.copied()
      } else {
        throw .internalError(reason: "kernel: a sparse precomputed kernel passed the door")
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
      tensors: ["column_means": centring.columnMeans, "values": values, "vectors": vectors],
      scalars: [
        "mean": .double(centring.mean), "kernel": .string(function.kernel.rawValue), "gamma": .double(function.gamma),
        "degree": .double(function.degree), "coef0": .double(function.coef0), "dtype": .string(dtype.name),
      ])
    switch training {
    case .dense(let rows): state.tensors["training"] = rows
    case .sparse(let entries, let columns):
      state.tensors["training"] = entries.values
      state.tensors["training_offsets"] = entries.offsets
      state.tensors["training_indices"] = entries.indices
      state.scalars["training_columns"] = .int(Int64(columns))
    }
    if let dualCoefficients { state.tensors["dual_coef"] = dualCoefficients }
    if let transformed { state.tensors["transformed"] = transformed }
    return state
  }

  init(_ state: ModelState, schema: EstimatorSchema) throws {
    let training = try KernelModel.trainingRows(state)
    let columnMeans = try StoredNumbers.finite(state, "column_means", rank: 1)
    let values = try StoredNumbers.finite(state, "values", rank: 1)
    let vectors = try StoredNumbers.finite(state, "vectors", rank: 2)
    let (n, p, k) = (training.count, training.columns, values.count)
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
    if case .sparse = training, kernel == .precomputed {
      throw ApusError.malformedFile(reason: "model file: a precomputed kernel must be dense")
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

  private static func trainingRows(_ state: ModelState) throws -> KernelRows {
    guard state.tensors["training_offsets"] != nil else {
      return .dense(try StoredNumbers.finite(state, "training", rank: 2))
    }
    let values = try StoredNumbers.finite(state, "training", rank: 1)
    let offsets = try state.tensor("training_offsets", .int64, rank: 1).contiguous()
    let indices = try state.tensor("training_indices", .int64, rank: 1).contiguous()
    let columns = try state.integer("training_columns", in: 1...(1 << 48))
    do {
      let matrix = try CSRMatrix(
        rows: offsets.count - 1, columns: columns, rowOffsets: offsets, columnIndices: indices, values: values)
      return .sparse(try SparseEntries(matrix), columns: columns)
    } catch {
      throw ApusError.malformedFile(reason: "model file: the training rows are not a sparse matrix (\(error))")
    }
  }
}
