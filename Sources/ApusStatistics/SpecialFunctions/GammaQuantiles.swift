import ApusNumerics
import RealModule

/// Quantiles of the gamma distribution of one shape at many probabilities: Halley's method of ``IncompleteGamma/quantile(_:)``,
/// in rounds over all elements that have not settled yet, with ``GammaTails`` for the tails.
struct GammaQuantiles {
  private typealias V = SIMD8<Double>
  /// Probabilities below this have the general method.
  private static let leastTail = 1e-290

  private let gamma: IncompleteGamma
  private let a: Double
  private let tails: GammaTails
  private let leading: GammaLeading
  /// ln Γ(1 + a), ln Γ(a).
  private let logGamma1p: Double
  private let logGamma: Double

  /// - Parameter gamma: of a shape of at most ``GammaTails/largestShape``.
  init(_ gamma: IncompleteGamma) {
    self.gamma = gamma
    a = gamma.a
    tails = GammaTails(shape: a)
    leading = GammaLeading(shape: a)
    logGamma1p = Stirling.logGamma1p(a).value
    logGamma = SpecialFunctions.logGamma(a)
  }

  /// out[i] = the x with P(a, x) = p[i] (`isLower`) or Q(a, x) = p[i]; NaN outside [0, 1].
  func evaluate(
    isLower: Bool, _ p: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int
  ) {
    SettlingLanes.solve(p, out, count: count, isLower: isLower, leastTail: GammaQuantiles.leastTail) {
      targets, isLower, points, count in
      start(targets, isLower, points, count)
    } tail: { isLower, points, count in
      tails.evaluate(isLower ? .cdf : .sf, points, count: count)
    } improve: { targets, isLower, computed, points, states, count in
      improve(targets, isLower, computed, points, states, count)
    } otherwise: { probability in
      guard probability >= 0, probability <= 1 else { return .nan }
      if probability == 0 || probability == 1 { return (probability == 0) == isLower ? 0 : .infinity }
      return gamma.quantile(TargetProbability(probability, isLower: isLower))
    }
  }

  /// Far down the series of P at zero inverted (A. DiDonato, A. Morris, ACM TOMS 12 (1986) 377–393, equation 35), else Wilson and
  /// Hilferty's cube-root normal approximation; for small shapes the leading terms of P and Q.
  private func start(
    _ targets: UnsafePointer<Double>, _ isLower: Bool, _ points: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    let root = 1 / (9 * a)
    let (second, third) = (1 / (a + 1), (3 * a + 5) / (2 * (a + 1) * (a + 1) * (a + 2)))
    @inline(__always) func kernel(_ tail: SIMD8<Double>) -> SIMD8<Double> {
      let target = TargetLanes(tail, isLower: isLower)
      let z = NormalLanes.quantileStart(target)
      let cube = z * V(repeating: root.squareRoot()) + V(repeating: 1 - root)
      let central = cube * cube * cube * V(repeating: a)
      let logLower = isLower ? target.logTail : VectorMath.log1p(-tail)
      let logX = (logLower + V(repeating: logGamma1p)) / V(repeating: a)
      let u = VectorMath.exp(VectorMath.clamp(logX, -744, 700))
      let powers = u * (1 + u * (V(repeating: second) + u * V(repeating: third)))
      if isLower {
        let isPower = a <= 0.3 ? u .< 1 : (u .< V(repeating: 0.15 * (a + 1))) .| (cube .< 0.3)
        return VectorMath.select(isPower, powers, a <= 0.3 ? u : central)
      }
      if a > 0.3 { return VectorMath.select(cube .> 0.25, central, u) }
      let far = VectorMath.clamp(-target.logTail - V(repeating: logGamma), 0.1, 1000)
      return VectorMath.select(logX .< 0, u, far)
    }
    VectorMath.transform(targets, points, count: count, kernel)
  }

  /// One step of Halley's method on ln tail against ln x.
  private func improve(
    _ targets: UnsafePointer<Double>, _ isLower: Bool, _ computed: UnsafePointer<Double>,
    _ points: UnsafeMutablePointer<Double>, _ states: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    let sign = V(repeating: isLower ? -1 : 1)
    var start = 0
    while start < count {
      let lanes = Swift.min(8, count &- start)
      let (target, tail) = (VectorMath.load(targets + start, lanes), VectorMath.load(computed + start, lanes))
      let x = VectorMath.load(points + start, lanes)
      let tailOverLeading = tail / leading.lanes(x).value
      let excess = VectorMath.log1p(VectorMath.clamp((tail - target) / target, -1 + 0x1p-50, 1e300))
      // The slope's own logarithmic derivative is (a − x) ∓ the slope.
      let newton = sign * excess * tailOverLeading
      let bend = 0.5 * newton * ((V(repeating: a) - x) + sign / tailOverLeading)
      let (next, state) = SettlingLanes.step(x, newton, bend)
      VectorMath.store(next, points + start, lanes)
      VectorMath.store(state, states + start, lanes)
      start &+= 8
    }
  }
}
