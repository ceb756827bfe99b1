import ApusNumerics

/// The weighted log-loss of a softmax (or, with one score, logistic) model and its gradient, in one pass over the rows.
///
/// Parameters are (scores, columns + 1) row-major, the intercept last. Rows are cut into parts fixed by the problem and
/// their sums added in order. Dense blocks are multiplied by BLAS: large float32 problems in float32, with sums of blocks in
/// float64; all others in float64.
struct SoftmaxLoss {
  let data: LogisticData
  /// 1 for two classes, else the number of classes.
  let scores: Int
  let fitIntercept: Bool
  /// ½ penalty ‖coefficients‖² is added; the intercept is free.
  let penalty: Double
  private let parts: Int
  private let blockRows: Int
  /// Whether products are formed in float32.
  let isSingle: Bool

  init(_ data: LogisticData, fitIntercept: Bool, penalty: Double) {
    self.data = data
    scores = data.classCount == 2 ? 1 : data.classCount
    self.fitIntercept = fitIntercept
    self.penalty = penalty
    let work = Swift.max(data.rows, data.design.isSparse ? data.design.byteCount / 16 : data.rows * data.columns)
    let sums = scores * (data.columns + 1)
    parts = Swift.max(1, Swift.min(16, work >> 14, Swift.max(2, work / (4 * sums))))
    blockRows = Swift.max(64, Swift.min(1024, (1 << 16) / data.columns))
    isSingle = data.dtype == .float32 && !data.design.isSparse && work >= 1 << 22
  }

  var width: Int { data.columns + 1 }
  var count: Int { scores * width }

  /// What `evaluate` leaves behind for one of the scores: (rows,) each.
  struct Details {
    var score: Int
    /// The scores of the rows.
    var eta: UnsafeMutablePointer<Double>?
    /// w (p − y).
    var residual: UnsafeMutablePointer<Double>?
    /// w p (1 − p).
    var curvature: UnsafeMutablePointer<Double>?
  }

  /// The loss with its penalty.
  ///
  /// - Parameter gradient: receives `count` derivatives.
  func evaluate(
    _ theta: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>, details: Details? = nil
  ) throws(ApusError) -> Double {
    let parts = parts
    let sums = try Buffer<Double>(zeroed: parts * (count + 1))
    if isSingle {
      try DenseSoftmaxPass<Float>(self, blockRows: blockRows).run(parts, theta, into: sums.pointer, details)
    } else if data.design.isSparse {
      try sparsePass(theta, into: sums.pointer, details)
    } else {
      try DenseSoftmaxPass<Double>(self, blockRows: blockRows).run(parts, theta, into: sums.pointer, details)
    }
    var loss = 0.0
    let (base, count) = (sums.pointer, count)
    for index in 0..<count { gradient[index] = 0 }
    for part in 0..<parts {
      let own = base + part * (count + 1)
      for index in 0..<count { gradient[index] += own[index] }
      loss += own[count]
    }
    for score in 0..<scores {
      for j in 0..<data.columns {
        let value = theta[score * width + j]
        loss += 0.5 * penalty * value * value
        gradient[score * width + j] += penalty * value
      }
      if !fitIntercept { gradient[score * width + data.columns] = 0 }
    }
    return loss
  }

  /// Adds the loss and its derivatives over each part to `sums`, row by row of the sparse features.
  private func sparsePass(
    _ theta: UnsafePointer<Double>, into sums: UnsafeMutablePointer<Double>, _ details: Details?
  ) throws(ApusError) {
    guard case .sparse(let sparse) = data.design.elements else { return }
    let (rows, width, scores, count, columns) = (data.rows, width, scores, count, data.columns)
    let blockRows = 256
    let scratch = try Buffer<Double>(count: parts * blockRows * (scores + 3))
    let (scratchBase, weights, codes, parts) = (scratch.pointer, UnsafePointer(data.weights.pointer), data.codes, parts)
    ThreadPool.parallelFor(tasks: parts) { part in
      let sum = sums + part * (count + 1)
      let eta = scratchBase + part * blockRows * (scores + 3)
      let range = (part * rows / parts)..<((part + 1) * rows / parts)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
        let n = Swift.min(blockRows, range.upperBound - start)
        for score in 0..<scores {
          let (own, beta) = (eta + score &* n, theta + score &* width)
          for i in 0..<n {
            var value = beta[columns]
            for entry in Int(sparse.offsets[start &+ i])..<Int(sparse.offsets[start &+ i &+ 1]) {
              value += sparse.values[entry] * beta[Int(sparse.indices[entry])]
            }
            own[i] = value
          }
        }
        sum[count] += SoftmaxKernel.derivatives(
          eta, scratch: eta + scores &* n, rows: n, scores: scores, codes: codes + start, weights: weights + start,
          details: details, start: start)
        for score in 0..<scores {
          let (residual, target) = (eta + score &* n, sum + score &* width)
          for i in 0..<n {
            let value = residual[i]
            target[columns] += value
            for entry in Int(sparse.offsets[start &+ i])..<Int(sparse.offsets[start &+ i &+ 1]) {
              target[Int(sparse.indices[entry])] += sparse.values[entry] * value
            }
          }
        }
      }
    }
    withExtendedLifetime(scratch) {}
  }
}
