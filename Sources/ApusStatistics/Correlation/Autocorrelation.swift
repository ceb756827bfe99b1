import ApusNumerics

extension Correlation {
  /// Autocorrelation of a series: r(k) = Σ (xₜ − x̄)(xₜ₊ₖ − x̄) / Σ (xₜ − x̄)², with the same mean and divisor at every lag
  /// (G. Box, G. Jenkins, *Time Series Analysis*, 1976, eq. 2.1.11). Sums are formed in extended precision.
  ///
  /// - Parameters:
  ///   - x: one dimension, at least two finite observations.
  ///   - lags: the largest lag, 0 ≤ lags < n.
  /// - Returns: r(0) = 1 … r(lags); NaN throughout for a constant series.
  /// - Complexity: O(n · lags).
  public static func autocorrelation(_ x: NDArray, lags: Int = 1) throws(ApusError) -> NDArray {
    let sample = try Sample(x, name: "x", missing: .raise, atLeast: 2)
    let n = sample.count
    for (i, value) in sample.values.enumerated() where value.isInfinite {
      throw .nonFiniteValue(name: "x", reason: "element \(i) is \(value)")
    }
    guard lags >= 0, lags < n else {
      throw .invalidArgument(name: "nlags", reason: "\(lags) is not in [0, \(n)), the number of observations")
    }
    let scale = SampleMoments(sample.values).scale
    let deviations = try Buffer<DoubleDouble>(count: n)
    var sum = DoubleDouble(0)
    for value in sample.values { sum = sum + value / scale }
    let mean = sum / Double(n)
    for i in 0..<n { deviations[i] = DoubleDouble(sample.values[i] / scale) - mean }
    let result = try NDArray(uninitialized: [lags + 1], dtype: .float64)
    let (d, out) = (deviations.pointer, result.pointer(Double.self))
    func products(_ lag: Int) -> DoubleDouble {
      var sum = DoubleDouble(0)
      for i in 0..<n &- lag { sum = sum + d[i] * d[i &+ lag] }
      return sum
    }
    let total = products(0)
    ThreadPool.parallelFor(tasks: lags + 1) { lag in
      out[lag] = total.high > 0 ? (products(lag) / total).value : .nan
    }
    withExtendedLifetime((sample, deviations)) {}
    return result
  }
}
