import ApusNumerics
import RealModule

/// P(a, x), Q(a, x) and their logarithms for one shape and many x, in vectors: the methods of ``IncompleteGamma`` with a fixed
/// number of terms on each of a few intervals of x, so that no element waits for another's convergence.
///
/// Small x have the ascending series (for a < 1 in the form that keeps Q's relative precision), large x Legendre's fraction (DLMF
/// 8.7.1, 8.9.2), and large shapes quadrature of the tail about the mean. Error at most 4 ulp of the smaller of P and Q.
package struct GammaTails {
  private typealias V = SIMD8<Double>
  /// Shapes that are covered.
  package static let largestShape = GammaLeading.largestShape

  private enum Method { case smallShape, series, fraction, lowerQuadrature, upperQuadrature }

  private let a: Double
  private let leading: GammaLeading
  /// Upper ends of the intervals of x but the last's, and what serves them.
  private let ends: [Double]
  private let methods: [Method]
  private static let tableSize = 256

  /// - Parameter shape: above 0 and at most ``largestShape``.
  package init(shape: Double) {
    a = shape
    leading = GammaLeading(shape: shape)
    if shape < 1 {
      // Up to e^(−γ), below the first end, a ln x − ln Γ(1 + a) is negative: nothing cancels in Q.
      ends = [0.56, 1, 2, 4.5, 10, 25, 80]
      methods = [.smallShape] + [Method](repeating: .fraction, count: 7)
    } else if shape < 40 {
      ends = [0.25, 1.25, 3.5, 9, 25, 80].map { shape + $0 }
      methods = [.series] + [Method](repeating: .fraction, count: 6)
    } else {
      ends = [0.55 * shape, shape, 3 * shape]
      methods = [.series, .lowerQuadrature, .upperQuadrature, .fraction]
    }
  }

  /// Replaces `count` points by the `function` cdf, sf, logcdf or logsf there; NaN stays.
  package func evaluate(_ function: DistributionFunction, _ x: UnsafeMutablePointer<Double>, count: Int) {
    var lengths = [Int](repeating: 0, count: methods.count)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: GammaTails.tableSize) { buffer in
      let table = buffer.baseAddress!
      BinnedLanes.transform(x, count: count, ends: ends) { interval, values, count in
        let method = methods[interval]
        if lengths[interval] == 0 { lengths[interval] = prepare(method, interval, table) }
        let length = lengths[interval]
        switch method {
        case .smallShape: smallShape(values, count, table, length, function)
        case .series: series(values, count, table, length, function)
        case .fraction: fraction(values, count, length, function)
        case .lowerQuadrature: quadrature(values, count, table, isLower: true, function)
        case .upperQuadrature: quadrature(values, count, table, isLower: false, function)
        }
      }
    }
  }

  /// Fills the method's part of the table; returns its number of terms.
  private func prepare(_ method: Method, _ interval: Int, _ table: UnsafeMutablePointer<Double>) -> Int {
    switch method {
    case .smallShape:
      // (−1)ⁿ / (n! (a + n)).
      var factorial = 1.0
      for n in 1...16 {
        factorial *= -Double(n)
        table[n - 1] = 1 / (factorial * (a + Double(n)))
      }
      return 16
    case .series:
      // 1/(a + n).
      var (n, term) = (0, 1.0)
      while term > 1e-18 && n < GammaTails.tableSize / 2 {
        table[n] = 1 / (a + Double(n + 1))
        term *= ends[interval] * table[n]
        n += 1
      }
      return n
    case .fraction: return fractionLength(from: ends[interval - 1])
    case .lowerQuadrature, .upperQuadrature:
      TailQuadrature.fill(table + GammaTails.tableSize / 2)
      return 1
    }
  }

  /// Lentz's method: terms after which Legendre's fraction has settled at `x`, and so above it.
  private func fractionLength(from x: Double) -> Int {
    var (c, d, n) = (1e-300, 0.0, 1.0)
    while n < 400 {
      let numerator = n == 1 ? 1 : (n - 1) * (a - (n - 1))
      let denominator = x - a + (2 * n - 1)
      d = 1 / (denominator + numerator * d)
      c = denominator + numerator / c
      if n > 1 && (c * d - 1).magnitude < 0x1p-53 { break }
      n += 1
    }
    return Int(n) + 2
  }

  /// What `function` asks for, from the tail on the side `isOwnLower`; NaN stays.
  @inline(__always)
  private func finished(
    _ x: SIMD8<Double>, _ tail: FactoredLanes, isOwnLower: Bool, _ function: DistributionFunction
  ) -> SIMD8<Double> {
    let isOwn = (function == .cdf || function == .logcdf) == isOwnLower
    if function == .cdf || function == .sf { return isOwn ? tail.value : 1 - tail.value }
    let logarithm = isOwn ? tail.logarithm : VectorMath.log1p(-tail.value)
    return VectorMath.select(x .== x, logarithm, x)
  }

  /// `inside` where x is above 0, else what the `function` is there.
  @inline(__always)
  private func supported(
    _ x: SIMD8<Double>, _ inside: SIMD8<Double>, _ function: DistributionFunction
  ) -> SIMD8<Double> {
    let below: Double
    switch function {
    case .cdf, .logsf: below = 0
    case .sf: below = 1
    default: below = -.infinity
    }
    return VectorMath.select(x .<= 0, V(repeating: below), inside)
  }

  /// a < 1, small x: with u = a ln x − ln Γ(1+a), P = e^u (1 + a Σ (−x)ⁿ/(n!(a+n))) and Q = −expm1(u) − e^u a Σ…, of which both
  /// parts are positive.
  private func smallShape(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ coefficients: UnsafePointer<Double>, _ length: Int,
    _ function: DistributionFunction
  ) {
    let one = V(repeating: 1)
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      let (u, uTail) = leading.logPower(VectorMath.clamp(x, 0x1p-1074, 1))
      var sum = V(repeating: coefficients[length &- 1])
      var n = length &- 2
      while n >= 0 {
        sum = VectorMath.multiplyAdd(sum, x, coefficients[n])
        n &-= 1
      }
      let rest = sum * x * V(repeating: a)
      let lower = FactoredLanes(exponent: u, tail: uTail, factor: one + rest)
      let inside: SIMD8<Double>
      switch function {
      case .cdf: inside = lower.value
      case .sf: inside = upper(u, uTail, rest)
      case .logcdf:
        let q = upper(u, uTail, rest)
        inside = VectorMath.select(q .< 0.5, VectorMath.log1p(-q), lower.logarithm)
      default:
        let q = upper(u, uTail, rest)
        inside = VectorMath.select(q .< 0.5, VectorMath.log(q), VectorMath.log1p(-lower.value))
      }
      return supported(x, inside, function)
    }
    @inline(__always) func upper(
      _ u: SIMD8<Double>, _ uTail: SIMD8<Double>, _ rest: SIMD8<Double>
    ) -> SIMD8<Double> { -VectorMath.expm1(u) - VectorMath.exp(u) * (rest + uTail) }
    VectorMath.transform(values, values, count: count, kernel)
  }

  /// Σ xⁿ / ((a+1)…(a+n)) times the leading factor over a.
  private func series(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ reciprocals: UnsafePointer<Double>, _ length: Int,
    _ function: DistributionFunction
  ) {
    let inverse = V(repeating: 1 / a)
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      var sum = V(repeating: 1)
      var n = length &- 1
      while n >= 0 {
        sum = VectorMath.multiplyAdd(x * V(repeating: reciprocals[n]), sum, 1)
        n &-= 1
      }
      var tail = leading.lanes(x)
      // For small shapes the factor is a itself.
      tail.factor = a < 16 ? sum : tail.factor * inverse * sum
      return supported(x, finished(x, tail, isOwnLower: true, function), function)
    }
    VectorMath.transform(values, values, count: count, kernel)
  }

  /// The leading factor times 1/(x+1−a − 1(1−a)/(x+3−a − …)).
  private func fraction(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ length: Int, _ function: DistributionFunction
  ) {
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      let base = x - V(repeating: a)
      var rest = V(repeating: 0)
      var n = Double(length)
      while n > 1 {
        let numerator = (n - 1) * (a - (n - 1))
        rest = V(repeating: numerator) / (base + V(repeating: 2 * n - 1) + rest)
        n -= 1
      }
      var tail = leading.lanes(x)
      tail.factor = tail.factor / (base + 1 + rest)
      return finished(x, tail, isOwnLower: false, function)
    }
    VectorMath.transform(values, values, count: count, kernel)
  }

  /// ``IncompleteGamma``'s quadrature of the tail away from the mean.
  private func quadrature(
    _ values: UnsafeMutablePointer<Double>, _ count: Int, _ table: UnsafePointer<Double>, isLower: Bool,
    _ function: DistributionFunction
  ) {
    let nodes = table + GammaTails.tableSize / 2
    let power = V(repeating: a - 1)
    let sign = V(repeating: isLower ? -1 : 1)
    @inline(__always) func kernel(_ x: SIMD8<Double>) -> SIMD8<Double> {
      let slope = sign * ((x - V(repeating: a)) + 1)
      @inline(__always) func negativeExponent(_ u: SIMD8<Double>) -> SIMD8<Double> {
        power * TailQuadrature.log1pMinusArgument(sign * u) - slope * u
      }
      var width = 80 / (slope + VectorMath.sqrt(slope * slope + 80 * power))
      for _ in 0..<5 {
        if isLower { width = VectorMath.clamp(width, 0, 1 - 0x1p-40) }
        let value = -negativeExponent(width)
        let derivative = slope + power * (width / (1 + sign * width))
        width = width + (40 - value) / derivative
      }
      if isLower { width = VectorMath.clamp(width, 0, 1) }
      var tail = leading.lanes(x)
      tail.factor = tail.factor * TailQuadrature.integrate(lanes: width, nodes, negativeExponent)
      return finished(x, tail, isOwnLower: isLower, function)
    }
    VectorMath.transform(values, values, count: count, kernel)
  }
}
