import ApusNumerics

/// The standard normal distribution at points held as pairs, and its quantiles over the whole range of probabilities, eight at
/// a time: what families built on the normal need.
enum NormalLanes {
  /// Both tails at x + xTail.
  @inline(__always)
  static func tails(_ x: SIMD8<Double>, _ xTail: SIMD8<Double>) -> TailLanes {
    let (high, low) = exponent(x, xTail)
    let factor = NormalKernels.scaledTail(VectorMath.magnitude(limited(x)))
    return TailLanes(FactoredLanes(exponent: high, tail: low, factor: factor), isLower: x .< 0)
  }

  /// −(x + xTail)²/2 as a pair.
  @inline(__always)
  static func exponent(_ x: SIMD8<Double>, _ xTail: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let limited = limited(x)
    let (square, rounding) = VectorMath.twoProduct(limited, limited)
    let rest = VectorMath.multiplyAdd(limited + limited, xTail, rounding)
    let isInside = VectorMath.magnitude(x) .< 1e150
    return (-0.5 * square, VectorMath.select(isInside, -0.5 * rest, SIMD8(repeating: 0)))
  }

  /// x kept where its square is finite.
  @inline(__always)
  private static func limited(_ x: SIMD8<Double>) -> SIMD8<Double> { VectorMath.clamp(x, -1e150, 1e150) }

  /// The x whose tail is the target: the rational approximations of ``NormalApproximations``, polished by a Newton step on ln Q
  /// beyond 6.5.
  @inline(__always)
  static func quantile(_ target: TargetLanes) -> SIMD8<Double> {
    let z = magnitude(target)
    let improved = VectorMath.select(z .> 6.5, polished(z, target), z)
    return VectorMath.select(target.isLower, -improved, improved)
  }

  /// As ``quantile(_:)`` for starting values, without the polish.
  @inline(__always)
  static func quantileStart(_ target: TargetLanes) -> SIMD8<Double> {
    let z = magnitude(target)
    return VectorMath.select(target.isLower, -z, z)
  }

  @inline(__always)
  private static func magnitude(_ target: TargetLanes) -> SIMD8<Double> {
    let q = 0.5 - target.tail
    let central = NormalKernels.centralQuantile(VectorMath.clamp(q, 0, NormalKernels.centralLimit))
    let root = VectorMath.sqrt(-target.logTail)
    let near = VectorMath.clamp(root, 1.6, 5) - 1.6
    let middle = NormalApproximations.middleNumerator(near) / NormalApproximations.middleDenominator(near)
    let beyond = VectorMath.clamp(root, 5, 27.5) - 5
    let far = NormalApproximations.farNumerator(beyond) / NormalApproximations.farDenominator(beyond)
    let outer = VectorMath.select(root .> 5, far, middle)
    return VectorMath.select(q .> NormalKernels.centralLimit, outer, central)
  }

  @inline(__always)
  private static func polished(_ z: SIMD8<Double>, _ target: TargetLanes) -> SIMD8<Double> {
    let scaled = NormalKernels.scaledTail(z)
    let (high, low) = exponent(z, SIMD8(repeating: 0))
    let excess = ((high - target.logTail) + (low - target.logTailLow)) + VectorMath.log(scaled)
    return VectorMath.multiplyAdd(excess, scaled * 2.5066282746310007, z)
  }
}
