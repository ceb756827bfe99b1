import ApusNumerics
import RealModule

/// Means and covariances of data that arrive in pieces, or in several places at once.
///
/// Any way of cutting the rows into updates and merges gives the result of the whole within 1e-12 of the variables'
/// deviations (T. Chan, G. Golub, R. LeVeque, Am. Stat. 37 (1983) 242–247).
public struct CovarianceAccumulator: Sendable {
  public let variables: Int
  /// Rows seen.
  public private(set) var count: Double = 0
  /// Means as unevaluated sums of two doubles, so that many small updates do not drift.
  private var means: [DoubleDouble]
  /// Sums of products of deviations, lower triangle by rows, likewise.
  private var products: [DoubleDouble]

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` below 1 or above 8192 variables.
  public init(variables: Int) throws(ApusError) {
    guard (1...8192).contains(variables) else {
      throw .invalidArgument(name: "variables", reason: "\(variables) is not in 1...8192")
    }
    self.variables = variables
    means = Array(repeating: DoubleDouble(0), count: variables)
    products = Array(repeating: DoubleDouble(0), count: variables * (variables + 1) / 2)
  }

  /// Adds the rows of `x` (rows × variables), which must be finite.
  public mutating func update(_ x: NDArray) throws(ApusError) {
    guard x.rank == 2, x.shape[1] == variables else {
      throw .shapeMismatch(name: "X", reason: "has shape \(x.shape), needs [n, \(variables)]")
    }
    if x.shape[0] == 0 { return }
    let estimate = try Covariance.empirical(x)
    var other = try CovarianceAccumulator(variables: variables)
    other.count = Double(x.shape[0])
    let (mean, covariance) = (estimate.location.pointer(Double.self), estimate.covariance.pointer(Double.self))
    // What rounding left out of the means, which later merges would otherwise see.
    let data = try x.converted(to: .float64, name: "X")
    let source = UnsafePointer(data.pointer(Double.self))
    var rest = [Double](repeating: 0, count: variables)
    for i in 0..<x.shape[0] { for j in 0..<variables { rest[j] += source[i * variables + j] - mean[j] } }
    for j in 0..<variables {
      rest[j] /= other.count
      other.means[j] = DoubleDouble.sum(mean[j], rest[j])
    }
    var k = 0
    for i in 0..<variables {
      for j in 0...i {
        other.products[k] = DoubleDouble.product(covariance[i * variables + j] - rest[i] * rest[j], other.count)
        k += 1
      }
    }
    try merge(other)
  }

  /// Adds what another accumulator has seen.
  public mutating func merge(_ other: CovarianceAccumulator) throws(ApusError) {
    guard other.variables == variables else {
      throw .shapeMismatch(name: "other", reason: "has \(other.variables) variables, this one \(variables)")
    }
    if other.count == 0 { return }
    if count == 0 {
      self = other
      return
    }
    let total = count + other.count
    let share = DoubleDouble(other.count) / total
    let factor = share * count
    let differences = (0..<variables).map { other.means[$0] - means[$0] }
    var k = 0
    for i in 0..<variables {
      for j in 0...i {
        products[k] = products[k] + other.products[k] + differences[i] * differences[j] * factor
        k += 1
      }
    }
    for j in 0..<variables { means[j] = means[j] + differences[j] * share }
    count = total
  }

  /// The means so far.
  public func mean() throws(ApusError) -> NDArray { try NDArray(means.map(\.value)) }

  /// The covariance matrix with divisor count − ddof.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when too few rows have been seen.
  public func covariance(ddof: Double = 1) throws(ApusError) -> NDArray {
    guard count - ddof > 0 else {
      throw .invalidArgument(name: "ddof", reason: "\(ddof) leaves no degrees of freedom of \(count) rows")
    }
    let result = try NDArray(uninitialized: [variables, variables], dtype: .float64)
    let out = result.pointer(Double.self)
    var k = 0
    for i in 0..<variables {
      for j in 0...i {
        let value = (products[k] / (count - ddof)).value
        (out[i * variables + j], out[j * variables + i]) = (value, value)
        k += 1
      }
    }
    return result
  }

  /// The whole state as float64: 2 + 2p + p(p+1) numbers, from which ``init(state:)`` continues.
  public func state() throws(ApusError) -> NDArray {
    var values = [Double(variables), count]
    for part in [means, products] { for value in part { values += [value.high, value.low] } }
    return try NDArray(values)
  }

  /// Continues from a ``state()``.
  ///
  /// - Throws: ``ApusError/malformedFile(reason:)`` when the numbers are no state.
  public init(state: NDArray) throws(ApusError) {
    let values: [Double] = try state.converted(to: .float64, name: "state").elements()
    guard values.count >= 2, values[0] >= 1, values[0] <= 8192, values[0] == values[0].rounded(), values[1] >= 0,
      values[1].isFinite
    else { throw .malformedFile(reason: "state: does not begin with a number of variables and a count") }
    try self.init(variables: Int(values[0]))
    guard values.count == 2 + 2 * (means.count + products.count) else {
      throw .malformedFile(
        reason:
          "state: has \(values.count) numbers, \(variables) variables need \(2 + 2 * (means.count + products.count))")
    }
    guard values.allSatisfy(\.isFinite) else { throw .malformedFile(reason: "state: holds a value that is not finite") }
    count = values[1]
    var k = 2
    for j in means.indices {
      means[j] = DoubleDouble(values[k], values[k + 1])
      k += 2
    }
    for j in products.indices {
      products[j] = DoubleDouble(values[k], values[k + 1])
      k += 2
    }
  }
}
