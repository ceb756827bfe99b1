import RealModule

/// A distribution on whole numbers.
package protocol DiscreteDistribution: StandardDistribution {}

extension DiscreteDistribution {
  @inline(__always)
  func value(_ function: DistributionFunction, _ x: Double, location: Double) -> Double {
    switch function {
    case .pdf: return massAnywhere(x - location).value
    case .logpdf: return massAnywhere(x - location).logValue
    case .cdf: return tailsAnywhere((x - location).rounded(.down)).lower
    case .sf: return tailsAnywhere((x - location).rounded(.down)).upper
    case .logcdf: return tailsAnywhere((x - location).rounded(.down)).logLower
    case .logsf: return tailsAnywhere((x - location).rounded(.down)).logUpper
    case .ppf: return discreteQuantile(x, isLower: true) + location
    case .isf: return discreteQuantile(x, isLower: false) + location
    }
  }

  /// At the ends scipy's convention: probability 0 lies one below the support.
  @inline(__always)
  private func discreteQuantile(_ probability: Double, isLower: Bool) -> Double {
    if probability == (isLower ? 0 : 1) { return support.lower - 1 }
    return quantileAnywhere(probability, isLower: isLower)
  }

  @inline(__always)
  private func massAnywhere(_ k: Double) -> FactoredValue {
    if k.isNaN { return FactoredValue(.nan) }
    return k == k.rounded() && k.magnitude < .infinity ? densityAnywhere(k) : FactoredValue(0)
  }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    for i in 0..<count { out[i] = value(function, x[i], location: location) }
  }

  /// Bisection between bounds found by doubling steps from the Cornish–Fisher guess.
  package func quantile(_ target: TargetProbability) -> Double {
    let (least, most) = support
    let m = moments
    let z = NormalTail.quantile(target)
    let deviation = m.variance.squareRoot()
    var guess = m.mean + deviation * (z + m.skewness.clampedToFinite * (z * z - 1) / 6)
    guess = Swift.min(Swift.max(guess.rounded(), least), Swift.min(most, 0x1p60))
    if guess.isNaN { guess = least }
    func isReached(_ k: Double) -> Bool { target.isReached(tailsAnywhere(k)) }
    var (below, above) = (guess, guess)
    var step = 1.0
    if isReached(guess) {
      // Invariant: `above` is reached.
      while below >= least && isReached(below) {
        above = below
        below -= step
        step *= 2
      }
      if below < least { below = least - 1 }
    } else {
      while above < most && !isReached(above) {
        below = above
        above += step
        step *= 2
        if above > 0x1p62 { return .infinity }
      }
      if above > most { above = most }
    }
    while above - below > 1 {
      let middle = ((below + above) / 2).rounded(.down)
      if middle == below || middle == above { break }
      if isReached(middle) { above = middle } else { below = middle }
    }
    return above
  }

  /// Shannon entropy by summation; for distributions that are wide and nearly symmetric from the Edgeworth expansion around
  /// the normal distribution's, in which skewness γ and excess kurtosis κ give − γ²/12 − (κ² + 7γ⁴ − 6γ²κ)/48.
  package var entropy: Double {
    let m = moments
    let deviation = m.variance.squareRoot()
    if deviation > 4096 && m.skewness.magnitude < 1e-4 {
      let (s, k) = (m.skewness * m.skewness, m.kurtosis)
      return 1.4189385332046727 + Double.log(deviation) - s / 12 - (k * k + 7 * s * s - 6 * s * k) / 48
    }
    return LatticeSum.sum(over: support, mean: m.mean, deviation: deviation) { k in
      let mass = density(k)
      let value = mass.value
      // Rounding may lift the mass of an almost certain point above 1.
      return value > 0 ? -value * mass.logValue.atMost(0) : 0
    }
  }
}

extension Double {
  fileprivate var clampedToFinite: Double { isFinite ? Swift.min(Swift.max(self, -3), 3) : 0 }
}
