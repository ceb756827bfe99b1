import ApusNumerics

/// The features less their means and divided by their scales, as a matrix of its own.
struct CentredCopy {
  /// (n, p), row-major, of type `dtype`.
  let array: NDArray
  let means: NDArray
  let scales: NDArray?
  let totalVariance: Double

  init(_ source: NDArray, standardize: Bool, dtype: DType) throws(ApusError) {
    let (n, p) = (source.shape[0], source.shape[1])
    let moments = try ColumnReductions.moments(source)
    let degrees = Double(Swift.max(n - 1, 1))
    means = moments.means
    let scales = try NDArray(uninitialized: [p], dtype: .float64)
    let factors = try NDArray(uninitialized: [p], dtype: .float64)
    var total = 0.0
    for j in 0..<p {
      let variance = moments.squaredDeviations.pointer(Double.self)[j] / degrees
      let scale = standardize && variance > 0 ? variance.squareRoot() : 1
      scales.pointer(Double.self)[j] = scale
      factors.pointer(Double.self)[j] = 1 / scale
      total += variance / (scale * scale)
    }
    self.scales = standardize ? scales : nil
    totalVariance = total
    let result = try NDArray(uninitialized: [n, p], dtype: dtype)
    let blockRows = Swift.max(1, Swift.min(256, 65_536 / p))
    let tasks = Swift.max(1, Swift.min(16, n / blockRows))
    let scratch = try Buffer<Double>(count: tasks * blockRows * p)
    ThreadPool.parallelFor(tasks: tasks) { task in
      let block = scratch.pointer + task * blockRows * p
      let range = (task * n / tasks)..<((task + 1) * n / tasks)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
        let rows = start..<Swift.min(start + blockRows, range.upperBound)
        RowUnpacking.unpack(source, rows, into: block, shift: moments.means, factors: standardize ? factors : nil)
        if dtype == .float32 {
          let target = result.pointer(Float.self) + start * p
          for i in 0..<rows.count * p { target[i] = Float(block[i]) }
        } else {
          (result.pointer(Double.self) + start * p).update(from: block, count: rows.count * p)
        }
      }
    }
    withExtendedLifetime((scratch, factors)) {}
    array = result
  }
}
