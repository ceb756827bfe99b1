import ApusModels
import ApusNumerics

/// Singular triplets that AᵀA does not tell: where σ² is lost in the rounding errors of σ₁², products with A and Aᵀ alone, with
/// orthonormalised iterates between them, still see σ (Halko, Martinsson & Tropp 2011, algorithm 4.4).
enum SubspaceRefinement {
  /// Residuals ‖Aᵀu − σ v‖ relative to σ that are enough by default: they enter singular values squared.
  private static let tolerance = 1e-6
  private static let stepLimit = 30

  /// The ratio of singular values down to which the eigenvalues of AᵀA are as good as those of A.
  static func trustedRatio(_ products: any MatrixOperator) -> Double {
    let isSingle = products.roundoff > 1e-10 || (products as? DenseOperator)?.precision == .float32
    return isSingle ? 0.05 : 1e-3
  }

  /// The first `count` triplets, after as many steps of subspace iteration with all vectors of `factors` as they take.
  ///
  /// - Parameter tolerance: relative residual; 0 for the default.
  static func refine(
    _ factors: TruncatedFactors, of matrix: any MatrixOperator, count: Int, tolerance: Double, context: FitContext
  ) throws -> TruncatedFactors {
    let goal = tolerance > 0 ? tolerance : SubspaceRefinement.tolerance
    let width = factors.singularValues.count
    var current = factors
    for step in 0...stepLimit {
      try context.checkpoint("subspace", Double(step) / Double(stepLimit + 1))
      let image = try matrix.applyAdjoint(current.u)
      if try meets(goal, image, current, count: count, roundoff: matrix.roundoff) {
        return try current.prefix(count, iterations: factors.iterations + step, isConverged: true)
      }
      if step == stepLimit { break }
      current = try TruncatedFactors(
        matrix, basis: LinearAlgebra.qr(image).q, limit: width, iterations: 0, isConverged: false)
    }
    return try current.prefix(count, iterations: factors.iterations + stepLimit, isConverged: false)
  }

  /// Whether ‖Aᵀu − σ v‖ ≤ goal · σ for the first `count` triplets, up to rounding errors of the largest.
  ///
  /// - Parameter image: Aᵀ u of every triplet: (columns, triplets).
  private static func meets(
    _ goal: Double, _ image: NDArray, _ factors: TruncatedFactors, count: Int, roundoff: Double
  ) throws(ApusError) -> Bool {
    let difference = try image.slice(0..<count, axis: 1).transposed.copied()
    let (d, v) = (difference.pointer(Double.self), factors.vTransposed.pointer(Double.self))
    let (s, n) = (factors.singularValues.pointer(Double.self), difference.shape[1])
    for i in 0..<count {
      for j in 0..<n { d[i * n + j] -= s[i] * v[i * n + j] }
    }
    let squares = try ColumnReductions.sumsOfSquares(difference.transposed).elements(as: Double.self)
    return withExtendedLifetime(factors) {
      (0..<count).allSatisfy { squares[$0].squareRoot() <= goal * s[$0] + 50 * roundoff * s[0] }
    }
  }
}
