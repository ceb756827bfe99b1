import ApusNumerics

/// A tree as indented text, in the form of scikit-learn's `export_text`.
enum TreeText {
  /// - Parameters:
  ///   - spacing: width of one level.
  ///   - showsWeights: whether leaves of classifiers show the weight of each class.
  static func lines(_ tree: TreePresentation, spacing: Int, showsWeights: Bool) -> String {
    let bar = "|" + String(repeating: " ", count: spacing)
    let dash = "|" + String(repeating: "-", count: spacing)
    func indent(_ depth: Int) -> String { String(repeating: bar, count: depth) + dash }
    var report = ""
    // Lines still to write, the next one last: a node at some depth, or a finished line.
    var pending: [(line: String?, node: Int, depth: Int)] = [(nil, tree.root, 0)]
    while let next = pending.popLast() {
      if let line = next.line { report += line + "\n" }
      guard next.node >= 0 else { continue }
      let (node, depth) = (next.node, next.depth)
      if tree.isLeaf(node) {
        report += indent(depth) + " " + leaf(tree, node, showsWeights: showsWeights) + "\n"
      } else if depth > tree.maxDepth {
        report += indent(depth) + " truncated branch of depth \(height(tree, node))\n"
      } else {
        let tests = tree.tests(node) { "feature_\($0)" }
        pending.append((indent(depth) + " " + tests.right, tree.right(node), depth + 1))
        pending.append((indent(depth) + " " + tests.left, tree.left(node), depth + 1))
      }
    }
    return report
  }

  private static func leaf(_ tree: TreePresentation, _ node: Int, showsWeights: Bool) -> String {
    let values = tree.values(node)
    guard let classNames = tree.classNames, classNames.count == values.count else {
      return "value: " + tree.list(values)
    }
    let weights = values.map { $0 * tree.trees.weight[node] }
    return (showsWeights ? "weights: \(tree.list(weights)) " : "") + "class: \(classNames[tree.majority(node)])"
  }

  /// Levels from a node to its deepest leaf, counted as nodes.
  private static func height(_ tree: TreePresentation, _ node: Int) -> Int {
    var level = [node]
    var height = 0
    while !level.isEmpty {
      height += 1
      level = level.filter { !tree.isLeaf($0) }.flatMap { [tree.left($0), tree.right($0)] }
    }
    return height
  }
}
