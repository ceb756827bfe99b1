import ApusNumerics
import RealModule

/// Quantiles of Student's t of one number of degrees of freedom ν ≥ 1 at many probabilities: Halley's method on the logarithm of a
/// probability against ln |t|, in rounds over all elements that have not settled yet.
///
/// Up to a quarter the probability is the tail, from ``StudentTTail``; above, where |t| has the relative precision of
/// P(0 < T < |t|) alone, it is that, as t f(t) Σ (½+ν/2)ₙ/(3/2)ₙ xⁿ with the density f and x = t²/(ν + t²) (DLMF 8.17.8).
struct StudentTQuantiles {
  private typealias V = SIMD8<Double>
  /// Probabilities below this have the general method: above it |t| stays below ``StudentTTail/largest``.
  private static let leastTail = 1e-140
  /// |t| up to which the series has settled; the upper quartile is at most 1.
  private static let seriesEnd = 1.1
  private static let longest = 96

  private let distribution: StudentTDistribution
  private let tails: StudentTTail
  private let df: Double
  private let densityAtZero: Double

  init(_ distribution: StudentTDistribution, _ tails: StudentTTail, degreesOfFreedom: Double, densityAtZero: Double) {
    (self.distribution, self.tails) = (distribution, tails)
    (df, self.densityAtZero) = (degreesOfFreedom, densityAtZero)
  }

  /// out[i] = the t with P(T ≤ t) = p[i] (`isLower`) or P(T > t) = p[i]; NaN outside [0, 1].
  func evaluate(
    isLower: Bool, _ p: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: StudentTQuantiles.longest) { table in
      let ratios = table.baseAddress!
      let length = prepareSeries(ratios)
      SettlingLanes.solve(
        p, out, count: count, isLower: isLower, leastTail: StudentTQuantiles.leastTail
      ) { targets, _, points, count in
        start(targets, points, count)
      } tail: { _, points, count in
        tails.evaluate(.sf, points, points, count: count)
      } improve: { targets, _, computed, points, states, count in
        improve(targets, computed, points, states, count, ratios, length)
      } otherwise: { probability in
        guard probability >= 0, probability <= 1 else { return .nan }
        if probability == 0 || probability == 1 { return .infinity }
        return distribution.quantile(TargetProbability(probability, isLower: isLower)).magnitude
      }
    }
    for i in 0..<count where (p[i] < 0.5) == isLower { out[i] = -out[i] }
  }

  /// (½ + ν/2 + n)/(3/2 + n) for as many terms as the series needs at ``seriesEnd``; returns their number.
  private func prepareSeries(_ ratios: UnsafeMutablePointer<Double>) -> Int {
    let square = StudentTQuantiles.seriesEnd * StudentTQuantiles.seriesEnd
    let x = square / (df + square)
    var (n, term) = (0, 1.0)
    while term > 1e-18 && n < StudentTQuantiles.longest {
      ratios[n] = (0.5 * (df + 1) + Double(n)) / (1.5 + Double(n))
      term *= ratios[n] * x
      n += 1
    }
    return n
  }

  /// D. Wallace's approximation (Ann. Math. Stat. 30 (1959) 1124–1130) in the tails, the density's value at 0 about the centre.
  private func start(_ targets: UnsafePointer<Double>, _ points: UnsafeMutablePointer<Double>, _ count: Int) {
    let shrinking = (8 * df + 3) / (8 * df + 1)
    @inline(__always) func kernel(_ tail: SIMD8<Double>) -> SIMD8<Double> {
      let z = NormalLanes.quantileStart(TargetLanes(tail, isLower: true)) * V(repeating: shrinking)
      let growth = VectorMath.expm1(VectorMath.clamp(z * z / V(repeating: df), 0, 680))
      let far = VectorMath.sqrt(growth * V(repeating: df))
      return VectorMath.select(tail .> 0.25, (0.5 - tail) / V(repeating: densityAtZero), far)
    }
    VectorMath.transform(targets, points, count: count, kernel)
  }

  /// One step of Halley's method.
  private func improve(
    _ targets: UnsafePointer<Double>, _ computed: UnsafePointer<Double>, _ points: UnsafeMutablePointer<Double>,
    _ states: UnsafeMutablePointer<Double>, _ count: Int, _ ratios: UnsafePointer<Double>, _ length: Int
  ) {
    let (one, power) = (V(repeating: 1), V(repeating: -0.5 * (df + 1)))
    var start = 0
    while start < count {
      let lanes = Swift.min(8, count &- start)
      let (target, tail) = (VectorMath.load(targets + start, lanes), VectorMath.load(computed + start, lanes))
      let t = VectorMath.load(points + start, lanes)
      let (log, logTail, reciprocal, _) = StudentTTail.logOnePlusRatio(t, df)
      let (exponent, rounding) = VectorMath.twoProduct(log, power)
      let density = FactoredLanes(
        exponent: exponent, tail: VectorMath.multiplyAdd(logTail, power, rounding), factor: V(repeating: densityAtZero))
      let leading = t * density.value
      let x = t * t / V(repeating: df) * reciprocal
      var sum = one
      var n = length &- 1
      while n >= 0 {
        sum = VectorMath.multiplyAdd(x * V(repeating: ratios[n]), sum, 1)
        n &-= 1
      }
      let isCentral = target .> 0.25
      let wanted = VectorMath.select(isCentral, 0.5 - target, target)
      let probability = VectorMath.select(isCentral, leading * sum, tail)
      let overLeading = VectorMath.select(isCentral, sum, tail / leading)
      let sign = VectorMath.select(isCentral, -one, one)
      let excess = VectorMath.log1p(VectorMath.clamp((probability - wanted) / wanted, -1 + 0x1p-50, 1e300))
      // The slope's own logarithmic derivative is 1 − (ν + 1) x ± the slope.
      let newton = sign * excess * overLeading
      let bend = 0.5 * newton * (1 - V(repeating: df + 1) * x + sign / overLeading)
      let (next, state) = SettlingLanes.step(t, newton, bend)
      VectorMath.store(next, points + start, lanes)
      VectorMath.store(state, states + start, lanes)
      start &+= 8
    }
  }
}
