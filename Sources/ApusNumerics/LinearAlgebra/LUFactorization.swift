import Glibc

/// The LU factorisation of a square matrix, for solving with it: of A with rows and columns scaled by powers of two so
/// that the largest element of each is near 1.
public struct LUFactorization: Sendable {
  /// Order of the matrix.
  public let order: Int
  /// Estimate of 1 / (‖Â‖₁ ‖Â⁻¹‖₁) for the scaled Â; 0 when A is singular.
  public let reciprocalCondition: Double
  /// The scaled matrix and its factors, column-major.
  let scaled: NDArray
  let factors: NDArray
  let pivots: Buffer<Int32>
  /// Â = 2^rows · A · 2^columns.
  let rowExponents: Buffer<Int32>
  let columnExponents: Buffer<Int32>
  /// The 1-based number of the first pivot that is zero, or 0.
  let firstZeroPivot: Int

  init<T: LinearAlgebraScalar>(_ type: T.Type, _ a: NDArray) throws(ApusError) {
    let n = a.shape[0]
    order = n
    scaled = try LinearAlgebra.columnMajorCopy(a)
    rowExponents = try Buffer(zeroed: Swift.max(n, 1))
    columnExponents = try Buffer(zeroed: Swift.max(n, 1))
    let work = try Buffer<T>(count: Swift.max(4 * n, 1))
    Equilibration.scale(
      n: n, a: scaled.pointer(T.self), rows: rowExponents.pointer, columns: columnExponents.pointer,
      work: work.pointer)
    let norm = Equilibration.oneNorm(n: n, a: UnsafePointer(scaled.pointer(T.self)))
    factors = try LinearAlgebra.columnMajorCopy(scaled)
    pivots = try Buffer(count: Swift.max(n, 1))
    firstZeroPivot = try LAPACK.lu(
      n: n, a: factors.pointer(T.self), lda: Swift.max(n, 1), pivots: pivots.pointer)
    var reciprocal: T = n == 0 ? 1 : 0
    if firstZeroPivot == 0 && n > 0 {
      let iwork = try Buffer<Int32>(count: n)
      try LAPACK.checkArguments(
        T.gecon(
          n: n, a: UnsafePointer(factors.pointer(T.self)), lda: n, anorm: norm, rcond: &reciprocal, work: work.pointer,
          iwork: iwork.pointer))
    }
    reciprocalCondition = Double(reciprocal)
  }

  /// The sign of the determinant (0 when singular) and the natural logarithm of its magnitude (−∞ when singular).
  public var signAndLogDeterminant: (sign: Double, logarithm: Double) {
    let (significand, exponent) = determinantParts
    if significand == 0 { return (0, -.infinity) }
    return (significand < 0 ? -1 : 1, log(significand.magnitude) + Double(exponent) * 0.693_147_180_559_945_3)
  }

  /// The determinant; infinite or zero when it is out of range.
  public var determinant: Double {
    let (significand, exponent) = determinantParts
    return scalbn(significand, Int32(clamping: exponent))
  }

  /// det A = significand · 2^exponent, the significand below 2 in magnitude: a product of pivots that cannot overflow.
  private var determinantParts: (significand: Double, exponent: Int) {
    var significand = 1.0
    var exponent = 0
    for i in 0..<order {
      let pivot =
        factors.dtype == .float32
        ? Double(factors.pointer(Float.self)[i * (order + 1)]) : factors.pointer(Double.self)[i * (order + 1)]
      significand *= pivots[i] == Int32(i) ? pivot : -pivot
      if significand == 0 { return (0, 0) }
      exponent += Int(significand.exponent) - Int(rowExponents[i]) - Int(columnExponents[i])
      significand = Double(sign: significand.sign, exponent: 0, significand: significand.significand)
    }
    return (significand, exponent)
  }
}
