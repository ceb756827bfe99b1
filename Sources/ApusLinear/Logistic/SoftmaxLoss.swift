import ApusNumerics
import RealModule

/// The weighted log-loss of a softmax (or, with one score, logistic) model and its gradient, in one pass over the rows.
///
/// Parameters are (scores, columns + 1) row-major, the intercept last. Rows are cut into parts fixed by the problem and
/// their sums added in order.
struct SoftmaxLoss {
  let data: LogisticData
  /// 1 for two classes, else the number of classes.
  let scores: Int
  let fitIntercept: Bool
  /// ½ penalty ‖coefficients‖² is added; the intercept is free.
  let penalty: Double
  private let parts: Int
  private static let blockRows = 128

  init(_ data: LogisticData, fitIntercept: Bool, penalty: Double) {
    self.data = data
    scores = data.classCount == 2 ? 1 : data.classCount
    self.fitIntercept = fitIntercept
    self.penalty = penalty
    parts = Swift.max(1, Swift.min(16, data.rows * (data.columns + 8) >> 14))
  }

  var width: Int { data.columns + 1 }
  var count: Int { scores * width }

  /// - Parameters:
  ///   - gradient: receives `count` derivatives.
  ///   - curvature: for one score, receives w p (1 − p) of every row.
  func evaluate(
    _ theta: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>,
    curvature: UnsafeMutablePointer<Double>? = nil
  ) throws(ApusError) -> Double {
    let (p, width, scores, rows) = (data.columns, width, scores, data.rows)
    let sums = try Buffer<Double>(zeroed: parts * (count + 1))
    let block = data.design.isSparse ? nil : try Buffer<Double>(count: parts * SoftmaxLoss.blockRows * p)
    let scoreBlock = try Buffer<Double>(zeroed: parts * SoftmaxLoss.blockRows * scores)
    OpenBLASThreads.assertSingle()
    let (sumBase, scoreBase, weights, codes) = (
      sums.pointer, scoreBlock.pointer, UnsafePointer(data.weights.pointer), data.codes
    )
    ThreadPool.parallelFor(tasks: parts) { part in
      let sum = sumBase + part * (count + 1)
      let eta = scoreBase + part * SoftmaxLoss.blockRows * scores
      let range = (part * rows / parts)..<((part + 1) * rows / parts)
      var loss = 0.0
      for start in stride(from: range.lowerBound, to: range.upperBound, by: SoftmaxLoss.blockRows) {
        let slice = start..<Swift.min(range.upperBound, start + SoftmaxLoss.blockRows)
        let x = block.map { $0.pointer + part * SoftmaxLoss.blockRows * p }
        if let x { data.design.unpack(slice, into: x, stride: p) }
        multiply(x, slice, theta, into: eta)
        for i in 0..<slice.count {
          let row = start &+ i
          let z = eta + i &* scores
          if scores == 1 {
            loss += SoftmaxLoss.logistic(z, positive: codes[row] == 1, weights[row], curvature.map { $0 + row })
          } else {
            loss += SoftmaxLoss.softmax(z, scores, Int(codes[row]), weights[row])
          }
        }
        accumulate(x, slice, eta, into: sum)
      }
      sum[count] = loss
    }
    var loss = 0.0
    for index in 0..<count { gradient[index] = 0 }
    for part in 0..<parts {
      for index in 0..<count { gradient[index] += sumBase[part * (count + 1) + index] }
      loss += sumBase[part * (count + 1) + count]
    }
    for score in 0..<scores {
      for j in 0..<p {
        let value = theta[score * width + j]
        loss += 0.5 * penalty * value * value
        gradient[score * width + j] += penalty * value
      }
      if !fitIntercept { gradient[score * width + p] = 0 }
    }
    return loss
  }

  /// eta ← X thetaᵀ + intercepts.
  @inline(__always)
  private func multiply(
    _ x: UnsafePointer<Double>?, _ rows: Range<Int>, _ theta: UnsafePointer<Double>,
    into eta: UnsafeMutablePointer<Double>
  ) {
    let (p, width) = (data.columns, width)
    for i in 0..<rows.count {
      for score in 0..<scores { eta[i &* scores &+ score] = theta[score &* width &+ p] }
    }
    if let x {
      if scores == 1 {
        Double.gemv(
          trans: true, m: p, n: rows.count, alpha: 1, a: x, lda: p, x: theta, incx: 1, beta: 1, y: eta, incy: 1)
      } else {
        Double.gemm(
          transA: true, transB: false, m: scores, n: rows.count, k: p, alpha: 1, a: theta, lda: width, b: x, ldb: p,
          beta: 1, c: eta, ldc: scores)
      }
    } else if case .sparse(let sparse) = data.design.elements {
      for row in rows {
        for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row &+ 1]) {
          let (column, value) = (Int(sparse.indices[entry]), sparse.values[entry])
          for score in 0..<scores {
            eta[(row &- rows.lowerBound) &* scores &+ score] += value * theta[score &* width &+ column]
          }
        }
      }
    }
  }

  /// sum ← sum + residualsᵀ [X, 1].
  @inline(__always)
  private func accumulate(
    _ x: UnsafePointer<Double>?, _ rows: Range<Int>, _ residuals: UnsafePointer<Double>,
    into sum: UnsafeMutablePointer<Double>
  ) {
    let (p, width) = (data.columns, width)
    for i in 0..<rows.count {
      for score in 0..<scores { sum[score &* width &+ p] += residuals[i &* scores &+ score] }
    }
    if let x {
      if scores == 1 {
        Double.gemv(
          trans: false, m: p, n: rows.count, alpha: 1, a: x, lda: p, x: residuals, incx: 1, beta: 1, y: sum, incy: 1)
      } else {
        Double.gemm(
          transA: false, transB: true, m: p, n: scores, k: rows.count, alpha: 1, a: x, lda: p, b: residuals,
          ldb: scores, beta: 1, c: sum, ldc: width)
      }
    } else if case .sparse(let sparse) = data.design.elements {
      for row in rows {
        for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row &+ 1]) {
          let (column, value) = (Int(sparse.indices[entry]), sparse.values[entry])
          for score in 0..<scores {
            sum[score &* width &+ column] += value * residuals[(row &- rows.lowerBound) &* scores &+ score]
          }
        }
      }
    }
  }

  /// Loss of one row; the score is replaced by its derivative.
  @inline(__always)
  private static func logistic(
    _ z: UnsafeMutablePointer<Double>, positive: Bool, _ weight: Double, _ curvature: UnsafeMutablePointer<Double>?
  ) -> Double {
    let score = z[0]
    let e = Double.exp(-score.magnitude)
    let (likely, unlikely) = (1 / (1 + e), e / (1 + e))
    let p = score >= 0 ? likely : unlikely
    z[0] = weight * (positive ? (score >= 0 ? -unlikely : -likely) : p)
    curvature?.pointee = weight * likely * unlikely
    let margin = positive ? score : -score
    return weight * (Double.log(onePlus: e) + (margin < 0 ? -margin : 0))
  }

  /// Loss of one row; the scores are replaced by their derivatives.
  @inline(__always)
  private static func softmax(_ z: UnsafeMutablePointer<Double>, _ count: Int, _ code: Int, _ weight: Double) -> Double
  {
    var largest = z[0]
    for k in 1..<count where z[k] > largest { largest = z[k] }
    let own = z[code] - largest
    var total = 0.0
    for k in 0..<count {
      z[k] = Double.exp(z[k] - largest)
      total += z[k]
    }
    for k in 0..<count { z[k] *= weight / total }
    z[code] -= weight
    return weight * (Double.log(total) - own)
  }
}
