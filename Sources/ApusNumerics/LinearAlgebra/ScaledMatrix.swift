/// A finite matrix in units of a power of two, such that squares of its largest elements neither overflow nor underflow.
///
/// The power is 1 for all but extreme matrices, and then nothing is copied. Scaling by it is exact, but for elements that
/// are negligible beside the largest.
package struct ScaledMatrix {
  /// The scaled matrix; the argument itself when `exponent` is 0.
  package let array: NDArray
  /// The argument is `array` · 2^`exponent`.
  package let exponent: Int

  /// - Parameter source: floating-point.
  /// - Throws: ``ApusError/nonFiniteValue(name:reason:)`` naming row and column of a NaN or infinity.
  package init(_ source: NDArray, name: String) throws(ApusError) {
    let largest = LargestMagnitude.of(source)
    if !largest.isFinite { try FiniteCheck.requireFinite(source, name: name) }
    let limit = source.dtype == .float32 ? 40 : 400
    if largest == 0 || Int(largest.exponent).magnitude <= limit {
      (array, exponent) = (source, 0)
    } else {
      let copy = try source.copied()
      PowerOfTwo.scale(copy, exponent: -Int(largest.exponent))
      (array, exponent) = (copy, Int(largest.exponent))
    }
  }
}

/// Multiplication by powers of two beyond the range of the type.
package enum PowerOfTwo {
  /// Multiplies every element of an array of ours, without gaps, by 2^`exponent`.
  package static func scale(_ array: NDArray, exponent: Int) {
    if array.dtype == .float32 {
      scale(array.pointer(Float.self), count: array.count, exponent: exponent)
    } else {
      scale(array.pointer(Double.self), count: array.count, exponent: exponent)
    }
  }

  static func scale<T: LinearAlgebraScalar>(_ elements: UnsafeMutablePointer<T>, count: Int, exponent: Int) {
    if exponent == 0 { return }
    // In two steps, because 2^1074 is out of range where 2^-1074 is not.
    let first = T(sign: .plus, exponent: T.Exponent(exponent / 2), significand: 1)
    let second = T(sign: .plus, exponent: T.Exponent(exponent - exponent / 2), significand: 1)
    for i in 0..<count { elements[i] = elements[i] * first * second }
  }
}
