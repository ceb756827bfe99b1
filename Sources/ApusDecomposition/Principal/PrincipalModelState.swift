import ApusModels
import ApusNumerics

/// Principal components in model files.
extension PrincipalModel {
  func state() throws -> ModelState {
    var state = ModelState(
      tensors: ["components": spectrum.components, "variances": spectrum.variances, "mean": spectrum.means],
      scalars: [
        "total_variance": .double(spectrum.totalVariance), "noise_variance": .double(noiseVariance),
        "n_samples": .int(Int64(rowCount)), "dtype": .string(dtype.name), "whiten": .bool(whiten),
        "completes_rows": .bool(completesRows),
      ])
    if let scales = spectrum.scales { state.tensors["scale"] = scales }
    if let solver { state.scalars["solver"] = .string(solver.rawValue) }
    if let iterations { state.scalars["n_iter"] = .int(Int64(iterations)) }
    if let moments {
      state.tensors["gram"] = moments.gram
      state.tensors["moment_mean"] = moments.means
      state.scalars["moment_rows"] = .int(Int64(moments.rows))
    }
    return state
  }

  init(_ state: ModelState, schema: EstimatorSchema) throws {
    let components = try StoredNumbers.finite(state, "components", rank: 2)
    let variances = try StoredNumbers.finite(state, "variances", rank: 1)
    let means = try StoredNumbers.finite(state, "mean", rank: 1)
    let (k, p) = (components.shape[0], components.shape[1])
    guard k >= 1, p >= 1, variances.count == k, means.count == p else {
      throw ApusError.malformedFile(reason: "model file: shapes of components, variances and mean do not fit")
    }
    guard try variances.elements(as: Double.self).allSatisfy({ $0 >= 0 }) else {
      throw ApusError.malformedFile(reason: "model file: a variance is negative")
    }
    var scales: NDArray?
    if state.tensors["scale"] != nil {
      let tensor = try StoredNumbers.finite(state, "scale", rank: 1)
      guard tensor.count == p, try tensor.elements(as: Double.self).allSatisfy({ $0 > 0 }) else {
        throw ApusError.malformedFile(reason: "model file: scale does not fit the components")
      }
      scales = tensor
    }
    var moments: CovarianceMoments?
    if state.tensors["gram"] != nil {
      let gram = try StoredNumbers.finite(state, "gram", rank: 2)
      let momentMeans = try StoredNumbers.finite(state, "moment_mean", rank: 1)
      guard gram.shape == [p, p], momentMeans.count == p else {
        throw ApusError.malformedFile(reason: "model file: the moments do not fit the components")
      }
      moments = CovarianceMoments(
        rows: try state.integer("moment_rows", in: 1...(1 << 48)), means: momentMeans, gram: gram)
    }
    var solver: PCA.Solver?
    if state.scalars["solver"] != nil {
      solver = PCA.Solver(rawValue: try state.string("solver"))
      guard solver != nil else { throw ApusError.malformedFile(reason: "model file: the solver is unknown") }
    }
    let (total, noise) = (try state.double("total_variance"), try state.double("noise_variance"))
    guard total.isFinite, total >= 0, noise.isFinite, noise >= 0 else {
      throw ApusError.malformedFile(reason: "model file: a variance is negative or not finite")
    }
    self.init(
      schema: schema,
      spectrum: PrincipalSpectrum(
        means: means, scales: scales, variances: variances, components: components, totalVariance: total),
      noiseVariance: noise, rowCount: try state.integer("n_samples", in: 1...(1 << 48)),
      dtype: try StoredNumbers.dtype(state), whiten: try state.bool("whiten"), solver: solver,
      iterations: state.scalars["n_iter"] == nil ? nil : try state.integer("n_iter"),
      completesRows: try state.bool("completes_rows"), moments: moments)
  }
}

/// Numbers of a model file, checked.
enum StoredNumbers {
  /// The finite float64 tensor called `name`, contiguous.
  static func finite(_ state: ModelState, _ name: String, rank: Int) throws -> NDArray {
    let tensor = try state.tensor(name, .float64, rank: rank)
    guard FiniteCheck.firstNonFinite(in: tensor) == nil else {
      throw ApusError.malformedFile(reason: "model file: tensor '\(name)' holds NaN or infinity")
    }
    return try tensor.contiguous()
  }

  /// The element type of results.
  static func dtype(_ state: ModelState) throws -> DType {
    switch try state.string("dtype") {
    case "float32": return .float32
    case "float64": return .float64
    case let other: throw ApusError.malformedFile(reason: "model file: dtype '\(other)' is neither float32 nor float64")
    }
  }
}
