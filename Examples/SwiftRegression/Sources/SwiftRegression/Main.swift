import Apus
import Foundation

/// Fits least squares, the pseudo-inverse's solution and ridge to a table, in Swift: `swift run SwiftRegression longley.csv`.
///
/// The first column of the file is the target, the others are features; lines that start with '#' are comments.
@main struct SwiftRegression {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      print("usage: SwiftRegression TABLE.csv")
      exit(2)
    }
    let lines = try String(contentsOfFile: CommandLine.arguments[1], encoding: .utf8)
      .split(separator: "\n").filter { !$0.hasPrefix("#") }
    let names = lines[0].split(separator: ",").dropFirst().map(String.init)
    let table = lines.dropFirst().map { $0.split(separator: ",").compactMap { Double($0) } }
    let x = try NDArray(rows: table.map { Array($0.dropFirst()) })
    let y = try NDArray(table.map { $0[0] })

    try report("ordinary least squares", LinearRegression(), names, x, y)
    let design = try NDArray(rows: table.map { Array($0.dropFirst()) + [1] })
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
