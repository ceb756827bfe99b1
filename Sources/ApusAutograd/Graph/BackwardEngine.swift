import ApusNumerics

/// The reverse pass: hands every node the sum of the gradients of its outputs, nodes in descending order of their numbers.
///
/// Recording is off meanwhile unless the derivative itself is to be differentiated (`createGraph`), because derivatives are
/// written in terms of tensor operations.
enum BackwardEngine {
  /// What the pass does with the gradients of leaves and of requested tensors.
  enum Target {
    /// Adds to `grad` of every leaf.
    case accumulate
    /// Collects the gradients of these edges instead.
    case collect(Collector)
  }

  /// Gradients wanted by ``Tensor/gradients(of:with:gradients:retainGraph:createGraph:allowUnused:)``.
  final class Collector {
    struct Key: Hashable {
      let object: ObjectIdentifier
      let output: Int
    }
    var results: [Key: Tensor] = [:]
    let wanted: Set<Key>

    init(wanted: Set<Key>) { self.wanted = wanted }

    static func key(of tensor: Tensor) -> Key {
      if let node = tensor.node { return Key(object: ObjectIdentifier(node), output: tensor.outputIndex) }
      return Key(object: ObjectIdentifier(tensor), output: -1)
    }
  }

  static func run(
    roots: [(tensor: Tensor, gradient: Tensor)], target: Target, retainGraph: Bool, createGraph: Bool
  ) throws {
    try GradMode.with(enabled: createGraph) {
      var frontier = Frontier()
      for root in roots {
        var seed: Tensor? = root.gradient
        try send(&seed, along: root.tensor.edge, to: &frontier, target, createGraph)
      }
      while let (node, incoming) = frontier.next() {
        let gradients = try node.outputHooks.isEmpty ? incoming : applyHooks(of: node, incoming)
        if case .collect(let collector) = target { collect(gradients, of: node, collector) }
        var results = try node.callFunction(gradients)
        if AnomalyMode.isEnabled { try AnomalyMode.check(results, of: node) }
        guard results.count == node.edges.count else {
          throw ApusError.internalError(
            reason: "backward: \(node.name) returned \(results.count) gradients for \(node.edges.count) inputs")
        }
        if !retainGraph { node.release() }
        for index in results.indices {
          try send(&results[index], along: node.edges[index], to: &frontier, target, createGraph)
        }
      }
    }
  }

  /// Hands `slot`, if it holds a gradient, to where `edge` leads. The slot is passed along so that a gradient nobody else
  /// holds can be recognised and taken over.
  private static func send(
    _ slot: inout Tensor?, along edge: Edge, to frontier: inout Frontier, _ target: Target, _ createGraph: Bool
  ) throws {
    switch edge {
    case .none: return
    case .node(let node, let output):
      if let gradient = slot { try frontier.add(gradient, to: node, output: output) }
    case .leaf(let leaf):
      for hook in leaf.hooks { slot = try slot.flatMap { try hook.body($0) } ?? slot }
      switch target {
      case .accumulate: try accumulate(&slot, in: leaf, createGraph: createGraph)
      case .collect(let collector):
        let key = Collector.Key(object: ObjectIdentifier(leaf), output: -1)
        guard collector.wanted.contains(key), let gradient = slot else { return }
        collector.results[key] = try collector.results[key].map { try $0 + gradient } ?? gradient
      }
    }
  }

  /// Adds the gradient to what the leaf has; the first one is taken over, copied unless nothing else can see its memory.
  private static func accumulate(_ slot: inout Tensor?, in leaf: Tensor, createGraph: Bool) throws {
    let isExclusive = isKnownUniquelyReferenced(&slot) && (slot?.ownsItsMemory ?? false)
    guard let gradient = slot else { return }
    guard gradient.shape == leaf.shape else {
      throw ApusError.shapeMismatch(
        name: "backward", reason: "a gradient of shape \(gradient.shape) reached a leaf of shape \(leaf.shape)")
    }
    if let sum = leaf.grad {
      if createGraph || sum.requiresGrad {
        leaf.grad = try sum + gradient
      } else {
        try sum.add(inPlace: gradient)
      }
    } else {
      leaf.grad = createGraph || isExclusive ? gradient : try gradient.detached().cloned()
    }
  }

  private static func applyHooks(of node: GraphNode, _ incoming: [Tensor?]) throws -> [Tensor?] {
    var gradients = incoming
    for (output, action) in node.outputHooks {
      guard let gradient = gradients[output] else { continue }
      switch action {
      case .hook(let hook): gradients[output] = try hook.body(gradient) ?? gradient
      case .retain(let holder):
        guard let tensor = holder.tensor else { continue }
        tensor.grad = try tensor.grad.map { try $0 + gradient } ?? gradient
      }
    }
    return gradients
  }

  private static func collect(_ gradients: [Tensor?], of node: GraphNode, _ collector: Collector) {
    for (output, gradient) in gradients.enumerated() {
      let key = Collector.Key(object: ObjectIdentifier(node), output: output)
      if let gradient, collector.wanted.contains(key) { collector.results[key] = gradient }
    }
  }
}

/// Nodes that have received gradients and wait for the rest, highest number first.
private struct Frontier {
  private struct Entry {
    let node: GraphNode
    var gradients: [Tensor?]
  }

  private var entries: [ObjectIdentifier: Entry] = [:]
  /// A binary heap of (number, node), the largest number at the root.
  private var heap: [GraphNode] = []
  /// The usual case of a chain: one waiting node, kept out of heap and dictionary.
  private var single: Entry?

  mutating func add(_ gradient: Tensor, to node: GraphNode, output: Int) throws {
    if heap.isEmpty {
      guard var waiting = single else {
        single = Entry(node: node, gradients: Self.initial(node, gradient, output))
        return
      }
      if waiting.node === node {
        single = nil
        try Self.merge(gradient, into: &waiting.gradients, output)
        single = waiting
        return
      }
      single = nil
      insert(waiting)
    }
    let key = ObjectIdentifier(node)
    if var waiting = entries.removeValue(forKey: key) {
      try Self.merge(gradient, into: &waiting.gradients, output)
      entries[key] = waiting
    } else {
      insert(Entry(node: node, gradients: Self.initial(node, gradient, output)))
    }
  }

  mutating func next() -> (GraphNode, [Tensor?])? {
    if let only = single {
      single = nil
      return (only.node, only.gradients)
    }
    guard let node = popLargest(), let entry = entries.removeValue(forKey: ObjectIdentifier(node)) else { return nil }
    return (node, entry.gradients)
  }

  private static func initial(_ node: GraphNode, _ gradient: Tensor, _ output: Int) -> [Tensor?] {
    var gradients = [Tensor?](repeating: nil, count: node.outputCount)
    gradients[output] = gradient
    return gradients
  }

  private static func merge(_ gradient: Tensor, into gradients: inout [Tensor?], _ output: Int) throws {
    gradients[output] = try gradients[output].map { try $0 + gradient } ?? gradient
  }

  private mutating func insert(_ entry: Entry) {
    entries[ObjectIdentifier(entry.node)] = entry
    heap.append(entry.node)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent].sequence >= heap[child].sequence { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func popLargest() -> GraphNode? {
    guard let largest = heap.first else { return nil }
    let last = heap.removeLast()
    if heap.isEmpty { return largest }
    heap[0] = last
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].sequence > heap[best].sequence { best = child }
      }
      if best == parent { return largest }
      heap.swapAt(parent, best)
      parent = best
    }
  }
}
