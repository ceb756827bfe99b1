import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  /// The kernels beside products, on whole numbers, whose sums are exact in any order.
  @Suite struct MatrixKernelTests {
    private static let registers = PackedProductTests.registers

    private func wholeNumbers<T: ProductScalar>(_ type: T.Type, _ count: Int, step: Int) throws -> Buffer<T> {
      let result = try Buffer<T>(count: count)
      for i in 0..<count { result[i] = T(i &* step % 17 - 8) }
      return result
    }

    private func checkBoth<T: ProductScalar>(_ type: T.Type, _ bytes: Int32, m: Int, n: Int) throws {
      let lda = m + 3
      let a = try wholeNumbers(T.self, lda * n, step: 5)
      let (x, z) = (try wholeNumbers(T.self, n, step: 7), try wholeNumbers(T.self, m, step: 3))
      // One element more than is used, which must stay.
      let (y, s) = (try wholeNumbers(T.self, m + 1, step: 2), try wholeNumbers(T.self, n + 1, step: 11))
      var (left, right) = (Array(y.elements), Array(s.elements))
      for j in 0..<n {
        for i in 0..<m {
          left[i] += a[j * lda + i] * x[j]
          right[j] += a[j * lda + i] * z[i]
        }
      }
      T.multiplyBoth(
        bytes, m: m, n: n, a: a.pointer, lda: lda, x: x.pointer, z: z.pointer, y: y.pointer, s: s.pointer)
      #expect(Array(y.elements) == left, "\(T.self) \(m) × \(n)")
      #expect(Array(s.elements) == right, "\(T.self) \(m) × \(n)")
      withExtendedLifetime((a, x, z, y, s)) {}
    }

    @Test(arguments: registers) func bothProductsOfOneReading(registerBytes: Int32) throws {
      for m in 0...40 {
        for n in 0...20 {
          try checkBoth(Double.self, registerBytes, m: m, n: n)
          try checkBoth(Float.self, registerBytes, m: m, n: n)
        }
      }
    }

    private func checkShift<T: ProductScalar>(
      _ type: T.Type, _ bytes: Int32, rows: Int, columns: Int, panel: Int, last: Int
    ) throws {
      let (row, count) = (columns + 2, rows + 3)
      let source = try wholeNumbers(T.self, row * rows, step: 5)
      let shifts = try wholeNumbers(T.self, columns, step: 3)
      let scales = try Buffer<T>(count: columns)
      for j in 0..<columns { scales[j] = j % 2 == 0 ? 0.5 : 4 }
      let factors = try Buffer<T>(count: rows)
      for i in 0..<rows { factors[i] = i % 2 == 0 ? 2 : 0.25 }
      let panels = (columns + panel - 1) / panel
      let target = try Buffer<T>(zeroed: (panels + 1) * panel * count)
      let factored = try Buffer<T>(zeroed: target.count)
      var expected = Array(target.elements)
      var weighted = expected
      for i in 0..<rows {
        for j in 0..<columns {
          let start = j / panel * panel
          let width = last != 0 && start + panel >= columns ? last : panel
          let value = (source[i * row + j] - shifts[j]) * scales[j]
          expected[start * count + i * width + j - start] = value
          weighted[start * count + i * width + j - start] = value * factors[i]
        }
      }
      T.packShifted(
        bytes, rows: rows, columns: columns, source: source.pointer, row: row, shifts: shifts.pointer,
        scales: scales.pointer, factors: nil, panel: panel, count: count, lastColumns: last, into: target.pointer)
      T.packShifted(
        bytes, rows: rows, columns: columns, source: source.pointer, row: row, shifts: shifts.pointer,
        scales: scales.pointer, factors: factors.pointer, panel: panel, count: count, lastColumns: last,
        into: factored.pointer)
      #expect(Array(target.elements) == expected, "\(T.self) \(rows) × \(columns), panels of \(panel), last of \(last)")
      #expect(Array(factored.elements) == weighted, "\(T.self) with factors")
      withExtendedLifetime((source, shifts, scales, factors, target, factored)) {}
    }

    @Test(arguments: registers) func rowsAreShiftedScaledAndPacked(registerBytes: Int32) throws {
      for columns in 1...60 {
        for panel in [12, 24, 48] {
          let rest = (columns - 1) % panel + 1
          for last in [0, rest, (rest + 7) / 8 * 8] where last <= panel {
            try checkShift(Double.self, registerBytes, rows: 3, columns: columns, panel: panel, last: last)
            try checkShift(Float.self, registerBytes, rows: 2, columns: columns, panel: panel, last: last)
          }
        }
      }
    }
  }
}
