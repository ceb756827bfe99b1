import ApusNumerics
import RealModule

/// The regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 − P(a, x) for one shape `a` > 0.
///
/// Four methods, by region: the ascending series (x below a), Legendre's continued fraction (x above a), quadrature of the
/// tail for large shapes near the mean, and for small shapes with x ≲ 1 the difference 1 − P in a form that keeps
/// Q's relative precision. All share the factor x^a e^(−x) / Γ(a), whose logarithm is formed in ``DoubleDouble``
/// through the deviance. DLMF 8.7.1, 8.9.2.
package struct IncompleteGamma: Sendable {
  package let a: Double
  /// Shapes from here on use the deviance form; smaller ones the plain logarithm.
  private let isLarge: Bool
  /// −stirlingError(a) for large shapes, −ln Γ(1 + a) otherwise.
  private let exponentConstant: DoubleDouble
  private let rootFactor: Double

  package init(shape a: Double) {
    self.a = a
    isLarge = a >= 16
    exponentConstant = isLarge ? -Stirling.error(a) : -Stirling.logGamma1p(a)
    rootFactor = isLarge ? (DoubleDouble(a) / DoubleDouble.twoPi).value.squareRoot() : a
  }

  /// x^a e^(−x) / Γ(a), factored: the derivative of P with respect to ln x.
  package func leading(_ x: Double) -> FactoredValue {
    if isLarge {
      if x < a * 0x1p-900 {
        return FactoredValue(
          exponent: (DoubleDouble.log(x) - DoubleDouble.log(a) + 1) * a - x + exponentConstant, factor: rootFactor)
      }
      let delta = DoubleDouble.sum(x, -a) / a
      if delta.high.isInfinite { return FactoredValue(exponent: DoubleDouble(-.infinity), factor: rootFactor) }
      return FactoredValue(exponent: exponentConstant - Stirling.deviance(delta) * a, factor: rootFactor)
    }
    return FactoredValue(exponent: DoubleDouble.log(x) * a - x + exponentConstant, factor: rootFactor)
  }

  /// Both tails at `x`.
  package func tails(_ x: Double) -> TailProbability {
    if x.isNaN { return TailProbability(lower: .nan) }
    if x <= 0 { return TailProbability(lower: 0) }
    if x == .infinity { return TailProbability(upper: 0) }
    if a < 1 && x < 2 {
      if let small = smallShapeTails(x) { return small }
    }
    return tails(x, leading(x))
  }

  /// Both tails at a finite `x` above 0 from the leading factor there, for all but small shapes with small x.
  private func tails(_ x: Double, _ lead: FactoredValue) -> TailProbability {
    if lead.exponent.high == -.infinity {
      return x > a ? TailProbability(upper: 0) : TailProbability(lower: 0)
    }
    if a >= 40 && x > 0.55 * a && x < 3 * a { return quadrature(x, lead) }
    // Where P nears 1 its complement would lose digits; for a < 1 the form above has taken those x.
    if x < a + (a < 1 ? 1 : 0.25) {
      return TailProbability(exponent: lead.exponent, factor: lead.factor / a * ascendingSeries(x), isLower: true)
    }
    return TailProbability(exponent: lead.exponent, factor: lead.factor * legendreFraction(x), isLower: false)
  }

  /// Σ xⁿ / ((a+1)…(a+n)), summed from the small end.
  private func ascendingSeries(_ x: Double) -> Double {
    var n = 1.0
    var term = 1.0
    while term > 1e-18 && n < 100_000 {
      term *= x / (a + n)
      n += 1
    }
    var sum = 1.0
    while n >= 1 {
      sum = 1 + x / (a + n) * sum
      n -= 1
    }
    return sum
  }

  /// 1/(x+1−a − 1(1−a)/(x+3−a − 2(2−a)/(x+5−a − …))).
  private func legendreFraction(_ x: Double) -> Double {
    let a = a
    let base = x - a
    return ContinuedFraction.evaluate { n in
      (n == 1 ? 1 : (n - 1) * (a - (n - 1)), base + (2 * n - 1))
    }
  }

  /// The tail away from the mean: (x^a e^(−x)/Γ(a)) · (1/x) ∫ e^(−u + (a−1) ln(1+u/x)) du and its mirror image.
  private func quadrature(_ x: Double, _ lead: FactoredValue) -> TailProbability {
    let power = a - 1
    let isLower = x < a
    let sign = isLower ? -1.0 : 1.0
    // u in units of x; the exponent is −slope·u + power·(ln(1 ± u) ∓ u).
    let slope = sign * ((x - a) + 1)
    func negativeExponent(_ u: Double) -> Double {
      power * Stirling.log1pMinusArgument(sign * u) - slope * u
    }
    var width = 80 / (slope + (slope * slope + 80 * power).squareRoot())
    for _ in 0..<5 {
      if isLower { width = Swift.min(width, 1 - 0x1p-40) }
      let value = -negativeExponent(width)
      let derivative = slope + power * (isLower ? width / (1 - width) : width / (1 + width))
      width += (40 - value) / derivative
    }
    if isLower { width = Swift.min(width, 1) }
    let integral = TailQuadrature.integrate(width: width, negativeExponent)
    return TailProbability(exponent: lead.exponent, factor: lead.factor * integral, isLower: isLower)
  }

  /// a < 1, x < 2: with u = a ln x − ln Γ(1+a), P = e^u (1 + a Σ (−x)ⁿ/(n!(a+n))) and Q = −expm1(u) − e^u a Σ….
  /// nil when P is the smaller side, which the ascending series then gives.
  private func smallShapeTails(_ x: Double) -> TailProbability? {
    let u = DoubleDouble.log(x) * a + exponentConstant
    if u.high < -0.6 { return nil }
    // The two parts cancel partly when x nears 2, hence the wider type.
    var sum = DoubleDouble(0)
    var power = DoubleDouble(1)
    for n in stride(from: 1.0, through: 40, by: 1) {
      power = power * -x / n
      let term = power / DoubleDouble.sum(a, n)
      sum = sum + term
      if term.high.magnitude < 1e-19 * sum.high.magnitude { break }
    }
    return TailProbability(upper: DoubleDouble.complementOfProduct(u, sum * a))
  }

  /// The x with P(a, x) (or Q) equal to the target: Halley's method on the logarithm of the tail against ln x.
  ///
  /// The density of ln x is log-concave, so the logarithm of either tail is concave and Newton's method converges from
  /// every start; where its steps have become short Halley's correction makes the convergence cubic.
  package func quantile(_ target: TargetProbability) -> Double {
    let logTarget = target.logTail
    var x = quantileStart(target)
    for _ in 0..<200 {
      let lead = leading(x)
      let computed = a < 1 || x == .infinity ? tails(x) : tails(x, lead)
      // d ln(tail) / d ln x = ± leading / tail.
      let tailOverLeading: Double
      if computed.isLower == target.isLower {
        tailOverLeading =
          computed.smaller.factor * DoubleDouble.exp(computed.smaller.exponent - lead.exponent) / lead.factor
      } else {
        tailOverLeading = (1 - computed.smaller.value) / lead.value
      }
      let excess = target.logExcess(computed, logTarget)
      // The slope's own logarithmic derivative is (a − x) ∓ the slope.
      let newton = (target.isLower ? -excess : excess) * tailOverLeading
      let bend = 0.5 * newton * ((a - x) + (target.isLower ? -1 : 1) / tailOverLeading)
      var step = bend.magnitude < 0.25 ? newton / (1 + bend) : newton
      if step.isNaN { return .nan }
      step = Swift.min(Swift.max(step, -30), 30)
      x += x * Double.expMinusOne(step)
      if x == 0 { return 0 }
      // The next step would only stir rounding errors.
      if step.magnitude < 1e-9 || Swift.max(step.magnitude, bend.magnitude) < 1e-6 { break }
    }
    return x
  }

  /// Wilson and Hilferty's cube-root normal approximation, or the first term of the series at zero.
  private func quantileStart(_ target: TargetProbability) -> Double {
    let z = NormalTail.quantileStart(target)
    let root = 1 / (9 * a)
    let cube = 1 - root + z * root.squareRoot()
    if a > 0.3 && cube > 0.25 { return a * cube * cube * cube }
    if target.isLower {
      let logX = (target.logTail - exponentConstantOfPower).value / a
      return Double.exp(Swift.max(logX, -744))
    }
    // Small shape, upper tail: Q ≈ 1 − x^a/Γ(1+a) while that is meaningful, else x ≈ −ln(Q Γ(a)).
    let q = target.tail
    let logX = (Double.log(onePlus: -q) - exponentConstantOfPower.value) / a
    if logX < 0 { return Double.exp(Swift.max(logX, -744)) }
    return Swift.max(-target.logTail.value - SpecialFunctions.logGamma(a), 0.1)
  }

  /// −ln Γ(1 + a).
  private var exponentConstantOfPower: DoubleDouble {
    isLarge ? -Stirling.logGamma1p(a) : exponentConstant
  }
}

extension SpecialFunctions {
  /// The regularised lower incomplete gamma function P(a, x), a ≥ 0, x ≥ 0.
  public static func gammaLower(_ a: Double, _ x: Double) -> Double { gammaTails(a, x).lower }

  /// The regularised upper incomplete gamma function Q(a, x) = 1 − P(a, x).
  public static func gammaUpper(_ a: Double, _ x: Double) -> Double { gammaTails(a, x).upper }

  /// ln P(a, x), also where P underflows.
  public static func logGammaLower(_ a: Double, _ x: Double) -> Double { gammaTails(a, x).logLower }

  /// ln Q(a, x), also where Q underflows.
  public static func logGammaUpper(_ a: Double, _ x: Double) -> Double { gammaTails(a, x).logUpper }

  /// The x with P(a, x) = p.
  public static func gammaLowerInverse(_ a: Double, _ p: Double) -> Double {
    gammaInverse(a, p, isLower: true)
  }

  /// The x with Q(a, x) = q.
  public static func gammaUpperInverse(_ a: Double, _ q: Double) -> Double {
    gammaInverse(a, q, isLower: false)
  }

  private static func gammaTails(_ a: Double, _ x: Double) -> TailProbability {
    guard a >= 0, x >= 0, !(a == 0 && x == 0) else { return TailProbability(lower: .nan) }
    if a == 0 { return TailProbability(upper: 0) }
    if a == .infinity { return x == .infinity ? TailProbability(lower: .nan) : TailProbability(lower: 0) }
    return IncompleteGamma(shape: a).tails(x)
  }

  private static func gammaInverse(_ a: Double, _ probability: Double, isLower: Bool) -> Double {
    guard a > 0, a.isFinite, probability >= 0, probability <= 1 else { return .nan }
    if probability == (isLower ? 0 : 1) { return 0 }
    if probability == (isLower ? 1 : 0) { return .infinity }
    return IncompleteGamma(shape: a).quantile(TargetProbability(probability, isLower: isLower))
  }
}
