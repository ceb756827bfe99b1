import ApusModels
import ApusNumerics

/// What forests add to ``TreeGrowthParameters``.
public struct ForestParameters: Sendable {
  public var nEstimators = 100
  public var bootstrap: Bool
  public var maxSamples: ParameterValue = .none
  public var oobScore = false
  public var warmStart = false
  public var jobs: Int?
  public var verbose = ParameterValue.int(0)

  public init(bootstrap: Bool) { self.bootstrap = bootstrap }
}

/// An estimator that averages many trees.
public protocol GrowsForest: GrowsTrees {
  var forest: ForestParameters { get set }
}

/// A forest that can keep the targets of its training rows by leaf, for quantiles.
public protocol KeepsTargets: GrowsForest {
  var keepsTargets: Bool { get set }
}

extension GrowsForest {
  public var resolvedForest: ForestParameters? { forest }

  /// The schema of a forest.
  static func forestSchema(kind: String, pythonName: String, role: EstimatorRole, doc: String) -> EstimatorSchema {
    EstimatorSchema(
      kind: kind, pythonName: pythonName, pythonModule: "ensemble",
      doc: """
        \(doc)
        Trees grow in parallel; the result is the same for any number of threads.
        """,
      role: role, parameters: forestParameters() + growthParameters(role) + taskParameters,
      attributes: TreeAttributes.common(role) + forestAttributes(role),
      operations: TreeOperation.all(role) + (role == .regressor ? [TreeOperation.predictQuantiles] : []),
      traits: TreeAttributes.traits.union(.members))
  }

  private static func forestParameters() -> [Parameter] {
    [
      Parameter(
        "n_estimators", \Self.forest.nEstimators, range: .closed(1, 1_000_000),
        doc: "Number of trees; more lowers the variance and costs time in proportion."),
      Parameter(
        "bootstrap", \Self.forest.bootstrap,
        doc:
          "Whether every tree learns from rows drawn with replacement, with probability in proportion to their weight."),
      Parameter(
        "max_samples", \Self.forest.maxSamples, types: [.none, .int, .double], range: .greaterThan(0),
        doc: "Draws per tree: a count, a share of a full sample, or None for a full sample; needs bootstrap."),
      Parameter(
        "oob_score", \Self.forest.oobScore,
        doc: "Whether to score on the rows each tree has not seen; needs bootstrap."),
      Parameter(
        "warm_start", \Self.forest.warmStart, doc: "Whether a further fit keeps the trees and adds new ones."),
      .jobs(\Self.forest.jobs),
      .verbosity(\Self.forest.verbose),
    ]
  }

  private static func forestAttributes(_ role: EstimatorRole) -> [FittedAttribute] {
    [
      FittedAttribute("oob_score_", .double, doc: "Accuracy or R² on rows the trees have not seen."),
      FittedAttribute(
        role == .classifier ? "oob_decision_function_" : "oob_prediction_",
        doc: "Mean over the trees that have not seen the row; NaN where all have, shape (rows, values)."),
    ]
  }
}

extension KeepsTargets {
  public static var taskParameters: [Parameter] {
    [
      Parameter(
        "keep_targets", \Self.keepsTargets,
        doc: "Whether to keep the training targets by leaf, 4 bytes per row and tree, for predict_quantiles.")
    ]
  }
}
