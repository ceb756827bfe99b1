import Glibc
import ApusNumerics
import RealModule

extension SpecialFunctions {
  /// ln |Γ(x)|; +∞ at 0 and the negative integers.
  public static func logGamma(_ x: Double) -> Double {
    if !x.isFinite { return x.isNaN ? .nan : .infinity }
    if x <= 0 && x == x.rounded() { return .infinity }
    let near = x > 0 ? Swift.min(Swift.abs(x - 1), Swift.abs(x - 2)) : 1
    if near < 1e-12 { return logGammaNearZero(x) }
    if x >= 1e-12 { return x > 1e300 ? x * (Double.log(x) - 1) : Stirling.logGamma(DoubleDouble(x)).value }
    if x > 0 { return (Stirling.logGamma1p(x) - DoubleDouble.log(x)).value }
    // Γ(x) Γ(1−x) = π / sin πx.
    if x < -4.5e15 { return .infinity }
    let sine = sinePi(x)
    let logPi = DoubleDouble(1.1447298858494002, 1.0265951162707826e-17)
    let magnitude = sine.high < 0 ? -sine : sine
    return (logPi - DoubleDouble.log(magnitude) - Stirling.logGamma(DoubleDouble.sum(1, -x))).value
  }

  /// First terms of Taylor's series of ln Γ about its zeros 1 and 2.
  private static func logGammaNearZero(_ x: Double) -> Double {
    let euler = 0.5772156649015329
    let zeta2 = 1.6449340668482264
    if x < 1.5 {
      let d = x - 1
      return d * (zeta2 / 2 * d - euler)
    }
    let d = x - 2
    return d * ((1 - euler) + (zeta2 - 1) / 2 * d)
  }

  /// Γ(x); NaN at the negative integers, ±∞ at ±0.
  public static func gamma(_ x: Double) -> Double {
    if x == 0 { return 1 / x }
    if x.isNaN || x == -.infinity || (x < 0 && x == x.rounded()) { return .nan }
    if x > 172 { return .infinity }
    if x > 0 { return DoubleDouble.exp(Stirling.logGamma(DoubleDouble(x))) }
    if x < -185 { return 0 }
    let sine = sinePi(x)
    let magnitude = Double.pi / Swift.abs(sine.value)
    let result = magnitude * DoubleDouble.exp(-Stirling.logGamma(DoubleDouble.sum(1, -x)))
    return sine.high < 0 ? -result : result
  }

  /// sin πx for finite x.
  private static func sinePi(_ x: Double) -> DoubleDouble {
    let nearest = x.rounded()
    let r = x - nearest
    let (sine, _) = sineCosinePi(r)
    return Swift.abs(nearest.remainder(dividingBy: 2)) == 1 ? -sine : sine
  }

  /// sin πr and cos πr, |r| ≤ ½, by Taylor's series.
  private static func sineCosinePi(_ r: Double) -> (DoubleDouble, DoubleDouble) {
    let pi = DoubleDouble(3.141592653589793, 1.2246467991473532e-16)
    let angle = pi * r
    let square = -(angle * angle)
    var (sine, cosine) = (angle, DoubleDouble(1))
    var (sineTerm, cosineTerm) = (angle, DoubleDouble(1))
    for k in stride(from: 1.0, through: 35, by: 2) {
      cosineTerm = cosineTerm * square / (k * (k + 1))
      cosine = cosine + cosineTerm
      sineTerm = sineTerm * square / ((k + 1) * (k + 2))
      sine = sine + sineTerm
    }
    return (sine, cosine)
  }

  /// ψ(x) = Γ′(x) / Γ(x); NaN at 0 and the negative integers, as the two sides have opposite signs
  /// (at ±0 the signed infinity).
  public static func digamma(_ x: Double) -> Double {
    if x == 0 { return -1 / x }
    if x.isNaN || x == -.infinity { return .nan }
    if x == .infinity { return x }
    if x > 0 { return digammaPositive(DoubleDouble(x)).value }
    let r = x - x.rounded()
    if r == 0 { return .nan }
    let (sine, cosine) = sineCosinePi(r)
    let pi = DoubleDouble(3.141592653589793, 1.2246467991473532e-16)
    return (digammaPositive(DoubleDouble.sum(1, -x)) - pi * cosine / sine).value
  }

  /// Recurrence up to 24, then DLMF 5.11.2; Taylor's series next to the zero, where the parts cancel.
  private static func digammaPositive(_ x: DoubleDouble) -> DoubleDouble {
    if x.high < 1e-18 { return DoubleDouble(-1 / x.high) }
    let fromRoot = x - digammaRoot
    if fromRoot.value.magnitude < 0.01 { return fromRoot * digammaSlope(fromRoot.value) }
    var shifted = x
    var sum = DoubleDouble(0)
    while shifted.high < 24 {
      sum = sum - DoubleDouble(1) / shifted
      shifted = shifted + 1
    }
    if shifted.high > 1e17 { return DoubleDouble.log(shifted) }
    let inverse = DoubleDouble(1) / shifted
    let square = inverse * inverse
    let t = square.high
    var tail = 281.46014492753625 - 3607.5105463980462 * t
    tail = tail * t - 26.456212121212122
    tail = tail * t + 3.0539543302701198
    tail = tail * t - 0.4432598039215686
    tail = tail * t + 0.08333333333333333
    tail = tail * t - 0.021092796092796094
    tail = tail * t + 0.007575757575757576
    var series = square * tail + digammaLeading[3]
    for k in stride(from: 2, through: 0, by: -1) { series = series * square + digammaLeading[k] }
    return sum + DoubleDouble.log(shifted) - inverse * 0.5 - series * square
  }

  private static let digammaLeading = [
    DoubleDouble(0.08333333333333333, 4.625929269271485e-18),
    DoubleDouble(-0.008333333333333333, -1.1564823173178714e-19),
    DoubleDouble(0.003968253968253968, 2.20282346155785e-19),
    DoubleDouble(-0.004166666666666667, -5.782411586589357e-20),
  ]

  /// The positive zero of ψ.
  private static let digammaRoot = DoubleDouble(1.4616321449683622, 9.549995429965697e-17)

  /// ψ(root + d) / d, |d| < 0.01.
  private static func digammaSlope(_ d: Double) -> Double {
    var sum = 0.022597648232218104
    sum = sum * d + -0.03316112647484736
    sum = sum * d + 0.04880428816414311
    sum = sum * d + -0.07219956125645471
    sum = sum * d + 0.10782405069126237
    sum = sum * d + -0.16394270544240652
    sum = sum * d + 0.258499760955651
    sum = sum * d + -0.4427631689835921
    sum = sum * d + 0.9676722454476212
    return sum
  }

  /// ψ′(x) for x > 0, DLMF 5.15.8 after upward recurrence; NaN elsewhere.
  public static func trigamma(_ x: Double) -> Double {
    guard x > 0 else { return .nan }
    var shifted = x
    var sum = 0.0
    while shifted < 12 {
      sum += 1 / (shifted * shifted)
      shifted += 1
    }
    let t = 1 / (shifted * shifted)
    var series = 7.0 / 6
    series = series * t - 691.0 / 2730
    series = series * t + 5.0 / 66
    series = series * t - 1.0 / 30
    series = series * t + 1.0 / 42
    series = series * t - 1.0 / 30
    series = series * t + 1.0 / 6
    return sum + (1 + (0.5 + series / shifted) / shifted) / shifted
  }

  /// ln B(a, b) for a, b > 0; NaN for negative arguments.
  public static func logBeta(_ a: Double, _ b: Double) -> Double {
    guard a >= 0, b >= 0 else { return .nan }
    if a == 0 || b == 0 { return .infinity }
    if a == .infinity || b == .infinity { return -.infinity }
    let (small, large) = a < b ? (a, b) : (b, a)
    if large < 16 {
      return
        (Stirling.logGamma(DoubleDouble(a)) + Stirling.logGamma(DoubleDouble(b))
        - Stirling.logGamma(DoubleDouble.sum(a, b))).value
    }
    let total = DoubleDouble.sum(a, b)
    let corrections = Stirling.error(large) - Stirling.error(total.value)
    // b ln(b / (a + b)) + (a − ½) ln(large / total) … written around the larger argument.
    let logRatio = DoubleDouble.log1p(DoubleDouble(small) / DoubleDouble(large))
    let growth = -(logRatio * (total - 0.5))
    return (Stirling.logGamma(DoubleDouble(small)) + corrections + growth + small - DoubleDouble.log(large) * small)
      .value
  }
}
