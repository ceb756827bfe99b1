/// The first NaN or infinity of an array, for error messages.
package struct NonFiniteElement: Equatable, Sendable {
  /// Index along the first axis.
  package let row: Int
  /// Index along the second axis; with more axes, along all the others in row-major order; nil for a vector.
  package let column: Int?
  package let isNaN: Bool

  package init(row: Int, column: Int?, isNaN: Bool) {
    self.row = row
    self.column = column
    self.isNaN = isNaN
  }
}

/// Looks for NaN and infinity at the speed of memory.
package enum FiniteCheck {
  /// What counts as a fault.
  package enum Policy: Sendable {
    /// NaN and infinity both.
    case finite
    /// Infinity only: for methods that read NaN as a missing value.
    case allowNaN
  }

  /// The first offending element in row-major order, or nil. Integers and Booleans have none.
  ///
  /// Any strides, alignment and rank. Parallel; the answer does not depend on the thread count.
  ///
  /// - Complexity: one pass over the memory when all is well; a second, serial one up to the fault otherwise.
  package static func firstNonFinite(in array: NDArray, policy: Policy = .finite) -> NonFiniteElement? {
    if array.isEmpty { return nil }
    switch array.dtype {
    case .float32:
      let test = FiniteTest<UInt32>(exponent: Float.infinity.bitPattern, policy: policy)
      return test.scan(array) ? test.locate(in: array) : nil
    case .float64:
      let test = FiniteTest<UInt64>(exponent: Double.infinity.bitPattern, policy: policy)
      return test.scan(array) ? test.locate(in: array) : nil
    default: return nil
    }
  }

  /// Throws when `array` holds NaN or infinity.
  ///
  /// - Parameter name: the argument as the caller knows it: `X`, `y`, `sample_weight`.
  /// - Throws: ``ApusError/nonFiniteValue(name:reason:)``: `X: contains NaN, first at row 3, column 5`.
  package static func requireFinite(
    _ array: NDArray, name: String, policy: Policy = .finite
  ) throws(ApusError) {
    guard let found = firstNonFinite(in: array, policy: policy) else { return }
    let place = "row \(found.row)" + (found.column.map { ", column \($0)" } ?? "")
    let fault = found.isNaN ? "NaN" : "infinity (inf)"
    throw .nonFiniteValue(name: name, reason: "contains \(fault), first at \(place)")
  }
}
