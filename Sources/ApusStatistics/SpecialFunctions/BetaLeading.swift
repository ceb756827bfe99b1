import ApusNumerics
import RealModule

/// x^a y^b / B(a, b), y = 1 − x, for one pair of shapes and eight points at a time, from logarithms in pairs.
struct BetaLeading {
  private typealias V = SIMD8<Double>
  /// Shapes up to which the pairs carry the exponent to a few 1e-16.
  static let largestShape = 1e4
  /// From here on odds are taken for infinite.
  static let largestOdds = 1e290

  /// What a point is given by.
  enum Coordinate {
    /// x itself, in (0, 1).
    case probability
    /// The odds x/y divided by this ratio.
    case odds(DoubleDouble)
  }

  let a: Double
  let b: Double
  private let isOdds: Bool
  private let ratio: DoubleDouble
  private let logFactor: DoubleDouble
  private let factor: Double
  /// a + b, a − 1 and b − 1, of which a double may lose the last bits.
  private let total: DoubleDouble
  private let densityPowers: (DoubleDouble, DoubleDouble)

  /// - Parameter beta: of shapes of at most ``largestShape``.
  init(_ beta: IncompleteBeta, _ coordinate: Coordinate) {
    (a, b) = (beta.a, beta.b)
    (logFactor, factor) = beta.powerFactor
    total = DoubleDouble.sum(a, b)
    densityPowers = (DoubleDouble.sum(a, -1), DoubleDouble.sum(b, -1))
    switch coordinate {
    case .probability: (isOdds, ratio) = (false, DoubleDouble(1))
    case .odds(let ratio): (isOdds, self.ratio) = (true, ratio)
    }
  }

  /// The coordinate from which on x is taken for 1.
  var end: Double { isOdds ? BetaLeading.largestOdds : 1 }

  /// The coordinate of the point `x`.
  func coordinate(_ x: Double) -> Double { isOdds ? x / (1 - x) / ratio.high : x }

  /// A point and what the methods need of it.
  struct Point {
    let x: SIMD8<Double>
    let y: SIMD8<Double>
    /// b x − a y without cancellation.
    let distance: SIMD8<Double>
    let logX: (high: SIMD8<Double>, low: SIMD8<Double>)
    let logY: (high: SIMD8<Double>, low: SIMD8<Double>)
  }

  /// The point of a coordinate, which is limited to where both x and y are positive.
  @inline(__always)
  func point(_ coordinate: SIMD8<Double>) -> Point {
    let (one, shapeA) = (V(repeating: 1), V(repeating: a))
    if isOdds {
      let limited = VectorMath.clamp(coordinate, 0x1p-1074, BetaLeading.largestOdds)
      // Next to nothing the product is raised, so that it keeps its bits.
      let isTiny = limited .< 0x1p-900
      let raised = VectorMath.select(isTiny, limited * 0x1p200, limited)
      let (product, productTail) = VectorMath.twoProduct(raised, V(repeating: ratio.high))
      let raisedTail = VectorMath.multiplyAdd(raised, V(repeating: ratio.low), productTail)
      let (first, firstTail) = VectorMath.logPair(product)
      let (zero, ln2) = (V(repeating: 0), DoubleDouble.ln2 * -200)
      let (logW, logLost) = VectorMath.twoSum(first, VectorMath.select(isTiny, V(repeating: ln2.high), zero))
      let logWTail =
        (firstTail + raisedTail / product) + (logLost + VectorMath.select(isTiny, V(repeating: ln2.low), zero))
      let w = VectorMath.select(isTiny, product * 0x1p-200, product)
      let wTail = VectorMath.select(isTiny, zero, raisedTail)
      let (sum, lost) = VectorMath.twoSum(one, w)
      let sumTail = lost + wTail
      // 1/(1 + w) and w/(1 + w), each with its remainder.
      let inverse = 1 / sum
      let (unit, unitTail) = VectorMath.twoProduct(inverse, sum)
      let y = VectorMath.multiplyAdd(((one - unit) - unitTail) - inverse * sumTail, inverse, inverse)
      let quotient = w * y
      let (back, backTail) = VectorMath.twoProduct(quotient, sum)
      let x = VectorMath.multiplyAdd(((w - back) - backTail) + (wTail - quotient * sumTail), y, quotient)
      let (second, secondTail) = VectorMath.logPair(sum)
      let logSumTail = VectorMath.multiplyAdd(sumTail, y, secondTail)
      let (high, rest) = VectorMath.twoSum(logW, -second)
      let (scaled, scaledTail) = VectorMath.twoProduct(w, V(repeating: b))
      let distance = ((scaled - shapeA) + (scaledTail + V(repeating: b) * wTail)) * y
      return Point(
        x: x, y: y, distance: distance, logX: (high, rest + (logWTail - logSumTail)),
        logY: (-second, -logSumTail))
    }
    let x = VectorMath.clamp(coordinate, 0x1p-1074, 1 - 0x1p-53)
    let (y, yTail) = VectorMath.fastTwoSum(one, -x)
    let (logY, logYTail) = VectorMath.logPair(y)
    // (a + b) x − a with the product exact.
    let (product, productTail) = VectorMath.twoProduct(x, V(repeating: total.high))
    let rest = VectorMath.multiplyAdd(x, V(repeating: total.low), productTail)
    return Point(
      x: x, y: y, distance: (product - shapeA) + rest, logX: VectorMath.logPair(x),
      logY: (logY, logYTail + yTail / y))
  }

  @inline(__always)
  func lanes(_ point: Point) -> FactoredLanes { power(point, DoubleDouble(a), DoubleDouble(b)) }

  /// The density of x: x^(a−1) y^(b−1) / B(a, b).
  @inline(__always)
  func density(_ point: Point) -> FactoredLanes { power(point, densityPowers.0, densityPowers.1) }

  @inline(__always)
  private func power(_ point: Point, _ a: DoubleDouble, _ b: DoubleDouble) -> FactoredLanes {
    let (first, firstTail) = BetaLeading.product(point.logX, a)
    let (second, secondTail) = BetaLeading.product(point.logY, b)
    let (sum, sumTail) = VectorMath.twoSum(first, second)
    let (exponent, exponentTail) = VectorMath.twoSum(sum, V(repeating: logFactor.high))
    return FactoredLanes(
      exponent: exponent, tail: (firstTail + secondTail) + ((sumTail + exponentTail) + V(repeating: logFactor.low)),
      factor: V(repeating: factor))
  }

  @inline(__always)
  private static func product(
    _ logarithm: (high: SIMD8<Double>, low: SIMD8<Double>), _ power: DoubleDouble
  ) -> (high: SIMD8<Double>, low: SIMD8<Double>) {
    let (high, lost) = VectorMath.twoProduct(logarithm.high, V(repeating: power.high))
    let rest = VectorMath.multiplyAdd(logarithm.high, V(repeating: power.low), lost)
    return (high, VectorMath.multiplyAdd(logarithm.low, V(repeating: power.high), rest))
  }
}
