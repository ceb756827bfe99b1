import ApusNumerics

/// How the values of each feature fall into at most 255 bins, and missing values into one more.
///
/// Numeric features: bins of about equal weight between distinct values; where there are no more distinct values than
/// bins every value has its own. Categorical features: one bin per category.
package struct BinMapper: Sendable {
  /// Most bins of present values.
  package static let largestBinCount = 255

  package struct Feature: Sendable {
    /// Upper bounds of all bins but the last, ascending (numeric).
    var edges: [Double] = []
    /// Category of every bin, ascending (categorical).
    var categories: [Double] = []
    var isCategorical = false
    /// Bins of present values.
    var binCount = 0
    var hasMissing = false
    /// Where missing values go, whether or not training has any; unknown categories too.
    var missingBin: Int { binCount }
    /// Cells a histogram needs.
    var cellCount: Int { binCount + (hasMissing ? 1 : 0) }
  }

  package let features: [Feature]

  private static let taskLimit = 16

  /// - Parameters:
  ///   - matrix: (rows, features), float32 or float64; NaN means missing.
  ///   - weights: of the rows; nil for 1. Rows of weight 0 do not count.
  ///   - maxBins: 2…255.
  ///   - sampleLimit: rows looked at; a deterministic sample of that size is drawn from larger matrices.
  package init(
    _ matrix: NDArray, weights: UnsafePointer<Double>?, maxBins: Int, categorical: [Bool], sampleLimit: Int = 200_000
  ) throws {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    var features = [Feature](repeating: Feature(), count: columns)
    let sample = try BinMapper.sample(rows: rows, limit: sampleLimit)
    let hasMissing =
      matrix.dtype == .float32
      ? try BinMapper.missing(matrix.matrixView(Float.self), weights)
      : try BinMapper.missing(matrix.matrixView(Double.self), weights)
    try features.withUnsafeMutableBufferPointer { slots in
      nonisolated(unsafe) let slots = slots
      // A task keeps its scratch for all its columns.
      let tasks = min(columns, BinMapper.taskLimit)
      try ThreadPool.parallelForThrowing(tasks: tasks) { task in
        let builder = try BinBuilder(capacity: sample.count)
        for column in (task * columns / tasks)..<((task + 1) * columns / tasks) {
          switch matrix.dtype {
          case .float32:
            let view = matrix.matrixView(Float.self)
            builder.collect(sample, weights) { Double(view[$0, column]) }
          default:
            let view = matrix.matrixView(Double.self)
            builder.collect(sample, weights) { view[$0, column] }
          }
          builder.hasMissing = hasMissing[column] != 0
          let isCategorical = categorical.isEmpty ? false : categorical[column]
          slots[column] =
            isCategorical
            ? try builder.categories(maxBins: maxBins, column: column) : builder.quantiles(maxBins: maxBins)
        }
      }
    }
    self.features = features
  }

  /// 1 for every column with missing values in rows that count.
  private static func missing<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ view: MatrixView<Element>, _ weights: UnsafePointer<Double>?
  ) throws(ApusError) -> Buffer<UInt8> {
    let (blockSize, columns) = (8192, view.columns)
    let blocks = (view.rows + blockSize - 1) / blockSize
    let flags = try Buffer<UInt8>(zeroed: try checkedCount([max(blocks, 1), columns], stride: 1))
    ThreadPool.parallelFor(tasks: blocks) { block in
      let own = flags.pointer + block * columns
      for row in (block * blockSize)..<min((block + 1) * blockSize, view.rows) where weights?[row] != 0 {
        let line = view.base + row &* view.rowStride
        for column in 0..<columns {
          let x = line[column &* view.columnStride]
          own[column] |= x != x ? 1 : 0
        }
      }
    }
    for block in 1..<max(blocks, 1) {
      for column in 0..<columns { flags[column] |= flags[block * columns + column] }
    }
    return flags
  }

  /// All rows, or every k-th of a pseudo-random order when there are more than `limit`.
  private static func sample(rows: Int, limit: Int) throws(ApusError) -> Buffer<UInt32> {
    let chosen = try Buffer<UInt32>(count: min(rows, limit))
    guard rows > limit else {
      for row in 0..<rows { chosen[row] = UInt32(row) }
      return chosen
    }
    // Selection sampling: Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S.
    var random = RandomStream(seed: 0, index: 0)
    var taken = 0
    for row in 0..<rows where taken < limit {
      if random.below(rows - row) < limit - taken {
        chosen[taken] = UInt32(row)
        taken += 1
      }
    }
    return chosen
  }
}

/// Collects one column and cuts it into bins.
private final class BinBuilder {
  private let keys: Buffer<UInt64>
  private let rows: Buffer<UInt32>
  private let distinctWeights: Buffer<Double>
  private let capacity: Int
  private var count = 0
  private var weights: UnsafePointer<Double>?
  var hasMissing = false

  init(capacity: Int) throws(ApusError) {
    self.capacity = capacity
    keys = try Buffer(count: 2 * capacity)
    rows = try Buffer(count: 2 * capacity)
    distinctWeights = try Buffer(count: capacity)
  }

  func collect(_ sample: Buffer<UInt32>, _ weights: UnsafePointer<Double>?, value: (Int) -> Double) {
    self.weights = weights
    count = 0
    for i in 0..<sample.count {
      let row = sample[i]
      let x = value(Int(row))
      if x != x { continue }
      if let weights, weights[Int(row)] == 0 { continue }
      keys[count] = ColumnSort.orderedBits(x)
      rows[count] = row
      count += 1
    }
  }

  /// Distinct values, ascending, with their weights; in memory of the builder.
  private struct Distinct {
    let bits: UnsafeMutablePointer<UInt64>
    let weights: UnsafeMutablePointer<Double>
    var count = 0

    func value(_ index: Int) -> Double { ColumnSort.value(orderedBits: bits[index]) }
  }

  private func distinct() -> Distinct {
    let spare = keys.pointer + capacity
    guard count > 0 else { return Distinct(bits: spare, weights: distinctWeights.pointer) }
    let sorted = ColumnSort.sort(
      keys: keys.pointer, indices: rows.pointer, spareKeys: spare, spareIndices: rows.pointer + capacity, count: count)
    // The half of the keys that is free again takes the distinct ones.
    var result = Distinct(bits: sorted.keys == spare ? keys.pointer : spare, weights: distinctWeights.pointer)
    var previous = ~sorted.keys[0]
    for i in 0..<count {
      if sorted.keys[i] != previous {
        previous = sorted.keys[i]
        result.bits[result.count] = previous
        result.weights[result.count] = 0
        result.count += 1
      }
      result.weights[result.count - 1] += weights?[Int(sorted.indices[i])] ?? 1
    }
    return result
  }

  /// Bins of about equal weight: a bin is closed when it has its share of what is left.
  func quantiles(maxBins: Int) -> BinMapper.Feature {
    let values = distinct()
    var feature = BinMapper.Feature()
    feature.hasMissing = hasMissing
    var remaining = (0..<values.count).reduce(0) { $0 + values.weights[$1] }
    var filled = 0.0
    for i in 0..<max(values.count - 1, 0) {
      filled += values.weights[i]
      let binsLeft = maxBins - feature.edges.count
      let valuesLeft = values.count - 1 - i
      guard binsLeft > 1 else { break }
      let target = remaining / Double(binsLeft)
      // Close the bin at its share, or before a value so heavy that it needs a bin of its own.
      let isFull = filled >= target || filled + values.weights[i + 1] / 2 > target
      if valuesLeft < binsLeft || isFull || values.count <= maxBins {
        let (low, high) = (values.value(i), values.value(i + 1))
        let middle = low / 2 + high / 2
        feature.edges.append(middle < high && middle >= low ? middle : low)
        remaining -= filled
        filled = 0
      }
    }
    feature.binCount = values.count == 0 ? 0 : feature.edges.count + 1
    return feature
  }

  func categories(maxBins: Int, column: Int) throws(ApusError) -> BinMapper.Feature {
    let values = distinct()
    var feature = BinMapper.Feature()
    feature.isCategorical = true
    feature.hasMissing = hasMissing
    feature.categories = (0..<values.count).map { values.value($0) }
    feature.binCount = values.count
    guard values.count <= maxBins else {
      throw .invalidArgument(
        name: "categorical_features",
        reason: "feature \(column) has \(values.count) categories, which exceeds max_bins = \(maxBins)")
    }
    for category in feature.categories where category < 0 || category > 65535 || category != category.rounded() {
      throw .invalidArgument(
        name: "categorical_features",
        reason: "feature \(column) has category \(category); categories are whole numbers in 0...65535")
    }
    return feature
  }
}
