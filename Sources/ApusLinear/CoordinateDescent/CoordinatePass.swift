/// One pass of coordinate descent over a working set: minimises ½ tr WᵀG W − tr qᵀW + l1 Σ‖W_j‖ + ½ l2 ‖W‖² in one row of W
/// after the other.
///
/// Friedman, Hastie & Tibshirani, "Regularization paths for generalized linear models via coordinate descent", J. Stat.
/// Softw. 33, 2010, §2.2 (covariance updates); for several tasks the block update of Simon, Friedman & Hastie, "A blockwise
/// descent algorithm for group-penalized multiresponse and multinomial regression", arXiv 1311.6529, 2013.
struct CoordinatePass {
  /// count × count, symmetric.
  let gram: UnsafePointer<Double>
  let stride: Int
  let count: Int
  let l1: Double
  let l2: Double
  let positive: Bool

  /// One target.
  ///
  /// - Parameters:
  ///   - w: `count` coefficients.
  ///   - gradient: q − G w, kept up to date.
  /// - Returns: the largest change of a coefficient.
  func run(
    _ order: UnsafeBufferPointer<Int>, _ w: UnsafeMutablePointer<Double>, _ gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    var largest = 0.0
    for j in order {
      let row = gram + j &* stride
      let curvature = row[j]
      if curvature <= 0 { continue }
      let old = w[j]
      let slope = gradient[j] + curvature * old
      var new = 0.0
      if slope > l1 {
        new = (slope - l1) / (curvature + l2)
      } else if slope < -l1, !positive {
        new = (slope + l1) / (curvature + l2)
      }
      let change = new - old
      if change != 0 {
        w[j] = new
        for k in 0..<count { gradient[k] -= change * row[k] }
        largest = Swift.max(largest, change.magnitude)
      }
    }
    return largest
  }

  /// Several tasks: rows of W, and of the gradient, are `tasks` long.
  ///
  /// - Parameter scratch: `tasks` elements.
  func run(
    _ order: UnsafeBufferPointer<Int>, _ w: UnsafeMutablePointer<Double>, _ gradient: UnsafeMutablePointer<Double>,
    tasks: Int, scratch: UnsafeMutablePointer<Double>
  ) -> Double {
    var largest = 0.0
    for j in order {
      let row = gram + j &* stride
      let curvature = row[j]
      if curvature <= 0 { continue }
      let (own, slopes) = (w + j &* tasks, gradient + j &* tasks)
      var square = 0.0
      for t in 0..<tasks {
        scratch[t] = slopes[t] + curvature * own[t]
        square += scratch[t] * scratch[t]
      }
      let norm = square.squareRoot()
      var moved = 0.0
      let factor = norm > l1 ? (1 - l1 / norm) / (curvature + l2) : 0
      for t in 0..<tasks {
        let new = factor * scratch[t]
        scratch[t] = new - own[t]
        own[t] = new
        moved = Swift.max(moved, scratch[t].magnitude)
      }
      if moved == 0 { continue }
      largest = Swift.max(largest, moved)
      for k in 0..<count {
        let product = row[k]
        let target = gradient + k &* tasks
        for t in 0..<tasks { target[t] -= product * scratch[t] }
      }
    }
    return largest
  }
}
