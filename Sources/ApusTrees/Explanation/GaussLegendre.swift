import ApusNumerics
import RealModule

/// Gauss–Legendre quadrature on [0, 1]: `count` points integrate polynomials up to degree `2 · count − 1` exactly.
struct GaussLegendre {
  let nodes: Buffer<Double>
  let weights: Buffer<Double>
  var count: Int { nodes.count }

  /// Roots of the Legendre polynomial by Newton's method from Tricomi's approximation (Davis, Rabinowitz 1984,
  /// *Methods of Numerical Integration*, 2.7). Accurate to a few ulps; O(count²).
  init(count: Int) throws(ApusError) {
    nodes = try Buffer(count: count)
    weights = try Buffer(count: count)
    let n = Double(count)
    for i in 0..<count {
      var x = Double.cos(.pi * (Double(i) + 0.75) / (n + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        let (value, derivative) = GaussLegendre.legendre(count, at: x)
        slope = derivative
        let step = value / derivative
        x -= step
        if abs(step) <= 2e-16 { break }
      }
      slope = GaussLegendre.legendre(count, at: x).derivative
      nodes[count - 1 - i] = (1 + x) / 2
      weights[count - 1 - i] = 1 / ((1 - x * x) * slope * slope)
    }
  }

  private static func legendre(_ degree: Int, at x: Double) -> (value: Double, derivative: Double) {
    var (previous, current) = (1.0, x)
    for k in 1..<max(degree, 1) {
      let k = Double(k)
      (previous, current) = (current, ((2 * k + 1) * x * current - k * previous) / (k + 1))
    }
    return (current, Double(degree) * (x * current - previous) / (x * x - 1))
  }
}
