/// The pseudo-inverse V · diag(1 / s) · Uᵀ of a matrix of moderate magnitude, in factored form.
struct PseudoInverse {
  let factors: SingularValueDecomposition
  let rank: Int

  /// - Parameter relativeTolerance: singular values at most this times the largest count as zero; max(m, n) · ε when nil.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a negative tolerance or NaN.
  init(_ a: NDArray, relativeTolerance: Double?) throws(ApusError) {
    let tolerance = try SingularValueTolerance.checked(relativeTolerance, shape: a.shape, dtype: a.dtype)
    factors = try LinearAlgebra.scaledSVD(a, job: .thin)
    rank = try SingularValueTolerance.rank(factors.singularValues, relativeTolerance: tolerance)
  }

  /// V · diag(1 / s) · Uᵀ · b for b of m rows.
  func applied(to b: NDArray) throws(ApusError) -> NDArray {
    let u = try factors.u.slice(0..<rank, axis: 1)
    let coordinates = try LinearAlgebra.matmul(u.transposed, b)
    divideRows(coordinates)
    return try LinearAlgebra.matmul(factors.vTransposed.slice(0..<rank).transposed, coordinates)
  }

  /// V · diag(1 / s) · Uᵀ.
  func matrix() throws(ApusError) -> NDArray {
    let v = try factors.vTransposed.slice(0..<rank).copied()
    divideRows(v)
    return try LinearAlgebra.matmul(v.transposed, factors.u.slice(0..<rank, axis: 1).transposed)
  }

  /// Divides row i of a row-major array of ours by singular value i.
  private func divideRows(_ rows: NDArray) {
    if rows.dtype == .float32 { divideRows(Float.self, rows) } else { divideRows(Double.self, rows) }
  }

  private func divideRows<T: LinearAlgebraScalar>(_ type: T.Type, _ rows: NDArray) {
    let (pointer, values) = (rows.pointer(type), factors.singularValues.pointer(type))
    let columns = rows.shape[1]
    for i in 0..<rows.shape[0] {
      for j in 0..<columns { pointer[i * columns + j] /= values[i] }
    }
  }
}

/// When a singular value counts as zero.
enum SingularValueTolerance {
  /// `tolerance`, or max(m, n) · ε when nil.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when it is negative or NaN.
  static func checked(_ tolerance: Double?, shape: [Int], dtype: DType) throws(ApusError) -> Double {
    guard let tolerance else {
      let epsilon = dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
      return Double(Swift.max(shape[0], shape[1])) * epsilon
    }
    guard tolerance >= 0 else {
      throw .invalidArgument(name: "rtol", reason: "\(tolerance) is not a number of at least 0")
    }
    return tolerance
  }

  /// How many of the descending `values` exceed `relativeTolerance` times the first.
  static func rank(_ values: NDArray, relativeTolerance: Double) throws(ApusError) -> Int {
    let wide = try values.converted(to: .float64)
    let pointer = wide.pointer(Double.self)
    let count = wide.count
    if count == 0 { return 0 }
    let threshold = pointer[0] * relativeTolerance
    var rank = 0
    while rank < count && pointer[rank] > threshold { rank += 1 }
    return rank
  }
}
