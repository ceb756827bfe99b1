import ApusNumerics

/// What an estimator is: everything callers can learn about it without fitting one.
public struct EstimatorSchema: Sendable {
  /// The name by which it is created: `linear_regression`.
  public let kind: String
  /// The class name Python shows and the module it lives in: `LinearRegression`, `linear_model`.
  public let pythonName: String
  public let pythonModule: String
  /// Several lines: what it computes, source, complexity.
  public let doc: String
  public let role: EstimatorRole
  public let parameters: [Parameter]
  public let attributes: [FittedAttribute]
  public let operations: [Operation]
  public let traits: EstimatorTraits
  /// What `fit` takes beside features, targets and sample weights: keys of ``TrainingData/extras``, and `objective`.
  public let fitArguments: [String]

  public init(
    kind: String, pythonName: String, pythonModule: String, doc: String, role: EstimatorRole, parameters: [Parameter],
    attributes: [FittedAttribute], operations: [Operation], traits: EstimatorTraits = [], fitArguments: [String] = []
  ) {
    self.kind = kind
    self.pythonName = pythonName
    self.pythonModule = pythonModule
    self.doc = doc
    self.role = role
    self.parameters = parameters
    self.attributes = attributes
    self.operations = operations
    self.traits = traits
    self.fitArguments = fitArguments
  }

  /// The parameter called `name`.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` that suggests the nearest valid name.
  public func parameter(_ name: String) throws(ApusError) -> Parameter {
    if let found = parameters.first(where: { $0.name == name }) { return found }
    throw .invalidArgument(
      name: name,
      reason: "is not a parameter of \(kind)" + NearestName.suggestion(for: name, in: parameters.map(\.name)))
  }
}

/// What kind of model an estimator makes. The raw values are those of `apus_role`.
public enum EstimatorRole: Int32, Sendable {
  case regressor = 1
  case classifier = 2
  case transformer = 3
  case clusterer = 4
  case outlierDetector = 5
  /// A distribution of the rows, whose `score` is their mean log-likelihood.
  case densityEstimator = 6
  /// Scores by which the rows of a query are ordered.
  case ranker = 7
}

/// What an estimator accepts. The bits are those of `apus_traits`.
public struct EstimatorTraits: OptionSet, Sendable {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Sparse (CSR) features, without densifying them.
  public static let sparseInput = EstimatorTraits(rawValue: 1)
  /// NaN as a missing value in the features.
  public static let missingValues = EstimatorTraits(rawValue: 2)
  /// Several target columns.
  public static let multiOutput = EstimatorTraits(rawValue: 4)
  /// `sample_weight` in fit.
  public static let sampleWeight = EstimatorTraits(rawValue: 8)
  /// `partial_fit`.
  public static let partialFit = EstimatorTraits(rawValue: 16)
  /// float32 features are used as they are, and results are float32.
  public static let float32 = EstimatorTraits(rawValue: 32)
  /// Results vary with `random_state`.
  public static let randomized = EstimatorTraits(rawValue: 64)
  /// Targets are needed in fit.
  public static let needsTargets = EstimatorTraits(rawValue: 128)
  /// Only two classes.
  public static let binaryOnly = EstimatorTraits(rawValue: 256)
  /// Features must not be negative.
  public static let nonNegativeInput = EstimatorTraits(rawValue: 512)
  /// Partial results can be merged with `apus_estimator_merge`.
  public static let mergeable = EstimatorTraits(rawValue: 1024)
  /// The text "summary", after a fit with inference.
  public static let summary = EstimatorTraits(rawValue: 2048)
  /// Targets may have two columns, counts of successes and failures.
  public static let countTargets = EstimatorTraits(rawValue: 4096)
  /// Targets must be positive.
  public static let positiveTargets = EstimatorTraits(rawValue: 8192)
  /// The fitted model is a ``FittedEnsemble``.
  public static let members = EstimatorTraits(rawValue: 16384)
}

/// A result of fitting, read by name: `coef_`.
public struct FittedAttribute: Sendable {
  public enum Form: Int32, Sendable {
    /// An array of any rank.
    case array = 1
    case int = 2
    case double = 3
    case bool = 4
    case string = 5
  }

  /// `snake_case` with a trailing underscore.
  public let name: String
  public let form: Form
  /// One line with the shape.
  public let doc: String

  public init(_ name: String, _ form: Form = .array, doc: String) {
    self.name = name
    self.form = form
    self.doc = doc
  }
}

/// Something a fitted model does with features, by name: the known ones are constants, others are listed in the schema.
///
/// Operations of one name are equal; what arguments one takes is declared where it is put into a schema.
public struct Operation: RawRepresentable, Hashable, Sendable {
  public let rawValue: String
  /// Names of what it may be given besides features.
  public let arguments: [String]

  public init(rawValue: String) { self.init(rawValue) }

  public init(_ name: String, arguments: [String] = []) {
    self.rawValue = name
    self.arguments = arguments
  }

  public static func == (first: Operation, second: Operation) -> Bool { first.rawValue == second.rawValue }
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

  /// One value (or one per target) a row.
  public static let predict = Operation("predict")
  /// (rows, classes) probabilities.
  public static let predictProbabilities = Operation("predict_proba")
  public static let predictLogProbabilities = Operation("predict_log_proba")
  /// Signed scores: (rows,) for two classes, else (rows, classes).
  public static let decisionFunction = Operation("decision_function")
  public static let transform = Operation("transform")
  public static let inverseTransform = Operation("inverse_transform")
}
