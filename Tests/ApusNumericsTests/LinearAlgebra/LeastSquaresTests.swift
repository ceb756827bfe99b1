import Foundation
import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct LeastSquaresTests {
    @Test(arguments: LinearAlgebraGolden.cases.filter { !$0.isSquare }) func solutionsAreAccurate(
      _ golden: LinearAlgebraGolden
    ) throws {
      let result = try LinearAlgebra.leastSquares(golden.matrix, NDArray(golden.b))
      #expect(result.rank == golden.columns)
      let x = try result.x.elements(as: Double.self)
      let size = golden.solution.map(\.magnitude).max()!
      let error = zip(x, golden.solution).map { ($0 - $1).magnitude }.max()! / size
      // Wedin's bound: condition, and its square times the relative residual.
      let residual = golden.residualSumOfSquares!.squareRoot() / (golden.singularValues[0] * size)
      #expect(error < 20 * Double.ulpOfOne * (golden.condition + golden.condition * golden.condition * residual))
      let sum = try result.residualSumsOfSquares.elements(as: Double.self)[0]
      #expect(
        (sum - golden.residualSumOfSquares!).magnitude < 1e-12 * (1 + golden.residualSumOfSquares!) * golden.condition)
      let inverse = try LinearAlgebra.pseudoInverse(golden.matrix).elements(as: Double.self)
      let inverseSize = golden.pseudoInverse!.map(\.magnitude).max()!
      let inverseError = zip(inverse, golden.pseudoInverse!).map { ($0 - $1).magnitude }.max()! / inverseSize
      #expect(inverseError < 20 * Double.ulpOfOne * golden.condition)
    }

    /// Penrose's four conditions, for every shape, rank and scale.
    @Test func thePseudoInverseIsMooreAndPenroses() throws {
      for (name, matrix) in Matrix.zoo() where matrix.largest > 1e-305 || matrix.largest == 0 {
        let inverse = try Matrix(LinearAlgebra.pseudoInverse(matrix.array()))
        // In units in which both are near 1.
        let unit = matrix.largest == 0 ? 1 : Double(sign: .plus, exponent: matrix.largest.exponent, significand: 1)
        let (a, g) = (matrix * (1 / unit), inverse * unit)
        #expect(g.rows == a.columns && g.columns == a.rows)
        let bound = 1e-13 * Swift.max(1, g.largest) * Double(Swift.max(a.rows, a.columns))
        let (left, right) = (a * g, g * a)
        #expect((left * a - a).largest < bound, "A G A = A: \(name)")
        #expect((right * g - g).largest < bound * Swift.max(1, g.largest), "G A G = G: \(name)")
        #expect((left - left.transposed).largest < bound, "A G symmetric: \(name)")
        #expect((right - right.transposed).largest < bound, "G A symmetric: \(name)")
      }
    }

    @Test func theSolutionHasTheLeastNorm() throws {
      for (m, n, rank) in [(30, 12, 12), (30, 12, 5), (12, 30, 12), (12, 30, 5), (400, 9, 4), (1, 5, 1), (5, 1, 1)] {
        let a = Matrix.lowRank(m, n, rank: rank, seed: 1)
        let b = Matrix(random: m, 3, seed: 2)
        for layout in try a.layouts() {
          let result = try LinearAlgebra.leastSquares(layout.array, b.array())
          #expect(result.rank == rank, "\(m) x \(n): \(layout.name)")
          let x = try Matrix(result.x)
          let residual = a * x - b
          #expect((a.transposed * residual).largest < 1e-9, "normal equations")
          // In the row space: orthogonal to every null vector.
          let projector = try Matrix(LinearAlgebra.pseudoInverse(a.array())) * a
          #expect((projector * x - x).largest < 1e-9 * (1 + x.largest), "row space")
          let sums = try result.residualSumsOfSquares.elements(as: Double.self)
          for k in 0..<3 {
            let expected = (0..<m).reduce(0.0) { $0 + residual[$1, k] * residual[$1, k] }
            #expect((sums[k] - expected).magnitude < 1e-10 * (1 + expected))
          }
        }
      }
    }

    @Test func extremeScales() throws {
      let a = Matrix(random: 8, 3, seed: 3)
      let x = Matrix(random: 3, 1, seed: 4)
      let b = a * x
      for (left, right) in [(1e200, 1e200), (1e-200, 1e-200), (1e-300, 1e-300), (1e300, 1.0), (1e-150, 1e150)] {
        let result = try LinearAlgebra.leastSquares((a * left).array(), (b * right).array())
        #expect(((try Matrix(result.x)) * (left / right) - x).largest < 1e-12, "\(left) \(right)")
        #expect(try result.residualSumsOfSquares.elements(as: Double.self).allSatisfy { !$0.isNaN })
      }
      #expect(throws: ApusError.numericalFailure(reason: "a: too close to singular: the solution overflows")) {
        try LinearAlgebra.leastSquares((a * 1e-200).array(), (b * 1e200).array())
      }
    }

    @Test func ranksAndTolerances() throws {
      #expect(try LinearAlgebra.rank(Matrix.lowRank(20, 9, rank: 4, seed: 5).array()) == 4)
      #expect(try LinearAlgebra.rank(Matrix.lowRank(9, 300, rank: 4, seed: 5).array(.float32)) == 4)
      #expect(try LinearAlgebra.rank(NDArray(zeros: [3, 4])) == 0)
      #expect(try LinearAlgebra.rank(NDArray(zeros: [0, 4])) == 0)
      let diagonal = try Matrix.diagonal([1, 1e-3, 1e-6]).array()
      #expect(try LinearAlgebra.rank(diagonal) == 3)
      #expect(try LinearAlgebra.rank(diagonal, relativeTolerance: 1e-4) == 2)
      #expect(try LinearAlgebra.rank(diagonal, relativeTolerance: .infinity) == 0)
      #expect(
        try LinearAlgebra.leastSquares(diagonal, NDArray([1.0, 1, 1]), relativeTolerance: 1e-4).x.elements(
          as: Double.self)[2] == 0)
      for tolerance in [-1, Double.nan] {
        #expect(throws: ApusError.self) { try LinearAlgebra.rank(diagonal, relativeTolerance: tolerance) }
      }
    }

    @Test func norms() throws {
      let a = try NDArray(rows: [[1.0, -2], [3, 4], [0, 0]])
      #expect((try LinearAlgebra.norm(a) - 30.0.squareRoot()).magnitude < 1e-15)
      #expect(try LinearAlgebra.norm(a, .one) == 6)
      #expect(try LinearAlgebra.norm(a, .infinity) == 7)
      let (s, t) = (5.116672736016927, 1.9543950758485478)
      #expect((try LinearAlgebra.norm(a, .spectral) - s).magnitude < 4e-15)
      #expect((try LinearAlgebra.norm(a, .nuclear) - s - t).magnitude < 4e-15)
      for scale in [1e250, 1e-250] {
        for kind in [MatrixNorm.frobenius, .one, .infinity, .spectral, .nuclear] {
          let scaled = try LinearAlgebra.norm((Matrix(a) * scale).array(), kind)
          #expect((scaled / scale / (try LinearAlgebra.norm(a, kind)) - 1).magnitude < 1e-14)
        }
      }
      #expect(try LinearAlgebra.norm(NDArray(zeros: [0, 3])) == 0)
      #expect(try LinearAlgebra.condition(NDArray(zeros: [2, 2])) == .infinity)
      #expect(try LinearAlgebra.condition(Matrix.identity(4).array()) == 1)
    }

    @Test func emptySystems() throws {
      let noRows = try LinearAlgebra.leastSquares(NDArray(zeros: [0, 3]), NDArray(zeros: [0]))
      #expect(noRows.rank == 0)
      #expect(try noRows.x.elements(as: Double.self) == [0, 0, 0])
      let noColumns = try LinearAlgebra.leastSquares(NDArray(zeros: [3, 0]), NDArray([1.0, 2, 3]))
      #expect(noColumns.x.shape == [0])
      #expect(try noColumns.residualSumsOfSquares.elements(as: Double.self) == [14])
      #expect(try LinearAlgebra.pseudoInverse(NDArray(zeros: [0, 3])).shape == [3, 0])
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      let a = try randomArray([4000, 15], seed: 6)
      let b = try randomArray([4000, 2], seed: 7)
      try expectSameBits {
        let result = try LinearAlgebra.leastSquares(a, b)
        return [result.x, result.residualSumsOfSquares, try LinearAlgebra.pseudoInverse(a)]
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let a = try randomArray([300, 4], seed: 8)
      let b = try randomArray([300], seed: 9)
      try expectSurvivesAllocationFailure("leastSquares") { _ = try LinearAlgebra.leastSquares(a, b) }
      try expectSurvivesAllocationFailure("pseudoInverse") { _ = try LinearAlgebra.pseudoInverse(a) }
      try expectSurvivesAllocationFailure("norm") { _ = try LinearAlgebra.norm(a, .one) }
      let square = try a.slice(0..<4)
      try expectSurvivesAllocationFailure("condition") { _ = try LinearAlgebra.condition(square, .infinity) }
    }
  }
}
