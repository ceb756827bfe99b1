import ApusNumerics

/// Correlations out of the complete Gram matrix: for more rows than columns, and for moments that were merged.
final class GramSource: CorrelationSource {
  let columns: Int
  let exponent = 0
  let totalWeight: Double
  let targetMeans: [Double]
  let targetSquares: [Double]
  private let moments: FoldMoments
  /// 1 / Σw.
  private let scale: Double
  private let crossProducts: Buffer<Double>

  /// Columns of a part of a gradient.
  private static let partColumns = 256

  var computesProducts: Bool { false }
  var means: UnsafePointer<Double> { UnsafePointer(moments.means.pointer(Double.self)) }
  var cross: UnsafePointer<Double> { UnsafePointer(crossProducts.pointer) }

  /// - Throws: ``ApusError/numericalFailure(reason:)`` when squares overflow.
  init(_ moments: FoldMoments) throws {
    let (p, t, order) = (moments.columns, moments.targetCount, moments.order)
    self.moments = moments
    columns = p
    totalWeight = moments.totalWeight
    scale = 1 / moments.totalWeight
    crossProducts = try Buffer<Double>(count: p * t)
    let sums = moments.products.pointer(Double.self)
    for i in 0..<p {
      for k in 0..<t { crossProducts[k * p + i] = sums[i * order + p + k] * scale }
    }
    let means = moments.means.pointer(Double.self)
    let inverse = scale
    targetMeans = (0..<t).map { means[p + $0] }
    targetSquares = (0..<t).map { sums[(p + $0) * order + p + $0] * inverse }
    // The largest magnitudes of a matrix of inner products are on its diagonal.
    for j in 0..<p where !sums[j * (order + 1)].isFinite {
      throw ApusError.numericalFailure(reason: "X: squares of the features overflow float64; scale the features")
    }
    for square in targetSquares where !square.isFinite {
      throw ApusError.numericalFailure(reason: "y: squares of the targets overflow float64; scale the targets")
    }
  }

  func gradient(
    _ w: UnsafePointer<Double>, members: WorkingSet, first: Int, tasks: Int, into gradient: UnsafeMutablePointer<Double>
  ) throws {
    let (p, order) = (columns, moments.order)
    let support = members.members.filter { member in (0..<tasks).contains { w[member * tasks + $0] != 0 } }
    let (sums, cross) = (UnsafePointer(moments.products.pointer(Double.self)), crossProducts.pointer)
    let scale = scale
    let count = support.count
    let coefficients = try Buffer<Double>(count: Swift.max(1, count))
    for t in 0..<tasks {
      for (index, member) in support.enumerated() { coefficients[index] = scale * w[member * tasks + t] }
      let (factors, q) = (UnsafePointer(coefficients.pointer), cross + (first + t) * p)
      support.withUnsafeBufferPointer { support in
        ThreadPool.parallelBlocks(count: p, blockSize: count * p > 1 << 16 ? GramSource.partColumns : p) { range in
          GramSource.subtract(
            factors, support, sums, order, q, range, from: gradient + t, stride: tasks)
        }
      }
    }
    withExtendedLifetime(coefficients) {}
  }

  /// gradient[j · stride] ← q_j − Σ factor · G[member, j] for the columns `range`, four members at a time.
  private static func subtract(
    _ factors: UnsafePointer<Double>, _ members: UnsafeBufferPointer<Int>, _ gram: UnsafePointer<Double>, _ order: Int,
    _ q: UnsafePointer<Double>, _ range: Range<Int>, from gradient: UnsafeMutablePointer<Double>, stride: Int
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: partColumns) { memory in
      guard let sum = memory.baseAddress else { return }
      var start = range.lowerBound
      while start < range.upperBound {
        let extent = Swift.min(partColumns, range.upperBound &- start)
        for j in 0..<extent { sum[j] = q[start &+ j] }
        var index = 0
        while index &+ 4 <= members.count {
          let rows = gram + start
          let (a, b) = (rows + members[index] &* order, rows + members[index &+ 1] &* order)
          let (c, d) = (rows + members[index &+ 2] &* order, rows + members[index &+ 3] &* order)
          let (f, g, h, i) = (factors[index], factors[index &+ 1], factors[index &+ 2], factors[index &+ 3])
          for j in 0..<extent { sum[j] -= (f * a[j] + g * b[j]) + (h * c[j] + i * d[j]) }
          index &+= 4
        }
        while index < members.count {
          let (row, factor) = (gram + (members[index] &* order &+ start), factors[index])
          for j in 0..<extent { sum[j] -= factor * row[j] }
          index &+= 1
        }
        if stride == 1 {
          for j in 0..<extent { gradient[start &+ j] = sum[j] }
        } else {
          for j in 0..<extent { gradient[(start &+ j) &* stride] = sum[j] }
        }
        start &+= extent
      }
    }
  }

  func products(
    _ range: Range<Int>, of members: WorkingSet, into products: UnsafeMutablePointer<Double>, stride: Int
  ) throws {
    let (gram, order, scale) = (moments.products.pointer(Double.self), moments.order, scale)
    members.members.withUnsafeBufferPointer { all in
      for row in range {
        let source = gram + all[row] &* order
        let target = products + (row &- range.lowerBound) &* stride
        for column in 0..<all.count { target[column] = source[all[column]] * scale }
      }
    }
  }
}
