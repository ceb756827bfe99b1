import ApusNumerics

/// Rounding to multiples of a power of two, coarse enough that sums of many such numbers are exact in float64.
///
/// A float64 holds integers exactly up to 2^53. If every term is a multiple of 2^e and the sum of their magnitudes stays
/// below 2^(53+e), all partial sums are exact, in any order. Integers of moderate size are on the grid already and stay
/// as they are.
enum BinaryGrid {
  /// The exponent e of the finest grid on which sums of terms with total magnitude `total` are exact, with two bits of
  /// headroom for repeated (bootstrapped) terms; 0 for total 0.
  static func exponent(total: Double) -> Int {
    guard total > 0, total.isFinite else { return 0 }
    return Int(total.exponent) + 1 - 51
  }

  /// `values` rounded to the nearest multiples of 2^exponent.
  static func snap(_ values: UnsafeMutablePointer<Double>, count: Int, exponent: Int) {
    let (unit, inverse) = (scalbn(1, exponent), scalbn(1, -exponent))
    guard unit > 0, inverse.isFinite, unit.isFinite, inverse > 0 else { return }
    for i in 0..<count { values[i] = (values[i] * inverse).rounded(.toNearestOrEven) * unit }
  }

  /// 2^exponent.
  private static func scalbn(_ x: Double, _ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: x)
  }
}
