import ApusModels
import ApusNumerics
import Testing

@testable import ApusDecomposition

@Suite(.serialized) struct TruncatedSVDTests {
  private func sparse(_ rows: Int, _ columns: Int, seed: UInt64) throws -> CSRMatrix {
    var stream = RandomStream(seed: seed)
    var (offsets, indices, values) = ([Int64(0)], [Int64](), [Double]())
    for _ in 0..<rows {
      for column in 0..<columns where stream.uniform() < 0.05 {
        indices.append(Int64(column))
        values.append(stream.normal() + Double(column % 7))
      }
      offsets.append(Int64(indices.count))
    }
    return try CSRMatrix(
      rows: rows, columns: columns, rowOffsets: NDArray(offsets), columnIndices: NDArray(indices),
      values: NDArray(values))
  }

  @Test func lanczosEqualsTheFullDecomposition() throws {
    for (rows, columns) in [(600, 400), (400, 600), (500, 500)] {
      let x = try sampleRows(rows, columns, decay: 0.98)
      let full = try LinearAlgebra.svd(x)
      let some = try LinearAlgebra.truncatedSVD(x, count: 12)
      #expect(some.isConverged)
      #expect(
        distance(try some.singularValues.numbers(), Array(try full.singularValues.numbers().prefix(12))) < 1e-9)
      #expect(
        distance(try some.vTransposed.numbers(), try full.vTransposed.slice(0..<12).numbers()) < 1e-6)
      #expect(distance(try some.u.numbers(), try full.u.slice(0..<12, axis: 1).numbers()) < 1e-6)
    }
  }

  /// Singular values far below the square root of the rounding error: AᵀA does not tell them.
  @Test(arguments: [(700, 400), (400, 700)]) func quicklyFallingSpectrum(shape: (Int, Int)) throws {
    let (rows, columns) = shape
    let smaller = min(rows, columns)
    let left = try LinearAlgebra.qr(sampleRows(rows, smaller, decay: 1, offset: 0)).q.copied()
    for i in 0..<rows {
      for j in 0..<smaller {
        left.pointer(Double.self)[i * smaller + j] *= Double(sign: .plus, exponent: -j, significand: 1)
      }
    }
    let right = try LinearAlgebra.qr(sampleRows(columns, smaller, decay: 1, offset: 0, seed: 9)).q
    let a = try LinearAlgebra.matmul(left, right.transposed)
    for count in [20, 30] {
      let expected = (0..<count).map { Double(sign: .plus, exponent: -$0, significand: 1) }
      func check(_ found: [Double], _ tolerance: Double) {
        for (value, sigma) in zip(found, expected) { #expect(abs(value / sigma - 1) < tolerance) }
      }
      let some = try LinearAlgebra.truncatedSVD(a, count: count)
      #expect(some.isConverged)
      check(try some.singularValues.numbers(), 1e-5)
      let subspace = try LinearAlgebra.matmul(
        right.transposed.slice(0..<count), some.vTransposed.transposed)
      let cosines = try LinearAlgebra.singularValues(subspace).numbers()
      #expect(cosines.allSatisfy { abs($0 - 1) < 1e-6 })
      for algorithm in TruncatedSVD.Algorithm.allCases {
        let estimator = TruncatedSVD {
          $0.nComponents = count
          $0.algorithm = algorithm
        }
        check(try estimator.fit(a).array("singular_values_").numbers(), 1e-5)
        let sparse = try TrainingData(.sparse(compressed(a)))
        check(try estimator.fit(sparse, context: FitContext()).array("singular_values_").numbers(), 1e-5)
      }
    }
  }

  @Test func lowRankAndClustered() throws {
    // Rank 3 with a double singular value: the basis runs out and is filled up at random.
    let u = try LinearAlgebra.qr(sampleRows(300, 3, decay: 1)).q
    let v = try LinearAlgebra.qr(sampleRows(200, 3, decay: 1, seed: 9)).q
    let scaled = try v.copied()
    for i in 0..<200 { for (j, s) in [5.0, 5, 1].enumerated() { scaled.pointer(Double.self)[i * 3 + j] *= s } }
    let a = try LinearAlgebra.matmul(u, scaled.transposed)
    let factors = try LinearAlgebra.truncatedSVD(a, count: 6)
    #expect(distance(try factors.singularValues.numbers(), [5, 5, 1, 0, 0, 0]) < 1e-12)
    let basis = try LinearAlgebra.matmul(factors.vTransposed, factors.vTransposed.transposed).numbers()
    for i in 0..<6 { for j in 0..<6 { #expect((basis[i * 6 + j] - (i == j ? 1 : 0)).magnitude < 1e-12) } }
    #expect(try LinearAlgebra.truncatedSVD(NDArray(zeros: [30, 20]), count: 2).singularValues.numbers() == [0, 0])
  }

  @Test func sparseEqualsDense() throws {
    let matrix = try sparse(400, 300, seed: 1)
    let dense = try matrix.dense()
    let a = try LinearAlgebra.truncatedSVD(matrix, count: 5)
    let b = try LinearAlgebra.svd(dense)
    #expect(distance(try a.singularValues.numbers(), Array(try b.singularValues.numbers().prefix(5))) < 1e-9)
    for solver in [PCA.Solver.arpack, .covarianceEigh, .auto] {
      for standardize in [false, true] {
        let estimator = PCA {
          $0.nComponents = 3
          $0.svdSolver = solver
          $0.standardize = standardize
        }
        let sparseModel = try estimator.fit(TrainingData(.sparse(matrix)), context: FitContext())
        let denseModel = try PCA {
          $0.nComponents = 3
          $0.standardize = standardize
        }.fit(dense)
        for name in ["explained_variance_", "components_", "mean_", "total_variance_", "noise_variance_"] {
          #expect(distance(try sparseModel.numbers(name), try denseModel.numbers(name)) < 1e-7)
        }
        #expect(
          distance(
            try sparseModel.apply(.transform, to: .sparse(matrix)).numbers(), try denseModel.transform(dense).numbers())
            < 1e-6)
      }
    }
  }

  @Test func randomizedErrorEstimateHolds() throws {
    let x = try sampleRows(300, 120, decay: 0.9, offset: 0)
    let result = try LinearAlgebra.randomizedSVD(x, count: 10)
    let reconstructed = try LinearAlgebra.matmul(
      LinearAlgebra.matmul(result.factors.u, diagonal(result.factors.singularValues)), result.factors.vTransposed)
    let error = zip(try x.numbers(), try reconstructed.numbers()).map { $0 - $1 }
    let norm = try LinearAlgebra.norm(NDArray(error, shape: [300, 120]), .spectral)
    let exact = try LinearAlgebra.lowRankErrors(x, spectral: true).numbers()[10]
    #expect(norm <= result.errorEstimate && result.errorEstimate < 3 * norm)
    #expect(norm < 1.001 * exact && norm > 0.999 * exact)
    let frobenius = try LinearAlgebra.lowRankErrors(x).numbers()
    #expect(frobenius.count == 121 && frobenius[120] == 0)
    #expect(try (frobenius[0] - LinearAlgebra.norm(x)).magnitude < 1e-10)
  }

  private func diagonal(_ values: NDArray) throws -> NDArray {
    let result = try NDArray(zeros: [values.count, values.count])
    for (i, value) in try values.numbers().enumerated() { result.pointer(Double.self)[i * (values.count + 1)] = value }
    return result
  }

  @Test func polar() throws {
    for shape in [(40, 15), (15, 40), (20, 20)] {
      let a = try sampleRows(shape.0, shape.1, offset: 0)
      let result = try LinearAlgebra.polar(a)
      let product = try LinearAlgebra.matmul(result.unitary, result.positive)
      #expect(distance(try product.numbers(), try a.numbers()) < 1e-13)
      #expect(try result.positive.numbers() == result.positive.transposed.numbers())
      #expect(try LinearAlgebra.eigvalsh(result.positive).numbers().allSatisfy { $0 > -1e-14 })
    }
  }

  @Test func closures() throws {
    let x = try sampleRows(120, 90)
    let matrix = ClosureOperator(
      rows: 120, columns: 90, apply: { try LinearAlgebra.matmul(x, $0) },
      applyAdjoint: { try LinearAlgebra.matmul(x.transposed, $0) })
    let factors = try LinearAlgebra.truncatedSVD(of: matrix, count: 4)
    #expect(
      distance(
        try factors.singularValues.numbers(), Array(try LinearAlgebra.singularValues(x).numbers().prefix(4))) < 1e-10)
    let wrong = ClosureOperator(rows: 120, columns: 90, apply: { $0 }, applyAdjoint: { $0 })
    #expect(throws: ApusError.self) { try LinearAlgebra.truncatedSVD(of: wrong, count: 4) }
  }

  @Test func estimatorIsAsGoodAsPowerIterations() throws {
    for decay in [0.999, 0.99, 0.9] {
      let x = try sampleRows(1500, 600, decay: decay, offset: 0)
      let exact = try LinearAlgebra.singularValues(x).numbers().prefix(20).reduce(0) { $0 + $1 * $1 }
      let peer = try RandomizedRangeFinder.factors(
        DenseOperator(x), count: 20, oversamples: 10, powerIterations: 5, seed: 3, context: FitContext())
      let ours = try TruncatedSVD { $0.nComponents = 20 }.fit(x)
      let captured = try ours.numbers("singular_values_").reduce(0) { $0 + $1 * $1 }
      let theirs = try peer.singularValues.numbers().reduce(0) { $0 + $1 * $1 }
      #expect(captured >= theirs * (1 - 1e-6) && captured <= exact * (1 + 1e-9))
    }
  }

  @Test func sameBits() throws {
    let x = try sampleRows(900, 500, decay: 0.99)
    let matrix = try sparse(500, 400, seed: 4)
    let results = try forThreadCounts {
      [
        try TruncatedSVD { $0.nComponents = 9 }.fit(x).numbers("components_"),
        try TruncatedSVD { $0.nComponents = 9 }.fit(TrainingData(.sparse(matrix)), context: FitContext()).numbers(
          "components_"),
        try LinearAlgebra.randomizedSVD(x, count: 5).factors.u.numbers(),
        try KernelPCA {
          $0.nComponents = 4
          $0.kernel = .rbf
        }.fit(x).transform(x).numbers(),
      ]
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }
}
