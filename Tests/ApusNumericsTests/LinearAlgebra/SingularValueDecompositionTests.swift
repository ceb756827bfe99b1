import Foundation
import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct SingularValueDecompositionTests {
    private func check(
      _ factors: SingularValueDecomposition, of matrix: Matrix, epsilon: Double, _ name: String
    ) throws {
      let (u, v) = (try Matrix(factors.u), try Matrix(factors.vTransposed))
      let s = try factors.singularValues.converted(to: .float64).elements(as: Double.self)
      let k = Swift.min(matrix.rows, matrix.columns)
      let bound = 40 * epsilon * Double(Swift.max(matrix.rows, matrix.columns, 1)).squareRoot()
      #expect(s.count == k && s.allSatisfy { $0 >= 0 } && zip(s, s.dropFirst()).allSatisfy { $0 >= $1 }, "\(name)")
      #expect((u.transposed * u - .identity(u.columns)).largest < bound, "left of \(name)")
      #expect((v * v.transposed - .identity(v.rows)).largest < bound, "right of \(name)")
      let product = Matrix(u.rows, k) { u[$0, $1] * s[$1] } * Matrix(k, v.columns) { v[$0, $1] }
      let size = s.first ?? 0
      #expect((product - matrix).largest <= bound * size + 16 * Double.leastNonzeroMagnitude, "product of \(name)")
      for i in 0..<k {
        let row = (0..<v.columns).map { v[i, $0] }
        let largest = row.map(\.magnitude).max() ?? 0
        #expect(row.first { $0.magnitude == largest }! > 0, "sign of \(name)")
      }
    }

    @Test(arguments: [false, true]) func reconstructs(full: Bool) throws {
      for (name, matrix) in Matrix.zoo() {
        let factors = try LinearAlgebra.svd(matrix.array(), full: full)
        let k = Swift.min(matrix.rows, matrix.columns)
        #expect(factors.u.shape == [matrix.rows, full ? matrix.rows : k], "\(name)")
        #expect(factors.vTransposed.shape == [full ? matrix.columns : k, matrix.columns], "\(name)")
        try check(factors, of: matrix, epsilon: .ulpOfOne, name)
        let values = try LinearAlgebra.singularValues(matrix.array()).elements(as: Double.self)
        let expected = try factors.singularValues.elements(as: Double.self)
        #expect(zip(values, expected).allSatisfy { ($0 - $1).magnitude <= 1e-14 * expected[0] }, "\(name)")
      }
    }

    @Test func reconstructsInFloat32() throws {
      for (name, matrix) in Matrix.zoo() where matrix.largest < 1e30 && (matrix.largest == 0 || matrix.largest > 1e-30)
      {
        let single = try Matrix(matrix.array(.float32))
        try check(LinearAlgebra.svd(matrix.array(.float32)), of: single, epsilon: Double(Float.ulpOfOne), name)
      }
    }

    @Test(arguments: LinearAlgebraGolden.cases) func singularValuesAreAccurate(_ golden: LinearAlgebraGolden) throws {
      for values in [
        try LinearAlgebra.singularValues(golden.matrix), try LinearAlgebra.svd(golden.matrix.transposed).singularValues,
      ] {
        let errors = zip(try values.elements(as: Double.self), golden.singularValues).map { ($0 - $1).magnitude }
        #expect(errors.max()! < 8 * Double.ulpOfOne * golden.singularValues[0])
      }
      let spectral = try LinearAlgebra.norm(golden.matrix, .spectral)
      #expect((spectral / golden.singularValues[0] - 1).magnitude < 1e-15)
      if golden.condition < 1e10 {
        let condition = try LinearAlgebra.condition(golden.matrix)
        #expect((condition / golden.condition - 1).magnitude < 4 * Double.ulpOfOne * golden.condition)
      }
    }

    @Test func layoutsAgree() throws {
      let matrix = Matrix(random: 12, 7, seed: 1)
      let expected = try LinearAlgebra.svd(matrix.array())
      for layout in try matrix.layouts() {
        let factors = try LinearAlgebra.svd(layout.array)
        #expect(try Matrix(factors.u) == Matrix(expected.u), "\(layout.name)")
        #expect(try Matrix(factors.vTransposed) == Matrix(expected.vTransposed), "\(layout.name)")
      }
    }

    @Test func emptyMatrices() throws {
      for shape in [[0, 0], [0, 3], [3, 0]] {
        let thin = try LinearAlgebra.svd(NDArray(zeros: shape))
        #expect(thin.u.shape == [shape[0], 0] && thin.vTransposed.shape == [0, shape[1]])
        let full = try LinearAlgebra.svd(NDArray(zeros: shape), full: true)
        #expect(try Matrix(full.u) == .identity(shape[0]) && Matrix(full.vTransposed) == .identity(shape[1]))
      }
    }

    @Test func badInputIsRefused() throws {
      #expect(throws: ApusError.nonFiniteValue(name: "a", reason: "contains infinity (inf), first at row 0, column 1"))
      {
        try LinearAlgebra.svd(NDArray(rows: [[1, -Double.infinity]]))
      }
      #expect(throws: ApusError.self) { try LinearAlgebra.svd(NDArray(zeros: [2, 2, 2])) }
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      let square = try randomArray([150, 140], seed: 2)
      let tall = try randomArray([3000, 20], seed: 3)
      try expectSameBits {
        try [square, tall, tall.transposed].flatMap { a in
          let factors = try LinearAlgebra.svd(a)
          return [factors.u, factors.singularValues, factors.vTransposed]
        }
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let square = try randomArray([20, 20], seed: 4)
      let tall = try randomArray([400, 5], seed: 5)
      try expectSurvivesAllocationFailure("square") { _ = try LinearAlgebra.svd(square) }
      try expectSurvivesAllocationFailure("tall") { _ = try LinearAlgebra.svd(tall) }
      try expectSurvivesAllocationFailure("wide values") { _ = try LinearAlgebra.singularValues(tall.transposed) }
    }
  }
}
