import Foundation
import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct LinearSolveTests {
    private func relativeError(_ x: NDArray, _ expected: [Double]) throws -> Double {
      let values = try x.converted(to: .float64).elements(as: Double.self)
      let size = expected.reduce(0) { Swift.max($0, $1.magnitude) }
      return zip(values, expected).reduce(0) { Swift.max($0, ($1.0 - $1.1).magnitude / size) }
    }

    /// Refinement with precise residuals: full accuracy at conditions up to 5e14.
    @Test(arguments: LinearAlgebraGolden.cases.filter(\.isSquare)) func solutionsAreAccurate(
      _ golden: LinearAlgebraGolden
    ) throws {
      let x = try LinearAlgebra.solve(golden.matrix, NDArray(golden.b))
      #expect(try relativeError(x, golden.solution) < 4e-16)
      let (sign, logarithm) = try LinearAlgebra.signAndLogDeterminant(golden.matrix)
      #expect(sign == golden.determinantSign)
      let perturbation = golden.name == "scaled-rows" ? 1 : golden.condition
      #expect((logarithm - golden.logDeterminant!).magnitude < 1e-13 + 4 * Double.ulpOfOne * perturbation)
      let inverse = try LinearAlgebra.inverse(golden.matrix)
      #expect(try relativeError(inverse, golden.inverse!) < 1e-15)
      // An estimate of a norm is a lower bound, so the condition may come out smaller, hardly ever by more than three.
      if golden.name != "scaled-rows" {
        let reciprocal = try LinearAlgebra.lu(golden.matrix).reciprocalCondition
        #expect(reciprocal * golden.oneCondition! > 0.5 && reciprocal * golden.oneCondition! < 100)
        let condition = try LinearAlgebra.condition(golden.matrix, .one)
        #expect((condition / golden.oneCondition! - 1).magnitude < 1e-12)
      }
    }

    @Test(arguments: [1, 2, 5, 40, 128, 129, 300]) func residualsAreSmall(n: Int) throws {
      for dtype in [DType.float64, .float32] {
        let a = try randomArray([n, n], seed: 1, dtype: dtype)
        let b = try randomArray([n, 20], seed: 2, dtype: dtype)
        for right in [try b.slice(0..<1, axis: 1), b] {
          let x = try LinearAlgebra.solve(a, right)
          let product = try Matrix(LinearAlgebra.matmul(a, x))
          let epsilon = dtype == .float32 ? 1e-6 : 1e-15
          #expect(try (product - Matrix(right)).largest < epsilon * Double(n) * (1 + Matrix(x).largest), "\(n)")
        }
        let inverse = try LinearAlgebra.inverse(a)
        let identity = try Matrix(LinearAlgebra.matmul(a, inverse))
        #expect((identity - .identity(n)).largest < (dtype == .float32 ? 1e-2 : 1e-10))
      }
    }

    @Test func determinantsAreThoseOfThePermutationFormula() throws {
      #expect(try LinearAlgebra.determinant(NDArray(rows: [[1.0, 2], [3, 4]])) == -2)
      #expect(try LinearAlgebra.determinant(NDArray(rows: [[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])) == 1)
      #expect(try LinearAlgebra.determinant(NDArray(rows: [[0.0, 1], [1, 0]])) == -1)
      #expect(try LinearAlgebra.determinant(NDArray(rows: [[1.0, 2], [2, 4]])) == 0)
      #expect(try LinearAlgebra.determinant(NDArray(zeros: [0, 0])) == 1)
      #expect(try LinearAlgebra.determinant(NDArray(zeros: [3, 3])) == 0)
      let (sign, logarithm) = try LinearAlgebra.signAndLogDeterminant(NDArray(zeros: [3, 3]))
      #expect(sign == 0 && logarithm == -.infinity)
      #expect(try LinearAlgebra.determinant(NDArray(rows: [[2, 0], [0, 3]] as [[Int64]])) == 6)
    }

    @Test func determinantsOutOfRangeHaveTheirLogarithm() throws {
      for scale in [1e200, 1e-200] {
        let matrix = try (Matrix.identity(5) * scale).array()
        let (sign, logarithm) = try LinearAlgebra.signAndLogDeterminant(matrix)
        #expect(sign == 1 && (logarithm / (5 * log(scale)) - 1).magnitude < 1e-15)
        #expect(try LinearAlgebra.determinant(matrix) == (scale > 1 ? .infinity : 0))
      }
      let mixed = try Matrix.diagonal([1e200, 1e200, 1e-200, 1e-200, 2]).array()
      #expect((try LinearAlgebra.determinant(mixed) / 2 - 1).magnitude < 1e-14)
    }

    @Test func extremeScalesAreSolved() throws {
      let base = Matrix(random: 6, 6, seed: 3)
      let x = Matrix(random: 6, 1, seed: 4)
      let b = base * x
      for (left, right) in [
        (1e200, 1e200), (1e-200, 1e-200), (1e-290, 1e-290), (1e300, 1e300), (1, 1e300), (1e150, 1e-100),
      ] {
        let solution = try Matrix(LinearAlgebra.solve((base * left).array(), (b * right).array()))
        #expect((solution * (left / right) - x).largest < 1e-12, "\(left) \(right)")
      }
      #expect(throws: ApusError.numericalFailure(reason: "a: too close to singular: the solution overflows")) {
        try LinearAlgebra.solve(NDArray(rows: [[1e-200]]), NDArray([1e200]))
      }
    }

    @Test func singularMatricesAreErrors() throws {
      #expect(
        throws: ApusError.numericalFailure(reason: "a: singular: pivot 2 of its LU factorisation is zero")
      ) { try LinearAlgebra.solve(NDArray(rows: [[1.0, 2], [2, 4]]), NDArray([1.0, 2])) }
      #expect(throws: ApusError.self) { try LinearAlgebra.inverse(NDArray(zeros: [200, 200])) }
      #expect(try LinearAlgebra.lu(NDArray(zeros: [2, 2])).reciprocalCondition == 0)
      #expect(try LinearAlgebra.condition(NDArray(zeros: [2, 2]), .one) == .infinity)
    }

    @Test func shapesAndTypes() throws {
      #expect(try LinearAlgebra.solve(NDArray(zeros: [0, 0]), NDArray(zeros: [0, 2])).shape == [0, 2])
      #expect(try LinearAlgebra.solve(NDArray(zeros: [0, 0]), NDArray(zeros: [0])).shape == [0])
      #expect(try LinearAlgebra.inverse(NDArray(zeros: [0, 0])).shape == [0, 0])
      #expect(try LinearAlgebra.solve(Matrix.identity(3).array(), NDArray(zeros: [3, 0])).shape == [3, 0])
      #expect(throws: ApusError.shapeMismatch(name: "a", reason: "has shape [2, 3], needs a square matrix")) {
        try LinearAlgebra.solve(NDArray(zeros: [2, 3]), NDArray(zeros: [2]))
      }
      #expect(throws: ApusError.shapeMismatch(name: "b", reason: "has shape [3], needs 2 rows")) {
        try LinearAlgebra.solve(Matrix.identity(2).array(), NDArray(zeros: [3]))
      }
      #expect(throws: ApusError.nonFiniteValue(name: "b", reason: "contains infinity (inf), first at row 1")) {
        try LinearAlgebra.solve(Matrix.identity(2).array(), NDArray([1, Double.infinity]))
      }
      let mixed = try LinearAlgebra.solve(Matrix.identity(2).array(.float32), NDArray([1.0, 2]))
      #expect(mixed.dtype == .float64)
    }

    @Test func triangularSystems() throws {
      for n in [1, 5, 200] {
        var triangle = Matrix(random: n, n, seed: 5) * (1 / Double(n))
        for i in 0..<n { triangle[i, i] += 2 }
        let b = Matrix(random: n, 3, seed: 6)
        for (lower, transposed, unit) in [
          (true, false, false), (false, false, false), (true, true, true), (false, true, false),
        ] {
          let used = Matrix(n, n) { i, j in
            i == j ? (unit ? 1 : triangle[i, j]) : (lower ? i > j : i < j) ? triangle[i, j] : 0
          }
          for layout in try triangle.layouts() {
            let x = try Matrix(
              LinearAlgebra.solveTriangular(
                layout.array, b.array(), lower: lower, transposed: transposed, unitDiagonal: unit))
            #expect(((transposed ? used.transposed : used) * x - b).largest < 1e-12, "\(n) \(layout.name)")
          }
        }
      }
      #expect(throws: ApusError.numericalFailure(reason: "a: singular: element 1 of its diagonal is zero")) {
        try LinearAlgebra.solveTriangular(NDArray(rows: [[1.0, 2], [2, 0]]), NDArray([1.0, 2]), lower: true)
      }
    }

    @Test func layoutsAgree() throws {
      let a = Matrix(random: 7, 7, seed: 7)
      let b = Matrix(random: 7, 2, seed: 8)
      let expected = try Matrix(LinearAlgebra.solve(a.array(), b.array()))
      for left in try a.layouts() {
        for right in try b.layouts() {
          #expect(try Matrix(LinearAlgebra.solve(left.array, right.array)) == expected, "\(left.name) \(right.name)")
        }
      }
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      let a = try randomArray([320, 320], seed: 9)
      let b = try randomArray([320, 100], seed: 10)
      try expectSameBits {
        [try LinearAlgebra.solve(a, b), try LinearAlgebra.inverse(a), try NDArray([LinearAlgebra.determinant(a)])]
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let a = try randomArray([300, 300], seed: 11)
      let b = try randomArray([300], seed: 12)
      try expectSurvivesAllocationFailure("solve") { _ = try LinearAlgebra.solve(a, b) }
      try expectSurvivesAllocationFailure("inverse") { _ = try LinearAlgebra.inverse(a) }
      try expectSurvivesAllocationFailure("determinant") { _ = try LinearAlgebra.determinant(a) }
      try expectSurvivesAllocationFailure("triangular") { _ = try LinearAlgebra.solveTriangular(a, b, lower: true) }
    }
  }
}
