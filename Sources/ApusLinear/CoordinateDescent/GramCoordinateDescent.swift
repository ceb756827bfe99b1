import ApusNumerics

/// The elastic net by cyclic coordinate descent on a Gram matrix: minimises
/// ½ wᵀG w − qᵀw + ½ yy + l1 Σ|w| + ½ l2 Σ w².
///
/// Friedman, Hastie & Tibshirani, "Regularization paths for generalized linear models via coordinate descent", J. Stat.
/// Softw. 33, 2010, §2.2 (covariance updates). After every pass over all coordinates the active ones are cycled through
/// until they settle; the end is decided by the duality gap, relative to yy.
struct GramCoordinateDescent {
  /// columns × columns, symmetric.
  let gram: UnsafePointer<Double>
  let stride: Int
  let columns: Int
  let l1: Double
  let l2: Double
  let positive: Bool

  struct Outcome {
    var iterations = 0
    var gap = 0.0
    var converged = false
  }

  /// - Parameters:
  ///   - w: starting point and result.
  ///   - gradient: q − G w for the starting point; kept up to date.
  ///   - order: coordinates in the order of one pass; called for each pass.
  func minimise(
    _ w: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>, crossProducts q: UnsafePointer<Double>,
    targetSquare: Double, tolerance: Double, maximumIterations: Int, order: () -> [Int],
    checkpoint: (Double) throws -> Void
  ) throws -> Outcome {
    var outcome = Outcome()
    while outcome.iterations < maximumIterations {
      outcome.iterations += 1
      try checkpoint(Double(outcome.iterations) / Double(maximumIterations))
      let coordinates = order()
      var (largestChange, largest) = sweep(coordinates, w, gradient)
      if largestChange <= tolerance * largest || outcome.iterations == maximumIterations {
        outcome.gap = dualityGap(w, gradient, q, targetSquare)
        if outcome.gap <= tolerance * targetSquare {
          outcome.converged = true
          return outcome
        }
      }
      let active = coordinates.filter { w[$0] != 0 }
      while outcome.iterations < maximumIterations, active.count < columns, largestChange > tolerance * largest {
        outcome.iterations += 1
        (largestChange, largest) = sweep(active, w, gradient)
      }
    }
    outcome.gap = dualityGap(w, gradient, q, targetSquare)
    outcome.converged = outcome.gap <= tolerance * targetSquare
    return outcome
  }

  /// One pass; the largest change of a coefficient and the largest coefficient, both in units of the targets.
  private func sweep(
    _ coordinates: [Int], _ w: UnsafeMutablePointer<Double>, _ gradient: UnsafeMutablePointer<Double>
  ) -> (change: Double, largest: Double) {
    var (largestChange, largest) = (0.0, 0.0)
    for j in coordinates {
      let column = gram + j &* stride
      let curvature = column[j]
      if curvature + l2 <= 0 || curvature == 0 { continue }
      let old = w[j]
      let slope = gradient[j] + curvature * old
      var new = 0.0
      if slope > l1 {
        new = (slope - l1) / (curvature + l2)
      } else if slope < -l1, !positive {
        new = (slope + l1) / (curvature + l2)
      }
      let length = curvature.squareRoot()
      largest = Swift.max(largest, new.magnitude * length)
      let change = new - old
      if change != 0 {
        w[j] = new
        for k in 0..<columns { gradient[k] -= change * column[k] }
        largestChange = Swift.max(largestChange, change.magnitude * length)
      }
    }
    return (largestChange, largest)
  }

  /// The duality gap of the objective (Kim et al., IEEE J. Sel. Top. Signal Process. 1, 2007, with the ridge term as rows
  /// of √l2 added to the features).
  private func dualityGap(
    _ w: UnsafePointer<Double>, _ gradient: UnsafePointer<Double>, _ q: UnsafePointer<Double>, _ targetSquare: Double
  ) -> Double {
    var (dualNorm, wq, wGradient, l1Norm, square) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for j in 0..<columns {
      let slope = gradient[j] - l2 * w[j]
      dualNorm = Swift.max(dualNorm, positive ? slope : slope.magnitude)
      wq += w[j] * q[j]
      wGradient += w[j] * gradient[j]
      l1Norm += w[j].magnitude
      square += w[j] * w[j]
    }
    // ‖r‖² = yy − wᵀq − wᵀ(q − G w) and yᵀr = yy − wᵀq.
    let residual = Swift.max(0, targetSquare - wq - wGradient)
    let scale = dualNorm > l1 ? l1 / dualNorm : 1
    return Swift.max(
      0,
      0.5 * residual * (1 + scale * scale) + l1 * l1Norm - scale * (targetSquare - wq)
        + 0.5 * l2 * (1 + scale * scale) * square)
  }
}
