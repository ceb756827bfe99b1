import ApusModels
import ApusNumerics
import RealModule

/// A fitted covariance: a location, a matrix, and what a robust fit adds.
struct CovarianceModel: FittedModel {
  let schema: EstimatorSchema
  /// (p,).
  let location: NDArray
  /// (p, p).
  let covariance: NDArray
  private let spectrum: CovarianceSpectrum
  let storesPrecision: Bool
  /// nil for estimators that do not shrink.
  let shrinkage: Double?
  let robust: RobustCovariance?
  /// Threshold of the outlier detector on the negative distance.
  let offset: Double?

  var featureCount: Int { location.count }

  init(
    schema: EstimatorSchema, location: NDArray, covariance: NDArray, storesPrecision: Bool, shrinkage: Double? = nil,
    robust: RobustCovariance? = nil, offset: Double? = nil
  ) throws(ApusError) {
    self.schema = schema
    self.location = location
    self.covariance = covariance
    self.storesPrecision = storesPrecision
    self.shrinkage = shrinkage
    self.robust = robust
    self.offset = offset
    spectrum = try CovarianceSpectrum(covariance)
  }

  func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "location_": return .array(location)
    case "covariance_": return .array(covariance)
    case "precision_": return storesPrecision ? .array(try spectrum.precision()) : nil
    case "n_features_in_": return .int(Int64(featureCount))
    case "shrinkage_": return shrinkage.map { .double($0) }
    case "support_": return robust.map { .array($0.support) }
    case "dist_": return robust.map { .array($0.distances) }
    case "raw_location_": return robust.map { .array($0.rawLocation) }
    case "raw_covariance_": return robust.map { .array($0.rawCovariance) }
    case "raw_support_": return robust.map { .array($0.rawSupport) }
    case "offset_": return offset.map { .double($0) }
    default: return nil
    }
  }

  func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    guard schema.operations.contains(operation) else {
      throw ApusError.unsupported(reason: "\(operation.rawValue): is no operation of \(schema.kind)")
    }
    switch operation.rawValue {
    case "get_precision": return try spectrum.precision()
    case "error_norm": return try NDArray([try errorNorm(arguments)], shape: [])
    case "score": return try NDArray([try logLikelihood(try rows(input))], shape: [])
    case "mahalanobis": return try spectrum.distances(try rows(input), from: location)
    case "score_samples": return try shiftedDistances(try rows(input), offset: 0)
    case "decision_function": return try shiftedDistances(try rows(input), offset: offset ?? 0)
    case "predict":
      let decision = try shiftedDistances(try rows(input), offset: offset ?? 0)
      let result = try NDArray(uninitialized: decision.shape, dtype: .int64)
      let (from, to) = (decision.pointer(Double.self), result.pointer(Int64.self))
      for i in 0..<decision.count { to[i] = from[i] >= 0 ? 1 : -1 }
      return withExtendedLifetime(decision) { result }
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): is not implemented")
    }
  }

  private func rows(_ input: FeatureMatrix?) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    guard case .dense(let array) = try InputValidation.features(input, schema: schema, expectedColumns: featureCount)
    else { throw ApusError.unsupportedType(name: "X", reason: "is sparse") }
    return array
  }

  /// Negative squared distances less `offset`.
  private func shiftedDistances(_ x: NDArray, offset: Double) throws(ApusError) -> NDArray {
    let result = try spectrum.distances(x, from: location)
    let out = result.pointer(Double.self)
    for i in 0..<result.count { out[i] = -out[i] - offset }
    return result
  }

  /// Mean log-likelihood of the rows under the normal distribution with this location and covariance.
  private func logLikelihood(_ x: NDArray) throws(ApusError) -> Double {
    let distances = try spectrum.distances(x, from: location)
    let values = distances.pointer(Double.self)
    var sum = DoubleDouble(0)
    for i in 0..<distances.count { sum = sum + values[i] }
    let mean = withExtendedLifetime(distances) { (sum / Double(distances.count)).value }
    return -0.5 * (mean + spectrum.logDeterminant + Double(featureCount) * 1.8378770664093453)
  }

  /// The distance between this covariance and another, as a norm of their difference.
  private func errorNorm(_ arguments: [String: ParameterValue]) throws(ApusError) -> Double {
    let p = featureCount
    guard case .array(let other)? = arguments["comp_cov"] else {
      throw .invalidArgument(name: "comp_cov", reason: "is missing, a covariance matrix is needed")
    }
    guard other.shape == [p, p] else {
      throw .shapeMismatch(name: "comp_cov", reason: "has shape \(other.shape), needs [\(p), \(p)]")
    }
    func flag(_ name: String) throws(ApusError) -> Bool {
      switch arguments[name] {
      case nil, .some(.none): return true
      case .bool(let value)?: return value
      case let value?: throw .unsupportedType(name: name, reason: "\(value) is not true or false")
      }
    }
    let (scaling, squared) = (try flag("scaling"), try flag("squared"))
    let difference = try other.converted(to: .float64, name: "comp_cov").copied()
    let (d, s) = (difference.pointer(Double.self), covariance.pointer(Double.self))
    for i in 0..<p * p { d[i] -= s[i] }
    var square: Double
    switch arguments["norm"] {
    case nil, .some(.none), .string("frobenius")?:
      square = (0..<p * p).reduce(0) { $0 + d[$1] * d[$1] }
    case .string("spectral")?:
      let largest: [Double] = try LinearAlgebra.singularValues(difference).elements()
      square = (largest.first ?? 0) * (largest.first ?? 0)
    case let value?:
      throw .invalidArgument(name: "norm", reason: "\(value) is not one of 'frobenius', 'spectral'")
    }
    if scaling { square /= Double(p) }
    return squared ? square : square.squareRoot()
  }

  func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    guard schema.operations.contains(.predict) else {
      return try logLikelihood(try rows(features))
    }
    let predictions = try apply(.predict, to: features, arguments: [:], context: context)
    let checked = try InputValidation.targets(targets, rows: features.rows, schema: schema)
    return try Scores.accuracy(targets: checked, predictions: predictions, sampleWeight: sampleWeight)
  }

  // MARK: Model files

  func state() throws -> ModelState {
    var state = ModelState(
      tensors: ["location": location, "covariance": covariance], scalars: ["store_precision": .bool(storesPrecision)])
    if let shrinkage { state.scalars["shrinkage"] = .double(shrinkage) }
    if let offset { state.scalars["offset"] = .double(offset) }
    if let robust {
      state.tensors["support"] = robust.support
      state.tensors["dist"] = robust.distances
      state.tensors["raw_location"] = robust.rawLocation
      state.tensors["raw_covariance"] = robust.rawCovariance
      state.tensors["raw_support"] = robust.rawSupport
    }
    return state
  }

  init(_ state: ModelState, schema: EstimatorSchema, isRobust: Bool) throws {
    func tensor(_ name: String, _ shape: [Int]?) throws -> NDArray {
      let found = try state.tensor(name, .float64, rank: shape?.count ?? 1)
      guard shape == nil || found.shape == shape else {
        throw ApusError.malformedFile(reason: "model file: \(name) has shape \(found.shape), expected \(shape ?? [])")
      }
      try InputValidation.requireFinite(found, name: name)
      return try found.contiguous()
    }
    let location = try tensor("location", nil)
    let p = location.count
    guard p >= 1 else { throw ApusError.malformedFile(reason: "model file: location is empty") }
    var robust: RobustCovariance?
    if isRobust {
      let distances = try tensor("dist", nil)
      let support = try state.tensor("support", .bool, rank: 1)
      let rawSupport = try state.tensor("raw_support", .bool, rank: 1)
      guard support.count == distances.count, rawSupport.count == distances.count else {
        throw ApusError.malformedFile(reason: "model file: support and dist differ in length")
      }
      robust = RobustCovariance(
        location: location, covariance: try tensor("covariance", [p, p]), rawLocation: try tensor("raw_location", [p]),
        rawCovariance: try tensor("raw_covariance", [p, p]), rawSupport: rawSupport, support: support,
        distances: distances, warnings: [])
    }
    try self.init(
      schema: schema, location: location, covariance: try tensor("covariance", [p, p]),
      storesPrecision: try state.bool("store_precision"),
      shrinkage: state.scalars["shrinkage"] == nil ? nil : try state.double("shrinkage"), robust: robust,
      offset: state.scalars["offset"] == nil ? nil : try state.double("offset"))
  }
}
