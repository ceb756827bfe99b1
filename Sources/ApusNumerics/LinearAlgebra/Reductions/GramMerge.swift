/// Combines the sums of two sets of rows (Chan, Golub & LeVeque 1983).
enum GramMerge {
  /// Columns per task.
  private static let pieceColumns = 64

  /// `gram` += `product` + (w₁ w₂ / (w₁ + w₂)) δ δᵀ, where δ is the difference of the means; then the means.
  static func add<Work: LinearAlgebraScalar>(
    _ product: UnsafePointer<Work>, ldc: Int, means: UnsafePointer<Double>, weight: Double, to sums: inout GramSums
  ) {
    if weight == 0 { return }
    let fraction = weight / (sums.weight + weight)
    let current = sums
    ThreadPool.parallelBlocks(count: sums.q, blockSize: pieceColumns) { columns in
      addColumns(columns, of: product, ldc: ldc, means: means, factor: current.weight * fraction, to: current)
    }
    for j in 0..<sums.q { sums.means[j] += fraction * (means[j] - sums.means[j]) }
    sums.weight += weight
  }

  @specialized(where Work == Float)
  @specialized(where Work == Double)
  private static func addColumns<Work: LinearAlgebraScalar>(
    _ columns: Range<Int>, of product: UnsafePointer<Work>, ldc: Int, means: UnsafePointer<Double>, factor: Double,
    to sums: GramSums
  ) {
    for j in columns {
      let target = sums.gram + j &* sums.q
      let source = product + j &* ldc
      let shift = factor * (means[j] - sums.means[j])
      for i in j..<sums.q { target[i] += Double(source[i]) + shift * (means[i] - sums.means[i]) }
    }
  }
}
