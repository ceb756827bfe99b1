import ApusNumerics
import RealModule

/// The results of one t test for each of many features.
public struct ColumnTestResult: Sendable {
  /// float64, one element per feature, as are the following.
  public let statistic: NDArray
  public let pValue: NDArray
  public let logPValue: NDArray
  public let meanDifference: NDArray
  /// Equal for all features except in Welch's test.
  public let degreesOfFreedom: NDArray
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
    return try columnTests(
      data, nil, alternative, degreesOfFreedom: n - 1,
      { m, s, _, _ in ((m - mean) / (s / (n - 1) / n).squareRoot(), m - mean, n - 1) })
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
      return try columnTests(
        a, b, alternative, degreesOfFreedom: df,
        { mx, sx, my, sy in ((mx - my) / ((sx + sy) * factor).squareRoot(), mx - my, df) })
    }
    return try columnTests(
      a, b, alternative, degreesOfFreedom: nil,
      { mx, sx, my, sy in
        let (u, v) = (sx / (m - 1) / m, sy / (n - 1) / n)
        let total = u + v
        return ((mx - my) / total.squareRoot(), mx - my, total * total / (u * u / (m - 1) + v * v / (n - 1)))
      })
  }

  private static func featureMatrix(_ x: NDArray, _ name: String) throws(ApusError) -> NDArray {
    guard x.rank == 2 else { throw .shapeMismatch(name: name, reason: "has shape \(x.shape), needs two dimensions") }
    try Sample.require(count: x.shape[0], 2, name)
    if x.dtype == .float64 && x.isAligned { return x }
    return try x.converted(to: .float64, name: name)
  }

  /// - Parameter formula: mean and centred sum of squares of x and y to (t, difference, degrees of freedom).
  private static func columnTests(
    _ x: NDArray, _ y: NDArray?, _ alternative: Alternative, degreesOfFreedom: Double?,
    _ formula: @Sendable (Double, Double, Double, Double) -> (Double, Double, Double)
  ) throws(ApusError) -> ColumnTestResult {
    let features = x.shape[1]
    func vector() throws(ApusError) -> NDArray { try NDArray(uninitialized: [features], dtype: .float64) }
    let (statistic, p, logP, difference, df) = (
      try vector(), try vector(), try vector(), try vector(), try vector()
    )
    let table = degreesOfFreedom.map { StudentTTable(degreesOfFreedom: $0) }
    let (t, pOut, logOut, d, dfOut) = (
      statistic.pointer(Double.self), p.pointer(Double.self), logP.pointer(Double.self),
      difference.pointer(Double.self), df.pointer(Double.self)
    )
    let (first, second) = (x.matrixView(Double.self), y?.matrixView(Double.self))
    let scratch = try Buffer<Double>(count: 4 * features)
    ThreadPool.parallelBlocks(count: features, blockSize: 512) { range in
      let width = range.count
      let base = scratch.pointer + 4 * range.lowerBound
      let (mx, sx, my, sy) = (base, base + width, base + 2 * width, base + 3 * width)
      ColumnSquares.accumulate(first, range, mx, sx)
      if let second {
        ColumnSquares.accumulate(second, range, my, sy)
      } else {
        my.update(repeating: 0, count: 2 * width)
      }
      for j in 0..<width {
        let i = range.lowerBound + j
        (t[i], d[i], dfOut[i]) = formula(mx[j], sx[j], my[j], sy[j])
      }
      let start = range.lowerBound
      if let table {
        table.upperTails(of: t + start, pOut + start, logarithms: logOut + start, count: width)
        for i in range { finish(t[i], &pOut[i], &logOut[i], alternative) }
      } else {
        for i in range {
          let value = PValue.t(t[i], dfOut[i], alternative)
          (pOut[i], logOut[i]) = (value.value, value.logarithm)
        }
      }
    }
    withExtendedLifetime((x, y, scratch)) {}
    return ColumnTestResult(
      statistic: statistic, pValue: p, logPValue: logP, meanDifference: difference, degreesOfFreedom: df)
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
  /// Two passes over rows × `range`; the second with the correction for the rounding of the mean.
  static func accumulate(
    _ x: MatrixView<Double>, _ range: Range<Int>, _ mean: UnsafeMutablePointer<Double>,
    _ squares: UnsafeMutablePointer<Double>
  ) {
    let width = range.count
    let rows = x.rows
    let origin = x.base + range.lowerBound &* x.columnStride
    let scale = 1 / Double(rows)
    if x.columnStride == 1 {
      mean.update(repeating: 0, count: width)
      squares.update(repeating: 0, count: width)
      for i in 0..<rows {
        let row = origin + i &* x.rowStride
        for j in 0..<width { mean[j] += row[j] }
      }
      for j in 0..<width { mean[j] *= scale }
      for i in 0..<rows {
        let row = origin + i &* x.rowStride
        for j in 0..<width {
          let d = row[j] - mean[j]
          squares[j] += d * d
        }
      }
      return
    }
    for j in 0..<width {
      let column = origin + j &* x.columnStride
      var sum = 0.0
      for i in 0..<rows { sum += column[i &* x.rowStride] }
      let centre = sum * scale
      var (total, rest) = (0.0, 0.0)
      for i in 0..<rows {
        let d = column[i &* x.rowStride] - centre
        total += d * d
        rest += d
      }
      mean[j] = centre
      squares[j] = total - rest * rest * scale
    }
  }
}
