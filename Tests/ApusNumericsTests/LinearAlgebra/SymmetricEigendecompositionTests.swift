import Foundation
import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct SymmetricEigendecompositionTests {
    /// Residual and orthogonality in units of the machine epsilon, for all or the largest eigenvalues.
    private func check(
      _ result: SymmetricEigendecomposition, of a: NDArray, epsilon: Double, _ name: String
    ) throws {
      let n = a.shape[0]
      let values = try result.values.converted(to: .float64).elements(as: Double.self)
      let vectors = try Matrix(result.vectors)
      let product = try Matrix(LinearAlgebra.matmul(a.converted(to: .float64), result.vectors.converted(to: .float64)))
      let size = try LinearAlgebra.norm(a)
      let bound = 20 * epsilon * Double(Swift.max(n, 1)).squareRoot()
      let residual = product - Matrix(n, values.count) { vectors[$0, $1] * values[$1] }
      #expect(residual.largest <= bound * size + 64 * Double.leastNonzeroMagnitude, "residual of \(name)")
      let gram = try Matrix(LinearAlgebra.gram(result.vectors.converted(to: .float64)))
      #expect((gram - .identity(values.count)).largest < bound, "orthogonality of \(name)")
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }, "order of \(name)")
    }

    private func symmetricZoo() -> [(String, Matrix)] {
      var zoo: [(String, Matrix)] = [("zero", Matrix(5, 5) { _, _ in 0 }), ("one", Matrix(1, 1) { _, _ in -3 })]
      for n in [2, 3, 10, 64, 65, 130] {
        let b = Matrix(random: n, n, seed: UInt64(n))
        zoo.append(("random \(n)", Matrix(n, n) { b[$0, $1] + b[$1, $0] }))
      }
      zoo.append(("Hilbert", .hilbert(12)))
      zoo.append(("identity", .identity(70)))
      zoo.append(("rank 2", .lowRank(80, 2, rank: 2, seed: 1) * .diagonal([1, 2])))
      zoo[zoo.count - 1].1 = zoo[zoo.count - 1].1 * zoo[zoo.count - 1].1.transposed
      zoo.append(("Wilkinson", Matrix(101, 101) { $0 == $1 ? Double(($0 - 50).magnitude) : abs($0 - $1) == 1 ? 1 : 0 }))
      zoo.append(("graded", Matrix(90, 90) { pow(10, -Double($0 + $1) / 8) }))
      zoo.append(("already tridiagonal", Matrix(70, 70) { $0 == $1 ? 2 : abs($0 - $1) == 1 ? -1 : 0 }))
      zoo.append(("block diagonal", Matrix(100, 100) { $0 / 10 == $1 / 10 ? Double($0 % 10 + $1 % 10) : 0 }))
      for scale in [1e200, 1e-200, 1e300, 0x1p-1060] {
        zoo.append(("\(scale)", Matrix(positiveDefinite: 70, seed: 2) * (scale / 100)))
      }
      return zoo
    }

    @Test func diagonalises() throws {
      for (name, matrix) in symmetricZoo() {
        let a = try matrix.array()
        try check(LinearAlgebra.eigh(a), of: a, epsilon: .ulpOfOne, name)
        let all = try LinearAlgebra.eigvalsh(a).elements(as: Double.self)
        let size = try LinearAlgebra.norm(a)
        for count in Set([1, 2, Swift.max(matrix.rows / 3, 1), matrix.rows - 1, matrix.rows])
        where count >= 1 && count <= matrix.rows {
          let part = try LinearAlgebra.eigh(a, largest: count)
          #expect(part.vectors.shape == [matrix.rows, count])
          try check(part, of: a, epsilon: .ulpOfOne, "\(count) of \(name)")
          let errors = zip(try part.values.elements(as: Double.self), all.suffix(count)).map { ($0 - $1).magnitude }
          #expect(errors.max()! <= 1e-13 * size + 64 * Double.leastNonzeroMagnitude, "\(count) of \(name)")
          let values = try LinearAlgebra.eigvalsh(a, largest: count).elements(as: Double.self)
          #expect(zip(values, all.suffix(count)).allSatisfy { ($0 - $1).magnitude <= 1e-13 * size + 0x1p-1060 })
        }
      }
    }

    @Test func diagonalisesInFloat32() throws {
      for (name, matrix) in symmetricZoo()
      where matrix.largest < 1e30 && (matrix.largest > 1e-30 || matrix.largest == 0) {
        let a = try matrix.array(.float32)
        try check(LinearAlgebra.eigh(a), of: a, epsilon: Double(Float.ulpOfOne), name)
        if matrix.rows > 3 {
          try check(LinearAlgebra.eigh(a, largest: 3), of: a, epsilon: Double(Float.ulpOfOne), "3 of \(name)")
        }
      }
    }

    @Test func eigenvaluesAreAccurate() throws {
      for golden in LinearAlgebraGolden.cases {
        guard let expected = golden.eigenvalues else { continue }
        let values = try LinearAlgebra.eigvalsh(golden.matrix).elements(as: Double.self)
        let size = expected.map(\.magnitude).max()!
        #expect(zip(values, expected).allSatisfy { ($0 - $1).magnitude < 8 * Double.ulpOfOne * size }, "\(golden.name)")
      }
      // The second difference matrix has the eigenvalues 2 − 2 cos(k π / (n + 1)).
      let n = 300
      let difference = try Matrix(n, n) { $0 == $1 ? 2 : abs($0 - $1) == 1 ? -1 : 0 }.array()
      let values = try LinearAlgebra.eigh(difference).values.elements(as: Double.self)
      #expect(
        (1...n).allSatisfy {
          (values[$0 - 1] - 4 * pow(sin(Double($0) * .pi / Double(2 * (n + 1))), 2)).magnitude < 1e-14
        })
    }

    @Test func onlyTheLowerTriangleIsReadInEveryLayout() throws {
      let a = Matrix(positiveDefinite: 9, seed: 3)
      let expected = try LinearAlgebra.eigh(a.array())
      let half = Matrix(9, 9) { $1 > $0 ? 1e9 : a[$0, $1] }
      for layout in try half.layouts() {
        let result = try LinearAlgebra.eigh(layout.array)
        #expect(try Matrix(result.vectors) == Matrix(expected.vectors), "\(layout.name)")
        #expect(try Matrix(result.values) == Matrix(expected.values), "\(layout.name)")
      }
    }

    @Test func emptyAndBadInput() throws {
      let empty = try LinearAlgebra.eigh(NDArray(zeros: [0, 0]))
      #expect(empty.values.shape == [0] && empty.vectors.shape == [0, 0])
      for largest in [0, 4, -1, .max] {
        #expect(throws: ApusError.invalidArgument(name: "largest", reason: "\(largest) is not in 1...3")) {
          try LinearAlgebra.eigh(Matrix.identity(3).array(), largest: largest)
        }
      }
      #expect(throws: ApusError.nonFiniteValue(name: "a", reason: "contains NaN, first at row 0, column 0")) {
        try LinearAlgebra.eigh(NDArray(rows: [[Double.nan]]))
      }
      #expect(throws: ApusError.self) { try LinearAlgebra.eigh(NDArray(zeros: [2, 3])) }
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      for dtype in [DType.float64, .float32] {
        let a = try LinearAlgebra.gram(randomArray([400, 280], seed: 4, dtype: dtype))
        try expectSameBits {
          let (all, part) = (try LinearAlgebra.eigh(a), try LinearAlgebra.eigh(a, largest: 9))
          return [all.values, all.vectors, part.values, part.vectors]
        }
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let a = try LinearAlgebra.gram(randomArray([200, 150], seed: 5))
      try expectSurvivesAllocationFailure("eigh") { _ = try LinearAlgebra.eigh(a) }
      try expectSurvivesAllocationFailure("eigh 3") { _ = try LinearAlgebra.eigh(a, largest: 3) }
      try expectSurvivesAllocationFailure("eigvalsh") { _ = try LinearAlgebra.eigvalsh(a) }
    }
  }
}
