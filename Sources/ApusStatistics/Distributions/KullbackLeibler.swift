import ApusNumerics
import RealModule

extension Distribution {
  /// The Kullback–Leibler divergence D(self ‖ other) = E[ln p − ln q] in nats, of two members of one family: closed forms where they
  /// exist, else the integral over probability by double-exponential quadrature, or the sum over the support.
  ///
  /// - Returns: at least 0; +∞ where `other` gives no probability to what `self` does.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for members of different families.
  public func kullbackLeiblerDivergence(to other: Distribution) throws(ApusError) -> Double {
    guard kind == other.kind else {
      throw .invalidArgument(
        name: "other",
        reason: "is of family \(other.kind.rawValue), the divergence is between members of \(kind.rawValue)")
    }
    if shapes == other.shapes && location == other.location && scale == other.scale { return 0 }
    let (own, its) = (support, other.support)
    if own.lower < its.lower || own.upper > its.upper { return .infinity }
    let value = closedDivergence(to: other) ?? (kind.isDiscrete ? summedDivergence(to: other) : integral(to: other))
    return value.atLeast(0)
  }

  private func closedDivergence(to other: Distribution) -> Double? {
    let shift = (location - other.location) / other.scale
    let ratio = scale / other.scale
    // x − 1 − ln x at the ratio, without cancellation near 1.
    func excess(_ x: Double) -> Double {
      let d = x - 1
      return d.magnitude < 1e-2 ? d * d * Distribution.excessSeries(d) : d - Double.log(x)
    }
    switch kind {
    case .norm: return 0.5 * (excess(ratio * ratio) + shift * shift)
    case .expon: return excess(ratio) + shift
    case .uniform: return -Double.log(ratio)
    case .lognorm:
      guard location == other.location else { return nil }
      let (s, t) = (shapes[0] / other.shapes[0], Double.log(ratio) / other.shapes[0])
      return 0.5 * (excess(s * s) + t * t)
    case .gamma, .chi2:
      guard location == other.location else { return nil }
      let half = kind == .gamma ? 1 : 0.5
      return Distribution.gammaDivergence(shapes[0] * half, other.shapes[0] * half, excess(ratio), Double.log(ratio))
    case .beta:
      guard location == other.location, scale == other.scale else { return nil }
      let (a, b, c, d) = (shapes[0], shapes[1], other.shapes[0], other.shapes[1])
      let psi = SpecialFunctions.digamma
      return SpecialFunctions.logBeta(c, d) - SpecialFunctions.logBeta(a, b) + (a - c) * psi(a) + (b - d) * psi(b)
        + (c - a + d - b) * psi(a + b)
    case .weibullMin:
      guard location == other.location else { return nil }
      let (c, d) = (shapes[0], other.shapes[0])
      let euler = 0.5772156649015329
      let power = Double.exp(d * Double.log(ratio) + SpecialFunctions.logGamma(d / c + 1))
      return Double.log(c / d) - d * Double.log(ratio) + euler * (d / c - 1) + power - 1
    case .poisson:
      guard location == other.location else { return nil }
      let (m, n) = (shapes[0], other.shapes[0])
      if m == 0 { return n }
      // m ln(m/n) + n − m = m (n/m − 1 − ln(n/m)).
      return n == 0 ? .infinity : m * excess(n / m)
    case .binom:
      guard location == other.location, shapes[0] == other.shapes[0] else { return nil }
      return shapes[0] * Distribution.bernoulliDivergence(shapes[1], other.shapes[1])
    case .geom:
      guard location == other.location else { return nil }
      return Distribution.bernoulliDivergence(shapes[0], other.shapes[0]) / shapes[0]
    case .nbinom:
      guard location == other.location, shapes[0] == other.shapes[0] else { return nil }
      return shapes[0] * Distribution.bernoulliDivergence(shapes[1], other.shapes[1]) / shapes[1]
    case .t, .f, .logistic, .truncnorm, .hypergeom: return nil
    }
  }

  /// (x − 1 − ln x) / (x − 1)² for x = 1 + d: Σ (−d)ᵏ / (k + 2).
  private static func excessSeries(_ d: Double) -> Double {
    var sum = 0.0
    for k in stride(from: 9, through: 0, by: -1) { sum = 1 / Double(k + 2) - d * sum }
    return sum
  }

  private static func gammaDivergence(_ a: Double, _ b: Double, _ excess: Double, _ logRatio: Double) -> Double {
    (a - b) * SpecialFunctions.digamma(a) - SpecialFunctions.logGamma(a) + SpecialFunctions.logGamma(b)
      + a * excess + (a - b) * logRatio
  }

  /// p ln(p/q) + (1 − p) ln((1 − p)/(1 − q)).
  private static func bernoulliDivergence(_ p: Double, _ q: Double) -> Double {
    func term(_ p: Double, _ q: Double) -> Double { p == 0 ? 0 : q == 0 ? .infinity : p * Double.log(p / q) }
    if q > 0 && q < 1 && (p - q).magnitude < 1e-2 * Swift.min(q, 1 - q) {
      // Both logarithms through the small relative changes, of which the first orders cancel.
      let (u, v) = ((p - q) / q, (q - p) / (1 - q))
      func rest(_ d: Double) -> Double {
        // (1 + d) ln(1 + d) − d = d² Σ (−d)ᵏ / ((k + 1)(k + 2)).
        var sum = 0.0
        for k in stride(from: 10, through: 0, by: -1) { sum = 1 / (Double(k + 1) * Double(k + 2)) - d * sum }
        return d * d * sum
      }
      return q * rest(u) + (1 - q) * rest(v)
    }
    return term(p, q) + term(1 - p, 1 - q)
  }

  private func integral(to other: Distribution) -> Double {
    func difference(_ x: Double) -> Double { logpdf(x) - other.logpdf(x) }
    return TanhSinhQuadrature.integrate(from: 0, to: 0.5) { difference(ppf($0)) }
      + TanhSinhQuadrature.integrate(from: 0, to: 0.5) { difference(isf($0)) }
  }

  /// Σ p (ln p − ln q) outwards from the mean.
  private func summedDivergence(to other: Distribution) -> Double {
    LatticeSum.sum(over: support, mean: mean, deviation: variance.squareRoot()) { k in
      let log = logpdf(k)
      let mass = Double.exp(log)
      return mass > 0 ? mass * (log - other.logpdf(k)) : 0
    }
  }
}
