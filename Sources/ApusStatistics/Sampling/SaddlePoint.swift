import RealModule

/// Logarithms of binomial and Poisson masses in plain double arithmetic, for acceptance tests: C. Loader, "Fast and accurate
/// computation of binomial probabilities" (2000). Absolute error below 1e-9 for means up to 1e15, as no large terms cancel.
enum SaddlePoint {
  /// ln k! − ln(√(2πk) (k/e)ᵏ) for whole k ≥ 1.
  private static func stirlingError(_ k: Double) -> Double {
    if k < 16 { return small[Int(k)] }
    let s = 1 / (k * k)
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - s / 1680) * s) * s) / k
  }

  private static let small: [Double] = (0..<16).map {
    let k = Double($0)
    return k == 0 ? 0 : Double.logGamma(k + 1) - (0.9189385332046728 + (k + 0.5) * Double.log(k) - k)
  }

  /// x ln(x/m) + m − x.
  @inline(__always)
  private static func deviance(_ x: Double, _ m: Double) -> Double {
    let d = m - x
    return d - x * Double.log(onePlus: d / x)
  }

  /// ln of e^(−m) mᵏ / k!.
  static func logPoisson(_ k: Double, mean m: Double) -> Double {
    if k == 0 { return -m }
    return -deviance(k, m) - stirlingError(k) - 0.9189385332046728 - 0.5 * Double.log(k)
  }

  /// ln of C(n, k) pᵏ (1 − p)ⁿ⁻ᵏ.
  static func logBinomial(_ k: Double, trials n: Double, probability p: Double) -> Double {
    if k == 0 { return n * Double.log(onePlus: -p) }
    if k == n { return n * Double.log(p) }
    let rest = n - k
    return stirlingError(n) - stirlingError(k) - stirlingError(rest) - deviance(k, n * p) - deviance(rest, n * (1 - p))
      - 0.9189385332046728 + 0.5 * Double.log(n / (k * rest))
  }
}
