import ApusNumerics
import Synchronization

/// What one call of a derivative gets.
package struct BackwardCall {
  /// The operation whose derivative is asked for.
  package let node: GraphNode
  /// δ of every output; nil where nothing downstream depended on it.
  package let gradients: [Tensor?]

  /// δ of the only output.
  package var gradient: Tensor { gradients[0].unsafelyUnwrapped }

  /// Whether input `index` leads to a tensor that collects gradients.
  package func needs(_ index: Int) -> Bool { !node.edges[index].isNone }
}

/// Computes δ of every input from δ of the outputs: δx = δy · ∂y/∂x. Nil entries are zero.
package typealias BackwardFunction = (BackwardCall) throws -> [Tensor?]

/// Where a gradient goes next.
package enum Edge {
  case node(GraphNode, output: Int)
  case leaf(Tensor)
  case none

  var isNone: Bool {
    if case .none = self { return true }
    return false
  }
}

/// One recorded operation: its inputs as edges, and the derivative with what it needs.
///
/// Nodes are numbered in the order they are made. An operation's inputs exist before it, so descending numbers are an order
/// in which every node comes after all that depend on it.
package final class GraphNode: @unchecked Sendable {
  package let name: String
  let sequence: UInt64
  private(set) var edges: [Edge]
  /// Nil once a backward pass without `retainGraph` has used it.
  private(set) var function: BackwardFunction?
  let outputCount: Int
  var inputCount: Int { edges.count }
  /// Hooks of the tensors this node made, and what they retain, by output.
  var outputHooks: [(output: Int, action: OutputAction)] = []
  /// Where the operation was called, in anomaly mode.
  let origin: String?

  enum OutputAction {
    case hook(TensorHook)
    case retain(WeakTensor)
  }

  private static let counter = Atomic<UInt64>(0)

  init(_ name: String, edges: [Edge], outputCount: Int = 1, function: @escaping BackwardFunction) {
    self.name = name
    self.edges = edges
    self.function = function
    self.outputCount = outputCount
    self.sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    self.origin = AnomalyMode.isEnabled ? AnomalyMode.currentOrigin() : nil
  }

  func callFunction(_ gradients: [Tensor?]) throws -> [Tensor?] {
    guard let function else {
      throw ApusError.invalidArgument(
        name: "backward",
        reason: "the graph through \(name) was already used and its saved values freed; "
          + "pass retain_graph=True to the first call to use it again")
    }
    return try function(BackwardCall(node: self, gradients: gradients))
  }

  /// Frees what the derivative saved.
  func release() { function = nil }

  /// Long chains are taken apart in a loop: a chain of a million steps would overflow the stack if each node freed the next.
  deinit {
    function = nil
    var waiting = takeInputs()
    while var node = waiting.popLast() {
      if isKnownUniquelyReferenced(&node) {
        node.function = nil
        waiting += node.takeInputs()
      }
    }
  }

  /// The nodes of the inputs, which this node no longer holds afterwards.
  private func takeInputs() -> [GraphNode] {
    let nodes = edges.compactMap { edge -> GraphNode? in
      if case .node(let node, _) = edge { return node }
      return nil
    }
    edges = []
    return nodes
  }
}

/// A tensor that is not kept alive.
final class WeakTensor {
  weak var tensor: Tensor?
  init(_ tensor: Tensor) { self.tensor = tensor }
}

extension Tensor {
  /// Records that this tensor is the result of `name` on `inputs`, if any of them needs gradients and recording is on.
  @discardableResult
  package func recorded(_ name: String, _ inputs: [Tensor], _ function: @escaping BackwardFunction) -> Tensor {
    if Tensor.shouldRecord(inputs) {
      setNode(GraphNode(name, edges: inputs.map(\.edge), function: function))
    }
    return self
  }

  /// Whether an operation on `inputs` is to be recorded now.
  package static func shouldRecord(_ inputs: [Tensor]) -> Bool {
    guard GradMode.isEnabled else { return false }
    for input in inputs where input.requiresGrad && input.isFloatingPoint { return true }
    return false
  }

  /// Records several results of one operation.
  package static func record(
    _ name: String, _ inputs: [Tensor], outputs: [Tensor], _ function: @escaping BackwardFunction
  ) {
    guard shouldRecord(inputs) else { return }
    let node = GraphNode(name, edges: inputs.map(\.edge), outputCount: outputs.count, function: function)
    for (index, output) in outputs.enumerated() where output.isFloatingPoint {
      output.setNode(node, outputIndex: index)
    }
  }
}
