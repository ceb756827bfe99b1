import ApusModels
import ApusNumerics

/// The largest eigenvalues of a centred kernel matrix.
enum KernelEigen {
  /// Eigenvalues below this fraction of the largest are rounding errors of zero.
  private static let zeroRatio = 1e-12
  /// A negative eigenvalue beyond this fraction of the largest means that the kernel is not positive semi-definite.
  private static let negativeRatio = 1e-5

  /// - Parameters:
  ///   - count: eigenvalues wanted; nil for all.
  ///   - blocks: most products with a block; nil for no limit.
  /// - Returns: descending values and (n, count) vectors, whose element of largest magnitude is positive.
  static func solve(
    _ matrix: NDArray, count: Int?, solver: KernelPCA.EigenSolver, tolerance: Double, blocks: Int?, seed: UInt64,
    removesZeros: Bool, context: FitContext
  ) throws -> (values: NDArray, vectors: NDArray) {
    let n = matrix.shape[0]
    let wanted = count ?? n
    try context.checkpoint("eigenvectors", 0.3)
    var rows: NDArray?
    var values = [Double]()
    let iterates = solver == .arpack || solver == .randomized || (solver == .auto && n >= 600 && 20 * wanted <= n)
    if iterates, 3 * wanted < n {
      let block = Swift.max(4, Swift.min(16, wanted))
      let limit = blocks.map { $0 * block } ?? (solver == .auto ? 40 * wanted + 400 : 4 * n + 100 * block)
      let options = BlockLanczos.Options(
        count: wanted, blockSize: block, basisLimit: Swift.max(4 * wanted, wanted + 10 * block), productLimit: limit,
        tolerance: tolerance > 0 ? tolerance : 1e-10, seed: seed)
      let result = try BlockLanczos.largest(of: SymmetricOperator(matrix: matrix), options) {
        try context.checkpoint("lanczos", 0.3 + 0.6 * $0)
      }
      if result.isConverged || solver != .auto {
        if !result.isConverged {
          context.warn(.convergence, "KernelPCA: not all eigenvectors met the tolerance; raise max_iter or tol")
        }
        rows = try result.vectors.transposed.copied()
        values = result.values
      }
    }
    if rows == nil {
      let eigen = try LinearAlgebra.eigh(matrix, largest: wanted < n ? wanted : nil)
      let reversed = try NDArray(uninitialized: [wanted, n], dtype: .float64)
      let vectors = eigen.vectors.matrixView(Double.self)
      for i in 0..<wanted {
        values.append(eigen.values.pointer(Double.self)[eigen.values.count - 1 - i])
        for j in 0..<n { reversed.pointer(Double.self)[i * n + j] = vectors[j, vectors.columns &- 1 &- i] }
      }
      withExtendedLifetime(eigen) {}
      rows = reversed
    }
    guard let rows else { throw ApusError.internalError(reason: "kernel: no eigenvectors") }
    let largest = values.first ?? 0
    if let smallest = values.last, smallest < -negativeRatio * Swift.max(largest, 0) - .leastNormalMagnitude,
      smallest < -1e-10
    {
      context.warn(
        .data,
        "KernelPCA: the kernel is not positive semi-definite (eigenvalue \(smallest)); negative eigenvalues count as 0")
    }
    for i in 0..<values.count where values[i] <= zeroRatio * largest { values[i] = 0 }
    let kept = removesZeros ? Swift.max(values.prefix { $0 > 0 }.count, 1) : values.count
    ComponentSigns.orient(rows)
    return (try NDArray(Array(values.prefix(kept))), try rows.slice(0..<kept).transposed.copied())
  }
}

/// A symmetric matrix in the place of AᵀA, so that ``BlockLanczos`` finds its largest eigenvalues.
private struct SymmetricOperator: MatrixOperator {
  let matrix: NDArray
  var rows: Int { matrix.shape[0] }
  var columns: Int { matrix.shape[1] }
  func apply(_ v: NDArray) throws -> NDArray { try LinearAlgebra.matmul(matrix, v) }
  func applyAdjoint(_ u: NDArray) throws -> NDArray { try apply(u) }
  func applyNormal(_ v: NDArray) throws -> NDArray { try apply(v) }
}
