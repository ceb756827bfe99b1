import RealModule

/// Upper tails of the noncentral t and F distributions, for power analysis.
package enum Noncentral {
  /// P(F > x) with noncentrality λ: a Poisson mixture of incomplete beta functions, summed outwards from its mode.
  static func fUpper(_ x: Double, _ numerator: Double, _ denominator: Double, _ lambda: Double) -> Double {
    let odds = x * numerator / denominator
    let p = odds / (1 + odds)
    return mixture(lambda / 2) { IncompleteBeta(numerator / 2 + $0, denominator / 2).tails(p).upper }.atMost(1)
  }

  /// P(X > x) of a chi-squared variable with noncentrality λ: a Poisson mixture of incomplete gamma functions.
  static func chiSquaredUpper(_ x: Double, _ df: Double, _ lambda: Double) -> Double {
    if x <= 0 { return 1 }
    return mixture(lambda / 2) { IncompleteGamma(shape: df / 2 + $0).tails(x / 2).upper }.atMost(1)
  }

  /// P(T > t) with noncentrality δ: R. V. Lenth, Appl. Stat. 38 (1989) 185–189 (AS 243), for either sign.
  static func tUpper(_ t: Double, _ df: Double, _ delta: Double) -> Double {
    if t < 0 { return 1 - tUpper(-t, df, -delta) }
    let y = t * t / (df + t * t)
    if t == 0 { return SpecialFunctions.normalCDF(delta) }
    let rate = delta * delta / 2
    // P(0 < T ≤ t) = ½ Σ [Poisson(j) I(j+½) + sign · weight(j) I(j+1)].
    let even = mixture(rate) { IncompleteBeta($0 + 0.5, df / 2).tails(y).lower }
    var odd = 0.0
    if delta != 0 {
      odd = mixture(rate, offset: 0.5) { IncompleteBeta($0 + 1, df / 2).tails(y).lower }
      if delta < 0 { odd = -odd }
    }
    return Swift.min(1, Swift.max(0, SpecialFunctions.normalCDF(delta) - 0.5 * (even + odd)))
  }

  /// Σ e^(−r) r^(j+offset) / Γ(j + offset + 1) · f(j).
  private static func mixture(_ rate: Double, offset: Double = 0, _ f: (Double) -> Double) -> Double {
    if rate == 0 { return offset == 0 ? f(0) : 0 }
    let mode = rate.rounded(.down)
    func weight(_ j: Double) -> Double {
      Double.exp(-rate + (j + offset) * Double.log(rate) - SpecialFunctions.logGamma(j + offset + 1))
    }
    var sum = 0.0
    for (start, direction) in [(mode, 1.0), (mode - 1, -1.0)] {
      var j = start
      while j >= 0 {
        let w = weight(j)
        sum += w * f(j)
        if w < 1e-17 { break }
        j += direction
      }
    }
    return sum
  }
}
