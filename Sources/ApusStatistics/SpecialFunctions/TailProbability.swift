import RealModule

/// A probability and its complement, held as the smaller of the two in factored form so that neither it nor its
/// logarithm is lost to underflow: value = e^exponent · factor.
package struct TailProbability {
  package var exponent: DoubleDouble
  package var factor: Double
  /// Whether the factored value is P(X ≤ x); otherwise P(X > x).
  package var isLower: Bool

  package init(exponent: DoubleDouble, factor: Double, isLower: Bool) {
    self.exponent = exponent
    self.factor = factor
    self.isLower = isLower
  }

  /// A probability that needs no factored form.
  package init(lower: Double) {
    self.init(exponent: DoubleDouble(0), factor: lower, isLower: true)
  }

  package init(upper: Double) {
    self.init(exponent: DoubleDouble(0), factor: upper, isLower: false)
  }

  /// The factored value itself.
  package var value: Double {
    if exponent.high == 0 { return factor }
    // Far down the scaling comes last: a subnormal power has too few bits to be multiplied.
    if exponent.high < -600 {
      return DoubleDouble.exp(exponent + DoubleDouble.ln2 * 128) * factor * 0x1p-128
    }
    return DoubleDouble.exp(exponent) * factor
  }

  /// Logarithm of the factored value.
  package var logValue: Double {
    if factor == 0 { return -.infinity }
    if exponent.high == 0 { return Double.log(factor) }
    if exponent.high > -40 { return (exponent + DoubleDouble.log(factor)).value }
    return (exponent + Double.log(factor)).value
  }

  package var lower: Double { isLower ? value : 1 - value }
  package var upper: Double { isLower ? 1 - value : value }
  package var logLower: Double { isLower ? logValue : Double.log(onePlus: -value) }
  package var logUpper: Double { isLower ? Double.log(onePlus: -value) : logValue }

  /// The same probability seen from the other side.
  package var complement: TailProbability {
    TailProbability(exponent: exponent, factor: factor, isLower: !isLower)
  }
}

/// A probability asked for in an inverse function, again as the smaller tail.
package struct TargetProbability {
  /// ln of the smaller tail.
  package let logTail: DoubleDouble
  package let isLower: Bool

  /// `probability` in (0, 1).
  package init(_ probability: Double, isLower: Bool) {
    if probability <= 0.5 {
      self.logTail = DoubleDouble.log(probability)
      self.isLower = isLower
    } else {
      self.logTail = DoubleDouble.log(1 - probability)
      self.isLower = !isLower
    }
  }

  /// `logProbability` < 0.
  package init(logProbability: Double, isLower: Bool) {
    if logProbability <= -0.6931471805599453 {
      self.logTail = DoubleDouble(logProbability)
      self.isLower = isLower
    } else {
      self.logTail = DoubleDouble.log(-Double.expMinusOne(logProbability))
      self.isLower = !isLower
    }
  }

  /// ln(computed) − ln(target) for the target's tail.
  func logExcess(_ computed: TailProbability) -> Double {
    if computed.isLower == isLower {
      if computed.exponent.high > -40 {
        return (computed.exponent + DoubleDouble.log(computed.factor) - logTail).value
      }
      return (computed.exponent + Double.log(computed.factor) - logTail).value
    }
    return (DoubleDouble.log(1 - computed.value) - logTail).value
  }
}
