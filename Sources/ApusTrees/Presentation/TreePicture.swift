/// A tree as a picture in SVG: leaves side by side, inner nodes above the middle of their children.
enum TreePicture {
  private static let lineHeight = 15
  private static let margin = 10
  private static let levelGap = 34

  private struct Box {
    var node: Int
    var depth: Int
    var parent: Int
    /// Centre, in columns.
    var centre = 0.0
    var lines: [String]
  }

  static func svg(_ tree: TreePresentation) -> String {
    var boxes = collect(tree)
    place(&boxes)
    let longest = boxes.flatMap(\.lines).map(\.count).max() ?? 0
    let width = max(longest * 7 + 16, 40)
    let height = (boxes.map(\.lines.count).max() ?? 1) * lineHeight + 10
    let columns = boxes.map(\.centre).max() ?? 0
    let depth = boxes.map(\.depth).max() ?? 0
    func x(_ box: Box) -> Int { margin + Int(box.centre * Double(width + 12)) }
    func y(_ box: Box) -> Int { margin + box.depth * (height + levelGap) }
    let total = (
      2 * margin + Int(columns * Double(width + 12)) + width, 2 * margin + depth * (height + levelGap) + height
    )
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(total.0)" height="\(total.1)" \
      viewBox="0 0 \(total.0) \(total.1)" font-family="Helvetica, Arial, sans-serif" font-size="12" text-anchor="middle">

      """
    for box in boxes where box.parent >= 0 {
      let parent = boxes[box.parent]
      text +=
        "<line x1=\"\(x(parent) + width / 2)\" y1=\"\(y(parent) + height)\" x2=\"\(x(box) + width / 2)\" "
        + "y2=\"\(y(box))\" stroke=\"#555555\"/>\n"
    }
    for box in boxes {
      let (red, green, blue) = box.lines == ["(...)"] ? (0xc0, 0xc0, 0xc0) : tree.colour(box.node)
      text +=
        "<rect x=\"\(x(box))\" y=\"\(y(box))\" width=\"\(width)\" height=\"\(height)\" rx=\"5\" "
        + "fill=\"rgb(\(red),\(green),\(blue))\" stroke=\"#333333\"/>\n"
      let first = y(box) + (height - box.lines.count * lineHeight) / 2 + 11
      for (index, line) in box.lines.enumerated() {
        text += "<text x=\"\(x(box) + width / 2)\" y=\"\(first + index * lineHeight)\">\(escaped(line))</text>\n"
      }
    }
    return text + "</svg>\n"
  }

  /// The nodes to show, each after its parent, left before right.
  private static func collect(_ tree: TreePresentation) -> [Box] {
    var boxes: [Box] = []
    var pending = [(node: tree.root, parent: -1, depth: 0)]
    while let (node, parent, depth) = pending.popLast() {
      let isCut = depth > tree.maxDepth
      boxes.append(Box(node: node, depth: depth, parent: parent, lines: isCut ? ["(...)"] : tree.description(node)))
      if isCut || tree.isLeaf(node) { continue }
      pending.append((tree.right(node), boxes.count - 1, depth + 1))
      pending.append((tree.left(node), boxes.count - 1, depth + 1))
    }
    return boxes
  }

  /// Boxes without children take columns from left to right; the others stand above the mean of theirs.
  private static func place(_ boxes: inout [Box]) {
    var children = [Int](repeating: 0, count: boxes.count)
    for box in boxes where box.parent >= 0 { children[box.parent] += 1 }
    var column = 0.0
    for index in boxes.indices where children[index] == 0 {
      boxes[index].centre = column
      column += 1
    }
    for index in boxes.indices.reversed() where boxes[index].parent >= 0 {
      boxes[boxes[index].parent].centre += boxes[index].centre / 2
    }
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}
