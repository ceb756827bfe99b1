import ApusNumerics
import RealModule

extension Distribution {
  /// E[Xᵏ]: from the closed forms of the first four moments, by quadrature over probability, or by summation for the others.
  ///
  /// - Returns: NaN or infinity where the moment does not exist.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an order outside 0…64.
  public func rawMoment(_ order: Int) throws(ApusError) -> Double {
    guard (0...64).contains(order) else {
      throw .invalidArgument(name: "order", reason: "\(order) is not in 0...64")
    }
    if order == 0 { return 1 }
    let (m, v) = (mean, variance)
    if order == 1 { return m }
    if order == 2 { return v + m * m }
    let third = skewness * v * v.squareRoot()
    if order == 3 { return third + 3 * m * v + m * m * m }
    if order == 4 { return (kurtosis + 3) * v * v + 4 * m * third + 6 * m * m * v + m * m * m * m }
    guard exists(order) else { return .infinity }
    func power(_ x: Double) -> Double { Double.pow(x, order) }
    if !kind.isDiscrete {
      return TanhSinhQuadrature.integrate(from: 0, to: 0.5) { power(ppf($0)) }
        + TanhSinhQuadrature.integrate(from: 0, to: 0.5) { power(isf($0)) }
    }
    return LatticeSum.sum(over: support, mean: m, deviation: v.squareRoot()) { power($0) * pdf($0) }
  }

  /// Whether the tails leave the moment finite.
  private func exists(_ order: Int) -> Bool {
    switch kind {
    case .t: return Double(order) < shapes[0]
    case .f: return Double(order) < shapes[1] / 2
    default: return true
    }
  }
}
