import ApusNumerics

/// Minimal cost-complexity pruning. Breiman, Friedman, Olshen, Stone 1984, chapter 3.
///
/// A subtree's cost is `Σ weight · impurity / total weight` over its leaves plus `alpha` per leaf. Every inner node has an
/// alpha at which cutting it breaks even, `(R(node) − R(leaves below)) / (leaves below − 1)`; the node with the lowest, the
/// weakest link, is cut first.
enum CostComplexity {
  /// The sequence of pruned trees: before each cut its alpha, and the impurity of the leaves after it.
  ///
  /// - Complexity: O(nodes · (depth + log nodes)).
  struct Path {
    var alphas: [Double] = []
    var impurities: [Double] = []
    /// Nodes turned into leaves, in order.
    var cuts: [Int] = []
  }

  /// The path of one tree whose children come after their parents.
  ///
  /// - Parameters:
  ///   - cost: weight · impurity of a node, relative to the weight of the root.
  ///   - children: nil for leaves.
  ///   - limit: stops before the first cut whose alpha exceeds it.
  static func path(
    nodeCount count: Int, cost: (Int) -> Double, children: (Int) -> (left: Int, right: Int)?,
    limit: Double = .infinity
  ) -> Path {
    var parent = [Int](repeating: -1, count: count)
    var leaves = [Int](repeating: 1, count: count)
    var below = [Double](repeating: 0, count: count)
    var own = [Double](repeating: 0, count: count)
    var isInner = [Bool](repeating: false, count: count)
    for node in 0..<count {
      own[node] = cost(node)
      guard let (left, right) = children(node) else { continue }
      isInner[node] = true
      parent[left] = node
      parent[right] = node
    }
    // Children come after their parents.
    for node in (0..<count).reversed() {
      if let (left, right) = children(node) {
        leaves[node] = leaves[left] + leaves[right]
        below[node] = below[left] + below[right]
      } else {
        below[node] = own[node]
      }
    }
    func alpha(_ node: Int) -> Double { max((own[node] - below[node]) / Double(leaves[node] - 1), 0) }
    var heap = WeakestLinks()
    var version = [Int](repeating: 0, count: count)
    for node in 0..<count where isInner[node] { heap.push(WeakLink(alpha: alpha(node), node: node, version: 0)) }
    var path = Path(alphas: [0], impurities: [below[0]])
    while let link = heap.pop() {
      if !isInner[link.node] || version[link.node] != link.version { continue }
      if link.alpha > limit { break }
      let node = link.node
      var stack = [node]
      while let inner = stack.popLast() {
        if !isInner[inner] { continue }
        isInner[inner] = false
        if let (left, right) = children(inner) { stack += [left, right] }
      }
      let (lostLeaves, gain) = (leaves[node] - 1, own[node] - below[node])
      leaves[node] = 1
      below[node] = own[node]
      var ancestor = parent[node]
      while ancestor >= 0 {
        leaves[ancestor] -= lostLeaves
        below[ancestor] += gain
        version[ancestor] += 1
        heap.push(WeakLink(alpha: alpha(ancestor), node: ancestor, version: version[ancestor]))
        ancestor = parent[ancestor]
      }
      path.cuts.append(node)
      path.alphas.append(link.alpha)
      path.impurities.append(below[0])
    }
    return path
  }

  /// The whole path of a single-tree ensemble.
  static func path(_ trees: TreeEnsemble) -> Path {
    let total = trees.weight[0]
    return path(
      nodeCount: trees.treeOffsets[1], cost: { trees.weight[$0] * trees.impurity[$0] / total },
      children: { trees.left[$0] < 0 ? nil : (Int(trees.left[$0]), Int(trees.left[$0]) + 1) })
  }

  /// The smallest tree among those of least cost at `alpha`.
  static func prune(_ tree: GrownTree, alpha: Double) throws(ApusError) -> GrownTree {
    let total = tree.weight[0]
    return try prune(tree, alpha: alpha) { tree.weight[$0] * tree.impurity[$0] / total }.tree
  }

  /// As ``prune(_:alpha:)`` for other costs; with every node's number in the tree before.
  static func prune(
    _ tree: GrownTree, alpha: Double, cost: (Int) -> Double
  ) throws(ApusError) -> (tree: GrownTree, sources: [Int]) {
    var isCut = [Bool](repeating: false, count: tree.nodeCount)
    let sequence = path(
      nodeCount: tree.nodeCount, cost: cost,
      children: { tree.feature[$0] < 0 ? nil : (Int(tree.left[$0]), Int(tree.right[$0])) }, limit: alpha)
    for node in sequence.cuts { isCut[node] = true }
    var pruned = try GrownTree(valueCount: tree.valueCount)
    var sources: [Int] = []
    var pending = [(source: 0, parent: -1, isLeft: false)]
    while let next = pending.popLast() {
      let source = next.source
      let (node, values) = try pruned.appendLeaf(
        samples: Int(tree.sampleCount[source]), weight: tree.weight[source], impurity: tree.impurity[source])
      values.update(from: tree.value.pointer + source * tree.valueCount, count: tree.valueCount)
      sources.append(source)
      if next.parent >= 0 {
        if next.isLeft { pruned.left[next.parent] = Int32(node) } else { pruned.right[next.parent] = Int32(node) }
      }
      if tree.feature[source] < 0 || isCut[source] { continue }
      pruned.feature[node] = tree.feature[source]
      pruned.threshold[node] = tree.threshold[source]
      pruned.flags[node] = tree.flags[source]
      pending.append((Int(tree.right[source]), node, false))
      pending.append((Int(tree.left[source]), node, true))
    }
    pruned.setWords = tree.setWords
    pruned.setOffsets = tree.setOffsets
    return (pruned, sources)
  }
}

/// An inner node with the alpha at which it should be cut, as of some version of the tree.
private struct WeakLink {
  var alpha: Double
  var node: Int
  var version: Int

  func precedes(_ other: WeakLink) -> Bool { alpha < other.alpha || (alpha == other.alpha && node < other.node) }
}

/// A binary heap, lowest alpha first.
private struct WeakestLinks {
  private var links: [WeakLink] = []

  mutating func push(_ link: WeakLink) {
    links.append(link)
    var child = links.count - 1
    while child > 0, links[child].precedes(links[(child - 1) / 2]) {
      links.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> WeakLink? {
    guard !links.isEmpty else { return nil }
    links.swapAt(0, links.count - 1)
    let first = links.removeLast()
    var parent = 0
    while true {
      var lowest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < links.count {
        if links[child].precedes(links[lowest]) { lowest = child }
      }
      if lowest == parent { return first }
      links.swapAt(parent, lowest)
      parent = lowest
    }
  }
}
