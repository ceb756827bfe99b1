import Foundation

@testable import ApusNumerics

/// A case of Tests/Golden/linalg/linalg.json: a matrix with answers computed to 400 digits.
struct LinearAlgebraGolden: Decodable, Sendable, CustomStringConvertible {
  let name: String
  let rows: Int
  let columns: Int
  let a: [Double]
  let b: [Double]
  let solution: [Double]
  let singularValues: [Double]
  let determinantSign: Double?
  let logDeterminant: Double?
  let inverse: [Double]?
  let oneCondition: Double?
  let eigenvalues: [Double]?
  let residualSumOfSquares: Double?
  let pseudoInverse: [Double]?

  var description: String { name }
  var isSquare: Bool { rows == columns }
  var matrix: NDArray { get throws { try NDArray(a, shape: [rows, columns]) } }
  var condition: Double { singularValues[0] / singularValues[singularValues.count - 1] }

  static let cases: [LinearAlgebraGolden] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Golden/linalg/linalg.json")
    do {
      return try JSONDecoder().decode([LinearAlgebraGolden].self, from: Data(contentsOf: file))
    } catch {
      fatalError("\(file.path): \(error)")
    }
  }()
}
