/// One pass of coordinate descent over sparse features by their residuals: each coordinate costs its entries twice, whatever
/// the number of other features.
///
/// The residuals of the centred features are r + shift · √w: a step changes r at the entries of its feature only, and the
/// rest goes into the shift.
struct SparseResidualPass {
  /// The entries of feature j are those from starts[j] up to starts[j + 1].
  let starts: UnsafePointer<Int>
  let rows: UnsafePointer<Int32>
  /// √w x.
  let values: UnsafePointer<Double>
  let means: UnsafePointer<Double>
  /// Of the centred features.
  let meanSquares: UnsafePointer<Double>
  let totalWeight: Double
  /// Σ √w (r + shift · √w) / Σw, which steps along centred features do not change.
  let offset: Double
  let l1: Double
  let l2: Double
  let positive: Bool

  /// - Parameters:
  ///   - w: coefficients of all features.
  ///   - residual: r, kept up to date with `shift`.
  /// - Returns: the largest change of a coefficient.
  func run(
    _ features: UnsafeBufferPointer<Int>, _ w: UnsafeMutablePointer<Double>, _ residual: UnsafeMutablePointer<Double>,
    shift: inout Double
  ) -> Double {
    var largest = 0.0
    for j in features {
      let curvature = meanSquares[j]
      if curvature <= 0 { continue }
      let old = w[j]
      let slope = gradient(j, residual, shift: shift) + curvature * old
      var new = 0.0
      if slope > l1 {
        new = (slope - l1) / (curvature + l2)
      } else if slope < -l1, !positive {
        new = (slope + l1) / (curvature + l2)
      }
      let change = new - old
      if change != 0 {
        w[j] = new
        for entry in starts[j]..<starts[j &+ 1] { residual[Int(rows[entry])] -= change * values[entry] }
        shift += change * means[j]
        largest = Swift.max(largest, change.magnitude)
      }
    }
    return largest
  }

  /// The correlation of feature j with the residuals, divided by Σw.
  @inline(__always)
  func gradient(_ j: Int, _ residual: UnsafePointer<Double>, shift: Double) -> Double {
    let sum = SparseFeatureColumns.dot(rows, values, starts[j]..<starts[j &+ 1], residual)
    return sum / totalWeight + (shift - offset) * means[j]
  }
}
