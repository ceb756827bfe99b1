import ApusNumerics

/// A training matrix whose values are replaced by their ranks within each column, computed once per fit.
///
/// Split search needs only the order of values: it works on the ranks, which are small integers that sort in one or two
/// radix passes, and turns the winning pair of neighbouring ranks back into a threshold.
package final class RankedFeatures: @unchecked Sendable {
  package let rows: Int
  package let features: Int
  /// Rank of every cell, column after column: `ranks[feature * rows + row]`. A missing value has the rank
  /// `rankCount(feature)`. Of sparse features the ranks of their entries, in the order of ``SparseColumns``.
  let ranks: Buffer<UInt32>
  /// The entries, when the features are sparse, and the rank of the rows without one for every feature.
  private let sparse: (columns: SparseColumns, fills: [UInt32])?
  /// The value of every rank, ascending, feature after feature.
  let values: Buffer<Double>
  /// Where a feature's ranks start in `values`; `features + 1` entries.
  let offsets: [Int]
  /// Features that have missing values.
  let hasMissing: [Bool]

  func rankCount(_ feature: Int) -> Int { offsets[feature + 1] - offsets[feature] }

  /// Ranks the columns of a float32 or float64 matrix, columns in parallel.
  ///
  /// - Parameter matrix: shape (rows, features); NaN means missing.
  /// - Complexity: O(rows · features).
  package init(_ matrix: NDArray) throws {
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
        switch source.dtype {
        case .float32:
          let view = source.matrixView(Float.self)
          slots[feature] = try Column(rows: rows, ranks: target) { Double(view[$0, feature]) }
        default:
          let view = source.matrixView(Double.self)
          slots[feature] = try Column(rows: rows, ranks: target) { view[$0, feature] }
        }
      }
    }
    self.ranks = ranks
    sparse = nil
    (values, offsets) = try RankedFeatures.joined(columns)
    hasMissing = columns.map { $0?.hasMissing ?? false }
  }

  /// Ranks the columns of a sparse matrix, columns in parallel; memory in proportion to the entries.
  init(_ matrix: SparseColumns) throws {
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
          let (start, count) = (matrix.starts[feature], matrix.count(feature))
          // Without entries there is one value and nothing to split.
          if count == 0 { return }
          // One more row stands for all that have no entry.
          let hasGaps = count < rows
          let own = try Buffer<UInt32>(count: count + 1)
          slots[feature] = try Column(rows: count + (hasGaps ? 1 : 0), ranks: own.pointer) {
            $0 < count ? matrix.values[start + $0] : 0
          }
          (ranks.pointer + start).update(from: own.pointer, count: count)
          fills[feature] = hasGaps ? own[count] : 0
        }
      }
    }
    self.ranks = ranks
    sparse = (matrix, fills)
    (values, offsets) = try RankedFeatures.joined(columns)
    hasMissing = columns.map { $0?.hasMissing ?? false }
  }

  /// The values of all ranks, feature after feature.
  private static func joined(
    _ columns: [Column?]
  ) throws(ApusError) -> (values: Buffer<Double>, offsets: [Int]) {
    var offsets = [0]
    for column in columns { offsets.append(offsets[offsets.count - 1] + (column?.count ?? 0)) }
    let values = try Buffer<Double>(count: offsets[columns.count])
    for (feature, column) in columns.enumerated() {
      guard let column else { continue }
      (values.pointer + offsets[feature]).update(from: column.values.pointer, count: column.count)
    }
    return (values, offsets)
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

  /// The number halfway between the values of two ranks, such that `value <= threshold` separates them also after
  /// rounding; the value of the rank on the left where nothing lies above it.
  func threshold(feature: Int, left: Int, right: Int) -> Double {
    let low = values[offsets[feature] + left]
    guard right < rankCount(feature) else { return low }
    let high = values[offsets[feature] + right]
    let middle = low / 2 + high / 2
    return middle >= low && middle < high && middle.isFinite ? middle : low
  }
}

/// One ranked column.
private struct Column {
  let values: Buffer<Double>
  let hasMissing: Bool
  var count: Int { values.count }

  @inline(__always)
  init(rows: Int, ranks: UnsafeMutablePointer<UInt32>, value: (Int) -> Double) throws {
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
    hasMissing = present < rows
    guard present > 0 else {
      values = try Buffer(count: 0)
      ranks.update(repeating: 0, count: rows)
      return
    }
    let sorted = ColumnSort.sort(
      keys: keys.pointer, indices: indices.pointer, spareKeys: keys.pointer + rows,
      spareIndices: indices.pointer + rows, count: present)
    var distinct = 1
    for i in 1..<max(present, 1) where sorted.keys[i] != sorted.keys[i - 1] { distinct += 1 }
    values = try Buffer<Double>(count: distinct)
    var rank = -1
    var previous = ~sorted.keys[0]
    for i in 0..<present {
      let key = sorted.keys[i]
      if key != previous {
        previous = key
        rank &+= 1
        values.pointer[rank] = ColumnSort.value(orderedBits: key)
      }
      ranks[Int(sorted.indices[i])] = UInt32(truncatingIfNeeded: rank)
    }
    if hasMissing {
      for row in 0..<rows where ranks[row] == UInt32.max { ranks[row] = UInt32(truncatingIfNeeded: distinct) }
    }
    withExtendedLifetime((keys, indices)) {}
  }
}
