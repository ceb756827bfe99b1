import ApusModels
import ApusNumerics

/// The k largest singular values of a matrix with their vectors: A ≈ U · diag(s) · Vᵀ.
public struct TruncatedFactors: Sendable {
  /// (rows, k).
  public let u: NDArray
  /// k values, descending.
  public let singularValues: NDArray
  /// (k, columns); the element of largest magnitude of each row, the first of equals, is positive.
  public let vTransposed: NDArray
  /// Steps of the iteration: vectors multiplied over the size of a block.
  public let iterations: Int
  /// Whether the tolerance was met.
  public let isConverged: Bool

  /// The decomposition of A restricted to the span of the columns of `basis`, orthonormal and (columns, d): exact where the
  /// span holds the right singular vectors. A · basis is decomposed itself rather than its Gram matrix, so that small
  /// singular values keep their accuracy.
  ///
  /// - Parameter limit: at most this many singular triplets.
  init(
    _ matrix: any MatrixOperator, basis: NDArray, limit: Int, iterations: Int, isConverged: Bool
  ) throws {
    let image = try matrix.apply(basis)
    let inner = try LinearAlgebra.svd(image)
    let count = Swift.min(limit, inner.singularValues.count)
    let vt = try LinearAlgebra.matmul(inner.vTransposed.slice(0..<count), basis.transposed)
    let ut = try inner.u.slice(0..<count, axis: 1).transposed.copied()
    ComponentSigns.orient(vt, with: ut)
    u = ut.transposed
    singularValues = try inner.singularValues.slice(0..<count).copied()
    vTransposed = vt
    self.iterations = iterations
    self.isConverged = isConverged
  }

  /// The factors of the transpose.
  init(transposing other: TruncatedFactors) throws(ApusError) {
    let vt = try other.u.transposed.copied()
    let ut = try other.vTransposed.copied()
    ComponentSigns.orient(vt, with: ut)
    u = ut.transposed
    singularValues = other.singularValues
    vTransposed = vt
    iterations = other.iterations
    isConverged = other.isConverged
  }

  /// The k largest singular triplets by ``BlockLanczos``, to the accuracy of a full decomposition.
  ///
  /// - Parameters:
  ///   - count: 1…min(rows, columns).
  ///   - tolerance: relative residual ‖AᵀA v − σ² v‖ / σ² at which a triplet counts as converged; 0 asks for 1e-10.
  ///   - products: the matrix to iterate with, if cheaper products than those of `matrix` will do; nil for `matrix`.
  static func lanczos(
    _ matrix: any MatrixOperator, count: Int, tolerance: Double = 0, productLimit: Int? = nil, basisLimit: Int? = nil,
    blockSize: Int? = nil, seed: UInt64 = 0, products: (any MatrixOperator)? = nil, context: FitContext
  ) throws -> TruncatedFactors {
    let smaller = Swift.min(matrix.rows, matrix.columns)
    guard count >= 1, count <= smaller else {
      throw ApusError.invalidArgument(
        name: "n_components",
        reason:
          "\(count) is not in 1...min(n_samples, n_features) = min(\(matrix.rows), \(matrix.columns)) = \(smaller)")
    }
    if matrix.rows < matrix.columns {
      let result = try lanczos(
        matrix.adjoint, count: count, tolerance: tolerance, productLimit: productLimit, basisLimit: basisLimit,
        blockSize: blockSize, seed: seed, products: products.map { $0.adjoint }, context: context)
      return try TruncatedFactors(transposing: result)
    }
    let block = blockSize ?? Swift.max(4, Swift.min(32, (count + 3) / 4))
    let options = BlockLanczos.Options(
      count: count, extra: block, blockSize: block, basisLimit: basisLimit ?? Swift.max(3 * count, count + 8 * block),
      productLimit: productLimit ?? Swift.max(100 * count, 4 * smaller) + 100 * block,
      tolerance: tolerance > 0 ? tolerance : 1e-10, seed: seed)
    let source = products ?? matrix
    let ritz = try BlockLanczos.largest(of: source, options) { try context.checkpoint("lanczos", $0) }
    let steps = (ritz.products + block - 1) / block
    let smallest = Swift.max(ritz.values[count - 1], 0).squareRoot()
    if smallest >= SubspaceRefinement.trustedRatio(source) * Swift.max(ritz.values[0], 0).squareRoot() {
      let basis = try ritz.vectors.slice(0..<count, axis: 1)
      return try TruncatedFactors(
        matrix, basis: basis, limit: count, iterations: steps, isConverged: ritz.isConverged)
    }
    let wide = try TruncatedFactors(
      matrix, basis: ritz.vectors, limit: ritz.vectors.shape[1], iterations: steps, isConverged: false)
    return try SubspaceRefinement.refine(wide, of: matrix, count: count, tolerance: tolerance, context: context)
  }

  /// The first `count` triplets.
  func prefix(_ count: Int, iterations: Int, isConverged: Bool) throws(ApusError) -> TruncatedFactors {
    TruncatedFactors(
      u: try u.slice(0..<count, axis: 1), singularValues: try singularValues.slice(0..<count).copied(),
      vTransposed: try vTransposed.slice(0..<count).copied(), iterations: iterations, isConverged: isConverged)
  }
}
