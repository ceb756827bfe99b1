import ApusNumerics

/// The range of a matrix of whole numbers, such as pixels or counts.
struct IntegerRange {
  let smallest: Double
  let largest: Double

  /// The whole number in the middle of the range.
  var middle: Double { ((smallest + largest) / 2).rounded() }
  /// The largest distance from ``middle``.
  var radius: Double { Swift.max(largest - middle, middle - smallest) }

  /// Rows whose products of distances from the middle add up exactly in float32, whatever the order: below 2²⁴.
  var exactRows: Int { Int(16_777_216 / Swift.max(radius * radius, 1)) }

  /// Whether the sums of products over `rows` are exact in float64 too, and blocks long enough to be worthwhile.
  func suits(rows: Int) -> Bool {
    exactRows >= 192 && Double(rows) * Swift.max(radius * radius, 1) < 0x1p52
  }

  /// Nil when some element is not a whole number, found out at the first one.
  init?(_ array: NDArray) {
    if array.isEmpty { return nil }
    let range =
      array.dtype == .float32
      ? IntegerRange.scan(array.matrixView(Float.self)) : IntegerRange.scan(array.matrixView(Double.self))
    guard let range else { return nil }
    (smallest, largest) = range
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  private static func scan<Element: LinearAlgebraScalar>(_ view: MatrixView<Element>) -> (Double, Double)? {
    var (low, high) = (view[0, 0], view[0, 0])
    for row in 0..<view.rows {
      var rounding: Element = 0
      for column in 0..<view.columns {
        let value = view[row, column]
        // Adding and taking away 1.5 · 2^(significand bits) rounds a number of moderate size to a whole one.
        let rounded = (value + IntegerRange.shifter()) - IntegerRange.shifter()
        rounding = Swift.max(rounding, (rounded - value).magnitude)
        low = Swift.min(low, value)
        high = Swift.max(high, value)
      }
      if rounding != 0 || high - low > 1024 { return nil }
    }
    return (Double(low), Double(high))
  }

  @inline(__always)
  private static func shifter<Element: LinearAlgebraScalar>() -> Element {
    Element.dtype == .float32 ? 12_582_912 : 6_755_399_441_055_744
  }
}

/// Moments of whole numbers of small range, exact at the speed of float32: blocks of rows are shifted by the middle of the
/// range, and so short that every product and sum within one is a whole number below 2²⁴; blocks are added in float64.
enum IntegerMoments {
  static func moments(_ array: NDArray, _ range: IntegerRange) throws(ApusError) -> CovarianceMoments {
    let (n, p) = (array.shape[0], array.shape[1])
    try BLAS.checkExtents([n, p], name: "X")
    let extent = Swift.min(Swift.min(range.exactRows, 2048), n)
    let block = try Buffer<Float>(count: extent * p)
    let product = try Buffer<Float>(count: p * p)
    let gram = try NDArray(zeros: [p, p])
    let means = try NDArray(zeros: [p])
    let (sum, total) = (gram.pointer(Double.self), means.pointer(Double.self))
    let shift = Float(range.middle)
    for start in stride(from: 0, to: n, by: extent) {
      let rows = start..<Swift.min(n, start + extent)
      ThreadPool.parallelBlocks(count: rows.count, blockSize: 64) { part in
        let source = rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound
        load(array, source, shift: shift, into: block.pointer + part.lowerBound * p)
      }
      try BLAS.syrk(
        lower: true, trans: false, n: p, k: rows.count, a: UnsafePointer(block.pointer), lda: p, c: product.pointer,
        ldc: p)
      ThreadPool.parallelBlocks(count: p, blockSize: 64) { columns in
        add(product.pointer, block.pointer, rows: rows.count, p, columns, to: sum, total)
      }
    }
    // Exact up to here; Σ (x − s)(x − s)ᵀ less n times the product of the means of x − s.
    for j in 0..<p { total[j] /= Double(n) }
    for j in 0..<p {
      for i in j..<p { sum[j &* p &+ i] -= Double(n) * (total[i] * total[j]) }
      if sum[j &* (p &+ 1)] < 0 { sum[j &* (p &+ 1)] = 0 }
    }
    for j in 0..<p { total[j] += range.middle }
    BLAS.mirror(n: p, lower: true, c: sum, ldc: p)
    withExtendedLifetime((block, product)) {}
    return CovarianceMoments(rows: n, means: means, gram: gram)
  }

  private static func load(_ array: NDArray, _ rows: Range<Int>, shift: Float, into target: UnsafeMutablePointer<Float>)
  {
    if array.dtype == .float32 {
      RowUnpacking.copy(array.matrixView(Float.self), rows, into: target)
    } else {
      RowUnpacking.copy(array.matrixView(Double.self), rows, into: target)
    }
    for i in 0..<rows.count * array.shape[1] { target[i] -= shift }
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
