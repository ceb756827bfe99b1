import ApusModels
import ApusNumerics

/// One tree of a model as people look at it, with the names and numbers that all forms of it share.
///
/// Reports and their arguments: `export_text`, `export_graphviz`, `export_svg`. All take `tree` (which tree of an ensemble,
/// 0), `feature_names` and `class_names` (one name a line), `max_depth` (how deep to show) and `decimals`.
struct TreePresentation {
  let trees: TreeEnsemble
  let tree: Int
  /// Labels of the only output; nil where values are numbers, for which `class_names` is ignored.
  let classNames: [String]?
  let featureNames: [String]?
  let maxDepth: Int
  let decimals: Int
  /// The smallest and largest value of a node, for colours.
  private let span: (low: Double, high: Double)
  /// What ``TreeEnsemble/impurity`` holds: `impurity`, or `gain` in boosting.
  let measure: String

  static let reports = ["export_text", "export_graphviz", "export_svg"]

  /// - Parameters:
  ///   - classes: distinct labels of every output; empty for regression.
  init(
    _ trees: TreeEnsemble, classes: [NDArray], measure: String, arguments: [String: ParameterValue],
    defaultDepth: Int
  ) throws {
    self.trees = trees
    self.measure = measure
    tree = try TreePresentation.integer(arguments, "tree", 0, in: 0...max(trees.treeCount - 1, 0))
    maxDepth = try TreePresentation.integer(arguments, "max_depth", defaultDepth, in: 0...Int(Int32.max))
    decimals = try TreePresentation.integer(arguments, "decimals", 2, in: 0...17)
    var span = (low: Double.infinity, high: -Double.infinity)
    for node in trees.treeOffsets[tree]..<trees.treeOffsets[tree + 1] {
      span.low = min(span.low, trees.value[node * trees.valueCount])
      span.high = max(span.high, trees.value[node * trees.valueCount])
    }
    self.span = span
    featureNames = try TreePresentation.names(arguments, "feature_names", count: trees.featureCount)
    classNames =
      classes.count == 1
      ? try TreePresentation.names(arguments, "class_names", count: classes[0].count)
        ?? TreePresentation.labels(classes[0]) : nil
  }

  private static func integer(
    _ arguments: [String: ParameterValue], _ name: String, _ fallback: Int, in range: ClosedRange<Int>
  ) throws(ApusError) -> Int {
    switch arguments[name] ?? .none {
    case .none: return fallback
    case .int(let value):
      guard let number = Int(exactly: value), range.contains(number) else {
        throw .invalidArgument(name: name, reason: "\(value) is not in \(range.lowerBound)...\(range.upperBound)")
      }
      return number
    case let other: throw .unsupportedType(name: name, reason: "\(other) is not an int")
    }
  }

  private static func names(
    _ arguments: [String: ParameterValue], _ name: String, count: Int
  ) throws(ApusError) -> [String]? {
    switch arguments[name] ?? .none {
    case .none: return nil
    case .string(let text):
      let names = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard names.count == count else {
        throw .shapeMismatch(name: name, reason: "has \(names.count) names, the model has \(count)")
      }
      return names
    case let other: throw .unsupportedType(name: name, reason: "\(other) is not a string with one name a line")
    }
  }

  private static func labels(_ classes: NDArray) throws -> [String] {
    let numbers = try classes.converted(to: .float64).elements(as: Double.self)
    return numbers.map { Int64(exactly: $0).map { "\($0)" } ?? "\($0)" }
  }

  // MARK: Nodes. A node's index counts over all trees.

  var root: Int { trees.treeOffsets[tree] }
  func isLeaf(_ node: Int) -> Bool { trees.left[node] < 0 }
  func left(_ node: Int) -> Int { root + Int(trees.left[node]) }
  func right(_ node: Int) -> Int { left(node) + 1 }

  func featureName(_ node: Int, plain: (Int) -> String) -> String {
    let feature = Int(trees.feature[node])
    return featureNames?[feature] ?? plain(feature)
  }

  /// The test under which rows go left, and its opposite.
  func tests(_ node: Int, plain: (Int) -> String) -> (left: String, right: String) {
    let name = featureName(node, plain: plain)
    if trees.flags[node] & GrownTree.categorical != 0 {
      let members = categories(set: Int(trees.threshold[node])).map { "\($0)" }.joined(separator: ", ")
      return ("\(name) in {\(members)}", "\(name) not in {\(members)}")
    }
    if trees.threshold[node] == .infinity { return ("\(name) is present", "\(name) is missing") }
    let threshold = FixedDecimals.text(trees.threshold[node], decimals)
    return ("\(name) <= \(threshold)", "\(name) >  \(threshold)")
  }

  private func categories(set: Int) -> [Int] {
    let (start, end) = (Int(trees.setOffsets[set]), Int(trees.setOffsets[set + 1]))
    return (0..<((end - start) * 32)).filter { trees.setWords[start + $0 >> 5] >> UInt32($0 & 31) & 1 != 0 }
  }

  func values(_ node: Int) -> [Double] {
    (0..<trees.valueCount).map { trees.value[node * trees.valueCount + $0] }
  }

  /// Position of the largest value, the first of equals.
  func majority(_ node: Int) -> Int {
    let values = values(node)
    var best = 0
    for k in values.indices where values[k] > values[best] { best = k }
    return best
  }

  func list(_ numbers: [Double]) -> String {
    "[" + numbers.map { FixedDecimals.text($0, decimals) }.joined(separator: ", ") + "]"
  }

  /// Lines that describe a node: test, impurity, samples, value, class.
  func description(_ node: Int) -> [String] {
    var lines: [String] = []
    if !isLeaf(node) { lines.append(tests(node) { "x[\($0)]" }.left) }
    if !trees.impurity[node].isNaN, measure != "gain" || !isLeaf(node) {
      lines.append("\(measure) = \(FixedDecimals.text(trees.impurity[node], decimals))")
    }
    lines.append("samples = \(trees.sampleCount[node])")
    let values = values(node)
    lines.append("value = " + (values.count == 1 ? FixedDecimals.text(values[0], decimals) : list(values)))
    if let classNames, classNames.count == trees.valueCount { lines.append("class = \(classNames[majority(node)])") }
    return lines
  }

  /// Red, green and blue of a node: the hue is the class (one hue for numbers), the strength its certainty.
  func colour(_ node: Int) -> (Int, Int, Int) {
    let values = values(node)
    var hue = (0xe5, 0x81, 0x39)
    var strength = 0.0
    if classNames != nil {
      let sorted = values.sorted(by: >)
      hue = TreePresentation.hues[majority(node) % TreePresentation.hues.count]
      strength = sorted.count > 1 && sorted[1] < 1 ? (sorted[0] - sorted[1]) / (1 - sorted[1]) : 1
    } else {
      strength = span.high > span.low ? (values[0] - span.low) / (span.high - span.low) : 0
    }
    strength = strength.isFinite ? min(max(strength, 0), 1) : 0
    func mixed(_ part: Int) -> Int { Int((strength * Double(part) + (1 - strength) * 255).rounded()) }
    return (mixed(hue.0), mixed(hue.1), mixed(hue.2))
  }

  /// Hues far apart for colour-blind readers too (Okabe, Ito 2008).
  private static let hues = [
    (0xe6, 0x9f, 0x00), (0x56, 0xb4, 0xe9), (0x00, 0x9e, 0x73), (0xcc, 0x79, 0xa7), (0xd5, 0x5e, 0x00),
    (0x00, 0x72, 0xb2), (0xf0, 0xe4, 0x42),
  ]

  /// A report by name.
  static func text(
    _ name: String, _ trees: TreeEnsemble, classes: [NDArray], measure: String = "impurity",
    arguments: [String: ParameterValue]
  ) throws -> String {
    guard trees.treeCount > 0 else {
      throw ApusError.invalidArgument(name: "tree", reason: "the model has no trees")
    }
    let known = ["tree", "feature_names", "class_names", "max_depth", "decimals"]
    let further = name == "export_text" ? ["spacing", "show_weights"] : []
    for argument in arguments.keys where !(known + further).contains(argument) {
      throw ApusError.invalidArgument(
        name: argument,
        reason: "is not an argument of \(name)" + NearestName.suggestion(for: argument, in: known + further))
    }
    let presentation = try TreePresentation(
      trees, classes: classes, measure: measure, arguments: arguments,
      defaultDepth: name == "export_text" ? 10 : Int(Int32.max))
    switch name {
    case "export_text":
      let spacing = try integer(arguments, "spacing", 3, in: 1...100)
      guard case .bool(let showsWeights) = arguments["show_weights"] ?? .bool(false) else {
        throw ApusError.unsupportedType(name: "show_weights", reason: "is not a bool")
      }
      return TreeText.lines(presentation, spacing: spacing, showsWeights: showsWeights)
    case "export_graphviz": return TreeGraph.dot(presentation)
    case "export_svg": return TreePicture.svg(presentation)
    default:
      throw ApusError.invalidArgument(
        name: "name", reason: "'\(name)' is not a report" + NearestName.suggestion(for: name, in: reports))
    }
  }
}
