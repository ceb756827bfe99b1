/// Norms of a matrix.
public enum MatrixNorm: Sendable {
  /// √(Σ aᵢⱼ²).
  case frobenius
  /// The largest sum of magnitudes of a column.
  case one
  /// The largest sum of magnitudes of a row.
  case infinity
  /// The largest singular value.
  case spectral
  /// The sum of the singular values.
  case nuclear
}

extension LinearAlgebra {
  /// A norm of a matrix; 0 for an empty one. Neither overflows nor underflows unless the norm itself does.
  public static func norm(_ a: NDArray, _ kind: MatrixNorm = .frobenius) throws(ApusError) -> Double {
    let scaled = try ScaledMatrix(matrix(a, name: "a"), name: "a")
    let result = try norm(of: scaled.array, kind)
    return Equilibration.shift(result, by: Int32(scaled.exponent))
  }

  private static func norm(of a: NDArray, _ kind: MatrixNorm) throws(ApusError) -> Double {
    if a.isEmpty { return 0 }
    switch kind {
    case .frobenius:
      let squares = try ColumnReductions.sumsOfSquares(a)
      return try squares.elements(as: Double.self).reduce(0, +).squareRoot()
    case .one: return try largestColumnSum(a)
    case .infinity: return try largestColumnSum(a.transposed)
    case .spectral: return try descending(a)[0]
    case .nuclear: return try descending(a).reduce(0, +)
    }
  }

  private static func largestColumnSum(_ a: NDArray) throws(ApusError) -> Double {
    let sums = try ColumnReductions.sumsOfMagnitudes(a).elements(as: Double.self)
    return sums.reduce(0) { Swift.max($0, $1) }
  }

  /// The singular values of a scaled matrix as float64.
  private static func descending(_ a: NDArray) throws(ApusError) -> [Double] {
    try scaledSVD(a, job: .none).singularValues.converted(to: .float64).elements(as: Double.self)
  }

  /// The number of singular values above `relativeTolerance` times the largest.
  ///
  /// - Parameter relativeTolerance: max(m, n) · ε when nil.
  public static func rank(_ a: NDArray, relativeTolerance: Double? = nil) throws(ApusError) -> Int {
    let scaled = try ScaledMatrix(matrix(a, name: "a"), name: "a").array
    let tolerance = try SingularValueTolerance.checked(relativeTolerance, shape: scaled.shape, dtype: scaled.dtype)
    return try SingularValueTolerance.rank(
      scaledSVD(scaled, job: .none).singularValues, relativeTolerance: tolerance)
  }

  /// The condition number: the largest singular value over the smallest of the min(m, n) for ``MatrixNorm/spectral``, else
  /// ‖a‖ · ‖a⁻¹‖ of a square matrix. Infinite for a singular matrix, 0 for an empty one.
  public static func condition(_ a: NDArray, _ kind: MatrixNorm = .spectral) throws(ApusError) -> Double {
    let scaled = try ScaledMatrix(matrix(a, name: "a"), name: "a").array
    if scaled.isEmpty { return 0 }
    if kind == .spectral {
      let values = try descending(scaled)
      let (largest, smallest) = (values[0], values[values.count - 1])
      return smallest == 0 ? .infinity : largest / smallest
    }
    let factors = try lu(scaled)
    if factors.reciprocalCondition == 0 { return .infinity }
    return try norm(scaled, kind) * norm(inverse(scaled), kind)
  }
}
