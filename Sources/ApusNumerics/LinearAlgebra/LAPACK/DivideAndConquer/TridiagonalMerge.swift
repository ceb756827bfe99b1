/// Two halves of a symmetric tridiagonal matrix, T = diag(T₁, T₂) + ρ z zᵀ with their eigenvectors known, made one (Cuppen,
/// Numer. Math. 36, 1981; Gu & Eisenstat, SIAM J. Matrix Anal. Appl. 16, 1995, 172).
struct TridiagonalMerge<T: LinearAlgebraScalar> {
  /// Order of the whole and of the upper half.
  let n: Int
  let split: Int
  /// The element beside the diagonal that joins the halves; its size has been subtracted from its neighbours.
  let coupling: T
  /// The eigenvalues of the halves by column; receives those of the whole.
  let values: UnsafeMutablePointer<T>
  /// The columns of each half in ascending order; receives that of the whole.
  let order: UnsafeMutablePointer<Int>
  /// The eigenvectors of the halves; receives those of the whole.
  let vectors: UnsafeMutablePointer<T>
  let stride: Int
  /// (n + 1) n elements.
  let work: UnsafeMutablePointer<T>
  let lines: MergeLines<T>

  /// Everything but the products: nil when the halves do not touch, and nothing is left to do.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when a root did not converge.
  func prepare() throws(ApusError) -> MergeBasis<T>? {
    let changeScale = 2 * coupling.magnitude
    let tolerance = readChange()
    MergeOrder.merge(
      order, count: split, order + split, count: n - split, offset: split, values: values, into: lines.sorted)
    if changeScale == 0 || tolerance.largestChange * changeScale <= tolerance.value {
      order.update(from: lines.sorted, count: n)
      return nil
    }
    let deflation = MergeDeflation(
      lines: lines, values: values, isSquared: false, changeScale: changeScale, tolerance: tolerance.value)
    let counts = deflation.run(first: nil, count: n)
    let basis = MergeBasis(
      columns: vectors, stride: stride, upperRows: split, lowerRows: n - split, lowerStart: split, work: work,
      lines: lines, upper: UnsafePointer(lines.upper), lower: UnsafePointer(lines.lower), upperCount: counts.upper,
      lowerCount: counts.lower, keptCount: counts.kept, deflatedCount: counts.deflated)
    basis.rotate(count: counts.rotations)
    basis.pack()
    let matrix = SecularMatrix(
      equation: deflation.equation(counts), differences: vectors, stride: stride, origins: lines.origins,
      shifts: lines.shifts)
    guard matrix.solve() else {
      throw .numericalFailure(reason: "eigh: a root of the secular equation was not found")
    }
    takeValues(matrix, counts)
    matrix.refine(signs: UnsafePointer(lines.change), into: lines.refined)
    lines.parallelColumns(counts.kept) { fill($0, matrix, basis, line: $1) }
    return basis
  }

  /// z = (last row of Q₁, ± first row of Q₂) / √2, of length 1, and what is negligible.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func readChange() -> (value: T, largestChange: T) {
    let (upperFactor, lowerFactor) = (T(0.5).squareRoot(), (coupling < 0 ? -1 : 1) * T(0.5).squareRoot())
    var (largestValue, largestChange): (T, T) = (0, 0)
    for j in 0..<n {
      let isUpper = j < split
      let row = isUpper ? split &- 1 : split
      lines.z[j] = vectors[row &+ j &* stride] * (isUpper ? upperFactor : lowerFactor)
      lines.support[j] = isUpper ? MergeLines<T>.upperHalf : MergeLines<T>.lowerHalf
      largestValue = Swift.max(largestValue, values[j].magnitude)
      largestChange = Swift.max(largestChange, lines.z[j].magnitude)
    }
    return (4 * T.ulpOfOne * Swift.max(largestValue, largestChange), largestChange)
  }

  /// The eigenvalues in the order of the new columns: roots first, then the columns that stay.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func takeValues(_ matrix: SecularMatrix<T>, _ counts: MergeDeflation<T>.Counts) {
    let collected = lines.tasks
    for j in 0..<counts.deflated { collected[j] = values[lines.deflated[j]] }
    for j in 0..<counts.kept { values[j] = matrix.equation.poles[matrix.origins[j]] + matrix.shifts[j] }
    (values + counts.kept).update(from: collected, count: counts.deflated)
    MergeOrder.merge(ascending: counts.kept, count: n, values: values, into: order)
  }

  /// Eigenvectors of the changed diagonal matrix: vᵢ = ẑᵢ / (dᵢ − λ), normalised (Gu & Eisenstat 1995, equation 3.3).
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func fill(
    _ columns: Range<Int>, _ matrix: SecularMatrix<T>, _ basis: MergeBasis<T>, line: UnsafeMutablePointer<T>
  ) {
    let count = matrix.equation.count
    for j in columns {
      let column = matrix.differences + j &* matrix.stride
      let nearest = matrix.shifts[j].magnitude
      for i in 0..<count { line[i] = lines.refined[i] * (nearest / column[i]) }
      let length = SumOfSquares.of(line, count: count).squareRoot()
      basis.scatter(line, times: 1 / length, column: j)
    }
  }
}
