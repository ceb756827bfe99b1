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
  /// `rankCount(feature)`. Of sparse features the ranks of their entries, in the order of ``SparseColumns``.
  let ranks: Buffer<UInt32>
  /// The entries, when the features are sparse, and the rank of the rows without one for every feature.
  private let sparse: (columns: SparseColumns, fills: [UInt32])?
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
    self.ranks = ranks
    sparse = nil
    (lowest, highest, offsets) = try RankedFeatures.joined(columns)
    hasMissing = columns.map { $0?.hasMissing ?? false }
  }

  /// Ranks the columns of a sparse matrix, columns in parallel; memory in proportion to the entries.
  ///
  /// With `maxBins` all rows without an entry count as one value in one row.
  init(_ matrix: SparseColumns, maxBins: Int? = nil, categorical: [Bool] = []) throws {
    let (rows, features) = (matrix.rows, matrix.columns)
    self.rows = rows
    self.features = features
    let ranks = try Buffer<UInt32>(count: matrix.starts[features])
    var columns = [Column?](repeating: nil, count: features)
    var fills = [UInt32](repeating: 0, count: features)
    try columns.withUnsafeMutableBufferPointer { slots in
      try fills.withUnsafeMutableBufferPointer { fills in
        nonisolated(unsafe) let (slots, fills) = (slots, fills)
        try ThreadPool.parallelForThrowing(tasks: features) { feature in
          let maxBins = !categorical.isEmpty && categorical[feature] ? nil : maxBins
          let (start, count) = (matrix.starts[feature], matrix.count(feature))
          // Without entries there is one value and nothing to split.
          if count == 0 { return }
          // One more row stands for all that have no entry.
          let hasGaps = count < rows
          let own = try Buffer<UInt32>(count: count + 1)
          slots[feature] = try Column(rows: count + (hasGaps ? 1 : 0), ranks: own.pointer, maxBins: maxBins) {
            $0 < count ? matrix.values[start + $0] : 0
          }
          (ranks.pointer + start).update(from: own.pointer, count: count)
          fills[feature] = hasGaps ? own[count] : 0
        }
      }
    }
    self.ranks = ranks
    sparse = (matrix, fills)
    (lowest, highest, offsets) = try RankedFeatures.joined(columns)
    hasMissing = columns.map { $0?.hasMissing ?? false }
  }

  /// The values of all ranks, feature after feature.
  private static func joined(
    _ columns: [Column?]
  ) throws(ApusError) -> (lowest: Buffer<Double>, highest: Buffer<Double>, offsets: [Int]) {
    var offsets = [0]
    for column in columns { offsets.append(offsets[offsets.count - 1] + (column?.count ?? 0)) }
    let lowest = try Buffer<Double>(count: offsets[columns.count])
    let highest = try Buffer<Double>(count: offsets[columns.count])
    for (feature, column) in columns.enumerated() {
      guard let column else { continue }
      (lowest.pointer + offsets[feature]).update(from: column.lowest.pointer, count: column.count)
      (highest.pointer + offsets[feature]).update(from: column.highest.pointer, count: column.count)
    }
    return (lowest, highest, offsets)
  }

  var isSparse: Bool { sparse != nil }

  /// The ranks of a sparse feature.
  func sparseColumn(_ feature: Int) -> SparseRankColumn? {
    guard let sparse else { return nil }
    let start = sparse.columns.starts[feature]
    return SparseRankColumn(
      rows: UnsafePointer(sparse.columns.rowOf.pointer + start), ranks: UnsafePointer(ranks.pointer + start),
      count: sparse.columns.count(feature), fill: sparse.fills[feature])
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
