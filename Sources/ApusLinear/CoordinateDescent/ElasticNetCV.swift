import ApusModels
import ApusNumerics

/// An elastic net that chooses its penalty by cross-validation.
protocol ElasticNetSearchEstimator: CoordinateDescentEstimator {
  var eps: Double { get set }
  var alphas: ParameterValue { get set }
  /// One share of the L1 penalty, or several.
  var ratios: ParameterValue { get set }
  var precompute: ParameterValue { get set }
  var cv: ParameterValue { get set }
  var verbose: ParameterValue { get set }
  var jobs: Int? { get set }
  static var joinsTargets: Bool { get }
}

extension ElasticNetSearchEstimator {
  static var joinsTargets: Bool { false }

  static func searchParameters(hasRatio: Bool) -> [Parameter] {
    var parameters: [Parameter] = []
    if hasRatio {
      parameters.append(
        Parameter(
          "l1_ratio", \Self.ratios, types: [.double, .array], range: .closed(0, 1),
          doc: "Share of the L1 penalty, from 0 (ridge) to 1 (lasso), or several to choose from."))
    }
    parameters += [
      Parameter(
        "eps", \Self.eps, range: ValueRange(0, 1, includesMinimum: false),
        doc: "Smallest penalty divided by the largest."),
      Parameter(
        "alphas", \Self.alphas, types: [.int, .array], range: .atLeast(0),
        doc: "Number of penalties, or the penalties to choose from."),
    ]
    if !joinsTargets {
      parameters.append(
        Parameter(
          "precompute", \Self.precompute, types: [.string, .bool], choices: ["auto"],
          doc: "True: reduce dense features to their Gram matrix; False and 'auto': choose by shape."))
    }
    parameters += descentParameters(positive: !joinsTargets)
    return parameters + [
      Parameter(
        "cv", \Self.cv, types: [.none, .int, .array], range: .atLeast(-1),
        doc:
          "Number of folds of consecutive rows, 5 when None; 1 for the path alone, which ends at the smallest penalty; or the fold that tests each row; or (n_folds, n_samples) with 1 for "
          + "test rows, 0 for training rows, -1 for neither. In Python a splitter or pairs of index arrays too."),
      .verbosity(\Self.verbose),
      .jobs(\Self.jobs),
    ]
  }

  func search(_ data: TrainingData, _ context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let data = try RegressionData(data, schema: Self.schema, keepsColumnTargets: Self.joinsTargets)
    guard Self.joinsTargets || data.targetCount == 1 else {
      throw ApusError.shapeMismatch(
        name: "y",
        reason: "has \(data.targetCount) targets; for several use MultiTask\(Self.schema.pythonName)")
    }
    var isComputed = false
    if case .bool(true) = precompute { isComputed = true }
    let search = ElasticNetSearch(
      l1Ratios: try shares(), alphas: alphas, eps: eps, folds: cv, options: descent, joinsTargets: Self.joinsTargets,
      precompute: isComputed)
    return try search.fit(data, schema: Self.schema, context: context)
  }

  private func shares() throws(ApusError) -> [Double] {
    switch ratios {
    case .double(let value): return [value]
    case .int(let value): return [Double(value)]
    case .array(let array):
      let values = try array.converted(to: .float64, name: "l1_ratio").elements(as: Double.self)
      guard !values.isEmpty else { throw .invalidArgument(name: "l1_ratio", reason: "is empty") }
      return values
    default: return [1]
    }
  }
}

/// The lasso with its penalty chosen by cross-validation.
public struct LassoCV: CoordinateDescentEstimator {
  public var eps = 1e-3
  public var alphas = ParameterValue.int(100)
  public var precompute = ParameterValue.string("auto")
  public var cv = ParameterValue.none
  public var verbose = ParameterValue.bool(false)
  public var jobs: Int?
  public var descent = CoordinateDescentOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "lasso_cv", pythonName: "LassoCV", pythonModule: "linear_model",
    doc: """
      The lasso with its penalty chosen by cross-validation along a path.

      Dense features with at least as many rows as columns are read once for all folds. Folds are solved in parallel with the
      same result for any number of threads.
      """,
    role: .regressor, parameters: searchParameters(hasRatio: false),
    attributes: CoordinateDescentAttributes.single + CoordinateDescentAttributes.searched, operations: [.predict],
    traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel { try search(data, context) }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}

extension LassoCV: ElasticNetSearchEstimator {
  var ratios: ParameterValue {
    get { .double(1) }
    set {}
  }
}

/// The elastic net with its penalty, and the share of its L1 part, chosen by cross-validation.
public struct ElasticNetCV: CoordinateDescentEstimator {
  /// One share of the L1 penalty, or an array to choose from.
  public var l1Ratio = ParameterValue.double(0.5)
  public var eps = 1e-3
  public var alphas = ParameterValue.int(100)
  public var precompute = ParameterValue.string("auto")
  public var cv = ParameterValue.none
  public var verbose = ParameterValue.int(0)
  public var jobs: Int?
  public var descent = CoordinateDescentOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "elastic_net_cv", pythonName: "ElasticNetCV", pythonModule: "linear_model",
    doc: """
      The elastic net with its penalty, and the share of its L1 part, chosen by cross-validation along paths.

      Dense features with at least as many rows as columns are read once for all folds. Folds are solved in parallel with the
      same result for any number of threads.
      """,
    role: .regressor, parameters: searchParameters(hasRatio: true),
    attributes: CoordinateDescentAttributes.single + CoordinateDescentAttributes.searched
      + [FittedAttribute("l1_ratio_", .double, doc: "The share of the L1 penalty chosen by cross-validation.")],
    operations: [.predict], traits: [.sparseInput, .sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel { try search(data, context) }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try LinearModel(state, schema: Self.schema)
  }
}

extension ElasticNetCV: ElasticNetSearchEstimator {
  var ratios: ParameterValue {
    get { l1Ratio }
    set { l1Ratio = newValue }
  }
}
