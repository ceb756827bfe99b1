import ApusNumerics

/// A training matrix whose values are replaced by their ranks within each column, computed once per fit.
///
/// Split search needs only the order of values: it works on the ranks, which are small integers that sort in one or two
/// radix passes, and turns the winning pair of neighbouring ranks back into a threshold.
/// With `maxBins` neighbouring values share a rank (quantile bins), which makes the search approximate and faster.
package final class RankedFeatures: @unchecked Sendable {
  package let rows: Int
  package let features: Int
  /// Rank of every cell, column after column: `ranks[feature * rows + row]`. A missing value has the rank
  /// `rankCount(feature)`.
  let ranks: Buffer<UInt32>
  /// The smallest value of every rank, ascending, feature after feature.
  let lowest: Buffer<Double>
  /// The largest value of every rank; differs from `lowest` only where values were binned.
  let highest: Buffer<Double>
  /// Where a feature's ranks start in `lowest` and `highest`; `features + 1` entries.
  let offsets: [Int]
  /// Features that have missing values.
  let hasMissing: [Bool]

  func rankCount(_ feature: Int) -> Int { offsets[feature + 1] - offsets[feature] }

  /// Ranks the columns of a float32 or float64 matrix, columns in parallel.
  ///
  /// - Parameters:
  ///   - matrix: shape (rows, features); NaN means missing.
  ///   - maxBins: at least 2; nil for exact ranks.
  ///   - categorical: features that are never binned; empty for none.
  /// - Complexity: O(rows · features).
  package init(_ matrix: NDArray, maxBins: Int? = nil, categorical: [Bool] = []) throws {
    let (rows, features) = (matrix.shape[0], matrix.shape[1])
    self.rows = rows
    self.features = features
    guard rows < Int(Int32.max) else {
      throw ApusError.invalidArgument(name: "X", reason: "\(rows) rows exceed the limit of \(Int32.max - 1)")
    }
    let ranks = try Buffer<UInt32>(count: try checkedCount([rows, features], stride: 1))
    var columns = [Column?](repeating: nil, count: features)
    let source = matrix.isAligned ? matrix : try matrix.contiguous()
    try columns.withUnsafeMutableBufferPointer { slots in
      nonisolated(unsafe) let slots = slots
      try ThreadPool.parallelForThrowing(tasks: features) { feature in
        let target = ranks.pointer + feature * rows
        let maxBins = !categorical.isEmpty && categorical[feature] ? nil : maxBins
        switch source.dtype {
        case .float32:
          let view = source.matrixView(Float.self)
          slots[feature] = try Column(rows: rows, ranks: target, maxBins: maxBins) { Double(view[$0, feature]) }
        default:
          let view = source.matrixView(Double.self)
          slots[feature] = try Column(rows: rows, ranks: target, maxBins: maxBins) { view[$0, feature] }
        }
      }
    }
    var offsets = [0]
    for column in columns { offsets.append(offsets[offsets.count - 1] + (column?.count ?? 0)) }
    let lowest = try Buffer<Double>(count: offsets[features])
    let highest = try Buffer<Double>(count: offsets[features])
    for (feature, column) in columns.enumerated() {
      guard let column else { continue }
      (lowest.pointer + offsets[feature]).update(from: column.lowest.pointer, count: column.count)
      (highest.pointer + offsets[feature]).update(from: column.highest.pointer, count: column.count)
    }
    self.ranks = ranks
    self.lowest = lowest
    self.highest = highest
    self.offsets = offsets
    self.hasMissing = columns.map { $0?.hasMissing ?? false }
  }

  /// The number halfway between the largest value of rank `left` and the smallest of rank `right`, such that
  /// `value <= threshold` separates them also after rounding.
  func threshold(feature: Int, left: Int, right: Int) -> Double {
    let low = highest[offsets[feature] + left]
    let high = lowest[offsets[feature] + right]
    let middle = low / 2 + high / 2
    return middle >= low && middle < high && middle.isFinite ? middle : low
  }
}

/// One ranked column.
private struct Column {
  let lowest: Buffer<Double>
  let highest: Buffer<Double>
  let count: Int
  let hasMissing: Bool

  @inline(__always)
  init(rows: Int, ranks: UnsafeMutablePointer<UInt32>, maxBins: Int?, value: (Int) -> Double) throws {
    let keys = try Buffer<UInt64>(count: 2 * rows)
    let indices = try Buffer<UInt32>(count: 2 * rows)
    var present = 0
    for row in 0..<rows {
      let x = value(row)
      keys.pointer[present] = ColumnSort.orderedBits(x)
      indices.pointer[present] = UInt32(truncatingIfNeeded: row)
      present &+= x == x ? 1 : 0
      ranks[row] = UInt32.max
    }
    guard present > 0 else {
      lowest = try Buffer(count: 0)
      highest = try Buffer(count: 0)
      count = 0
      hasMissing = rows > 0
      ranks.update(repeating: 0, count: rows)
      return
    }
    let sorted = ColumnSort.sort(
      keys: keys.pointer, indices: indices.pointer, spareKeys: keys.pointer + rows,
      spareIndices: indices.pointer + rows, count: present)
    var distinct = 1
    for i in 1..<max(present, 1) where sorted.keys[i] != sorted.keys[i - 1] { distinct += 1 }
    let bins = min(maxBins ?? distinct, distinct)
    let lowest = try Buffer<Double>(count: bins)
    let highest = try Buffer<Double>(count: bins)
    var rank = -1
    var previous = ~sorted.keys[0]
    var seen = 0
    for i in 0..<present {
      let key = sorted.keys[i]
      if key != previous {
        previous = key
        seen += 1
        let remaining = distinct - seen + 1
        let isDue = bins == distinct || i * bins >= (rank + 1) * present || remaining <= bins - rank - 1
        let x = ColumnSort.value(orderedBits: key)
        if rank < 0 || (isDue && rank + 1 < bins) {
          rank += 1
          lowest[rank] = x
        }
        highest[rank] = x
      }
      ranks[Int(sorted.indices[i])] = UInt32(truncatingIfNeeded: rank)
    }
    self.lowest = lowest
    self.highest = highest
    count = rank + 1
    hasMissing = present < rows
    if hasMissing {
      for row in 0..<rows where ranks[row] == UInt32.max { ranks[row] = UInt32(truncatingIfNeeded: rank + 1) }
    }
    withExtendedLifetime((keys, indices)) {}
  }
}
