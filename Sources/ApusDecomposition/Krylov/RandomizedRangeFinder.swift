import ApusModels
import ApusNumerics

/// Randomised subspace iteration (Halko, Martinsson & Tropp, SIAM Review 53(2), 2011, algorithms 4.4 and 5.1).
enum RandomizedRangeFinder {
  /// The `count` largest singular triplets from a random subspace of `count + oversamples` directions after
  /// `powerIterations` multiplications by AᵀA, orthonormalised after every product.
  static func factors(
    _ matrix: any MatrixOperator, count: Int, oversamples: Int, powerIterations: Int, seed: UInt64, context: FitContext
  ) throws -> TruncatedFactors {
    if matrix.rows < matrix.columns {
      return try TruncatedFactors(
        transposing: factors(
          matrix.adjoint, count: count, oversamples: oversamples, powerIterations: powerIterations, seed: seed,
          context: context))
    }
    let width = Swift.min(count + oversamples, matrix.columns)
    var stream = RandomStream(seed: seed)
    let start = try NDArray(uninitialized: [matrix.rows, width], dtype: .float64)
    stream.fillNormal(start.pointer(Double.self), count: start.count)
    var basis = try LinearAlgebra.qr(matrix.applyAdjoint(start)).q
    for step in 0..<powerIterations {
      try context.checkpoint("power iterations", Double(step) / Double(powerIterations))
      basis = try LinearAlgebra.qr(matrix.applyNormal(basis)).q
    }
    return try TruncatedFactors(
      matrix, basis: basis, limit: count, iterations: powerIterations, isConverged: true)
  }
}
