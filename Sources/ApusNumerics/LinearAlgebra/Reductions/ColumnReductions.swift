/// Weighted means and sums of squared deviations of the columns of a matrix.
package struct ColumnMoments: Sendable {
  /// Rows, or the sum of their weights.
  package let totalWeight: Double
  /// Means, float64; NaN without rows.
  package let means: NDArray
  /// Σ wᵢ (xᵢⱼ − meanⱼ)², float64.
  package let squaredDeviations: NDArray
}

/// Reductions over the rows of a float32 or float64 matrix, one result a column, always in float64.
///
/// Any strides. Rows are cut into blocks by the shape alone and block results are combined in order: the same bits for
/// every thread count. Weights, where taken, are n float64 values. NaN and infinity propagate.
package enum ColumnReductions {
  /// Σᵢ xᵢⱼ, or Σᵢ wᵢ xᵢⱼ.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  /// - Complexity: one pass over the matrix.
  package static func sums(_ x: NDArray, weights: NDArray? = nil) throws(ApusError) -> NDArray {
    try dispatch(x, weights: weights, float: ColumnSums<Float>.sums, double: ColumnSums<Double>.sums)
  }

  /// Σᵢ xᵢⱼ², or Σᵢ wᵢ xᵢⱼ².
  package static func sumsOfSquares(_ x: NDArray, weights: NDArray? = nil) throws(ApusError) -> NDArray {
    try dispatch(x, weights: weights, float: ColumnSums<Float>.squares, double: ColumnSums<Double>.squares)
  }

  /// Σᵢ |xᵢⱼ|, or Σᵢ wᵢ |xᵢⱼ|.
  package static func sumsOfMagnitudes(_ x: NDArray, weights: NDArray? = nil) throws(ApusError) -> NDArray {
    try dispatch(x, weights: weights, float: ColumnSums<Float>.magnitudes, double: ColumnSums<Double>.magnitudes)
  }

  /// Σᵢ xᵢⱼ / n, or Σᵢ wᵢ xᵢⱼ / Σᵢ wᵢ.
  package static func means(_ x: NDArray, weights: NDArray? = nil) throws(ApusError) -> NDArray {
    let sums = try sums(x, weights: weights)
    let total = totalWeight(rows: x.shape[0], weights: weights)
    let pointer = sums.pointer(Double.self)
    for j in 0..<sums.count { pointer[j] /= total }
    return sums
  }

  /// Means and sums of squared deviations in one pass, without the cancellation of Σ x² − n · mean².
  ///
  /// Squares of deviations beyond about 1e154 overflow to infinity: ``standardDeviations(_:weights:degreesOfFreedom:)``
  /// does not.
  package static func moments(_ x: NDArray, weights: NDArray? = nil) throws(ApusError) -> ColumnMoments {
    let x = try door(x, weights: weights)
    let columns = x.rank == 2 ? x.shape[1] : 1
    let means = try NDArray(zeros: [columns])
    let squares = try NDArray(zeros: [columns])
    let weightView = weights?.vectorView(Double.self)
    let (meanPointer, squarePointer) = (means.pointer(Double.self), squares.pointer(Double.self))
    let total =
      x.dtype == .float32
      ? try ColumnMomentsKernel.moments(
        x.matrixView(Float.self), weights: weightView, means: meanPointer, squares: squarePointer)
      : try ColumnMomentsKernel.moments(
        x.matrixView(Double.self), weights: weightView, means: meanPointer, squares: squarePointer)
    withExtendedLifetime((x, weights)) {}
    if total == 0 { meanPointer.update(repeating: .nan, count: columns) }
    return ColumnMoments(totalWeight: total, means: means, squaredDeviations: squares)
  }

  /// √(Σ wᵢ (xᵢⱼ − meanⱼ)² / (Σ wᵢ − degreesOfFreedom)).
  ///
  /// Columns whose squares overflow or underflow are computed again in units of their largest deviation.
  package static func standardDeviations(
    _ x: NDArray, weights: NDArray? = nil, degreesOfFreedom: Double = 0
  ) throws(ApusError) -> NDArray {
    let moments = try moments(x, weights: weights)
    let x = try door(x, weights: weights)
    let result = moments.squaredDeviations
    let pointer = result.pointer(Double.self)
    let means = moments.means.pointer(Double.self)
    let divisor = moments.totalWeight - degreesOfFreedom
    for j in 0..<result.count {
      if pointer[j].isInfinite || pointer[j] < 1e-280 {
        let column = try x.rank == 2 ? x.slice(j..<j + 1, axis: 1) : x
        pointer[j] = try scaledDeviation(column, weights: weights, mean: means[j], divisor: divisor)
      } else {
        pointer[j] = (pointer[j] / divisor).squareRoot()
      }
    }
    return result
  }

  /// The standard deviation of one column, squared in units of the largest deviation from `mean`.
  private static func scaledDeviation(
    _ column: NDArray, weights: NDArray?, mean: Double, divisor: Double
  ) throws(ApusError) -> Double {
    let values = try column.converted(to: .float64)
    let pointer = values.pointer(Double.self)
    var unit = 0.0
    for i in 0..<values.count { unit = Swift.max(unit, (pointer[i] - mean).magnitude) }
    if unit == 0 || !unit.isFinite { return unit }
    var sum = 0.0
    let weightView = weights?.vectorView(Double.self)
    for i in 0..<values.count {
      let deviation = (pointer[i] - mean) / unit
      sum += (weightView.map { $0[i] } ?? 1) * deviation * deviation
    }
    return unit * (sum / divisor).squareRoot()
  }

  /// Σᵢ wᵢ in order, or the number of rows.
  package static func totalWeight(rows: Int, weights: NDArray?) -> Double {
    guard let weights else { return Double(rows) }
    let view = weights.vectorView(Double.self)
    var total = 0.0
    for i in 0..<view.count { total += view[i] }
    return total
  }

  private static func dispatch(
    _ x: NDArray, weights: NDArray?,
    float: (MatrixView<Float>, VectorView<Double>?, UnsafeMutablePointer<Double>) throws(ApusError) -> Void,
    double: (MatrixView<Double>, VectorView<Double>?, UnsafeMutablePointer<Double>) throws(ApusError) -> Void
  ) throws(ApusError) -> NDArray {
    let x = try door(x, weights: weights)
    let result = try NDArray(zeros: [x.rank == 2 ? x.shape[1] : 1])
    let weightView = weights?.vectorView(Double.self)
    if x.isEmpty { return result }
    if x.dtype == .float32 {
      try float(x.matrixView(Float.self), weightView, result.pointer(Double.self))
    } else {
      try double(x.matrixView(Double.self), weightView, result.pointer(Double.self))
    }
    withExtendedLifetime((x, weights)) {}
    return result
  }

  /// The matrix as floating point, aligned; checks that weights are as many as rows.
  static func door(_ x: NDArray, weights: NDArray?) throws(ApusError) -> NDArray {
    guard x.rank == 1 || x.rank == 2 else {
      throw .shapeMismatch(name: "X", reason: "has \(x.rank) dimensions, needs 1 or 2")
    }
    if let weights {
      guard weights.rank == 1, weights.shape[0] == x.shape[0], weights.dtype == .float64, weights.isAligned else {
        throw .shapeMismatch(
          name: "sample_weight",
          reason: "\(weights.dtype.name)\(weights.shape) beside \(x.shape[0]) rows, needs as many float64 values")
      }
    }
    let floating = try LinearAlgebra.floating(x, name: "X")
    return floating.isAligned ? floating : try floating.copied()
  }
}
