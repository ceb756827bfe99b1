import ApusNumerics

/// The computation graph as text.
extension Tensor {
  /// The graph behind this tensor in Graphviz's language: operations as boxes, leaves as ellipses with their shapes, edges in
  /// the direction in which gradients flow.
  public func graphDescription() -> String {
    var lines = ["digraph backward {", "  node [shape=box];"]
    guard let root = node else {
      return (lines + ["  leaf [shape=ellipse, label=\"\(shape)\"];", "}"]).joined(separator: "\n")
    }
    var names: [ObjectIdentifier: String] = [:]
    var waiting = [root]
    var isExpanded = Set<ObjectIdentifier>()
    func name(_ object: AnyObject, _ prefix: String, _ label: @autoclosure () -> String, _ style: String) -> String {
      let key = ObjectIdentifier(object)
      if let known = names[key] { return known }
      let new = "\(prefix)\(names.count)"
      names[key] = new
      lines.append("  \(new) [\(style)label=\"\(label())\"];")
      return new
    }
    while let current = waiting.popLast() {
      guard isExpanded.insert(ObjectIdentifier(current)).inserted else { continue }
      let from = name(current, "n", current.name, "")
      for edge in current.edges {
        switch edge {
        case .none: continue
        case .leaf(let leaf):
          let to = name(leaf, "t", "leaf \(leaf.shape)", "shape=ellipse, ")
          lines.append("  \(from) -> \(to);")
        case .node(let next, _):
          lines.append("  \(from) -> \(name(next, "n", next.name, ""));")
          waiting.append(next)
        }
      }
    }
    return (lines + ["}"]).joined(separator: "\n")
  }
}
