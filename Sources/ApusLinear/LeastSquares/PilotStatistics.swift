import ApusNumerics

/// Approximate centres and scales of the columns, from 64 rows spread over the data.
struct PilotStatistics {
  /// One a feature and target; zeros when the columns must keep their origin.
  let shifts: Buffer<Double>
  /// 2^-exponents.
  let scales: Buffer<Double>
  let exponents: [Int]

  private static let sampleSize = 64

  init(_ data: RegressionData, centred: Bool) throws(ApusError) {
    let (rows, p, t) = (data.rows, data.columns, data.targetCount)
    let order = p + t
    let count = Swift.min(rows, PilotStatistics.sampleSize)
    let sample = try Buffer<Double>(count: count * order)
    for k in 0..<count {
      let row = k * rows / count
      data.design.unpack(row..<row + 1, into: sample.pointer + k * order, stride: order)
      for target in 0..<t { sample[k * order + p + target] = data.targetPointer[row * t + target] }
    }
    shifts = try Buffer<Double>(zeroed: order)
    scales = try Buffer<Double>(count: order)
    var exponents = [Int](repeating: 0, count: order)
    for j in 0..<order {
      if centred {
        for k in 0..<count { shifts[j] += sample[k * order + j] / Double(count) }
        // Rounded to float32 when the features are, so that both precisions subtract the same number.
        if data.dtype == .float32 { shifts[j] = Double(Float(shifts[j])) }
      }
      var largest = 0.0
      for k in 0..<count { largest = Swift.max(largest, (sample[k * order + j] - shifts[j]).magnitude) }
      let limit = data.dtype == .float32 && j < p ? 120 : 1000
      // Numbers of the sample need not be finite, nor their differences.
      exponents[j] =
        largest > 0 && largest.isFinite
        ? Swift.max(-limit, Swift.min(limit, ColumnScales.exponent(of: largest))) : 0
      scales[j] = Double(sign: .plus, exponent: -exponents[j], significand: 1)
    }
    self.exponents = exponents
  }
}
