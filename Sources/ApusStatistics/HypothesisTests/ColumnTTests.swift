import ApusNumerics
import RealModule

/// The results of one t test for each of many features.
public struct ColumnTestResult: Sendable {
  /// 5 × features, float64: the statistics, p-values, ln p, differences of the means, degrees of freedom.
  public let table: NDArray
  /// float64, one element per feature, as are the following.
  public let statistic: NDArray
  public let pValue: NDArray
  public let logPValue: NDArray
  public let meanDifference: NDArray
  /// Equal for all features except in Welch's test.
  public let degreesOfFreedom: NDArray

  init(table: NDArray) throws(ApusError) {
    self.table = table
    let features = table.shape[1]
    func row(_ index: Int) throws(ApusError) -> NDArray {
      try table.slice(index..<index + 1).reshaped([features])
    }
    (statistic, pValue, logPValue) = (try row(0), try row(1), try row(2))
    (meanDifference, degreesOfFreedom) = (try row(3), try row(4))
  }
}

/// t tests of every column of a matrix in one call, in parallel over blocks of columns.
extension HypothesisTests {
  /// One-sample t tests of the columns of `x` (observations × features) against `mean`.
  ///
  /// NaN in a column makes that column's result NaN.
  /// - Complexity: two passes over the data.
  public static func tTestOneSampleColumns(
    _ x: NDArray, mean: Double = 0, alternative: Alternative = .twoSided
  ) throws(ApusError) -> ColumnTestResult {
    let data = try featureMatrix(x, "x")
    let n = Double(data.shape[0])
    return try columnTests(data, nil, alternative, degreesOfFreedom: n - 1) { m, s, _, _, scale in
      let difference = m - mean / scale
      return (difference / (s / (n - 1) / n).squareRoot(), difference, n - 1)
    }
  }

  /// Independent two-sample t tests of the columns of `x` and `y` (observations × features).
  public static func tTestIndependentColumns(
    _ x: NDArray, _ y: NDArray, equalVariances: Bool = true, alternative: Alternative = .twoSided
  ) throws(ApusError) -> ColumnTestResult {
    let (a, b) = (try featureMatrix(x, "x"), try featureMatrix(y, "y"))
    guard a.shape[1] == b.shape[1] else {
      throw .shapeMismatch(name: "y", reason: "has \(b.shape[1]) features beside \(a.shape[1]) of x")
    }
    let (m, n) = (Double(a.shape[0]), Double(b.shape[0]))
    if equalVariances {
      let df = m + n - 2
      let factor = (1 / m + 1 / n) / df
      return try columnTests(a, b, alternative, degreesOfFreedom: df) { mx, sx, my, sy, _ in
        ((mx - my) / ((sx + sy) * factor).squareRoot(), mx - my, df)
      }
    }
    return try columnTests(a, b, alternative, degreesOfFreedom: nil) { mx, sx, my, sy, _ in
      let (u, v) = (sx / (m - 1) / m, sy / (n - 1) / n)
      let total = u + v
      return ((mx - my) / total.squareRoot(), mx - my, total * total / (u * u / (m - 1) + v * v / (n - 1)))
    }
  }

  private static func featureMatrix(_ x: NDArray, _ name: String) throws(ApusError) -> NDArray {
    guard x.rank == 2 else { throw .shapeMismatch(name: name, reason: "has shape \(x.shape), needs two dimensions") }
    try Sample.require(count: x.shape[0], 2, name)
    if x.dtype == .float64 && x.isAligned { return x }
    return try x.converted(to: .float64, name: name)
  }

  /// - Parameter formula: means and centred sums of squares of x and y, in units of a scale and its square, and that scale, to
  ///   (t, difference in units of the scale, degrees of freedom).
  @inline(__always)
  private static func columnTests(
    _ x: NDArray, _ y: NDArray?, _ alternative: Alternative, degreesOfFreedom: Double?,
    _ formula: @Sendable (Double, Double, Double, Double, Double) -> (Double, Double, Double)
  ) throws(ApusError) -> ColumnTestResult {
    let features = x.shape[1]
    let table = try NDArray(uninitialized: [5, features], dtype: .float64)
    let t = table.pointer(Double.self)
    let (p, logP, difference, df) = (t + features, t + 2 * features, t + 3 * features, t + 4 * features)
    let tails = degreesOfFreedom.map { StudentTTail(degreesOfFreedom: $0) }
    let (first, second) = (x.matrixView(Double.self), y?.matrixView(Double.self))
    let scratch = try Buffer<Double>(zeroed: 4 * features)
    ThreadPool.parallelBlocks(count: features, blockSize: 512) { range in
      let width = range.count
      let start = range.lowerBound
      let base = scratch.pointer + 4 * start
      let (mx, sx, my, sy) = (base, base + width, base + 2 * width, base + 3 * width)
      ColumnSquares.accumulate(first, range, mx, sx)
      if let second { ColumnSquares.accumulate(second, range, my, sy) }
      for j in 0..<width {
        let i = start &+ j
        (t[i], difference[i], df[i]) = formula(mx[j], sx[j], my[j], sy[j], 1)
      }
      for j in 0..<width where ColumnSquares.leftRange(sx[j]) || ColumnSquares.leftRange(sy[j]) {
        let i = start &+ j
        let scale = Swift.max(
          ColumnSquares.scale(first, i), second.map { ColumnSquares.scale($0, i) } ?? 0)
        guard scale > 0 && scale.isFinite else { continue }
        let (a, b) = ColumnSquares.scaled(first, i, scale)
        let (c, d) = second.map { ColumnSquares.scaled($0, i, scale) } ?? (0, 0)
        (t[i], difference[i], df[i]) = formula(a, b, c, d, scale)
        difference[i] *= scale
      }
      if let tails {
        tails.upperTails(of: t + start, p + start, logarithms: logP + start, count: width)
      } else {
        for i in range {
          if df[i] >= StudentTTail.leastDegreesOfFreedom {
            StudentTTail(degreesOfFreedom: df[i]).upperTails(of: t + i, p + i, logarithms: logP + i, count: 1)
          } else {
            let value = PValue.t(t[i].magnitude, df[i], .greater)
            (p[i], logP[i]) = (value.value, value.logarithm)
          }
        }
      }
      for i in range { finish(t[i], &p[i], &logP[i], alternative) }
    }
    withExtendedLifetime((x, y, scratch)) {}
    return try ColumnTestResult(table: table)
  }

  /// From the tail beyond |t| to the p-value of the alternative.
  @inline(__always)
  private static func finish(_ t: Double, _ p: inout Double, _ logP: inout Double, _ alternative: Alternative) {
    switch alternative {
    case .twoSided:
      p = (2 * p).atMost(1)
      logP = (logP + 0.6931471805599453).atMost(0)
    case .greater, .less:
      if (t < 0) == (alternative == .greater) {
        logP = Double.log(onePlus: -p)
        p = 1 - p
      }
    }
  }
}

/// Means and centred sums of squares of a block of columns.
enum ColumnSquares {
  /// Two passes over rows × `range`, the second with the correction for the rounding of the mean (T. Chan, G. Golub,
  /// R. LeVeque, Am. Stat. 37 (1983) 242–247). `mean` and `squares` are zero before.
  static func accumulate(
    _ x: MatrixView<Double>, _ range: Range<Int>, _ mean: UnsafeMutablePointer<Double>,
    _ squares: UnsafeMutablePointer<Double>
  ) {
    let width = range.count
    let origin = x.base + range.lowerBound &* x.columnStride
    let scale = 1 / Double(x.rows)
    guard x.columnStride == 1 else {
      for j in 0..<width {
        (mean[j], squares[j]) = column(origin + j &* x.columnStride, x.rows, x.rowStride, 1)
      }
      return
    }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { rest in
      let rest = rest.baseAddress!
      for i in 0..<x.rows {
        let row = origin + i &* x.rowStride
        for j in 0..<width { mean[j] += row[j] }
      }
      for j in 0..<width {
        mean[j] *= scale
        rest[j] = 0
      }
      for i in 0..<x.rows {
        let row = origin + i &* x.rowStride
        for j in 0..<width {
          let d = row[j] - mean[j]
          squares[j] += d * d
          rest[j] += d
        }
      }
      for j in 0..<width {
        mean[j] += rest[j] * scale
        squares[j] = corrected(squares[j] - rest[j] * rest[j] * scale, mean[j], x.rows)
      }
    }
  }

  /// Deviations of the size of the mean's rounding are those of a constant column: exactly zero.
  @inline(__always)
  private static func corrected(_ squares: Double, _ mean: Double, _ rows: Int) -> Double {
    squares <= 1.6e-31 * Double(rows) * (mean * mean) ? 0 : squares
  }

  /// Whether a sum of squares overflowed, or underflowed or lost digits in the subnormal range.
  @inline(__always)
  static func leftRange(_ squares: Double) -> Bool { !(squares < 1e290) || squares < 1e-270 }

  /// A power of two near the largest magnitude of column `index`; 0 for a column of zeros.
  static func scale(_ x: MatrixView<Double>, _ index: Int) -> Double {
    var largest = 0.0
    for i in 0..<x.rows { largest = Swift.max(largest, x[i, index].magnitude) }
    if largest == 0 || !largest.isFinite { return largest }
    return Double(sign: .plus, exponent: largest.exponent, significand: 1)
  }

  /// Mean and centred sum of squares of column `index` divided by `scale`.
  static func scaled(_ x: MatrixView<Double>, _ index: Int, _ scale: Double) -> (mean: Double, squares: Double) {
    column(x.base + index &* x.columnStride, x.rows, x.rowStride, scale)
  }

  private static func column(
    _ x: UnsafePointer<Double>, _ rows: Int, _ step: Int, _ scale: Double
  ) -> (mean: Double, squares: Double) {
    let share = 1 / Double(rows)
    var sum = 0.0
    for i in 0..<rows { sum += x[i &* step] / scale }
    let centre = sum * share
    var (total, rest) = (0.0, 0.0)
    for i in 0..<rows {
      let d = x[i &* step] / scale - centre
      total += d * d
      rest += d
    }
    let mean = centre + rest * share
    return (mean, corrected(total - rest * rest * share, mean, rows))
  }
}
