import ApusModels
import ApusNumerics

/// What a fit with inference leaves beside the coefficients: their covariance, statistics of the fit by the names of their
/// attributes, quantities of the rows, and what the variances of predictions need.
struct InferenceRecord: Sendable {
  /// As summaries name it: OLS, WLS, GLS, Logit, GLM.
  let model: String
  let covarianceType: CovarianceType
  let coefficients: CoefficientInference
  /// Statistics of the fit by attribute name.
  var numbers: [String: Double]
  /// Arrays by attribute name.
  var arrays: [String: NDArray]
  /// Further words summaries show, by key.
  var words: [String: String] = [:]
  let basis: OrthonormalBasis
  /// Covariance of the orthonormal coordinates: (size, size) row-major.
  let coordinateCovariance: NDArray
  /// Whether the first column of the basis is the constant (generalised least squares).
  let prefixesConstant: Bool

  func number(_ name: String) -> Double { numbers[name] ?? .nan }

  /// The attribute called `name`, or nil.
  func attribute(_ name: String) throws -> ParameterValue? {
    switch name {
    case "params_": return .array(try NDArray(coefficients.estimates))
    case "bse_": return .array(try NDArray(coefficients.standardErrors))
    case "tvalues_": return .array(try NDArray(coefficients.statistics))
    case "pvalues_": return .array(try NDArray(coefficients.pValues))
    case "cov_params_": return .array(coefficients.covariance)
    default:
      if let number = numbers[name] { return .double(number) }
      if let array = arrays[name] { return .array(array) }
      return try RowDiagnostics(self)?.attribute(name).map { .array($0) }
    }
  }

  /// The standard error of the linear predictor xᵀβ of every row: √(qᵀ S q).
  func predictorErrors(_ design: DesignMatrix) throws(ApusError) -> NDArray {
    let features = prefixesConstant ? try InferenceRecord.prefixed(design) : design
    let (scores, size) = (try OrthonormalScores(features, basis), basis.size)
    let result = try NDArray(uninitialized: [design.rows], dtype: .float64)
    let (target, s) = (result.pointer(Double.self), coordinateCovariance.pointer(Double.self))
    try scores.forEachBlock(parts: scores.parts) { _, rows, q in
      for row in rows {
        let own = q + (row &- rows.lowerBound) &* size
        var sum = 0.0
        for i in 0..<size {
          var inner = 0.0
          for j in 0..<size { inner += s[i &* size &+ j] * own[j] }
          sum += inner * own[i]
        }
        target[row] = sum.isNaN ? .nan : Swift.max(0, sum).squareRoot()
      }
    }
    return result
  }

  /// [1, X].
  private static func prefixed(_ design: DesignMatrix) throws(ApusError) -> DesignMatrix {
    let (rows, p) = (design.rows, design.columns)
    let array = try NDArray(uninitialized: [rows, p + 1], dtype: .float64)
    let target = array.pointer(Double.self)
    if case .sparse(let sparse) = design.elements {
      for index in 0..<(rows * (p + 1)) { target[index] = 0 }
      for row in 0..<rows {
        for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row + 1]) {
          target[row * (p + 1) + 1 + Int(sparse.indices[entry])] += sparse.values[entry]
        }
      }
    } else {
      design.unpack(0..<rows, into: target + 1, stride: p + 1)
    }
    for row in 0..<rows { target[row * (p + 1)] = 1 }
    return DesignMatrix(dense: array)
  }
}

extension Operation {
  /// (parameters, 2) confidence intervals of the coefficients, the intercept first; argument `alpha`, default 0.05.
  public static let confidenceIntervals = Operation("conf_int", arguments: ["alpha"])
  /// Predictions with standard errors and intervals for rows; the estimator's documentation has the columns.
  public static let predictionTable = Operation("get_prediction", arguments: ["alpha", "offset", "exposure"])
}

/// The arguments of `conf_int`, `get_prediction` and `summary`.
struct InferenceArguments {
  let alpha: Double
  var offset: NDArray?
  var exposure: NDArray?
  var featureNames: [String]?
  var targetName = "y"
  var title: String?

  /// - Throws: ``ApusError`` for unknown names, wrong types and values out of range.
  init(_ arguments: [String: ParameterValue], allowed: [String]) throws(ApusError) {
    var level: Double?
    for (name, value) in arguments {
      guard allowed.contains(name) else {
        throw .invalidArgument(
          name: name, reason: "is not an argument here" + NearestName.suggestion(for: name, in: allowed))
      }
      switch (name, value) {
      case (_, .none): break
      case ("alpha", .double(let number)): level = number
      case ("alpha", .int(let number)): level = Double(number)
      case ("offset", .array(let array)): offset = array
      case ("exposure", .array(let array)): exposure = array
      case ("xname", .string(let text)):
        featureNames = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
      case ("yname", .string(let text)): targetName = text
      case ("title", .string(let text)): title = text
      default: throw .unsupportedType(name: name, reason: "\(value) has the wrong type")
      }
    }
    alpha = try IntervalLevel.checked(level)
  }
}
