import ApusNumerics

/// The scale of sample weights.
///
/// What trees learn depends on the ratios of weights alone. Whole weights of moderate size count as repetitions and stay as
/// they are; all others are divided by a power of two, so that sums on a fixed grid lose nothing by large or small units.
enum WeightScale {
  /// Divides weights, in place, so that the largest lies in (½, 1], unless all are whole and within the limits.
  ///
  /// - Parameters:
  ///   - largestWhole, wholeTotal: limits of whole weights that stay.
  /// - Returns: the power of two they were divided by.
  @discardableResult
  static func normalise(_ weights: Buffer<Double>, largestWhole: Double, wholeTotal: Double) -> Double {
    var (largest, total, areWhole) = (0.0, 0.0, true)
    for weight in weights.elements {
      largest = max(largest, weight)
      total += weight
      areWhole = areWhole && weight == weight.rounded()
    }
    if areWhole, largest <= largestWhole, total <= wholeTotal { return 1 }
    guard largest > 0, largest.isFinite else { return 1 }
    let power = Double(sign: .plus, exponent: Int(largest.exponent), significand: 1)
    let unit = power == largest || !(power * 2).isFinite ? power : power * 2
    if unit != 1 { for i in 0..<weights.count { weights[i] /= unit } }
    return unit
  }
}
