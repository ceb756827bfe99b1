import ApusNumerics
import RealModule

/// Quantiles of the beta distribution of one pair of shapes at many probabilities, as odds x/y: Halley's method of
/// ``IncompleteBeta/quantile(_:)``, in rounds over all elements that have not settled yet, with ``BetaTails`` for the tails.
struct BetaQuantiles {
  private typealias V = SIMD8<Double>
  /// Probabilities below this have the general method: above it odds stay below ``BetaLeading/largestOdds``.
  private static let leastTail = 1e-280

  private let beta: IncompleteBeta
  private let tails: BetaTails
  private let leading: BetaLeading
  private let logBeta: Double
  private var a: Double { beta.a }
  private var b: Double { beta.b }

  /// nil for shapes that ``BetaTails`` does not cover.
  init?(_ beta: IncompleteBeta) {
    let coordinate = BetaLeading.Coordinate.odds(DoubleDouble(1))
    guard let tails = BetaTails(beta, coordinate) else { return nil }
    (self.beta, self.tails) = (beta, tails)
    leading = BetaLeading(beta, coordinate)
    logBeta = SpecialFunctions.logBeta(beta.a, beta.b)
  }

  /// out[i] = the odds at which the lower (`isLower`) or upper tail is p[i]; NaN outside [0, 1].
  func evaluate(
    isLower: Bool, _ p: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int
  ) {
    SettlingLanes.solve(p, out, count: count, isLower: isLower, leastTail: BetaQuantiles.leastTail) {
      targets, isLower, points, count in
      start(targets, isLower, points, count)
    } tail: { isLower, points, count in
      tails.evaluate(isLower ? .cdf : .sf, points, count: count)
    } improve: { targets, isLower, computed, points, states, count in
      improve(targets, isLower, computed, points, states, count)
    } otherwise: { probability in
      guard probability >= 0, probability <= 1 else { return .nan }
      if probability == 0 || probability == 1 { return (probability == 0) == isLower ? 0 : .infinity }
      let (x, y) = beta.quantile(TargetProbability(probability, isLower: isLower))
      return x / y
    }
  }

  /// Abramowitz and Stegun 26.5.22, or for a shape of 1 the leading power at the nearer end.
  private func start(
    _ targets: UnsafePointer<Double>, _ isLower: Bool, _ points: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    let (s, t) = (1 / (2 * a - 1), 1 / (2 * b - 1))
    let h = 2 / (s + t)
    @inline(__always) func central(_ tail: SIMD8<Double>) -> SIMD8<Double> {
      let z = NormalLanes.quantileStart(TargetLanes(tail, isLower: isLower))
      let lambda = (z * z - 3) / 6
      let root = VectorMath.sqrt(VectorMath.clamp(lambda + h, 0.05, .greatestFiniteMagnitude))
      let bracket = lambda + (5.0 / 6 - 2 / (3 * h))
      let w = -(z * root / h) - V(repeating: t - s) * bracket
      return VectorMath.exp(VectorMath.clamp(-2 * w, -600, 600)) * (a / b)
    }
    @inline(__always) func power(_ tail: SIMD8<Double>) -> SIMD8<Double> {
      let (own, other) = (VectorMath.log(tail), VectorMath.log1p(-tail))
      let logX = ((isLower ? own : other) + V(repeating: Double.log(a) + logBeta)) / a
      let logY = ((isLower ? other : own) + V(repeating: Double.log(b) + logBeta)) / b
      let isLow = isLower ? logX .< -0.7 : (logX .< -0.7) .& (logX .< logY)
      let far = VectorMath.select(
        logY .< -0.7, VectorMath.exp(VectorMath.clamp(-logY, 0, 600)), V(repeating: a / b))
      return VectorMath.select(isLow, VectorMath.exp(VectorMath.clamp(logX, -600, 0)), far)
    }
    if a > 1 && b > 1 {
      VectorMath.transform(targets, points, count: count, central)
    } else {
      VectorMath.transform(targets, points, count: count, power)
    }
  }

  /// One step of Halley's method on ln tail against the logarithm of the odds.
  private func improve(
    _ targets: UnsafePointer<Double>, _ isLower: Bool, _ computed: UnsafePointer<Double>,
    _ points: UnsafeMutablePointer<Double>, _ states: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    let sign = V(repeating: isLower ? -1 : 1)
    var start = 0
    while start < count {
      let lanes = Swift.min(8, count &- start)
      let (target, tail) = (VectorMath.load(targets + start, lanes), VectorMath.load(computed + start, lanes))
      let odds = VectorMath.load(points + start, lanes)
      let point = leading.point(odds)
      let tailOverLeading = tail / leading.lanes(point).value
      let excess = VectorMath.log1p(VectorMath.clamp((tail - target) / target, -1 + 0x1p-50, 1e300))
      // The slope's own logarithmic derivative is (a y − b x) ∓ the slope.
      let newton = sign * excess * tailOverLeading
      let bend = 0.5 * newton * (sign / tailOverLeading - point.distance)
      let (next, state) = SettlingLanes.step(odds, newton, bend)
      VectorMath.store(next, points + start, lanes)
      VectorMath.store(state, states + start, lanes)
      start &+= 8
    }
  }
}
