import ApusModels
import ApusNumerics

/// A boosted model as another library's file describes it.
struct ImportedModel {
  enum Task {
    case regression
    case classification(classes: Int)
    case ranking
  }

  /// Round after round, within a round output after output.
  var trees: [GrownTree]
  var featureCount: Int
  /// Raw scores before the first tree, one per output.
  var baseline: [Double]
  var link: BoostingLink
  var task: Task

  /// The estimator of the task, its parameters the defaults, and the fitted model.
  func fitted() throws -> (estimator: any Estimator, model: any FittedModel) {
    let ensemble = try TreeEnsemble(trees, featureCount: featureCount, valueCount: 1)
    var classes: NDArray?
    let estimator: any Estimator
    switch task {
    case .regression: estimator = HistGradientBoostingRegressor()
    case .ranking: estimator = HistGradientBoostingRanker()
    case .classification(let count):
      estimator = HistGradientBoostingClassifier()
      let labels = try NDArray(uninitialized: [count], dtype: .int64)
      for label in 0..<count { labels.pointer(Int64.self)[label] = Int64(truncatingIfNeeded: label) }
      classes = labels
    }
    let model = try FittedBoosting(
      ensemble, baseline: baseline, link: link, classes: classes, schema: type(of: estimator).schema, extras: [:])
    return (estimator, model)
  }
}

/// Models of other libraries.
public enum ModelImport {
  /// Reads a model of another library.
  ///
  /// - Parameter format: `lightgbm` (text) or `xgboost` (JSON).
  /// - Returns: an estimator of the model's task with default parameters, and the fitted model.
  /// - Throws: ``ApusError/malformedFile(reason:)`` for files that are damaged, ``ApusError/unsupported(reason:)`` for
  ///   models that have no counterpart here.
  public static func load(
    format: String, bytes: UnsafeRawBufferPointer
  ) throws -> (estimator: any Estimator, model: any FittedModel) {
    switch format {
    case "lightgbm": return try LightGBMLoader.load(bytes).fitted()
    case "xgboost": return try XGBoostLoader.load(bytes).fitted()
    default:
      throw ApusError.invalidArgument(name: "format", reason: "'\(format)' is not one of 'lightgbm', 'xgboost'")
    }
  }
}

/// One tree out of the arrays of a file, checked: every node but the root has one parent, features are in range.
struct ImportedTreeLoader {
  /// A node with the numbers of its children, or a leaf.
  struct Node {
    var feature = GrownTree.leaf
    var threshold = 0.0
    var left = 0
    var right = 0
    var missingLeft = false
    /// Categories that go left, as 32-bit words; nil for numeric tests.
    var set: [UInt32]?
    var value = 0.0
    var weight = 0.0
    var gain = 0.0
  }

  let subject: String
  let featureCount: Int

  func failure(_ reason: String) -> ApusError { .malformedFile(reason: "\(subject): \(reason)") }

  /// Builds the tree.
  ///
  /// - Parameter node: the node of a number in `0..<count`; number 0 is the root.
  func tree(count: Int, _ node: (Int) throws -> Node) throws -> GrownTree {
    guard count >= 1, count < Int(clamping: Int32.max) else { throw failure("a tree has \(count) nodes") }
    var tree = try GrownTree(valueCount: 1, capacity: count)
    let order = try Buffer<Int32>(count: count)
    let isSeen = try Buffer<Bool>(repeating: false, count: count)
    order[0] = 0
    isSeen[0] = true
    var known = 1
    var position = 0
    while position < known {
      let own = try node(Int(truncatingIfNeeded: order[position]))
      try append(own, to: &tree)
      if own.feature != GrownTree.leaf {
        tree.left[position] = Int32(truncatingIfNeeded: known)
        tree.right[position] = Int32(truncatingIfNeeded: known &+ 1)
        for child in [own.left, own.right] {
          guard child > 0, child < count, !isSeen[child] else {
            throw failure("a node leads to node \(child) of \(count), or two do")
          }
          isSeen[child] = true
          order[known] = Int32(truncatingIfNeeded: child)
          known &+= 1
        }
      }
      position &+= 1
    }
    tree.fillInnerValues()
    return tree
  }

  private func append(_ node: Node, to tree: inout GrownTree) throws {
    guard node.value.isFinite, node.weight.isFinite, node.weight >= 0 else {
      throw failure("a node has value \(node.value) and weight \(node.weight)")
    }
    let count = Int(exactly: node.weight.rounded()).map { min($0, Int(clamping: Int32.max)) } ?? 0
    let (index, values) = try tree.appendLeaf(samples: count, weight: node.weight, impurity: node.gain)
    values[0] = node.value
    guard node.feature != GrownTree.leaf else { return }
    guard node.feature >= 0, Int(truncatingIfNeeded: node.feature) < featureCount else {
      throw failure("a node asks about feature \(node.feature) of \(featureCount)")
    }
    guard !node.threshold.isNaN else { throw failure("a threshold is not a number") }
    tree.feature[index] = node.feature
    tree.threshold[index] = node.threshold
    tree.flags[index] = node.missingLeft ? GrownTree.missingLeft : 0
    guard let set = node.set else { return }
    tree.flags[index] |= GrownTree.categorical
    tree.threshold[index] = Double(tree.setOffsets.count &- 1)
    for word in set { try tree.setWords.append(word) }
    try tree.setOffsets.append(Int32(truncatingIfNeeded: tree.setWords.count))
  }
}
