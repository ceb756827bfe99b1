import ApusNumerics

/// The weights of the rows under reweighting: a base weight times a multiplier that depends only on how the row has been
/// predicted so far.
///
/// Multipliers are renormalised by powers of two and rounded to a ``BinaryGrid`` before they are summed. With whole base
/// weights all sums are therefore exact: a row of weight 3 counts exactly like three rows, whatever the order of addition.
final class BoostingWeights {
  let base: Buffer<Double>
  let multipliers: Buffer<Double>
  /// base · multiplier.
  let current: Buffer<Double>
  private(set) var total = 0.0
  private let exponent: Int
  private let scratch: Buffer<Double>

  /// - Parameter base: positive weights, taken over and brought to their scale.
  init(base: Buffer<Double>) throws(ApusError) {
    self.base = base
    WeightScale.normalise(base, largestWhole: 0x1p26, wholeTotal: 0x1p26)
    let sum = base.elements.reduce(0, +)
    BinaryGrid.snap(base.pointer, count: base.count, exponent: BinaryGrid.exponent(total: sum))
    exponent = BinaryGrid.exponent(total: 2 * sum)
    multipliers = try Buffer(repeating: 1, count: base.count)
    current = try Buffer(count: base.count)
    scratch = try Buffer(count: base.count)
    multiply { _ in 1 }
  }

  /// Multiplies the weight of every row by a positive factor.
  @inline(__always)
  func multiply(by factor: (Int) -> Double) {
    let (count, base, multipliers, current) = (base.count, base.pointer, multipliers.pointer, current.pointer)
    for row in 0..<count { multipliers[row] *= factor(row) }
    var largest = 0.0
    for row in 0..<count { largest = multipliers[row] > largest ? multipliers[row] : largest }
    let isScaled = largest > 0 && largest.isFinite
    let unit = isScaled ? Double(sign: .plus, exponent: -Int(largest.exponent), significand: 1) : 1
    let grid = BinaryGrid.Rounding(exponent: exponent)
    for row in 0..<count {
      let multiplier = multipliers[row] * unit
      multipliers[row] = multiplier
      current[row] = grid.round(base[row] * grid.round(multiplier))
    }
    var sum = 0.0
    for row in 0..<count { sum += current[row] }
    total = sum
  }

  /// The weighted mean of a loss in [0, 1] per row.
  func mean(_ loss: (Int) -> Double) -> Double {
    for row in 0..<base.count { scratch[row] = multipliers[row] * loss(row) }
    BinaryGrid.snap(scratch.pointer, count: base.count, exponent: exponent)
    var sum = 0.0
    for row in 0..<base.count { sum += base[row] * scratch[row] }
    return sum / total
  }
}
