import ApusNumerics

/// Bootstrap samples that do not depend on the order of the rows, and in which a row of weight 2 is two rows, exactly.
///
/// Rows are put into an order given by their content alone; a draw is a position in the sequence of rows repeated by their
/// weights. The same content therefore gives the same draws for the same seed however it is ordered or repeated.
/// With whole weights there are as many draws as the sum of the weights, else as many as rows with weight.
package final class Bootstrap: @unchecked Sendable {
  /// Rows with weight in the order of their content.
  private let order: Buffer<UInt32>
  private let count: Int
  /// Cumulative weights along `order`; nil when all weights are 1.
  private let cumulative: Buffer<Double>?
  private let total: Double
  /// Draws for a full-size sample.
  package let fullDrawCount: Int
  /// Rows of the whole table, those without weight included.
  let rowCount: Int
  /// Whether all weights are whole numbers, so that weights are repetitions.
  let isWhole: Bool

  /// - Parameters:
  ///   - features: (rows, columns), float32 or float64.
  ///   - targets: one column of numbers per output.
  package convenience init(
    features: NDArray, targets: [UnsafePointer<Double>], weights: UnsafePointer<Double>?
  ) throws {
    let hashes = try Buffer<UInt64>(count: features.shape[0])
    RowHash.fill(hashes, of: features)
    try self.init(hashes: hashes, targets: targets, weights: weights)
  }

  /// - Parameters:
  ///   - hashes: of the rows' features.
  ///   - targets: one column of numbers per output.
  init(hashes: Buffer<UInt64>, targets: [UnsafePointer<Double>], weights: UnsafePointer<Double>?) throws {
    let rows = hashes.count
    rowCount = rows
    let keys = try Buffer<UInt64>(count: 2 * rows)
    let indices = try Buffer<UInt32>(count: 2 * rows)
    var used = 0
    var total = 0.0
    var isWhole = true
    for row in 0..<rows {
      let weight = weights?[row] ?? 1
      indices[used] = UInt32(truncatingIfNeeded: row)
      used += weight > 0 ? 1 : 0
      total += weight
      isWhole = isWhole && weight == weight.rounded()
    }
    let count = used
    for i in 0..<count {
      let row = Int(indices[i])
      keys[i] = hashes[row]
      for target in targets { keys[i] = WordHash.mix(keys[i] &+ (target[row] + 0).bitPattern &+ 0x9e37_79b9_7f4a_7c15) }
    }
    let sorted = ColumnSort.sort(
      keys: keys.pointer, indices: indices.pointer, spareKeys: keys.pointer + rows,
      spareIndices: indices.pointer + rows, count: count)
    order = try Buffer(count: count)
    order.pointer.update(from: sorted.indices, count: count)
    withExtendedLifetime((keys, indices)) {}
    self.count = count
    self.total = total
    let sums = try Buffer<Double>(count: count)
    var sum = 0.0
    var isUniform = true
    for i in 0..<count {
      let weight = weights?[Int(order[i])] ?? 1
      isUniform = isUniform && weight == 1
      sum += weight
      sums[i] = sum
    }
    cumulative = isUniform ? nil : sums
    self.isWhole = isWhole && total < 0x1p31
    fullDrawCount = self.isWhole ? Int(total) : count
  }

  /// Rows with weight in the order of their content.
  var contentOrder: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(start: order.pointer, count: count) }

  /// The row at a place of the sequence in which rows are repeated by their whole weights.
  func row(at place: Int) -> Int {
    guard let cumulative else { return Int(order[place]) }
    return Int(order[position(reaching: Double(place), cumulative)])
  }

  /// The first position whose cumulative weight exceeds the goal.
  private func position(reaching goal: Double, _ cumulative: Buffer<Double>) -> Int {
    var (low, high) = (0, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] <= goal { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Adds the draws of one tree to `counts`, one counter per row, which start at zero.
  func draw(_ draws: Int, random: inout RandomStream, counts: UnsafeMutablePointer<UInt32>) {
    guard let cumulative else {
      for _ in 0..<draws { counts[Int(order[random.below(count)])] &+= 1 }
      return
    }
    for _ in 0..<draws {
      let goal = isWhole ? Double(random.below(fullDrawCount)) : random.uniform() * total
      counts[Int(order[position(reaching: goal, cumulative)])] &+= 1
    }
  }
}

extension Bootstrap {
  /// Rows drawn for one tree, repeated ones one after the other.
  ///
  /// - Parameter replacing: false for draws without replacement among the rows repeated by their weights, which needs
  ///   whole weights; others are drawn with replacement.
  func sample(_ draws: Int, replacing: Bool, random: inout RandomStream) throws -> Buffer<UInt32> {
    let counts = try Buffer<UInt32>(zeroed: rowCount)
    if replacing || !isWhole {
      draw(draws, random: &random, counts: counts.pointer)
    } else {
      let places = try Buffer<Int>(count: draws)
      try random.sample(places.pointer, count: draws, population: fullDrawCount)
      for i in 0..<draws { counts[row(at: places[i])] += 1 }
    }
    let rows = try Buffer<UInt32>(count: draws)
    var next = 0
    for row in contentOrder {
      for _ in 0..<counts[Int(row)] {
        rows[next] = row
        next += 1
      }
    }
    return rows
  }
}

/// A hash of a row's features that does not depend on how they are stored: a sum over the values that are not zero.
enum RowHash {
  @inline(__always)
  private static func term(_ x: Double, column: Int) -> UInt64 {
    let bits = x == x ? x.bitPattern : UInt64.max
    return WordHash.mix(bits ^ WordHash.mix(UInt64(truncatingIfNeeded: column) &+ 0x9e37_79b9_7f4a_7c15))
  }

  static func fill(_ hashes: Buffer<UInt64>, of features: NDArray) {
    let target = hashes.pointer
    ThreadPool.parallelBlocks(count: features.shape[0], blockSize: 4096) { range in
      switch features.dtype {
      case .float32: fill(target, features.matrixView(Float.self), range)
      default: fill(target, features.matrixView(Double.self), range)
      }
    }
  }

  @inline(__always)
  private static func fill<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ target: UnsafeMutablePointer<UInt64>, _ view: MatrixView<Element>, _ range: Range<Int>
  ) {
    for row in range {
      var hash: UInt64 = 0
      for column in 0..<view.columns {
        let x = Double(view[row, column])
        hash &+= x == 0 ? 0 : term(x, column: column)
      }
      target[row] = hash
    }
  }

  static func fill(_ hashes: Buffer<UInt64>, of features: SparseColumns) {
    hashes.pointer.update(repeating: 0, count: hashes.count)
    for column in 0..<features.columns {
      for entry in features.starts[column]..<features.starts[column + 1] where features.values[entry] != 0 {
        hashes[Int(features.rowOf[entry])] &+= term(features.values[entry], column: column)
      }
    }
  }
}
