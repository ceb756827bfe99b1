/// How a tree may grow. The values have been validated and resolved to counts by the estimator.
package struct GrowthOptions: Sendable {
  /// Depth of the deepest leaf; the root has depth 0.
  package var maxDepth = Int.max
  /// With a limit nodes are split best first; without one, depth first. nil: no limit.
  package var maxLeafNodes: Int?
  package var minSamplesSplit = 2
  package var minSamplesLeaf = 1
  /// Least weight of a leaf, in units of the sample weights.
  package var minWeightLeaf = 0.0
  /// A split must decrease `weight / total weight · impurity` by at least this.
  package var minImpurityDecrease = 0.0
  /// Features tried per node, drawn without replacement; all in order when it equals the number of features.
  package var maxFeatures = Int.max
  /// Thresholds drawn at random (extremely randomised trees) instead of optimised.
  package var randomThresholds = false
  /// Whether sorted lists may be kept where that is faster; the tree is the same either way.
  package var keepsLists = true
  /// Whether a feature's values are categories; empty when none are.
  package var categorical: [Bool] = []
  /// −1, 0 or 1 per feature; empty for no constraints.
  package var monotone: [Int8] = []

  package init() {}
}
