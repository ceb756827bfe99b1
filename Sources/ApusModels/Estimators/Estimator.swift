import ApusNumerics

/// An algorithm with its parameters, before fitting: a value with one stored property per parameter.
///
/// Fitting makes a new ``FittedModel`` and changes nothing, so a failed fit leaves everything as it was and any number of
/// threads may predict on one model.
public protocol Estimator: Sendable {
  /// Kind, parameters, attributes, operations. Declared once as a `static let`.
  static var schema: EstimatorSchema { get }

  /// The estimator with default parameters.
  init()

  /// Learns from `data`.
  ///
  /// Implementations validate through ``InputValidation`` first, and leave `data` untouched.
  func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel

  /// Learns from a further batch: the same model as one `fit` on all batches, or the next step of an iterative one.
  /// `previous` is nil for the first batch. Throws ``ApusError/unsupported(reason:)`` unless the traits say otherwise.
  func partialFit(_ data: TrainingData, continuing previous: (any FittedModel)?, context: FitContext) throws
    -> any FittedModel

  /// The model of the rows of both. Throws ``ApusError/unsupported(reason:)`` unless the traits say `mergeable`.
  func merge(_ first: any FittedModel, _ second: any FittedModel) throws -> any FittedModel

  /// As `fit`, but starting from `previous` when the parameters ask for a warm start.
  func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel

  /// The fitted model that `state` describes. `state` comes from a file: every size and index in it is checked.
  func restore(_ state: ModelState) throws -> any FittedModel
}

extension Estimator {
  /// The estimator with some parameters changed: `Ridge { $0.alpha = 0.5 }`.
  public init(_ configure: (inout Self) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  public func partialFit(
    _ data: TrainingData, continuing previous: (any FittedModel)?, context: FitContext
  ) throws -> any FittedModel {
    throw ApusError.unsupported(reason: "partial_fit: \(Self.schema.kind) learns from all rows at once")
  }

  public func merge(_ first: any FittedModel, _ second: any FittedModel) throws -> any FittedModel {
    throw ApusError.unsupported(reason: "merge: \(Self.schema.kind) has no mergeable state")
  }

  public func refit(
    _ data: TrainingData, previous: any FittedModel, context: FitContext
  ) throws -> any FittedModel {
    try fit(data, context: context)
  }

  /// The value of the parameter called `name`.
  public func parameter(_ name: String) throws(ApusError) -> ParameterValue {
    try Self.schema.parameter(name).read(self)
  }

  /// A copy with the parameter called `name` set to `value`, validated against the schema.
  public func setting(_ name: String, to value: ParameterValue) throws -> any Estimator {
    let parameter = try Self.schema.parameter(name)
    var copy: any Estimator = self
    try parameter.write(&copy, try parameter.validated(value))
    return copy
  }

  /// Checks every stored parameter against its declared range and choices.
  ///
  /// Needed at the door of `fit` because Swift callers set the properties directly.
  public func validateParameters() throws(ApusError) {
    for parameter in Self.schema.parameters { _ = try parameter.validated(parameter.read(self)) }
  }
}

/// The result of fitting: constant, and safe to use from any number of threads.
public protocol FittedModel: Sendable {
  /// Columns of the features it was fitted on.
  var featureCount: Int { get }

  /// The fitted attribute called `name`, or nil when this fit has none of that name (the schema lists all).
  /// Scalars come as ``ParameterValue`` scalars.
  func attribute(_ name: String) throws -> ParameterValue?

  /// Carries out an operation of the schema on `input`; nil input for operations on the model alone.
  /// `arguments` are named in the operation's documentation.
  func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray

  /// Writes one prediction a row to `target` without arrays between, where a model has a way for numbers that is worth it.
  ///
  /// - Parameter features: (rows, columns), not yet checked.
  /// - Returns: false where there is no such way: nothing is written, and `apply` predicts.
  func predict(_ features: NDArray, into target: UnsafeMutablePointer<Double>) throws -> Bool

  /// A report as text, such as `summary`; throws for names it does not know.
  func text(_ name: String, arguments: [String: ParameterValue]) throws -> String

  /// R² for regressors and accuracy for classifiers, weighted.
  func score(_ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext) throws
    -> Double

  /// The model in the format of another library, as uint8; throws for formats it does not have.
  func exported(_ format: String) throws -> NDArray

  /// All that `Estimator.restore` needs to make this model again.
  func state() throws -> ModelState
}

extension FittedModel {
  public func predict(_ features: NDArray, into target: UnsafeMutablePointer<Double>) throws -> Bool { false }

  public func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    throw ApusError.unsupported(reason: "text: '\(name)' is not a report of this model")
  }

  public func exported(_ format: String) throws -> NDArray {
    throw ApusError.unsupported(reason: "export: this model has no format \(MessageText.quoted(format))")
  }

  public func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    throw ApusError.unsupported(reason: "score: this model predicts nothing to compare with targets")
  }

  /// The fitted attribute called `name` as an array; numbers come with no dimensions.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when this fit has no such array or number.
  public func array(_ name: String) throws -> NDArray { try (attribute(name) ?? .none).array(named: name) }

  /// The fitted attribute called `name` as a number.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when this fit has no such number.
  public func number(_ name: String) throws -> Double { try (attribute(name) ?? .none).number(named: name) }

  /// R² for regressors, accuracy for classifiers.
  public func score(_ features: NDArray, _ targets: NDArray) throws -> Double {
    try score(.dense(features), targets, sampleWeight: nil, context: FitContext())
  }

  /// The operation on features, without further arguments.
  public func apply(_ operation: Operation, to input: FeatureMatrix) throws -> NDArray {
    try apply(operation, to: input, arguments: [:], context: FitContext())
  }

  public func predict(_ features: FeatureMatrix) throws -> NDArray { try apply(.predict, to: features) }
  public func predict(_ features: NDArray) throws -> NDArray { try apply(.predict, to: .dense(features)) }
  public func predictProbabilities(_ features: NDArray) throws -> NDArray {
    try apply(.predictProbabilities, to: .dense(features))
  }
  public func transform(_ features: NDArray) throws -> NDArray { try apply(.transform, to: .dense(features)) }
  public func inverseTransform(_ features: NDArray) throws -> NDArray {
    try apply(.inverseTransform, to: .dense(features))
  }
}

extension Estimator {
  /// Fits on dense features.
  public func fit(_ features: NDArray, _ targets: NDArray? = nil, sampleWeight: NDArray? = nil) throws
    -> any FittedModel
  {
    try fit(TrainingData(.dense(features), targets, sampleWeight: sampleWeight), context: FitContext())
  }
}
