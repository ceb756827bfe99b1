import ApusNumerics

/// A grid of equally spaced values that holds every element of a matrix: pixels, pixels over 255, counts, ratings, amounts
/// in cents. Element = origin + step · k with k a small whole number.
struct ValueGrid {
  /// The smallest element.
  let origin: Double
  let step: Double
  /// The largest k.
  let count: Double

  /// More points than this leave blocks too short to be worthwhile.
  private static let countLimit = 512.0
  /// Distance from the grid, in steps, that rounding explains.
  static let tolerance = 1e-11
  private static let firstRows = 64

  /// The point in the middle of the grid, as k.
  var middle: Double { (count / 2).rounded() }

  /// Rows whose products of distances from the middle, in steps, add up exactly in float32 whatever the order: below 2²⁴.
  var exactRows: Int {
    let radius = Swift.max(middle, count - middle, 1)
    return Int(16_777_216 / (radius * radius))
  }

  /// Nil when some element is off the grid that the first rows suggest, or the grid is too long.
  ///
  /// - Parameter array: float64; float32 whose elements are whole numbers, because fractions in float32 carry rounding errors
  ///   that are no part of the grid; or bytes, whose grid needs no look at them. Nil for other types.
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  init?(_ array: NDArray) throws(ApusError) {
    if array.isEmpty { return nil }
    if array.dtype.stride == 1 {
      self.init(origin: 0, step: 1, count: array.largestByte)
      return
    }
    guard array.dtype.isFloatingPoint else { return nil }
    let suggested =
      array.dtype == .float32
      ? ValueGrid.suggested(array.matrixView(Float.self), isWhole: true)
      : ValueGrid.suggested(array.matrixView(Double.self), isWhole: false)
    guard let suggested else { return nil }
    let rows = array.shape[0]
    let parts = Swift.max(1, Swift.min(64, array.count >> 14))
    let extents = try Buffer<Double>(count: 2 * parts)
    ThreadPool.parallelFor(tasks: parts) { part in
      let range = (part * rows / parts)..<((part + 1) * rows / parts)
      let extent =
        array.dtype == .float32
        ? suggested.extent(array.matrixView(Float.self), range) : suggested.extent(array.matrixView(Double.self), range)
      (extents.pointer[2 * part], extents.pointer[2 * part + 1]) = extent ?? (0, .infinity)
    }
    var (low, high) = (Double.infinity, -Double.infinity)
    for part in 0..<parts {
      low = Swift.min(low, extents.pointer[2 * part])
      high = Swift.max(high, extents.pointer[2 * part + 1])
    }
    let count = high - low
    guard count <= ValueGrid.countLimit, Double(rows) * Swift.max(count * count, 1) < 0x1p52 else { return nil }
    self.init(origin: suggested.origin + low * suggested.step, step: suggested.step, count: count)
  }

  private init(origin: Double, step: Double, count: Double) {
    self.origin = origin
    self.step = step
    self.count = count
  }

  /// The grid of the first rows: the greatest common divisor of the differences of whole numbers, else the smallest
  /// difference. Its count is the number of steps to the largest of their values.
  ///
  /// - Parameter isWhole: nil for values that are not whole numbers.
  static func suggested<Element: LinearAlgebraScalar>(
    _ view: MatrixView<Element>, isWhole: Bool
  ) -> ValueGrid? {
    var values = Set<Double>()
    for row in 0..<Swift.min(view.rows, firstRows) {
      for column in 0..<view.columns {
        let value = Double(view[row, column])
        if isWhole && value != value.rounded() { return nil }
        values.insert(value)
        if values.count > 520 { return nil }
      }
    }
    let sorted = values.sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    let differences = zip(sorted.dropFirst(), sorted).map { $0 - $1 }
    if sorted.allSatisfy({ $0 == $0.rounded() && $0.magnitude < 0x1p50 }) {
      let step = differences.reduce(0) { commonDivisor($0, $1) }
      let used = step > 0 ? step : 1
      return ValueGrid(origin: first, step: used, count: (last - first) / used)
    }
    guard let smallest = differences.min() else { return nil }
    let steps = ((last - first) / smallest).rounded()
    guard steps >= 1, steps <= countLimit else { return nil }
    // The longest distance knows the step best.
    return ValueGrid(origin: first, step: (last - first) / steps, count: steps)
  }

  private static func commonDivisor(_ a: Double, _ b: Double) -> Double {
    var (a, b) = (a, b)
    while b > 0 { (a, b) = (b, a.truncatingRemainder(dividingBy: b)) }
    return a
  }

  /// The smallest and largest k in some rows; nil when an element is off the grid.
  @inline(__always)
  private func extent<Element: LinearAlgebraScalar>(
    _ view: MatrixView<Element>, _ rows: Range<Int>
  ) -> (Double, Double)? {
    let (inverse, shifter) = (1 / step, ValueGrid.shifter)
    var (low, high) = (Double.infinity, -Double.infinity)
    for row in rows {
      var distance = 0.0
      for column in 0..<view.columns {
        let k = (Double(view[row, column]) - origin) * inverse
        let rounded = (k + shifter) - shifter
        distance = Swift.max(distance, (k - rounded).magnitude)
        low = Swift.min(low, rounded)
        high = Swift.max(high, rounded)
      }
      if distance > ValueGrid.tolerance || high - low > ValueGrid.countLimit { return nil }
    }
    return (low, high)
  }

  /// Adding and taking away 1.5 · 2⁵² rounds a number of moderate size to a whole one.
  static let shifter = 6_755_399_441_055_744.0
}

/// Moments of values on a grid, exact at the speed of float32: elements are counted in steps from the middle of the grid, in
/// blocks of rows so short that every product and sum within one is a whole number below 2²⁴; blocks are added in float64.
enum GridMoments {
  static func moments(
    _ array: NDArray, _ grid: ValueGrid, checkpoint: () throws(ApusError) -> Void
  ) throws(ApusError) -> CovarianceMoments {
    let (n, p) = (array.shape[0], array.shape[1])
    try BLAS.checkExtents([n, p], name: "X")
    let extent = Swift.min(Swift.min(grid.exactRows, 2048), n)
    let block = try Buffer<Float>(count: extent * p)
    let product = try Buffer<Float>(count: p * p)
    let gram = try NDArray(zeros: [p, p])
    let means = try NDArray(zeros: [p])
    let (sum, total) = (gram.pointer(Double.self), means.pointer(Double.self))
    for start in stride(from: 0, to: n, by: extent) {
      try checkpoint()
      let rows = start..<Swift.min(n, start + extent)
      ThreadPool.parallelBlocks(count: rows.count, blockSize: 32) { part in
        let source = rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound
        load(array, source, grid, into: block.pointer + part.lowerBound * p)
      }
      try BLAS.syrk(
        lower: true, trans: false, n: p, k: rows.count, a: UnsafePointer(block.pointer), lda: p, c: product.pointer,
        ldc: p)
      ThreadPool.parallelBlocks(count: p, blockSize: 64) { columns in
        add(product.pointer, block.pointer, rows: rows.count, p, columns, to: sum, total)
      }
    }
    withExtendedLifetime((block, product)) {}
    // Exact up to here: Σ k kᵀ, less n times the product of the means of k; then in the units of X.
    for j in 0..<p { total[j] /= Double(n) }
    let square = grid.step * grid.step
    for j in 0..<p {
      for i in j..<p { sum[j &* p &+ i] = (sum[j &* p &+ i] - Double(n) * (total[i] * total[j])) * square }
      if sum[j &* (p &+ 1)] < 0 { sum[j &* (p &+ 1)] = 0 }
    }
    for j in 0..<p { total[j] = grid.origin + (total[j] + grid.middle) * grid.step }
    BLAS.mirror(n: p, lower: true, c: sum, ldc: p)
    return CovarianceMoments(rows: n, means: means, gram: gram)
  }

  private static func load(
    _ array: NDArray, _ rows: Range<Int>, _ grid: ValueGrid, into target: UnsafeMutablePointer<Float>
  ) {
    switch array.dtype {
    case .float32: count(array.matrixView(Float.self), rows, grid, into: target)
    case .float64: count(array.matrixView(Double.self), rows, grid, into: target)
    default: count(array.byteView, rows, largest: UInt8(array.largestByte), middle: Float(grid.middle), into: target)
    }
  }

  /// Bytes less the middle of the grid.
  private static func count(
    _ view: MatrixView<UInt8>, _ rows: Range<Int>, largest: UInt8, middle: Float,
    into target: UnsafeMutablePointer<Float>
  ) {
    for row in rows {
      let (source, to) = (view.base + row &* view.rowStride, target + (row &- rows.lowerBound) &* view.columns)
      if view.columnStride == 1 {
        for column in 0..<view.columns { to[column] = Float(Swift.min(source[column], largest)) - middle }
      } else {
        for column in 0..<view.columns {
          to[column] = Float(Swift.min(source[column &* view.columnStride], largest)) - middle
        }
      }
    }
  }

  /// Steps from the middle of the grid.
  @inline(__always)
  private static func count<Element: LinearAlgebraScalar>(
    _ view: MatrixView<Element>, _ rows: Range<Int>, _ grid: ValueGrid, into target: UnsafeMutablePointer<Float>
  ) {
    let (origin, inverse, shifter, middle) = (grid.origin, 1 / grid.step, ValueGrid.shifter, grid.middle)
    for row in rows {
      let to = target + (row &- rows.lowerBound) &* view.columns
      if view.columnStride == 1 {
        let source = view.base + row &* view.rowStride
        for column in 0..<view.columns {
          to[column] = Float(((Double(source[column]) - origin) * inverse + shifter) - shifter - middle)
        }
      } else {
        for column in 0..<view.columns {
          to[column] = Float(((Double(view[row, column]) - origin) * inverse + shifter) - shifter - middle)
        }
      }
    }
  }

  /// Adds columns `columns` of the lower triangle, and the column sums of the block.
  private static func add(
    _ product: UnsafePointer<Float>, _ block: UnsafePointer<Float>, rows: Int, _ p: Int, _ columns: Range<Int>,
    to sum: UnsafeMutablePointer<Double>, _ total: UnsafeMutablePointer<Double>
  ) {
    for j in columns {
      let (source, target) = (product + j &* p, sum + j &* p)
      for i in j..<p { target[i] += Double(source[i]) }
    }
    for row in 0..<rows {
      let source = block + row &* p
      for j in columns { total[j] += Double(source[j]) }
    }
  }
}
