import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct CentredGramTests {
    /// The definition, term by term.
    private func naive(_ z: Matrix, weights: [Double], centred: Bool) -> (means: [Double], gram: Matrix) {
      let total = weights.reduce(0, +)
      let means = (0..<z.columns).map { j in
        centred ? (0..<z.rows).reduce(0.0) { $0 + weights[$1] * z[$1, j] } / total : 0
      }
      let gram = Matrix(z.columns, z.columns) { a, b in
        (0..<z.rows).reduce(0.0) { $0 + weights[$1] * (z[$1, a] - means[a]) * (z[$1, b] - means[b]) }
      }
      return (means, gram)
    }

    private func check(
      _ x: NDArray, _ y: NDArray?, of z: Matrix, weights: [Double]?, centred: Bool, precision: DType = .float64,
      tolerance: Double, _ comment: Comment
    ) throws {
      let expected = naive(z, weights: weights ?? [Double](repeating: 1, count: z.rows), centred: centred)
      try check(
        x, y, equals: expected, weights: weights, centred: centred, precision: precision, tolerance: tolerance, comment)
    }

    private func check(
      _ x: NDArray, _ y: NDArray?, equals expected: (means: [Double], gram: Matrix), weights: [Double]?, centred: Bool,
      precision: DType = .float64, tolerance: Double, _ comment: Comment
    ) throws {
      let width = expected.gram.columns
      let result = try CentredGram(
        x, y: y, weights: weights.map { try NDArray($0) }, centred: centred, precision: precision)
      let p = x.shape[1]
      let bound = tolerance * (1 + expected.gram.largest)
      let (gram, cross, target) = (
        try Matrix(result.gram), try Matrix(result.cross), try Matrix(result.targetGram)
      )
      for a in 0..<p {
        #expect((0..<p).allSatisfy { (gram[a, $0] - expected.gram[a, $0]).magnitude < bound }, comment)
        #expect((p..<width).allSatisfy { (cross[a, $0 - p] - expected.gram[a, $0]).magnitude < bound }, comment)
      }
      for a in p..<width {
        for b in p..<width { #expect((target[a - p, b - p] - expected.gram[a, b]).magnitude < bound, comment) }
      }
      let means = try result.means.elements(as: Double.self) + result.targetMeans.elements(as: Double.self)
      #expect(zip(means, expected.means).allSatisfy { ($0 - $1).magnitude < 1e-13 * (1 + $1.magnitude) }, comment)
      #expect(gram == gram.transposed)
    }

    @Test(arguments: [(1, 2), (30, 3), (257, 12), (60, 210)]) func equalsTheDefinition(rows: Int, p: Int) throws {
      let z = Matrix(random: rows, p + 2, seed: 1)
      let x = Matrix(rows, p) { z[$0, $1] }
      let y = try Matrix(rows, 2) { z[$0, p + $1] }.array()
      var generator = TestGenerator(seed: 2)
      let weights = (0..<rows).map { $0 % 7 == 3 ? 0 : Double.random(in: 0.1..<2, using: &generator) }
      for weights in [nil, weights] {
        for centred in [true, false] {
          let expected = naive(z, weights: weights ?? [Double](repeating: 1, count: rows), centred: centred)
          for layout in try x.layouts() {
            try check(
              layout.array, y, equals: expected, weights: weights, centred: centred, tolerance: 1e-13,
              "\(layout.name) \(centred)")
          }
        }
      }
      try check(x.array(), nil, of: x, weights: nil, centred: true, tolerance: 1e-13, "without y")
    }

    @Test func float32InputLosesNothingUnlessAskedTo() throws {
      let x = try Matrix(Matrix(random: 200, 5, seed: 3).array(.float32))
      try check(x.array(.float32), nil, of: x, weights: nil, centred: true, tolerance: 1e-13, "float64 products")
      try check(
        x.array(.float32), nil, of: x, weights: nil, centred: true, precision: .float32, tolerance: 1e-6,
        "float32 products")
    }

    /// Blocks whose means are far apart, as in sorted data, and far from zero.
    @Test func neitherOrderNorOffsetCancels() throws {
      let rows = 70_000
      let x = try NDArray(zeros: [rows, 2])
      for i in 0..<rows {
        x.pointer(Double.self)[2 * i] = 1e8 + Double(i)
        x.pointer(Double.self)[2 * i + 1] = Double(i % 2)
      }
      let result = try CentredGram(x)
      let n = Double(rows)
      let gram = try Matrix(result.gram)
      #expect(gram[0, 0] == n * (n * n - 1) / 12)
      #expect(gram[1, 1] == n / 4)
      #expect(gram[0, 1] == n / 4)
      #expect(try result.means.elements(as: Double.self) == [1e8 + (n - 1) / 2, 0.5])
    }

    @Test func constantColumnsAreExactlyZero() throws {
      let x = try Matrix(5000, 3) { $1 == 0 ? 0.1 : $1 == 1 ? 1e10 / 3 : Double($0) }.array()
      let gram = try Matrix(CentredGram(x).gram)
      #expect(gram[0, 0] == 0 && gram[1, 1] == 0 && gram[0, 2] == 0 && gram[2, 2] > 0)
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      for (rows, p) in [(30_000, 20), (5000, 200)] {
        let x = try randomArray([rows, p], seed: 4)
        let y = try randomArray([rows], seed: 5)
        try expectSameBits {
          let result = try CentredGram(x, y: y)
          return [result.gram, result.cross, result.means, result.targetGram]
        }
      }
    }

    /// Row counts that leave the last group of blocks short, or would leave it empty.
    @Test(arguments: [1, 4095, 4096, 4097, 135_169, 140_000, 262_145]) func everyRowCountIsCovered(rows: Int) throws {
      let x = try NDArray(uninitialized: [rows, 16], dtype: .float32)
      x.pointer(Float.self).update(repeating: 1, count: x.count)
      let gram = try Matrix(CentredGram(x, centred: false).gram)
      #expect(gram == Matrix(16, 16) { _, _ in Double(rows) })
    }

    @Test func emptyInputsAndWrongLengths() throws {
      let none = try CentredGram(NDArray(zeros: [0, 3]))
      #expect(none.totalWeight == 0)
      #expect(try none.gram.elements(as: Double.self).allSatisfy { $0 == 0 })
      #expect(try CentredGram(NDArray(zeros: [4, 0])).gram.shape == [0, 0])
      #expect(throws: ApusError.shapeMismatch(name: "y", reason: "has shape [2] beside 3 rows of X")) {
        try CentredGram(NDArray(zeros: [3, 1]), y: NDArray([1.0, 2]))
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let x = try randomArray([400, 5], seed: 6)
      let wide = try randomArray([30, 200], seed: 6)
      try expectSurvivesAllocationFailure("grouped") { _ = try CentredGram(x, y: x) }
      try expectSurvivesAllocationFailure("wide") { _ = try CentredGram(wide) }
    }
  }
}
