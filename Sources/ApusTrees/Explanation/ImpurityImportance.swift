import ApusNumerics

/// Mean decrease in impurity: the share of a forest's impurity decrease that the splits on each feature bring.
package enum ImpurityImportance {
  /// Importances of all features, at least 0, summing to 1 (all 0 for trees without splits).
  ///
  /// Per tree `Σ w·i − w_left·i_left − w_right·i_right` over the splits on the feature, normalised to sum 1; averaged over
  /// trees; normalised again. Breiman 2001, doi:10.1023/A:1010933404324.
  ///
  /// - Parameter weights: of the trees in the average; nil for 1.
  package static func compute(_ trees: TreeEnsemble, weights: [Double]? = nil) -> [Double] {
    var total = [Double](repeating: 0, count: trees.featureCount)
    for tree in 0..<trees.treeCount {
      let base = trees.treeOffsets[tree]
      var own = [Double](repeating: 0, count: trees.featureCount)
      for node in base..<trees.treeOffsets[tree + 1] where trees.left[node] >= 0 {
        let left = base + Int(trees.left[node])
        own[Int(trees.feature[node])] +=
          trees.weight[node] * trees.impurity[node] - trees.weight[left] * trees.impurity[left]
          - trees.weight[left + 1] * trees.impurity[left + 1]
      }
      let sum = own.reduce(0, +)
      let share = weights?[tree] ?? 1
      if sum > 0 { for feature in own.indices { total[feature] += share * own[feature] / sum } }
    }
    let sum = total.reduce(0, +)
    return sum > 0 ? total.map { $0 / sum } : total
  }
}
