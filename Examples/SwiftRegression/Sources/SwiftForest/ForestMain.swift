import Apus
import Foundation

/// Fits a random forest to a table, in Swift: `swift run SwiftForest penguins.csv`.
///
/// The first column of the file is the class, the others are features: numbers, words (numbered as they come), or nothing
/// where the value is missing. Lines that start with '#' are comments.
@main struct SwiftForest {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      print("usage: SwiftForest TABLE.csv")
      exit(2)
    }
    let lines = try String(contentsOfFile: CommandLine.arguments[1], encoding: .utf8)
      .split(separator: "\n").filter { !$0.hasPrefix("#") }
    let names = lines[0].split(separator: ",").dropFirst().map(String.init)
    let fields = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    var words: [String] = []
    func number(_ word: String) -> Double {
      if word.isEmpty { return .nan }
      if let value = Double(word) { return value }
      if !words.contains(word) { words.append(word) }
      return Double(words.firstIndex(of: word) ?? 0)
    }
    let y = try NDArray(fields.map { Int64(number($0[0])) })
    let x = try NDArray(rows: fields.map { $0.dropFirst().map(number) })

    let forest = RandomForestClassifier {
      $0.forest.nEstimators = 200
      $0.forest.oobScore = true
    }
    let model = try forest.fit(x, y)
    print("\(fields.count) rows, accuracy out of bag \(try model.number("oob_score_"))")
    let importances = try model.array("feature_importances_").elements(as: Double.self)
    let shuffled = try PermutationImportance.compute(model, .dense(x), y, repeats: 3).importances
      .elements(as: Double.self)
    for (feature, name) in names.enumerated() {
      let fall = shuffled[(3 * feature)..<(3 * feature + 3)].reduce(0, +) / 3
      let padded = name.padding(toLength: 18, withPad: " ", startingAt: 0)
      print("  \(padded)" + String(format: " %8.4f %8.4f", importances[feature], fall))
    }
    let values = try model.apply(.init("shap_values"), to: .dense(try x.slice(0..<1)))
    print("SHAP values of the first row: shape \(values.shape)")
    let tree = DecisionTreeClassifier { $0.growth.maxDepth = 2 }
    let list = ParameterValue.string(names.joined(separator: "\n"))
    print(try tree.fit(x, y).text("export_text", arguments: ["feature_names": list]))
  }
}
