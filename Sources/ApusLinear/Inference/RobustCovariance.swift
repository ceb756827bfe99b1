import ApusNumerics
import RealModule

/// Sandwich estimators of the covariance of the orthonormal coordinates: Σ uᵢ uᵢᵀ and its relatives for the estimating
/// functions uᵢ = sᵢ qᵢ, where sᵢ is the weighted residual of row i. In these coordinates the bread is the identity.
struct RobustCovariance {
  let scores: OrthonormalScores
  /// sᵢ: (rows,).
  let residuals: UnsafePointer<Double>

  private var rows: Int { scores.design.rows }
  private var size: Int { scores.basis.size }

  /// - Parameters:
  ///   - leverages: for HC2 and HC3.
  ///   - residualFreedom: rows − parameters, for the small-sample factors.
  /// - Returns: (size, size) row-major, and for clusters their number.
  /// - Complexity: O(rows · size²), times the number of lags for HAC.
  func coordinates(
    _ options: CovarianceOptions, leverages: UnsafePointer<Double>, observations n: Double, residualFreedom: Double
  ) throws(ApusError) -> (matrix: Buffer<Double>, groupCount: Int?) {
    switch options.type {
    case .nonrobust, .HC0: return (try independent { residuals[$0] * residuals[$0] }, nil)
    case .HC1:
      let factor = n / residualFreedom
      return (try independent { residuals[$0] * residuals[$0] * factor }, nil)
    case .HC2, .HC3:
      let cubic = options.type == .HC3
      return (
        try independent { row in
          let left = Swift.max(1 - leverages[row], Double.ulpOfOne)
          return residuals[row] * residuals[row] / (cubic ? left * left : left)
        }, nil
      )
    case .HAC:
      let result = try EstimatingFunctions(rows: rows, size: size, values: estimatingFunctions()).autocorrelated(
        lag: options.lag(rows: rows))
      if options.usesCorrection == true { scale(result, by: n / residualFreedom) }
      return (result, nil)
    case .cluster:
      guard let groups = options.groups else { return (try independent { residuals[$0] * residuals[$0] }, nil) }
      let (result, count) = try EstimatingFunctions(rows: rows, size: size, values: estimatingFunctions()).clustered(
        groups)
      if options.usesCorrection != false {
        let g = Double(count)
        scale(result, by: g / (g - 1) * (n - 1) / residualFreedom)
      }
      return (result, count)
    }
  }

  private func scale(_ matrix: Buffer<Double>, by factor: Double) {
    for index in 0..<matrix.count { matrix[index] *= factor }
  }

  /// Σ gᵢ qᵢ qᵢᵀ.
  private func independent(_ square: (Int) -> Double) throws(ApusError) -> Buffer<Double> {
    let (parts, size) = (scores.parts, size)
    let sums = try Buffer<Double>(zeroed: parts * Swift.max(1, size * size))
    let base = sums.pointer
    try scores.forEachBlock(parts: parts) { part, rows, q in
      for row in rows {
        let (own, factor) = (q + (row &- rows.lowerBound) &* size, square(row).squareRoot())
        for k in 0..<size { own[k] *= factor }
      }
      Double.syrk(
        lower: true, trans: false, n: size, k: rows.count, alpha: 1, a: q, lda: size, beta: 1,
        c: base + part &* size &* size, ldc: size)
    }
    let result = try Buffer<Double>(zeroed: Swift.max(1, size * size))
    for part in 0..<parts {
      for index in 0..<(size * size) { result[index] += base[part * size * size + index] }
    }
    mirror(result)
    return result
  }

  /// Copies the lower triangle (column-major) into the upper.
  private func mirror(_ matrix: Buffer<Double>) {
    for j in 0..<size { for i in j..<size { matrix[i * size + j] = matrix[j * size + i] } }
  }

  /// uᵢ of all rows: (rows, size) row-major.
  private func estimatingFunctions() throws(ApusError) -> Buffer<Double> {
    let size = size
    let result = try Buffer<Double>(count: Swift.max(1, rows * size))
    let base = result.pointer
    try scores.forEachBlock(parts: scores.parts) { _, rows, q in
      for row in rows {
        let (own, target) = (q + (row &- rows.lowerBound) &* size, base + row &* size)
        for k in 0..<size { target[k] = own[k] * residuals[row] }
      }
    }
    return result
  }
}
