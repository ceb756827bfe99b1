import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct FiniteCheckTests {
    @Test(arguments: [DType.float32, .float64]) func findsEveryPlaceInEveryLayout(dtype: DType) throws {
      let (rows, columns) = (5, 7)
      for place in 0..<rows * columns {
        for fault in [Double.nan, .infinity, -.infinity] {
          var matrix = Matrix(random: rows, columns, seed: 1)
          matrix.values[place] = fault
          let expected = NonFiniteElement(row: place / columns, column: place % columns, isNaN: fault.isNaN)
          for layout in try matrix.layouts(dtype) {
            #expect(FiniteCheck.firstNonFinite(in: layout.array) == expected, "\(layout.name)")
            let infinite = FiniteCheck.firstNonFinite(in: layout.array, policy: .allowNaN)
            #expect(infinite == (fault.isNaN ? nil : expected), "\(layout.name)")
          }
        }
      }
    }

    @Test func extremeFiniteNumbersPass() throws {
      let doubles: [Double] = [
        0, -0.0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, .leastNormalMagnitude,
      ]
      let floats = [Float.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0]
      for policy in [FiniteCheck.Policy.finite, .allowNaN] {
        #expect(FiniteCheck.firstNonFinite(in: try NDArray(doubles), policy: policy) == nil)
        #expect(FiniteCheck.firstNonFinite(in: try NDArray(floats), policy: policy) == nil)
      }
      #expect(FiniteCheck.firstNonFinite(in: try NDArray([Int32.max])) == nil)
      #expect(FiniteCheck.firstNonFinite(in: try NDArray(zeros: [0, 3])) == nil)
      #expect(FiniteCheck.firstNonFinite(in: try NDArray(zeros: [])) == nil)
    }

    /// NaNs of every kind: quiet, signalling, negative, with payload.
    @Test func everyKindOfNaNIsFound() throws {
      for bits: UInt64 in [0x7ff0_0000_0000_0001, 0xfff8_0000_0000_0000, 0x7fff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff] {
        let array = try NDArray([1, Double(bitPattern: bits)])
        #expect(FiniteCheck.firstNonFinite(in: array) == NonFiniteElement(row: 1, column: nil, isNaN: true))
        #expect(FiniteCheck.firstNonFinite(in: array, policy: .allowNaN) == nil)
      }
    }

    @Test(arguments: [1, 2, 3, 8]) func theFirstOfManyIsReported(threads: Int) throws {
      let before = ThreadPool.threadCount
      defer { try? ThreadPool.setThreadCount(before) }
      try ThreadPool.setThreadCount(threads)
      let array = try NDArray(zeros: [3000, 200], dtype: .float32)
      let pointer = array.pointer(Float.self)
      for place in [599_999, 300_001, 123_456] {
        pointer[place] = place == 300_001 ? .nan : .infinity
        #expect(
          FiniteCheck.firstNonFinite(in: array)
            == NonFiniteElement(row: place / 200, column: place % 200, isNaN: place == 300_001))
      }
      // In the transpose another element comes first.
      let first = [599_999, 300_001, 123_456].map { ($0 % 200, $0 / 200) }.min { $0 < $1 }!
      #expect(
        FiniteCheck.firstNonFinite(in: array.transposed)
          == NonFiniteElement(row: first.0, column: first.1, isNaN: first == (1, 1500)))
    }

    @Test func higherRanksCountTheOtherAxesTogether() throws {
      let array = try NDArray(zeros: [2, 3, 4])
      array.pointer(Double.self)[12 + 2 * 4 + 1] = .infinity
      #expect(FiniteCheck.firstNonFinite(in: array) == NonFiniteElement(row: 1, column: 9, isNaN: false))
      // Axes 3, 2, 0 reversed: index (1, 2, 1) in the original is (1, 2, 1) in the transpose of shape (4, 3, 2).
      #expect(FiniteCheck.firstNonFinite(in: array.transposed) == NonFiniteElement(row: 1, column: 5, isNaN: false))
    }

    @Test func messagesNameThePlace() throws {
      #expect(
        throws: ApusError.nonFiniteValue(
          name: "X", reason: "contains NaN, first at row 0, column 1")
      ) { try FiniteCheck.requireFinite(NDArray(rows: [[1, Double.nan]]), name: "X") }
      #expect(
        throws: ApusError.nonFiniteValue(
          name: "y", reason: "contains infinity (inf), first at row 2")
      ) { try FiniteCheck.requireFinite(NDArray([Float.nan, 0, .infinity]), name: "y", policy: .allowNaN) }
    }
  }
}
