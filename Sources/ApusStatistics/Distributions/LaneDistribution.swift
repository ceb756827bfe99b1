import ApusNumerics
import RealModule

/// A continuous distribution whose formulas are written over eight points: an array and a single point take the same
/// instructions, and both tails come in factored form as from ``StandardDistribution``, which it provides.
package protocol LaneDistribution: StandardDistribution {
  /// Density at finite points inside the support.
  func density(lanes x: SIMD8<Double>) -> FactoredLanes
  /// P(X ≤ x) and P(X > x) at finite points inside the support.
  func tails(lanes x: SIMD8<Double>) -> TailLanes
  func quantile(lanes target: TargetLanes) -> SIMD8<Double>
}

extension LaneDistribution {
  package func density(_ x: Double) -> FactoredValue { density(lanes: SIMD8(repeating: x)).first }

  package func tails(_ x: Double) -> TailProbability {
    let tails = tails(lanes: SIMD8(repeating: x))
    return TailProbability(tails.smaller.first, isLower: tails.isLower[0])
  }

  package func quantile(_ target: TargetProbability) -> Double { quantile(lanes: TargetLanes(target))[0] }

  /// ``StandardDistribution/evaluate(_:_:_:count:location:scale:)`` eight points at a time; called by each family's own, which
  /// specialises it.
  @inline(__always)
  func evaluateLanes(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    let (zero, one) = (SIMD8<Double>(repeating: 0), SIMD8<Double>(repeating: 1))
    let nothing = SIMD8<Double>(repeating: -.infinity)
    let (least, most) = support
    let largest = Double.greatestFiniteMagnitude
    let (lowest, highest) = (least.atLeast(-largest), most.atMost(largest))
    let isLower = function == .cdf || function == .logcdf || function == .ppf

    @inline(__always) func standardised(_ x: SIMD8<Double>) -> SIMD8<Double> { (x - location) / scale }

    @inline(__always) func density(_ x: SIMD8<Double>, _ isLogarithm: Bool) -> SIMD8<Double> {
      let z = standardised(x)
      let inside = self.density(lanes: VectorMath.clamp(z, lowest, highest))
      let isOutside = (z .< lowest) .| (z .> highest)
      let value =
        isLogarithm
        ? VectorMath.select(isOutside, nothing, inside.logarithm - Double.log(scale))
        : VectorMath.select(isOutside, zero, inside.value / scale)
      return VectorMath.select(z .== z, value, z)
    }
    @inline(__always) func pdf(_ x: SIMD8<Double>) -> SIMD8<Double> { density(x, false) }
    @inline(__always) func logpdf(_ x: SIMD8<Double>) -> SIMD8<Double> { density(x, true) }

    @inline(__always) func tail(_ x: SIMD8<Double>, _ isLogarithm: Bool) -> SIMD8<Double> {
      let z = standardised(x)
      let tails = self.tails(lanes: VectorMath.clamp(z, lowest, highest))
      let value = isLogarithm ? tails.logarithm(lower: isLower) : tails.probability(lower: isLower)
      let (none, all) = isLogarithm ? (nothing, zero) : (zero, one)
      let (below, above) = isLower ? (none, all) : (all, none)
      let bounded = VectorMath.select(
        z .< lowest, below, VectorMath.select((z .> highest) .| (z .>= most), above, value))
      return VectorMath.select(z .== z, bounded, z)
    }
    @inline(__always) func probability(_ x: SIMD8<Double>) -> SIMD8<Double> { tail(x, false) }
    @inline(__always) func logarithm(_ x: SIMD8<Double>) -> SIMD8<Double> { tail(x, true) }

    @inline(__always) func quantile(_ p: SIMD8<Double>) -> SIMD8<Double> {
      let (first, last) = isLower ? (least, most) : (most, least)
      let inside = self.quantile(lanes: TargetLanes(p, isLower: isLower))
      let ends = VectorMath.select(
        p .== 0, SIMD8(repeating: first), VectorMath.select(p .== 1, SIMD8(repeating: last), inside))
      return VectorMath.select((p .>= 0) .& (p .<= 1), ends, SIMD8(repeating: .nan)) * scale + location
    }

    switch function {
    case .pdf: VectorMath.transform(x, out, count: count, pdf)
    case .logpdf: VectorMath.transform(x, out, count: count, logpdf)
    case .cdf, .sf: VectorMath.transform(x, out, count: count, probability)
    case .logcdf, .logsf: VectorMath.transform(x, out, count: count, logarithm)
    case .ppf, .isf: VectorMath.transform(x, out, count: count, quantile)
    }
  }
}
