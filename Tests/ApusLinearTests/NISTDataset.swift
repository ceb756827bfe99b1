import ApusNumerics
import Foundation

@testable import ApusLinear

/// A certified linear regression of NIST's Statistical Reference Datasets (public domain), from Tests/Golden/nist.
struct NISTDataset {
  /// B0, B1, …, without B0 for models through the origin.
  var coefficients: [Double] = []
  var deviations: [Double] = []
  var residualDeviation = 0.0
  var rSquared = 0.0
  var hasIntercept = true
  var rows: [[Double]] = []

  init(_ name: String) throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/nist/\(name).dat")
    let lines = try String(contentsOf: url, encoding: .utf8).components(separatedBy: .newlines)
    var inData = false
    for (index, line) in lines.enumerated() {
      let words = line.split(separator: " ").map(String.init)
      if inData {
        let numbers = words.compactMap { Double($0) }
        if !numbers.isEmpty { rows.append(numbers) }
      } else if words.count == 3, words[0].hasPrefix("B"), Int(words[0].dropFirst()) != nil {
        if coefficients.isEmpty { hasIntercept = words[0] == "B0" }
        coefficients.append(Double(words[1])!)
        deviations.append(Double(words[2])!)
      } else if words.count == 3, words[0] == "Standard", words[1] == "Deviation", residualDeviation == 0 {
        residualDeviation = Double(words[2])!
      } else if words.first == "R-Squared" {
        rSquared = Double(words[1])!
      } else if words.first == "Data:", words.contains("y"), words.contains(where: { $0.hasPrefix("x") }), index > 50 {
        inData = true
      }
    }
  }

  /// Powers of the one predictor up to the number of coefficients, or the predictors themselves.
  func features() throws -> NDArray {
    let p = coefficients.count - (hasIntercept ? 1 : 0)
    if rows[0].count - 1 == p { return try NDArray(rows: rows.map { Array($0.dropFirst()) }) }
    return try NDArray(rows: rows.map { row in (1...p).map { NISTDataset.power(row[1], $0) } })
  }

  func targets() throws -> NDArray { try NDArray(rows.map { $0[0] }) }

  static func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1.0) { product, _ in product * x } }
}

/// Certified digits: −log₁₀ of the relative error, at most 16.
func digits(_ value: Double, _ certified: Double) -> Double {
  let error = certified == 0 ? abs(value) : abs(value - certified) / abs(certified)
  return error == 0 ? 16 : min(16, -log10(error))
}
