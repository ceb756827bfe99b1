import ApusModels
import ApusNumerics

/// Generalised linear regression of Tweedie's family with an L2 penalty.
public struct TweedieRegressor: PenalisedGLMEstimator {
  public enum Link: String, CaseIterable, ParameterChoice {
    case auto, identity, log
  }

  public var power = 0.0
  public var link = Link.auto
  public var options = PenalisedGLMOptions()

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "tweedie_regressor", pythonName: "TweedieRegressor", pythonModule: "linear_model",
    doc: """
      Generalised linear model of Tweedie's family with L2 penalty.

      The power of the variance chooses the distribution: 0 normal, 1 Poisson, (1, 2) compound Poisson-gamma, 2 gamma, 3
      inverse Gaussian. Fitted by iteratively reweighted least squares.
      """,
    role: .regressor,
    parameters: [
      Parameter(
        "power", \TweedieRegressor.power, range: .closed(-10, 10), doc: "Power of the variance, not in (0, 1).")
    ]
      + optionParameters(
        link: Parameter(
          "link", \TweedieRegressor.link, doc: "'identity', 'log', or 'auto': identity for power <= 0, else log.")),
    attributes: PenalisedGLM.attributes, operations: [.predict], traits: PenalisedGLM.traits)

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try fit(data, family: try family(), link: linkValue, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try fit(data, family: try family(), link: linkValue, previous: previous, context: context)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try GLMModel(state, schema: Self.schema, family: try family(), link: linkValue)
  }

  private func family() throws(ApusError) -> GLMFamily {
    guard power <= 0 || power >= 1 else {
      throw .invalidArgument(name: "power", reason: "\(power) is in (0, 1), where no such distribution exists")
    }
    return .tweedieFamily(power: power)
  }

  private var linkValue: GLMLink {
    switch link {
    case .identity: return .identity
    case .log: return .log
    case .auto: return power <= 0 ? .identity : .log
    }
  }
}
