/// How far an elastic-net objective is from its minimum.
enum DualityGap {
  /// The duality gap of ½ tr WᵀG W − tr qᵀW + ½ yy + l1 Σ‖W_j‖ + ½ l2 ‖W‖² (Kim et al., IEEE J. Sel. Top. Signal Process.
  /// 1, 2007, with the ridge term as rows of √l2 added to the features). Without an L1 term the dual point is of no use: then
  /// the bound ‖∇‖² / (2 l2) of strongly convex functions, and for l2 = 0 the decrease that single steps promise.
  ///
  /// - Parameters:
  ///   - count: features; w, gradient and q hold `tasks` elements for each.
  ///   - gradient: q − G W.
  ///   - curvature: of feature j, G[j, j].
  static func value(
    _ w: UnsafePointer<Double>, _ gradient: UnsafePointer<Double>, crossProducts q: UnsafePointer<Double>, count: Int,
    tasks: Int, targetSquare: Double, l1: Double, l2: Double, positive: Bool, curvature: (Int) -> Double
  ) -> Double {
    var (dualNorm, wq, wGradient, l1Norm, square, promised) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for j in 0..<count {
      var (slopes, norms) = (0.0, 0.0)
      for t in 0..<tasks {
        let index = j &* tasks &+ t
        let slope = gradient[index] - l2 * w[index]
        slopes += positive && slope < 0 && w[index] == 0 ? 0 : slope * slope
        norms += w[index] * w[index]
        wq += w[index] * q[index]
        wGradient += w[index] * gradient[index]
      }
      if l1 == 0 {
        let steepness = l2 > 0 ? l2 : curvature(j)
        if steepness > 0 { promised += slopes / (2 * steepness) }
      }
      if positive, tasks == 1 {
        dualNorm = Swift.max(dualNorm, gradient[j] - l2 * w[j])
      } else {
        dualNorm = Swift.max(dualNorm, slopes)
      }
      l1Norm += norms.squareRoot()
      square += norms
    }
    if l1 == 0 { return promised }
    if !(positive && tasks == 1) { dualNorm = dualNorm.squareRoot() }
    // ‖R‖² = yy − tr Wᵀq − tr Wᵀ(q − G W) and tr YᵀR = yy − tr Wᵀq.
    let residual = Swift.max(0, targetSquare - wq - wGradient)
    let scale = dualNorm > l1 ? l1 / dualNorm : 1
    let gap =
      0.5 * residual * (1 + scale * scale) + l1 * l1Norm - scale * (targetSquare - wq)
      + 0.5 * l2 * (1 + scale * scale) * square
    return Swift.max(0, gap)
  }
}
