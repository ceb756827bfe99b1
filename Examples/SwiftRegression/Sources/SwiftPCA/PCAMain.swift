import Apus
import ExampleTable
import Foundation

/// Principal components of the standardised features of a table, in Swift: `swift run SwiftPCA wine.csv`.
///
/// The first column of the file is a class, the others are features; lines that start with '#' are comments.
@main struct SwiftPCA {
  static func main() throws {
    let table = try Table(arguments: CommandLine.arguments)
    let (names, x) = (table.names, try table.x())

    let estimator = PCA {
      $0.nComponents = 3
      $0.standardize = true
    }
    let model = try estimator.fit(x)
    let scree = try model.array("scree_").elements(as: Double.self)
    let loadings = try model.array("loadings_").elements(as: Double.self)
    print("component      variance     of total    cumulated")
    for k in 0..<3 {
      print(String(format: "%9d %13.6f %12.4f %12.4f", k + 1, scree[3 * k], scree[3 * k + 1], scree[3 * k + 2]))
    }
    print("loadings")
    for (j, name) in names.enumerated() {
      let padded = name.padding(toLength: 22, withPad: " ", startingAt: 0)
      print("  \(padded)\(three(loadings, from: 3 * j))")
    }
    let t = try model.transform(x.slice(0..<1)).elements(as: Double.self)
    print("first row\(three(t, from: 0))")
  }

  static func three(_ values: [Double], from start: Int) -> String {
    String(format: " %9.4f %9.4f %9.4f", values[start], values[start + 1], values[start + 2])
  }
}
