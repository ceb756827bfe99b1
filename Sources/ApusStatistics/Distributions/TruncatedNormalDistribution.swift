import ApusNumerics
import RealModule

/// The standard normal between `lower` and `upper`.
///
/// Probabilities are differences of the normal's tail on the side where it is small, in logarithms, so that an interval
/// far out in a tail loses nothing: an interval above zero is treated as its mirror image below.
package struct TruncatedNormalDistribution: StandardDistribution {
  private let lower: Double
  private let upper: Double
  private let isMirrored: Bool
  /// The interval after mirroring, its middle at or below zero.
  private let start: Double
  private let end: Double
  private let logMass: Double

  package init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
    isMirrored = lower + upper > 0
    (start, end) = isMirrored ? (-upper, -lower) : (lower, upper)
    logMass = TruncatedNormalDistribution.logProbability(from: start, to: end)
  }

  package var support: (lower: Double, upper: Double) { (lower, upper) }

  /// ln P(a < Z ≤ b), a < b.
  static func logProbability(from a: Double, to b: Double) -> Double {
    if a >= b { return -.infinity }
    if a > 0 { return logProbability(from: -b, to: -a) }
    let width = b - a
    if width < 4 && width * Swift.max(-a, b.magnitude) < 20 {
      // The density over its value at b, which for b ≤ 0 is its maximum: no difference of nearly equal numbers.
      let integral = TailQuadrature.integrate(width: width) { u in u * (b - 0.5 * u) }
      return -0.5 * b * b - Stirling.halfLogTwoPi.high + Double.log(integral)
    }
    if b > 0 {
      // 1 − both outer tails.
      return Double.log(onePlus: -(SpecialFunctions.normalCDF(a) + SpecialFunctions.normalSF(b)))
    }
    let top = SpecialFunctions.logNormalCDF(b)
    return top + Double.log(-Double.expMinusOne(SpecialFunctions.logNormalCDF(a) - top))
  }

  package func density(_ x: Double) -> FactoredValue {
    let normal = NormalDistribution().density(x)
    return FactoredValue(exponent: normal.exponent - logMass, factor: normal.factor)
  }

  package func tails(_ x: Double) -> TailProbability {
    let point = isMirrored ? -x : x
    let below = TruncatedNormalDistribution.logProbability(from: start, to: point) - logMass
    let isLower: Bool
    let log: Double
    if below < -0.6931471805599453 {
      (log, isLower) = (below, true)
    } else {
      (log, isLower) = (TruncatedNormalDistribution.logProbability(from: point, to: end) - logMass, false)
    }
    let result =
      log == -.infinity
      ? TailProbability(FactoredValue(0), isLower: isLower)
      : TailProbability(exponent: DoubleDouble(log), factor: 1, isLower: isLower)
    return isMirrored ? result.complement : result
  }

  /// Inverts ln Φ(x) = ln(Φ(start) + p · mass), then a Newton step.
  package func quantile(_ target: TargetProbability) -> Double {
    let isLower = target.isLower != isMirrored
    let logTail = target.logTail.value
    let logBelow = isLower ? logTail : Double.log(onePlus: -target.tail)
    let floor = SpecialFunctions.logNormalCDF(start)
    let addition = logBelow + logMass
    let top = Swift.max(floor, addition)
    let total = top + Double.log(onePlus: Double.exp(-(floor - addition).magnitude))
    var x = SpecialFunctions.logNormalQuantile(Swift.min(total, 0))
    if x.isInfinite || !isLower {
      // From the upper end: P(Z > x) = P(Z > end) + q · mass.
      let ceiling = SpecialFunctions.logNormalCDF(-end)
      let rest = (isLower ? Double.log(onePlus: -target.tail) : logTail) + logMass
      let most = Swift.max(ceiling, rest)
      x = -SpecialFunctions.logNormalQuantile(
        Swift.min(most + Double.log(onePlus: Double.exp(-(ceiling - rest).magnitude)), 0))
    }
    x = Swift.min(Swift.max(x, start), end)
    let mirrored = isMirrored
    let signed = mirrored ? -x : x
    let step = target.logExcess(tails(signed))
    if step.isFinite {
      let slope = (tails(signed).isLower == target.isLower ? tails(signed).smaller.logValue : target.logTail.value)
      let change = step * Double.exp(slope - density(signed).logValue)
      let corrected = target.isLower ? signed - change : signed + change
      if corrected > lower && corrected < upper { return corrected }
    }
    return signed
  }

  package var moments: Moments {
    // Raw moments by the recurrence mₖ = (k−1) mₖ₋₂ − (bᵏ⁻¹ φ(b) − aᵏ⁻¹ φ(a)) / mass while the interval reaches across
    // the centre; by quadrature where its terms cancel.
    let raw = quadratureMoments()
    let variance = raw.1
    return Moments(
      mean: raw.0, variance: variance, skewness: raw.2 / (variance * variance.squareRoot()),
      kurtosis: raw.3 / (variance * variance) - 3)
  }

  /// Mean and central moments 2…4 by tanh–sinh quadrature of the density over its effective range.
  private func quadratureMoments() -> (Double, Double, Double, Double) {
    let (a, b) = effectiveRange
    let mean = TanhSinhQuadrature.integrate(from: a, to: b) { self.density($0).value * ($0 - a) } + a
    func central(_ k: Int) -> Double {
      TanhSinhQuadrature.integrate(from: a, to: b) { x in
        let d = x - mean
        return self.density(x).value * (k == 2 ? d * d : k == 3 ? d * d * d : d * d * d * d)
      }
    }
    return (mean, central(2), central(3), central(4))
  }

  /// The part of the interval that holds all but 1e-300 of the mass.
  private var effectiveRange: (Double, Double) {
    var (a, b) = (start, end)
    if a < -39 && b > -38 { a = -39 }
    // Below zero the density rises towards `end`; 750/|end| beyond, it has fallen by e^750.
    if b < 0 { a = Swift.max(a, b - Swift.min(750 / -b, 39)) }
    b = Swift.min(b, 39)
    return isMirrored ? (-b, -a) : (a, b)
  }

  package var entropy: Double {
    let (a, b) = effectiveRange
    return TanhSinhQuadrature.integrate(from: a, to: b) { x in
      let density = self.density(x)
      let value = density.value
      return value > 0 ? -value * density.logValue : 0
    }
  }
}
