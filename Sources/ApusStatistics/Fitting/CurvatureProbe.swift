import RealModule

/// Gradient and Hessian of a function by central differences, extrapolated twice to step 0 (L. F. Richardson).
///
/// Steps are in units of the curvature, so that they are as large as the errors of the differences permit: a fraction of
/// what will be a standard error.
struct CurvatureProbe {
  let gradient: [Double]
  /// d × d.
  let hessian: [Double]
  /// 1/√(−second derivative) along each axis.
  let units: [Double]

  /// nil where the function is not concave along an axis, or not finite nearby.
  init?(at point: [Double], units guess: [Double], _ function: ([Double]) -> Double) {
    let d = point.count
    let centre = function(point)
    guard centre.isFinite else { return nil }
    func value(_ i: Int, _ a: Double, _ j: Int = 0, _ b: Double = 0) -> Double {
      var moved = point
      moved[i] += a
      moved[j] += b
      return function(moved)
    }
    // Steps by which the function falls between 0.005 and 0.05.
    var steps = guess
    for i in 0..<d {
      var step = 0.2 * guess[i]
      var found = false
      for _ in 0..<60 {
        let fall = centre - 0.5 * (value(i, step) + value(i, -step))
        if fall.isFinite, fall > 0.05 || fall < 0.005 {
          // Quadratic guess, bounded.
          let factor = fall > 0 ? Swift.min(Swift.max((0.02 / fall).squareRoot(), 0.1), 10) : 4
          step *= factor
          if step > 1e8 { return nil }
          continue
        }
        if !fall.isFinite {
          step *= 0.25
          continue
        }
        found = true
        break
      }
      if !found { return nil }
      steps[i] = step
    }
    var gradient = [Double](repeating: 0, count: d)
    var hessian = [Double](repeating: 0, count: d * d)
    for i in 0..<d {
      var slopes: [Double] = []
      var curvatures: [Double] = []
      for level in 0..<3 {
        let h = steps[i] / Double(1 << level)
        let (up, down) = (value(i, h), value(i, -h))
        slopes.append((up - down) / (2 * h))
        curvatures.append((up - centre + (down - centre)) / (h * h))
      }
      gradient[i] = CurvatureProbe.extrapolated(slopes)
      hessian[i * d + i] = CurvatureProbe.extrapolated(curvatures)
    }
    for i in 0..<d {
      for j in i + 1..<Swift.max(d, i + 1) {
        var mixed: [Double] = []
        for level in 0..<3 {
          let (a, b) = (steps[i] / Double(1 << level), steps[j] / Double(1 << level))
          mixed.append(
            (value(i, a, j, b) - value(i, a, j, -b) - value(i, -a, j, b) + value(i, -a, j, -b)) / (4 * a * b))
        }
        hessian[i * d + j] = CurvatureProbe.extrapolated(mixed)
        hessian[j * d + i] = hessian[i * d + j]
      }
    }
    guard gradient.allSatisfy(\.isFinite), hessian.allSatisfy(\.isFinite) else { return nil }
    self.gradient = gradient
    self.hessian = hessian
    units = (0..<d).map { i in
      let curvature = -hessian[i * d + i]
      return curvature > 0 ? 1 / curvature.squareRoot() : steps[i] * 5
    }
  }

  /// Removes the errors of orders 2 and 4 from values at steps h, h/2, h/4.
  private static func extrapolated(_ values: [Double]) -> Double {
    let (first, second) = ((4 * values[1] - values[0]) / 3, (4 * values[2] - values[1]) / 3)
    return (16 * second - first) / 15
  }

  /// The inverse of −hessian by Cholesky's factorisation; nil unless it is positive definite.
  var covariance: [Double]? {
    let d = gradient.count
    var l = [Double](repeating: 0, count: d * d)
    for i in 0..<d {
      for j in 0...i {
        // Scaled to a unit diagonal.
        var sum = -hessian[i * d + j] * units[i] * units[j]
        for k in 0..<j { sum -= l[i * d + k] * l[j * d + k] }
        if i == j {
          guard sum > 1e-9 else { return nil }
          l[i * d + i] = sum.squareRoot()
        } else {
          l[i * d + j] = sum / l[j * d + j]
        }
      }
    }
    var result = [Double](repeating: 0, count: d * d)
    for column in 0..<d {
      var x = [Double](repeating: 0, count: d)
      x[column] = 1
      for i in 0..<d {
        for k in 0..<i { x[i] -= l[i * d + k] * x[k] }
        x[i] /= l[i * d + i]
      }
      for i in (0..<d).reversed() {
        for k in i + 1..<Swift.max(d, i + 1) { x[i] -= l[k * d + i] * x[k] }
        x[i] /= l[i * d + i]
      }
      for i in 0..<d { result[i * d + column] = x[i] * units[i] * units[column] }
    }
    return result
  }
}
