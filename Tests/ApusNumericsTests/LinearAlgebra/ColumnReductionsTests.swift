import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct ColumnReductionsTests {
    /// Sums, means and squared deviations the plain way, in the order of the rows.
    private func naive(_ matrix: Matrix, weights: [Double]?) -> (
      sums: [Double], squares: [Double], deviations: [Double]
    ) {
      var (sums, squares, deviations) = ([Double](), [Double](), [Double]())
      for j in 0..<matrix.columns {
        let column = (0..<matrix.rows).map { matrix[$0, j] }
        let weight = weights ?? column.map { _ in 1 }
        let total = weight.reduce(0, +)
        let sum = zip(weight, column).reduce(0) { $0 + $1.0 * $1.1 }
        sums.append(sum)
        squares.append(zip(weight, column).reduce(0) { $0 + $1.0 * $1.1 * $1.1 })
        deviations.append(zip(weight, column).reduce(0) { $0 + $1.0 * ($1.1 - sum / total) * ($1.1 - sum / total) })
      }
      return (sums, squares, deviations)
    }

    private func close(_ array: NDArray, _ expected: [Double], _ tolerance: Double = 1e-11) throws -> Bool {
      zip(try array.elements(as: Double.self), expected).allSatisfy {
        ($0 - $1).magnitude <= tolerance * (1 + $1.magnitude)
      }
    }

    @Test(arguments: [(1, 1), (3, 5), (40, 1), (101, 7), (700, 50)]) func equalTheNaiveSums(rows: Int, columns: Int)
      throws
    {
      let matrix = Matrix(random: rows, columns, seed: 1)
      var generator = TestGenerator(seed: 2)
      let weights = (0..<rows).map { _ in Double.random(in: 0..<2, using: &generator) }
      for weights in [nil, weights] {
        let expected = naive(matrix, weights: weights)
        let weightArray = try weights.map { try NDArray($0) }
        for layout in try matrix.layouts() {
          #expect(try close(ColumnReductions.sums(layout.array, weights: weightArray), expected.sums), "\(layout.name)")
          #expect(try close(ColumnReductions.sumsOfSquares(layout.array, weights: weightArray), expected.squares))
          let moments = try ColumnReductions.moments(layout.array, weights: weightArray)
          #expect(try close(moments.squaredDeviations, expected.deviations), "\(layout.name)")
          #expect(try close(moments.means, expected.sums.map { $0 / moments.totalWeight }))
          #expect(
            try close(
              ColumnReductions.means(layout.array, weights: weightArray), expected.sums.map { $0 / moments.totalWeight }
            ))
        }
      }
    }

    /// Three million 0.1s in float32: a float32 sum would be off in the second digit.
    @Test func float32IsSummedInFloat64() throws {
      let array = try NDArray(uninitialized: [300_000, 10], dtype: .float32)
      array.pointer(Float.self).update(repeating: 0.1, count: array.count)
      for view in [array, try array.reshaped([10, 300_000]).transposed] {
        let sums = try ColumnReductions.sums(view).elements(as: Double.self)
        #expect(sums.allSatisfy { ($0 / (300_000 * Double(Float(0.1))) - 1).magnitude < 1e-14 })
      }
    }

    /// A variance of 1 about a mean of 1e9, where Σ x² − n mean² has no correct digit.
    @Test func largeMeansDoNotCancel() throws {
      let values = (0..<10_000).map { 1e9 + ($0 % 2 == 0 ? 1.0 : -1.0) }
      let moments = try ColumnReductions.moments(NDArray(values))
      #expect(try moments.means.elements(as: Double.self) == [1e9])
      #expect(try moments.squaredDeviations.elements(as: Double.self) == [10_000])
    }

    @Test func extremeScalesHaveTheirStandardDeviation() throws {
      let base = [3.0, -1, 4, 1, -5, 9, 2, -6]
      let expected = try ColumnReductions.standardDeviations(NDArray(base)).elements(as: Double.self)[0]
      for scale in [1e200, 1e-200, 1e300, 0x1p-1030] {
        let result = try ColumnReductions.standardDeviations(NDArray(base.map { $0 * scale }))
        #expect((try result.elements(as: Double.self)[0] / (expected * scale) - 1).magnitude < 1e-12, "\(scale)")
      }
      #expect(try ColumnReductions.standardDeviations(NDArray([7.0, 7, 7])).elements(as: Double.self) == [0])
    }

    @Test func noRowsAndNoColumns() throws {
      #expect(try ColumnReductions.sums(NDArray(zeros: [0, 3])).elements(as: Double.self) == [0, 0, 0])
      #expect(try ColumnReductions.sums(NDArray(zeros: [3, 0])).shape == [0])
      #expect(try ColumnReductions.means(NDArray(zeros: [0, 2])).elements(as: Double.self).allSatisfy(\.isNaN))
      #expect(try ColumnReductions.moments(NDArray(zeros: [0, 2])).means.elements(as: Double.self).allSatisfy(\.isNaN))
    }

    @Test func integersAndRepeatedRowsAreTaken() throws {
      #expect(
        try ColumnReductions.sums(NDArray(rows: [[1, 2], [3, 4]] as [[UInt8]])).elements(as: Double.self) == [4, 6])
      let row = try NDArray([1.0, 2])
      let repeated = NDArray(storage: row.storage, data: row.data, dtype: .float64, shape: [50, 2], strides: [0, 8])
      #expect(try ColumnReductions.sums(repeated).elements(as: Double.self) == [50, 100])
      let column = NDArray(storage: row.storage, data: row.data, dtype: .float64, shape: [2, 5], strides: [8, 0])
      #expect(try ColumnReductions.sums(column).elements(as: Double.self) == [3, 3, 3, 3, 3])
    }

    @Test func wrongWeightsAreRefused() throws {
      #expect(throws: ApusError.self) { try ColumnReductions.sums(NDArray([1.0, 2]), weights: NDArray([1.0])) }
      #expect(throws: ApusError.self) { try ColumnReductions.sums(NDArray(zeros: [2, 2, 2])) }
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      for dtype in [DType.float32, .float64] {
        let x = try randomArray([30_000, 21], seed: 3, dtype: dtype)
        let weights = try randomArray([30_000], seed: 4)
        try expectSameBits {
          try [x, x.reshaped([21, 30_000]).transposed].flatMap { x in
            let moments = try ColumnReductions.moments(x, weights: weights)
            return [
              try ColumnReductions.sums(x), try ColumnReductions.sumsOfSquares(x, weights: weights), moments.means,
              moments.squaredDeviations,
            ]
          }
        }
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let x = try Matrix(random: 300, 4, seed: 5).layouts()[2].array
      try expectSurvivesAllocationFailure("sums") { _ = try ColumnReductions.sums(x) }
      try expectSurvivesAllocationFailure("moments") { _ = try ColumnReductions.moments(x) }
      try expectSurvivesAllocationFailure("deviations") { _ = try ColumnReductions.standardDeviations(x) }
    }
  }
}
