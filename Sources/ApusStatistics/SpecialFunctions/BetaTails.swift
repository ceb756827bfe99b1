import ApusNumerics
import RealModule

/// I_x(a, b), its complement and their logarithms for one pair of shapes and many points, in vectors: the methods of
/// ``IncompleteBeta`` with a fixed number of terms on each of a few intervals of x, so that no element waits for another's
/// convergence.
///
/// Each side of the mean a/(a+b) is divided, much as ``IncompleteBeta`` divides it, among the series with positive terms, DiDonato
/// and Morris's fraction, and for large shapes quadrature about the mean. Error at most about 4 ulp of the smaller tail.
package struct BetaTails {
  private typealias V = SIMD8<Double>
  /// Shapes that are covered, both of them.
  package static let shapes = 1.0...BetaLeading.largestShape
  /// Table entries of an interval.
  private static let longest = 640

  private enum Method { case series, fraction, quadrature }

  /// An interval of x with its method, on one side of the mean.
  private struct Interval {
    let method: Method
    /// Above the mean, where the roles of x and y are exchanged.
    let isSwapped: Bool
    /// The ends nearer to and farther from the mean, as distances from the side's end of (0, 1).
    let near: Double
    let far: Double
  }

  private let a: Double
  private let b: Double
  private let leading: BetaLeading
  private let intervals: [Interval]
  /// Upper ends of all intervals but the last, as coordinates.
  private let ends: [Double]

  /// - Parameter coordinate: what the points are given by.
  /// - Returns: nil for shapes that are not covered.
  init?(_ beta: IncompleteBeta, _ coordinate: BetaLeading.Coordinate) {
    guard BetaTails.shapes.contains(beta.a), BetaTails.shapes.contains(beta.b) else { return nil }
    (a, b) = (beta.a, beta.b)
    leading = BetaLeading(beta, coordinate)
    let mean = a / (a + b)
    let lower = BetaTails.side(a, b, isSwapped: false)
    let upper = BetaTails.side(b, a, isSwapped: true)
    intervals = lower + upper.reversed()
    var ends = lower.dropLast().map(\.near)
    // Where a series reaches beyond the mean, it serves up to there.
    ends.append(Swift.max(mean, lower.last?.near ?? mean))
    for interval in upper.reversed().dropLast() { ends.append(Swift.max(1 - interval.far, ends[ends.count - 1])) }
    let leading = leading
    self.ends = ends.map(leading.coordinate)
  }

  /// The intervals on the side of the mean p/(p+q) towards 0, from 0 on.
  private static func side(_ p: Double, _ q: Double, isSwapped: Bool) -> [Interval] {
    let mean = p / (p + q)
    let isModerate = Swift.min(p, q) >= 2
    let seriesEnd = isModerate ? Swift.min(0.3 * mean, 0.7) : Swift.min(mean, 0.7)
    var result = [Interval(method: .series, isSwapped: isSwapped, near: seriesEnd, far: 0)]
    let isLarge = Swift.min(p, q) >= 1000
    let fractionEnd = isLarge ? 0.5 * mean : mean
    result.append(Interval(method: .fraction, isSwapped: isSwapped, near: fractionEnd, far: seriesEnd))
    if isLarge { result.append(Interval(method: .quadrature, isSwapped: isSwapped, near: mean, far: fractionEnd)) }
    return result
  }

  /// Replaces `count` points by the `function` cdf, sf, logcdf or logsf there; NaN stays.
  func evaluate(_ function: DistributionFunction, _ points: UnsafeMutablePointer<Double>, count: Int) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: intervals.count * BetaTails.longest) { tables in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: intervals.count) { lengths in
        lengths.update(repeating: 0)
        BinnedLanes.transform(points, count: count, ends: ends) { index, values, count in
          let interval = intervals[index]
          let table = tables.baseAddress! + index * BetaTails.longest
          if lengths[index] == 0 { lengths[index] = prepare(interval, table) }
          switch interval.method {
          case .series: series(values, count, table, lengths[index], interval.isSwapped, function)
          case .fraction: fraction(values, count, table, lengths[index], interval.isSwapped, function)
          case .quadrature: quadrature(values, count, table, interval.isSwapped, function)
          }
        }
      }
    }
  }

  /// Fills the interval's table; returns the number of terms.
  private func prepare(_ interval: Interval, _ table: UnsafeMutablePointer<Double>) -> Int {
    let (p, q) = interval.isSwapped ? (b, a) : (a, b)
    switch interval.method {
    case .series: return prepareSeries(p, q, interval.near, table)
    case .fraction: return prepareFraction(p, q, interval.near, interval.far, table)
    case .quadrature:
      TailQuadrature.fill(table)
      return 1
    }
  }

  /// (p+q+n)/(p+1+n) for as many terms as the series needs at `x`.
  private func prepareSeries(
    _ p: Double, _ q: Double, _ x: Double, _ ratios: UnsafeMutablePointer<Double>
  ) -> Int {
    let (total, next) = (DoubleDouble.sum(p, q), DoubleDouble.sum(p, 1))
    var (n, term, largest) = (0, 1.0, 1.0)
    while term > 1e-18 * largest && n < BetaTails.longest {
      ratios[n] = ((total + Double(n)) / (next + Double(n))).value
      term *= ratios[n] * x
      largest = Swift.max(largest, term)
      n += 1
    }
    return n
  }

  /// DiDonato and Morris's equation (9): coefficients of x² in the numerators, of x and of the last bracket in the denominators.
  /// Returns the number of terms after which it has settled at both ends.
  private func prepareFraction(
    _ p: Double, _ q: Double, _ near: Double, _ far: Double, _ table: UnsafeMutablePointer<Double>
  ) -> Int {
    var length = 1
    for x in [near, far] {
      var (c, d, n) = (1e-300, 0.0, 1)
      while n < 200 {
        let m = Double(n)
        let odd = p + 2 * m - 1
        table[3 * n] = (p + m - 1) / odd * ((p + q + m - 1) / odd) * (m * (q - m))
        table[3 * n + 1] = m * (q - m) / odd
        table[3 * n + 2] = (p + m) / (odd + 2)
        let base = 1 - (q * x - p * (1 - x))
        let numerator = table[3 * n] * x * x
        let denominator = m + table[3 * n + 1] * x + table[3 * n + 2] * (base + m * (2 - x))
        d = 1 / (denominator + numerator * d)
        c = denominator + numerator / c
        if n > 1 && (c * d - 1).magnitude < 0x1p-53 { break }
        n += 1
      }
      length = Swift.max(length, n)
    }
    return length
  }

  /// What `function` asks for, from the tail `ratio` · the leading factor on its own side; ends of the range, NaN stays.
  @inline(__always)
  private func finished(
    _ coordinate: SIMD8<Double>, _ point: BetaLeading.Point, _ ratio: SIMD8<Double>, _ isSwapped: Bool,
    _ function: DistributionFunction
  ) -> SIMD8<Double> {
    var tail = leading.lanes(point)
    tail.factor = tail.factor * ratio
    let isLower = function == .cdf || function == .logcdf
    let isOwn = isSwapped != isLower
    let isLogarithm = function == .logcdf || function == .logsf
    let inside: SIMD8<Double>
    if isLogarithm {
      inside = isOwn ? tail.logarithm : VectorMath.log1p(-tail.value)
    } else {
      inside = isOwn ? tail.value : 1 - tail.value
    }
    let none: Double = isLogarithm ? -.infinity : 0
    let all: Double = isLogarithm ? 0 : 1
    let below = V(repeating: isLower ? none : all)
    let above = V(repeating: isLower ? all : none)
    let bounded = VectorMath.select(
      coordinate .<= 0, below, VectorMath.select(coordinate .>= V(repeating: leading.end), above, inside))
    return VectorMath.select(coordinate .== coordinate, bounded, coordinate)
  }

  /// (1/p) Σ (p+q)ₙ/(p+1)ₙ xⁿ.
  private func series(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ ratios: UnsafePointer<Double>, _ length: Int,
    _ isSwapped: Bool, _ function: DistributionFunction
  ) {
    let inverse = 1 / (isSwapped ? b : a)
    @inline(__always) func kernel(_ coordinate: SIMD8<Double>) -> SIMD8<Double> {
      let point = leading.point(coordinate)
      let x = isSwapped ? point.y : point.x
      var sum = V(repeating: 1)
      var n = length &- 1
      while n >= 0 {
        sum = VectorMath.multiplyAdd(x * V(repeating: ratios[n]), sum, 1)
        n &-= 1
      }
      return finished(coordinate, point, sum * V(repeating: inverse), isSwapped, function)
    }
    VectorMath.transform(values, values, count: count, kernel)
  }

  private func fraction(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ table: UnsafePointer<Double>, _ length: Int,
    _ isSwapped: Bool, _ function: DistributionFunction
  ) {
    let p = isSwapped ? b : a
    @inline(__always) func kernel(_ coordinate: SIMD8<Double>) -> SIMD8<Double> {
      let point = leading.point(coordinate)
      let base = isSwapped ? 1 + point.distance : 1 - point.distance
      let (x, y) = isSwapped ? (point.y, point.x) : (point.x, point.y)
      let square = x * x
      let rest = 1 + y
      var tail = V(repeating: 0)
      var n = length
      while n >= 1 {
        let m = V(repeating: Double(n))
        let bracket = VectorMath.multiplyAdd(m, rest, base)
        let linear = VectorMath.multiplyAdd(x, V(repeating: table[3 &* n &+ 1]), m)
        let denominator = VectorMath.multiplyAdd(bracket, V(repeating: table[3 &* n &+ 2]), linear)
        tail = square * V(repeating: table[3 &* n]) / (denominator + tail)
        n &-= 1
      }
      let ratio = 1 / VectorMath.multiplyAdd(base, V(repeating: p / (p + 1)), tail)
      return finished(coordinate, point, ratio, isSwapped, function)
    }
    VectorMath.transform(values, values, count: count, kernel)
  }

  /// ``IncompleteBeta``'s quadrature of the tail away from the mean.
  private func quadrature(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ nodes: UnsafePointer<Double>, _ isSwapped: Bool,
    _ function: DistributionFunction
  ) {
    let (p, q) = isSwapped ? (b, a) : (a, b)
    let (powerX, powerY) = (V(repeating: p - 1), V(repeating: q - 1))
    @inline(__always) func kernel(_ coordinate: SIMD8<Double>) -> SIMD8<Double> {
      let point = leading.point(coordinate)
      let (x, y) = isSwapped ? (point.y, point.x) : (point.x, point.y)
      // (p−1) y − (q−1) x.
      let slope = (isSwapped ? point.distance : -point.distance) + (x - y)
      @inline(__always) func negativeExponent(_ u: SIMD8<Double>) -> SIMD8<Double> {
        (powerX * TailQuadrature.log1pMinusArgument(-(y * u)) + powerY * TailQuadrature.log1pMinusArgument(x * u))
          - slope * u
      }
      let curvature = powerX * y * y + powerY * x * x
      let limit = 1 / y
      var width = 80 / (slope + VectorMath.sqrt(slope * slope + 80 * curvature))
      for _ in 0..<5 {
        let largest = limit * (1 - 0x1p-40)
        width = VectorMath.select(width .> largest, largest, width)
        let value = -negativeExponent(width)
        let (xu, yu) = (x * width, y * width)
        let first: SIMD8<Double> = powerX * y * (yu / (1 - yu))
        let second: SIMD8<Double> = powerY * x * (xu / (1 + xu))
        width = width + (40 - value) / (slope + (first + second))
      }
      width = VectorMath.select(width .> limit, limit, width)
      let ratio = TailQuadrature.integrate(lanes: width, nodes, negativeExponent)
      return finished(coordinate, point, ratio, isSwapped, function)
    }
    VectorMath.transform(values, values, count: count, kernel)
  }
}
