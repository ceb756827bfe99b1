import ApusNumerics

/// The attributes of a `TreeEnsembleRegressor`: parallel lists over nodes, and over what leaves add.
struct ONNXNodes {
  private(set) var trees: [Int] = []
  private(set) var numbers: [Int] = []
  private(set) var features: [Int] = []
  private(set) var values: [Float] = []
  private(set) var modes: [String] = []
  private(set) var whenTrue: [Int] = []
  private(set) var whenFalse: [Int] = []
  private(set) var missingIsTrue: [Int] = []
  private(set) var targetTrees: [Int] = []
  private(set) var targetNodes: [Int] = []
  private(set) var targetOutputs: [Int] = []
  private(set) var targetWeights: [Float] = []

  /// Adds a tree. Its nodes keep their numbers; those that splits on sets need in addition come after them.
  mutating func append(
    _ tree: Int, of ensemble: TreeEnsemble,
    contributions: (_ tree: Int, _ values: UnsafePointer<Double>) -> [(output: Int, weight: Double)]
  ) throws {
    let (base, end) = (ensemble.treeOffsets[tree], ensemble.treeOffsets[tree + 1])
    var next = end - base
    for node in base..<end {
      let number = node - base
      guard ensemble.left[node] >= 0 else {
        append(tree, number, feature: 0, value: 0, mode: "LEAF", whenTrue: 0, whenFalse: 0, missingIsTrue: false)
        for (output, weight) in contributions(tree, ensemble.value.pointer + node * ensemble.valueCount) {
          targetTrees.append(tree)
          targetNodes.append(number)
          targetOutputs.append(output)
          targetWeights.append(Float(weight))
        }
        continue
      }
      let (feature, left) = (Int(ensemble.feature[node]), Int(ensemble.left[node]))
      let missingIsLeft = ensemble.flags[node] & GrownTree.missingLeft != 0
      guard ensemble.flags[node] & GrownTree.categorical != 0 else {
        let threshold = min(RoundedThreshold.down(ensemble.threshold[node]), Float.greatestFiniteMagnitude)
        append(
          tree, number, feature: feature, value: threshold, mode: "BRANCH_LEQ", whenTrue: left, whenFalse: left + 1,
          missingIsTrue: missingIsLeft)
        continue
      }
      // No category is −1: a set that is empty sends everything but missing values to the right.
      var members = CategorySet.members(ensemble, set: Int(ensemble.threshold[node]))
      if members.isEmpty { members = [-1] }
      for (place, member) in members.enumerated() {
        let isLast = place == members.count - 1
        append(
          tree, place == 0 ? number : next - 1, feature: feature, value: Float(member), mode: "BRANCH_EQ",
          whenTrue: left, whenFalse: isLast ? left + 1 : next, missingIsTrue: missingIsLeft)
        if !isLast { next += 1 }
      }
    }
  }

  private mutating func append(
    _ tree: Int, _ number: Int, feature: Int, value: Float, mode: String, whenTrue: Int, whenFalse: Int,
    missingIsTrue: Bool
  ) {
    trees.append(tree)
    numbers.append(number)
    features.append(feature)
    values.append(value)
    modes.append(mode)
    self.whenTrue.append(whenTrue)
    self.whenFalse.append(whenFalse)
    self.missingIsTrue.append(missingIsTrue ? 1 : 0)
  }
}
