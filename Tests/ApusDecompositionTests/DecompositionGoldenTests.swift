import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusDecomposition

/// Values of scikit-learn and SciPy: see Tests/Golden/decomposition/generate.py.
struct DecompositionGolden: Decodable, CustomTestStringConvertible, Sendable {
  let name: String
  let rows: Int
  let x: [Double]
  let singularValues: [Double]
  let explainedVariance: [Double]
  let count: Int
  let projector: [Double]
  let noiseVariance: Double
  let gamma: Double
  let kernelEigenvalues: [Double]

  var testDescription: String { name }

  func matrix() throws -> NDArray { try NDArray(x, shape: [rows, x.count / rows]) }

  static let cases: [DecompositionGolden] = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/decomposition/decomposition.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? decoder.decode([DecompositionGolden].self, from: data)) ?? []
  }()
}

@Suite struct DecompositionGoldenTests {
  @Test func filesAreThere() { #expect(DecompositionGolden.cases.count == 6) }

  @Test(arguments: DecompositionGolden.cases) func values(_ golden: DecompositionGolden) throws {
    let x = try golden.matrix()
    let size = golden.singularValues[0]
    #expect(distance(try LinearAlgebra.singularValues(x).numbers(), golden.singularValues) < 1e-14 * size)
    let largest = golden.explainedVariance[0]
    for solver in PCA.Solver.allCases {
      let all = try PCA { $0.svdSolver = solver }.fit(x)
      #expect(distance(try all.numbers("explained_variance_"), golden.explainedVariance) < 1e-13 * largest, "\(solver)")
      let some = try PCA {
        $0.svdSolver = solver
        $0.nComponents = .int(Int64(golden.count))
      }.fit(x)
      let v = try some.array("components_")
      // Four power iterations leave something over where singular values fall slowly.
      let (tolerance, noise) = solver == .randomized && golden.name == "Kahan" ? (1e-2, 1e-4) : (1e-11, 1e-12)
      #expect(distance(try LinearAlgebra.matmul(v.transposed, v).numbers(), golden.projector) < tolerance, "\(solver)")
      #expect(try (some.number("noise_variance_") - golden.noiseVariance).magnitude < noise * largest, "\(solver)")
    }
    let kernel = try KernelPCA {
      $0.nComponents = 3
      $0.kernel = .rbf
      $0.gamma = golden.gamma
    }.fit(x)
    #expect(
      distance(try kernel.numbers("eigenvalues_"), golden.kernelEigenvalues) < 1e-12 * golden.kernelEigenvalues[0])
  }
}
