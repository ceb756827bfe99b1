/// Two parts of an upper bidiagonal matrix, above and below one row, with their singular vectors known, made one:
/// the singular values of the row z over a diagonal matrix (Gu & Eisenstat, SIAM J. Matrix Anal. Appl. 16, 1995, 79).
///
/// The upper part has one column more than rows, and the whole and the lower part may have: the vector in excess, the null
/// vector, is the last column of V.
struct BidiagonalMerge<T: LinearAlgebraScalar> {
  /// Rows of the whole and of the upper part; the row number `split` joins the parts.
  let n: Int
  let split: Int
  /// Whether the whole has n + 1 columns.
  let isWide: Bool
  /// The elements of the joining row, below the last column of the upper and above the first column of the lower part.
  let diagonal: T
  let beside: T
  /// The singular values of the parts by column; receives those of the whole.
  let values: UnsafeMutablePointer<T>
  /// The columns of each part in ascending order; receives that of the whole.
  let order: UnsafeMutablePointer<Int>
  /// The singular vectors of the parts; receive those of the whole.
  let u: UnsafeMutablePointer<T>
  let ldu: Int
  let v: UnsafeMutablePointer<T>
  let ldv: Int
  /// (c + 2) c elements each, c the number of columns.
  let leftWork: UnsafeMutablePointer<T>
  let rightWork: UnsafeMutablePointer<T>
  let lines: MergeLines<T>

  /// Everything but the products.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when a root did not converge.
  func prepare() throws(ApusError) -> (left: MergeBasis<T>, right: MergeBasis<T>) {
    let tolerance = readChange()
    MergeOrder.merge(
      order, count: split, order + (split + 1), count: n - split - 1, offset: split + 1, values: values,
      into: lines.sorted)
    let deflation = MergeDeflation(
      lines: lines, values: values, isSquared: true, changeScale: 1, tolerance: tolerance)
    let counts = deflation.run(first: split, count: n - 1)
    // The pole at zero is the joining row's; no other one may come that close to it.
    if counts.kept > 1 { values[lines.kept[1]] = Swift.max(values[lines.kept[1]], tolerance / 2) }
    let left = basis(u, ldu, upperRows: split, lowerRows: n - split - 1, leftWork, counts, hasJoint: false)
    let right = basis(
      v, ldv, upperRows: split + 1, lowerRows: n - split - (isWide ? 0 : 1), rightWork, counts, hasJoint: true)
    left.rotate(count: counts.rotations)
    right.rotate(count: counts.rotations)
    left.pack()
    right.pack()
    let matrix = SecularMatrix(
      equation: deflation.equation(counts), differences: u, stride: ldu, origins: lines.origins,
      shifts: lines.shifts)
    guard matrix.solve() else {
      throw .numericalFailure(reason: "svd: a root of the secular equation was not found")
    }
    takeValues(matrix, counts)
    matrix.refine(signs: UnsafePointer(lines.change), into: lines.refined)
    lines.parallelColumns(counts.kept) { fill($0, matrix, left, right, line: $1) }
    return (left, right)
  }

  /// - Parameter hasJoint: whether the first pole, that of the joining row, has a column in the products; in U that is a
  ///   unit vector.
  private func basis(
    _ columns: UnsafeMutablePointer<T>, _ stride: Int, upperRows: Int, lowerRows: Int, _ work: UnsafeMutablePointer<T>,
    _ counts: MergeDeflation<T>.Counts, hasJoint: Bool
  ) -> MergeBasis<T> {
    let upperSkip = hasJoint ? 0 : 1
    let lowerSkip = hasJoint || !isWide ? 0 : 1
    return MergeBasis(
      columns: columns, stride: stride, upperRows: upperRows, lowerRows: lowerRows, lowerStart: split + 1, work: work,
      lines: lines, upper: UnsafePointer(lines.upper + upperSkip), lower: UnsafePointer(lines.lower + lowerSkip),
      upperCount: counts.upper - upperSkip, lowerCount: counts.lower - lowerSkip, keptCount: counts.kept,
      deflatedCount: counts.deflated)
  }

  /// z = (α · last row of V₁, β · first row of V₂), in which the null vectors of both parts are rotated into one; returns
  /// what is negligible.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func readChange() -> T {
    // The whole matrix has elements of at least 1; squares of tolerances must not underflow.
    var largest = Swift.max(T.ulpOfOne.squareRoot(), diagonal.magnitude, beside.magnitude)
    values[split] = 0
    for j in 0..<n {
      let isUpper = j < split
      lines.z[j] = (isUpper ? diagonal : beside) * v[(isUpper ? split : split &+ 1) &+ j &* ldv]
      lines.support[j] = isUpper ? MergeLines<T>.upperHalf : MergeLines<T>.lowerHalf
      largest = Swift.max(largest, values[j])
    }
    let tolerance = 4 * T.ulpOfOne * largest
    let joint = v + split &* ldv
    var change = diagonal * joint[split]
    lines.support[split] = MergeLines<T>.upperHalf
    if isWide {
      lines.support[split] |= MergeLines<T>.lowerHalf
      let null = v + n &* ldv
      let other = beside * null[split &+ 1]
      let length = (change * change + other * other).magnitude.squareRoot()
      var (cosine, sine): (T, T) = (1, 0)
      if length > tolerance { (cosine, sine) = (change / length, other / length) }
      change = length
      for i in 0...split {
        null[i] = -sine * joint[i]
        joint[i] *= cosine
      }
      for i in split &+ 1...n {
        joint[i] = sine * null[i]
        null[i] *= cosine
      }
    }
    lines.z[split] = change.magnitude > tolerance ? change : tolerance
    return tolerance
  }

  /// The singular values in the order of the new columns: roots first, then the columns that stay.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func takeValues(_ matrix: SecularMatrix<T>, _ counts: MergeDeflation<T>.Counts) {
    let collected = lines.tasks
    for j in 0..<counts.deflated { collected[j] = values[lines.deflated[j]] }
    for j in 0..<counts.kept {
      let (pole, shift) = (matrix.equation.poles[matrix.origins[j]], matrix.shifts[j])
      values[j] = pole + shift / (pole + (pole * pole + shift).magnitude.squareRoot())
    }
    (values + counts.kept).update(from: collected, count: counts.deflated)
    MergeOrder.merge(ascending: counts.kept, count: n, values: values, into: order)
  }

  /// Singular vectors of the row ẑ over the diagonal matrix: vᵢ = ẑᵢ / (dᵢ² − σ²), u₁ = −1 and uᵢ = dᵢ vᵢ, normalised (Gu
  /// & Eisenstat, equation 3.4).
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func fill(
    _ columns: Range<Int>, _ matrix: SecularMatrix<T>, _ left: MergeBasis<T>, _ right: MergeBasis<T>,
    line: UnsafeMutablePointer<T>
  ) {
    let (count, poles) = (matrix.equation.count, matrix.equation.poles)
    for j in columns {
      let column = matrix.differences + j &* matrix.stride
      let nearest = matrix.shifts[j].magnitude
      for i in 0..<count { line[i] = lines.refined[i] * (nearest / column[i]) }
      right.scatter(line, times: 1 / SumOfSquares.of(line, count: count).squareRoot(), column: j)
      // Next to the pole at zero, `nearest` may be too small to square.
      let isFirst = matrix.origins[j] == 0
      let factor = isFirst ? 1 / nearest : 1
      for i in 0..<count { line[i] *= poles[i] * factor }
      line[0] = isFirst ? -1 : -nearest
      let scale = 1 / SumOfSquares.of(line, count: count).squareRoot()
      left.scatter(line, times: scale, column: j)
      column[split] = line[0] * scale
    }
  }
}
