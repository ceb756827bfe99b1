import Glibc
import ApusNumerics
import RealModule

/// Special functions of one real argument and more, for float64.
///
/// Accuracy, checked against mpmath tables: at most 4 ulp in the body and a relative error of at most 1e-13 in the tails
/// down to the smallest normal number; logarithmic forms continue beyond. Arguments outside a function's domain
/// give NaN, as does NaN.
public enum SpecialFunctions {
  /// 2/√π ∫₀ˣ e^(−t²) dt.
  public static func erf(_ x: Double) -> Double {
    let magnitude = x.magnitude
    if magnitude < 0.65 { return x * NormalApproximations.erfRatio(x * x) }
    if x.isNaN { return x }
    let value = 1 - erfcTail(Swift.min(magnitude, 7))
    return x < 0 ? -value : value
  }

  /// 1 − erf(x), without cancellation for large x.
  public static func erfc(_ x: Double) -> Double {
    if x.magnitude < 0.45 { return 1 - x * NormalApproximations.erfRatio(x * x) }
    if x.isNaN { return x }
    let tail = erfcTail(Swift.min(x.magnitude, 28))
    return x < 0 ? 2 - tail : tail
  }

  /// e^(x²) erfc(x), which stays representable where erfc underflows.
  public static func erfcx(_ x: Double) -> Double {
    if x >= 0 { return erfcxPositive(x) }
    if x.isNaN { return x }
    if x < -26.7 { return .infinity }
    // 2 e^(x²) − erfcx(−x), the square split exactly.
    let square = DoubleDouble.product(x, x)
    return 2 * DoubleDouble.exp(square) - erfcxPositive(-x)
  }

  private static func erfcxPositive(_ x: Double) -> Double {
    if x > 1e8 { return 0.5641895835477563 / x }
    return NormalApproximations.scaledErfc((x - 3.5) / (x + 3.5)) / (1 + 2 * x)
  }

  private static func erfcTail(_ x: Double) -> Double {
    let high = x.leadingBits()
    return NormalKernels.exponential(-(high * high), -((x - high) * (x + high))) * erfcxPositive(x)
  }

  /// The x with erf(x) = y; ±∞ at ±1.
  public static func erfInverse(_ y: Double) -> Double {
    guard y.magnitude <= 1 else { return .nan }
    let magnitude = y.magnitude
    if magnitude > 0.5 {
      let tail = inverseTail(1 - magnitude)
      return y < 0 ? -tail : tail
    }
    if magnitude < 1e-9 { return DoubleDouble.product(y, 0.8862269254527579).value + y * 1.3e-17 }
    // One Newton step from the normal quantile's central approximation.
    let start = NormalKernels.centralQuantile(y * 0.5) * 0.7071067811865476
    return start - (erf(start) - y) * 0.8862269254527579 * Double.exp(start * start)
  }

  /// The x with erfc(x) = y for y in [0, 2].
  public static func erfcInverse(_ y: Double) -> Double {
    guard y >= 0, y <= 2 else { return .nan }
    if y < 0.5 { return inverseTail(y) }
    if y > 1.5 { return -inverseTail(2 - y) }
    return erfInverse(1 - y)
  }

  /// The x ≥ 0 with erfc(x) = tail < ½, polished by a Halley step.
  private static func inverseTail(_ tail: Double) -> Double {
    if tail == 0 { return .infinity }
    let start = NormalTail.quantileStart(tail * 0.5) * 0.7071067811865476
    let value = erfcTail(start)
    let step = (value - tail) / value * erfcxPositive(start) * 0.8862269254527579
    return start + step / (1 - start * step)
  }

  /// P(Z ≤ x) of the standard normal.
  public static func normalCDF(_ x: Double) -> Double { NormalKernels.cumulative(x) }

  /// P(Z > x) of the standard normal.
  public static func normalSF(_ x: Double) -> Double { NormalKernels.cumulative(-x) }

  /// ln P(Z ≤ x), to the relative precision of the type for every x.
  public static func logNormalCDF(_ x: Double) -> Double {
    NormalKernels.logCumulative(x)
  }

  /// The x with P(Z ≤ x) = p; ±∞ at the ends.
  public static func normalQuantile(_ p: Double) -> Double {
    if NormalKernels.quantileCovers(p) { return NormalKernels.quantile(p) }
    guard p >= 0, p <= 1 else { return .nan }
    return p < 0.5 ? -NormalTail.quantile(p) : NormalTail.quantile(1 - p)
  }

  /// The x with ln P(Z ≤ x) = logProbability.
  public static func logNormalQuantile(_ logProbability: Double) -> Double {
    guard logProbability <= 0 else { return .nan }
    if logProbability > -2.5 && logProbability < -0.08 {
      return NormalKernels.centralQuantile(
        0.5 * Double.expMinusOne((logProbability + DoubleDouble.ln2.high) + DoubleDouble.ln2.low))
    }
    if logProbability > -0.7 {
      let upper = -Double.expMinusOne(logProbability)
      return upper == 0 ? .infinity : -normalQuantile(upper)
    }
    return -NormalTail.quantile(logTail: logProbability)
  }
}

/// The normal tail Q(z), z ≥ 0, where the branch-free kernels do not reach.
package enum NormalTail {
  /// The z with Q(z) = tail ≤ ½ to about 1e-15.
  package static func quantileStart(_ tail: Double) -> Double {
    if NormalKernels.quantileCovers(tail) { return -NormalKernels.quantile(tail) }
    return start(root: (-Double.log(tail)).squareRoot())
  }

  /// The rational approximation in √(−ln tail) ≥ 5; beyond its range the leading terms of the asymptotic expansion.
  private static func start(root: Double) -> Double {
    if root > 27.5 {
      let square = 2 * root * root
      let z = (square - Double.log(square * 2 * Double.pi)).squareRoot()
      return z
    }
    let t = root - 5
    return NormalApproximations.farNumerator(t) / NormalApproximations.farDenominator(t)
  }

  /// The z with Q(z) = tail ≤ ½, +∞ for 0.
  package static func quantile(_ tail: Double) -> Double {
    if tail == 0 { return .infinity }
    let z = quantileStart(tail)
    // Subnormal probabilities carry too few bits for a ratio; their logarithm does not suffer.
    if tail < 1e-290 { return polished(z, logTail: DoubleDouble.log(tail)) }
    let value = NormalKernels.cumulative(-z)
    let step = (value - tail) / value * NormalKernels.scaledTail(z) * 2.5066282746310007
    return z + step / (1 - 0.5 * z * step)
  }

  /// The signed quantile of a target probability.
  package static func quantile(_ target: TargetProbability) -> Double {
    let z = target.tail > 1e-290 ? quantile(target.tail) : quantile(logTail: target.logTail.value)
    return target.isLower ? -z : z
  }

  /// As ``quantile(_:)`` for starting values, without the polish.
  package static func quantileStart(_ target: TargetProbability) -> Double {
    let z = target.tail > 1e-290 ? quantileStart(target.tail) : quantile(logTail: target.logTail.value)
    return target.isLower ? -z : z
  }

  /// The z with ln Q(z) = logTail ≤ ln ½.
  package static func quantile(logTail: Double) -> Double {
    if logTail == -.infinity { return .infinity }
    if logTail > -25 { return quantile(Double.exp(logTail)) }
    return polished(start(root: (-logTail).squareRoot()), logTail: DoubleDouble(logTail))
  }

  /// Newton's method on ln Q, which is concave: quadratic from either side.
  private static func polished(_ start: Double, logTail target: DoubleDouble) -> Double {
    var z = start
    for _ in 0..<6 {
      let scaled = z > 1e8 ? 0.3989422804014327 / z : NormalKernels.scaledTail(z)
      let square = DoubleDouble.product(z, z) * -0.5
      let excess = (square + Double.log(scaled) - target).value
      let step = excess * scaled * 2.5066282746310007
      z += step
      if step.magnitude <= 1e-16 * z { break }
    }
    return z
  }
}
