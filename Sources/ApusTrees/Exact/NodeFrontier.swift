/// A leaf that can be split, with its best split.
struct PendingNode {
  var node: Int
  var start: Int
  var end: Int
  var depth: Int
  var bounds: ClosedRange<Double>
  var split: SplitCandidate
  /// Decrease of `weight / total weight · impurity` by the split.
  var decrease: Double
}

/// Leaves that wait to be split: a stack (depth first), or a heap by impurity decrease (best first; ties go to the node
/// made first).
struct NodeFrontier {
  private let bestFirst: Bool
  private var pending: [PendingNode] = []

  init(bestFirst: Bool) { self.bestFirst = bestFirst }

  mutating func add(_ node: PendingNode) {
    pending.append(node)
    if bestFirst { siftUp() }
  }

  mutating func next() -> PendingNode? {
    if !bestFirst || pending.count < 2 { return pending.popLast() }
    pending.swapAt(0, pending.count - 1)
    let node = pending.removeLast()
    siftDown()
    return node
  }

  private func precedes(_ a: PendingNode, _ b: PendingNode) -> Bool {
    a.decrease > b.decrease || (a.decrease == b.decrease && a.node < b.node)
  }

  private mutating func siftUp() {
    var child = pending.count - 1
    while child > 0, precedes(pending[child], pending[(child - 1) / 2]) {
      pending.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var first = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < pending.count {
        if precedes(pending[child], pending[first]) { first = child }
      }
      if first == parent { return }
      pending.swapAt(parent, first)
      parent = first
    }
  }
}
