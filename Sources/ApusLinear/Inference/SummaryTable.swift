import ApusNumerics

/// The text of a model summary, in the layout statsmodels made known: a title, pairs of facts in two columns, the table of
/// coefficients, notes.
struct SummaryTable {
  private var lines: [String] = []
  private let nameWidth: Int
  private var width: Int { nameWidth + SummaryTable.columnWidths.reduce(0, +) }

  private static let columnWidths = [11, 11, 11, 11, 12, 12]

  /// - Parameter names: of the coefficients, which decide the width.
  init(title: String, names: [String]) {
    nameWidth = Swift.max(10, names.map(\.count).max() ?? 0)
    let space = Swift.max(0, width - title.count) / 2
    lines.append(String(repeating: " ", count: space) + title)
    rule("=")
  }

  mutating func rule(_ character: Character) { lines.append(String(repeating: character, count: width)) }

  /// Facts side by side: label and value; the shorter side is filled up.
  mutating func pairs(_ left: [(String, String)], _ right: [(String, String)]) {
    let half = (width - 3) / 2
    for index in 0..<Swift.max(left.count, right.count) {
      let first = index < left.count ? SummaryTable.pair(left[index], half) : String(repeating: " ", count: half)
      let second = index < right.count ? SummaryTable.pair(right[index], width - 3 - half) : ""
      lines.append(SummaryTable.trimmed(first + "   " + second))
    }
  }

  /// One line a coefficient: estimate, standard error, statistic, p-value, interval.
  ///
  /// - Parameter heading: stands above the names.
  mutating func coefficients(
    _ names: [String], _ inference: CoefficientInference, alpha: Double, heading: String = ""
  ) throws {
    let usesT = inference.reference != .normal
    let half = NumberText.general(alpha / 2, 6)
    let upper = NumberText.general(1 - alpha / 2, 6)
    row(heading, ["coef", "std err", usesT ? "t" : "z", usesT ? "P>|t|" : "P>|z|", "[" + half, upper + "]"])
    rule("-")
    let intervals = try inference.intervals(alpha).elements(as: Double.self)
    let (errors, statistics, pValues) = (inference.standardErrors, inference.statistics, inference.pValues)
    for index in 0..<inference.count {
      row(
        index < names.count ? names[index] : "",
        [
          NumberText.long(inference.estimates[index]), NumberText.short(errors[index]),
          NumberText.fixed(statistics[index], 3), NumberText.fixed(pValues[index], 3),
          NumberText.short(intervals[2 * index]), NumberText.short(intervals[2 * index + 1]),
        ])
    }
    rule("=")
  }

  mutating func notes(_ notes: [String]) {
    if notes.isEmpty { return }
    lines.append("")
    lines.append("Notes:")
    for (index, note) in notes.enumerated() { lines.append("[\(index + 1)] \(note)") }
  }

  /// A line of its own.
  mutating func line(_ text: String) { lines.append(text) }

  var text: String { lines.joined(separator: "\n") + "\n" }

  private mutating func row(_ name: String, _ cells: [String]) {
    var line = name + String(repeating: " ", count: Swift.max(0, nameWidth - name.count))
    for (cell, width) in zip(cells, SummaryTable.columnWidths) {
      line += String(repeating: " ", count: Swift.max(1, width - cell.count)) + cell
    }
    lines.append(line)
  }

  private static func pair(_ pair: (String, String), _ width: Int) -> String {
    pair.0 + String(repeating: " ", count: Swift.max(1, width - pair.0.count - pair.1.count)) + pair.1
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  /// Names of the coefficients: those given, of the features or of the constant and the features, else const, x1, x2, …
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for another number of names.
  static func names(_ given: [String]?, features: Int, intercept: Bool) throws(ApusError) -> [String] {
    let constant = intercept ? ["const"] : []
    guard let given else { return constant + (0..<features).map { "x\($0 + 1)" } }
    if given.count == features { return constant + given }
    guard intercept, given.count == features + 1 else {
      throw .invalidArgument(name: "xname", reason: "holds \(given.count) names for \(features) features")
    }
    return given
  }
}
