import ApusNumerics

/// What features have in common that hides how they differ, such as the years of dates or seconds since 1970: columns whose
/// means exceed their standard deviations a hundred times and more.
///
/// Methods that centre implicitly lose as many digits to such columns; with an intercept they can do without the offsets.
struct FeatureOffsets {
  /// (columns,): zero for columns that stay as they are.
  let values: Buffer<Double>

  /// The least ratio of a mean to a standard deviation that counts.
  private static let ratio = 100.0

  /// Nil where there are none, and for sparse features, whose zeros would fill.
  ///
  /// - Complexity: one pass over the features.
  init?(_ design: DesignMatrix) throws(ApusError) {
    guard !design.isSparse, design.rows > 1 else { return nil }
    let (rows, p) = (design.rows, design.columns)
    let parts = Swift.max(1, Swift.min(16, rows * p >> 15))
    // Differences from the first row, so that nothing cancels.
    let first = try Buffer<Double>(count: p)
    design.unpack(0..<1, into: first.pointer, stride: p)
    let sums = try Buffer<Double>(zeroed: parts * 3 * p)
    let (base, origin) = (sums.pointer, UnsafePointer(first.pointer))
    ThreadPool.parallelFor(tasks: parts) { part in
      let (own, squares, line) = (base + part * 3 * p, base + (part * 3 + 1) * p, base + (part * 3 + 2) * p)
      for row in (part * rows / parts)..<((part + 1) * rows / parts) {
        design.unpack(row..<row + 1, into: line, stride: p)
        for j in 0..<p {
          let difference = line[j] - origin[j]
          own[j] += difference
          squares[j] += difference * difference
        }
      }
    }
    values = try Buffer<Double>(zeroed: p)
    let n = Double(rows)
    var isNeeded = false
    for j in 0..<p {
      var (sum, square) = (0.0, 0.0)
      for part in 0..<parts {
        sum += base[part * 3 * p + j]
        square += base[(part * 3 + 1) * p + j]
      }
      let (mean, variance) = (first[j] + sum / n, square / n - (sum / n) * (sum / n))
      guard variance > 0, variance.isFinite, mean.magnitude > FeatureOffsets.ratio * variance.squareRoot() else {
        continue
      }
      values[j] = mean
      isNeeded = true
    }
    withExtendedLifetime((first, sums)) {}
    if !isNeeded { return nil }
  }

  /// A copy of the features without the offsets, in float64.
  func removed(from design: DesignMatrix) throws(ApusError) -> DesignMatrix {
    let (rows, p) = (design.rows, design.columns)
    let result = try NDArray(uninitialized: [rows, p], dtype: .float64)
    let (target, offsets) = (result.pointer(Double.self), values.pointer)
    ThreadPool.parallelBlocks(count: rows, blockSize: 256) { range in
      let block = target + range.lowerBound * p
      design.unpack(range, into: block, stride: p)
      for row in 0..<range.count {
        for j in 0..<p { block[row &* p &+ j] -= offsets[j] }
      }
    }
    return DesignMatrix(dense: result)
  }

  /// Σ β_j offset_j: what the intercept without offsets exceeds that of the features as they are by.
  func constant(_ coefficients: UnsafePointer<Double>) -> Double {
    var sum = DoubleDouble.zero
    for j in 0..<values.count { sum += DoubleDouble.product(coefficients[j], values[j]) }
    return sum.value
  }
}

extension RegressionData {
  /// The data with other features in the place of its own.
  func replacing(_ design: DesignMatrix) -> RegressionData {
    RegressionData(
      design: design, targets: targets, targetCount: targetCount, targetsAreVector: targetsAreVector, weights: weights,
      dtype: dtype)
  }
}
