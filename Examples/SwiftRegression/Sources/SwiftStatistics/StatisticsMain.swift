import Apus
import Foundation

/// Compares the groups of a table in Swift: `swift run SwiftStatistics penguins.csv`.
///
/// The first field of a line names the group, the fifth and sixth are flipper length (mm) and body mass (g); lines that start with
/// '#' are comments, lines with empty fields are left out.
@main struct SwiftStatistics {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      print("usage: SwiftStatistics TABLE.csv")
      exit(2)
    }
    let lines = try String(contentsOfFile: CommandLine.arguments[1], encoding: .utf8).split(separator: "\n")
    var birds: [String: [(length: Double, mass: Double)]] = [:]
    for line in lines where !line.hasPrefix("#") {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count > 5, let length = Double(fields[4]), let mass = Double(fields[5]) else { continue }
      birds[String(fields[0]), default: []].append((length, mass))
    }
    let names = birds.keys.sorted()
    let masses = try names.map { name in try NDArray(birds[name, default: []].map(\.mass)) }

    let variance = try HypothesisTests.anovaOneWay(masses)
    print(
      String(
        format: "body mass by species: F(%.0f, %.0f) = %.2f, ln p = %.1f, eta squared %.3f", variance.degreesOfFreedom,
        variance.denominatorDegreesOfFreedom, variance.statistic, variance.logPValue, variance.effectSize))
    for pair in try HypothesisTests.tukeyHSD(masses) {
      let interval = pair.confidenceInterval
      print(
        "\(names[pair.first]) - \(names[pair.second]): "
          + String(
            format: "%.1f g (%.1f ... %.1f), p = %.3g", pair.difference, interval.lower, interval.upper, pair.pValue))
    }
    for name in names {
      let group = birds[name, default: []]
      let r = try Correlation.pearson(try NDArray(group.map(\.length)), try NDArray(group.map(\.mass)))
      print(name + String(format: ": flipper length and body mass, r = %.3f, p = %.3g", r.statistic, r.pValue))
    }
    let normal = try Distribution(.norm)
    for tail in [0.025, 5e-11, 5e-301] {
      print(String(format: "normal quantile beyond which lies %g: %.15g", tail, normal.isf(tail)))
    }
  }
}
