import ApusNumerics
import RealModule

/// The range of k standard normals over an independent chi estimate of their deviation with ν degrees of freedom.
///
/// The upper tail is an integral of positive terms only, so that small probabilities keep their relative precision: with
/// a = Q(z), b = Q(z + w), the range exceeds w with probability k ∫ φ(z) (a^(k−1) − (a − b)^(k−1)) dz, averaged over
/// the density of the deviation. Both integrals by the trapezoidal rule, which is exact to rounding for such integrands.
package struct StudentizedRange: Sendable {
  let groups: Double
  let degreesOfFreedom: Double
  private let logConstant: Double

  package init(groups: Double, degreesOfFreedom: Double) {
    self.groups = groups
    self.degreesOfFreedom = degreesOfFreedom
    let half = degreesOfFreedom / 2
    // Density of ln s, s² = χ²/ν: 2 (ν/2)^(ν/2) / Γ(ν/2) · s^ν e^(−ν s²/2).
    logConstant = 0.6931471805599453 - 0.5 * Double.log(2 * .pi) + 0.5 * Double.log(half) - Stirling.error(half).value
  }

  /// P(Q > q).
  package func upper(_ q: Double) -> Double {
    if q.isNaN { return .nan }
    if q <= 0 { return 1 }
    if q == .infinity { return 0 }
    let step = 0.125
    let points = (0...140).map { -9 + Double($0) * step }
    let own = points.map { (density: NormalKernels.density($0), tail: NormalKernels.cumulative(-$0)) }
    func rangeExceeds(_ w: Double) -> Double {
      var sum = 0.0
      for (z, value) in zip(points, own) where value.tail > 0 {
        let beyond = NormalKernels.cumulative(-(z + w))
        sum +=
          -value.density * Double.pow(value.tail, groups - 1)
          * Double.expMinusOne((groups - 1) * Double.log(onePlus: -beyond / value.tail))
      }
      return Swift.min(1, groups * sum * step)
    }
    if degreesOfFreedom > 1e6 { return rangeExceeds(q) }
    // ln s has a deviation near 1/√(2ν); its lower tail falls as s^ν.
    let width = Swift.min(0.25, 0.4 / (2 * degreesOfFreedom).squareRoot())
    var total = 0.0
    for direction in [1.0, -1.0] {
      var k = direction > 0 ? 0.0 : 1.0
      while k < 4000 {
        let logS = direction * k * width
        // ν (ln s − (s² − 1)/2), zero at s = 1.
        let exponent = degreesOfFreedom * (logS - 0.5 * Double.expMinusOne(2 * logS))
        let term = Double.exp(exponent + logConstant) * rangeExceeds(q * Double.exp(logS))
        total += term
        if exponent < -20 && term <= 1e-18 * total { break }
        k += 1
      }
    }
    return Swift.min(1, total * width)
  }

  /// The q with P(Q > q) = probability, by bisection and secant steps on the logarithm.
  package func upperQuantile(_ probability: Double) -> Double {
    let target = Double.log(probability)
    func excess(_ q: Double) -> Double { Double.log(upper(q)) - target }
    var (low, high) = (0.0, 4.0)
    while excess(high) > 0 && high < 1e8 {
      low = high
      high *= 2
    }
    var (fLow, fHigh) = (low == 0 ? -target : excess(low), excess(high))
    for _ in 0..<200 {
      var q = low - fLow * (high - low) / (fHigh - fLow)
      if !(q > low && q < high) { q = 0.5 * (low + high) }
      let f = excess(q)
      if f > 0 {
        (low, fLow) = (q, f)
        fHigh *= 0.5
      } else {
        (high, fHigh) = (q, f)
        fLow *= 0.5
      }
      if f.magnitude < 1e-13 || high - low < 1e-14 * high { return q }
    }
    return 0.5 * (low + high)
  }
}
