import ApusModels
import ApusNumerics

/// Inference in model files.
extension InferenceRecord {
  func write(to state: inout ModelState) throws(ApusError) {
    let names = numbers.keys.sorted()
    state.tensors["inference.parameters"] = try NDArray(coefficients.estimates)
    state.tensors["inference.covariance"] = coefficients.covariance
    state.tensors["inference.numbers"] = try NDArray(names.map { numbers[$0] ?? .nan })
    state.tensors["inference.scores"] = basis.scores
    state.tensors["inference.centre"] = basis.centre
    state.tensors["inference.coordinates"] = coordinateCovariance
    state.scalars["inference_names"] = .string(names.joined(separator: ","))
    state.scalars["inference_model"] = .string(model)
    state.scalars["inference_cov_type"] = .string(covarianceType.rawValue)
    state.scalars["inference_intercept"] = .bool(coefficients.hasIntercept)
    state.scalars["inference_centred"] = .bool(basis.hasIntercept)
    state.scalars["inference_prefixed"] = .bool(prefixesConstant)
    state.scalars["inference_rank"] = .int(Int64(basis.rank))
    state.scalars["inference_intercept_score"] = .double(basis.interceptScore)
    if case .studentT(let freedom) = coefficients.reference { state.scalars["inference_freedom"] = .double(freedom) }
    let arrayNames = arrays.keys.sorted()
    state.scalars["inference_arrays"] = .string(arrayNames.joined(separator: ","))
    for name in arrayNames { state.tensors["inference.array.\(name)"] = arrays[name] }
    let wordNames = words.keys.sorted()
    state.scalars["inference_words"] = .string(wordNames.joined(separator: ","))
    for name in wordNames { state.scalars["inference_word_\(name)"] = .string(words[name] ?? "") }
  }

  /// Nil when the state holds no inference.
  ///
  /// - Parameter featureCount: columns of the model's features.
  init?(_ state: ModelState, featureCount: Int) throws(ApusError) {
    guard state.tensors["inference.parameters"] != nil else { return nil }
    let estimates = try state.tensor("inference.parameters", .float64, rank: 1).elements(as: Double.self)
    let covariance = try state.tensor("inference.covariance", .float64, rank: 2).contiguous()
    let values = try state.tensor("inference.numbers", .float64, rank: 1).elements(as: Double.self)
    let names = InferenceRecord.list(try state.string("inference_names"))
    let hasIntercept = try state.bool("inference_intercept")
    let (centred, prefixed) = (try state.bool("inference_centred"), try state.bool("inference_prefixed"))
    let columns = featureCount + (prefixed ? 1 : 0)
    let rank = try state.integer("inference_rank", in: 0...columns)
    let scores = try state.tensor("inference.scores", .float64, rank: 2).contiguous()
    let centre = try state.tensor("inference.centre", .float64, rank: 1).contiguous()
    let coordinates = try state.tensor("inference.coordinates", .float64, rank: 2).contiguous()
    let (k, size) = (featureCount + (hasIntercept ? 1 : 0), rank + (centred ? 1 : 0))
    guard estimates.count == k, covariance.shape == [k, k], values.count == names.count, centre.count == columns,
      scores.shape == [columns, Swift.max(1, rank)], coordinates.shape == [Swift.max(1, size), Swift.max(1, size)],
      !(centred && prefixed), !prefixed || hasIntercept, !centred || hasIntercept,
      let type = CovarianceType(rawValue: try state.string("inference_cov_type"))
    else { throw .malformedFile(reason: "model file: the inference does not fit the coefficients") }
    let reference: ReferenceDistribution =
      state.scalars["inference_freedom"] == nil ? .normal : .studentT(try state.double("inference_freedom"))
    var arrays: [String: NDArray] = [:]
    for name in InferenceRecord.list(try state.string("inference_arrays")) {
      arrays[name] = try state.tensor("inference.array.\(name)", .float64).contiguous()
    }
    let rowCount = arrays["leverage_"]?.count
    for name in ["resid_", "wresid_", "resid_pearson_", "leverage_"] {
      if let array = arrays[name], array.rank != 1 || array.count != (rowCount ?? array.count) {
        throw .malformedFile(reason: "model file: the residuals do not fit the leverages")
      }
    }
    var words: [String: String] = [:]
    for name in InferenceRecord.list(try state.string("inference_words")) {
      words[name] = try state.string("inference_word_\(name)")
    }
    self.init(
      model: try state.string("inference_model"), covarianceType: type,
      coefficients: CoefficientInference(
        hasIntercept: hasIntercept, estimates: estimates, covariance: covariance, reference: reference),
      numbers: Dictionary(zip(names, values), uniquingKeysWith: { first, _ in first }), arrays: arrays, words: words,
      basis: OrthonormalBasis(
        columns: columns, rank: rank, hasIntercept: centred, scores: scores, centre: centre,
        interceptScore: try state.double("inference_intercept_score")),
      coordinateCovariance: coordinates, prefixesConstant: prefixed)
  }

  private static func list(_ text: String) -> [String] {
    text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
  }
}
