import Apus
import ExampleTable
import Foundation

/// Fits least squares, the pseudo-inverse's solution and ridge to a table, in Swift: `swift run SwiftRegression longley.csv`.
///
/// The first column of the file is the target, the others are features; lines that start with '#' are comments.
@main struct SwiftRegression {
  static func main() throws {
    let table = try Table(arguments: CommandLine.arguments)
    let (names, x, y) = (table.names, try table.x(), try table.y())

    try report("ordinary least squares", LinearRegression(), names, x, y)
    let design = try NDArray(rows: table.rows.map { $0 + [1] })
    let solution = try LinearAlgebra.matmul(LinearAlgebra.pseudoInverse(design), y)
    print("pseudo-inverse")
    for (name, value) in zip(names + ["intercept"], try solution.elements(as: Double.self)) { print(line(name, value)) }
    try report("ridge, alpha = 1", Ridge { $0.alpha = 1 }, names, x, y)
  }

  static func report(_ title: String, _ estimator: some Estimator, _ names: [String], _ x: NDArray, _ y: NDArray) throws
  {
    let model = try estimator.fit(x, y)
    let coefficients = try model.array("coef_").elements(as: Double.self)
    print(title)
    for (name, value) in zip(names, coefficients) { print(line(name, value)) }
    print(line("intercept", try model.number("intercept_")))
    print(line("R2", try model.score(x, y)))
  }

  /// The number in decimal and to the last bit.
  static func line(_ name: String, _ value: Double) -> String {
    let padded = name.padding(toLength: 10, withPad: " ", startingAt: 0)
    return "  \(padded) " + String(format: "%22.13g  %a", value, value)
  }
}
