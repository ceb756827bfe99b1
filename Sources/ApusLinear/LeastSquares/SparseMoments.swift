import ApusNumerics

/// Adds the rows of a sparse regression to double-double moments, touching only entries that are present.
enum SparseMoments {
  /// - Complexity: O(Σ over rows of (entries + targets)²).
  static func add(
    _ data: RegressionData, exponents: [Int], to matrix: DoubleDoubleMatrix, checkpoint: (Double) throws -> Void
  ) throws {
    guard case .sparse(let sparse) = data.design.elements else { return }
    let (rows, p, t) = (data.rows, data.columns, data.targetCount)
    let scales = try ColumnScales.factors(exponents)
    let row = try Buffer<Double>(zeroed: p + t + 1)
    let present = try Buffer<Int>(count: longestRow(sparse, rows) + t + 1)
    let (z, columns, scale, stride) = (row.pointer, present.pointer, scales.pointer, matrix.rowStride)
    for r in 0..<rows {
      if r & 4095 == 0 { try checkpoint(Double(r) / Double(rows)) }
      var count = 0
      for entry in Int(sparse.offsets[r])..<Int(sparse.offsets[r &+ 1]) {
        let column = Int(sparse.indices[entry])
        columns[count] = column
        count &+= 1
        z[column] += sparse.values[entry] * scale[column]
      }
      count = withoutRepeats(columns, count)
      for target in 0..<t {
        columns[count] = p &+ target
        count &+= 1
        z[p &+ target] = data.targetPointer[r &* t &+ target] * scale[p &+ target]
      }
      columns[count] = p &+ t
      count &+= 1
      z[p &+ t] = 1
      let weight = data.weightPointer?[r] ?? 1
      for first in 0..<count {
        let i = columns[first]
        let left = DoubleDouble.product(weight, z[i])
        for second in first..<count {
          let j = columns[second]
          let index = i &* stride &+ j
          let product = left * z[j]
          let sum = DoubleDouble(high: matrix.high[index], low: matrix.low[index]) + product
          matrix.high[index] = sum.high
          matrix.low[index] = sum.low
        }
      }
      for first in 0..<count { z[columns[first]] = 0 }
    }
  }

  private static func longestRow(_ sparse: SparseRows, _ rows: Int) -> Int {
    var longest = 0
    for row in 0..<rows { longest = Swift.max(longest, Int(sparse.offsets[row + 1] - sparse.offsets[row])) }
    return longest
  }

  /// Sorts the columns of a row and drops repeats, so that only the upper triangle is written; returns their number.
  private static func withoutRepeats(_ columns: UnsafeMutablePointer<Int>, _ count: Int) -> Int {
    var isAscending = true
    for k in 1..<Swift.max(count, 1) where columns[k] <= columns[k &- 1] { isAscending = false }
    if isAscending { return count }
    var sorted = UnsafeMutableBufferPointer(start: columns, count: count)
    sorted.sort()
    var distinct = 0
    for k in 0..<count where k == 0 || columns[k] != columns[distinct &- 1] {
      columns[distinct] = columns[k]
      distinct &+= 1
    }
    return distinct
  }
}
