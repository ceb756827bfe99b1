import ApusModels
import ApusNumerics

/// What a fit of several classes with inference leaves beside the coefficients: estimates of the contrasts of every class
/// with the first, with their covariance, and statistics of the fit by the names of their attributes.
struct MultinomialRecord: Sendable {
  let covarianceType: CovarianceType
  /// Ascending labels.
  let classes: NDArray
  /// Class after class, the intercept first in each.
  let coefficients: CoefficientInference
  let numbers: [String: Double]
  /// A remark for the summary.
  var note: String?

  /// Number of classes but one.
  var equations: Int { classes.count - 1 }
  /// Parameters of one class.
  var parameterCount: Int { coefficients.count / equations }

  func number(_ name: String) -> Double { numbers[name] ?? .nan }

  /// The attribute called `name`, or nil.
  func attribute(_ name: String) throws -> ParameterValue? {
    let shape = [equations, parameterCount]
    switch name {
    case "params_": return .array(try NDArray(coefficients.estimates, shape: shape))
    case "bse_": return .array(try NDArray(coefficients.standardErrors, shape: shape))
    case "tvalues_": return .array(try NDArray(coefficients.statistics, shape: shape))
    case "pvalues_": return .array(try NDArray(coefficients.pValues, shape: shape))
    case "cov_params_": return .array(coefficients.covariance)
    default: return numbers[name].map { .double($0) }
    }
  }

  /// (n_classes − 1, n_parameters, 2).
  func intervals(_ alpha: Double) throws(ApusError) -> NDArray {
    try coefficients.intervals(alpha).reshaped([equations, parameterCount, 2])
  }

  /// (n_classes − 1, n_parameters, 3).
  func oddsRatios(_ alpha: Double) throws(ApusError) -> NDArray {
    try coefficients.oddsRatios(alpha).reshaped([equations, parameterCount, 3])
  }

  /// The estimates of one class alone.
  func equation(_ index: Int) throws(ApusError) -> CoefficientInference {
    let (k, width) = (parameterCount, coefficients.count)
    let covariance = try NDArray(uninitialized: [k, k], dtype: .float64)
    let source = coefficients.covariance.pointer(Double.self) + index * k * (width + 1)
    for i in 0..<k { for j in 0..<k { covariance.pointer(Double.self)[i * k + j] = source[i * width + j] } }
    return CoefficientInference(
      hasIntercept: coefficients.hasIntercept, estimates: Array(coefficients.estimates[index * k..<(index + 1) * k]),
      covariance: covariance, reference: coefficients.reference)
  }

  func write(to state: inout ModelState) throws(ApusError) {
    let names = numbers.keys.sorted()
    state.tensors["multinomial.parameters"] = try NDArray(coefficients.estimates)
    state.tensors["multinomial.covariance"] = coefficients.covariance
    state.tensors["multinomial.numbers"] = try NDArray(names.map { numbers[$0] ?? .nan })
    state.scalars["multinomial_names"] = .string(names.joined(separator: ","))
    state.scalars["multinomial_cov_type"] = .string(covarianceType.rawValue)
    state.scalars["multinomial_intercept"] = .bool(coefficients.hasIntercept)
    if case .studentT(let freedom) = coefficients.reference { state.scalars["multinomial_freedom"] = .double(freedom) }
    if let note { state.scalars["multinomial_note"] = .string(note) }
  }

  init(
    covarianceType: CovarianceType, classes: NDArray, coefficients: CoefficientInference, numbers: [String: Double]
  ) {
    self.covarianceType = covarianceType
    self.classes = classes
    self.coefficients = coefficients
    self.numbers = numbers
  }

  /// Nil when the state holds no such inference.
  init?(_ state: ModelState, classes: NDArray, featureCount: Int) throws(ApusError) {
    guard state.tensors["multinomial.parameters"] != nil else { return nil }
    let estimates = try state.tensor("multinomial.parameters", .float64, rank: 1).elements(as: Double.self)
    let covariance = try state.tensor("multinomial.covariance", .float64, rank: 2).contiguous()
    let values = try state.tensor("multinomial.numbers", .float64, rank: 1).elements(as: Double.self)
    let text = try state.string("multinomial_names")
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    let hasIntercept = try state.bool("multinomial_intercept")
    let width = (classes.count - 1) * (featureCount + (hasIntercept ? 1 : 0))
    guard classes.count >= 2, estimates.count == width, covariance.shape == [width, width],
      names.count == values.count,
      let type = CovarianceType(rawValue: try state.string("multinomial_cov_type"))
    else { throw .malformedFile(reason: "model file: the inference does not fit the coefficients") }
    self.init(
      covarianceType: type, classes: classes,
      coefficients: CoefficientInference(
        hasIntercept: hasIntercept, estimates: estimates, covariance: covariance,
        reference: state.scalars["multinomial_freedom"] == nil
          ? .normal : .studentT(try state.double("multinomial_freedom"))),
      numbers: Dictionary(zip(names, values), uniquingKeysWith: { first, _ in first }))
    if state.scalars["multinomial_note"] != nil { note = try state.string("multinomial_note") }
  }
}

/// The summary of a multinomial fit: a table for every class but the first.
extension MultinomialRecord {
  func summary(_ arguments: InferenceArguments) throws -> String {
    let intercept = coefficients.hasIntercept
    let names = try SummaryTable.names(
      arguments.featureNames, features: parameterCount - (intercept ? 1 : 0), intercept: intercept)
    let headings = (1...equations).map { "\(arguments.targetName)=\(label($0))" }
    var table = SummaryTable(
      title: arguments.title ?? "Multinomial Logit Regression Results", names: names + headings)
    func significant(_ name: String, _ digits: Int) -> String {
      NumberText.general(number(name), digits, keepsZeros: true)
    }
    func whole(_ name: String) -> String { NumberText.fixed(number(name), 0) }
    table.pairs(
      [
        ("Dep. Variable:", arguments.targetName), ("Model:", "MNLogit"), ("Method:", "MLE"),
        ("No. Iterations:", whole("iterations")), ("converged:", number("converged") == 1 ? "True" : "False"),
        ("Covariance Type:", covarianceType.rawValue), ("Deviance:", significant("deviance_", 5)),
      ],
      [
        ("No. Observations:", whole("nobs_")), ("Df Residuals:", whole("df_resid_")),
        ("Df Model:", whole("df_model_")), ("Pseudo R-squ.:", significant("prsquared_", 4)),
        ("Log-Likelihood:", significant("llf_", 5)), ("LL-Null:", significant("llnull_", 5)),
        ("LLR p-value:", significant("llr_pvalue_", 4)),
      ])
    table.rule("=")
    for index in 0..<equations {
      try table.coefficients(names, equation(index), alpha: arguments.alpha, heading: headings[index])
    }
    var notes = ["Each class is compared with \(arguments.targetName)=\(label(0))."]
    if covarianceType != .nonrobust { notes.append(LeastSquaresSummary.description(covarianceType)) }
    if let note { notes.append(note) }
    table.notes(notes)
    return table.text
  }

  private func label(_ index: Int) -> String {
    guard let values = try? classes.converted(to: .float64) else { return "\(index)" }
    return withExtendedLifetime(values) { NumberText.general(values.pointer(Double.self)[index], 15) }
  }
}
