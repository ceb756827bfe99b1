import ApusNumerics
import RealModule

/// The regularised incomplete beta function I_x(a, b) and its complement for one pair of shapes a, b > 0.
///
/// The side on which x lies from the mean a/(a+b) decides which of the two is computed; four methods serve it: the series
/// with positive terms, the continued fraction of DiDonato and Morris, quadrature of the tail when both shapes are
/// large, and for small shapes a form that keeps the relative precision of the complement. All share the factor
/// x^a y^b / B(a, b), y = 1 − x, whose logarithm is formed in ``DoubleDouble``. DLMF 8.17; A. DiDonato, A. Morris,
/// "Significant digit computation of the incomplete beta function ratios", ACM TOMS 18 (1992) 360–373,
/// https://doi.org/10.1145/131766.131776.
package struct IncompleteBeta: Sendable {
  package let a: Double
  package let b: Double
  /// a/(a+b), b/(a+b) as logarithms.
  private let logMeanX: DoubleDouble
  private let logMeanY: DoubleDouble
  private let exponentConstant: DoubleDouble
  private let rootFactor: Double

  package init(_ a: Double, _ b: Double) {
    self.a = a
    self.b = b
    let total = DoubleDouble.sum(a, b)
    logMeanX = DoubleDouble.logRatio(a, b, total)
    logMeanY = DoubleDouble.logRatio(b, a, total)
    exponentConstant = Stirling.error(total.value) - Stirling.error(a) - Stirling.error(b)
    rootFactor = (DoubleDouble(a) / total * b / DoubleDouble.twoPi).value.squareRoot()
  }

  /// 1/B(a, b) as e^logarithm · factor.
  package var powerFactor: (logarithm: DoubleDouble, factor: Double) {
    (exponentConstant - logMeanX * a - logMeanY * b, rootFactor)
  }

  /// (1 − x) as the exact difference.
  package static func complement(_ x: Double) -> DoubleDouble { DoubleDouble.sum(1, -x) }

  /// The signed distance from the mean, b·x − a·y.
  private func excess(_ x: DoubleDouble, _ y: DoubleDouble) -> DoubleDouble { x * b - y * a }

  /// x^a y^b / B(a, b), factored: the derivative of I with respect to ln(x/y). `x` and `y` positive.
  package func leading(_ x: DoubleDouble, _ y: DoubleDouble) -> FactoredValue {
    let distance = excess(x, y)
    let (deltaX, deltaY) = (distance / a, -(distance / b))
    if deltaX.high.magnitude < 0x1p-6 && deltaY.high.magnitude < 0x1p-6 {
      let exponent = Stirling.deviance(deltaX) * a + Stirling.deviance(deltaY) * b
      return FactoredValue(exponent: exponentConstant - exponent, factor: rootFactor)
    }
    let exponent =
      (DoubleDouble.log(relative: x, y) - logMeanX) * a + (DoubleDouble.log(relative: y, x) - logMeanY) * b
    return FactoredValue(exponent: exponentConstant + exponent, factor: rootFactor)
  }

  /// Both tails at `x` in [0, 1].
  package func tails(_ x: Double) -> TailProbability {
    if x.isNaN { return TailProbability(lower: .nan) }
    if x <= 0 { return TailProbability(lower: 0) }
    if x >= 1 { return TailProbability(upper: 0) }
    return tails(DoubleDouble(x), IncompleteBeta.complement(x))
  }

  /// Both tails at x with y = 1 − x given to full relative precision.
  package func tails(_ x: DoubleDouble, _ y: DoubleDouble) -> TailProbability {
    if x.high <= 0 { return TailProbability(lower: 0) }
    if y.high <= 0 { return TailProbability(upper: 0) }
    if IncompleteBeta.needsSmallShapeForm(a, b, x.high), let upper = IncompleteBeta.smallShapeUpper(a, b, x) {
      return TailProbability(upper: upper)
    }
    if IncompleteBeta.needsSmallShapeForm(b, a, y.high), let lower = IncompleteBeta.smallShapeUpper(b, a, y) {
      return TailProbability(lower: lower)
    }
    let lead = leading(x, y)
    let distance = excess(x, y).value
    if lead.exponent.high == -.infinity {
      return distance > 0 ? TailProbability(upper: 0) : TailProbability(lower: 0)
    }
    let isLower = distance <= 0
    let ratio =
      isLower
      ? IncompleteBeta.tailOverLeading(a, b, x.value, y.value, distance)
      : IncompleteBeta.tailOverLeading(b, a, y.value, x.value, -distance)
    return TailProbability(exponent: lead.exponent, factor: lead.factor * ratio, isLower: isLower)
  }

  /// I_x(a, b) / (x^a y^b / B(a, b)) for x at or below the mean; `distance` = b·x − a·y ≤ 0.
  private static func tailOverLeading(
    _ a: Double, _ b: Double, _ x: Double, _ y: Double, _ distance: Double
  ) -> Double {
    if Swift.min(a, b) >= 40 && x * (a + b) > 0.5 * a { return quadrature(a, b, x, y, distance) }
    // With both shapes moderate the fraction needs few terms near the mean, where the series needs many.
    let isNearMean = Swift.min(a, b) >= 4 && x * (a + b) > 0.3 * a
    if x <= 0.7 && !isNearMean { return series(a, b, x) }
    return fraction(a, b, x, y, distance)
  }

  /// (1/a) Σ (a+b)ₙ/(a+1)ₙ xⁿ, summed from the small end.
  private static func series(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let total = a + b
    var n = 0.0
    var term = 1.0
    var largest = 1.0
    while term > 1e-18 * largest && n < 100_000 {
      term *= (total + n) / (a + 1 + n) * x
      largest = Swift.max(largest, term)
      n += 1
    }
    var sum = 1.0
    while n >= 1 {
      n -= 1
      sum = 1 + (total + n) / (a + 1 + n) * x * sum
    }
    return sum / a
  }

  /// DiDonato and Morris's fraction, equation (9).
  private static func fraction(
    _ a: Double, _ b: Double, _ x: Double, _ y: Double, _ distance: Double
  ) -> Double {
    // a − (a+b)x = −distance, without cancellation.
    let base = 1 - distance
    let rest = ContinuedFraction.evaluate { m in
      let odd = a + 2 * m - 1
      let numerator = (a + m - 1) / odd * ((a + b + m - 1) / odd) * (m * (b - m)) * (x * x)
      let denominator = m + m * (b - m) * x / odd + (a + m) / (odd + 2) * (base + m * (1 + y))
      return (numerator, denominator)
    }
    return 1 / (a / (a + 1) * base + rest)
  }

  /// ∫ of the density below x divided by the leading factor, with u = distance below x in units of x·y:
  /// (a−1) ln(1 − y u) + (b−1) ln(1 + x u), the linear terms joined.
  private static func quadrature(
    _ a: Double, _ b: Double, _ x: Double, _ y: Double, _ distance: Double
  ) -> Double {
    let (powerX, powerY) = (a - 1, b - 1)
    // (a−1) y − (b−1) x.
    let slope = -distance + (x - y)
    func negativeExponent(_ u: Double) -> Double {
      powerX * Stirling.log1pMinusArgument(-y * u) + powerY * Stirling.log1pMinusArgument(x * u) - slope * u
    }
    let curvature = powerX * y * y + powerY * x * x
    var width = 80 / (slope + (slope * slope + 80 * curvature).squareRoot())
    let limit = 1 / y
    for _ in 0..<5 {
      width = Swift.min(width, limit * (1 - 0x1p-40))
      let value = -negativeExponent(width)
      let derivative =
        slope + powerX * y * (y * width / (1 - y * width)) + powerY * x * (x * width / (1 + x * width))
      width += (40 - value) / derivative
    }
    return TailQuadrature.integrate(width: Swift.min(width, limit), negativeExponent)
  }

  /// Whether 1 − I_x(a, b) would lose digits as a difference; for a ≥ 0.3 it does not up to the mean.
  @inline(__always)
  private static func needsSmallShapeForm(_ a: Double, _ b: Double, _ x: Double) -> Bool {
    a < 1 && x <= 0.5 && b * x < 2 && (a < 0.3 || x * (a + b) > a)
  }

  /// 1 − I_x(a, b) for a < 1, x ≤ ½, b·x < 2: with u = ln(x^a / (a B(a,b))), I = e^u (1 + a Σ (1−b)ₙ xⁿ/(n!(a+n))).
  /// nil when I is the smaller side.
  private static func smallShapeUpper(_ a: Double, _ b: Double, _ x: DoubleDouble) -> Double? {
    let logFactor: DoubleDouble
    if a < 1e-13 {
      // ln Γ(a+b) − ln Γ(b) − ln Γ(1+a) → a (ψ(b) + γ)
      logFactor = DoubleDouble.product(a, SpecialFunctions.digamma(b) + 0.5772156649015329)
    } else {
      logFactor = Stirling.logGammaRatio(b, a) - Stirling.logGamma1p(a)
    }
    let u = DoubleDouble.log(x) * a + logFactor
    if u.high < -0.6 { return nil }
    var sum = DoubleDouble(0)
    var power = DoubleDouble(1)
    for n in stride(from: 1.0, through: 80, by: 1) {
      power = power * x * DoubleDouble.sum(n, -b) / n
      let term = power / DoubleDouble.sum(a, n)
      sum = sum + term
      if term.high.magnitude < 1e-19 * sum.high.magnitude || power.high == 0 { break }
    }
    return DoubleDouble.complementOfProduct(u, sum * a)
  }

  /// The point with I_x(a, b) (or its complement) equal to the target, as (x, 1 − x), both to full relative precision.
  ///
  /// Newton's method on the logarithm of the tail against ln(x/y), whose density is log-concave, so that it converges
  /// from every start; where its steps have become short Halley's correction makes the convergence cubic.
  package func quantile(_ target: TargetProbability) -> (x: Double, y: Double) {
    let logTarget = target.logTail
    var odds = oddsStart(target)
    for _ in 0..<200 {
      let x = IncompleteBeta.fromOdds(odds)
      let y = DoubleDouble(1) / DoubleDouble.sum(1, odds)
      let computed = tails(x, y)
      let lead = leading(x, y)
      let tailOverLeading: Double
      if computed.isLower == target.isLower {
        tailOverLeading =
          computed.smaller.factor * DoubleDouble.exp(computed.smaller.exponent - lead.exponent) / lead.factor
      } else {
        tailOverLeading = (1 - computed.smaller.value) / lead.value
      }
      let excess = target.logExcess(computed, logTarget)
      // The slope's own logarithmic derivative is (a y − b x) ∓ the slope.
      let newton = (target.isLower ? -excess : excess) * tailOverLeading
      let bend = 0.5 * newton * (a * y.high - b * x.high + (target.isLower ? -1 : 1) / tailOverLeading)
      var step = bend.magnitude < 0.25 ? newton / (1 + bend) : newton
      if step.isNaN { return (.nan, .nan) }
      step = Swift.min(Swift.max(step, -30), 30)
      odds += odds * Double.expMinusOne(step)
      if odds == 0 || odds == .infinity || step.magnitude < 1e-9 { break }
      if Swift.max(step.magnitude, bend.magnitude) < 1e-6 { break }
    }
    if odds == .infinity { return (1, 0) }
    return (IncompleteBeta.fromOdds(odds).value, 1 / (1 + odds))
  }

  private static func fromOdds(_ odds: Double) -> DoubleDouble {
    odds < 1
      ? DoubleDouble(odds) / DoubleDouble.sum(1, odds)
      : DoubleDouble(1) - DoubleDouble(1) / DoubleDouble.sum(1, odds)
  }

  /// Abramowitz and Stegun 26.5.22 for moderate shapes, the leading power at the nearer end otherwise. Returns x/y.
  private func oddsStart(_ target: TargetProbability) -> Double {
    let z = NormalTail.quantileStart(target)
    if a > 1 && b > 1 {
      let upperZ = -z
      let (s, t) = (1 / (2 * a - 1), 1 / (2 * b - 1))
      let h = 2 / (s + t)
      let lambda = (upperZ * upperZ - 3) / 6
      let root = (Swift.max(h + lambda, 0.05)).squareRoot()
      let w = upperZ * root / h - (t - s) * (lambda + 5.0 / 6 - 2 / (3 * h))
      return a / b * Double.exp(Swift.min(Swift.max(-2 * w, -600), 600))
    }
    let logBeta = SpecialFunctions.logBeta(a, b)
    let q = target.tail
    let (logLower, logUpper) =
      target.isLower
      ? (target.logTail.value, Double.log(onePlus: -q)) : (Double.log(onePlus: -q), target.logTail.value)
    let logX = (logLower + Double.log(a) + logBeta) / a
    let logY = (logUpper + Double.log(b) + logBeta) / b
    if logX < -0.7 && (logX < logY || target.isLower) { return Double.exp(Swift.max(logX, -700)) }
    if logY < -0.7 { return Double.exp(Swift.min(-logY, 700)) }
    return a / b
  }
}

extension DoubleDouble {
  /// ln(part / total) for total = part + other, by whichever of the two forms does not cancel.
  fileprivate static func logRatio(_ part: Double, _ other: Double, _ total: DoubleDouble) -> DoubleDouble {
    if other < part { return -log1p(DoubleDouble(other) / DoubleDouble(part)) }
    return log(part) - log(total)
  }

  /// ln x for x + y = 1, through y where x is close to 1.
  fileprivate static func log(relative x: DoubleDouble, _ y: DoubleDouble) -> DoubleDouble {
    y.high < 0x1p-8 ? log1p(-y) : log(x)
  }
}

extension SpecialFunctions {
  /// The regularised incomplete beta function I_x(a, b).
  public static func betaLower(_ a: Double, _ b: Double, _ x: Double) -> Double { betaTails(a, b, x).lower }

  /// 1 − I_x(a, b).
  public static func betaUpper(_ a: Double, _ b: Double, _ x: Double) -> Double { betaTails(a, b, x).upper }

  /// ln I_x(a, b), also where it underflows.
  public static func logBetaLower(_ a: Double, _ b: Double, _ x: Double) -> Double { betaTails(a, b, x).logLower }

  /// ln(1 − I_x(a, b)), also where it underflows.
  public static func logBetaUpper(_ a: Double, _ b: Double, _ x: Double) -> Double { betaTails(a, b, x).logUpper }

  /// The x with I_x(a, b) = p.
  public static func betaLowerInverse(_ a: Double, _ b: Double, _ p: Double) -> Double {
    betaInverse(a, b, p, isLower: true)
  }

  /// The x with 1 − I_x(a, b) = q.
  public static func betaUpperInverse(_ a: Double, _ b: Double, _ q: Double) -> Double {
    betaInverse(a, b, q, isLower: false)
  }

  private static func betaTails(_ a: Double, _ b: Double, _ x: Double) -> TailProbability {
    guard a > 0, b > 0, a.isFinite, b.isFinite, x >= 0, x <= 1 else { return TailProbability(lower: .nan) }
    return IncompleteBeta(a, b).tails(x)
  }

  private static func betaInverse(_ a: Double, _ b: Double, _ probability: Double, isLower: Bool) -> Double {
    guard a > 0, b > 0, a.isFinite, b.isFinite, probability >= 0, probability <= 1 else { return .nan }
    if probability == (isLower ? 0 : 1) { return 0 }
    if probability == (isLower ? 1 : 0) { return 1 }
    return IncompleteBeta(a, b).quantile(TargetProbability(probability, isLower: isLower)).x
  }
}
