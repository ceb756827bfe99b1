/// Deflation: the columns of two solved halves that are columns of the solution too, because the change hardly touches
/// them or because a rotation with a column of nearly the same value frees them of it (Dongarra & Sorensen, SIAM J. Sci.
/// Stat. Comput. 8, 1987, § 3; for singular values Gu & Eisenstat, SIAM J. Matrix Anal. Appl. 16, 1995, § 4).
struct MergeDeflation<T: LinearAlgebraScalar> {
  let lines: MergeLines<T>
  /// The values by column; rotations change those of eigenvalues.
  let values: UnsafeMutablePointer<T>
  /// Whether the problem is one of singular values, for which rotated columns must be equal to within the tolerance.
  let isSquared: Bool
  /// The factor of z in the matrix.
  let changeScale: T
  /// Elements of the matrix up to this size count as zero.
  let tolerance: T

  /// What became of the columns; the lists themselves are in the lines.
  struct Counts {
    /// The lists `kept`, `deflated`, `upper` and `lower`.
    var (kept, deflated, upper, lower) = (0, 0, 0, 0)
    var rotations = 0
  }

  /// Divides the `count` columns of the line `sorted` into `kept` and `deflated` ones; `first`, if there is one, is a
  /// column before them that is kept.
  @specialized(where T == Float)
  @specialized(where T == Double)
  func run(first: Int?, count: Int) -> Counts {
    var counts = Counts()
    if let first { keep(first, &counts) }
    let z = lines.z
    var pending = -1
    for rank in 0..<count {
      let column = lines.sorted[rank]
      if changeScale * z[column].magnitude <= tolerance {
        deflate(column, &counts)
        continue
      }
      if pending >= 0 {
        if rotates(pending, column, &counts) {
          deflate(pending, &counts)
        } else {
          keep(pending, &counts)
        }
      }
      pending = column
    }
    if pending >= 0 { keep(pending, &counts) }
    return counts
  }

  /// Rotates z of two columns into the second one if that leaves the matrix diagonal to within the tolerance.
  @inline(__always)
  private func rotates(_ first: Int, _ second: Int, _ counts: inout Counts) -> Bool {
    let z = lines.z
    let gap = values[second] - values[first]
    let length = (z[first] * z[first] + z[second] * z[second]).magnitude.squareRoot()
    let (cosine, sine) = (z[second] / length, -z[first] / length)
    if (isSquared ? gap : (gap * cosine * sine).magnitude) > tolerance { return false }
    z[second] = length
    z[first] = 0
    if !isSquared {
      let (small, large) = (values[first], values[second])
      values[first] = small * cosine * cosine + large * sine * sine
      values[second] = small * sine * sine + large * cosine * cosine
    }
    lines.support[second] |= lines.support[first]
    lines.rotatedFirst[counts.rotations] = first
    lines.rotatedSecond[counts.rotations] = second
    lines.cosines[counts.rotations] = cosine
    lines.sines[counts.rotations] = sine
    counts.rotations &+= 1
    return true
  }

  @inline(__always)
  private func keep(_ column: Int, _ counts: inout Counts) {
    let pole = counts.kept
    lines.kept[pole] = column
    counts.kept &+= 1
    if lines.support[column] & MergeLines<T>.upperHalf != 0 {
      lines.upper[counts.upper] = pole
      counts.upper &+= 1
    }
    if lines.support[column] & MergeLines<T>.lowerHalf != 0 {
      lines.lower[counts.lower] = pole
      counts.lower &+= 1
    }
  }

  /// Inserts a column among those that stay, which rotations leave almost in order.
  @inline(__always)
  private func deflate(_ column: Int, _ counts: inout Counts) {
    var place = counts.deflated
    while place > 0, values[lines.deflated[place &- 1]] > values[column] {
      lines.deflated[place] = lines.deflated[place &- 1]
      place &-= 1
    }
    lines.deflated[place] = column
    counts.deflated &+= 1
  }
}

extension MergeDeflation {
  /// The secular equation of the columns kept, with z in the line `change`.
  @specialized(where T == Float)
  @specialized(where T == Double)
  func equation(_ counts: Counts) -> SecularEquation<T> {
    let padding = SecularEquation<T>.padding
    let (poles, weights) = (lines.poles, lines.weights)
    (poles - padding).update(repeating: SecularEquation<T>.outside, count: padding)
    (weights - padding).update(repeating: 0, count: padding)
    var total: T = 0
    for pole in 0..<counts.kept {
      let column = lines.kept[pole]
      poles[pole] = values[column]
      lines.change[pole] = lines.z[column]
      let weight = lines.z[column] * lines.z[column] * (isSquared ? 1 : changeScale)
      weights[pole] = weight
      total += weight
    }
    (poles + counts.kept).update(repeating: SecularEquation<T>.outside, count: padding)
    (weights + counts.kept).update(repeating: 0, count: padding)
    return SecularEquation(
      count: counts.kept, poles: UnsafePointer(poles), weights: UnsafePointer(weights), totalWeight: total,
      isSquared: isSquared)
  }
}
