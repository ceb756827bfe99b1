import Apus
import ExampleTable
import Foundation

/// Fits a random forest to a table, in Swift: `swift run SwiftForest penguins.csv`.
///
/// The first column of the file is the class, the others are features: numbers, words, or nothing where the value is
/// missing. Lines that start with '#' are comments.
@main struct SwiftForest {
  static func main() throws {
    let table = try Table(arguments: CommandLine.arguments)
    let (names, x, y) = (table.names, try table.x(), try table.y())
    let categorical = try NDArray(table.words.map { !$0.isEmpty })

    let forest = RandomForestClassifier {
      $0.forest.nEstimators = 200
      $0.forest.oobScore = true
      $0.growth.categoricalFeatures = .array(categorical)
    }
    let model = try forest.fit(x, y)
    print("\(table.rows.count) rows, accuracy out of bag \(String(format: "%.4f", try model.number("oob_score_")))")
    let importances = try model.array("feature_importances_").elements(as: Double.self)
    let shuffled = try PermutationImportance.compute(model, .dense(x), y, repeats: 3).importances
      .elements(as: Double.self)
    print("decrease in impurity, and mean fall of accuracy when shuffled three times")
    for (feature, name) in names.enumerated() {
      let fall = shuffled[(3 * feature)..<(3 * feature + 3)].reduce(0, +) / 3
      let padded = name.padding(toLength: 18, withPad: " ", startingAt: 0)
      print("  \(padded)" + String(format: " %8.4f %8.4f", importances[feature], fall))
    }
    let values = try model.apply(.init("shap_values"), to: .dense(try x.slice(0..<1)))
    print("SHAP values of the first row: shape \(values.shape)")
    let tree = DecisionTreeClassifier {
      $0.growth.maxDepth = 2
      $0.growth.categoricalFeatures = .array(categorical)
    }
    let arguments: [String: ParameterValue] = [
      "feature_names": .string(names.joined(separator: "\n")),
      "class_names": .string(table.classNames.joined(separator: "\n")),
    ]
    print(try tree.fit(x, y).text("export_text", arguments: arguments))
  }
}
