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
    let grid = Rounding(exponent: exponent)
    for i in 0..<count { values[i] = grid.round(values[i]) }
  }

  /// Rounding of single numbers to multiples of 2^exponent; none where that is beyond float64.
  struct Rounding {
    private let unit: Double
    private let inverse: Double
    private let isPossible: Bool

    init(exponent: Int) {
      unit = Double(sign: .plus, exponent: exponent, significand: 1)
      inverse = Double(sign: .plus, exponent: -exponent, significand: 1)
      isPossible = unit > 0 && inverse > 0 && unit.isFinite && inverse.isFinite
    }

    @inline(__always)
    func round(_ x: Double) -> Double { isPossible ? (x * inverse).rounded(.toNearestOrEven) * unit : x }
  }
}
