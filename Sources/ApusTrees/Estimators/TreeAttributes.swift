import ApusModels
import ApusNumerics

/// The parts of schemas that all trees and forests share.
enum TreeAttributes {
  static let traits: EstimatorTraits = [
    .sparseInput, .missingValues, .multiOutput, .sampleWeight, .float32, .randomized, .needsTargets,
  ]

  static func common(_ role: EstimatorRole) -> [FittedAttribute] {
    (role == .classifier
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
}
