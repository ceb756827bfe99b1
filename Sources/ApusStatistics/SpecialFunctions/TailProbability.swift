import ApusNumerics
import RealModule

/// A non-negative number held as e^exponent · factor, so that neither it nor its logarithm is lost to underflow.
package struct FactoredValue {
  package var exponent: DoubleDouble
  package var factor: Double

  package init(exponent: DoubleDouble, factor: Double) {
    self.exponent = exponent
    self.factor = factor
  }

  package init(_ value: Double) {
    self.init(exponent: DoubleDouble(0), factor: value)
  }

  package var value: Double {
    if exponent.high == 0 { return factor }
    // Far down the scaling comes last: a subnormal power has too few bits to be multiplied.
    if exponent.high < -600 {
      return DoubleDouble.exp(exponent + DoubleDouble.ln2 * 128) * factor * 0x1p-128
    }
    return DoubleDouble.exp(exponent) * factor
  }

  package var logValue: Double {
    if factor == 0 { return -.infinity }
    if exponent.high == 0 { return Double.log(factor) }
    // Close to zero the two parts may cancel.
    if exponent.high > -40 { return (exponent + DoubleDouble.log(factor)).value }
    return (exponent + Double.log(factor)).value
  }

  @inline(__always)
  package static func * (a: FactoredValue, b: Double) -> FactoredValue {
    FactoredValue(exponent: a.exponent, factor: a.factor * b)
  }
}

/// A probability and its complement, the smaller of the two in factored form.
package struct TailProbability {
  package var smaller: FactoredValue
  /// Whether the factored value is P(X ≤ x); otherwise P(X > x).
  package var isLower: Bool

  package init(exponent: DoubleDouble, factor: Double, isLower: Bool) {
    self.smaller = FactoredValue(exponent: exponent, factor: factor)
    self.isLower = isLower
  }

  package init(_ smaller: FactoredValue, isLower: Bool) {
    self.smaller = smaller
    self.isLower = isLower
  }

  /// A probability that needs no factored form.
  package init(lower: Double) { self.init(FactoredValue(lower), isLower: true) }
  package init(upper: Double) { self.init(FactoredValue(upper), isLower: false) }

  package var lower: Double { isLower ? smaller.value : 1 - smaller.value }
  package var upper: Double { isLower ? 1 - smaller.value : smaller.value }
  package var logLower: Double { isLower ? smaller.logValue : Double.log(onePlus: -smaller.value) }
  package var logUpper: Double { isLower ? Double.log(onePlus: -smaller.value) : smaller.logValue }

  /// The same probability seen from the other side.
  package var complement: TailProbability { TailProbability(smaller, isLower: !isLower) }
}

/// A probability asked for in an inverse function, held as the smaller tail, strictly between 0 and 1.
package struct TargetProbability {
  /// The smaller tail; zero when only its logarithm is representable.
  package let tail: Double
  package let isLower: Bool
  private let given: Double
  private let isGivenAsLogarithm: Bool
  private let isGivenLower: Bool

  /// `probability` in (0, 1).
  package init(_ probability: Double, isLower: Bool) {
    given = probability
    isGivenAsLogarithm = false
    isGivenLower = isLower
    tail = probability <= 0.5 ? probability : 1 - probability
    self.isLower = probability <= 0.5 ? isLower : !isLower
  }

  /// `logProbability` < 0.
  package init(logProbability: Double, isLower: Bool) {
    given = logProbability
    isGivenAsLogarithm = true
    isGivenLower = isLower
    let isSmaller = logProbability <= -0.6931471805599453
    tail = isSmaller ? Double.exp(logProbability) : -Double.expMinusOne(logProbability)
    self.isLower = isSmaller ? isLower : !isLower
  }

  /// ln of the smaller tail.
  package var logTail: DoubleDouble {
    isGivenAsLogarithm && isLower == isGivenLower ? DoubleDouble(given) : DoubleDouble.log(tail)
  }

  /// Whether a point with these tails lies at or above the quantile; compared in the form in which the probability was
  /// given, so that a quantile of a computed probability finds its own point again.
  func isReached(_ computed: TailProbability) -> Bool {
    if isGivenAsLogarithm {
      return isGivenLower ? computed.logLower >= given : computed.logUpper <= given
    }
    return isGivenLower ? computed.lower >= given : computed.upper <= given
  }

  /// ln(computed) − ln(target) for the target's tail, whose logarithm is ``logTail``.
  func logExcess(_ computed: TailProbability, _ logTail: DoubleDouble) -> Double {
    let smaller = computed.smaller
    if computed.isLower == isLower {
      if smaller.exponent.high > -40 {
        return (smaller.exponent + DoubleDouble.log(smaller.factor) - logTail).value
      }
      return (smaller.exponent + Double.log(smaller.factor) - logTail).value
    }
    return (DoubleDouble.log(1 - smaller.value) - logTail).value
  }

  /// ln(computed) − ln(target) for the target's tail.
  func logExcess(_ computed: TailProbability) -> Double { logExcess(computed, logTail) }
}
