import ApusNumerics
import RealModule

/// x^a e^(−x) / Γ(a) for one shape and eight x at a time, as ``IncompleteGamma/leading(_:)``: the plain logarithm for small shapes,
/// the deviance for large ones.
struct GammaLeading {
  private typealias V = SIMD8<Double>
  /// Shapes up to which the pairs carry the exponent to a few 1e-17.
  static let largestShape = 1e6

  let a: Double
  private let isLarge: Bool
  /// −ln Γ(1 + a) for small shapes, minus the error of Stirling's formula for large ones.
  private let constant: DoubleDouble
  private let logShape: DoubleDouble
  private let factor: Double

  /// - Parameter shape: at most ``largestShape``.
  init(shape: Double) {
    a = shape
    isLarge = shape >= 16
    constant = isLarge ? -Stirling.error(shape) : -Stirling.logGamma1p(shape)
    logShape = DoubleDouble.log(shape)
    factor = isLarge ? (DoubleDouble(shape) / DoubleDouble.twoPi).value.squareRoot() : shape
  }

  /// At positive x; smaller and infinite ones are taken for the nearest positive number.
  @inline(__always)
  func lanes(_ x: SIMD8<Double>) -> FactoredLanes {
    let x = VectorMath.clamp(x, 0x1p-1074, .greatestFiniteMagnitude)
    let factor = V(repeating: factor)
    if isLarge {
      let (exponent, tail) = deviance(x)
      return FactoredLanes(exponent: exponent, tail: tail, factor: factor)
    }
    let (power, powerTail) = logPower(x)
    let (exponent, lost) = VectorMath.twoSum(power, -x)
    return FactoredLanes(exponent: exponent, tail: powerTail + lost, factor: factor)
  }

  /// a ln x + constant as a pair.
  @inline(__always)
  func logPower(_ x: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let (logarithm, logarithmTail) = VectorMath.logPair(x)
    let shape = V(repeating: a)
    let (power, powerTail) = VectorMath.twoProduct(logarithm, shape)
    let (sum, lost) = VectorMath.twoSum(power, V(repeating: constant.high))
    return (sum, (VectorMath.multiplyAdd(logarithmTail, shape, powerTail) + lost) + V(repeating: constant.low))
  }

  /// −a (δ − ln(1 + δ)) + constant as a pair, δ = (x − a)/a.
  @inline(__always)
  private func deviance(_ x: SIMD8<Double>) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let (shape, zero) = (V(repeating: a), V(repeating: 0))
    // ln(x/a) from the quotient, or far below the shape, where that might underflow, as a difference.
    let isFar = x .< V(repeating: a * 0x1p-4)
    let quotient = x / shape
    let (back, backTail) = VectorMath.twoProduct(quotient, shape)
    let quotientTail = ((x - back) - backTail) / (shape * quotient)
    let (first, firstTail) = VectorMath.logPair(VectorMath.select(isFar, x, quotient))
    let (log, lost) = VectorMath.twoSum(first, VectorMath.select(isFar, V(repeating: -logShape.high), zero))
    let logTail = lost + (firstTail + VectorMath.select(isFar, V(repeating: -logShape.low), quotientTail))
    let (difference, differenceTail) = VectorMath.twoSum(x, -shape)
    let delta = difference / shape
    let (product, productTail) = VectorMath.twoProduct(delta, shape)
    let deltaTail = (((difference - product) - productTail) + differenceTail) / shape
    let (deviance, devianceLost) = VectorMath.twoSum(log, -delta)
    let (scaled, scaledTail) = VectorMath.twoProduct(deviance, shape)
    let rest = VectorMath.multiplyAdd(devianceLost + (logTail - deltaTail), shape, scaledTail)
    let (sum, sumLost) = VectorMath.twoSum(scaled, V(repeating: constant.high))
    return (sum, (rest + sumLost) + V(repeating: constant.low))
  }

  /// The density of the gamma distribution at positive x.
  @inline(__always)
  func density(_ x: SIMD8<Double>) -> FactoredLanes {
    let lead = lanes(x)
    let (log, logTail) = VectorMath.logPair(VectorMath.clamp(x, 0x1p-1074, .greatestFiniteMagnitude))
    let (exponent, lost) = VectorMath.twoSum(lead.exponent, -log)
    return FactoredLanes(exponent: exponent, tail: lead.tail + (lost - logTail), factor: lead.factor)
  }
}
