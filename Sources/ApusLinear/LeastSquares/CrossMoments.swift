import ApusNumerics

/// The second moments about zero, Σ w z zᵀ, of the columns z = [features, targets, 1], in double-double arithmetic: all
/// that least squares needs to know about the rows.
///
/// Columns carry power-of-two scales, so nothing overflows whatever the units. Adding rows, and merging the moments of
/// disjoint sets of rows, rounds at 2^-106, so any partition of the rows leads to the same coefficients as long as the
/// condition number of the scaled features stays below about 1e12. Rows are seen once and not kept.
///
/// - Complexity: O(rows · (columns + targets)²) time, O((columns + targets)²) memory.
struct CrossMoments: @unchecked Sendable {
  let featureCount: Int
  let targetCount: Int
  let rowCount: Int
  /// Column j of the moments is that of the data times 2^-exponents[j]; `emptyExponent` for columns of zeros.
  let exponents: [Int]
  /// (order, order), upper triangle; order = featureCount + targetCount + 1, the ones column last.
  let matrix: DoubleDoubleMatrix

  static let emptyExponent = -1000

  var order: Int { featureCount + targetCount + 1 }
  var onesIndex: Int { order - 1 }
  /// Σ w.
  var totalWeight: DoubleDouble { matrix[onesIndex, onesIndex] }

  /// The moment of columns i and j in scaled units.
  @inline(__always)
  func moment(_ i: Int, _ j: Int) -> DoubleDouble { i <= j ? matrix[i, j] : matrix[j, i] }

  /// The moments of no rows.
  init(featureCount: Int, targetCount: Int) throws(ApusError) {
    let order = featureCount + targetCount + 1
    self.init(
      featureCount: featureCount, targetCount: targetCount, rowCount: 0,
      exponents: [Int](repeating: CrossMoments.emptyExponent, count: order - 1) + [0],
      matrix: try DoubleDoubleMatrix(rows: order, columns: order))
  }

  init(featureCount: Int, targetCount: Int, rowCount: Int, exponents: [Int], matrix: DoubleDoubleMatrix) {
    self.featureCount = featureCount
    self.targetCount = targetCount
    self.rowCount = rowCount
    self.exponents = exponents
    self.matrix = matrix
  }

  /// These moments with the rows of `data` added.
  func adding(_ data: RegressionData, checkpoint: (Double) throws -> Void) throws -> CrossMoments {
    let needed = try ColumnScales.exponents(data) + [0]
    let common = zip(exponents, needed).map { Swift.max($0, $1) }
    let result = try rescaled(to: common)
    if data.design.isSparse {
      try SparseMoments.add(data, exponents: common, to: result.matrix, checkpoint: checkpoint)
    } else {
      try DenseMoments.add(data, exponents: common, to: result.matrix, checkpoint: checkpoint)
    }
    return CrossMoments(
      featureCount: featureCount, targetCount: targetCount, rowCount: rowCount + data.rows, exponents: common,
      matrix: result.matrix)
  }

  /// The moments of the rows of both.
  func merged(with other: CrossMoments) throws(ApusError) -> CrossMoments {
    let common = zip(exponents, other.exponents).map { Swift.max($0, $1) }
    let (first, second) = (try rescaled(to: common), try other.rescaled(to: common))
    for i in 0..<order {
      for j in i..<order { first.matrix[i, j] += second.matrix[i, j] }
    }
    return CrossMoments(
      featureCount: featureCount, targetCount: targetCount, rowCount: rowCount + other.rowCount, exponents: common,
      matrix: first.matrix)
  }

  /// A copy in the units of `target`, whose exponents are nowhere smaller.
  private func rescaled(to target: [Int]) throws(ApusError) -> CrossMoments {
    let copy = try matrix.copied()
    for i in 0..<order {
      for j in i..<order {
        let shift = (exponents[i] - target[i]) + (exponents[j] - target[j])
        if shift != 0 { copy[i, j] = copy[i, j].scaled(byPowerOfTwo: shift) }
      }
    }
    return CrossMoments(
      featureCount: featureCount, targetCount: targetCount, rowCount: rowCount, exponents: target, matrix: copy)
  }
}
