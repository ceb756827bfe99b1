extension LinearAlgebra {
  /// Factors a square matrix for solving with it.
  ///
  /// - Complexity: 2 n³ / 3 operations.
  public static func lu(_ a: NDArray) throws(ApusError) -> LUFactorization {
    let a = try finiteSquareMatrix(a, name: "a")
    return a.dtype == .float32 ? try LUFactorization(Float.self, a) : try LUFactorization(Double.self, a)
  }

  /// The solution of a · x = b.
  ///
  /// LU with partial pivoting of the equilibrated matrix. With at most 16 right-hand sides the solution is refined with
  /// residuals in twice the working precision, which makes it accurate to working precision as long as the condition is
  /// below the inverse of the machine epsilon.
  ///
  /// - Parameters:
  ///   - a: n × n.
  ///   - b: n, or n × k.
  /// - Throws: ``ApusError/numericalFailure(reason:)`` for a singular matrix. A nearly singular one is logged as a warning.
  public static func solve(_ a: NDArray, _ b: NDArray) throws(ApusError) -> NDArray {
    let (left, right) = try promoted(a, name: "a", b, name: "b")
    let factors = try lu(left)
    return try factors.solve(right)
  }

  /// The inverse of a square matrix.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` for a singular matrix. A nearly singular one is logged as a warning.
  /// - Complexity: 8 n³ / 3 operations.
  public static func inverse(_ a: NDArray) throws(ApusError) -> NDArray {
    let factors = try lu(a)
    let n = factors.order
    let identity = try NDArray(zeros: [n, n], dtype: factors.factors.dtype)
    if identity.dtype == .float32 {
      for i in 0..<n { identity.pointer(Float.self)[i * (n + 1)] = 1 }
    } else {
      for i in 0..<n { identity.pointer(Double.self)[i * (n + 1)] = 1 }
    }
    return try factors.solve(identity)
  }

  /// The determinant; infinite or zero when it is out of range. 1 for the empty matrix.
  public static func determinant(_ a: NDArray) throws(ApusError) -> Double { try lu(a).determinant }

  /// The sign of the determinant (0 for a singular matrix) and the natural logarithm of its magnitude.
  public static func signAndLogDeterminant(_ a: NDArray) throws(ApusError) -> (sign: Double, logarithm: Double) {
    try lu(a).signAndLogDeterminant
  }

  /// The right-hand side b as a finite matrix with the given number of rows.
  static func rightHandSide(_ b: NDArray, rows: Int, dtype: DType) throws(ApusError) -> NDArray {
    guard b.rank == 1 || b.rank == 2, b.shape[0] == rows else {
      throw .shapeMismatch(name: "b", reason: "has shape \(b.shape), needs \(rows) rows")
    }
    try BLAS.checkExtents(b.shape, name: "b")
    let result = try b.converted(to: dtype, name: "b")
    try FiniteCheck.requireFinite(result, name: "b")
    return b.rank == 2 ? result : try result.reshaped([rows, 1])
  }

  /// Solutions that overflowed are an error rather than infinity or NaN.
  static func requireSolved(_ x: NDArray) throws(ApusError) {
    if FiniteCheck.firstNonFinite(in: x) != nil {
      throw .numericalFailure(reason: "a: too close to singular: the solution overflows")
    }
  }
}

extension LUFactorization {
  /// Up to this many right-hand sides are refined.
  private static let refinedColumns = 16

  /// The solution of A · x = b, as ``LinearAlgebra/solve(_:_:)`` describes it.
  ///
  /// - Parameter b: n, or n × k; converted to the type of the matrix.
  public func solve(_ b: NDArray) throws(ApusError) -> NDArray {
    let right = try LinearAlgebra.rightHandSide(b, rows: order, dtype: factors.dtype)
    if firstZeroPivot > 0 {
      throw .numericalFailure(reason: "a: singular: pivot \(firstZeroPivot) of its LU factorisation is zero")
    }
    let epsilon = factors.dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    if reciprocalCondition < epsilon {
      Log.write(.warning, "a: nearly singular (reciprocal condition \(reciprocalCondition)); expect inaccurate results")
    }
    let x = try LinearAlgebra.columnMajorCopy(right)
    if factors.dtype == .float32 { try solve(Float.self, x) } else { try solve(Double.self, x) }
    try LinearAlgebra.requireSolved(x)
    return b.rank == 2 ? x : try x.reshaped([order])
  }

  /// Overwrites the right-hand sides `x` by the solutions.
  private func solve<T: LinearAlgebraScalar>(_ type: T.Type, _ x: NDArray) throws(ApusError) {
    let (n, columns) = (x.shape[0], x.shape[1])
    if n == 0 || columns == 0 { return }
    let pointer = x.pointer(T.self)
    let exponents = try Buffer<Int32>(count: columns)
    for k in 0..<columns {
      let column = pointer + k * n
      for i in 0..<n { column[i] = Equilibration.shift(column[i], by: rowExponents[i]) }
      exponents[k] = Self.normalise(column, count: n)
    }
    let refines = columns <= Self.refinedColumns
    let right = refines ? try LinearAlgebra.columnMajorCopy(x) : x
    substitute(T.self, pointer, columns: columns)
    if refines { try refine(T.self, x, right: right) }
    for k in 0..<columns {
      let column = pointer + k * n
      for i in 0..<n {
        column[i] = Equilibration.shift(column[i], by: columnExponents[i])
        column[i] = Equilibration.shift(column[i], by: exponents[k])
      }
    }
  }

  /// Scales a vector by a power of two so that its largest element is near 1; returns the exponent that undoes it.
  private static func normalise<T: LinearAlgebraScalar>(_ vector: UnsafeMutablePointer<T>, count: Int) -> Int32 {
    var largest: T = 0
    for i in 0..<count { largest = Swift.max(largest, vector[i].magnitude) }
    if largest == 0 || !largest.isFinite { return 0 }
    let exponent = Int32(largest.exponent)
    for i in 0..<count { vector[i] = Equilibration.shift(vector[i], by: -exponent) }
    return exponent
  }

  /// X ← U⁻¹ · L⁻¹ · P · X.
  private func substitute<T: LinearAlgebraScalar>(_ type: T.Type, _ x: UnsafeMutablePointer<T>, columns: Int) {
    let n = order
    let lu = UnsafePointer(factors.pointer(type))
    LAPACK.exchangeRows(columns: 0..<columns, a: x, lda: n, pivots: UnsafePointer(pivots.pointer), rows: 0..<n)
    BLAS.trsm(lower: true, unit: true, m: n, n: columns, a: lu, lda: n, b: x, ldb: n)
    BLAS.trsm(lower: false, m: n, n: columns, a: lu, lda: n, b: x, ldb: n)
  }

  /// Iterative refinement (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §12.1) with residuals in
  /// twice the working precision: at most five corrections, as long as each is less than half the one before it.
  private func refine<T: LinearAlgebraScalar>(_ type: T.Type, _ x: NDArray, right: NDArray) throws(ApusError) {
    let (n, columns) = (x.shape[0], x.shape[1])
    let correction = try Buffer<T>(count: n * columns)
    let work = try Buffer<Double>(count: n)
    let solution = x.pointer(type)
    var previous = [T](repeating: .infinity, count: columns)
    for _ in 0..<5 {
      T.residual(
        n: n, columns: columns, a: UnsafePointer(scaled.pointer(type)), lda: n, x: UnsafePointer(solution),
        b: UnsafePointer(right.pointer(type)), r: correction.pointer, work: work.pointer)
      substitute(T.self, correction.pointer, columns: columns)
      var isDone = true
      for k in 0..<columns {
        let (step, size) = (
          Self.largest(correction.pointer + k * n, count: n), Self.largest(solution + k * n, count: n)
        )
        // Comparisons with NaN are false: a correction that overflowed is not applied.
        guard step <= size / 2, step <= previous[k] / 2 else {
          previous[k] = 0
          continue
        }
        previous[k] = step
        for i in 0..<n { solution[i + k * n] += correction.pointer[i + k * n] }
        if step > size * T.ulpOfOne { isDone = false }
      }
      if isDone { break }
    }
  }

  private static func largest<T: LinearAlgebraScalar>(_ vector: UnsafePointer<T>, count: Int) -> T {
    var largest: T = 0
    for i in 0..<count where !(vector[i].magnitude <= largest) { largest = vector[i].magnitude }
    return largest
  }
}
