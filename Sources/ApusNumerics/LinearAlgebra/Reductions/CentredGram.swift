/// Sums of squares and products of the columns of X, and of X with Y, about their means: what least squares, covariance
/// and principal components start from.
package struct CentredGram: Sendable {
  /// Σ wᵢ, or the number of rows.
  package let totalWeight: Double
  /// Weighted means of the columns of X, p float64 values; zeros when not centred.
  package let means: NDArray
  /// Weighted means of the columns of Y, t float64 values.
  package let targetMeans: NDArray
  /// Both together: p + t values.
  package let allMeans: NDArray
  /// Σ wᵢ (zᵢ − mean)(zᵢ − mean)ᵀ of z = [x, y]: (p + t) × (p + t), float64, symmetric, row-major; the rest are views of it.
  package let products: NDArray
  /// Σ wᵢ (xᵢ − mean)(xᵢ − mean)ᵀ: p × p, float64, symmetric.
  package let gram: NDArray
  /// Σ wᵢ (xᵢ − mean)(yᵢ − mean)ᵀ: p × t, float64; a strided view.
  package let cross: NDArray
  /// Σ wᵢ (yᵢ − mean)(yᵢ − mean)ᵀ: t × t, float64; a strided view.
  package let targetGram: NDArray

  /// Computes them in one pass over X, block by block of rows: a block is copied into cache, centred about its own means
  /// (corrected two-pass) and multiplied; blocks are combined by the update of Chan, Golub & LeVeque (The American
  /// Statistician 37(3), 1983). There is no cancellation of large means, whatever the order of the rows.
  ///
  /// - Parameters:
  ///   - x: n × p, float32 or float64, any strides, finite.
  ///   - y: n or n × t, or nil.
  ///   - weights: n float64 values, none negative, or nil.
  ///   - centred: subtract the means.
  ///   - precision: the type blocks are multiplied in. `.float32` is twice as fast, for float32 input where products
  ///     rounded to float32 will do; blocks are added in float64 either way.
  /// - Throws: ``ApusError/outOfMemory(bytes:)``; ``ApusError/shapeMismatch(name:reason:)`` for lengths that differ.
  /// - Complexity: n p² / 2 multiplications; scratch of at most some 40 MB, or for wide X of 2,048 rows and one copy of
  ///   the result.
  package init(
    _ x: NDArray, y: NDArray? = nil, weights: NDArray? = nil, centred: Bool = true, precision: DType = .float64
  ) throws(ApusError) {
    precondition(x.rank == 2 && precision.isFloatingPoint)
    let x = try ColumnReductions.door(x, weights: weights)
    var target = try y.map { array throws(ApusError) in try LinearAlgebra.floating(array, name: "y") }
    if let y = target, !y.isAligned { target = try y.copied() }
    if let y = target, y.rank > 2 || y.rank == 0 || y.shape[0] != x.shape[0] {
      throw .shapeMismatch(name: "y", reason: "has shape \(y.shape) beside \(x.shape[0]) rows of X")
    }
    let p = x.shape[1]
    let t = target.map { $0.rank == 2 ? $0.shape[1] : 1 } ?? 0
    try BLAS.checkExtents([x.shape[0], p + t], name: "X")
    let means = try NDArray(zeros: [p + t])
    let gram = try NDArray(zeros: [p + t, p + t])
    let source = CentredBlockSource(x: x, y: target, weights: weights, centred: centred)
    if precision == .float32 {
      totalWeight = try CentredGramKernel<Float>.run(source, means: means, gram: gram)
    } else {
      totalWeight = try CentredGramKernel<Double>.run(source, means: means, gram: gram)
    }
    (allMeans, products) = (means, gram)
    self.means = try means.slice(0..<p)
    targetMeans = try means.slice(p..<p + t)
    self.gram = try gram.slice(0..<p).slice(0..<p, axis: 1)
    cross = try gram.slice(0..<p).slice(p..<p + t, axis: 1)
    targetGram = try gram.slice(p..<p + t).slice(p..<p + t, axis: 1)
  }
}
