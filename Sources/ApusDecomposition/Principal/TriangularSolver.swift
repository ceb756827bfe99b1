import ApusModels
import ApusNumerics

/// Principal components from the R of a QR factorisation of the centred features: as accurate as a singular value
/// decomposition of the features, in O(p²) memory.
///
/// Blocks of rows are put below the R so far and factored again (the flat tree of Demmel, Grigori, Hoemmen & Langou, SIAM J.
/// Sci. Comput. 34(1), 2012). Q is never formed.
enum TriangularSolver {
  /// - Parameters:
  ///   - array: (n, p) with n ≥ p.
  ///   - means: (p,), subtracted.
  ///   - scales: (p,), divided by; nil for ones.
  static func solve(
    _ array: NDArray, means: NDArray, scales: NDArray?, count: Int?, totalVariance: Double,
    checkpoint: (Double) throws -> Void
  ) throws -> PrincipalSpectrum {
    let (n, p) = (array.shape[0], array.shape[1])
    let reciprocals = try scales.map { scales throws(ApusError) in try reciprocal(of: scales) }
    let blockRows = Swift.min(n, Swift.max(512, 3 * p))
    let packed = try Buffer<Double>(count: blockRows * p)
    let stack = try Buffer<Double>(count: (blockRows + p) * p)
    let r = try NDArray(zeros: [p, p])
    var start = 0
    while start < n {
      try checkpoint(Double(start) / Double(n))
      let rows = start..<Swift.min(n, start + blockRows)
      let top = start == 0 ? 0 : p
      let height = top + rows.count
      ThreadPool.parallelBlocks(count: rows.count, blockSize: 128) { part in
        let source = rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound
        let target = packed.pointer + part.lowerBound * p
        RowUnpacking.unpack(array, source, into: target, shift: means, factors: reciprocals)
        for row in part {
          for j in 0..<p { stack.pointer[j &* height &+ top &+ row] = packed.pointer[row &* p &+ j] }
        }
      }
      let triangle = r.pointer(Double.self)
      for j in 0..<p {
        for i in 0..<top { stack.pointer[j * height + i] = triangle[j * p + i] }
      }
      let factors = try HouseholderQR(m: height, n: p, a: stack.pointer, lda: height)
      let kept = Swift.min(height, p)
      factors.copyR(rows: kept, into: packed.pointer, ldr: kept)
      for j in 0..<p {
        for i in 0..<p { triangle[j * p + i] = i < kept ? packed.pointer[j * kept + i] : 0 }
      }
      start = rows.upperBound
    }
    withExtendedLifetime((packed, stack)) {}
    // R in column-major memory is Rᵀ in row-major order.
    let factors = try LinearAlgebra.svd(r.transposed)
    return try spectrum(
      factors.singularValues, factors.vTransposed, rows: n, means: means, scales: scales,
      count: count ?? Swift.min(n, p), totalVariance: totalVariance)
  }

  /// The spectrum that singular values and right vectors of centred features of `rows` rows make.
  static func spectrum(
    _ singularValues: NDArray, _ vTransposed: NDArray, rows: Int, means: NDArray, scales: NDArray?, count: Int,
    totalVariance: Double
  ) throws(ApusError) -> PrincipalSpectrum {
    let sigma = try singularValues.converted(to: .float64)
    let values = try NDArray(uninitialized: [count], dtype: .float64)
    let degrees = Double(Swift.max(rows - 1, 1))
    for i in 0..<count {
      let value = sigma.pointer(Double.self)[i]
      values.pointer(Double.self)[i] = value * value / degrees
    }
    let components = try vTransposed.slice(0..<count).copied().converted(to: .float64)
    ComponentSigns.orient(components)
    return PrincipalSpectrum(
      means: means, scales: scales, variances: values, components: components, totalVariance: totalVariance)
  }

  private static func reciprocal(of scales: NDArray) throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [scales.count], dtype: .float64)
    for j in 0..<scales.count { result.pointer(Double.self)[j] = 1 / scales.pointer(Double.self)[j] }
    return result
  }
}
