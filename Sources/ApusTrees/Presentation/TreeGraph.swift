/// A tree in the DOT language of Graphviz.
enum TreeGraph {
  static func dot(_ tree: TreePresentation) -> String {
    var text = """
      digraph Tree {
      node [shape=box, style="filled, rounded", color="black", fontname="helvetica"] ;
      edge [fontname="helvetica"] ;

      """
    var pending = [(node: tree.root, parent: -1, depth: 0)]
    while let (node, parent, depth) = pending.popLast() {
      let name = node - tree.root
      if depth > tree.maxDepth {
        text += "\(name) [label=\"(...)\", fillcolor=\"#C0C0C0\"] ;\n"
      } else {
        let label = tree.description(node).map(escaped).joined(separator: "\\n")
        let (red, green, blue) = tree.colour(node)
        text += "\(name) [label=\"\(label)\", fillcolor=\"#\(hex(red))\(hex(green))\(hex(blue))\"] ;\n"
      }
      if parent >= 0 {
        text += "\(parent - tree.root) -> \(name)"
        if parent == tree.root {
          let isLeft = node == tree.left(parent)
          text += " [labeldistance=2.5, labelangle=\(isLeft ? 45 : -45), headlabel=\"\(isLeft ? "True" : "False")\"]"
        }
        text += " ;\n"
      }
      if depth <= tree.maxDepth, !tree.isLeaf(node) {
        pending.append((tree.right(node), node, depth + 1))
        pending.append((tree.left(node), node, depth + 1))
      }
    }
    return text + "}\n"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if character == "\"" || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return result
  }

  private static func hex(_ byte: Int) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
