import RealModule

extension SpecialFunctions {
  /// ln(p / (1 − p)): −∞ at 0, 0 at ½, +∞ at 1, NaN outside [0, 1].
  public static func logit(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    // Near ½ the logarithm of a quotient close to 1 would lose the distance.
    if p > 0.3 && p < 0.65 {
      let s = 2 * p - 1
      return Double.log(onePlus: s) - Double.log(onePlus: -s)
    }
    return Double.log(p / (1 - p))
  }

  /// 1 / (1 + e^(−x)).
  public static func expit(_ x: Double) -> Double {
    // e^x / (1 + e^x) for negative x keeps the relative precision of the tail.
    if x < 0 {
      let e = Double.exp(x)
      return e / (1 + e)
    }
    return 1 / (1 + Double.exp(-x))
  }

  /// ln(1 / (1 + e^(−x))), without underflow.
  public static func logExpit(_ x: Double) -> Double {
    if x < 0 { return x - Double.log(onePlus: Double.exp(x)) }
    return -Double.log(onePlus: Double.exp(-x))
  }
}
