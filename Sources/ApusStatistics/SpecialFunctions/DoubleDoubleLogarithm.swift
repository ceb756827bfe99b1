import Glibc
import ApusNumerics
import RealModule

/// Logarithm and exponential of ``DoubleDouble`` values.
extension DoubleDouble {
  /// ln 2 to 107 bits.
  package static let ln2 = DoubleDouble(0.6931471805599453, 2.3190468138462996e-17)

  /// Reciprocals `c` of the 92 table points i/128, 90 ≤ i ≤ 181, rounded to 12 bits, and −ln c.
  private static let table: [(reciprocal: Double, logarithm: DoubleDouble)] = (90...181).map { index in
    let reciprocal = (4096 * 128 / Double(index)).rounded() / 4096
    return (reciprocal, -logarithmByNewton(reciprocal))
  }

  /// e^x for a moderate x, by 2⁻⁹-fold reduction, Taylor's series and repeated squaring. Relative error about 1e-30.
  private static func exponentialSlow(_ x: DoubleDouble) -> DoubleDouble {
    let reduced = x * 0x1p-9
    var term = reduced
    var sum = reduced
    for n in 2...11 {
      term = term * reduced / Double(n)
      sum = sum + term
    }
    // sum = e^r − 1; (1 + s)² − 1 = 2s + s².
    for _ in 0..<9 { sum = sum * 2 + sum * sum }
    return sum + 1
  }

  /// ln x by one Newton step on the exponential, for table building.
  private static func logarithmByNewton(_ x: Double) -> DoubleDouble {
    let guess = Double.log(x)
    if guess == 0 { return DoubleDouble(0) }
    let ratio = DoubleDouble(x) * exponentialSlow(DoubleDouble(-guess)) - 1
    return (ratio - ratio * ratio * 0.5) + guess
  }

  /// ln x. Relative error below 1e-28, also next to 1. −∞ at 0, NaN below.
  package static func log(_ x: DoubleDouble) -> DoubleDouble {
    guard x.high > 0, x.high < .infinity else {
      return DoubleDouble(x.high == 0 ? -.infinity : x.high == .infinity ? .infinity : .nan)
    }
    if x.high < 0x1p-1000 { return log(DoubleDouble(x.high * 0x1p200, x.low * 0x1p200)) - ln2 * 200 }
    let bits = x.high.bitPattern
    let power = Int(bits >> 52) &- 1023
    var exponent = Double(power)
    var mantissa = Double(bitPattern: (bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000)
    var low = x.low * Double(bitPattern: UInt64(truncatingIfNeeded: 1023 &- power) << 52)
    if mantissa > 1.4140625 {
      mantissa *= 0.5
      low *= 0.5
      exponent += 1
    }
    let entry = table[Int((mantissa * 128).rounded()) - 90]
    let z = (product(mantissa, entry.reciprocal) - 1) + low * entry.reciprocal
    let fraction = log1pSmall(z)
    if exponent == 0 && entry.reciprocal == 1 { return fraction }
    return ln2 * exponent + entry.logarithm + fraction
  }

  /// ln x for a positive double, subnormal numbers included.
  @inline(__always)
  package static func log(_ x: Double) -> DoubleDouble { log(DoubleDouble(x)) }

  /// ln(1 + x) for x > −1.
  package static func log1p(_ x: DoubleDouble) -> DoubleDouble {
    if Swift.abs(x.high) < 0x1p-8 { return log1pSmall(x) }
    return log(x + 1)
  }

  /// ln(1 + z), |z| < 2⁻⁷, by Mercator's series: high powers in double, the first ones in full.
  private static func log1pSmall(_ z: DoubleDouble) -> DoubleDouble {
    let t = z.high
    var tail = -1.0 / 16
    tail = tail * t + 1.0 / 15
    tail = tail * t - 1.0 / 14
    tail = tail * t + 1.0 / 13
    tail = tail * t - 1.0 / 12
    tail = tail * t + 1.0 / 11
    tail = tail * t - 0.1
    tail = tail * t + 1.0 / 9
    tail = tail * t - 0.125
    var sum = z * tail + seventh
    sum = sum * z - sixth
    sum = sum * z + fifth
    sum = sum * z - 0.25
    sum = sum * z + third
    sum = sum * z - 0.5
    return z + z * z * sum
  }

  private static let third = quotient(1, 3)
  private static let fifth = quotient(1, 5)
  private static let sixth = quotient(1, 6)
  private static let seventh = quotient(1, 7)

  /// e^x rounded to double, within 1 ulp whatever the size of `x`.
  package static func exp(_ x: DoubleDouble) -> Double {
    if !(x.high > -746) { return x.high.isNaN ? .nan : 0 }
    if x.high > 710 { return .infinity }
    // Results near either end of the range are scaled last, so that the correction does not act on a subnormal.
    if x.high < -700 {
      let shifted = x + ln2 * 100
      return Double.exp(shifted.high) * (1 + shifted.low) * 0x1p-100
    }
    let base = Double.exp(x.high)
    return base.isFinite ? base + base * x.low : Double.exp(x.high - 1) * (1 + x.low) * 2.718281828459045
  }

  /// e^x with the precision of the type, |x| < 700.
  package static func expFull(_ x: DoubleDouble) -> DoubleDouble {
    let k = (x.high * 1.4426950408889634).rounded()
    let reduced = exponentialSlow(x - ln2 * k)
    let scale = Double.exp2(k)
    return DoubleDouble(reduced.high * scale, reduced.low * scale)
  }

  /// 2π.
  package static let twoPi = DoubleDouble(6.283185307179586, 2.4492935982947064e-16)

  /// 1 − e^u (1 + s), accurate relative to the result.
  package static func complementOfProduct(_ u: DoubleDouble, _ s: DoubleDouble) -> Double {
    if u.high.magnitude > 1e-4 { return (DoubleDouble(1) - expFull(u) * (s + 1)).value }
    // e^u − 1 = u + u²/2 + …; for a tiny u the sum below keeps all its bits.
    var grown = u
    var term = u
    for n in 2...8 {
      term = term * u / Double(n)
      grown = grown + term
    }
    return -(grown + s + grown * s).value
  }
}
