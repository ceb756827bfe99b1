import ApusNumerics
import RealModule

/// Upper tails of Student's t with one number of degrees of freedom ν, for many statistics at once.
///
/// With w = √(ν ln(1 + t²/ν)) the tail is e^(−w²/2) · G(w) where G, times 1 + √2 w, is smooth: one Chebyshev series in
/// (w − 5)/(w + 5), interpolated when the table is made from the exact tails, serves all of 0 ≤ w ≤ 38. Relative error about 1e-14;
/// statistics beyond, and degrees of freedom for which the series does not settle, go to ``StudentTDistribution``.
package struct StudentTTable: Sendable {
  private static let nodes = 72
  private static let end = 38.0

  private let df: Double
  private let exact: StudentTDistribution
  /// Chebyshev coefficients, lowest first; empty when the series did not settle.
  private let coefficients: [Double]

  package init(degreesOfFreedom: Double) {
    df = degreesOfFreedom
    exact = StudentTDistribution(degreesOfFreedom: degreesOfFreedom)
    coefficients = df >= 3 ? StudentTTable.fit(df, exact) : []
  }

  private static func argument(_ w: Double) -> Double { (w - 5) / (w + 5) }
  private static let top = argument(end)

  private static func fit(_ df: Double, _ exact: StudentTDistribution) -> [Double] {
    let n = nodes
    var values: [Double] = []
    for k in 0..<n {
      let x = Double.cos(.pi * (Double(k) + 0.5) / Double(n))
      let y = (x + 1) / 2 * (top + 1) - 1
      let w = 5 * (1 + y) / (1 - y)
      let t = (df * Double.expMinusOne(w * w / df)).squareRoot()
      // The exponent that t itself implies: rounding of t must not enter the ratio.
      let implied = df / 2 * Double.log(onePlus: t * t / df)
      let tail = exact.tails(t)
      let smaller = tail.isLower ? FactoredValue(0.5) : tail.smaller
      values.append(
        DoubleDouble.exp(smaller.exponent + implied) * smaller.factor * (1 + 1.4140625 * w))
    }
    var result: [Double] = []
    for j in 0..<n {
      var sum = 0.0
      for k in 0..<n { sum += values[k] * Double.cos(Double(j) * .pi * (Double(k) + 0.5) / Double(n)) }
      result.append(sum * (j == 0 ? 1 : 2) / Double(n))
    }
    let floor = 1e-15
    guard result.suffix(6).allSatisfy({ $0.magnitude < floor }) else { return [] }
    while let last = result.last, last.magnitude < 2e-17 { result.removeLast() }
    return result
  }

  /// P(T > |t|) for `count` statistics; NaN stays. With `logarithms` also ln of it.
  package func upperTails(
    of t: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, logarithms: UnsafeMutablePointer<Double>?,
    count: Int
  ) {
    var i = 0
    if !coefficients.isEmpty {
      coefficients.withUnsafeBufferPointer { c in
        while i &+ 8 <= count {
          let lanes = (UnsafeRawPointer(t) + i &* 8).loadUnaligned(as: SIMD8<Double>.self)
          store(evaluate(lanes, c), i, out, logarithms)
          i &+= 8
        }
        if i < count {
          var lanes = SIMD8<Double>(repeating: 0)
          for k in i..<count { lanes[k - i] = t[k] }
          let (values, logs) = evaluate(lanes, c)
          for k in i..<count {
            out[k] = values[k - i]
            logarithms?[k] = logs[k - i]
          }
          i = count
        }
      }
      for k in 0..<count where !(t[k].magnitude < limit) { direct(t[k], k, out, logarithms) }
      return
    }
    for k in 0..<count { direct(t[k], k, out, logarithms) }
  }

  /// The |t| that belongs to the end of the table.
  private var limit: Double { (df * Double.expMinusOne(StudentTTable.end * StudentTTable.end / df)).squareRoot() }

  private func direct(
    _ t: Double, _ k: Int, _ out: UnsafeMutablePointer<Double>, _ logarithms: UnsafeMutablePointer<Double>?
  ) {
    if t.isNaN {
      out[k] = .nan
      logarithms?[k] = .nan
      return
    }
    let tails = exact.tails(t.magnitude)
    out[k] = tails.upper
    logarithms?[k] = tails.logUpper
  }

  @inline(__always)
  private func store(
    _ value: (SIMD8<Double>, SIMD8<Double>), _ i: Int, _ out: UnsafeMutablePointer<Double>,
    _ logarithms: UnsafeMutablePointer<Double>?
  ) {
    (UnsafeMutableRawPointer(out) + i &* 8).storeBytes(of: value.0, as: SIMD8<Double>.self)
    if let logarithms {
      (UnsafeMutableRawPointer(logarithms) + i &* 8).storeBytes(of: value.1, as: SIMD8<Double>.self)
    }
  }

  @inline(__always)
  private func evaluate(
    _ t: SIMD8<Double>, _ c: UnsafeBufferPointer<Double>
  ) -> (SIMD8<Double>, SIMD8<Double>) {
    typealias V = SIMD8<Double>
    let one = V(splat: 1)
    let z = t * t / V(splat: df)
    // ln(1 + z) with the rounding of 1 + z put back.
    let u = one + z
    let square = (NormalKernels.logarithm(u) + (z - (u - one)) / u) * V(splat: df)
    let w = square.lanesSquareRoot()
    let five = V(splat: 5)
    let y = (w - five) / (w + five)
    let x = (y + one) * V(splat: 2 / (StudentTTable.top + 1)) - one
    let twice = x + x
    var (first, second) = (V(splat: 0), V(splat: 0))
    var k = c.count - 1
    while k >= 1 {
      let next = twice * first - second + V(splat: c[k])
      second = first
      first = next
      k -= 1
    }
    let series = (x * first - second + V(splat: c[0])) / (one + w * V(splat: 1.4140625))
    let exponent = square * V(splat: -0.5)
    return (
      NormalKernels.exponential(exponent, V(splat: 0)) * series, exponent + NormalKernels.logarithm(series)
    )
  }
}
