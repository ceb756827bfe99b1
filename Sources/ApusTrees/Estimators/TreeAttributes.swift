import ApusModels
import ApusNumerics

/// How a single tree chooses thresholds.
public enum Splitter: String, ParameterChoice {
  /// The best of all thresholds.
  case best
  /// One threshold drawn at random per feature.
  case random
}

extension TreeGrowthParameters {
  func with(_ splitter: Splitter) -> TreeGrowthParameters {
    var copy = self
    copy.randomThresholds = splitter == .random
    return copy
  }
}

/// The parts of schemas that all trees and forests share.
enum TreeAttributes {
  static let traits: EstimatorTraits = [
    .sparseInput, .missingValues, .multiOutput, .sampleWeight, .float32, .randomized, .needsTargets,
  ]

  static func common(classifier: Bool) -> [FittedAttribute] {
    (classifier
      ? [
        FittedAttribute("classes_", doc: "Distinct labels, shape (classes,); of several outputs one after the other."),
        FittedAttribute("n_classes_", doc: "Number of classes of every output, shape (outputs,)."),
      ] : [])
      + [
        FittedAttribute("n_outputs_", .int, doc: "Number of target columns."),
        FittedAttribute("max_features_", .int, doc: "Features drawn per split."),
        FittedAttribute(
          "feature_importances_", doc: "Mean decrease in impurity, summing to 1, shape (features,)."),
      ] + TreeArrays.attributes
  }

  static let single = [
    FittedAttribute(
      "ccp_path_alphas_", doc: "Effective alphas of cost-complexity pruning, ascending, shape (steps,)."),
    FittedAttribute("ccp_path_impurities_", doc: "Impurity of the leaves after each step, shape (steps,)."),
  ]

  static func operations(classifier: Bool) -> [Operation] {
    (classifier ? [.predict, .predictProbabilities, .predictLogProbabilities] : [.predict])
      + [TreeOperation.apply, TreeOperation.decisionPath]
  }
}
