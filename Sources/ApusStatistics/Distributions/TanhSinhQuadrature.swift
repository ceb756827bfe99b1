import RealModule

/// Double-exponential quadrature on a finite interval: H. Takahasi, M. Mori, Publ. RIMS 9 (1974) 721–741.
package enum TanhSinhQuadrature {
  /// ∫ₐᵇ f, f analytic inside the interval and at worst integrable at its ends.
  static func integrate(from a: Double, to b: Double, _ f: (Double) -> Double) -> Double {
    let half = (b - a) / 2
    let step = 1.0 / 32
    var sum = 0.0
    for k in -112...112 {
      let t = Double(k) * step
      let u = .pi / 2 * Double.sinh(t)
      // Distance from the nearer end, without cancellation.
      let distance = 1 / (Double.exp(u.magnitude) * Double.cosh(u))
      let weight = .pi / 2 * Double.cosh(t) / (Double.cosh(u) * Double.cosh(u))
      if weight == 0 { continue }
      let x = u < 0 ? a + half * distance : b - half * distance
      if x <= a || x >= b { continue }
      let value = f(x)
      if value.isFinite { sum += weight * value }
    }
    return sum * step * half
  }
}
