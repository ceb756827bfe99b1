import ApusNumerics
import RealModule

/// Means and covariances of data that arrive in pieces, or in several places at once.
///
/// Any way of cutting the rows into updates and merges gives the result of the whole within 1e-12 of the variables'
/// deviations (T. Chan, G. Golub, R. LeVeque, Am. Stat. 37 (1983) 242–247). A value: copies continue independently, and what
/// fails leaves it as it was.
public struct CovarianceAccumulator: Sendable {
  public let variables: Int
  /// Rows seen.
  public private(set) var count: Double = 0
  /// Means as unevaluated sums of two doubles, so that many small updates do not drift. Buffers are never written once stored:
  /// copies of the accumulator share them.
  private var means: Buffer<DoubleDouble>
  /// Sums of products of deviations, lower triangle by rows, likewise.
  private var products: Buffer<DoubleDouble>

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` below 1 or above 8192 variables.
  public init(variables: Int) throws(ApusError) {
    guard (1...8192).contains(variables) else {
      throw .invalidArgument(name: "variables", reason: "\(variables) is not in 1...8192")
    }
    self.variables = variables
    means = try Buffer(repeating: .zero, count: variables)
    products = try Buffer(repeating: .zero, count: variables * (variables + 1) / 2)
  }

  /// Adds the rows of `x` (rows × variables), which must be finite.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when products of deviations overflow.
  public mutating func update(_ x: NDArray) throws(ApusError) {
    guard x.rank == 2, x.shape[1] == variables else {
      throw .shapeMismatch(name: "X", reason: "has shape \(x.shape), needs [n, \(variables)]")
    }
    if x.shape[0] == 0 { return }
    try merge(try CovarianceAccumulator(of: x))
  }

  /// The accumulator of these rows.
  private init(of x: NDArray) throws(ApusError) {
    try self.init(variables: x.shape[1])
    let estimate = try Covariance.empirical(x)
    let data = try x.converted(to: .float64, name: "X")
    let rest = try Buffer<Double>(zeroed: variables)
    count = Double(x.shape[0])
    withExtendedLifetime((estimate, data)) {
      let (mean, covariance) = (estimate.location.pointer(Double.self), estimate.covariance.pointer(Double.self))
      let source = UnsafePointer(data.pointer(Double.self))
      // What rounding left out of the means, which later merges would otherwise see.
      for i in 0..<x.shape[0] { for j in 0..<variables { rest[j] += source[i * variables + j] - mean[j] } }
      for j in 0..<variables {
        rest[j] /= count
        means[j] = DoubleDouble.sum(mean[j], rest[j])
      }
      var k = 0
      for i in 0..<variables {
        for j in 0...i {
          products[k] = DoubleDouble.product(covariance[i * variables + j] - rest[i] * rest[j], count)
          k += 1
        }
      }
    }
  }

  /// Adds what another accumulator has seen.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when products of deviations overflow.
  public mutating func merge(_ other: CovarianceAccumulator) throws(ApusError) {
    guard other.variables == variables else {
      throw .shapeMismatch(name: "other", reason: "has \(other.variables) variables, this one \(variables)")
    }
    if other.count == 0 { return }
    if count == 0 {
      try other.requireFinite()
      self = other
      return
    }
    var merged = try CovarianceAccumulator(variables: variables)
    let differences = try Buffer<DoubleDouble>(count: variables)
    let share = DoubleDouble(other.count) / (count + other.count)
    let factor = share * count
    merged.count = count + other.count
    for j in 0..<variables {
      differences[j] = other.means[j] - means[j]
      merged.means[j] = means[j] + differences[j] * share
    }
    var k = 0
    for i in 0..<variables {
      let scaled = differences[i] * factor
      for j in 0...i {
        merged.products[k] = products[k] + other.products[k] + scaled * differences[j]
        k += 1
      }
    }
    try merged.requireFinite()
    self = merged
  }

  private func requireFinite() throws(ApusError) {
    for part in [means, products] {
      for value in part.elements where !value.value.isFinite {
        throw .numericalFailure(reason: "X: products of deviations exceed the largest number, scale the variables down")
      }
    }
  }

  /// The means so far: `variables` numbers.
  public func mean() throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [variables], dtype: .float64)
    let out = result.pointer(Double.self)
    for j in 0..<variables { out[j] = means[j].value }
    return result
  }

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
    let result = try NDArray(uninitialized: [2 + 2 * (means.count + products.count)], dtype: .float64)
    let out = result.pointer(Double.self)
    (out[0], out[1]) = (Double(variables), count)
    var k = 2
    for part in [means, products] {
      for value in part.elements {
        (out[k], out[k + 1]) = (value.high, value.low)
        k += 2
      }
    }
    return result
  }

  /// Continues from a ``state()``.
  ///
  /// - Throws: ``ApusError/malformedFile(reason:)`` when the numbers are no state.
  public init(state: NDArray) throws(ApusError) {
    let numbers = try state.converted(to: .float64, name: "state").contiguous()
    let values = UnsafePointer(numbers.pointer(Double.self))
    guard numbers.count >= 2, values[0] >= 1, values[0] <= 8192, values[0] == values[0].rounded(), values[1] >= 0,
      values[1] < 0x1p53, values[1] == values[1].rounded()
    else { throw .malformedFile(reason: "state: does not begin with a number of variables and a count") }
    let p = Int(values[0])
    let expected = 2 + 2 * p + p * (p + 1)
    guard numbers.count == expected else {
      throw .malformedFile(reason: "state: has \(numbers.count) numbers, \(p) variables need \(expected)")
    }
    try self.init(variables: p)
    for k in 0..<numbers.count where !values[k].isFinite {
      throw .malformedFile(reason: "state: holds a value that is not finite")
    }
    count = values[1]
    var k = 2
    for part in [means, products] {
      for j in 0..<part.count {
        part[j] = DoubleDouble(values[k], values[k + 1])
        k += 2
      }
    }
    withExtendedLifetime(numbers) {}
    // A sum of squares is not negative.
    for j in 0..<variables where products[j * (j + 3) / 2].value < 0 {
      throw .malformedFile(reason: "state: the sum of squares of variable \(j) is negative")
    }
  }
}
