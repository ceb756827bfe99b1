import Foundation
import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct QRDecompositionTests {
    /// ‖A − Q R‖, ‖QᵀQ − I‖ in units of the machine epsilon, with R upper triangular and its diagonal non-negative.
    private func check(_ factors: QRDecomposition, of matrix: Matrix, epsilon: Double, _ name: String) throws {
      let (q, r) = (try Matrix(factors.q), try Matrix(factors.r))
      let bound = 40 * epsilon * Double(Swift.max(matrix.rows, matrix.columns)).squareRoot()
      #expect((q.transposed * q - .identity(q.columns)).largest < bound, "orthogonality of \(name)")
      var permuted = matrix
      if let permutation = factors.permutation {
        let indices = try permutation.elements(as: Int64.self).map(Int.init)
        #expect(indices.sorted() == Array(0..<matrix.columns), "\(name)")
        permuted = Matrix(matrix.rows, matrix.columns) { matrix[$0, indices[$1]] }
        for i in 1..<Swift.max(Swift.min(r.rows, r.columns), 1) {
          #expect(r[i, i] <= r[i - 1, i - 1] * (1 + 10 * epsilon), "\(name)")
        }
      }
      // Column by column, because a small column must not hide behind a large one.
      let residual = q * r - permuted
      for j in 0..<matrix.columns {
        let size = (0..<matrix.rows).map { permuted[$0, j].magnitude }.max() ?? 0
        let error = (0..<matrix.rows).map { residual[$0, j].magnitude }.max() ?? 0
        #expect(error <= bound * size * 4 + Double.leastNonzeroMagnitude * 64, "column \(j) of \(name)")
      }
      for i in 0..<r.rows {
        for j in 0..<Swift.min(i, r.columns) { #expect(r[i, j] == 0) }
        if i < r.columns { #expect(r[i, i] >= 0) }
      }
    }

    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
    func reconstructs(complete: Bool, pivoting: Bool) throws {
      for (name, matrix) in Matrix.zoo() + [("columns 1e±150", .badlyScaled(300, 6, decades: 150, seed: 2))] {
        let factors = try LinearAlgebra.qr(matrix.array(), complete: complete, pivoting: pivoting)
        let k = complete ? matrix.rows : Swift.min(matrix.rows, matrix.columns)
        #expect(factors.q.shape == [matrix.rows, k] && factors.r.shape == [k, matrix.columns], "\(name)")
        try check(factors, of: matrix, epsilon: .ulpOfOne, name)
      }
    }

    @Test func reconstructsInFloat32() throws {
      for (name, matrix) in Matrix.zoo() where matrix.largest < 1e30 && (matrix.largest == 0 || matrix.largest > 1e-30)
      {
        let single = try Matrix(matrix.array(.float32))
        for pivoting in [false, true] {
          let factors = try LinearAlgebra.qr(matrix.array(.float32), pivoting: pivoting)
          #expect(factors.q.dtype == .float32)
          try check(factors, of: single, epsilon: Double(Float.ulpOfOne), name)
        }
      }
      for scale in [1e-42, 1e37] {
        let single = try Matrix((Matrix(random: 300, 4, seed: 3) * scale).array(.float32))
        let factors = try LinearAlgebra.qr(single.array(.float32))
        #expect((try Matrix(factors.q) * Matrix(factors.r) - single).largest < 1e-5 * single.largest + 1e-44)
      }
    }

    /// Several blocks of rows and a second level of the tree: both tall methods, on one matrix that Cholesky QR takes and
    /// one it must refuse.
    @Test func tallMatricesOfAnyConditionAreFactored() throws {
      let n = 12
      let good = try randomArray([6000, n], seed: 4)
      let vandermonde = try NDArray(uninitialized: [6000, n], dtype: .float64)
      for i in 0..<6000 {
        for j in 0..<n { vandermonde.pointer(Double.self)[i * n + j] = pow(Double(i) / 6000, Double(j)) }
      }
      for (matrix, isGood) in [(good, true), (vandermonde, false)] {
        let q = try NDArray(uninitialized: [6000, n], dtype: .float64)
        let r = try Buffer<Double>(count: n * n)
        #expect(try CholeskyQR<Double>.factor(matrix, q: q, r: r.pointer) == isGood)
        try check(LinearAlgebra.qr(matrix), of: Matrix(matrix), epsilon: .ulpOfOne, "Cholesky takes it: \(isGood)")
        let copy = try matrix.copied()
        try TreeQR<Double>.factor(m: 6000, n: n, rows: copy.pointer(Double.self), r: r.pointer)
        let (tree, upper) = (try Matrix(copy), Matrix(n, n) { r.pointer[$0 + $1 * n] })
        // The naive product of 6,000 rows has most of this error itself.
        #expect((tree.transposed * tree - .identity(n)).largest < 1e-12)
        #expect((tree * upper - (try Matrix(matrix))).largest < 1e-14)
      }
    }

    @Test func layoutsAgree() throws {
      for matrix in [Matrix(random: 12, 7, seed: 6), Matrix(random: 300, 5, seed: 6)] {
        let expected = try Matrix(LinearAlgebra.qr(matrix.array()).r)
        for layout in try matrix.layouts() {
          #expect((try Matrix(LinearAlgebra.qr(layout.array).r) - expected).largest < 1e-12, "\(layout.name)")
        }
      }
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      let square = try randomArray([300, 280], seed: 7)
      let tall = try randomArray([5000, 30], seed: 8)
      let hard = try NDArray(zeros: [5000, 8])
      for i in 0..<5000 {
        for j in 0..<8 { hard.pointer(Double.self)[i * 8 + j] = pow(Double(i) / 5000, Double(3 * j)) }
      }
      try expectSameBits {
        try [square, tall, hard].flatMap { a in
          let (plain, pivoted) = (try LinearAlgebra.qr(a), try LinearAlgebra.qr(a, pivoting: true))
          return [plain.q, plain.r, pivoted.q, pivoted.r]
        }
      }
    }

    @Test func emptyMatrices() throws {
      for shape in [[0, 0], [0, 3], [3, 0]] {
        for pivoting in [false, true] {
          let factors = try LinearAlgebra.qr(NDArray(zeros: shape), pivoting: pivoting)
          #expect(factors.q.shape == [shape[0], 0] && factors.r.shape == [0, shape[1]])
        }
        let complete = try LinearAlgebra.qr(NDArray(zeros: shape), complete: true)
        #expect(try Matrix(complete.q) == .identity(shape[0]))
      }
    }

    @Test func badInputIsRefused() throws {
      #expect(throws: ApusError.nonFiniteValue(name: "a", reason: "contains NaN, first at row 1, column 0")) {
        try LinearAlgebra.qr(NDArray(rows: [[1, 2], [.nan, 4.0]]))
      }
      #expect(throws: ApusError.shapeMismatch(name: "a", reason: "has 1 dimensions, needs 2")) {
        try LinearAlgebra.qr(NDArray([1.0]))
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let square = try randomArray([80, 70], seed: 7)
      let tall = try randomArray([1200, 3], seed: 8)
      let deficient = try Matrix.lowRank(1200, 4, rank: 2, seed: 9).array()
      let tiny = try (Matrix(random: 10, 10, seed: 1) * 1e-300).array()
      for (name, a) in [("square", square), ("tall", tall), ("deficient", deficient), ("tiny", tiny)] {
        try expectSurvivesAllocationFailure("qr \(name)") { _ = try LinearAlgebra.qr(a) }
        try expectSurvivesAllocationFailure("pivoted \(name)") { _ = try LinearAlgebra.qr(a, pivoting: true) }
      }
    }
  }
}
