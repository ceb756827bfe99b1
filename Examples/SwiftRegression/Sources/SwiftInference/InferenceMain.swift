import Apus
import ExampleTable
import Foundation

/// Regression with inference in Swift: `swift run SwiftInference longley.csv spector.csv`.
///
/// The summary table, standard errors robust to unequal variances, intervals for new rows, and a generalised linear model. The
/// first column of a file is the target, the others are features; lines that start with '#' are comments.
@main struct SwiftInference {
  static func main() throws {
    guard CommandLine.arguments.count == 3 else {
      print("usage: SwiftInference LONGLEY.csv SPECTOR.csv")
      exit(2)
    }
    let longley = try Table(path: CommandLine.arguments[1])
    let spector = try Table(path: CommandLine.arguments[2])

    var line = LinearRegression { $0.inference = true }
    let model = try report(line, longley)
    try predict(model, longley, rows: 3)
    line.covarianceType = .HC3
    _ = try report(line, longley)

    let probit = try report(
      GLM {
        $0.family = .binomial
        $0.link = .probit
      }, spector)
    try predict(probit, spector, rows: 3)
  }

  /// Fits and prints the summary.
  static func report(_ estimator: some Estimator, _ table: Table) throws -> any FittedModel {
    let model = try estimator.fit(table.x(), table.y())
    let arguments: [String: ParameterValue] = [
      "xname": .string(table.names.joined(separator: "\n")), "yname": .string(table.target),
    ]
    print(try model.text("summary", arguments: arguments))
    return model
  }

  /// Predictions for the first rows with their intervals.
  static func predict(_ model: any FittedModel, _ table: Table, rows: Int) throws {
    let predictions = try model.apply(.predictionTable, to: .dense(table.x().slice(0..<rows)))
    let (width, values) = (predictions.shape[1], try predictions.elements(as: Double.self))
    print(["observed", "predicted", "std err", "lower", "upper"].map(padded).joined(separator: " "))
    for row in 0..<rows {
      let own = values[(row * width)..<(row * width + 4)].map { $0 }
      print(String(format: "%12.6g %12.6g %12.4g %12.6g %12.6g", table.targets[row], own[0], own[1], own[2], own[3]))
    }
    print("")
  }

  static func padded(_ text: String) -> String { String(repeating: " ", count: max(0, 12 - text.count)) + text }
}
