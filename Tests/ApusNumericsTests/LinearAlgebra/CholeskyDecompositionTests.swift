import Foundation
import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct CholeskyDecompositionTests {
    @Test(arguments: [1, 2, 7, 100, 192, 193, 300]) func reconstructs(n: Int) throws {
      for dtype in [DType.float64, .float32] {
        let b = try randomArray([n + 5, n], seed: 1, dtype: dtype)
        let a = try LinearAlgebra.gram(b)
        let result = try LinearAlgebra.cholesky(a)
        let lower = try Matrix(result.lower)
        let product = try Matrix(LinearAlgebra.matmul(result.lower, result.lower.transposed))
        #expect((product - (try Matrix(a))).largest < (dtype == .float32 ? 1e-5 : 1e-13) * Double(n))
        for i in 0..<n { #expect(lower[i, i] > 0 && (i + 1..<n).allSatisfy { lower[i, $0] == 0 }) }
        #expect(result.reciprocalCondition > 0 && result.reciprocalCondition <= 1)
      }
    }

    @Test func onlyTheLowerTriangleIsReadInEveryLayout() throws {
      let a = Matrix(positiveDefinite: 9, seed: 2)
      let expected = try Matrix(LinearAlgebra.cholesky(a.array()).lower)
      let half = Matrix(9, 9) { $1 > $0 ? 1e9 : a[$0, $1] }
      for layout in try half.layouts() {
        let lower = try Matrix(LinearAlgebra.cholesky(layout.array).lower)
        #expect(lower == expected, "\(layout.name)")
      }
    }

    @Test func conditionIsThatOfTheHilbertMatrix() throws {
      for golden in LinearAlgebraGolden.cases where golden.name.hasPrefix("hilbert") {
        let result = try LinearAlgebra.cholesky(golden.matrix)
        let ratio = result.reciprocalCondition * golden.oneCondition!
        #expect(ratio > 0.9 && ratio < 3, "\(golden.name)")
        #expect((result.logDeterminant - golden.logDeterminant!).magnitude < 1e-3)
        let x = try result.solve(NDArray(golden.b)).elements(as: Double.self)
        let error = zip(x, golden.solution).map { ($0 - $1).magnitude }.max()! / golden.solution.map(\.magnitude).max()!
        #expect(error < 10 * Double.ulpOfOne * golden.condition)
      }
    }

    @Test func solvesAndInverts() throws {
      for n in [1, 4, 250] {
        let a = try LinearAlgebra.gram(randomArray([2 * n, n], seed: 3))
        let factors = try LinearAlgebra.cholesky(a)
        let inverse = try factors.inverse()
        #expect(try Matrix(inverse) == Matrix(inverse.transposed))
        #expect((try Matrix(LinearAlgebra.matmul(a, inverse)) - .identity(n)).largest < 1e-9)
        let b = try randomArray([n, 2], seed: 4)
        #expect((try Matrix(LinearAlgebra.matmul(a, factors.solve(b))) - (try Matrix(b))).largest < 1e-9)
        let expected = try LinearAlgebra.signAndLogDeterminant(a).logarithm
        #expect((factors.logDeterminant - expected).magnitude < 1e-9 * (1 + expected.magnitude))
      }
    }

    @Test(arguments: [0, 100, 250]) func matricesThatAreNotPositiveDefiniteNameTheMinor(place: Int) throws {
      var a = Matrix.identity(300)
      a[place, place] = -1
      #expect(
        throws: ApusError.numericalFailure(
          reason: "a: not positive definite: its leading minor of order \(place + 1) is not positive")
      ) { try LinearAlgebra.cholesky(a.array()) }
      a[place, place] = 0
      #expect(throws: ApusError.self) { try LinearAlgebra.cholesky(a.array()) }
    }

    @Test func extremeScales() throws {
      for scale in [1e200, 1e-200, 1e300, 1e-300] {
        let a = Matrix(positiveDefinite: 5, seed: 5)
        let result = try LinearAlgebra.cholesky((a * scale).array())
        let lower = try Matrix(result.lower) * (1 / scale.squareRoot())
        #expect((lower * lower.transposed - a).largest < 1e-13)
        #expect(result.reciprocalCondition > 0.01)
      }
    }

    @Test func emptyAndBadInput() throws {
      let empty = try LinearAlgebra.cholesky(NDArray(zeros: [0, 0]))
      #expect(empty.lower.shape == [0, 0] && empty.logDeterminant == 0)
      #expect(try empty.inverse().shape == [0, 0])
      #expect(throws: ApusError.nonFiniteValue(name: "a", reason: "contains NaN, first at row 0, column 0")) {
        try LinearAlgebra.cholesky(NDArray(rows: [[Double.nan]]))
      }
      #expect(throws: ApusError.shapeMismatch(name: "a", reason: "has shape [2, 1], needs a square matrix")) {
        try LinearAlgebra.cholesky(NDArray(zeros: [2, 1]))
      }
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      for dtype in [DType.float32, .float64] {
        let a = try LinearAlgebra.gram(randomArray([900, 500], seed: 6, dtype: dtype))
        try expectSameBits {
          let factors = try LinearAlgebra.cholesky(a)
          return [factors.lower, try NDArray([factors.reciprocalCondition]), try factors.inverse()]
        }
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let a = try LinearAlgebra.gram(randomArray([500, 250], seed: 7))
      try expectSurvivesAllocationFailure("cholesky") {
        let factors = try LinearAlgebra.cholesky(a)
        _ = try factors.inverse()
        _ = try factors.solve(a)
      }
    }
  }
}
