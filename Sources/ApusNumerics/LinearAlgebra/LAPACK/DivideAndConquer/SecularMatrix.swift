/// The differences Dᵢ − Λⱼ of the poles and the roots of a ``SecularEquation``, from which vectors are made: an array
/// [pole, root], column-major.
struct SecularMatrix<T: LinearAlgebraScalar> {
  let equation: SecularEquation<T>
  /// k × k, k the number of poles.
  let differences: UnsafeMutablePointer<T>
  let stride: Int
  /// The roots, k.
  let origins: UnsafeMutablePointer<Int>
  let shifts: UnsafeMutablePointer<T>

  /// Roots of a task.
  private static var rootsPerTask: Int { 8 }
  /// Rows of a task of ``refine(signs:into:)``.
  private static var rowsPerTask: Int { 64 }

  /// Solves the equation and fills in the matrix.
  ///
  /// - Returns: false when a root did not converge.
  func solve() -> Bool {
    ThreadPool.parallelBlocks(count: equation.count, blockSize: Self.rootsPerTask) { fill($0) }
    for j in 0..<equation.count where shifts[j] == 0 { return false }
    return true
  }

  /// Columns of the matrix; the shift of a root that did not converge is zero.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func fill(_ columns: Range<Int>) {
    for j in columns {
      let root = equation.root(j) ?? SecularRoot(origin: j, shift: 0)
      origins[j] = root.origin
      shifts[j] = root.shift
      let column = differences + j &* stride
      let pole = equation.poles[root.origin]
      if equation.isSquared {
        for i in 0..<equation.count {
          column[i] = (equation.poles[i] - pole) * (equation.poles[i] + pole) - root.shift
        }
      } else {
        for i in 0..<equation.count { column[i] = (equation.poles[i] - pole) - root.shift }
      }
    }
  }

  /// The changes ẑ of which the computed roots are exact:
  /// ẑᵢ² = Π (Λⱼ − Dᵢ) / Π_{j ≠ i} (Dⱼ − Dᵢ) (Gu & Eisenstat, SIAM J. Matrix Anal. Appl. 15, 1994, equation 3.3). Vectors
  /// made with them are orthogonal to working precision.
  ///
  /// - Parameter signs: k elements with the signs of z.
  func refine(signs: UnsafePointer<T>, into refined: UnsafeMutablePointer<T>) {
    ThreadPool.parallelBlocks(count: equation.count, blockSize: Self.rowsPerTask) {
      refine($0, signs: signs, into: refined)
    }
  }

  @specialized(where T == Float)
  @specialized(where T == Double)
  private func refine(_ rows: Range<Int>, signs: UnsafePointer<T>, into refined: UnsafeMutablePointer<T>) {
    let poles = equation.poles
    for i in rows { refined[i] = 1 }
    for j in 0..<equation.count {
      let column = differences + j &* stride
      let own = Swift.min(Swift.max(j, rows.lowerBound), rows.upperBound)
      multiply(refined, column, over: rows.lowerBound..<own, pole: poles[j])
      if rows.contains(j) {
        refined[j] *= -column[j]
        multiply(refined, column, over: j &+ 1..<rows.upperBound, pole: poles[j])
      } else {
        multiply(refined, column, over: own..<rows.upperBound, pole: poles[j])
      }
    }
    for i in rows {
      let size = refined[i].magnitude.squareRoot()
      refined[i] = signs[i] < 0 ? -size : size
    }
  }

  /// Multiplies by the quotients of one column.
  @inline(__always)
  private func multiply(
    _ product: UnsafeMutablePointer<T>, _ column: UnsafePointer<T>, over rows: Range<Int>, pole: T
  ) {
    let poles = equation.poles
    if equation.isSquared {
      for i in rows { product[i] *= column[i] / ((poles[i] - pole) * (poles[i] + pole)) }
    } else {
      for i in rows { product[i] *= column[i] / (poles[i] - pole) }
    }
  }
}
